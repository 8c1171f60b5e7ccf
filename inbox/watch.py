"""The clock process: sleeps until the nearest due moment, at most a second, and sees to what is due.

One leads, by an advisory lock; others wait to take over. It breaches promises, wakes workers for
deliveries and answers that wait (also those whose lease ran out), and notes who has gone silent.
"""

from __future__ import annotations

import logging
import select
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from connectors import deliveries
from inbox import intake, outbox, sweeping
from inbox.actions import announce, clocks, presence
from inbox.models import Outgoing, Presence
from inbox.models.team import PRESENT_FOR
from inbox.reports import rollup
from sla import engine
from sla.models import Sweep
from socialcare.tenancy import workspace

log = logging.getLogger(__name__)
LEADER_LOCK = 7_301_204
LONGEST_SLEEP = 1.0
PRESENCE_EVERY = 2.0


def lead() -> bool:
    """Try to become the one clock; holds until the connection ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
        return bool(cursor.fetchone()[0])


def listen() -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN socialcare_clock")


def run_until_stopped() -> None:
    """Lead, or wait to. Raises what the database raises; the caller begins anew with a fresh connection."""
    while not lead():
        time.sleep(1)
    log.info("this clock leads")
    announce.begun()
    listen()
    presence_at = 0.0
    while True:
        breach()
        warn()
        if time.monotonic() >= presence_at:
            expire_presence()
            presence_at = time.monotonic() + PRESENCE_EVERY
        ring_for_what_waits()
        sleep(seconds_until_next())


def breach() -> int:
    """Breach what ran out, workspace by workspace. Returns how many."""
    return _see_to(engine.overdue(), clocks.breached)


def warn() -> int:
    """Say which promises run short, workspace by workspace. Returns how many."""
    return _see_to(engine.to_warn_of(), clocks.warned)


def _see_to(found: Sequence[tuple[int, int]], act: Callable[[Sequence[int]], int]) -> int:
    tickets: dict[int, list[int]] = defaultdict(list)
    for workspace_id, ticket_id in found:
        tickets[workspace_id].append(ticket_id)
    number = 0
    for workspace_id, ticket_ids in tickets.items():
        with workspace(workspace_id):
            number += act(ticket_ids)
    return number


def expire_presence() -> None:
    silent = Presence.objects.everywhere().filter(present=True, seen_at__lt=timezone.now() - PRESENT_FOR)
    for workspace_id in set(silent.values_list("workspace_id", flat=True)):
        with workspace(workspace_id), transaction.atomic():
            presence.expire()


def ring_for_what_waits() -> None:
    """Wake workers for work nobody holds: new, or left behind by one that died."""
    if deliveries.free().exists():
        intake.ring_for_deliveries()
    if outbox.free().filter(ready_at__lte=timezone.now()).exists():
        outbox.ring_for_replies()
    if Sweep.objects.everywhere().exists():
        sweeping.ring_for_sweeps()
    if rollup.waits():
        rollup.ring()


def seconds_until_next() -> float:
    now = timezone.now()
    waiting = Outgoing.objects.everywhere().filter(ready_at__gt=now)
    ready: datetime | None = waiting.aggregate(nearest=Min("ready_at"))["nearest"]
    moments = [moment for moment in (engine.next_due(), engine.next_to_warn_of(), ready) if moment]
    if not moments:
        return LONGEST_SLEEP
    # Something that stayed overdue is held by somebody else's transaction: look again shortly.
    return min(max((min(moments) - now) / timedelta(seconds=1), 0.02), LONGEST_SLEEP)


def sleep(seconds: float) -> None:
    """Until then, or until somebody says that something is due sooner."""
    raw = connection.connection
    if select.select([raw], [], [], seconds)[0]:
        raw.poll()
        raw.notifies.clear()
