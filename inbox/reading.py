"""What the screens and the API read: views by keyset, one ticket with all around it, and its entries in order."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db.models import Q, QuerySet
from django.utils import timezone

from connectors import gateway
from connectors.contract import Kind
from connectors.models import ChannelAccount
from inbox import composing, live, records, search
from inbox.actions import sorting
from inbox.actions.clocks import SET_ASIDE
from inbox.figures import Only
from inbox.happened import Names, event_text
from inbox.models import Event, Identity, Message, Note, Seen, Story, Ticket
from inbox.wording import failure_text
from sla.models import Policy, Timer
from sla.promises import left_of
from socialcare.models import User
from socialcare.tenancy import current_workspace

VIEWS = ("mine", "unassigned", "open", "breached", "pending", "resolved")
NEWEST_FIRST = ("pending", "resolved")
PAGE = 60
OTHERS = 10
# Of the same person's other tickets.
BESIDE = ("id", "st", "ch", "at", "text", "sign")
# In a thread, what happened at one moment stands in this order: what follows from words stands below them.
MESSAGE, NOTE, EVENT = 0, 1, 2
Shown = tuple[datetime, int, dict[str, Any]]


class BadCursor(ValueError):
    """The cursor was not made by us."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ends: a moment, an id, and for a thread the rank of its kind of entry at one moment."""

    at: datetime
    id: int
    rank: int = 0

    def __str__(self) -> str:
        words = orjson.dumps([self.at.isoformat(), self.id, self.rank])
        return base64.urlsafe_b64encode(words).decode().rstrip("=")

    @classmethod
    def read(cls, words: str) -> Cursor:
        try:
            at, pk, rank = orjson.loads(base64.urlsafe_b64decode(words + "=" * (-len(words) % 4)))
            return cls(datetime.fromisoformat(at).astimezone(UTC), int(pk), int(rank))
        except (ValueError, TypeError, OverflowError, binascii.Error) as error:
            raise BadCursor(words) from error

    def before(self, rank: int) -> Q:
        """Entries of a rank that stand before this place."""
        earlier = Q(at__lt=self.at)
        if rank < self.rank:
            return earlier | Q(at=self.at)
        return earlier | Q(at=self.at, id__lt=self.id) if rank == self.rank else earlier


def tickets(view: str, user: User) -> QuerySet[Ticket]:
    """The tickets of a view, unordered."""
    found = Ticket.objects.filter(status=Ticket.Status.OPEN)
    if view in NEWEST_FIRST:
        found = Ticket.objects.filter(status=view)
    elif view == "mine":
        found = found.filter(assignee=user)
    elif view == "unassigned":
        found = found.filter(assignee=None)
    elif view == "breached":
        found = found.filter(breached=True)
    return found


def page(
    view: str, user: User, *, after: str = "", limit: int = PAGE, query: str = "", only: Only | None = None
) -> dict[str, Any]:
    """One page of a view, by keyset, with counts and the live sequence it belongs to; of all tickets where words are
    looked for, of a figure's where it is narrowed to one. Raises BadCursor.
    """
    if only:
        view = "open"
    sequence = live.sequence(current_workspace())
    cursor = Cursor.read(after) if after else None
    below = cursor.id if cursor else None
    if query:
        items = records.rows_of(search.tickets(query, below=below, limit=limit + 1))
    elif only:
        items = _behind(only, cursor, limit + 1)
    else:
        items = records.rows(_listed(tickets(view, user), view, cursor, limit + 1))
    more, items = len(items) > limit, items[:limit]
    return {
        "items": items,
        "next": _cursor_after("" if query else view, items[-1]["id"]) if more else None,
        "seen": seen(user, [item["id"] for item in items]),
        "counts": records.counts(),
        "seq": sequence,
        "now": records.ms(timezone.now()),
    }


def _listed(found: QuerySet[Ticket], view: str, cursor: Cursor | None, limit: int) -> QuerySet[Ticket]:
    if view in NEWEST_FIRST:
        found = found.order_by("-updated_at", "-id")
        if cursor:
            found = found.filter(updated_at__lte=cursor.at).filter(
                Q(updated_at__lt=cursor.at) | Q(updated_at=cursor.at, id__lt=cursor.id)
            )
    else:
        found = found.order_by("order_at", "id")
        if cursor:
            found = found.filter(order_at__gte=cursor.at).filter(
                Q(order_at__gt=cursor.at) | Q(order_at=cursor.at, id__gt=cursor.id)
            )
    return found[:limit]


def _behind(only: Only, cursor: Cursor | None, limit: int) -> list[dict[str, Any]]:
    """A figure's tickets in the order of the open ones. Chosen first: what stands beside each would be looked up before
    they are sorted.
    """
    found: list[int] = []
    for part in only.parts():
        if len(found) < limit:
            found += _listed(part, "open", cursor, limit - len(found)).values_list("id", flat=True)
    return records.rows_of(found)


