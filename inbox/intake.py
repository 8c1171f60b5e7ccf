"""From the platforms to the tickets: kept deliveries are claimed in batches, understood, and handed to the actions."""

from __future__ import annotations

import logging
import traceback
from collections import defaultdict
from collections.abc import Collection, Sequence

from celery import shared_task
from django.db import InterfaceError, OperationalError

from connectors import deliveries, gateway
from connectors.contract import Inbound, Kind, Notice, NoticeKind, Post, Unknown, Unreadable
from connectors.deliveries import Claimed
from connectors.models import ChannelAccount, Oddity
from inbox import enrich, news
from inbox.actions.receive import Arrival, receive
from socialcare.background import answer, ring
from socialcare.tenancy import workspace

log = logging.getLogger(__name__)
BATCH = 500
ROUNDS = 50
BELL = "intake"

# Records in one transaction: it ends well within a lease.
AT_ONCE = 500
# After so many leases a delivery is taken in alone: it may be what ends our workers.
SUSPECT = 2
# Classes of PostgreSQL's error codes: a deadlock, a limit of a statement.
ROLLED_BACK, LIMIT_EXCEEDED = "40", "54"
READ_ONLY = "25006"

Parsed = Sequence[tuple[Claimed, list[Inbound]]]
Groups = list[tuple[ChannelAccount, list[Arrival]]]
Strange = list[tuple[Claimed, Inbound, ChannelAccount | None]]


def ring_for_deliveries(lanes: Collection[int] = ()) -> None:
    """Something waits to be taken in, in these lanes; without any, somewhere."""
    ring(drain, once=[deliveries.bell(lane) for lane in lanes] or [BELL])


@shared_task
def drain() -> None:
    """Take in what waits. Bounded, so that one worker is not held for ever; rings again if more is there."""
    answer(BELL)
    for _ in range(ROUNDS):
        batch = deliveries.claim(BATCH)
        if not batch:
            return
        try:
            take_in([delivery for delivery in batch if delivery.attempts <= SUSPECT])
            for delivery in batch:
                if delivery.attempts > SUSPECT:
                    take_in([delivery])
        finally:
            deliveries.release(batch)
    ring_for_deliveries()


def take_in(batch: Sequence[Claimed]) -> None:
    """Take in these deliveries. One that cannot be is isolated by halving; it never costs another."""
    try:
        _process(batch)
    except Exception as error:
        if _is_the_database_s(error):
            raise
        if len(batch) > 1:
            middle = len(batch) // 2
            take_in(batch[:middle])
            take_in(batch[middle:])
            return
        aside = deliveries.put_back(batch[0], _put(error))
        # Not the error's own words: a database quotes the row, and the row is a customer's.
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error(
            "delivery %s was %s: %s\n%s", batch[0].id, "set aside" if aside else "put back", type(error).__name__, where
        )
        _rescue(batch[0])


def _is_the_database_s(error: Exception) -> bool:
    """The database failed, not these data: a deadlock or a limit that they exceed is met by taking them apart."""
    code = getattr(error.__cause__, "pgcode", None) or ""
    if code == READ_ONLY:
        return True
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return not code.startswith((ROLLED_BACK, LIMIT_EXCEEDED))


def _put(error: Exception) -> str:
    first, *_ = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {first}"


def _process(batch: Sequence[Claimed]) -> None:
    done = []
    by_app: dict[int, list[tuple[Claimed, list[Inbound]]]] = defaultdict(list)
    for delivery in batch:
        try:
            by_app[delivery.app_id].append((delivery, gateway.parse(delivery.platform, delivery.raw)))
        except Unreadable as error:
            deliveries.put_back(delivery, f"unreadable: {error}", for_good=True)
            continue
        done.append(delivery.id)
    for app_id, parsed in by_app.items():
        _hand_over(app_id, parsed, done)
    deliveries.finish(done)


def _hand_over(app_id: int, parsed: Parsed, held: Sequence[int]) -> None:
    """Give each account its own records, some at a time, each time in one transaction. `held` are our leases."""
    groups, strange = _grouped(app_id, parsed)
    for account, arrivals in groups:
        for start in range(0, len(arrivals), AT_ONCE):
            some = arrivals[start : start + AT_ONCE]
            with workspace(account.workspace_id):
                receive(account, some)
                _look_into_news(account, some)
                if _wants_more(some):
                    ring(enrich.enrich, account.pk, once=[f"enrich:{account.pk}"])
            deliveries.hold(held)
    for delivery, record, owner in strange:
        _count(app_id, delivery, record, owner)


def _look_into_news(account: ChannelAccount, arrivals: Sequence[Arrival]) -> None:
    notices = (arrival.record for arrival in arrivals if isinstance(arrival.record, Notice))
    told = [notice for notice in notices if notice.kind == NoticeKind.NEWS]
    for about in {tuple(sorted(notice.data.items())) for notice in told}:
        ring(news.look_into, account.pk, dict(about))


def _grouped(app_id: int, parsed: Parsed) -> tuple[Groups, Strange]:
    """The records by account, and those that are nobody's or mean nothing to us."""
    named = {(record.channel, record.account) for _, records in parsed for record in records}
    accounts = deliveries.accounts(app_id, named)
    groups: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
    strange: Strange = []
    for delivery, records in parsed:
        for record in records:
            key = (record.channel, record.account)
            account = accounts.get(key)
            if isinstance(record, Unknown) or account is None:
                strange.append((delivery, record, account))
            else:
                groups[key].append(Arrival(record, delivery.raw.received_at))
    return [(accounts[key], arrivals) for key, arrivals in sorted(groups.items())], strange


def _rescue(delivery: Claimed) -> None:
    """Of a delivery that cannot be taken in as a whole, take in every record that can be."""
    try:
        records = gateway.parse(delivery.platform, delivery.raw)
        groups, _strange = _grouped(delivery.app_id, [(delivery, records)])
    except Exception as error:
        if _is_the_database_s(error):
            raise
        return
    for account, arrivals in groups:
        with workspace(account.workspace_id):
            _receive_what_can_be(account, arrivals)


def _receive_what_can_be(account: ChannelAccount, arrivals: Sequence[Arrival]) -> None:
    try:
        receive(account, arrivals)
    except Exception as error:
        if _is_the_database_s(error):
            raise
        if len(arrivals) > 1:
            middle = len(arrivals) // 2
            _receive_what_can_be(account, arrivals[:middle])
            _receive_what_can_be(account, arrivals[middle:])


def _count(app_id: int, delivery: Claimed, record: Inbound, account: ChannelAccount | None) -> None:
    if isinstance(record, Unknown):
        what, label, reason = Oddity.What.EVENT, record.what, record.reason
    else:
        what, label, reason = Oddity.What.ACCOUNT, record.account, "no connected account of that id"
    owner = account.workspace_id if account else None
    deliveries.count_oddity(app_id, what, record.channel, label, delivery=delivery.id, workspace=owner, reason=reason)


def _wants_more(arrivals: Sequence[Arrival]) -> bool:
    """Whether somebody's name, or the post above a comment, is worth asking the platform for."""
    posts = [arrival.record for arrival in arrivals if isinstance(arrival.record, Post) and not arrival.record.ours]
    return any(post.kind == Kind.COMMENT or (post.author and not post.author.name) for post in posts)
