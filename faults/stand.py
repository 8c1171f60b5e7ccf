"""A whole Socialcare for one measurement: engines, processes and data of its own, and nothing left at the end."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import django
from django.core.management import call_command

from socialcare.demo import PROCESSES
from socialcare.embedded import ROOT, local_secrets
from socialcare.engines import Engine, Home, Postgres, Valkey, free_port, home_of_root
from socialcare.supervisor import Child, Supervisor

READY_SECONDS = 90
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class NotReady(Exception):
    """The processes did not come up; the text says what was last heard of them."""


class Stand:
    """`port` is the web process's, `network_port` where the fake networks are to be. Both engines are ours to kill.

    `look` and what ends a process may be called from different threads.
    """

    def __init__(self, folder: Path, postgres: Postgres, valkey: Valkey, names: Sequence[str], logs: Path) -> None:
        self.folder, self.postgres, self.valkey, self.logs = folder, postgres, valkey, logs
        self._lock = threading.RLock()
        self.port, self.network_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.network_url = f"http://127.0.0.1:{self.network_port}"
        places = {"port": self.port, "simulator": self.network_port, "trickle": 0, "var": folder}
        commands = {
            name: [sys.executable, *(word.format(**places) for word in PROCESSES[name].split())] for name in names
        }
        self._supervisor = Supervisor(commands, ROOT, logs)
        self._said = io.StringIO()

    def environment(self) -> dict[str, str]:
        """What the settings read, besides the engines'."""
        return local_secrets(self.folder) | {
            "ENV_FILE": os.devnull,
            "PUBLIC_URL": self.url,
            "META_GRAPH_URL": f"{self.network_url}/graph",
            "DJANGO_SETTINGS_MODULE": "socialcare.settings",
            "PYTHONUNBUFFERED": "1",
        }

    def start_processes(self) -> None:
        """Returns when /readyz says yes. Raises NotReady."""
        self._supervisor.start(os.environ)
        give_up = time.monotonic() + READY_SECONDS
        while not (heard := self._ready())[0]:
            if time.monotonic() > give_up:
                raise NotReady(f"not ready within {READY_SECONDS} s (/readyz: {heard[1]})")
            self.look()
            time.sleep(0.1)

    def look(self) -> None:
        """Let the supervisor see to its children; to be called several times a second."""
        with self._lock, contextlib.redirect_stdout(self._said):
            self._supervisor.look()

    def said(self) -> list[str]:
        """What the supervisor said since the last call: deaths, and errors of the processes."""
        with self._lock:
            lines = self._said.getvalue().splitlines()
            self._said.seek(0)
            self._said.truncate()
        return lines

    def kill(self, name: str) -> bool:
        """SIGKILL, and gone; False where it did not run. Our own kills are no crash loop: the next start comes soon."""
        child = self.child(name)
        with self._lock:
            if child.process is None or not child.alive():
                return False
            child.deaths = 0
            child.signal_group(signal.SIGKILL)
            child.process.wait()
        return True

    def end(self, name: str, within: float) -> bool:
        """SIGTERM, as a deployment does; the supervisor starts it again. False where it did not end in time."""
        child = self.child(name)
        if child.process is None or not child.alive():
            return True
        child.deaths = 0
        child.process.terminate()
        give_up = time.monotonic() + within
        while child.alive() and time.monotonic() < give_up:
            time.sleep(0.02)
        return not child.alive()

    def kill_engine(self, engine: Engine, number: signal.Signals = signal.SIGKILL) -> None:
        """What Valkey knew is gone. `engine.start(engine.port)` brings it back."""
        if engine.process:
            engine.process.send_signal(number)
            engine.process.wait()

    def child(self, name: str) -> Child:
        return next(child for child in self._supervisor.children if child.name == name)

    def stop(self) -> None:
        self._supervisor.stop()

    def _ready(self) -> tuple[bool, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2):
                return True, ""
        except urllib.error.HTTPError as error:
            return False, error.read(500).decode(errors="replace")
        except OSError as error:
            return False, str(error)


@contextlib.contextmanager
def stand(names: Sequence[str], logs: Path | None = None) -> Iterator[Stand]:
    """Running engines with a migrated database, and Django set up on them; `names` are processes of the demo.

    Only one in the life of a process. `logs`: where to leave the logs, if they are wanted. Raises EngineError.
    """
    folder = Path(tempfile.mkdtemp(prefix="socialcare-stand-"))
    # PostgreSQL and Valkey run as another user where we run as root.
    folder.chmod(0o711)
    for name in ("postgres", "valkey"):
        (folder / name).mkdir()
    postgres, valkey = Postgres(Home(folder / "postgres"), throwaway=False), Valkey(Home(folder / "valkey"))
    place = Stand(folder, postgres, valkey, names, logs or folder / "log")
    try:
        valkey.start()
        postgres.start()
        os.environ.update(place.environment() | postgres.variables() | valkey.variables())
        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
        try:
            yield place
        finally:
            place.stop()
    finally:
        for engine in (postgres, valkey):
            engine.stop()
            shutil.rmtree(home_of_root(folder / engine.room.parent.parent.name), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def end_by_signals() -> None:
    """Ctrl-C, the end of the terminal and a service manager all end the run in order; a second one does not cut in."""

    def end(number: int, _frame: object) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for each in SIGNALS:
        signal.signal(each, end)