def _cursor_after(view: str, ticket_id: int) -> str:
    """From the exact moment in the database: milliseconds would lose rows."""
    field = "updated_at" if view in NEWEST_FIRST else "order_at"
    return str(Cursor(Ticket.objects.values_list(field, flat=True).get(pk=ticket_id), ticket_id))


def seen(user: User, ticket_ids: Sequence[int]) -> dict[str, int]:
    mine = Seen.objects.filter(user=user, ticket_id__in=ticket_ids)
    return {str(ticket): seq for ticket, seq in mine.values_list("ticket_id", "seq")}


def ticket(ticket_id: int, user: User, to: int | None = None) -> dict[str, Any]:
    """A ticket and all around it. `to`: as in `compose`. Raises Ticket.DoesNotExist."""
    related = ("account__app", "contact", "assignee", "identity")
    found = Ticket.objects.select_related(*related).get(pk=ticket_id)
    return {
        **records.row(ticket_id),
        "contact": _contact(found),
        "account": _account(found.account),
        "story": _story(found),
        "others": _others(found),
        "follows": found.follows_id,
        "compose": composing.compose(found, to),
        "timers": _timers(ticket_id),
        "assignee": {"id": found.assignee.pk, "name": str(found.assignee)} if found.assignee else None,
        "seen": seen(user, [ticket_id]).get(str(ticket_id), 0),
        "labels": sorting.labels(),
    }


def _contact(found: Ticket) -> dict[str, Any]:
    identities = Identity.objects.filter(contact=found.contact_id).select_related("account")
    elsewhere = Ticket.objects.filter(contact=found.contact_id).exclude(pk=found.pk).order_by("-id")[:OTHERS]
    return {
        "id": found.contact_id,
        "name": found.contact.name,
        "avatar": found.contact.avatar_url,
        "group": found.contact.group_id,
        "identities": [
            {
                "channel": identity.account.channel,
                "account_name": identity.account.name,
                "name": identity.name,
                "handle": identity.handle,
            }
            for identity in identities
        ],
        "tickets": [{key: row[key] for key in BESIDE} for row in records.rows(elsewhere)],
    }


def _account(account: ChannelAccount) -> dict[str, Any]:
    return {
        "id": account.pk,
        "name": account.name,
        "channel": account.channel,
        "state": account.state,
        "attention": account.attention,
    }


def _story(found: Ticket) -> dict[str, Any] | None:
    """The post above a comment, where we know it."""
    if found.kind != Kind.COMMENT:
        return None
    story = Story.objects.filter(account=found.account_id, external_id=found.thread_id).first()
    if story is None or not (story.text or story.attachments):
        above = Message.objects.filter(account=found.account_id, external_id=found.thread_id).first()
        if above is None:
            return None
        return {
            "author": above.ticket.identity.name,
            "ours": False,
            "text": above.text,
            "attachments": above.attachments,
            "permalink": above.permalink,
            "at": records.ms(above.at),
        }
    return {
        "author": story.author or (found.account.name if story.ours else ""),
        "ours": story.ours,
        "text": story.text,
        "attachments": story.attachments,
        "permalink": story.permalink,
        "at": records.ms(story.at),
    }


def _others(found: Ticket) -> list[dict[str, Any]]:
    """What other people said in the same public thread, or in the same group."""
    if found.kind == Kind.DIRECT and not gateway.is_group(found.account.channel, found.thread_id):
        return []
    said = Message.objects.filter(ticket__account=found.account_id, ticket__thread_id=found.thread_id)
    said = said.exclude(external_id=found.thread_id)  # the post itself, which stands above them
    said = (
        said.exclude(standing__in=SET_ASIDE)
        .exclude(ticket=found)
        .filter(state__in=[Message.State.RECEIVED, Message.State.SENT], removed_at=None, private=False)
        .exclude(origin=Message.Origin.OUTSIDE, token__isnull=False)  # a record: its words may stand there already
    )
    latest = said.select_related("ticket__identity", "agent").order_by("-at", "-id")[:OTHERS]
    return [
        {"name": _who(message, found.account.name), "text": message.text, "at": records.ms(message.at)}
        for message in reversed(latest)
    ]


