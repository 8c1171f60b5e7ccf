"""Who gets a ticket, against a model that only counts: present, least loaded, the most urgent first."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from inbox import watch
from inbox.actions import people, presence, work
from inbox.models import Ticket
from inbox.models.team import PRESENT_FOR
from socialcare.models import Membership, Role
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import person, take_in
from tests.fuzz.effort import effort
from tests.fuzz.house import House

NAMES = ("dora", "emil", "frida", "gustav")
WHO = st.integers(0, len(NAMES) - 1)


class Router(RuleBasedStateMachine):
    """`beats`: when somebody's browser was last heard of; `wants`: who takes work."""

    house: House

    def __init__(self) -> None:
        super().__init__()
        self.day = self.house.open()
        self.team = [person(self.house.acme, name, Role.AGENT) for name in NAMES]
        self.beats: dict[int, datetime] = {}
        self.wants = {member.user_id: True for member in self.team}
        self.members = {member.user_id for member in self.team}
        self.number = 0
        self.fair: set[int] = set()

    def teardown(self) -> None:
        self.day.close()

    def _there(self) -> set[int]:
        fresh = timezone.now() - PRESENT_FOR
        return {user for user, at in self.beats.items() if at >= fresh and self.wants[user] and user in self.members}

    def _held(self) -> dict[int, int | None]:
        return dict(Ticket.objects.filter(status="open").values_list("id", "assignee_id"))

    def _check_given(self, before: dict[int, int | None], there: set[int], *, new_only: bool = False) -> None:
        """Replays the choice: each ticket that found somebody went to one of the least loaded at that moment."""
        after = self._held()
        loads = Counter(user for user in before.values() if user)
        given = [
            pk for pk, _ in Ticket.objects.filter(status="open").order_by("order_at", "id").values_list("id", "due_at")
            if after[pk] is not None and before.get(pk) is None
        ]  # fmt: skip
        left = [pk for pk, user in after.items() if user is None]
        if not there:
            assert not given, "a ticket went to somebody who is not there"
            return
        assert not left or new_only, "a ticket waits though somebody is there"
        total = Counter(after[pk] for pk in given)
        assert set(total) <= there
        # Whoever chooses the least loaded each time fills up from below: nobody given one is more than one above.
        final = {user: loads[user] + total[user] for user in there}
        for user in total:
            assert final[user] - 1 <= min(final.values()), f"{final} from {loads}: not the least loaded"

    @rule(number=st.integers(1, 5), ago=st.integers(0, 290))
    def a_batch_comes(self, number, ago):
        before, there = self._held(), self._there()
        at = timezone.now() - timedelta(seconds=ago)
        comments = []
        for _ in range(number):
            self.number += 1
            comments.append(meta.comment(who=f"9{self.number}", at=at - timedelta(seconds=self.number % 3)))
        take_in(self.house.facebook, *comments)
        after = self._held()
        assert {pk: after[pk] for pk in before} == before, "who had a ticket kept it"
        self._check_given({**before}, there, new_only=any(user is None for user in before.values()))
        if there:
            assert all(after[pk] in there for pk in after.keys() - before.keys())

    @rule(who=WHO)
    def somebody_comes(self, who):
        member = self.team[who]
        before = self._held()
        heard = self.beats.get(member.user_id)
        was_there = heard is not None and heard >= timezone.now() - PRESENT_FOR
        presence.here(member)
        self.beats[member.user_id] = timezone.now()
        if was_there:
            assert self._held() == before
        else:
            self._check_given(before, self._there())

    @rule(who=WHO)
    def somebody_goes(self, who):
        member = self.team[who]
        presence.gone(member)
        soon = timezone.now() - PRESENT_FOR + presence.RETURN_WITHIN
        if self.beats.get(member.user_id, soon) > soon:
            self.beats[member.user_id] = soon

    @rule(who=WHO, wants=st.booleans())
    def somebody_wants_work_or_none(self, who, wants):
        member = self.team[who]
        before = self._held()
        presence.available(member, wants)
        self.beats[member.user_id], self.wants[member.user_id] = timezone.now(), wants
        self._check_given(before, self._there())

    @rule(who=WHO)
    def somebody_is_let_go(self, who):
        member = self.team[who]
        if member.user_id not in self.members:
            Membership.objects.create(workspace=self.house.acme, user=member.user, role=Role.AGENT)
            self.members.add(member.user_id)
            return
        theirs = [pk for pk, user in self._held().items() if user == member.user_id]
        before = {pk: None if pk in theirs else user for pk, user in self._held().items()}
        people.let_go(self.house.team[2].user, member.user_id)
        self.members.discard(member.user_id)
        self.beats.pop(member.user_id, None)
        self.wants[member.user_id] = True
        self._check_given(before, self._there())

    @rule(which=st.integers(0, 10**6), again=st.booleans())
    def a_ticket_is_done_or_comes_back(self, which, again):
        tickets = list(Ticket.objects.order_by("id"))
        if not tickets:
            return
        ticket = tickets[which % len(tickets)]
        if not again:
            work.resolve(ticket.pk, self.house.team[0].user)
        elif ticket.status == "resolved" and ticket.assignee_id:
            there, owner = self._there(), ticket.assignee_id
            take_in(self.house.facebook, meta.comment(who=ticket.identity.external_id))
            ticket.refresh_from_db()
            assert ticket.status == "open"
            # Who had it gets it back if they are there; else it goes to somebody who is; to nobody, it stays nobody's.
            assert ticket.assignee_id == owner if owner in there else ticket.assignee_id in (there or {None})

    @rule(limit=st.integers(1, 3), who=WHO)
    def some_is_handed_out(self, limit, who):
        """The most urgent go first where not all do."""
        user = self.team[who].user_id
        Ticket.objects.filter(assignee=user).update(assignee=None)
        waiting = list(
            Ticket.objects.filter(status="open", assignee=None).order_by("due_at", "id").values_list("id", flat=True)
        )
        given = work.hand_out(limit)
        now = self._held()
        assert given == (min(limit, len(waiting)) if self._there() else 0)
        assert [pk for pk in waiting if now[pk]] == waiting[:given]
        work.hand_out()

    @rule(seconds=st.sampled_from([1, 11, 31, 41, 120]))
    def time_passes(self, seconds):
        self.day.pass_by(seconds)
        watch.expire_presence()

    @invariant()
    def what_is_shown_of_people_is_true(self):
        self.day.commit()
        self.day.pass_by(0.003)
        there = self._there()
        shown: list[dict[str, Any]] = presence.people()
        loads = Counter(user for user in self._held().values() if user)
        ours = [one for one in shown if one["id"] in self.wants]
        assert {one["id"] for one in ours} == self.members
        for one in ours:
            assert (one["present"] and one["available"]) == (one["id"] in there)
            assert one["load"] == loads[one["id"]]
        assert not set(loads) - self.members - {member.user_id for member in self.house.team}


