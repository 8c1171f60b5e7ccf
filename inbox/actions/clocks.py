"""The clock's side of a ticket: its history in moments, and promises that ran out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from connectors.models import ChannelAccount
from inbox.actions import announce
from inbox.models import Event, Message, Ticket
from sla import engine
from sla.engine import Moment, What

# For a resolution that does not say how much stood on its ticket.
ALL = 2**31
HANDED = "handed_to_us"
TURNS = (HANDED, "resolved", "reopened", "reopened_by_customer", "withdrawn")
# What happened, when, and how much stood on the ticket then.
Turn = tuple[str, datetime, int | None]
MOVES = {
    Message.Origin.CUSTOMER: What.WROTE,
    Message.Origin.AGENT: What.ANSWERED,
    Message.Origin.OUTSIDE: What.ANSWERED,
}


def histories(ticket_ids: Sequence[int]) -> dict[int, list[Moment]]:
    """What moves these tickets' clocks: the messages as they are kept, resolutions, and what another app handed to us.

    Words another app had to answer move none.
    """
    found: dict[int, list[Moment]] = {ticket_id: [] for ticket_id in ticket_ids}
    kept = [Message.State.RECEIVED, Message.State.SENT]
    said = Message.objects.filter(ticket_id__in=ticket_ids, state__in=kept, standby=False)
    for ticket_id, at, received_at, origin, seq in said.values_list("ticket_id", "at", "received_at", "origin", "seq"):
        found[ticket_id].append(Moment(at, received_at, MOVES[Message.Origin(origin)], seq))
    turns: dict[int, list[Turn]] = defaultdict(list)
    happened = Event.objects.filter(ticket_id__in=ticket_ids, verb__in=TURNS).order_by("at", "id")
    for ticket_id, verb, at, data in happened.values_list("ticket_id", "verb", "at", "data"):
        if verb != HANDED:
            turns[ticket_id].append((verb, at, data.get("seq")))
        elif data.get("waits"):
            found[ticket_id].append(Moment(at, at, What.WROTE))
    for ticket_id, taken in turns.items():
        found[ticket_id] += _ends(taken)
    return found


def history_of(ticket_id: int) -> list[Moment]:
    return histories([ticket_id])[ticket_id]


def _ends(turns: Sequence[Turn]) -> list[Moment]:
    """Resolutions, and words taken back. A resolution that somebody takes back by reopening never was one.

    One that the customer's next words ended stands, whatever is reopened later.
    """
    ends: list[tuple[str, Moment]] = []
    for verb, at, seq in turns:
        if verb == "reopened_by_customer":
            ends = [("stands", moment) for _, moment in ends]
        elif verb != "reopened":
            ends.append((verb, Moment(at, at, What.RESOLVED, ALL if seq is None else seq)))
        elif ends and ends[-1][0] == "resolved":
            ends.pop()
    return [moment for _, moment in ends]


def waits_for_us(ticket_id: int) -> bool:
    """Whether the customer's last words stand unanswered, with or without a promise about it."""
    return any(wait.stopped_at is None for wait in engine.waits(history_of(ticket_id)))


def recompute(account: ChannelAccount, ticket_ids: Sequence[int]) -> set[int]:
    """Make the timers of these tickets of an account what their histories say. Returns whose customers still wait."""
    return engine.recompute(account.pk, account.channel, histories(ticket_ids)) if ticket_ids else set()


@transaction.atomic
def breached(ticket_ids: Sequence[int]) -> int:
    """Note the promises that ran out on these tickets, once. Tickets somebody is writing to are left for next time."""
    held = Ticket.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk__in=ticket_ids).order_by("id")
    tickets = {ticket.pk: ticket for ticket in held}
    late = engine.breach(list(tickets))
    if late:
        announce.history(
            *(
                announce.event(tickets[timer.ticket_id], "breached", metric=timer.metric, due=timer.due_at.isoformat())
                for timer in late
            )
        )
        announce.save([tickets[timer.ticket_id] for timer in late])
    return len(late)
