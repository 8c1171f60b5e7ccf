"""PostgreSQL and Valkey from wheels, for the demo and the tests; in production they are servers of their own.

A keeper process owns both engines and stops them as soon as its standard input closes, so whoever asked for
them may die in any way and leaves nothing running.
"""

import argparse
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from socialcare.engines import EngineError, Home, Postgres, Valkey, home_of_root, write_private

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
VARIABLES = ("DATABASE_URL", "REDIS_URL")


@contextlib.contextmanager
def engines(
    folder: Path = VAR, *, throwaway: bool = False, wanted: Sequence[str] = VARIABLES
) -> Iterator[dict[str, str]]:
    """The environment variables that lead to running engines: those of `VARIABLES` that are `wanted`.

    `throwaway` is for tests: not durable, the role may create databases, ADMIN_DATABASE_URL leads a superuser
    in, and `folder` is deleted at the end. Raises EngineError.
    """
    if not wanted:
        yield {}
        return
    command = [sys.executable, "-m", "socialcare.embedded", "keep", f"--folder={folder}", *wanted]
    keeper = subprocess.Popen(  # noqa: S603 -- the command is ours
        [*command, "--throwaway"] if throwaway else command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        line = keeper.stdout.readline() if keeper.stdout else b""
        answer = json.loads(line or '{"error": "The engines ended before they were up."}')
        if "error" in answer:
            raise EngineError(answer["error"])
        yield answer
    finally:
        if keeper.stdin:
            keeper.stdin.close()
        keeper.wait()


def running(folder: Path = VAR) -> dict[str, str] | None:
    """The variables of engines that another process keeps in `folder`, or None."""
    try:
        with _locked(folder):
            return None
    except EngineError:
        with contextlib.suppress(FileNotFoundError, ValueError):
            known: dict[str, str] = json.loads((folder / "engines.json").read_text())["variables"]
            return known
        raise


def local_secrets(folder: Path = VAR) -> dict[str, str]:
    """SECRET_KEY and FIELD_KEYS of this checkout, made at the first call and kept in `folder`, mode 0600."""
    from cryptography.fernet import Fernet
    from django.core.management.utils import get_random_secret_key

    path = folder / "secrets.json"
    if not path.exists():
        write_private(path, {"SECRET_KEY": get_random_secret_key(), "FIELD_KEYS": Fernet.generate_key().decode()})
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


def wipe(folder: Path = VAR) -> None:
    """Delete every trace of earlier runs. Raises EngineError while engines run in `folder`."""
    with _locked(folder):
        shutil.rmtree(home_of_root(folder), ignore_errors=True)
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "lock", "a")  # noqa: SIM115 -- closed below
    except PermissionError:
        raise EngineError(f"{folder} cannot be written: did another user, such as root, make it?") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EngineError(f"Socialcare already runs in {folder}: stop it first (Ctrl-C in its terminal).") from None
        yield


def keep(folder: Path, wanted: Sequence[str], throwaway: bool) -> None:
    """Run the engines until standard input closes; one that dies is started again on its port."""
    made: list[Postgres | Valkey] = []
    with _locked(folder):
        home = Home(folder)
        try:
            if "DATABASE_URL" in wanted:
                made.append(Postgres(home, throwaway))
            if "REDIS_URL" in wanted:
                made.append(Valkey(home))
            for engine in made:
                engine.start()
            variables = {name: value for engine in made for name, value in engine.variables().items()}
            _note(folder, made, variables)
            print(json.dumps(variables), flush=True)
            while not select.select([sys.stdin], [], [], 0.2)[0]:
                for engine in made:
                    if engine.process and engine.process.poll() is not None:
                        engine.start(engine.port)
                        _note(folder, made, variables)
        finally:
            for engine in made:
                engine.stop()
            (folder / "engines.json").unlink(missing_ok=True)
            if throwaway:
                shutil.rmtree(home_of_root(folder), ignore_errors=True)
                shutil.rmtree(folder, ignore_errors=True)


def _note(folder: Path, made: Sequence[Postgres | Valkey], variables: dict[str, str]) -> None:
    pids = {engine.name: engine.process.pid for engine in made if engine.process}
    write_private(folder / "engines.json", {"variables": variables, "pids": pids})


def run(folder: Path, command: Sequence[str]) -> int:
    """Run `command` with engines, those of a running demo if there is one; its exit code."""
    missing = [name for name in VARIABLES if name not in os.environ]
    known = running(folder) if missing else {}
    with engines(folder, wanted=() if known is not None else missing) as started:
        environment = local_secrets(folder) | (known or {}) | started | dict(os.environ)
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 -- the caller's own


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m socialcare.embedded", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    keeper = verbs.add_parser("keep", help="run the engines until standard input closes")
    keeper.add_argument("wanted", nargs="*", default=list(VARIABLES))
    keeper.add_argument("--throwaway", action="store_true")
    runner = verbs.add_parser("run", help="run a command with DATABASE_URL, REDIS_URL and the local secrets set")
    runner.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    for each in (keeper, runner):
        each.add_argument("--folder", type=Path, default=VAR)
    options = parser.parse_args()
    folder = options.folder.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if options.verb == "run":
            return run(folder, [word for word in options.command if word != "--"])
        keep(folder, options.wanted, options.throwaway)
    except EngineError as error:
        print(json.dumps({"error": str(error)}) if options.verb == "keep" else str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
