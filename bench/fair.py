"""What a flood at one company costs the others: how long their words take to become tickets, with it and without.

Through the real worker and clock process. The bell is rung as the web process rings it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

from bench import crowd
from bench.crowd import Company, Crowd
from bench.measure import Figure, Size, Wrong, percentile
from connectors.models import Delivery
from faults.stand import Stand
from inbox import intake

COMPANIES, AGENTS, WARM_UP = 6, 3, 60
FLOOD, EVERY = 20_000, 0.05
WITHIN = 60.0


def run(place: Stand, size: Size) -> Iterator[Figure]:
    flooded, *others = crowd.companies(COMPANIES, AGENTS)
    place.start_processes()
    people, many = Crowd(others), Crowd([flooded], seed=1)
    number = size.of(60, 200)
    _lags(place, others, people, WARM_UP)
    alone, beside = [], []
    for _ in range(size.rounds):
        alone.append(percentile(_lags(place, others, people, number), 95))
        crowd.keep(many.write(FLOOD))
        intake.ring_for_deliveries()
        beside.append(percentile(_lags(place, others, people, number), 95))
        if not Delivery.objects.filter(state=Delivery.State.WAITING).exists():
            raise Wrong("the flood was over before the others had written")
        _wait_until_dry(place)
    yield Figure(
        f"others' words to tickets beside {FLOOD:,} waiting, p95", "ms", beside, "without the flood", alone, most=3
    )


def _lags(place: Stand, companies: Sequence[Company], people: Crowd, number: int) -> list[float]:
    """Milliseconds from commit to ticket of so many webhooks, one every twentieth of a second."""
    kept: dict[bytes, float] = {}
    stop = threading.Event()
    watching = threading.Thread(target=_look, args=(place, stop))
    watching.start()
    try:
        for one in people.write(number):
            crowd.keep([one])
            kept[crowd.arrived(one).fingerprint] = time.time()
            intake.ring_for_deliveries([crowd.arrived(one).lane])
            time.sleep(EVERY)
        return [(done - kept[name]) * 1000 for name, done in _done(kept).items()]
    finally:
        stop.set()
        watching.join()


def _look(place: Stand, stop: threading.Event) -> None:
    while not stop.wait(0.2):
        place.look()


def _done(kept: dict[bytes, float]) -> dict[bytes, float]:
    """When these were taken in, in seconds since 1970."""
    give_up = time.monotonic() + WITHIN
    while time.monotonic() < give_up:
        rows = Delivery.objects.filter(fingerprint__in=list(kept), state=Delivery.State.DONE)
        done = {bytes(name): at.timestamp() for name, at in rows.values_list("fingerprint", "done_at") if at}
        if len(done) == len(kept):
            return done
        time.sleep(0.1)
    raise Wrong("some webhooks never became tickets")


def _wait_until_dry(place: Stand) -> None:
    give_up = time.monotonic() + WITHIN
    while Delivery.objects.filter(state=Delivery.State.WAITING).exists():
        place.look()
        if time.monotonic() > give_up:
            raise Wrong("the flood was not taken in")
        time.sleep(0.2)
