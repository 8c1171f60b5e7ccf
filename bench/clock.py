"""How late a promise that runs out is noticed, with a hundred thousand clocks running; and what one look costs.

Against a bare sleep until the same moments: nothing can notice a moment earlier than a process wakes up.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from bench import dataset
from bench.measure import Figure, Size, Wrong, percentile
from faults.stand import Stand
from inbox import watch
from inbox.models import Event, Ticket
from sla.models import Timer
from socialcare.tenancy import workspace

PER_SECOND = 17
AHEAD, PATIENCE = 2.0, 5.0
LATENESS_MS = 100.0
DUE = (0, 10, 1000)
TICKETS = "SELECT ticket_id, workspace_id FROM sla_timer WHERE stopped_at IS NULL AND breached_at IS NULL"


def run(place: Stand, size: Size) -> Iterator[Figure]:
    dataset.build(size.of(60_000, 1_000_000), messages=False)
    running = _running()
    chance = random.Random(5)  # noqa: S311 -- no secrets
    waiting = sorted(running)
    chance.shuffle(waiting)
    yield from _looks(running, waiting, size)
    place.start_processes()
    half, late, bare = [], [], []
    for _ in range(size.rounds):
        lateness, slept = _round(place, running, waiting, size.of(5, 20), chance)
        half.append(percentile(lateness, 50))
        late.append(percentile(lateness, 99))
        bare.append(percentile(slept, 99))
    note = f"{len(running):,} clocks running, {PER_SECOND} run out a second"
    yield Figure("a breach is noticed after, p50", "ms", half, note=note)
    yield Figure("a breach is noticed after, p99", "ms", late, most=LATENESS_MS, note=note)
    yield Figure("a bare sleep wakes up after, p99", "ms", bare)


def _running() -> dict[int, int]:
    """The workspace of each ticket whose clock runs in time."""
    with connection.cursor() as cursor:
        cursor.execute(TICKETS)
        return dict(cursor.fetchall())


def _looks(running: dict[int, int], waiting: list[int], size: Size) -> Iterator[Figure]:
    """One look of the clock at what is due, in this process, before the real clock runs."""
    keyed: list[float] = []
    taken: dict[int, list[float]] = {number: [] for number in DUE}
    for _ in range(size.rounds):
        keyed.append(_look_up(waiting[0]))
        for number, values in taken.items():
            due = [waiting.pop() for _ in range(number)]
            _set_due(dict.fromkeys(due, timezone.now() - timedelta(milliseconds=1)))
            began = time.perf_counter()
            breached = 0
            while found := watch.breach():
                breached += found
            values.append((time.perf_counter() - began) * 1000)
            if breached != number:
                raise Wrong(f"{number} clocks had run out, and {breached} were noticed")
            for ticket in due:
                running.pop(ticket)
    for number, values in taken.items():
        yield Figure(f"one look, {number:,} due", "ms", values, "look-up by primary key", keyed)


def _look_up(ticket_id: int) -> float:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT due_at FROM sla_timer WHERE id = %s", [ticket_id])
        cursor.fetchone()
    return (time.perf_counter() - began) * 1000


def _set_due(due: dict[int, datetime]) -> None:
    """As if these clocks ran out then: on the timers and on the tickets, which copy them."""
    from psycopg2.extras import execute_values

    if not due:
        return
    with connection.cursor() as cursor:
        statement = (
            "UPDATE sla_timer t SET due_at = v.due FROM (VALUES %s) v (ticket, due) WHERE t.ticket_id = v.ticket"
        )
        statement += " AND t.stopped_at IS NULL"
        execute_values(cursor.cursor, statement, list(due.items()), page_size=len(due))


def _round(
    place: Stand, running: dict[int, int], waiting: list[int], seconds: int, chance: random.Random
) -> tuple[list[float], list[float]]:
    """Let clocks run out at moments of chance; by how many milliseconds each was noticed late, and a sleep was.

    Raises Wrong where one was noticed early, twice, or not at all, or another than those.
    """
    number = seconds * PER_SECOND
    begins = timezone.now() + timedelta(seconds=AHEAD)
    due = {waiting.pop(): begins + timedelta(seconds=chance.uniform(0, seconds)) for _ in range(number)}
    before = _breached()
    _set_due(due)
    slept = [_sleep_until(moment) for moment in sorted(due.values())]
    give_up = time.monotonic() + PATIENCE
    while _breached() - before < number and time.monotonic() < give_up:
        place.look()
        time.sleep(0.1)
    if (noticed := _breached() - before) != number:
        raise Wrong(f"{number} clocks ran out, and {noticed} were noticed")
    return [_lateness(ticket, running.pop(ticket), moment) for ticket, moment in due.items()], slept


def _sleep_until(moment: datetime) -> float:
    time.sleep(max(0.0, (moment - timezone.now()).total_seconds()))
    return (timezone.now() - moment) / timedelta(milliseconds=1)


def _breached() -> int:
    return Timer.objects.everywhere().filter(stopped_at=None, breached_at__isnull=False).count()


def _lateness(ticket_id: int, workspace_id: int, due: datetime) -> float:
    with workspace(workspace_id):
        timer = Timer.objects.get(ticket_id=ticket_id, stopped_at=None)
        told = Event.objects.filter(ticket_id=ticket_id, verb="breached").count()
        if timer.breached_at != timer.due_at or timer.due_at != due or told != 1:
            raise Wrong(f"the breach of ticket {ticket_id} at {due} is told {told} times, as of {timer.breached_at}")
        if not Ticket.objects.get(pk=ticket_id).breached:
            raise Wrong(f"ticket {ticket_id} does not show that its promise ran out")
        late: Any = timer.breach_noticed_at
    if late < due:
        raise Wrong(f"the promise of ticket {ticket_id} was called broken {due - late} early")
    return float((late - due) / timedelta(milliseconds=1))
