"""Customers wrote: contacts, tickets and messages for a whole batch of one account, each exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors.contract import Author, Inbound, Post
from connectors.models import ChannelAccount
from inbox import routing
from inbox.actions import announce, changes, clocks, contacts, echoes, threads
from inbox.actions.withdrawing import nothing_left_to_answer
from inbox.models import Event, Identity, Message, Ticket
from sla.engine import Running
from socialcare import rows

Key = tuple[int, str]
# Whoever looks whether an account is silent does not ask for seconds.
HEARD_EVERY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record of one delivery, and when that delivery reached us."""

    record: Inbound
    received_at: datetime


@dataclass(slots=True)
class Touched:
    """A ticket that got messages in this batch."""

    ticket: Ticket
    new: bool = False
    reopened: bool = False
    routed: bool = False
    in_order: bool = True
    before: str = ""
    wrote_at: datetime | None = None
    noticed_at: datetime | None = None
    newest: Message | None = None
    messages: list[Message] = field(default_factory=list)


@transaction.atomic
def receive(account: ChannelAccount, arrivals: Sequence[Arrival]) -> None:
    """Take in everything a batch holds for one account. Harmless to repeat; all or nothing."""
    announce.lock_account(account.pk)
    posts: dict[str, tuple[Post, datetime]] = {}
    for arrival in arrivals:
        if isinstance(arrival.record, Post):
            posts.setdefault(arrival.record.external_id, (arrival.record, arrival.received_at))
    # What is here already may be told once more, with more about its author.
    if contacts.told_of(account.pk, [author for arrival in arrivals if (author := _author(arrival.record))]):
        # Whoever has one of their tickets open asks anew what may be written.
        announce.account_changed(account)
    known = set(
        Message.objects.filter(account=account, external_id__in=list(posts)).values_list("external_id", flat=True)
    )
    fresh = threads.settled(account, [pair for external_id, pair in posts.items() if external_id not in known])
    early = customers_wrote(account, [(post, at) for post, at in fresh if not (post.ours or post.context_only)])
    ours = [post for post, _ in fresh if post.ours or post.context_only]
    echoes.take(account, [*early, *ours])
    changes.apply(account, [arrival.record for arrival in arrivals if not isinstance(arrival.record, Post)])
    if any(not (post.ours or post.context_only) for post, _ in posts.values()):
        _heard_of(account)


def _heard_of(account: ChannelAccount) -> None:
    now = timezone.now()
    if account.last_inbound_at is None or account.last_inbound_at < now - HEARD_EVERY:
        ChannelAccount.objects.filter(pk=account.pk).update(last_inbound_at=now)


def _author(record: Inbound) -> Author | None:
    return record.author if isinstance(record, Post) and not record.ours else None


def customers_wrote(account: ChannelAccount, posts: Iterable[tuple[Post, datetime]]) -> list[Post]:
    """Put customers' new posts, each with when it reached us, on their tickets.

    Returns answers given elsewhere that had come before these: they can be taken now.
    """
    # By the moment they count from: a clock ahead of ours may tell another order than the receipts.
    theirs = sorted(posts, key=lambda pair: (min(pair[0].created_at, pair[1]), pair[0].created_at, pair[0].external_id))
    if not theirs:
        return []
    identities = contacts.identify(account, [post for post, _ in theirs])
    touched = _tickets(account, [(identities[post.external_id], post) for post, _ in theirs])
    for post, received_at in theirs:
        _add(touched[identities[post.external_id].pk, post.thread_id], account, post, received_at)
    batch = list(touched.values())
    answers = _write(batch)
    shown = _run_clocks(batch)
    _route(batch)
    _tell(batch, shown)
    return answers


def _tickets(account: ChannelAccount, pairs: Sequence[tuple[Identity, Post]]) -> dict[Key, Touched]:
    """The open ticket of each person and thread; reopened, followed up or begun where there is none.

    The open one need not be the newest: an agent may have reopened an older one.
    """
    wanted = {(identity.pk, post.thread_id): (identity, post) for identity, post in reversed(pairs)}
    latest = (
        Ticket.objects.filter(
            account=account,
            thread_id__in={thread for _, thread in wanted},
            identity__in={identity for identity, _ in wanted},
        )
        .alias(done=Q(status=Ticket.Status.RESOLVED))
        .order_by("identity_id", "thread_id", "done", "-id")
        .distinct("identity_id", "thread_id")
        .values_list("id", flat=True)
    )
    held = Ticket.objects.select_for_update(of=("self",)).filter(pk__in=list(latest)).order_by("id")
    before = {(ticket.identity_id, ticket.thread_id): ticket for ticket in held}
    for known in before.values():
        known.account = account
    reopen_since = timezone.now() - timedelta(hours=account.workspace.reopen_hours)
    found: dict[Key, Touched] = {}
    for key, (identity, post) in wanted.items():
        ticket = before.get(key)
        unfinished = ticket is not None and ticket.status != Ticket.Status.RESOLVED
        if ticket and (unfinished or (ticket.resolved_at and ticket.resolved_at >= reopen_since)):
            found[key] = Touched(ticket, before=ticket.status)
        else:
            found[key] = Touched(_begin(account, identity, post, follows=ticket), new=True)
    new = [touched.ticket for touched in found.values() if touched.new]
    for ticket, pk in zip(new, rows.reserve(Ticket, len(new)), strict=True):
        ticket.pk = pk
    return found


