"""What a policy wants done when its time runs short: tell somebody, give the ticket away, raise it, move it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from inbox import routing
from inbox.actions import announce, notifications
from inbox.models import Event, Notification, Priority, Queue, Ticket
from sla.engine import Mark, Promises
from sla.models import Policy
from socialcare.models import Membership, Role
from socialcare.tenancy import current_workspace

NEVER = datetime.max.replace(tzinfo=UTC)


def act(tickets: dict[int, Ticket], marks: Sequence[Mark], promises: Promises) -> tuple[bool, list[Ticket]]:
    """Do, in memory, what the policies of these clocks say at the marks they passed; each step is a line of history.

    The caller has locked the tickets and saves them. Returns whether there was anything to do,
    and those whose priority or queue has changed.
    """
    events: list[Event] = []
    told: list[Notification] = []
    changed: dict[int, Ticket] = {}
    house = House()
    for mark, policy, step in _due(marks, promises):
        ticket = tickets[mark.ticket_id]
        before = (ticket.priority, ticket.queue_id)
        data = STEPS[step["do"]](house, ticket, step["to"])
        about = {"do": step["do"], "policy": str(policy), "metric": mark.metric, "at": step["at"]}
        events.append(announce.event(ticket, "escalated", **about, **data))
        told += [
            Notification(user_id=user, ticket=ticket, policy=str(policy), metric=mark.metric, share=mark.share)
            for user in sorted([*data.get("told", ()), *data.get("supervisors", ())])
        ]
        if before != (ticket.priority, ticket.queue_id):
            changed[ticket.pk] = ticket
    announce.history(*events)
    notifications.send(told)
    return bool(events), list(changed.values())


def _due(marks: Sequence[Mark], promises: Promises) -> Iterator[tuple[Mark, Policy, dict[str, Any]]]:
    """The steps to do now, each once a ticket: for the clock due first, where several pass its mark together.

    Of those that tell the same people, only the furthest that passed is done.
    """
    done = set()
    for mark in sorted(marks, key=lambda mark: (mark.due_at or NEVER, mark.metric)):
        policy = promises.known(mark.policy_id)
        steps = policy.steps_at(mark.above, mark.share) if policy else []
        furthest = {step["to"]: step["at"] for step in steps if step["do"] == "notify"}
        for step in steps:
            if step["do"] == "notify" and step["at"] < furthest[step["to"]]:
                continue
            deed = (mark.ticket_id, mark.policy_id, step["at"], step["do"], step["to"])
            if policy and deed not in done:
                done.add(deed)
                yield mark, policy, step


class House:
    """Who works here, who is there and what they hold, asked once where a step needs it."""

    @cached_property
    def roles(self) -> dict[int, str]:
        members = Membership.objects.filter(workspace_id=current_workspace(), user__is_active=True)
        return dict(members.values_list("user_id", "role"))

    @cached_property
    def supervisors(self) -> list[int]:
        """Where there are none, the admins supervise."""
        by_role = {role: sorted(user for user, has in self.roles.items() if has == role) for role in Role}
        return by_role[Role.SUPERVISOR] or by_role[Role.ADMIN]

    @cached_property
    def present(self) -> list[int]:
        return routing.present()

    @cached_property
    def held(self) -> dict[int, int]:
        return routing.loads()

    def pass_on(self, before: int | None, after: int | None) -> None:
        """A ticket goes from one to another."""
        for user, more in ((before, -1), (after, 1)):
            if user is not None:
                self.held[user] = self.held.get(user, 0) + more

    @cached_property
    def queues(self) -> set[int]:
        return set(Queue.objects.values_list("id", flat=True))


def _notify(house: House, ticket: Ticket, to: int | None) -> dict[str, Any]:
    """The one named, if they still work here; else whoever holds the ticket, and the supervisors."""
    named = to in house.roles
    first = to if named else ticket.assignee_id
    told = [first] if first is not None and first in house.roles else []
    supervisors = [] if named else [user for user in house.supervisors if user != first]
    return {"told": told, "supervisors": supervisors}


def _reassign(house: House, ticket: Ticket, to: int | None) -> dict[str, Any]:
    """To the one named, if they still work here; else to another who is there, if anybody is."""
    before = ticket.assignee_id
    others = [user for user in house.present if user != before]
    after = to if to in house.roles else min(others, key=lambda user: house.held.get(user, 0), default=before)
    if after != before:
        house.pass_on(before, after)
    ticket.assignee_id = after
    return {"to": after, "before": before}


def _raise(house: House, ticket: Ticket, to: int | None) -> dict[str, Any]:
    before, ticket.priority = ticket.priority, min(ticket.priority + 1, Priority.URGENT)
    return {"priority": ticket.priority, "before": before}


def _move(house: House, ticket: Ticket, to: int | None) -> dict[str, Any]:
    before = ticket.queue_id
    if to is None or to in house.queues:
        ticket.queue_id = to
    return {"queue": ticket.queue_id, "before": before}


STEPS = {"notify": _notify, "reassign": _reassign, "raise": _raise, "move": _move}
