"""Deliveries as a queue: kept in one statement, claimed with a lease, finished or set aside.

The row is the truth. A lease that runs out gives the delivery to the next worker; every
step may happen twice and does no harm. The queue has many lanes, and an account is always
in the same one: one worker at a time works on a lane.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from psycopg2.extras import execute_values

from connectors.contract import Raw
from connectors.models import ChannelAccount, Delivery, Oddity, PlatformApp
from socialcare.background import answer
from socialcare.locks import Lock

LEASE = timedelta(seconds=5)
# A batch ends with the delivery that reaches this.
BATCH_BYTES = 16 * 1024 * 1024
ATTEMPTS = 5
LANES = 256


@dataclass(frozen=True, slots=True)
class Arrived:
    """A verified webhook, not yet kept. `account`: whose it seems to be, as `Platform.account_in` tells."""

    app_id: int
    body: bytes
    received_at: datetime
    headers: dict[str, str] = field(default_factory=dict)
    account: bytes = b""

    @property
    def fingerprint(self) -> bytes:
        return hashlib.blake2b(self.body, digest_size=16).digest()

    @property
    def lane(self) -> int:
        return zlib.crc32(self.account, self.app_id) % LANES


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery this worker holds until its lease runs out."""

    id: int
    lane: int
    app_id: int
    platform: str
    attempts: int
    raw: Raw


KEEP = """
WITH given (app_id, lane, fingerprint, received_at, body, headers) AS (VALUES %s),
kept AS (
    INSERT INTO connectors_delivery (app_id, lane, fingerprint, received_at, state, attempts, error)
    SELECT app_id, lane, fingerprint, received_at, 'waiting', 0, '' FROM given
    ON CONFLICT (app_id, fingerprint) DO NOTHING
    RETURNING id, app_id, fingerprint
)
INSERT INTO connectors_deliverybody (delivery_id, body, headers)
SELECT kept.id, given.body, given.headers FROM kept JOIN given USING (app_id, fingerprint)
"""

# What a crash of the database takes back of this is done once more, and does no harm: it need not wait for the disk.
UNWAITED = "SELECT set_config('synchronous_commit', 'off', true);"

# Any lane nobody works on, of those with something to take in. The lock is tried last, and only once it is won.
TAKE_LANE = """
WITH RECURSIVE lanes (lane) AS (
    (SELECT lane FROM connectors_delivery WHERE state = 'waiting' ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (
        SELECT next.lane FROM connectors_delivery AS next
        WHERE next.state = 'waiting' AND next.lane > lanes.lane ORDER BY next.lane LIMIT 1
    ) FROM lanes WHERE lanes.lane IS NOT NULL
),
busy AS MATERIALIZED (
    SELECT lane FROM lanes WHERE EXISTS (
        SELECT FROM connectors_delivery AS d
        JOIN connectors_platformapp AS app ON app.id = d.app_id AND app.paused_at IS NULL
        WHERE d.state = 'waiting' AND d.lane = lanes.lane
        AND (d.lease_until IS NULL OR d.lease_until < statement_timestamp())
    ) ORDER BY random()
)
SELECT lane FROM busy WHERE pg_try_advisory_lock(%s, lane) LIMIT 1
"""

CLAIM = """
WITH free AS (
    SELECT d.id FROM connectors_delivery AS d
    JOIN connectors_platformapp AS app ON app.id = d.app_id AND app.paused_at IS NULL
    WHERE d.state = 'waiting' AND d.lane = %s AND (d.lease_until IS NULL OR d.lease_until < statement_timestamp())
    ORDER BY d.id LIMIT %s FOR UPDATE OF d SKIP LOCKED
),
sized AS (
    SELECT free.id, sum(octet_length(kept.body)) OVER (ORDER BY free.id) - octet_length(kept.body) AS before
    FROM free JOIN connectors_deliverybody AS kept ON kept.delivery_id = free.id
)
UPDATE connectors_delivery AS d
SET lease_until = statement_timestamp() + make_interval(secs => %s), attempts = d.attempts + 1
FROM sized, connectors_platformapp AS app, connectors_deliverybody AS kept
WHERE d.id = sized.id AND sized.before < %s AND app.id = d.app_id AND kept.delivery_id = d.id
RETURNING d.id, d.app_id, app.platform, d.attempts, d.received_at, kept.body, kept.headers
"""

FINISH = """
UPDATE connectors_delivery SET state = 'done', lease_until = NULL, done_at = statement_timestamp(), error = ''
WHERE id = ANY(%s) AND state = 'waiting'
"""


def free() -> models.QuerySet[Delivery]:
    """Deliveries nobody holds: what `claim` would give, were there no limit."""
    unheld = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    return Delivery.objects.filter(unheld, state=Delivery.State.WAITING, app__paused_at=None)


def keep(arrived: Iterable[Arrived]) -> int:
    """Store webhooks in one statement; those already known are left alone. Returns how many were new."""
    unique = {(item.app_id, item.fingerprint): item for item in arrived}
    rows = [
        (item.app_id, item.lane, fingerprint, item.received_at, item.body, json.dumps(item.headers))
        for (_, fingerprint), item in unique.items()
    ]
    template = "(%s::bigint, %s::smallint, %s::bytea, %s::timestamptz, %s::bytea, %s::jsonb)"
    with transaction.atomic(), connection.cursor() as cursor, connection.wrap_database_errors:
        execute_values(cursor.cursor, KEEP, rows, template=template, page_size=len(rows) or 1)
        return int(cursor.rowcount)


