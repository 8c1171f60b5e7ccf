"""How long a customer's words take until they are painted on an agent's screen, and an answer until it is out.

From just before the simulator is told to write, through its webhook, intake and the live socket, to the frame in
which a real Chromium has painted the new row. Both clocks are the same machine's; all figures are milliseconds.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from playwright.sync_api import Error, sync_playwright

from bench.screen import SLUG, Network, NeverHappened, Screen
from faults.stand import NotReady, Stand, end_by_signals, stand
from socialcare import assets
from socialcare.engines import EngineError
from tests.chromium import find_chromium

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PROCESSES = ("worker", "caller", "clock", "web", "simulator")
STEPS = {
    "painted": "written -> painted on the screen",
    "received": "  written -> webhook received",
    "shown": "  webhook received -> painted",
    "answered": "answer posted -> seen on the network",
}
Found = Mapping[str, Mapping[str, Sequence[float]]]


def main() -> int:
    """0: measured. 1: something never came. 2: it could not be tried."""
    options = _arguments().parse_args()
    end_by_signals()
    chromium = find_chromium()
    if chromium is None:
        print("There is no Chromium here that Playwright can drive.", file=sys.stderr)
        return 2
    try:
        with stand(PROCESSES, options.logs) as place:
            told = _run(place, chromium, options.warm_ups, options.number)
    except (EngineError, NotReady) as problem:
        print(problem, file=sys.stderr)
        return 2
    except (NeverHappened, Error) as problem:
        print(problem, file=sys.stderr)
        return 1
    for line in _lines(told):
        print(line)
    if options.json:
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/latency", description=__doc__)
    parser.add_argument("--number", type=int, default=30, metavar="N", help="of comments, and of messages")
    parser.add_argument("--warm-ups", type=int, default=5, metavar="N", help="of each, before those that count")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every single figure")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="where to leave the processes' logs")
    return parser


def _run(place: Stand, chromium: str, warm_ups: int, number: int) -> dict[str, Any]:
    # Models can be imported once Django knows where its database is.
    from inbox.management.commands.seed_demo import COMPANIES, PASSWORD
    from socialcare.models import Workspace

    assets.bring_up_to_date()
    call_command("seed_demo", stdout=io.StringIO())
    Workspace.objects.update(undo_seconds=0)
    place.start_processes()
    network = Network(place.network_url, COMPANIES[SLUG][1])
    network.wait_until_up()
    # Playwright keeps an event loop in this thread, in which Django would refuse to ask the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    load = os.getloadavg()[0]
    with _screen(chromium, place.url, PASSWORD) as screen:
        differs = screen.clock_differs()
        found = measure(screen, network, warm_ups, number)
    return {"figures": found, "load": [load, os.getloadavg()[0]], "clock ahead": differs}


@contextmanager
def _screen(chromium: str, url: str, password: str) -> Iterator[Screen]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            yield Screen(browser.new_context(viewport={"width": 1440, "height": 900}), url, password)
        finally:
            browser.close()


def measure(screen: Screen, network: Network, warm_ups: int, number: int) -> Found:
    """Milliseconds by kind and step; one customer after the other, about one a second."""
    found: dict[str, dict[str, list[float]]] = {kind: defaultdict(list) for kind in ("comment", "message")}
    for turn in range(warm_ups + number):
        for kind, steps in found.items():
            began = time.monotonic()
            for step, seconds in _sample(screen, network, kind, turn).items():
                if turn >= warm_ups:
                    steps[step].append(round(seconds * 1000, 1))
            time.sleep(max(0.0, began + random.uniform(0.8, 1.2) - time.monotonic()))  # noqa: S311 -- no secrets
    return found


def _sample(screen: Screen, network: Network, kind: str, turn: int) -> dict[str, float]:
    """A customer nobody knows writes and is answered; seconds by step."""
    from connectors.models import Delivery

    author, text = f"{kind.title()} Writer {turn}", f"Where is parcel {uuid.uuid4().hex[:8]}?"
    written, ticket, painted = screen.painted(lambda: network.write(kind, author, text))
    steps = {"painted": painted - written}
    since = datetime.fromtimestamp(written, UTC)
    received = Delivery.objects.filter(received_at__gte=since).order_by("id")[0].received_at.timestamp()
    steps |= {"received": received - written, "shown": painted - received}
    answer = f"It is on its way. {uuid.uuid4().hex[:8]}"
    posted = screen.answer(ticket, answer)
    return steps | {"answered": network.wait_for(answer) - posted}


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'milliseconds':<40}{'':<10}{'n':>4}{'p50':>8}{'p95':>8}{'max':>8}"
    for kind, steps in told["figures"].items():
        for step, name in STEPS.items():
            values = sorted(steps.get(step, ())) or [0.0]
            half, most = values[len(values) // 2], values[min(len(values) - 1, int(len(values) * 0.95))]
            yield f"{name:<40}{kind:<10}{len(values):>4}{half:>8.0f}{most:>8.0f}{values[-1]:>8.0f}"
    before, after = told["load"]
    yield f"Load of the machine: {before:.1f} before, {after:.1f} after, {os.cpu_count()} cores. "
    yield f"The browser's clock is {told['clock ahead']:.1f} ms ahead of ours."


if __name__ == "__main__":
    sys.exit(main())
