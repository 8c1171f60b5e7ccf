"""The life of tickets: customers, agents, a platform that tells late, twice and out of order, and time that passes."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from connectors.models import Delivery
from inbox import outbox, watch
from inbox.actions import clocks, outcomes, replies, work
from inbox.actions.refusals import NewerMessages, NotAllowed, TooLate
from inbox.models import Event, Message, Note, Outgoing, Ticket
from sla import engine
from sla.models import Timer
from tests import meta
from tests.conftest import take_in
from tests.fuzz import oracle
from tests.fuzz.effort import effort
from tests.fuzz.machine import Machine
from tests.fuzz.network import Network

START = Machine.START
TARGET = timedelta(minutes=5)
PEOPLE = ("31", "32")
CHANNELS = ("facebook", "messenger")
steps = Counter()
some = st.integers(0, 10**6)


@dataclass
class Word:
    """A customer's message as the platform has it."""

    channel: str
    who: str
    external_id: str
    text: str
    at: datetime
    edits: list[tuple[datetime, str]] = field(default_factory=list)
    removed: bool = False

    def payload(self, verb: str = "add", text: str = "", at: datetime | None = None) -> dict[str, Any]:
        at, text = at or self.at, text or self.text
        if self.channel == "facebook":
            said = None if verb == "remove" else text
            return meta.comment(who=self.who, name=f"N{self.who}", comment_id=self.external_id, verb=verb, at=at,
                                text=said, created_time=meta.seconds(self.at))  # fmt: skip
        if verb == "remove":
            return meta.direct(None, who=self.who, mid=self.external_id, at=at, is_deleted=True)
        if verb == "edited":
            edit = {"mid": self.external_id, "text": text, "num_edit": len(self.edits)}
            return meta.messaging({"message_edit": edit}, who=self.who, at=at)
        return meta.direct(text, who=self.who, mid=self.external_id, at=at)


