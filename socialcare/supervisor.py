"""Runs the processes of one machine: output into log files, errors to the terminal, a dead one started again."""

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

IMPORTANT = re.compile(r"\b(ERROR|CRITICAL)\b")
STOP_SECONDS = 6
STEADY_SECONDS = 30
LONGEST_PAUSE = 30.0
PR_SET_PDEATHSIG = 1


def say(name: str, line: str) -> None:
    print(f"{name:>10} | {line}", flush=True)


def die_with_parent() -> Callable[[], None] | None:
    """What a child calls so that it ends even if we are killed outright; only Linux can."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One process in a session of its own, and its log file."""

    def __init__(self, name: str, command: Sequence[str], cwd: Path, logs: Path) -> None:
        self.name, self.command, self.cwd = name, command, cwd
        self.path = logs / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.seen = 0
        self.started = 0.0
        self.deaths = 0
        self.start_at: float | None = None

    def start(self, environment: Mapping[str, str]) -> None:
        self.start_at = None
        self.started = time.monotonic()
        with self.path.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 -- the commands are ours
                self.command,
                cwd=self.cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tell(self) -> None:
        """Show the errors that were logged since the last call."""
        with self.path.open("rb") as log:
            log.seek(self.seen)
            new = log.read()
        whole, _, _rest = new.rpartition(b"\n")
        self.seen += len(whole) + bool(whole)
        for line in whole.decode(errors="replace").splitlines():
            if IMPORTANT.search(line):
                say(self.name, line)

    def bury(self) -> None:
        """Note a death, say so, and choose when to start again: after half a second, then ever later."""
        steady = time.monotonic() - self.started > STEADY_SECONDS
        self.deaths = 1 if steady else self.deaths + 1
        pause = min(0.5 * 2 ** (self.deaths - 1), LONGEST_PAUSE)
        self.start_at = time.monotonic() + pause
        code = self.process.returncode if self.process else 0
        cause = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        say(self.name, f"ended ({cause}), starts again in {pause:g} s; see {self.path}")
        self.signal_group(signal.SIGKILL)

    def signal_group(self, number: signal.Signals) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def end(self) -> None:
        self.signal_group(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def last_words(self) -> str:
        return "\n".join(self.path.read_text(errors="replace").splitlines()[-15:])


class Supervisor:
    """Starts the children in the order given and stops them in the reverse order."""

    def __init__(self, commands: Mapping[str, Sequence[str]], cwd: Path, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.children = [Child(name, command, cwd, logs) for name, command in commands.items()]
        for child in self.children:
            if child.path.exists():
                child.path.replace(child.path.with_suffix(".old.log"))

    def start(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        for child in self.children:
            child.start(environment)

    def look(self) -> None:
        """One round: errors are shown, the dead buried, those whose pause is over started."""
        for child in self.children:
            child.tell()
            if child.start_at is None and not child.alive():
                child.bury()
            elif child.start_at is not None and time.monotonic() >= child.start_at:
                child.start(self.environment)

    def is_down(self, name: str) -> bool:
        """Whether it ended by itself and waits to be started again."""
        return any(child.start_at is not None for child in self.children if child.name == name)

    def run_until_signal(self) -> None:
        while True:
            self.look()
            time.sleep(0.2)

    def stop(self) -> None:
        """Ask each politely, the last first and the first only when the others are gone; then by force."""
        for group in (self.children[:0:-1], self.children[:1]):
            for child in group:
                # To the process itself: it knows best how to end its own children.
                if child.process:
                    child.process.terminate()
            give_up = time.monotonic() + STOP_SECONDS
            while any(child.alive() for child in group) and time.monotonic() < give_up:
                time.sleep(0.05)
            for child in group:
                child.end()
