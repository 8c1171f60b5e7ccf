"""How long a customer's words take until they are painted on an agent's screen, and an answer until it is out.

From just before the simulator is told to write, through its webhook, intake and the live socket, to the frame in
which a real Chromium has painted the new row. Both clocks are the same machine's.
"""

from __future__ import annotations

import io
import os
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from django.core.management import call_command
from playwright.sync_api import Error, sync_playwright

from bench.measure import Figure, Impossible, Size, Wrong, percentile
from bench.screen import SLUG, Network, NeverHappened, Screen
from connectors.models import Delivery
from faults.stand import Stand
from inbox.management.commands.seed_demo import COMPANIES, PASSWORD
from socialcare import assets
from socialcare.models import Workspace
from tests.chromium import find_chromium

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
KINDS = ("comment", "message")
STEPS = {
    "painted": "written to painted",
    "received": "  written to webhook received",
    "shown": "  webhook received to painted",
    "answered": "answer posted to seen on the network",
}
# From the webhook to the screen, in milliseconds, by percentile.
GOALS = {("shown", 50): 300, ("shown", 95): 700}
Found = Mapping[str, Mapping[str, Sequence[float]]]


def run(place: Stand, size: Size) -> Iterator[Figure]:
    chromium = find_chromium()
    if chromium is None:
        raise Impossible("there is no Chromium here that Playwright can drive")
    assets.bring_up_to_date()
    call_command("seed_demo", stdout=io.StringIO())
    Workspace.objects.update(undo_seconds=0)
    place.start_processes()
    network = Network(place.network_url, COMPANIES[SLUG][1])
    network.wait_until_up()
    # Playwright keeps an event loop in this thread, in which Django would refuse to ask the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with _screen(chromium, place.url, PASSWORD) as screen:
            ahead = screen.clock_differs()
            _measure(screen, network, size.of(2, 5))
            rounds = [_measure(screen, network, size.of(5, 30)) for _ in range(size.rounds)]
    except (NeverHappened, Error) as problem:
        raise Wrong(str(problem)) from problem
    for kind in KINDS:
        for step, name in STEPS.items():
            for percent in (50, 95):
                values = [percentile(found[kind][step], percent) for found in rounds]
                note = f"the browser's clock is {ahead:.1f} ms ahead of ours"
                most = GOALS.get((step, percent))
                yield Figure(f"{kind}: {name}, p{percent}", "ms", values, most=most, note=note)


@contextmanager
def _screen(chromium: str, url: str, password: str) -> Iterator[Screen]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            yield Screen(browser.new_context(viewport={"width": 1440, "height": 900}), url, password)
        finally:
            browser.close()


def _measure(screen: Screen, network: Network, number: int) -> Found:
    """Milliseconds by kind and step; one customer after the other, about one a second."""
    found: dict[str, dict[str, list[float]]] = {kind: defaultdict(list) for kind in KINDS}
    for _ in range(number):
        for kind, steps in found.items():
            began = time.monotonic()
            for step, seconds in _sample(screen, network, kind).items():
                steps[step].append(round(seconds * 1000, 1))
            time.sleep(max(0.0, began + random.uniform(0.8, 1.2) - time.monotonic()))  # noqa: S311 -- no secrets
    return found


def _sample(screen: Screen, network: Network, kind: str) -> dict[str, float]:
    """A customer nobody knows writes and is answered; seconds by step."""
    author, text = f"{kind.title()} Writer {uuid.uuid4().hex[:8]}", f"Where is parcel {uuid.uuid4().hex[:8]}?"
    written, ticket, painted = screen.painted(lambda: network.write(kind, author, text))
    steps = {"painted": painted - written}
    since = datetime.fromtimestamp(written, UTC)
    received = Delivery.objects.filter(received_at__gte=since).order_by("id")[0].received_at.timestamp()
    steps |= {"received": received - written, "shown": painted - received}
    answer = f"It is on its way. {uuid.uuid4().hex[:8]}"
    posted = screen.answer(ticket, answer)
    return steps | {"answered": network.wait_for(answer) - posted}