def claim(limit: int) -> list[Claimed]:
    """Take waiting deliveries for the length of a lease: so many, and no more than fits in memory.

    All are of one lane, the oldest first, and the lane is ours until we `release` them; so an account's deliveries
    are taken in one after the other, and a flood at one account leaves other workers free for the others. Those of a
    paused app wait.
    """
    while (lane := _take_lane()) is not None:
        try:
            batch = _claim(lane, limit)
        except (DatabaseError, InterfaceError):
            # The connection may live on, and with it the lock.
            _unlock(lane)
            raise
        if batch:
            return batch
        _unlock(lane)
    return []


def _take_lane() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(TAKE_LANE, [int(Lock.LANE)])
        taken = cursor.fetchone()
    return None if taken is None else int(taken[0])


def _claim(lane: int, limit: int) -> list[Claimed]:
    # Whoever keeps something in this lane from now on rings anew; until then we would find it anyway.
    answer(bell(lane))
    with connection.cursor() as cursor:
        cursor.execute(UNWAITED + CLAIM, [lane, limit, LEASE.total_seconds(), BATCH_BYTES])
        rows = sorted(cursor.fetchall(), key=itemgetter(0))
    return [
        Claimed(pk, lane, app_id, platform, attempts, Raw(bytes(body), received_at, _read(headers)))
        for pk, app_id, platform, attempts, received_at, body, headers in rows
    ]


def bell(lane: int) -> str:
    """The bell that says that something waits in a lane."""
    return f"lane:{lane}"


def release(batch: Sequence[Claimed]) -> None:
    """Others may work on this lane again."""
    _unlock(batch[0].lane)


def _unlock(lane: int) -> None:
    """A connection that broke has let go of it already."""
    with suppress(InterfaceError, DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [int(Lock.LANE), lane])


def _read(headers: Any) -> dict[str, str]:
    return headers if isinstance(headers, dict) else json.loads(headers or "{}")


def hold(ids: Sequence[int]) -> None:
    """Work on these goes on: their leases begin anew."""
    Delivery.objects.filter(pk__in=ids, state=Delivery.State.WAITING).update(lease_until=timezone.now() + LEASE)


def finish(ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(UNWAITED + FINISH, [list(ids)])


def put_back(delivery: Claimed, error: str, *, for_good: bool = False) -> bool:
    """After a failure: try again a little later, or set aside for an admin. True when set aside."""
    aside = for_good or delivery.attempts >= ATTEMPTS
    changes: dict[str, Any] = {"error": error[:2000]}
    if aside:
        changes |= {"state": Delivery.State.FAILED, "lease_until": None}
    else:
        changes |= {"lease_until": timezone.now() + timedelta(seconds=2**delivery.attempts)}
    Delivery.objects.filter(pk=delivery.id, state=Delivery.State.WAITING).update(**changes)
    return aside


def replay(ids: Sequence[int]) -> int:
    """Let deliveries be taken in again, whatever became of them; harmless where they already were."""
    fresh = {"state": Delivery.State.WAITING, "lease_until": None, "attempts": 0, "error": "", "done_at": None}
    return Delivery.objects.filter(pk__in=ids).update(**fresh)


def accounts(app_id: int, named: set[tuple[str, str]]) -> dict[tuple[str, str], ChannelAccount]:
    """The connected accounts behind (channel, external id), only those connected through this very app."""
    found = (
        ChannelAccount.objects.everywhere()
        .select_related("app", "workspace")
        .filter(app_id=app_id, external_id__in={external_id for _, external_id in named})
        .exclude(state=ChannelAccount.State.REMOVED)
    )
    return {key: account for account in found if (key := (account.channel, account.external_id)) in named}


def count_oddity(
    app_id: int, what: str, channel: str, label: str, *, delivery: int, workspace: int | None = None, reason: str = ""
) -> None:
    """One more of something that had no place."""
    now = timezone.now()
    same = {"app_id": app_id, "what": what, "channel": channel, "label": label[:200], "workspace_id": workspace}
    fresh = {"reason": reason[:200], "delivery_id": delivery}
    _, new = Oddity.objects.get_or_create(**same, defaults=fresh)
    if not new:
        Oddity.objects.filter(**same).update(count=F("count") + 1, last_at=now, **fresh)


def saw_verified(app_ids: set[int], at: datetime) -> None:
    PlatformApp.objects.everywhere().filter(pk__in=app_ids).update(last_verified_at=at)


def saw_refused(app_id: int, at: datetime, number: int) -> None:
    PlatformApp.objects.everywhere().filter(pk=app_id).update(refused=F("refused") + number, last_refused_at=at)


def saw_challenge(platform: str, key: str, at: datetime) -> None:
    PlatformApp.objects.everywhere().filter(platform=platform, key=key).update(challenged_at=at)
