"""What the tests of the dashboard and the walls look at: a company in the middle of its day."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from connectors.models import ChannelAccount
from inbox import watch
from inbox.actions import presence, work
from inbox.models import Contact, Identity, Queue, Ticket
from sla.models import Metric, Timer
from socialcare.models import Membership, Workspace
from tests import meta
from tests.conftest import take_in

_customers = itertools.count(1)
FIRST = Metric.FIRST_RESPONSE


@dataclass
class Story:
    """Tickets by the name of who wrote."""

    tickets: dict[str, Ticket]


def at_noon() -> str:
    """A zone where it is about noon, so that today is not over in the middle of a test."""
    hours = timezone.now().hour - 12
    return f"Etc/GMT{hours:+d}" if hours else "UTC"


def ago(**length: float) -> datetime:
    return timezone.now() - timedelta(**length)


def ask(account: ChannelAccount, name: str, at: datetime) -> None:
    if account.channel == "messenger":
        take_in(account, meta.direct(f"Words of {name}", who=f"of-{name}", at=at))
    else:
        take_in(account, meta.comment(f"Words of {name}", who=f"of-{name}", name=name, at=at))


def told(alice: Membership, bob: Membership, facebook: ChannelAccount, messenger: ChannelAccount) -> Story:
    """On Messenger five were answered, one of them late and two of them since; on Facebook nine wait, from late to
    well in time; one of those has no clock and one has much time.
    """
    Workspace.objects.update(time_zone=at_noon())
    for number, (asked, answered) in enumerate(((50, 48), (40, 30), (30, 28), (20, 19), (10, 9)), 1):
        ask(messenger, f"Done {number}", ago(minutes=asked))
        take_in(messenger, meta.echo("Gladly", to=f"of-Done {number}", mid=f"echo-{number}", at=ago(minutes=answered)))
    ask(messenger, "Direct", ago(seconds=40))
    presence.here(alice)
    for name, seconds in (("Late", 700), ("Later", 400), ("One", 250), ("Two", 200), ("Three", 150), ("Four", 90)):
        ask(facebook, name, ago(seconds=seconds))
    ask(facebook, "Five", ago(seconds=1))
    ask(facebook, "Much", ago(seconds=2))
    ask(facebook, "Clockless", ago(seconds=3))
    watch.breach()
    # The platform answered in the minute that still runs.
    ask(messenger, "Quick", ago(seconds=0))
    take_in(messenger, meta.echo("At once", to="of-Quick", mid="echo-quick"))
    named = {ticket.preview.removeprefix("Words of "): ticket for ticket in Ticket.objects.all()}
    later = timezone.now() + timedelta(minutes=30)
    for moved, due in ((named["Much"], later), (named["Clockless"], None)):
        Ticket.objects.filter(pk=moved.pk).update(due_at=due)
        timers = Timer.objects.filter(ticket_id=moved.pk)
        timers.update(due_at=due) if due else timers.delete()
    queue = Queue.objects.create(name="Deliveries")
    Queue.objects.create(name="Nothing here")
    Ticket.objects.filter(pk__in=[named[name].pk for name in ("Late", "One", "Direct")]).update(queue=queue)
    work.assign(named["Two"].pk, bob.user, None)
    return Story(named)


QUEUES = (
    "Deliveries",
    "Refunds and complaints",
    "Réclamations et remboursements Europe",
    "Press",
    "VIP",
    "Shops",
    "Returns",
)


def crowd(accounts: Sequence[ChannelAccount], agents: Sequence[Membership], number: int) -> None:
    """So many tickets of the last forty minutes on every account, in seven queues and in none; every third answered."""
    now = timezone.now()
    queues = [*Queue.objects.bulk_create(Queue(name=name) for name in QUEUES), None]
    contacts = Contact.objects.bulk_create(Contact(name=f"Customer {place}") for place in range(number))
    identities = Identity.objects.bulk_create(
        Identity(
            contact=contact, account=accounts[place % len(accounts)], external_id=f"crowd-{place}", name=contact.name
        )
        for place, contact in enumerate(contacts)
    )
    tickets, timers = [], []
    for place, identity in enumerate(identities):
        began, answered = now - timedelta(seconds=2400 * place / number), place % 3 == 0
        due = began + timedelta(minutes=5)
        where = {"account": identity.account, "queue": queues[place % len(queues)], "kind": "direct"}
        state = {"status": "pending"} if answered else {"due_at": due, "metric": FIRST, "breached": due < now}
        tickets.append(
            Ticket(**where, **state, contact=identity.contact, identity=identity, thread_id=f"crowd-{place}",
                   preview="Where is my parcel?", last_at=began, assignee=agents[place % len(agents)].user)
        )  # fmt: skip
        ended: dict[str, Any] = (
            {"stopped_at": began + timedelta(seconds=place % 500), "outcome": "answered"} if answered else {}
        )
        timers.append(
            Timer(account_id=identity.account_id, metric=FIRST, started_at=began, noticed_at=began, due_at=due,
                  breached_at=due if due < ended.get("stopped_at", now) else None, **ended)
        )  # fmt: skip
    for timer, ticket in zip(timers, Ticket.objects.bulk_create(tickets), strict=True):
        timer.ticket_id = ticket.pk
    Timer.objects.bulk_create(timers)


def happen(waiting: deque[str], number: int) -> None:
    """So many things at once: customers ask on Messenger, and the oldest of those who wait are answered elsewhere."""
    messenger = ChannelAccount.objects.get(channel="messenger")
    payloads = []
    for place in range(number):
        if place % 2 and waiting:
            who = waiting.popleft()
            payloads.append(meta.echo("Gladly", to=who, mid=f"echo-{who}"))
        else:
            who = f"soak-{next(_customers)}"
            waiting.append(who)
            payloads.append(meta.direct("Hello?", who=who))
    take_in(messenger, *payloads)
