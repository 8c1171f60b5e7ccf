"""The figures of a range of time, worked out slowly from the rows in Python: another way than the product's."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from inbox.models import Event, Message, Ticket
from sla.models import Outcome, Timer

Key = tuple[str, int, str]
TURNS = ("resolved", "reopened", "reopened_by_customer")


class Sum:
    def __init__(self) -> None:
        self.number = self.kept = 0
        self.took: list[timedelta] = []

    def __repr__(self) -> str:
        return f"<{self.number} {self.kept} {self.took}>"


def figures(since: datetime, until: datetime) -> dict[Key, Sum]:
    """By (dimension, key, figure)."""
    found: dict[Key, Sum] = defaultdict(Sum)
    for at, ticket, agent, figure, number, kept, took in facts():
        if not since <= at < until:
            continue
        places = [("all", 0), ("account", ticket.account_id), ("agent", agent or 0)]
        places += [("queue", ticket.queue_id)] if ticket.queue_id else []
        for place in (*places, *(("tag", tag) for tag in ticket.tag_ids)):
            one = found[(*place, figure)]
            one.number += number
            one.kept += kept
            one.took += [took] if took is not None else []
    return found


def facts():
    tickets = {ticket.pk: ticket for ticket in Ticket.objects.all()}
    messages = list(Message.objects.order_by("id"))
    for message in messages:
        ticket = tickets[message.ticket_id]
        if message.origin == "customer":
            if not message.standby:
                yield message.at, ticket, ticket.assignee_id, "received", 1, 0, None
        elif message.state == "sent" and not message.automatic:
            yield message.at, ticket, message.agent_id, "sent", 1, 0, None
    yield from _history(tickets, messages)
    for timer in Timer.objects.all():
        ticket = tickets[timer.ticket_id]
        if timer.metric == "resolution":
            if timer.stopped_at or timer.breached_at:
                yield timer.started_at, ticket, ticket.assignee_id, "resolution", 1, int(not timer.breached_at), None
            continue
        answered = timer.outcome == Outcome.ANSWERED
        if not answered and timer.breached_at is None:
            continue
        agent = ticket.assignee_id
        if answered:
            said = [each for each in messages if each.ticket_id == ticket.pk and each.at == timer.stopped_at]
            by = [each for each in said if each.state == "sent" and not each.automatic]
            agent = (by[0].agent_id if by else None) or agent
        kept = answered and timer.stopped_at <= timer.due_at
        took = timer.stopped_at - timer.started_at if answered else None
        yield timer.started_at, ticket, agent, timer.metric, 1, int(kept), took


def _history(tickets, messages):
    last: dict[int, Event] = {}
    for event in Event.objects.order_by("at", "id"):
        ticket = tickets[event.ticket_id]
        before = last.get(ticket.pk)
        if event.verb in ("opened", "follow_up"):
            yield event.at, ticket, ticket.assignee_id, "opened", 1, 0, None
        elif event.verb == "resolved":
            who = event.actor_id or ticket.assignee_id
            first = min(message.at for message in messages if message.ticket_id == ticket.pk)
            yield event.at, ticket, who, "resolved", 1, 0, None
            yield event.at, ticket, who, "resolution", 0, 0, max(event.at - first, timedelta())
        elif event.verb in TURNS and before and before.verb == "resolved":
            yield event.at, ticket, before.actor_id or ticket.assignee_id, "reopened", 1, 0, None
        if event.verb in TURNS:
            last[ticket.pk] = event


def percentile(values: list[float], share: float) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
