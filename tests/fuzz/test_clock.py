"""Promises and the clock that watches them: each broken one is noted once, and none that was kept."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from inbox import watch
from inbox.actions import work
from inbox.models import Event, Ticket
from sla import engine
from sla.models import BusinessHours, Policy, Timer
from tests import meta
from tests.conftest import take_in
from tests.fuzz import oracle
from tests.fuzz.effort import effort
from tests.fuzz.machine import Machine

PEOPLE = ("41", "42", "43")
tried = Counter()
people = st.sampled_from(PEOPLE)
targets = st.sampled_from([None, 1, 60, 300, 301])


class Promises(Machine):
    account: Any
    agent: Any

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0
        self.announced: Counter[tuple[int, str, datetime]] = Counter()

    @initialize(first=targets, following=targets, resolution=targets, own=st.booleans(), pause=st.booleans(),
                in_hours=st.booleans(), warn_at=st.sampled_from([[], [50, 80]]))  # fmt: skip
    def promise(
        self,
        first: int | None,
        following: int | None,
        resolution: int | None,
        own: bool,
        pause: bool,
        in_hours: bool,
        warn_at: list[int],
    ) -> None:
        """Seconds; None for no promise. One for Messenger alone goes before one for all channels."""
        Policy.objects.all().delete()
        wanted = {"first_response": first, "next_response": following, "resolution": resolution}
        self.targets: dict[str, timedelta | None] = {
            metric: None if seconds is None else timedelta(seconds=seconds) for metric, seconds in wanted.items()
        }
        self.pause = pause
        slots = [[0, 540, 541], [0, 545, 600], [0, 1430, 1445], [1, 0, 1440]]
        hours = BusinessHours.objects.create(name="open", zone="UTC", slots=slots) if in_hours else None
        self.hours = hours.calendar() if hours else oracle.ALWAYS
        mine = {**self.targets, "pause": pause, "hours": hours, "warn_at": warn_at}
        if own:
            Policy.objects.create(name="own", channel="messenger", position=1, **mine)
            Policy.objects.create(name="other", position=2, first_response=timedelta(seconds=7))
            Policy.objects.create(name="other", channel="facebook", first_response=timedelta(seconds=7))
        else:
            Policy.objects.create(name="all", **mine)

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

    @rule()
    def the_clock_looks_what_runs_short(self) -> None:
        watch.warn()
        assert watch.warn() == 0
        for timer in Timer.objects.filter(stopped_at=None, breached_at=None):
            marks = [event.data["share"] for event in Event.objects.filter(
                ticket_id=timer.ticket_id, verb="warned", data__metric=timer.metric).order_by("id")]  # fmt: skip
            assert timer.noted in (0, 100, *marks)
            assert timer.warn_at is None or timer.warn_at > timezone.now()

    @rule(times=st.integers(1, 2))
    def the_clock_looks(self, times: int) -> None:
        late = list(Timer.objects.filter(stopped_at=None, breached_at=None, due_at__lte=timezone.now())
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
            assert oracle.kept(ticket.pk) == oracle.in_order(said)
            asked = oracle.requests(ticket.pk, self.pause) if self.targets["resolution"] else []
            assert oracle.kept_requests(ticket.pk) == asked
            for timer in Timer.objects.filter(ticket_id=ticket.pk):
                oracle.check_promise(timer, self.targets[timer.metric], timezone.now(), self.hours)

    @invariant()
    def the_next_moment_is_right(self) -> None:
        running = Timer.objects.filter(stopped_at=None, breached_at=None, due_at__isnull=False)
        assert engine.next_due() == min((timer.due_at for timer in running), default=None)


def test_the_clock(messenger, alice, record_property):
    Promises.account, Promises.agent = messenger, alice.user
    run_state_machine_as_test(Promises, settings=effort(10, 1500, steps=30))
    record_property("steps", tried["steps"])