def _begin(account: ChannelAccount, identity: Identity, post: Post, follows: Ticket | None) -> Ticket:
    return Ticket(
        account=account,
        contact_id=identity.contact_id,
        identity=identity,
        thread_id=post.thread_id,
        kind=post.kind,
        status=Ticket.Status.PENDING,
        follows=follows,
        queue_id=account.queue_id,
        last_at=post.created_at,
    )


def _add(touched: Touched, account: ChannelAccount, post: Post, received_at: datetime) -> None:
    """Put a customer's message on its ticket, in memory. A time in the future is a clock ahead of ours."""
    ticket, at = touched.ticket, min(post.created_at, received_at)
    ticket.seq += 1
    message = Message(
        ticket=ticket,
        account=account,
        seq=ticket.seq,
        origin=Message.Origin.CUSTOMER,
        state=Message.State.RECEIVED,
        kind=post.kind,
        external_id=post.external_id,
        parent_id=post.parent_id,
        text=post.text,
        attachments=[item.as_json() for item in post.attachments],
        permalink=post.permalink[:1000],
        raw_kind=post.raw_kind[:60],
        rating=post.rating,
        at=at,
        dated=post.dated,
        standby=post.standby,
        closed=post.closed or "",
        received_at=received_at,
    )
    touched.messages.append(message)
    if not touched.new and at < ticket.last_at:
        touched.in_order = False
    if touched.new or at >= ticket.last_at:
        ticket.last_at, touched.newest = at, message
    ticket.customer_seq = ticket.seq
    ticket.last_customer_at = max(filter(None, (ticket.last_customer_at, at)))
    if not post.standby:
        touched.reopened = touched.before == Ticket.Status.RESOLVED
        ticket.status, ticket.resolved_at = Ticket.Status.OPEN, None
        if touched.wrote_at is None:
            touched.wrote_at, touched.noticed_at = at, received_at


def _write(batch: Sequence[Touched]) -> list[Post]:
    """The messages, as they are after what was said of them before they came; returns the answers that had come."""
    messages = [message for touched in batch for message in touched.messages]
    answers = changes.catch_up(messages)
    Message.objects.bulk_create(messages)
    for touched in batch:
        if touched.newest and touched.newest.removed_at:
            announce.show_newest(touched.ticket)
        elif touched.newest:
            shown = announce.preview(touched.newest.text, touched.newest.attachments)
            touched.ticket.preview, touched.ticket.sign = shown
    return answers


def _run_clocks(batch: Sequence[Touched]) -> dict[int, Running | None]:
    """Messages that came in order start a clock; where they did not, the history says what runs.

    Returns the clocks that are known now.
    """
    shown = clocks.customers_wrote(
        [
            (touched.ticket, touched.wrote_at, touched.noticed_at)
            for touched in batch
            if touched.in_order and touched.wrote_at and touched.noticed_at
        ]
    )
    late = {touched.ticket.pk: touched for touched in batch if not touched.in_order}
    waiting = clocks.recompute([touched.ticket for touched in late.values()])
    for pk, touched in late.items():
        if touched.before == Ticket.Status.PENDING and pk not in waiting:
            touched.ticket.status = Ticket.Status.PENDING
    for touched in batch:
        if any(message.removed_at for message in touched.messages):
            nothing_left_to_answer(touched.ticket)
            shown.pop(touched.ticket.pk, None)
    return shown


def _route(batch: Sequence[Touched]) -> None:
    waiting = [
        touched
        for touched in batch
        if touched.ticket.status == Ticket.Status.OPEN
        and (touched.new or touched.reopened or not touched.ticket.assignee_id)
    ]
    if not waiting:
        return
    chosen = routing.choose([touched.ticket.assignee_id for touched in waiting])
    for touched, user_id in zip(waiting, chosen, strict=True):
        again = touched.new or touched.reopened
        touched.routed = user_id is not None and (again or touched.ticket.assignee_id != user_id)
        touched.ticket.assignee_id = user_id


def _tell(batch: Sequence[Touched], shown: Mapping[int, Running | None]) -> None:
    events: list[Event] = []
    for touched in batch:
        ticket = touched.ticket
        if touched.new:
            events.append(
                announce.event(ticket, "follow_up" if ticket.follows_id else "opened", follows=ticket.follows_id)
            )
            if ticket.queue_id:
                events.append(announce.event(ticket, "sorted", to=ticket.queue_id))
        elif touched.reopened:
            events.append(announce.event(ticket, "reopened_by_customer"))
        if touched.routed:
            events.append(announce.event(ticket, "routed", to=ticket.assignee_id))
    announce.history(*events)
    announce.save([touched.ticket for touched in batch], clocks=shown)
    announce.said(message for touched in batch for message in touched.messages)
