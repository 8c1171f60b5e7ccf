"""Promises and the clock that watches them: each broken one is noted once, and none that was kept."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from inbox import watch
from inbox.actions import work
from inbox.models import Event, Ticket
from sla import engine
from sla.models import Metric, Policy, Timer
from socialcare.valkey import valkey
from tests import meta
from tests.conftest import take_in
from tests.fuzz import oracle
from tests.fuzz.effort import effort

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE = ("41", "42", "43")
tried = Counter()
people = st.sampled_from(PEOPLE)
targets = st.sampled_from([None, 1, 60, 300, 301])


class Promises(RuleBasedStateMachine):
    account: Any
    agent: Any

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.clock = self.open.enter_context(time_machine.travel(START, tick=False))
        self.open.enter_context(transaction.atomic())
        self.open.callback(transaction.set_rollback, True)
        valkey().flushdb()
        self.numbers = 0
        self.announced: Counter[tuple[int, str, datetime]] = Counter()

    def teardown(self) -> None:
        self.open.close()

    @initialize(first=targets, following=targets, messenger=targets)
    def promise(self, first: int | None, following: int | None, messenger: int | None) -> None:
        """Seconds; None for no promise. One for Messenger alone goes before one for all channels."""
        Policy.objects.all().delete()
        self.targets: dict[str, timedelta | None] = {}
        wanted = {Metric.FIRST_RESPONSE: (messenger, first), Metric.NEXT_RESPONSE: (None, following)}
        for metric, (own, general) in wanted.items():
            for position, (seconds, channel) in enumerate([(own, "messenger"), (general, "")]):
                if seconds is not None:
                    target = timedelta(seconds=seconds)
                    Policy.objects.create(metric=metric, target=target, channel=channel, position=position)
            seconds = own if own is not None else general
            self.targets[metric] = None if seconds is None else timedelta(seconds=seconds)

    @rule(who=people, ago=st.sampled_from([0, 1, 59, 60, 61, 300, 302, 4000]))
    def customer_writes(self, who: str, ago: int) -> None:
        self.numbers += 1
        at = timezone.now() - timedelta(seconds=ago)
        take_in(self.account, meta.direct(who=who, mid=f"m_{self.numbers}", at=at))

    @rule(who=people, ago=st.sampled_from([0, 1, 59, 60, 61, 300, 302, 4000]))
    def is_answered_elsewhere(self, who: str, ago: int) -> None:
        """We hear of it late, at times after we noted a breach."""
        if Ticket.objects.filter(thread_id=who).exists():
            self.numbers += 1
            at = timezone.now() - timedelta(seconds=ago)
            take_in(self.account, meta.echo("Done", to=who, mid=f"m_{self.numbers}", app_id=5, at=at))

    @rule(who=people, what=st.sampled_from(["resolve", "reopen"]))
    def agent_works(self, who: str, what: str) -> None:
        if ticket := Ticket.objects.filter(thread_id=who).order_by("-id").first():
            (work.resolve if what == "resolve" else work.reopen)(ticket.pk, self.agent)

    @rule(milliseconds=st.sampled_from([1, 999, 1000, 59_000, 60_000, 240_000, 300_000]))
    def time_passes(self, milliseconds: int) -> None:
        self.clock.shift(timedelta(milliseconds=milliseconds))

    @rule()
    def time_passes_until_something_is_due(self) -> None:
        if (due := engine.next_due()) and due > timezone.now():
            self.clock.move_to(due)
            assert watch.breach() == Timer.objects.filter(breach_noticed_at=timezone.now()).count() > 0

    @rule(times=st.integers(1, 2))
    def the_clock_looks(self, times: int) -> None:
        late = set(Timer.objects.filter(stopped_at=None, breached_at=None, due_at__lte=timezone.now())
                   .values_list("ticket_id", flat=True))  # fmt: skip
        before = Counter(Event.objects.filter(verb="breached").values_list("ticket_id", flat=True))
        assert watch.breach() == len(late)
        if times == 2:
            assert watch.breach() == 0
        after = Counter(Event.objects.filter(verb="breached").values_list("ticket_id", flat=True))
        assert after - before == Counter(late)

    @invariant()
    def promises_are_kept_account_of(self) -> None:
        tried["steps"] += 1
        for ticket in Ticket.objects.all():
            said = [one for one in oracle.expected(ticket.pk) if self.targets[one.metric] is not None]
            assert oracle.kept(ticket.pk) == said
            for timer in Timer.objects.filter(ticket_id=ticket.pk):
                oracle.check_promise(timer, self.targets[timer.metric], timezone.now())

    @invariant()
    def the_next_moment_is_right(self) -> None:
        running = Timer.objects.filter(stopped_at=None, breached_at=None)
        assert engine.next_due() == min((timer.due_at for timer in running), default=None)


def test_the_clock(messenger, alice, record_property):
    Promises.account, Promises.agent = messenger, alice.user
    run_state_machine_as_test(Promises, settings=effort(10, 1500, steps=30))
    record_property("steps", tried["steps"])
