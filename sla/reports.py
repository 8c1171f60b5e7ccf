"""How promises were kept over a period, straight from the timers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from sla.models import Metric, Outcome
from socialcare.tenancy import current_workspace

_KEPT = """
SELECT count(*) FILTER (WHERE outcome = %(answered)s OR breached_at IS NOT NULL),
    count(*) FILTER (WHERE outcome = %(answered)s AND breached_at IS NULL),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM stopped_at - started_at))
        FILTER (WHERE outcome = %(answered)s)
FROM sla_timer
WHERE workspace_id = %(workspace)s AND metric = %(metric)s AND started_at >= %(since)s AND started_at < %(until)s
    AND (%(account)s IS NULL OR account_id = %(account)s)
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """`decided` waits were answered or have run out; `kept` of them were answered in time. Seconds of the answered."""

    decided: int
    kept: int
    median: float | None
    p90: float | None

    @property
    def share(self) -> float | None:
        return self.kept / self.decided if self.decided else None


def first_responses(since: datetime, until: datetime, account_id: int | None = None) -> Kept:
    """First waits that began from `since` on and before `until`, on one account or all of the workspace.

    A wait that still runs in time, or was resolved in time without an answer, says nothing yet.
    """
    asked: dict[str, Any] = {
        "answered": Outcome.ANSWERED,
        "workspace": current_workspace(),
        "metric": Metric.FIRST_RESPONSE,
        "since": since,
        "until": until,
        "account": account_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, asked)
        decided, kept, seconds = cursor.fetchone()
    median, p90 = seconds or (None, None)
    return Kept(decided, kept, median, p90)
