"""Tickets and what was said on them as the browser gets them: small JSON records, the same for everybody.

Times are integer milliseconds. Lists go from the database to bytes without models or serializers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from connectors import gateway
from connectors.models import ChannelAccount
from inbox.models import Contact, Message, Note, Notification, Ticket

ROW = (
    "id",
    "version",
    "channel",
    "kind",
    "name",
    "preview",
    "last_at",
    "due_at",
    "metric",
    "breached",
    "status",
    "assignee_id",
    "seq",
    "customer_seq",
    "account_id",
    "trouble",
    "updated_at",
    "priority",
    "queue_id",
    "tag_ids",
    "thread_id",
    "sign",
)
KEYS: tuple[str, ...] = (
    "id",
    "v",
    "ch",
    "kind",
    "name",
    "text",
    "at",
    "due",
    "metric",
    "breached",
    "st",
    "who",
    "seq",
    "cseq",
    "acc",
)
KEYS += ("trouble", "up", "prio", "queue", "tags", "group", "sign")
# How a sign stood among the words before it had a column of its own.
BRACKETED = re.compile(
    r"\[(removed|protected|suspended|image|video|audio|file|sticker|location|link|template|share|target|encrypted|unknown)"
    r"\]()|\[(answer)\] (\S+)"
)
TIMES = (6, 7, 16)
CHANNEL, KIND, THREAD = 2, 3, 20


def ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def rows(tickets: QuerySet[Ticket]) -> list[dict[str, Any]]:
    """The list records of these tickets, in the queryset's order; one query.

    What stands elsewhere is looked up by its key, ticket after ticket. A join is planned, and what a workspace's wall
    hides, or tables that have just grown, make the planner read all contacts for a page.
    """
    channel = ChannelAccount.objects.filter(pk=OuterRef("account_id")).values("channel")
    name = Contact.objects.filter(pk=OuterRef("contact_id")).values("name")
    found = []
    for values in tickets.annotate(channel=Subquery(channel), name=Subquery(name)).values_list(*ROW):
        row: list[Any] = list(values)
        for index in TIMES:
            row[index] = ms(row[index])
        row[THREAD] = row[KIND] == "direct" and gateway.is_group(row[CHANNEL], row[THREAD])
        found.append(_signed(dict(zip(KEYS, row, strict=True))))
    return found


def _signed(row: dict[str, Any]) -> dict[str, Any]:
    if row["sign"] is None:
        before = BRACKETED.fullmatch(row["text"])
        sign, words = [part for part in before.groups() if part is not None] if before else ("", row["text"])
        row |= {"sign": sign, "text": words}
    return row


def rows_of(ticket_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The list records of these tickets, in this order."""
    found = {row["id"]: row for row in rows(Ticket.objects.filter(pk__in=ticket_ids))}
    return [found[pk] for pk in ticket_ids if pk in found]


def row(ticket_id: int) -> dict[str, Any]:
    return rows(Ticket.objects.filter(pk=ticket_id))[0]


def counts() -> dict[str, Any]:
    """How many tickets each view holds, and how many open ones each agent has; three counts from indexes alone."""
    waiting = Ticket.objects.filter(status=Ticket.Status.OPEN)
    held = list(waiting.values_list("assignee_id").annotate(Count("id")).order_by())
    return {
        "open": sum(number for _, number in held),
        "unassigned": sum(number for user, number in held if user is None),
        "breached": waiting.filter(breached=True).count(),
        "pending": Ticket.objects.filter(status=Ticket.Status.PENDING).count(),
        "by": {str(user): number for user, number in held if user is not None},
    }


def message(
    message: Message, who: str, failure_message: str = "", parent: int | None = None, above: str = ""
) -> dict[str, Any]:
    """One message of the thread. `who` is the name to show; `parent` the customer's message an answer is for.

    `above`: where that stands on the platform which it hangs on. An answer of unknown outcome would be found there.
    """
    return {
        "type": "message",
        "id": message.pk,
        "ticket": message.ticket_id,
        "seq": message.seq,
        "origin": message.origin,
        "state": message.state,
        "kind": message.kind,
        "private": message.private or message.kind == "direct",
        "who": who,
        "agent": message.agent_id,
        "text": message.text,
        "attachments": message.attachments,
        "at": ms(message.at),
        "dated": message.dated,
        "received": ms(message.received_at),
        "edited": ms(message.edited_at),
        "revisions": message.revisions,
        "removed": message.removed_at is not None,
        **_standing(message),
        "liked": message.liked,
        "reactions": _tally(message.reactions.values()),
        "delivered": ms(message.delivered_at),
        "read": ms(message.read_at),
        "send_after": ms(message.send_after) if message.state == Message.State.QUEUED else None,
        **_failure(message, failure_message, above),
        "permalink": message.permalink,
        "parent": parent,
        "continues": message.continues_id,
        "rating": message.rating,
        "raw_kind": message.raw_kind,
        "client_id": str(message.token) if message.token else None,
    }


def _standing(message: Message) -> dict[str, Any]:
    """Whether it can be seen there, and answered."""
    return {"closed": message.closed, "hidden": message.hidden, "standing": message.standing}


def _failure(message: Message, words: str, above: str) -> dict[str, Any]:
    unknown = message.state == Message.State.UNKNOWN
    return {
        "failure": message.failure,
        "failure_message": words,
        "looked": ms(message.looked_at) if unknown else None,
        "look_at": above if unknown else "",
    }


def note(note: Note, who: str) -> dict[str, Any]:
    return {
        "type": "note",
        "id": note.pk,
        "seq": note.seq,
        "who": who,
        "agent": note.author_id,
        "text": note.text,
        "at": ms(note.at),
    }


def notifications(found: QuerySet[Notification]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(for whom, what they get) of each, in the queryset's order; one query."""
    about = {
        "id": "id",
        "ticket": "ticket_id",
        "ch": "ticket__account__channel",
        "name": "ticket__contact__name",
        "text": "ticket__preview",
        "sign": "ticket__sign",
        "policy": "policy",
        "metric": "metric",
        "share": "share",
    }
    for user, at, seen_at, *values in found.values_list("user_id", "at", "seen_at", *about.values()):
        row = _signed(dict(zip(about, values, strict=True)))
        yield user, {**row, "at": ms(at), "seen": seen_at is not None}


def _tally(reactions: Iterable[str]) -> dict[str, int]:
    tally: dict[str, int] = {}
    for reaction in reactions:
        tally[reaction] = tally.get(reaction, 0) + 1
    return tally
