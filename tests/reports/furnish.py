"""Weeks of work as a company would have behind it, the same each time: waits of all lengths, days and nights."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from connectors.models import ChannelAccount
from inbox.models import Contact, Event, Identity, Message, Stale, Ticket
from inbox.reports import rollup
from sla.models import Metric, Outcome, Timer
from socialcare.models import User

TARGET = timedelta(minutes=5)
NAMES = ["Amélie Petit", "=cmd()", "Jonas Weber", "Zoë O’Hara", "Fatou Diop", "Léo Martin"]


def weeks(accounts: Sequence[ChannelAccount], agents: Sequence[User], until: datetime, days: int, tickets: int) -> None:
    """So many tickets in the days before `until`; what is not answered yet when they end still waits."""
    chance = random.Random(6)
    for _ in range(tickets):
        _ticket(chance, chance.choice(list(accounts)), list(agents), until, days)
    Stale.objects.create()
    rollup.catch_up()


def _moment(chance: random.Random, until: datetime, days: int) -> datetime:
    """Mostly by day, more so on Mondays."""
    while True:
        at = until - timedelta(seconds=chance.randrange(days * 86_400))
        weight = 0.12 + 0.88 * max(0, math.sin((at.hour - 6) / 15 * math.pi)) if 6 <= at.hour < 21 else 0.12
        if chance.random() < weight * (1, 0.85, 0.8, 0.8, 0.75, 0.4, 0.3)[at.weekday()]:
            return at.replace(microsecond=chance.randrange(10**6))


def _ticket(chance: random.Random, account: ChannelAccount, agents: list[User], until: datetime,
            days: int) -> None:  # fmt: skip
    contact = Contact.objects.create(name=chance.choice(NAMES))
    start, agent = _moment(chance, until, days), chance.choice([*agents, None])
    them = {"contact": contact, "account": account}
    identity = Identity.objects.create(**them, external_id=f"u{contact.pk}", name=contact.name)
    ticket = Ticket.objects.create(
        account=account, contact=contact, identity=identity, thread_id=f"t{contact.pk}", kind="direct", last_at=start,
        created_at=start, assignee=agent, preview="Where is my order?", seq=1, customer_seq=1,
    )  # fmt: skip
    Event.objects.create(ticket=ticket, verb="opened", at=start)
    at, seq = start, 0
    for turn in range(chance.randrange(1, 4)):
        night = 3 if 6 <= at.hour < 21 else 12
        took = timedelta(seconds=math.exp(chance.gauss(5.1, 1.0)) * (1 if turn else 1.2) * night / 3)
        seq = _wait(chance, ticket, agent, at, took, until, turn, seq)
        if at + took >= until:
            return
        at += took + timedelta(seconds=chance.randrange(60, 4000))
    if at < until and chance.random() < 0.9:
        Event.objects.create(ticket=ticket, verb="resolved", at=at, actor=agent)
        if chance.random() < 0.08 and at + timedelta(hours=1) < until:
            Event.objects.create(ticket=ticket, verb="reopened_by_customer", at=at + timedelta(hours=1))
        else:
            Ticket.objects.filter(pk=ticket.pk).update(status=Ticket.Status.RESOLVED, resolved_at=at)


def _wait(chance: random.Random, ticket: Ticket, agent: User | None, at: datetime, took: timedelta,
          until: datetime, turn: int, seq: int) -> int:  # fmt: skip
    said = {"ticket": ticket, "account": ticket.account, "kind": "direct"}
    Message.objects.create(**said, seq=seq + 1, origin="customer", state="received", text="Where is it?", at=at)
    answered, due = at + took < until, at + TARGET
    if answered:
        origin = "agent" if agent else "outside"
        Message.objects.create(
            **said, seq=seq + 2, origin=origin, state="sent", text="Here.", agent=agent, at=at + took
        )
        if not turn:
            Ticket.objects.filter(pk=ticket.pk).update(first_answered_at=at + took)
    Timer.objects.create(
        ticket_id=ticket.pk, account_id=ticket.account_id, started_at=at, noticed_at=at, due_at=due,
        metric=Metric.NEXT_RESPONSE if turn else Metric.FIRST_RESPONSE,
        stopped_at=at + took if answered else None, outcome=Outcome.ANSWERED if answered else "",
        breached_at=due if due < (at + took if answered else until) else None,
    )  # fmt: skip
    return seq + 2


NOW = datetime(2026, 11, 25, 15, 20, tzinfo=UTC)
