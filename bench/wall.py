"""Whether a wall may hang for weeks: what its page holds after half an hour of news.

`python -m bench.wall --minutes 30 --rate 20` starts engines, a server and a Chromium of its own. Memory, not speed:
it may share the machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

from socialcare.embedded import ROOT, engines
from tests.chromium import find_chromium

MOST_GROWTH = 1.10
# What is remembered on purpose (clocks, figures shown once) is there after so much of the time.
WARM = 0.2
PORT = 8767
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@dataclass(frozen=True, slots=True)
class Held:
    """What a page holds after its garbage was collected: bytes of the heap, and nodes and listeners by number."""

    heap: int
    nodes: int
    listeners: int


def soak(page: Page, news: Callable[[], None], seconds: float, every: float) -> tuple[list[Held], float]:
    """Let news come once a second for that long, and look at the page `every` so many seconds.

    Returns what was seen, and how often a second there was news: less than once where the machine is too slow.
    """
    client = page.context.new_cdp_session(page)
    found, rounds, began = [], 0, time.monotonic()
    look_at = began + every
    while (now := time.monotonic()) < began + seconds:
        news()
        rounds += 1
        if now >= look_at:
            look_at += every
            found.append(held(client))
        page.wait_for_timeout(max(1, 1000 * (now + 1 - time.monotonic())))
    return found, rounds / (time.monotonic() - began)


def held(client: Any) -> Held:
    client.send("HeapProfiler.collectGarbage")
    heap = client.send("Runtime.getHeapUsage")["usedSize"]
    counted = client.send("Memory.getDOMCounters")
    return Held(int(heap), int(counted["nodes"]), int(counted["jsEventListeners"]))


def growth(found: Sequence[Held], of: str) -> float:
    """The last fifth against the first one after warming up."""
    values = [getattr(one, of) for one in found[round(len(found) * WARM) :]]
    part = max(1, len(values) // 5)
    return float(median(values[-part:]) / median(values[:part]))


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=30)
    asked.add_argument("--rate", type=int, default=20, help="news a second")
    told = asked.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="socialcare-wall-"))
    folder.chmod(0o711)
    with engines(folder, throwaway=True) as variables:
        os.environ.update(variables)
        os.environ.update(DJANGO_SETTINGS_MODULE="socialcare.settings", ENV_FILE=os.devnull, SECRET_KEY="w" * 50)
        os.environ.update(FIELD_KEYS="dGVzdHMgb25seSwgdGVzdHMgb25seSwgdGVzdHMgISE=", DJANGO_ALLOW_ASYNC_UNSAFE="1")
        return _run(told.minutes, told.rate)


def _run(minutes: float, rate: int) -> int:
    import django
    from django.core.management import call_command

    django.setup()
    from socialcare import assets

    call_command("migrate", verbosity=0)
    assets.bring_up_to_date()
    token, news = _company(rate)
    command = [sys.executable, "-m", "uvicorn", "socialcare.asgi:application", "--port", str(PORT)]
    server = subprocess.Popen([*command, "--log-level", "warning", "--no-access-log"], cwd=ROOT)  # noqa: S603
    try:
        with sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
            page = running.new_page(viewport={"width": 1920, "height": 1080})
            _open(page, f"http://127.0.0.1:{PORT}/wall/{token}/")
            found, often = soak(page, news, minutes * 60, max(5.0, minutes))
            print(f"{often * rate:.1f} events a second came, {rate} were asked for")
            return _report(found)
    finally:
        server.terminate()
        server.wait()


def _company(rate: int) -> tuple[str, Callable[[], None]]:
    """The token of a wall, and what lets `rate` things happen: questions, and answers to the oldest of them."""
    from inbox.actions import boards
    from socialcare.models import Role
    from socialcare.tenancy import workspace
    from tests import board
    from tests.conftest import PAGE, company, person

    place = company("acme", PAGE)
    with workspace(place.pk):
        token = boards.token_of(boards.make_wall(person(place, "bob", Role.SUPERVISOR).user, "Soak", "en"))
    waiting: deque[str] = deque()

    def news() -> None:
        with workspace(place.pk):
            board.happen(waiting, rate)

    return token, news


def _open(page: Page, address: str) -> None:
    for _ in range(60):
        try:
            page.goto(address)
            page.wait_for_selector("#channels tr")
            return
        except Exception:  # noqa: BLE001 - the server is not up yet
            time.sleep(1)
    raise SystemExit("the server did not come up")


def _report(found: Sequence[Held]) -> int:
    print(f"{'':>6}{'heap kB':>10}{'nodes':>8}{'listeners':>11}")
    for number, one in enumerate(found, 1):
        print(f"{number:>6}{one.heap / 1024:>10.0f}{one.nodes:>8}{one.listeners:>11}")
    grown = {of: growth(found, of) for of in ("heap", "nodes", "listeners")}
    print(", ".join(f"{of} × {by:.3f}" for of, by in grown.items()))
    well = all(by < MOST_GROWTH for by in grown.values())
    print("a wall may hang for weeks" if well else f"grew by more than {MOST_GROWTH - 1:.0%}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
