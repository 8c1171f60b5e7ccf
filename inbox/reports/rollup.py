"""Keeps the sums that reports are made from: whatever changed is added up anew, from the rows as they are.

Whoever changes a ticket leaves a mark in the same transaction. From the marks come the hours that may be wrong, those
that are over are added up, and then their days and months. Doing it twice does no harm.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.db import connection, transaction
from django.utils import timezone

from inbox.models import Stale, StaleHour
from inbox.reports.facts import ROLLED
from inbox.reports.periods import HOUR, floor, joined
from socialcare import background, locks
from socialcare.locks import Lock
from socialcare.tenancy import current_workspace, workspace

BELL = "reports"
EVERY = 5.0
# At most so much of the time is spent on it.
REST = 20
MARKS = 5000
HOURS = 24 * 31
_COLUMNS = "workspace_id, span, at, dimension, key, figure, number, kept, measured, took, buckets, counts"
_HOURS_OF_TICKETS = """
INSERT INTO inbox_stalehour (workspace_id, at)
SELECT DISTINCT %(workspace)s, date_trunc('hour', at, 'UTC') FROM (
    SELECT at FROM inbox_message WHERE {whose}
    UNION ALL SELECT at FROM inbox_event WHERE {whose}
    UNION ALL SELECT started_at FROM sla_timer WHERE {whose}
    UNION ALL SELECT unnest(%(moments)s::timestamptz[])
    UNION ALL SELECT at FROM inbox_tally WHERE {all} AND workspace_id = %(workspace)s AND span = 'hour'
) touched ON CONFLICT DO NOTHING
"""
_ADDED_UP = f"""
INSERT INTO inbox_tally ({_COLUMNS})
SELECT %(workspace)s, 'hour', at, dimension, key, figure, number, kept, measured, took, buckets, counts
FROM ({ROLLED}) hours
"""  # noqa: S608
_MERGED = f"""
INSERT INTO inbox_tally ({_COLUMNS})
WITH part AS (
    SELECT date_trunc(%(span)s, at, 'UTC') AS upper, * FROM inbox_tally
    WHERE workspace_id = %(workspace)s AND span = %(below)s AND at >= %(since)s AND at < %(until)s
), added AS (
    SELECT upper, dimension, key, figure, sum(number)::bigint AS number, sum(kept)::bigint AS kept,
        sum(measured)::bigint AS measured, sum(took)::bigint AS took
    FROM part GROUP BY upper, dimension, key, figure
), histogram AS (
    SELECT upper, dimension, key, figure, array_agg(bucket ORDER BY bucket) AS buckets,
        array_agg(count ORDER BY bucket) AS counts
    FROM (
        SELECT upper, dimension, key, figure, bucket, sum(count)::int AS count
        FROM part, unnest(buckets, counts) each (bucket, count) GROUP BY upper, dimension, key, figure, bucket
    ) bucketed GROUP BY upper, dimension, key, figure
)
SELECT %(workspace)s, %(span)s, upper, dimension, key, figure, number, kept, measured, took,
    coalesce(buckets, '{{}}'), coalesce(counts, '{{}}')
FROM added LEFT JOIN histogram USING (upper, dimension, key, figure)
"""  # noqa: S608


def waits() -> bool:
    """Whether anything, in any workspace, has to be added up."""
    if Stale.objects.everywhere().exists():
        return True
    return StaleHour.objects.everywhere().filter(at__lte=timezone.now() - HOUR).exists()


def ring() -> None:
    background.ring(roll_up, once=[BELL])


@shared_task
def roll_up() -> None:
    """Add up what changed in all workspaces, then rest a while."""
    began = time.monotonic()
    background.answer(BELL)
    marked = set(Stale.objects.everywhere().values_list("workspace_id", flat=True).distinct())
    over = StaleHour.objects.everywhere().filter(at__lte=timezone.now() - HOUR)
    for pk in sorted(marked | set(over.values_list("workspace_id", flat=True).distinct())):
        with workspace(pk):
            catch_up()
    background.hush(BELL, max(EVERY, REST * (time.monotonic() - began)))


def catch_up() -> int:
    """Add up all that changed in the current workspace. Returns how many hours."""
    number = 0
    while done := _some():
        number += done[1]
    return number


@transaction.atomic
def _some() -> tuple[int, int] | None:
    """Some of the marks, some of the hours: how many of each; None where there were none."""
    locks.hold(Lock.REPORTS, current_workspace())
    marks = _note_hours()
    over = StaleHour.objects.filter(at__lte=timezone.now() - HOUR).order_by("at")
    hours = list(over.values_list("at", flat=True)[:HOURS])
    if not (marks or hours):
        return None
    if hours:
        _add_up(hours)
        for span, below in (("day", "hour"), ("month", "day")):
            _merge(span, below, sorted({floor(span, hour) for hour in hours}))
        StaleHour.objects.filter(at__in=hours).delete()
    return marks, len(hours)


def _note_hours() -> int:
    """Turn marks into hours: all a marked ticket has anything in. What is marked meanwhile stays marked."""
    marks = list(Stale.objects.order_by("id")[:MARKS])
    if not marks:
        return 0
    everything = any(mark.ticket_id is None and mark.at is None for mark in marks)
    mine = "workspace_id = %(workspace)s"
    statement = _HOURS_OF_TICKETS.format(whose=mine if everything else "ticket_id = ANY(%(tickets)s)", all=everything)
    given: dict[str, Any] = {
        "workspace": current_workspace(),
        "tickets": [mark.ticket_id for mark in marks if mark.ticket_id is not None],
        "moments": [mark.at for mark in marks if mark.at is not None],
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
    Stale.objects.filter(pk__in=[mark.pk for mark in marks]).delete()
    return len(marks)


def _add_up(hours: Sequence[datetime]) -> None:
    with connection.cursor() as cursor:
        _forget(cursor, "hour", hours)
        for since, until in joined((hour, hour + HOUR) for hour in hours):
            cursor.execute(_ADDED_UP, {"workspace": current_workspace(), "since": since, "until": until})


def _merge(span: str, below: str, starts: Sequence[datetime]) -> None:
    with connection.cursor() as cursor:
        _forget(cursor, span, starts)
        for since, until in joined((start, _end(span, start)) for start in starts):
            about: dict[str, Any] = {"span": span, "below": below, "since": since, "until": until}
            cursor.execute(_MERGED, {**about, "workspace": current_workspace()})


def _forget(cursor: Any, span: str, starts: Sequence[datetime]) -> None:
    cursor.execute(
        "DELETE FROM inbox_tally WHERE workspace_id = %s AND span = %s AND at = ANY(%s::timestamptz[])",
        [current_workspace(), span, list(starts)],
    )


def _end(span: str, start: datetime) -> datetime:
    return floor(span, start + timedelta(days=32 if span == "month" else 1))
