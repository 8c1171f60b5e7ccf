"""What a policy wants done when its time runs short: tell somebody, give the ticket away, raise it, move it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inbox import live, routing
from inbox.actions import announce
from inbox.models import Event, Priority, Queue, Ticket
from sla.engine import Mark, Promises
from socialcare.models import Membership, Role
from socialcare.tenancy import current_workspace


def act(tickets: dict[int, Ticket], marks: Sequence[Mark], promises: Promises) -> tuple[bool, list[Ticket]]:
    """Do, in memory, what the policies of these clocks say at the marks they passed; each step is a line of history.

    The caller has locked the tickets and saves them. Returns whether there was anything to do,
    and those whose priority or queue has changed.
    """
    events: list[Event] = []
    changed: dict[int, Ticket] = {}
    for mark in marks:
        policy, ticket = promises.known(mark.policy_id), tickets[mark.ticket_id]
        for step in policy.steps_at(mark.above, mark.share) if policy else ():
            before = (ticket.priority, ticket.queue_id)
            data = STEPS[step["do"]](ticket, step["to"], mark)
            events.append(announce.event(ticket, "escalated", do=step["do"], policy=str(policy), **data))
            if before != (ticket.priority, ticket.queue_id):
                changed[ticket.pk] = ticket
    announce.history(*events)
    return bool(events), list(changed.values())


def _notify(ticket: Ticket, to: int | None, mark: Mark) -> dict[str, Any]:
    """The one named; else whoever holds the ticket, and the supervisors."""
    people = {to} if to else {ticket.assignee_id, *_supervisors()}
    told = [("notify", {"ticket": ticket.pk, "metric": mark.metric, "share": mark.share})]
    for user in sorted(person for person in people if person):
        live.publish(told, to=user)
    return {"to": to}


def _supervisors() -> list[int]:
    members = Membership.objects.filter(workspace_id=current_workspace(), role=Role.SUPERVISOR, user__is_active=True)
    return list(members.values_list("user_id", flat=True))


def _reassign(ticket: Ticket, to: int | None, mark: Mark) -> dict[str, Any]:
    """To the one named, if they still work here; else to another who is there."""
    before = ticket.assignee_id
    members = Membership.objects.filter(workspace_id=current_workspace(), user_id=to or 0, user__is_active=True)
    if to and members.exists():
        ticket.assignee_id = to
    else:
        others = [user for user in routing.present() if user != before]
        held = routing.loads()
        ticket.assignee_id = min(others, key=lambda user: held.get(user, 0), default=before)
    return {"to": ticket.assignee_id, "before": before}


def _raise(ticket: Ticket, to: int | None, mark: Mark) -> dict[str, Any]:
    before, ticket.priority = ticket.priority, min(ticket.priority + 1, Priority.URGENT)
    return {"priority": ticket.priority, "before": before}


def _move(ticket: Ticket, to: int | None, mark: Mark) -> dict[str, Any]:
    before = ticket.queue_id
    if to is None or Queue.objects.filter(pk=to).exists():
        ticket.queue_id = to
    return {"queue": ticket.queue_id, "before": before}


STEPS = {"notify": _notify, "reassign": _reassign, "raise": _raise, "move": _move}