class AlwaysThere(RuleBasedStateMachine):
    """While nobody comes, goes or finishes, no two who are there are ever more than one ticket apart."""

    house: House

    def __init__(self) -> None:
        super().__init__()
        self.day = self.house.open()
        self.team = [person(self.house.acme, name, Role.AGENT) for name in NAMES]
        self.number = 0
        for member in self.team:
            presence.here(member)

    def teardown(self) -> None:
        self.day.close()

    @rule(number=st.integers(1, 7), apart=st.booleans())
    def tickets_come(self, number, apart):
        self.number += number
        comments = [meta.comment(who=f"8{self.number - one}") for one in range(number)]
        for some in [[one] for one in comments] if apart else [comments]:
            take_in(self.house.facebook, *some)
        loads = Counter(Ticket.objects.values_list("assignee_id", flat=True))
        assert set(loads) <= {member.user_id for member in self.team}
        counts = [loads[member.user_id] for member in self.team]
        assert max(counts) - min(counts) <= 1
        self.day.commit()


def test_router(house):
    with workspace(house.acme.pk):
        run_state_machine_as_test(type("Router", (Router,), {"house": house}), settings=effort(10, steps=30))


def test_fairness(house):
    with workspace(house.acme.pk):
        run_state_machine_as_test(type("AlwaysThere", (AlwaysThere,), {"house": house}), settings=effort(4, steps=8))
