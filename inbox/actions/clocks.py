"""The clock's side of a ticket: its history in moments, and promises that ran out."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from inbox.actions import announce
from inbox.models import Event, Message, Ticket
from sla import engine
from sla.engine import Moment, What

MOVES = {
    Message.Origin.CUSTOMER: What.WROTE,
    Message.Origin.AGENT: What.ANSWERED,
    Message.Origin.OUTSIDE: What.ANSWERED,
}


def history_of(ticket_id: int) -> list[Moment]:
    """What moves the clock, from the messages as they are kept and the resolutions."""
    said = Message.objects.filter(ticket_id=ticket_id, state__in=[Message.State.RECEIVED, Message.State.SENT])
    moments = [
        Moment(at, received_at, MOVES[Message.Origin(origin)])
        for at, received_at, origin in said.values_list("at", "received_at", "origin")
    ]
    resolved = Event.objects.filter(ticket_id=ticket_id, verb="resolved").values_list("at", flat=True)
    return moments + [Moment(at, at, What.RESOLVED) for at in resolved]


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
