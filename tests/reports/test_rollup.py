"""Whatever happens, in whatever order we hear of it: the sums are what the rows say."""

from __future__ import annotations

import uuid
from bisect import bisect_left
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from connectors.contract import Sent
from inbox import watch
from inbox.actions import outcomes, replies, sorting, work
from inbox.actions.refusals import ActionRefused
from inbox.models import Dimension, Message, Queue, Stale, StaleHour, Tag, Tally, Ticket
from inbox.reports import figures, rollup
from inbox.reports.durations import BOUNDS
from inbox.reports.facts import WAITS, Figure
from inbox.reports.figures import Scope
from inbox.reports.periods import HOUR, floor, of_days
from sla.models import Policy
from tests import meta
from tests.conftest import take_in
from tests.fuzz.effort import effort
from tests.fuzz.machine import Machine
from tests.reports import oracle

START = datetime(2026, 3, 27, 22, 0, tzinfo=UTC)
some = st.integers(0, 10**6)


class Weeks(Machine):
    """Customers, agents and platforms over days; hours are added up at any moment, or much later."""

    START = START
    accounts: dict
    agents: list

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    def teardown(self) -> None:
        rollup.catch_up()
        self.the_sums_are_right()
        self.a_report_is_right()
        super().teardown()

    def ticket(self, which: int) -> Ticket:
        found = list(Ticket.objects.order_by("id"))
        return found[which % len(found)]

    @rule(channel=st.sampled_from(["facebook", "messenger"]), who=st.sampled_from("34"), ago=st.integers(0, 20_000))
    def a_customer_wrote(self, channel: str, who: str, ago: int) -> None:
        """We hear of it hours later, at times."""
        self.number += 1
        at = timezone.now() - timedelta(seconds=ago)
        if channel == "facebook":
            payload = meta.comment(f"word {self.number}", who=who, comment_id=f"700_{self.number}", at=at)
        else:
            payload = meta.direct(f"word {self.number}", who=who, mid=f"m_{self.number}", at=at)
        take_in(self.accounts[channel], payload)

    @precondition(lambda self: Message.objects.filter(kind="direct", origin="customer", removed_at=None).exists())
    @rule(which=some)
    def a_customer_takes_it_back(self, which: int) -> None:
        words = list(Message.objects.filter(kind="direct", origin="customer", removed_at=None).order_by("id"))
        said = words[which % len(words)]
        take_in(self.accounts["messenger"], meta.direct(None, who=said.ticket.thread_id, mid=said.external_id,
                                                        at=timezone.now(), is_deleted=True))  # fmt: skip

    @precondition(lambda self: Ticket.objects.filter(kind="direct").exists())
    @rule(which=some, ago=st.integers(0, 9000))
    def somebody_answered_with_another_tool(self, which: int, ago: int) -> None:
        self.number += 1
        found = list(Ticket.objects.filter(kind="direct").order_by("id"))
        at = timezone.now() - timedelta(seconds=ago)
        to = found[which % len(found)].thread_id
        take_in(self.accounts["messenger"], meta.echo(f"out {self.number}", to=to, mid=f"o_{self.number}", at=at))

    @precondition(lambda self: Ticket.objects.exists())
    @rule(which=some, who=st.integers(0, 1), slow=st.integers(0, 200))
    def an_agent_answers(self, which: int, who: int, slow: int) -> None:
        ticket, agent = self.ticket(which), self.agents[who]
        self.number += 1
        with suppress(ActionRefused):
            written = replies.reply(
                ticket.pk, agent, f"answer {self.number}", private=False, token=uuid.uuid4(), last_seq=ticket.seq
            )
            outcomes.begin_sending(written.pk)
            # Another tool of ours told of the same words, before we knew that they were ours.
            outcomes.sent(written.pk, Sent(f"o_{self.number}", timezone.now() + timedelta(seconds=slow)))

    @precondition(lambda self: Ticket.objects.exists())
    @rule(which=some, who=st.integers(0, 1), what=st.sampled_from(["resolve", "reopen", "assign", "let go"]))
    def an_agent_works(self, which: int, who: int, what: str) -> None:
        ticket, agent = self.ticket(which), self.agents[who]
        if what == "resolve":
            work.resolve(ticket.pk, agent)
        elif what == "reopen":
            work.reopen(ticket.pk, agent)
        else:
            work.assign(ticket.pk, agent, agent.pk if what == "assign" else None)

    @precondition(lambda self: Ticket.objects.exists())
    @rule(which=some, name=st.sampled_from("ab"), tagged=st.booleans())
    def an_agent_sorts(self, which: int, name: str, tagged: bool) -> None:
        ticket, agent = self.ticket(which), self.agents[0]
        if tagged:
            sorting.tag(ticket.pk, agent, [Tag.objects.get_or_create(name=name)[0].pk])
        else:
            sorting.move(ticket.pk, agent, Queue.objects.get_or_create(name=name)[0].pk)

    @rule(seconds=st.one_of(st.integers(1, 1200), st.integers(1, 100_000)))
    def time_passes(self, seconds: int) -> None:
        self.clock.shift(timedelta(seconds=seconds))
        watch.breach()

    @rule()
    def hours_are_added_up(self) -> None:
        rollup.catch_up()
        self.the_sums_are_right()

    def the_sums_are_right(self) -> None:
        over = floor("hour", timezone.now())
        assert not Stale.objects.exists()
        assert not StaleHour.objects.filter(at__lt=over).exists()
        said = {(each.span, each.at, each.dimension, each.key, each.figure): each for each in Tally.objects.all()}
        for span in ("hour", "day", "month"):
            starts = {at for of, at, *_ in said if of == span} | {
                floor(span, at) for at, *_ in oracle.facts() if at < over
            }
            for start in starts:
                until = min(floor(span, start + {"hour": HOUR, "day": 24 * HOUR, "month": 32 * 24 * HOUR}[span]), over)
                true = oracle.figures(start, until)
                mine = {key[2:]: each for key, each in said.items() if key[:2] == (span, start)}
                assert set(mine) == set(true), (span, start)
                for key, one in true.items():
                    self.one_is_right(mine[key], one)

    def one_is_right(self, said: Tally, true: oracle.Sum) -> None:
        histogram = Counter(bisect_left(BOUNDS, took.total_seconds()) for took in true.took)
        assert (said.number, said.kept, said.measured) == (true.number, true.kept, len(true.took))
        assert timedelta(microseconds=said.took) == sum(true.took, timedelta())
        assert dict(zip(said.buckets, said.counts, strict=True)) == histogram

    def a_report_is_right(self) -> None:
        """Of days in a zone that no hour of UTC fits, through a change of the clocks, up to this very moment."""
        for zone in ("Europe/Paris", "Asia/Kolkata"):
            last = timezone.now().astimezone(ZoneInfo(zone)).date()
            period = of_days(last - timedelta(days=3), last, ZoneInfo(zone))
            found = figures.report(period)
            true = oracle.figures(period.since, period.until)
            for dimension, keys in ({Dimension.ALL: {0: found.totals}} | found.parts).items():
                for key, said in keys.items():
                    self.figures_are_right(said, {name: true[dimension, key, name] for name in Figure})
            columns = sum(column.figures.received for column in found.columns)
            assert columns == found.totals.received == sum(cell.received for cell in found.heat.values())
            assert found.backlog == Ticket.objects.exclude(status=Ticket.Status.RESOLVED).count()

    def figures_are_right(self, said: figures.Figures, true: dict[Figure, oracle.Sum]) -> None:
        for name, one in true.items():
            if name not in WAITS:
                assert getattr(said, name) == one.number
                continue
            waits = getattr(said, name)
            assert (waits.decided, waits.kept, waits.measured) == (one.number, one.kept, len(one.took))
            for share in (0.5, 0.9, 0.95):
                exact = oracle.percentile([took.total_seconds() for took in one.took], share)
                assert waits.percentile(share) == (exact and pytest.approx(exact, abs=1e-6))
                waits.exact, kept = {}, waits.exact
                assert waits.percentile(share) == (exact if exact is None else pytest.approx(exact, rel=0.02, abs=1))
                waits.exact = kept


