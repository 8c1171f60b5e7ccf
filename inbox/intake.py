"""From the platforms to the tickets: kept deliveries are claimed in batches, understood, and handed to the actions."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence

from celery import shared_task
from django.db import InterfaceError, OperationalError

from connectors import deliveries, gateway
from connectors.contract import Inbound, Kind, Post, Unknown, Unreadable
from connectors.deliveries import Claimed
from connectors.models import ChannelAccount, Oddity
from inbox import enrich
from inbox.actions.receive import Arrival, receive
from socialcare.background import answer, ring
from socialcare.tenancy import workspace

log = logging.getLogger(__name__)
BATCH = 200
ROUNDS = 50
BELL = "intake"

Group = dict[tuple[str, str], list[Arrival]]


def ring_for_deliveries() -> None:
    """Something waits to be taken in."""
    ring(drain, once=BELL)


@shared_task
def drain() -> None:
    """Take in what waits. Bounded, so that one worker is not held for ever; rings again if more is there."""
    answer(BELL)
    for _ in range(ROUNDS):
        batch = deliveries.claim(BATCH)
        if not batch:
            return
        take_in(batch)
    ring_for_deliveries()


def take_in(batch: Sequence[Claimed]) -> None:
    """Take in these deliveries. One that cannot be is isolated by halving; it never costs another."""
    try:
        _process(batch)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(batch) > 1:
            middle = len(batch) // 2
            take_in(batch[:middle])
            take_in(batch[middle:])
            return
        aside = deliveries.put_back(batch[0], f"{type(error).__name__}: {error}")
        log.exception("delivery %s was %s", batch[0].id, "set aside" if aside else "put back")


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
        _hand_over(app_id, parsed)
    deliveries.finish(done)


def _hand_over(app_id: int, parsed: Sequence[tuple[Claimed, list[Inbound]]]) -> None:
    """Group the records by account, and give each account its own in one transaction."""
    named = {(record.channel, record.account) for _, records in parsed for record in records}
    accounts = deliveries.accounts(app_id, named)
    groups: Group = defaultdict(list)
    for delivery, records in parsed:
        for record in records:
            key = (record.channel, record.account)
            account = accounts.get(key)
            if isinstance(record, Unknown) or account is None:
                _count(app_id, delivery, record, account)
            else:
                groups[key].append(Arrival(record, delivery.raw.received_at))
    for key, arrivals in sorted(groups.items()):
        account = accounts[key]
        with workspace(account.workspace_id):
            receive(account, arrivals)
            if _wants_more(arrivals):
                ring(enrich.enrich, account.pk, once=f"enrich:{account.pk}")


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
