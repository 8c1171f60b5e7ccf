"""Compares what Socialcare holds with what is true. Every method says what is wrong, one sentence each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from connectors.deliveries import ATTEMPTS
from connectors.models import Delivery, Oddity
from faults.agents import Reply
from faults.annoying import ODD
from faults.story import Truth
from inbox import reading
from inbox.actions.clocks import history_of
from inbox.models import Early, Event, Message, Outgoing, Ticket
from sla import engine
from sla.models import Policy, Timer
from socialcare.tenancy import workspace

State, Origin = Message.State, Message.Origin
# A promise that ran out this recently may still be waiting to be noticed.
NOTICED_WITHIN = timedelta(seconds=2)
READ = 40
BEGINNINGS, TURNS = ("opened", "follow_up"), ("resolved", "reopened", "reopened_by_customer")


class Checker:
    """`truth`: customers' messages by external id. `replies` of agents, and those `received` there, by token.

    `poisons`: the fingerprints of deliveries that nobody can understand.
    """

    def __init__(
        self,
        workspace_id: int,
        truth: Mapping[str, Truth],
        replies: Mapping[str, Reply],
        received: Mapping[str, Sequence[str]],
        poisons: Sequence[bytes] = (),
    ) -> None:
        self._workspace_id = workspace_id
        self._truth, self._replies, self._received = truth, replies, received
        self._poisons = poisons
        self.figures: dict[str, Any] = {}

    def violations(self) -> dict[str, list[str]]:
        """What is wrong, by the name of the check; each check is there, with an empty list where all is well."""
        checks = {
            "lost": self._lost,
            "doubled": self._doubled,
            "words": self._words,
            "one ticket per person and thread": self._tickets,
            "order": self._order,
            "clocks": self._clocks,
            "replies": self._replied,
            "history": self._history,
            "poison": self._poisoned,
            "left over": self._left_over,
        }
        with workspace(self._workspace_id):
            self._messages = list(Message.objects.select_related("ticket__identity", "account").order_by("id"))
            self._theirs = [
                message
                for message in self._messages
                if message.origin == Origin.CUSTOMER and not message.ticket.identity.external_id.startswith(ODD)
            ]
            self.figures["messages"] = len(self._theirs)
            self.figures["tickets"] = Ticket.objects.count()
            return {name: list(check()) for name, check in checks.items()}

    def _lost(self) -> Iterator[str]:
        there = {message.external_id for message in self._theirs}
        for external_id in self._truth.keys() - there:
            yield f"{external_id} was accepted and is not there"

    def _doubled(self) -> Iterator[str]:
        for external_id, number in Counter(message.external_id for message in self._theirs).items():
            if number > 1:
                yield f"{external_id} is there {number} times"
            if external_id not in self._truth:
                yield f"{external_id} was never written"

    def _words(self) -> Iterator[str]:
        for message in self._theirs:
            truth = self._truth.get(message.external_id or "")
            if truth is None:
                continue
            if message.text != truth.text:
                yield f"{truth.external_id} says {message.text!r} and not {truth.text!r}"
            if (message.removed_at is not None) != truth.removed:
                yield f"{truth.external_id}: removed is {message.removed_at is not None}"
            if truth.removed and (message.revisions or message.attachments):
                yield f"{truth.external_id} was removed and keeps earlier words"
            place = (message.account.channel, message.ticket.identity.external_id, message.ticket.thread_id)
            if place != (truth.channel, truth.person, truth.thread):
                yield f"{truth.external_id} is on the ticket of {place}"

    def _tickets(self) -> Iterator[str]:
        tickets = Ticket.objects.exclude(identity__external_id__startswith=ODD)
        held = Counter(tickets.values_list("account__channel", "identity__external_id", "thread_id"))
        true = {(truth.channel, truth.person, truth.thread) for truth in self._truth.values()}
        for place, number in held.items():
            if number > 1 or place not in true:
                yield f"{place} has {number} tickets" if place in true else f"{place} has a ticket for nothing"
        for place in true - held.keys():
            yield f"{place} has no ticket"

    def _order(self) -> Iterator[str]:
        """By the platform's time, as kept, as counted and as the API shows it."""
        said: defaultdict[int, list[Message]] = defaultdict(list)
        for message in self._messages:
            said[message.ticket_id].append(message)
            truth = self._truth.get(message.external_id or "")
            if truth and message.at != truth.at:
                yield f"{truth.external_id} was written at {truth.at} and stands at {message.at}"
        for ticket in Ticket.objects.all():
            seqs = sorted(message.seq for message in said[ticket.pk])
            if seqs != list(range(1, ticket.seq + 1)):
                yield f"ticket {ticket.pk} counts {seqs} up to {ticket.seq}"
            last = max(message.at for message in said[ticket.pk] if message.origin == Origin.CUSTOMER)
            if ticket.last_customer_at != last:
                yield f"ticket {ticket.pk}: the customer's last words are of {last}, not {ticket.last_customer_at}"
        for ticket_id in sorted(said, key=lambda pk: -len(said[pk]))[:READ]:
            shown = list(_shown(ticket_id))
            right = [one.pk for one in sorted(said[ticket_id], key=lambda one: (one.at, one.pk))]
            if shown != right:
                place = next((n for n, (a, b) in enumerate(zip(shown, right, strict=False)) if a != b), len(right))
                yield f"ticket {ticket_id}: {len(shown)} messages are shown of {len(right)}, wrong from {place} on"

    def _clocks(self) -> Iterator[str]:
        """What runs, stopped or ran out, against the same worked out from the messages alone."""
        policy = Policy.objects.get()
        timers: defaultdict[int, list[Timer]] = defaultdict(list)
        # Reading them takes seconds, in which others run out.
        now = timezone.now()
        for timer in Timer.objects.order_by("started_at", "id"):
            timers[timer.ticket_id].append(timer)
        for ticket in Ticket.objects.order_by("id"):
            noted = [
                (timer.started_at, timer.metric, timer.stopped_at, timer.outcome, timer.due_at)
                for timer in timers[ticket.pk]
            ]
            told = [
                (wait.started_at, wait.metric, wait.stopped_at, wait.outcome or "", wait.started_at + target)
                for wait in engine.waits(history_of(ticket.pk))
                if (target := policy.target(wait.metric))
            ]
            found, right = sorted(noted, key=_by_start), sorted(told, key=_by_start)
            if found != right:
                yield f"ticket {ticket.pk}: the clocks are {_told(found)} and not {_told(right)}"
            yield from self._breaches(timers[ticket.pk], now)
            running = [timer.due_at for timer in timers[ticket.pk] if timer.stopped_at is None and timer.due_at]
            due = min(running, default=None) if ticket.status == Ticket.Status.OPEN else None
            if ticket.due_at != due:
                yield f"ticket {ticket.pk} is shown as due at {ticket.due_at}, its clock runs until {due}"
        self.figures["clocks"] = sum(map(len, timers.values()))
        self.figures["breaches"] = sum(1 for found in timers.values() for timer in found if timer.breached_at)

    def _breaches(self, timers: Sequence[Timer], now: datetime) -> Iterator[str]:
        for timer in timers:
            if timer.due_at is None:
                yield f"ticket {timer.ticket_id} has a clock that never runs out"
                continue
            late = (timer.stopped_at or now) > timer.due_at
            if late == (timer.breached_at is not None) or now - timer.due_at < NOTICED_WITHIN:
                continue
            yield f"ticket {timer.ticket_id}: the breach of {timer.due_at} is noted as {timer.breached_at}"

    def _history(self) -> Iterator[str]:
        """What a ticket's events tell against what it is: begun once, and done if that was its last turn."""
        begun: Counter[int] = Counter()
        last: dict[int, str] = {}
        for ticket_id, verb in Event.objects.order_by("at", "id").values_list("ticket_id", "verb"):
            begun[ticket_id] += verb in BEGINNINGS
            if verb in TURNS:
                last[ticket_id] = verb
        for pk, status in Ticket.objects.values_list("id", "status"):
            if begun[pk] != 1:
                yield f"ticket {pk} was begun {begun[pk]} times"
            if (status == Ticket.Status.RESOLVED) != (last.get(pk) == "resolved"):
                yield f"ticket {pk} is {status} and was last {last.get(pk, 'neither resolved nor reopened')}"

    def _poisoned(self) -> Iterator[str]:
        """Deliveries that make no sense are done with or set aside, after a few tries."""
        names = self._poisons
        rows = Delivery.objects.filter(fingerprint__in=names).values_list("id", "state", "attempts")
        for pk, state, attempts in rows:
            if state == Delivery.State.WAITING or attempts > ATTEMPTS:
                yield f"poison {pk} is {state} after {attempts} tries"
        if len(rows) != len(set(names)):
            yield f"of {len(set(names))} poisons {len(rows)} were kept"

    def odd_times(self, workspace_id: int, external_ids: Sequence[str]) -> Iterator[str]:
        """Words whose time cannot be are there once, not in the future, with clocks that run forwards."""
        with workspace(workspace_id):
            said = Message.objects.filter(external_id__in=external_ids)
            for external_id, number in Counter(said.values_list("external_id", flat=True)).items():
                if number != 1:
                    yield f"{external_id} is there {number} times"
            for external_id in set(external_ids) - set(said.values_list("external_id", flat=True)):
                yield f"{external_id} is not there"
            for message in said:
                if message.at > message.received_at:
                    yield f"{message.external_id} stands in the future"
            for timer in Timer.objects.filter(ticket_id__in=said.values("ticket_id")):
                if (
                    timer.due_at is None
                    or timer.due_at <= timer.started_at
                    or timer.breached_at not in (None, timer.due_at)
                ):
                    yield f"the clock of ticket {timer.ticket_id} runs from {timer.started_at} to {timer.due_at}"

    def _replied(self) -> Iterator[str]:
        """Published at most once each; what we call sent is out, what we call failed is not."""
        ours = {str(message.token): message for message in self._messages if message.origin == Origin.AGENT}
        self.figures["replies"] = self._states(ours)
        for token, ids in self._received.items():
            if len(ids) > 1:
                yield f"the answer {token} was published {len(ids)} times"
            if token not in ours:
                yield f"the answer {token} was published and is not known"
        for token, reply in self._replies.items():
            message, ids = ours.get(token), self._received.get(token, ())
            if reply.message and (message is None or message.pk != reply.message):
                yield f"the answer {token} was taken and is not there"
            elif message:
                yield from self._outcome(token, message, ids)
        for message in self._messages:
            if message.origin == Origin.OUTSIDE:
                yield f"our own answer {message.external_id} is taken for somebody else's ({message.text!r})"

    def _states(self, ours: Mapping[str, Message]) -> dict[str, int]:
        """How many answers are in each state; of those of unknown outcome, how many are out."""
        out = {token for token, message in ours.items() if message.state == State.UNKNOWN and self._received.get(token)}
        names = (f"{message.state} but out" if token in out else message.state for token, message in ours.items())
        return dict(Counter(map(str, names)))

    def _outcome(self, token: str, message: Message, ids: Sequence[str]) -> Iterator[str]:
        if message.state == State.SENT and list(ids) != [message.external_id]:
            yield f"the answer {token} is called sent as {message.external_id}, published were {list(ids)}"
        if message.state == State.FAILED and ids:
            yield f"the answer {token} is called failed ({message.failure}) and was published"
        if message.state not in (State.SENT, State.FAILED, State.UNKNOWN):
            yield f"the answer {token} is still {message.state}"

    def _left_over(self) -> Iterator[str]:
        meant = Delivery.objects.exclude(fingerprint__in=self._poisons)
        for state, number in Counter(meant.values_list("state", flat=True)).items():
            if state != Delivery.State.DONE:
                yield f"{number} deliveries are {state}"
        for oddity in Oddity.objects.exclude(delivery__fingerprint__in=self._poisons):
            yield f"not understood: {oddity} ({oddity.reason})"
        for name, number in (("answers", Outgoing.objects.count()), ("early news", Early.objects.count())):
            if number:
                yield f"{number} {name} still wait"


def _shown(ticket_id: int) -> Sequence[int]:
    """The messages of a thread as a browser gets them, page by page from the newest on."""
    shown: list[int] = []
    page = reading.entries(ticket_id, limit=200)
    while True:
        shown[:0] = [one["id"] for one in page["items"] if one["type"] == "message"]
        if not page["before"]:
            return shown
        page = reading.entries(ticket_id, before=page["before"], limit=200)


def _by_start(clock: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of two that began together one may still run."""
    started_at, metric, stopped_at, outcome, _ = clock
    return started_at, metric, stopped_at is None, stopped_at or started_at, outcome


def _told(clocks: Sequence[tuple[Any, ...]]) -> str:
    return "; ".join(f"{metric} {start:%T.%f}–{stop:%T.%f} {how}" if stop else f"{metric} {start:%T.%f}–"
                     for start, metric, stop, how, _ in clocks) or "none"  # fmt: skip