def test_the_sums_are_what_the_rows_say(facebook, messenger, alice, bob):
    Weeks.accounts = {"facebook": facebook, "messenger": messenger}
    Weeks.agents = [alice.user, bob.user]
    Policy.objects.update(resolution=timedelta(hours=2))
    run_state_machine_as_test(Weeks, settings=effort(15, 300, steps=40))


def test_the_backlog_of_a_past_day_is_what_it_was(messenger, alice):
    with time_machine.travel(START, tick=False) as clock:
        take_in(messenger, meta.direct(who="1", at=START), meta.direct(who="2", at=START))
        first, second = Ticket.objects.order_by("id")
        clock.shift(timedelta(days=1))
        work.resolve(first.pk, alice.user)
        clock.shift(timedelta(days=1))
        work.reopen(first.pk, alice.user)
        work.resolve(second.pk, alice.user)
        clock.shift(timedelta(days=1))
        rollup.catch_up()
        utc = ZoneInfo("UTC")
        days = [
            figures.report(of_days(day, day, utc)).backlog for day in (START + timedelta(days=n) for n in range(-1, 4))
        ]
        assert days == [0, 2, 1, 1, 1]
        whole = figures.report(of_days(START.date(), START.date() + timedelta(days=3), utc))
        assert [column.backlog for column in whole.columns] == [2, 1, 1, 1]
        agents = figures.report(whole.period, Scope(Dimension.AGENT, (alice.user_id,)))
        assert agents.backlog is None
        assert (agents.totals.resolved, agents.totals.reopened) == (2, 1)


def test_work_that_is_done_twice_or_never_does_no_harm(messenger, alice):
    with time_machine.travel(START, tick=False) as clock:
        take_in(messenger, meta.direct(at=START))
        assert rollup.catch_up() == 0
        assert StaleHour.objects.count() == 1
        clock.shift(HOUR)
        assert rollup.waits()
        rollup.roll_up()
        once = list(Tally.objects.order_by("id").values_list("span", "dimension", "key", "figure", "number"))
        assert ("hour", "all", 0, "received", 1) in once
        assert not rollup.waits()
        Stale.objects.create()
        rollup.roll_up()
        again = list(Tally.objects.order_by("id").values_list("span", "dimension", "key", "figure", "number"))
        assert sorted(again) == sorted(once)
