"""Who gets a ticket, whoever comes and goes: compared with a plain account of who is there and holds what."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from inbox import watch
from inbox.actions import presence, work
from inbox.models import Ticket
from socialcare.models import Role
from tests import meta
from tests.conftest import person, take_in
from tests.fuzz.effort import effort
from tests.fuzz.machine import Machine

START = Machine.START
TEAM = 4
SILENT_AFTER = timedelta(seconds=40)
tried = Counter()
agents = st.integers(0, TEAM - 1)


class Office(Machine):
    """`seen`: when somebody's browser was last heard. `holds`: open tickets by their holder, None for nobody."""

    account: Any
    team: list[Any]

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[int, datetime] = {}
        self.wants = dict.fromkeys(range(TEAM), True)
        self.holds: dict[int, int | None] = {}
        self.people = 0

    def there(self) -> set[int]:
        now = timezone.now()
        return {one for one, seen in self.seen.items() if self.wants[one] and seen >= now - SILENT_AFTER}

    def load(self) -> Counter[int]:
        return Counter(holder for holder in self.holds.values() if holder is not None)

    def read(self) -> dict[int, int | None]:
        number_of = {member.user_id: number for number, member in enumerate(self.team)}
        held = Ticket.objects.filter(status="open").values_list("id", "assignee")
        return {pk: None if user is None else number_of[user] for pk, user in held}

    def handed(self, given: list[int]) -> None:
        """These tickets, in this order, were to be handed out one by one."""
        now, load, there = self.read(), self.load(), self.there()
        for pk in given:
            if not there:
                assert now[pk] is None
                continue
            assert now[pk] in there, "nothing goes to somebody who is not there"
            assert load[now[pk]] == min(load[one] for one in there), "the least loaded gets it"
            load[now[pk]] += 1
        untouched = {pk: holder for pk, holder in self.holds.items() if pk not in given}
        assert {pk: now[pk] for pk in untouched} == untouched
        self.holds = now

    @rule(sizes=st.lists(st.integers(0, 900), min_size=1, max_size=7))
    def customers_write(self, sizes: list[int]) -> None:
        """A batch of new customers, each some seconds ago. Equal instants are handed out in an order of our choice."""
        now, before = timezone.now(), set(self.holds)
        comments = []
        for ago in sorted(set(sizes), reverse=True):
            self.people += 1
            comments.append(meta.comment(who=f"5{self.people}", comment_id=f"700_1{self.people:04}",
                                         at=now - timedelta(seconds=ago)))  # fmt: skip
        take_in(self.account, *comments)
        new = Ticket.objects.exclude(pk__in=before).order_by("last_at", "id").values_list("id", flat=True)
        self.check_batch([pk for pk in new if pk in self.read()])

    def check_batch(self, new: list[int]) -> None:
        """In a batch no order is promised, only that loads are as even as handing out one by one makes them."""
        now, load, there = self.read(), self.load(), self.there()
        for _ in new:
            if there:
                load[min(there, key=lambda one: (load[one], one))] += 1
        got = Counter(holder for holder in now.values() if holder is not None)
        assert {now[pk] for pk in new} <= (there or {None})
        assert sorted(got[one] for one in there) == sorted(load[one] for one in there)
        assert {pk: now[pk] for pk in self.holds} == self.holds
        self.holds = now

    @rule(who=agents)
    def comes_or_is_heard(self, who: int) -> None:
        new = self.team[who].user_id and (who not in self.seen or self.seen[who] < timezone.now() - SILENT_AFTER)
        self.seen[who] = timezone.now()
        presence.here(self.team[who])
        self.handed(self.waiting() if new else [])

    @rule(who=agents, wants=st.booleans())
    def wants_work(self, who: int, wants: bool) -> None:
        self.wants[who], self.seen[who] = wants, timezone.now()
        presence.available(self.team[who], wants)
        self.handed(self.waiting() if self.there() else [])

    def waiting(self) -> list[int]:
        """What nobody holds, the most urgent first."""
        due = dict(Ticket.objects.filter(status="open").values_list("id", "order_at"))
        return sorted((pk for pk, holder in self.holds.items() if holder is None), key=lambda pk: (due[pk], pk))

    @rule(who=agents)
    def closes_the_browser(self, who: int) -> None:
        presence.gone(self.team[who])
        if who in self.there():
            self.seen[who] = min(self.seen[who], timezone.now() - SILENT_AFTER + timedelta(seconds=20))

    @rule(seconds=st.sampled_from([1, 19, 21, 30, 41, 400]))
    def time_passes(self, seconds: int) -> None:
        self.clock.shift(timedelta(seconds=seconds))

    @rule()
    def the_clock_looks(self) -> None:
        watch.expire_presence()

    @rule(which=st.integers(0, 10**6), to=agents | st.none())
    def a_colleague_assigns(self, which: int, to: int | None) -> None:
        if self.holds:
            pk = sorted(self.holds)[which % len(self.holds)]
            work.assign(pk, self.team[0].user, None if to is None else self.team[to].user_id)
            self.holds[pk] = to

    @rule(which=st.integers(0, 10**6))
    def a_ticket_is_resolved(self, which: int) -> None:
        if self.holds:
            pk = sorted(self.holds)[which % len(self.holds)]
            work.resolve(pk, self.team[0].user)
            del self.holds[pk]

    @invariant()
    def everybody_holds_what_we_think(self) -> None:
        tried["steps"] += 1
        assert self.read() == self.holds
        shown = {one["id"] for one in presence.people() if one["present"] and one["available"]}
        assert shown == {self.team[one].user_id for one in self.there()}


def people_for(machine: type[Office], acme: Any, facebook: Any) -> type[Office]:
    machine.account = facebook
    machine.team = [person(acme, f"agent{number}", Role.AGENT) for number in range(TEAM)]
    return machine


def test_the_router(acme, facebook, record_property):
    run_state_machine_as_test(people_for(Office, acme, facebook), settings=effort(10, 1500, steps=30))
    record_property("steps", tried["steps"])
