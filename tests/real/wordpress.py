"""A real WordPress on loopback, with its own database, for as long as it is needed; all of it in a temporary folder.

`python -m tests.real.wordpress` serves one until Ctrl-C and prints how to connect it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

HERE = Path(__file__).parent
PROGRAMS = ("php", "mariadbd", "mariadb-install-db", "mariadb")
START_SECONDS = 60
# Nothing leaves the machine: no calls to wordpress.org, no mail. Application passwords work without TLS on a site
# that says it is a local one. "localhost" with a path is how PHP's driver names a socket.
CONFIG = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}');
define('DB_CHARSET', 'utf8mb4');
define('WP_HOME', '{url}');
define('WP_SITEURL', '{url}');
define('WP_ENVIRONMENT_TYPE', 'local');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    login: str
    name: str
    password: str

    @property
    def auth(self) -> tuple[str, str]:
        return self.login, self.password


@dataclass(frozen=True)
class Blog:
    """A WordPress or what looks like one. `people` by role: editor, author, subscriber.

    `posts`: open, second, closed, draft, guarded.
    """

    url: str
    people: dict[str, Person]
    posts: dict[str, int]

    def call(self, method: str, path: str, person: str | None = "editor", **more: Any) -> requests.Response:
        """The REST API below wp/v2, as somebody or as nobody."""
        auth = self.people[person].auth if person else None
        return requests.request(method, f"{self.url}/wp-json/wp/v2/{path}", auth=auth, timeout=30, **more)

    def comment(self, post: int, name: str, text: str, *, host: int = 2, **more: Any) -> requests.Response:
        """What a visitor does: the form below a post. Each `host` is another address, as its flood check counts."""
        form = {"comment_post_ID": post, "author": name, "email": f"{name.partition(' ')[0].lower()}@reader.example"}
        with requests.Session() as session:
            session.mount("http://", From(f"127.0.0.{host}"))
            return session.post(
                f"{self.url}/wp-comments-post.php",
                data={**form, "comment": text, "comment_parent": 0, **more},
                allow_redirects=False,
                timeout=30,
            )

    def set_rules(self, **rules: bool) -> None:
        """`moderated`: visitors wait to be approved; `local` and `pretty`: see the simulator."""
        raise NotImplementedError

    def set_open(self, post: int, opened: bool) -> None:
        raise NotImplementedError

    def mark(self, post: int, kind: str, name: str) -> None:
        """A pingback, trackback or note appears below a post."""
        raise NotImplementedError


@dataclass(frozen=True)
class WordPress(Blog):
    folder: Path = Path()

    def set_rules(self, **rules: bool) -> None:
        if "moderated" in rules:
            self.php(f"update_option('comment_moderation', {int(rules['moderated'])});")
        if "pretty" in rules:
            shape = "/%year%/%monthnum%/%postname%/" if rules["pretty"] else ""
            self.php(f"update_option('permalink_structure', '{shape}'); flush_rewrite_rules(false);")
        if "local" in rules:
            config = self.folder / "site/wp-config.php"
            words = re.sub(
                r"'(local|production)'\)", f"'{'local' if rules['local'] else 'production'}')", config.read_text()
            )
            config.write_text(words)

    def set_open(self, post: int, opened: bool) -> None:
        answer = self.call("POST", f"posts/{post}", json={"comment_status": "open" if opened else "closed"})
        assert answer.ok, answer.text

    def mark(self, post: int, kind: str, name: str) -> None:
        given = f"'comment_post_ID' => {post}, 'comment_author' => '{name}', 'comment_type' => '{kind}'"
        self.php(f"wp_insert_comment([{given}, 'comment_content' => 'seen', 'comment_approved' => 1]);")

    def php(self, code: str) -> str:
        """Run code inside of WordPress, such as `update_option('comment_moderation', 1);`."""
        load = f"require {json.dumps(str(self.folder / 'site/wp-load.php'))};"
        return _run(["php", "-r", load + code])


class From(requests.adapters.HTTPAdapter):
    """Calls from a certain address."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, source_address=(self._address, 0), **kwargs)


def missing() -> str:
    """What a real WordPress lacks here, in words; "" where it can be had."""
    lacking = [name for name in PROGRAMS if not shutil.which(name)]
    if lacking:
        return f"{', '.join(lacking)} not installed: see tests/real/get-wordpress.sh"
    if not (_files() / "wp-load.php").is_file():
        return "WORDPRESS_FILES does not name a folder with WordPress: see tests/real/get-wordpress.sh"
    return ""


@contextmanager
def wordpress() -> Iterator[WordPress]:
    """A fresh site; it and its database are gone after the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wp-", ignore_cleanup_errors=True)))
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        stack.enter_context(_database(folder))
        _lay_out(folder, url)
        made = json.loads(_run(["php", str(HERE / "setup.php"), str(folder / "site")]).splitlines()[-1])
        stack.enter_context(_web(folder, port))
        people = {role: Person(**one) for role, one in made["people"].items()}
        yield WordPress(url, people, made["posts"], folder)


def _files() -> Path:
    given = Path(os.environ.get("WORDPRESS_FILES") or "/")
    return given if (given / "wp-load.php").is_file() else given / "usr/share/wordpress"


def _lay_out(folder: Path, url: str) -> None:
    site = folder / "site"
    shutil.copytree(_files(), site, ignore_dangling_symlinks=True)
    (site / "wp-content/uploads").mkdir(exist_ok=True)
    (site / "wp-config.php").write_text(CONFIG.format(socket=folder / "db.sock", url=url))


@contextmanager
def _database(folder: Path) -> Iterator[None]:
    data, door = folder / "data", folder / "db.sock"
    user = subprocess.check_output(["id", "-un"], text=True).strip()
    install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--user={user}"]
    _run([*install, "--auth-root-authentication-method=normal", "--skip-test-db"])
    server = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={door}", f"--user={user}"]
    with _process([*server, "--skip-networking", "--innodb-buffer-pool-size=32M"], folder / "mariadb.log") as process:
        ask = ["mariadb", "--no-defaults", f"--socket={door}", "-u", "root", "-e"]
        create = [*ask, "create database wordpress character set utf8mb4"]
        _wait(process, lambda: subprocess.run(create, capture_output=True, check=False).returncode == 0)
        yield


@contextmanager
def _web(folder: Path, port: int) -> Iterator[None]:
    php = ["php", "-d", "sendmail_path=/bin/true", "-d", "opcache.revalidate_freq=0", "-S", f"127.0.0.1:{port}"]
    with _process([*php, "-t", str(folder / "site"), str(HERE / "router.php")], folder / "php.log") as process:
        _wait(process, lambda: requests.get(f"http://127.0.0.1:{port}/wp-json/", timeout=30).ok)
        yield


@contextmanager
def _process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    # Workers share PHP's server: WordPress calls itself at times.
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PHP_CLI_SERVER_WORKERS": "3"},
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            os.killpg(process.pid, 15)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)


def _wait(process: subprocess.Popen[bytes], ready: Any) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if ready():
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{process.args} did not start")


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return done.stdout


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    tell = sys.stdout.write
    if lack := missing():
        raise SystemExit(lack)
    with wordpress() as site:
        tell(json.dumps({"url": site.url, "posts": site.posts}, indent=2) + "\n")
        for role, one in site.people.items():
            tell(f"{role}: {one.login} / {one.password}\n")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass
