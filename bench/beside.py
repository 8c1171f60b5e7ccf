"""Another server under the very command that runs the web process, with another application in it."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from socialcare.demo import WEB
from socialcare.embedded import ROOT
from socialcare.engines import free_port

OURS = "socialcare.asgi:application"
WITHIN = 20.0


@contextmanager
def server(application: str) -> Iterator[tuple[int, int]]:
    """Its port and its process id, while it runs."""
    port = free_port()
    words = [sys.executable, *WEB.replace(OURS, application).format(port=port).split(), "--log-level", "warning"]
    process = subprocess.Popen(words, cwd=ROOT)  # noqa: S603 -- our own words
    try:
        _wait_for(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(WITHIN)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + WITHIN
    while process.poll() is None and time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server beside did not start")
