"""What a Socialcare without customers needs: the memory of its processes, and the time until the web process is ready.

Memory that processes share is split among them (PSS), where the system tells.
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from bench.measure import Figure, Size, Wrong
from faults.stand import Stand
from socialcare import assets
from socialcare.demo import WEB
from socialcare.embedded import ROOT
from socialcare.engines import free_port

NAMES = ("web", "worker", "caller", "beat", "clock")
QUIET = 3.0
WITHIN = 60.0
MOST = 450
SETUP = "import django; django.setup()"


def run(place: Stand, size: Size) -> Iterator[Figure]:
    ours, bare = [], []
    for _ in range(size.rounds):
        bare.append(_seconds_of_setup())
        ours.append(_seconds_until_ready())
    yield Figure("web process, start to ready", "s", ours, "django.setup() alone", bare)
    assets.bring_up_to_date()
    place.start_processes()
    with urllib.request.urlopen(f"http://127.0.0.1:{place.port}/login/") as answer:
        answer.read()
    _rest(place, size.of(QUIET, 5 * QUIET))
    held = {name: _memory(place, name) for name in NAMES}
    for name, megabytes in held.items():
        yield Figure(f"memory of {name}, idle", "MB", [megabytes])
    yield Figure(f"memory of {' + '.join(NAMES)}, idle", "MB", [sum(held.values())], most=MOST)


def _seconds_of_setup() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", SETUP], cwd=ROOT, check=True)  # noqa: S603 -- our own words
    return time.perf_counter() - began


def _seconds_until_ready() -> float:
    """Of a web process beside the installation's own, on the same engines."""
    port = free_port()
    words = [sys.executable, *WEB.format(port=port).split(), "--log-level", "warning"]
    began = time.perf_counter()
    process = subprocess.Popen(words, cwd=ROOT)  # noqa: S603 -- our own words
    try:
        while process.poll() is None and time.perf_counter() - began < WITHIN:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                    return time.perf_counter() - began
            except (urllib.error.HTTPError, OSError):
                time.sleep(0.005)
        raise Wrong("a web process did not become ready")
    finally:
        process.terminate()
        process.wait()


def _rest(place: Stand, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        place.look()
        time.sleep(0.1)


def _memory(place: Stand, name: str) -> float:
    """Megabytes of a process and its children."""
    process = place.child(name).process
    if process is None or process.poll() is not None:
        raise Wrong(f"{name} does not run")
    whole = psutil.Process(process.pid)
    return sum(_bytes(each) for each in (whole, *whole.children(recursive=True))) / 2**20


def _bytes(process: psutil.Process) -> float:
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return float(process.memory_info().rss)
    return float(next(line.split()[1] for line in lines if line.startswith("Pss:"))) * 1024
