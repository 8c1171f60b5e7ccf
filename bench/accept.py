"""How many webhooks a second are checked, kept and answered with 200, and how long one waits for that.

Against the empty 200 that a server started by the same command gives to the same requests. The bodies are
compared with what was kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from bench import crowd, load
from bench.beside import server
from bench.load import Order, Told
from bench.measure import Figure, Size, Wrong
from connectors.models import Delivery, DeliveryBody, PlatformApp
from faults.stand import Stand

CONNECTIONS = (16, 64)
SAMPLE = 200


def run(place: Stand, size: Size) -> Iterator[Figure]:
    company = crowd.companies(1, 0)[0]
    app = PlatformApp.objects.everywhere().get(pk=company.app)
    path, secret = urlsplit(app.webhook_url).path, app.as_app().secrets[0]
    place.start_processes()
    seconds = size.of(2.0, 6.0)
    first = 0

    def webhooks(connections: int, lasting: float, rate: float = 0.0) -> Told:
        nonlocal first
        before = Delivery.objects.count()
        order = Order(place.port, path, connections, lasting, rate, company.page, secret, first)
        told = load.apart(order)
        first += sum(told.answers.values())
        _check(company.page, told, Delivery.objects.count() - before)
        return told

    with server("bench.empty:application") as (port, _):
        webhooks(16, 1.0)
        for connections in CONNECTIONS:
            kept, empty, cpu = [], [], 0.0
            for _ in range(size.rounds):
                told = webhooks(connections, seconds)
                kept.append(told.rate)
                cpu = max(cpu, told.cpu)
                bare = load.apart(Order(port, path, connections, seconds, 0, company.page, secret, 0))
                empty.append(bare.rate)
            yield Figure(
                f"durable 200s, {connections} connections", "/s", kept, "empty 200 of the same server", empty,
                least=0.25, note=f"the other side took {cpu:.0%} of a core",
            )  # fmt: skip
        half = sorted(kept)[len(kept) // 2] / 2
        waits = [webhooks(64, size.of(3.0, 10.0), half).percentile(99) for _ in range(size.rounds)]
        yield Figure(f"p99 of a 200 at half of that, {half:.0f}/s", "ms", waits, most=20)


def _check(page: str, told: Told, kept: int) -> None:
    """Every 200 is a row, and what was kept is what was sent."""
    accepted = told.answers.get("200", 0)
    if set(told.answers) != {"200"}:
        raise Wrong(f"webhooks were answered with {told.answers}")
    if kept != accepted:
        raise Wrong(f"{accepted} webhooks were answered with 200 and {kept} kept")
    for body in DeliveryBody.objects.order_by("-delivery_id").values_list("body", flat=True)[:SAMPLE]:
        found = re.search(rb'"m_(\d+)"', bytes(body))
        if found is None or bytes(body) != load.body_of(page, int(found[1])):
            raise Wrong("a body was not kept as it came")
