"""After every change: the ticket's clock copied onto it, its version raised, the browsers told once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Max
from django.utils import timezone

from connectors.contract import Reason
from connectors.models import ChannelAccount
from inbox import live, records
from inbox.models import Event, Message, Stale, Ticket
from sla import engine
from socialcare import locks
from socialcare.background import after_commit
from socialcare.locks import Lock
from socialcare.models import User
from socialcare.tenancy import current_workspace

# The signs of words that are gone.
REMOVED = "removed"
# Where an author did not take the words back themselves.
OUT_OF_SIGHT = {Reason.PROTECTED: "protected", Reason.SUSPENDED: "suspended"}
# The attachment that leads to an answer given on the page itself.
ANSWER = "answer"
# A title without a full stop, and the text below it.
PARAGRAPHS = re.compile(r"(\w)[ \t]*\n\s*\n\s*(?=\S)")
CLOCK = ("due_at", "metric", "breached", "version", "updated_at")
WRITTEN = (
    *CLOCK,
    "status",
    "assignee",
    "queue",
    "priority",
    "tag_ids",
    "seq",
    "customer_seq",
    "preview",
    "sign",
    "last_at",
    "last_customer_at",
    "first_answered_at",
    "trouble",
    "owner_app",
    "resolved_at",
)


def lock_account(account_id: int) -> None:
    """One writer of an account's messages at a time, until the transaction ends."""
    locks.hold(Lock.ACCOUNT, account_id)


def locked(ticket_id: int) -> Ticket:
    """The ticket, held until the transaction ends; everything that writes one begins here."""
    return Ticket.objects.select_for_update(of=("self",)).select_related("account__app").get(pk=ticket_id)


def save(
    tickets: Sequence[Ticket],
    written: Sequence[str] = WRITTEN,
    clocks: Mapping[int, engine.Running | None] = MappingProxyType({}),
) -> None:
    """Write new tickets, and changed ones (which the caller has locked), with their clocks; tell the browsers.

    `written`: what may have changed of those; CLOCK alone is written faster. `clocks`: those that are known; the
    others are read.
    """
    clocks = {**engine.running([ticket.pk for ticket in tickets if ticket.pk not in clocks]), **clocks}
    now = timezone.now()
    for ticket in tickets:
        clock = clocks.get(ticket.pk) if ticket.status == Ticket.Status.OPEN else None
        ticket.due_at = clock.due_at if clock else None
        ticket.metric = clock.metric if clock else ""
        ticket.breached = clock.breached if clock else False
        ticket.version += 1
        ticket.updated_at = now
    known = [ticket for ticket in tickets if not ticket._state.adding]
    Ticket.objects.bulk_create(ticket for ticket in tickets if ticket._state.adding)
    Ticket.objects.bulk_update(known, written)
    Stale.objects.bulk_create(Stale(ticket_id=ticket.pk) for ticket in tickets)
    changed([ticket.pk for ticket in tickets])


def gone(moments: Iterable[datetime]) -> None:
    """Something that counted at these moments is there no more: reports add them up anew."""
    Stale.objects.bulk_create(Stale(at=moment) for moment in moments)


def begun() -> None:
    """A process of ours starts: what the one before it could not tell any more, browsers load anew."""
    live.lost_everywhere()


def changed(ticket_ids: Iterable[int]) -> None:
    """Send the tickets' rows as they are once all is committed."""
    ids, place = list(ticket_ids), current_workspace()

    def tell() -> None:
        live.publish_now([("ticket", row) for row in records.rows(Ticket.objects.filter(pk__in=ids))])

    after_commit(tell, otherwise=lambda: live.lost(place))


def said(messages: Iterable[Any]) -> None:
    """Something new stands in these threads; whoever looks at one fetches it."""
    live.publish([("said", {"ticket": item.ticket_id, "seq": item.seq, "id": item.pk}) for item in messages])


def restated(messages: Iterable[Message]) -> None:
    """These messages changed."""
    live.publish([("state", {"ticket": message.ticket_id, "id": message.pk}) for message in messages])


def above(ticket_ids: Iterable[int]) -> None:
    """The post above these threads came or changed."""
    live.publish([("story", {"ticket": pk}) for pk in ticket_ids])


def account_changed(account: ChannelAccount) -> None:
    live.publish([("account", {"id": account.pk, "state": account.state, "attention": account.attention})])


def event(ticket: Ticket, verb: str, actor: User | None = None, **data: Any) -> Event:
    return Event(ticket=ticket, verb=verb, actor=actor, data=data)


def history(*events: Event) -> None:
    Event.objects.bulk_create(events)


def note_trouble(ticket: Ticket) -> None:
    """Whether an answer failed or may be lost; what failed before one was given elsewhere is settled by that."""
    bad = Message.objects.filter(ticket=ticket, state__in=[Message.State.FAILED, Message.State.UNKNOWN])
    there = Message.objects.filter(ticket=ticket, origin=Message.Origin.OUTSIDE, agent__isnull=False)
    there = there.exclude(state=Message.State.CANCELLED)
    settled = there.aggregate(last=Max("seq"))["last"] or 0
    ticket.trouble = bad.exclude(state=Message.State.FAILED, seq__lt=settled).exists()


def show_newest(ticket: Ticket) -> None:
    """The list shows the newest words that still stand, or why there are none. The caller saves the ticket."""
    kept = Message.objects.filter(ticket=ticket, state__in=[Message.State.RECEIVED, Message.State.SENT])
    said = kept.order_by("-at", "-id")
    if newest := said.filter(removed_at=None).first():
        ticket.preview, ticket.sign = preview(newest.text, newest.attachments)
    elif last := said.first():
        ticket.preview = ""
        ticket.sign = next((sign for why, sign in OUT_OF_SIGHT.items() if last.closed == why), REMOVED)


def preview(text: str, attachments: Sequence[dict[str, Any]] = ()) -> tuple[str, str]:
    """What a list shows of a message: its words, or a sign for what it carries instead; of an answer given on the page
    itself the sign and its host. No words that somebody writes are taken for a sign.
    """
    words = " ".join(PARAGRAPHS.sub(r"\1 · ", text).split())
    if words or not attachments:
        return words[:200], ""
    first = attachments[0]
    kind = first.get("type", "unknown")
    if kind == ANSWER:
        return (urlsplit(first["url"]).hostname or "").removeprefix("www.")[:200], ANSWER
    title = first.get("title") or ""
    return title[:200], "" if title else kind[:20]
