"""Promises of every kind, answers in time and late, clocks that look twice: each promise runs out once or never."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from connectors.models import ChannelAccount
from inbox import watch
from inbox.actions import clocks, work
from inbox.models import Event, Ticket
from sla import engine
from sla.models import Metric, Policy, Timer
from socialcare.models import Workspace
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import take_in
from tests.fuzz import oracle
from tests.fuzz.effort import effort
from tests.fuzz.house import House

TARGETS = st.sampled_from([timedelta(seconds=seconds) for seconds in (0, 1, 30, 300, 86_400)])
POLICIES = st.lists(
    st.tuples(st.sampled_from(Metric.values), st.sampled_from(["", "facebook", "messenger"]), TARGETS), max_size=4
)
AGO = st.sampled_from([0, 1, 29, 30, 31, 299, 300, 301, 900])
WHO = st.sampled_from(["1", "2", "3"])
Key = tuple[int, datetime]


class Clock(RuleBasedStateMachine):
    """`told`: the waits that somebody was told had run out, and were not found answered in time since."""

    house: House

    def __init__(self) -> None:
        super().__init__()
        self.day = self.house.open()
        self.places = [self.house.acme, self.house.mallory.workspace]
        self.promises: dict[int, list[tuple[str, str, timedelta]]] = {}
        self.told: set[Key] = set()
        self.breaches = 0
        self.undone: set[int] = set()
        self.number = 0
        self.late: list[tuple[Workspace, str, dict[str, object]]] = []
        self.stale: list[tuple[int, int]] = []

    def teardown(self) -> None:
        self.day.close()

    @initialize(mine=POLICIES, theirs=POLICIES)
    def something_is_promised(self, mine, theirs):
        for place, policies in zip(self.places, (mine, theirs), strict=True):
            self.promises[place.pk] = policies
            with workspace(place.pk):
                Policy.objects.all().delete()
                for position, (metric, channel, target) in enumerate(policies):
                    Policy.objects.create(
                        name=f"{position}", metric=metric, channel=channel, target=target, position=position
                    )

    def _come(self, place: Workspace, channel: str, payload: dict[str, object]) -> None:
        with workspace(place.pk):
            take_in(ChannelAccount.objects.get(channel=channel), payload)

    @rule(
        theirs=st.booleans(), who=WHO, channel=st.sampled_from(["facebook", "messenger"]), ago=AGO, later=st.booleans()
    )
    def a_customer_writes(self, theirs, who, channel, ago, later):
        place = self.places[theirs]
        page = (place.slug == "globex" and "999888777666555") or meta.PAGE
        self.number += 1
        at = timezone.now() - timedelta(seconds=ago)
        payload = (
            meta.direct(f"{self.number}", who=who, at=at, page=page)
            if channel == "messenger"
            else meta.comment(f"{self.number}", who=who, at=at, page=page)
        )
        self._now_or_later(place, channel, payload, later)

    @rule(who=WHO, ago=AGO, later=st.booleans())
    def an_answer_is_heard_of(self, who, ago, later):
        self.number += 1
        at = timezone.now() - timedelta(seconds=ago)
        payload = meta.echo(f"{self.number}", to=who, mid=f"m_e{self.number}", app_id=5, at=at)
        self._now_or_later(self.places[0], "messenger", payload, later)

    def _now_or_later(self, place, channel, payload, later):
        if later:
            self.late.append((place, channel, payload))
        else:
            self._come(place, channel, payload)

    @precondition(lambda self: self.late)
    @rule(which=st.integers(0, 10**6))
    def what_is_late_comes(self, which):
        self._come(*self.late.pop(which % len(self.late)))

    @rule(which=st.integers(0, 10**6), again=st.booleans())
    def a_ticket_is_done_or_not(self, which, again):
        agent = self.house.team[0].user
        tickets = list(Ticket.objects.order_by("id"))
        if not tickets:
            return
        ticket = tickets[which % len(tickets)]
        if not again:
            work.resolve(ticket.pk, agent)
        elif work.reopen(ticket.pk, agent).pk == ticket.pk and ticket.status == "resolved":
            self.undone.add(Event.objects.filter(ticket=ticket, verb="resolved").latest("at", "id").pk)

    @rule(seconds=st.sampled_from([0.5, 1, 29, 30, 270, 300, 86_400]))
    def time_passes(self, seconds):
        self.day.pass_by(seconds)

    @rule()
    def a_second_clock_looks_and_falls_asleep(self):
        self.stale = engine.overdue()

    @rule()
    def a_second_clock_goes_on_with_what_it_saw(self):
        before = self._breached()
        for workspace_id, ticket_id in self.stale:
            with workspace(workspace_id):
                self.breaches += clocks.breached([ticket_id])
        self._tell(self._breached() - before)

    @rule(times=st.integers(1, 2))
    def the_clock_strikes(self, times):
        before, now = self._breached(), timezone.now()
        due = {(pk, clock.started_at) for pk, clock in self._running() if clock.due_at <= now}
        number = sum(watch.breach() for _ in range(times))
        new = self._breached() - before
        assert number == len(new)
        assert new == due - before
        self.breaches += number
        self._tell(new)
        assert not engine.overdue()

    def _tell(self, new: set[Key]) -> None:
        assert not new & self.told, "somebody is told twice that the same wait ran out"
        self.told |= new

    def _breached(self) -> set[Key]:
        rows = Timer.objects.everywhere().filter(stopped_at=None, breached_at__isnull=False)
        return {(ticket_id, started_at) for ticket_id, started_at in self._seen(rows)}

    def _seen(self, rows) -> Iterator[Key]:
        for place in self.places:
            with workspace(place.pk):
                yield from rows.filter(workspace_id=place.pk).values_list("ticket_id", "started_at")

    def _running(self) -> Iterator[tuple[int, oracle.Clock]]:
        for place in self.places:
            with self._at(place) as promise:
                for ticket in Ticket.objects.select_related("account"):
                    channel = ticket.account.channel
                    for clock in oracle.clocks(
                        ticket.pk, self.undone, lambda metric, at=channel, of=promise: of(at, metric)
                    ):
                        if clock.stopped_at is None:
                            yield ticket.pk, clock

    @contextmanager
    def _at(self, place: Workspace) -> Iterator[object]:
        def promise(channel: str, metric: str) -> timedelta | None:
            fits = [target for of, on, target in self.promises[place.pk] if of == metric and on in ("", channel)]
            return fits[0] if fits else None

        with workspace(place.pk):
            yield promise

    @invariant()
    def the_clocks_are_right(self):
        if not self.promises:
            return
        self.day.commit()
        self.day.pass_by(0.001)
        events = 0
        for place in self.places:
            with self._at(place) as promise:
                oracle.check_clocks(self.undone, promise)
                events += Event.objects.filter(verb="breached").count()
                # Answered in time after all, as we heard later: it may run out anew should that be taken back.
                in_time = Timer.objects.filter(stopped_at__isnull=False, breached_at=None)
                self.told -= set(in_time.values_list("ticket_id", "started_at"))
        assert events == self.breaches
        breached = self._breached()
        nearest = min(
            (clock.due_at for pk, clock in self._running() if (pk, clock.started_at) not in breached), default=None
        )
        assert engine.next_due() == nearest
        until = watch.seconds_until_next()
        assert 0.02 <= until <= watch.LONGEST_SLEEP
        if nearest and nearest - timezone.now() < timedelta(seconds=watch.LONGEST_SLEEP):
            assert until == max((nearest - timezone.now()).total_seconds(), 0.02)


def test_clock(house):
    with workspace(house.acme.pk):
        run_state_machine_as_test(type("Clock", (Clock,), {"house": house}), settings=effort(10, steps=30))
