"""The clock's side of a ticket: its history in moments, and promises that ran out."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from inbox.actions import announce
from inbox.models import Event, Message, Ticket
from sla import engine
from sla.engine import Moment, What

# For a resolution that does not say how much stood on its ticket.
ALL = 2**31
MOVES = {
    Message.Origin.CUSTOMER: What.WROTE,
    Message.Origin.AGENT: What.ANSWERED,
    Message.Origin.OUTSIDE: What.ANSWERED,
}


def history_of(ticket_id: int) -> list[Moment]:
    """What moves the clock: the messages as they are kept, resolutions, and what another app handed to us.

    Words another app had to answer move none.
    """
    kept = [Message.State.RECEIVED, Message.State.SENT]
    said = Message.objects.filter(ticket_id=ticket_id, state__in=kept, standby=False)
    moments = [
        Moment(at, received_at, MOVES[Message.Origin(origin)], seq)
        for at, received_at, origin, seq in said.values_list("at", "received_at", "origin", "seq")
    ]
    happened = Event.objects.filter(ticket_id=ticket_id)
    handed = happened.filter(verb="handed_to_us", data__waits=True).values_list("at", flat=True)
    moments += [Moment(at, at, What.WROTE) for at in handed]
    return moments + _ends(happened)


def _ends(happened: QuerySet[Event]) -> list[Moment]:
    """Resolutions, and words taken back. A resolution that somebody takes back by reopening never was one."""
    ends: list[tuple[str, Moment]] = []
    turns = happened.filter(verb__in=("resolved", "reopened", "withdrawn")).order_by("at", "id")
    for verb, at, seq in turns.values_list("verb", "at", "data__seq"):
        if verb != "reopened":
            ends.append((verb, Moment(at, at, What.RESOLVED, ALL if seq is None else seq)))
        elif ends and ends[-1][0] == "resolved":
            ends.pop()
    return [moment for _, moment in ends]


def waits_for_us(ticket_id: int) -> bool:
    """Whether the customer's last words stand unanswered, with or without a promise about it."""
    return any(wait.stopped_at is None for wait in engine.waits(history_of(ticket_id)))


@transaction.atomic
def breached(ticket_ids: Sequence[int]) -> int:
    """Note the promises that ran out on these tickets, once. Tickets somebody is writing to are left for next time."""
    held = Ticket.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk__in=ticket_ids).order_by("id")
    tickets = {ticket.pk: ticket for ticket in held}
    late = engine.breach(list(tickets))
    if late:
        announce.history(*(announce.event(tickets[timer.ticket_id], "breached", metric=timer.metric) for timer in late))
        announce.save([tickets[timer.ticket_id] for timer in late])
    return len(late)