class Life(Machine):
    """Payloads wait in `under_way` until the platform delivers them; `words` and `told` are what we must know then."""

    accounts: dict[str, Any]
    agent: Any
    graph: Any

    def __init__(self) -> None:
        super().__init__()
        self.network = Network()
        self.graph.answers = {"POST ": self.network.answer, "GET ": self.network.answer}
        self.words: list[Word] = []
        self.under_way: list[tuple[Any, dict[str, Any]]] = []
        self.told: dict[str, Word] = {}
        self.heard: dict[str, list[tuple[datetime, str]]] = {}
        self.gone: set[str] = set()
        self.delivered: list[tuple[str, dict[str, Any]]] = []
        self.written: dict[str, int] = {}

    # ------------------------------------------------------------ customers and their platform

    @rule(channel=st.sampled_from(CHANNELS), who=st.sampled_from(PEOPLE), ago=st.integers(0, 900), now=st.booleans())
    def customer_writes(self, channel: str, who: str, ago: int, now: bool) -> None:
        number = len(self.words) + 1
        external_id = f"700_1{number:03}" if channel == "facebook" else f"m_{number}"
        word = Word(channel, who, external_id, f"word {number}", timezone.now() - timedelta(seconds=ago))
        self.words.append(word)
        self._send((word, "add", ""), channel, word.payload(), now)

    @precondition(lambda self: self.words)
    @rule(which=some, now=st.booleans())
    def customer_edits(self, which: int, now: bool) -> None:
        word, at = self.words[which % len(self.words)], timezone.now()
        if word.removed or (word.edits and word.edits[-1][0] >= at.replace(microsecond=0)):
            return
        word.edits.append((at, f"{word.text} edit {len(word.edits)}"))
        self._send((word, "edited", word.edits[-1]), word.channel, word.payload("edited", word.edits[-1][1], at), now)

    @precondition(lambda self: self.words)
    @rule(which=some, now=st.booleans())
    def customer_removes(self, which: int, now: bool) -> None:
        word = self.words[which % len(self.words)]
        if not word.removed:
            word.removed = True
            self._send((word, "remove", ""), word.channel, word.payload("remove", at=timezone.now()), now)

    @precondition(lambda self: self.told)
    @rule(which=some, ago=st.integers(0, 600), now=st.booleans())
    def somebody_answers_with_another_tool(self, which: int, ago: int, now: bool) -> None:
        word = list(self.told.values())[which % len(self.told)]
        place = word.external_id if word.channel == "facebook" else word.who
        at = max(word.at, timezone.now() - timedelta(seconds=ago))
        external_id = self.network.publish(word.channel, place, f"outside {len(self.delivered)}", at, ours=False)
        published = self.network.published[-1]
        self._send((None, "outside", external_id), word.channel, published.echo(), now)

    @precondition(lambda self: self.network.published)
    @rule(which=some)
    def the_platform_echoes(self, which: int) -> None:
        published = self.network.published[which % len(self.network.published)]
        self._deliver((None, "echo", published.external_id), published.channel, published.echo())

    @precondition(lambda self: self.under_way)
    @rule(which=some)
    def the_platform_delivers(self, which: int) -> None:
        self._deliver(*self.under_way.pop(which % len(self.under_way)))

    @precondition(lambda self: self.delivered)
    @rule(which=some, number=some)
    def the_platform_delivers_again(self, which: int, number: int) -> None:
        channel, payload = self.delivered[which % len(self.delivered)]
        before = self._all()
        take_in(self.accounts[channel], {**payload, "again": number})
        assert self._all() == before

    def _send(self, news: Any, channel: str, payload: dict[str, Any], now: bool) -> None:
        if now:
            self._deliver(news, channel, payload)
        else:
            self.under_way.append((news, channel, payload))

    def _deliver(self, news: Any, channel: str, payload: dict[str, Any]) -> None:
        word, what, more = news
        take_in(self.accounts[channel], payload)
        assert not Delivery.objects.exclude(state="done").exists()
        self.delivered.append((channel, payload))
        if what == "add":
            self.told[word.external_id] = word
        elif what == "edited":
            self.heard.setdefault(word.external_id, []).append(more)
        elif what == "remove":
            self.gone.add(word.external_id)

    # ------------------------------------------------------------ the house

    def _ticket(self, which: int) -> Ticket | None:
        tickets = list(Ticket.objects.order_by("id"))
        return tickets[which % len(tickets)] if tickets else None

    @precondition(lambda self: self.told)
    @rule(which=some, mood=st.sampled_from(["ok", "ok", "refused", "unheard", "broken"]), at_once=st.booleans())
    def agent_answers(self, which: int, mood: str, at_once: bool) -> None:
        ticket, text = self._ticket(which), f"answer {len(self.written)}"
        token = uuid.UUID(int=len(self.written) + 1)
        try:
            replies.reply(ticket.pk, self.agent, text, private=False, token=token, last_seq=ticket.seq)
        except (NotAllowed, NewerMessages):
            return
        self.written[text] = 1
        if at_once:
            self.network.mood = mood
            outbox.send_waiting()

    @rule(mood=st.sampled_from(["ok", "refused", "unheard", "broken"]), look=st.booleans())
    def worker_sends(self, mood: str, look: bool) -> None:
        if look:
            Outgoing.objects.update(ready_at=timezone.now())
        self.network.mood = mood
        outbox.send_waiting()

    @precondition(lambda self: self.written)
    @rule(which=some)
    def worker_dies_while_sending(self, which: int) -> None:
        waiting = list(Outgoing.objects.filter(message__state="queued").order_by("id"))
        if waiting:
            outcomes.begin_sending(waiting[which % len(waiting)].message_id)

    @precondition(lambda self: self.written)
    @rule(which=some, what=st.sampled_from(["undo", "retry", "confirm"]))
    def agent_decides(self, which: int, what: str) -> None:
        ours = list(Message.objects.filter(origin="agent").order_by("id"))
        message = ours[which % len(ours)]
        try:
            if what == "undo":
                replies.undo(message.pk)
            elif what == "retry":
                replies.retry(message.pk, self.agent)
                self.written[message.text] += 1
            else:
                replies.confirm(message.pk, self.agent)
        except (TooLate, NotAllowed):
            pass

    @precondition(lambda self: self.told)
    @rule(which=some, what=st.sampled_from(["resolve", "reopen", "note"]))
    def agent_works(self, which: int, what: str) -> None:
        ticket = self._ticket(which)
        if what == "note":
            work.note(ticket.pk, self.agent, "Between us")
        elif what == "resolve":
            work.resolve(ticket.pk, self.agent)
        else:
            work.reopen(ticket.pk, self.agent)

    @rule(milliseconds=st.sampled_from([1, 400, 1000, 61_000, 299_000, 300_000, 1_000_000, 90_000_000]))
    def time_passes(self, milliseconds: int) -> None:
        self.clock.shift(timedelta(milliseconds=milliseconds))

    @rule()
    def the_clock_looks(self) -> None:
        watch.breach()
        assert not Timer.objects.filter(stopped_at=None, breached_at=None, due_at__lte=timezone.now()).exists()

    @rule(seed=some)
    def everything_is_taken_in_once_more(self, seed: int) -> None:
        before = self._all()
        Delivery.objects.update(state="waiting", attempts=0, lease_until=None)
        take_in(self.accounts["facebook"])
        assert self._all() == before

    # ------------------------------------------------------------ what always holds

    @invariant()
    def all_is_well(self) -> None:
        steps["steps"] += 1
        self.tickets_are_whole()
        self.clocks_are_right()
        self.every_word_is_there_once()
        self.every_answer_is_out_once()

    def tickets_are_whole(self) -> None:
        tickets = list(Ticket.objects.order_by("id"))
        open_ones = Counter(
            (one.account_id, one.identity_id, one.thread_id) for one in tickets if one.status != "resolved"
        )
        assert all(number == 1 for number in open_ones.values())
        running = {timer.ticket_id: timer for timer in Timer.objects.filter(stopped_at=None)}
        for ticket in tickets:
            seqs = [*Message.objects.filter(ticket=ticket).values_list("seq", flat=True)]
            seqs += Note.objects.filter(ticket=ticket).values_list("seq", flat=True)
            assert sorted(seqs) == list(range(1, ticket.seq + 1))
            timer = running.get(ticket.pk)
            clock = (timer.due_at, timer.metric, timer.breached_at is not None) if timer else (None, "", False)
            assert (ticket.due_at, ticket.metric, ticket.breached) == clock
            assert timer is None or ticket.status == "open"

    def clocks_are_right(self) -> None:
        for pk in Ticket.objects.values_list("id", flat=True):
            said = [oracle.told(wait) for wait in engine.waits(clocks.history_of(pk))]
            assert oracle.kept(pk) == oracle.in_order(oracle.expected(pk))
            assert said == oracle.expected(pk)
            for timer in Timer.objects.filter(ticket_id=pk):
                oracle.check_promise(timer, TARGET, timezone.now())

    def every_word_is_there_once(self) -> None:
        theirs = list(Message.objects.filter(origin="customer").select_related("ticket__identity"))
        assert sorted(message.external_id for message in theirs) == sorted(self.told)
        for message in theirs:
            word = self.told[message.external_id]
            edits = self.heard.get(message.external_id, [])
            text = "" if message.external_id in self.gone else max(edits, default=(None, word.text))[1]
            assert message.text == text
            assert abs(message.at - word.at) < timedelta(seconds=1)
            assert message.ticket.identity.external_id == word.who

    def every_answer_is_out_once(self) -> None:
        sent = Counter(self.network.posts)
        assert all(number <= self.written[text] for text, number in sent.items())
        ours = Message.objects.exclude(origin="customer").exclude(external_id=None)
        known = {published.external_id: published for published in self.network.published}
        for message in ours:
            published = known[message.external_id]
            assert message.text == published.text
            assert (message.origin == "agent") == published.ours or self.written.get(message.text, 0) > 1
            assert message.state == "sent"

    def _all(self) -> list[Any]:
        """All rows, but for what counts changes and for the keys of timers, which are written anew."""
        tickets = list(Ticket.objects.order_by("id").values())
        for ticket in tickets:
            del ticket["version"], ticket["updated_at"]
        timers = list(Timer.objects.order_by("started_at", "stopped_at").values())
        for timer in timers:
            del timer["id"]
        others = [list(model.objects.order_by("id").values()) for model in (Message, Event, Note)]
        return [tickets, timers, *others]


def test_ticket_life(facebook, messenger, alice, graph, record_property):
    Life.accounts = {"facebook": facebook, "messenger": messenger}
    Life.agent, Life.graph = alice.user, graph
    run_state_machine_as_test(Life, settings=effort(12, 1500, steps=30))
    record_property("steps", steps["steps"])