def _timers(ticket_id: int) -> list[dict[str, Any]]:
    timers = list(Timer.objects.filter(ticket_id=ticket_id).order_by("started_at"))
    asked = {timer.policy_id for timer in timers if timer.stands_still}
    policies = Policy.objects.select_related("hours").in_bulk(asked) if asked else {}
    return [
        {
            "metric": timer.metric,
            "started": records.ms(timer.started_at),
            "noticed": records.ms(timer.noticed_at),
            "due": records.ms(timer.due_at),
            "paused": timer.paused // timedelta(milliseconds=1),
            "still": timer.stands_still,
            "left": _left(timer, policies.get(timer.policy_id or 0)) if timer.stands_still else None,
            "stopped": records.ms(timer.stopped_at),
            "breached": timer.breached_at is not None,
            "outcome": timer.outcome,
        }
        for timer in timers
    ]


def _left(timer: Timer, policy: Policy | None) -> int:
    return left_of(policy, timer.started_at, timer.target, timer.rests()) // timedelta(milliseconds=1)


def entries(ticket_id: int, *, before: str = "", after_seq: int | None = None, limit: int = 50) -> dict[str, Any]:
    """What was said and what happened, in reading order: the newest page, the one before a cursor, or what is newer.

    Raises Ticket.DoesNotExist and BadCursor.
    """
    found = Ticket.objects.select_related("account").get(pk=ticket_id)
    messages = Message.objects.filter(ticket=found).exclude(state=Message.State.CANCELLED)
    notes, events = Note.objects.filter(ticket=found), Event.objects.filter(ticket=found)
    if after_seq is not None:
        return _answer(
            found, _shown(found, messages.filter(seq__gt=after_seq), notes.filter(seq__gt=after_seq), None), None
        )
    if before:
        until = Cursor.read(before)
        messages, notes = messages.filter(until.before(MESSAGE)), notes.filter(until.before(NOTE))
        events = events.filter(until.before(EVENT))
    size, newest = limit + 1, ("-at", "-id")
    shown = _shown(
        found, messages.order_by(*newest)[:size], notes.order_by(*newest)[:size], events.order_by(*newest)[:size]
    )
    more, shown = len(shown) > limit, shown[-limit:]
    return _answer(found, shown, _place(shown[0]) if more else None)


def _shown(
    found: Ticket, messages: QuerySet[Message], notes: QuerySet[Note], events: QuerySet[Event] | None
) -> list[Shown]:
    merged: list[Shown] = []
    parents = {}
    said = list(messages.select_related("ticket__identity", "agent", "continues"))
    if above := {message.parent_id for message in said if message.parent_id}:
        known = Message.objects.filter(account=found.account_id, external_id__in=above, ticket=found)
        parents = {parent.external_id: parent for parent in known.only("external_id", "permalink")}
    for message in said:
        merged.append((message.at, MESSAGE, entry(message, found.account.name, parents.get(message.parent_id))))
    for note in notes.select_related("author"):
        merged.append((note.at, NOTE, records.note(note, str(note.author or ""))))
    happened = list(events.select_related("actor")) if events is not None else []
    names = Names.of(happened)
    for event in happened:
        if text := event_text(event, names):
            merged.append((event.at, EVENT, _event(event, text)))
    merged.sort(key=lambda item: (item[0], item[1], item[2]["id"]))
    return merged


def _place(first: Shown) -> str:
    at, rank, item = first
    return str(Cursor(at, item["id"], rank))


def _answer(found: Ticket, shown: list[Shown], before: str | None) -> dict[str, Any]:
    return {"items": [item for _, _, item in shown], "before": before, "seq": found.seq}


def _event(event: Event, text: str) -> dict[str, Any]:
    who = str(event.actor) if event.actor else ""
    told = {"type": "event", "id": event.pk, "verb": event.verb, "who": who, "at": records.ms(event.at), "text": text}
    if event.verb == "recomputed":
        told["due"] = {name: _moment(event.data.get(name)) for name in ("before", "after")}
    return told


def _moment(words: str | None) -> int | None:
    return records.ms(datetime.fromisoformat(words)) if words else None


def entry(message: Message, account_name: str, parent: Message | None = None) -> dict[str, Any]:
    """One message as the thread shows it, with the message of the same ticket it answers."""
    place = next((above.permalink for above in (message.continues, parent) if above and above.permalink), "")
    return records.message(
        message, _who(message, account_name), failure_text(message), parent.pk if parent else None, place
    )


def _who(message: Message, account_name: str) -> str:
    if message.origin == Message.Origin.CUSTOMER:
        return message.ticket.identity.name or message.ticket.contact.name
    return str(message.agent) if message.agent else account_name


def one_message(message_id: int) -> dict[str, Any]:
    """Raises Message.DoesNotExist."""
    message = Message.objects.select_related(
        "ticket__identity", "ticket__contact", "agent", "account", "continues"
    ).get(pk=message_id)
    parent = Message.objects.filter(account=message.account_id, external_id=message.parent_id or None).first()
    return entry(message, message.account.name, parent if parent and parent.ticket_id == message.ticket_id else None)
