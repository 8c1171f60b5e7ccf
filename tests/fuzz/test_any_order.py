"""The same deliveries in another order, cut into other batches, with some told twice, leave the same behind."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import given, note
from hypothesis import strategies as st

from inbox.actions import clocks, work
from inbox.models import Message, Ticket
from sla import engine
from sla.models import Timer
from tests import meta
from tests.conftest import take_in
from tests.fuzz.effort import effort
from tests.fuzz.network import FOREIGN_APP

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
START = NOON - timedelta(hours=1)
BEFORE = NOON - timedelta(minutes=10)
PEOPLE = ("31", "32")
tried = Counter()


@st.composite
def stories(draw: Any, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    """What happens in conversations, in the order it happened: words, their edits and removals, answers elsewhere.

    Nothing happens twice in one millisecond, so that it is clear what came last.
    """
    told: list[dict[str, Any]] = []
    said: list[tuple[str, str]] = []
    at = START
    for number in range(draw(st.integers(1, 9))):
        at += timedelta(milliseconds=draw(st.sampled_from([1, 1000, 200_000, 400_000])))
        what = draw(st.sampled_from(["word", *kinds])) if said else "word"
        mid, who = draw(st.sampled_from(said)) if said else ("", "")
        if what == "word":
            who, mid = draw(st.sampled_from(PEOPLE)), f"m_{number}"
            said.append((mid, who))
            told.append(meta.direct(f"word {number}", who=who, mid=mid, at=at))
        elif what == "edit":
            edit = {"mid": mid, "text": f"edit {number}", "num_edit": 1}
            told.append(meta.messaging({"message_edit": edit}, who=who, at=at))
        elif what == "remove":
            said.remove((mid, who))
            told.append(meta.direct(None, who=who, mid=mid, at=at, is_deleted=True))
        else:
            told.append(meta.echo(f"answer {number}", to=who, mid=f"m_{number}", at=at, app_id=FOREIGN_APP))
    return told


@st.composite
def told_twice(draw: Any, kinds: tuple[str, ...]) -> tuple[list[dict[str, Any]], list[list[dict[str, Any]]]]:
    story = draw(stories(kinds))
    again = [{**story[which], "again": which} for which in draw(st.sets(st.integers(0, len(story) - 1), max_size=3))]
    mixed = draw(st.permutations(story + again))
    cuts = sorted(draw(st.sets(st.integers(1, len(mixed)), max_size=4)))
    return story, [mixed[start:end] for start, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]


def left_behind(account: Any, batches: list[list[dict[str, Any]]]) -> Any:
    with transaction.atomic(), time_machine.travel(NOON, tick=False):
        for batch in batches:
            take_in(account, *batch)
        person = {ticket.pk: ticket.thread_id for ticket in Ticket.objects.all()}
        tickets = Ticket.objects.values_list("thread_id", "status", "last_at", "last_customer_at",
                                             "first_answered_at", "due_at", "metric", "breached")  # fmt: skip
        messages = [(person[pk], *rest) for pk, *rest in Message.objects.values_list(
            "ticket", "external_id", "origin", "text", "at", "removed_at")]  # fmt: skip
        timers = [(person[pk], *rest) for pk, *rest in Timer.objects.values_list(
            "ticket_id", "metric", "started_at", "due_at", "stopped_at", "outcome", "breached_at")]  # fmt: skip
        found = [sorted(rows, key=repr) for rows in (tickets, messages, timers)]
        transaction.set_rollback(True)
    return found


# With "remove" among the kinds it fails.
@pytest.mark.parametrize("kinds", [("edit",), ("edit", "answer")])
def test_the_order_of_deliveries_does_not_matter(messenger, record_property, kinds):
    @effort(15, 5000)
    @given(told_twice(kinds))
    def try_orders(given: Any) -> None:
        story, batches = given
        tried[kinds] += 1
        for batch in batches:
            note(" + ".join(brief(one) for one in batch))
        assert left_behind(messenger, batches) == left_behind(messenger, [[one] for one in story])

    try_orders()
    record_property("orders", tried[kinds])


def brief(payload: dict[str, Any]) -> str:
    item = payload["entry"][0]["messaging"][0]
    return json.dumps({"second": item["timestamp"] / 1000 - START.timestamp(), **(item.get("message") or item)})


def test_removals_in_any_order_leave_the_clock_the_history_says(messenger):
    with time_machine.travel(NOON, tick=False):
        for minute, text in ((0, "one"), (3, "two")):
            take_in(messenger, meta.direct(text, who="31", mid=f"m_{text}", at=BEFORE + timedelta(minutes=minute)))
        for minute, text in ((4, "two"), (1, "one")):
            at = BEFORE + timedelta(minutes=minute)
            take_in(messenger, meta.direct(None, who="31", mid=f"m_{text}", at=at, is_deleted=True))
    assert not any(wait.stopped_at is None for wait in engine.waits(clocks.history_of(Ticket.objects.get().pk)))


def test_an_answer_that_overtakes_the_words_it_answers_stops_their_clock(messenger):
    with time_machine.travel(NOON, tick=False):
        take_in(messenger, meta.echo("Done", to="31", mid="m_2", at=NOON - timedelta(minutes=8), app_id=FOREIGN_APP))
        take_in(messenger, meta.direct("Hello?", who="31", mid="m_1", at=BEFORE))
    assert Timer.objects.get().outcome == "answered"
    assert Ticket.objects.get().status == Ticket.Status.PENDING
    assert list(Message.objects.order_by("at").values_list("text", flat=True)) == ["Hello?", "Done"]


def test_an_answer_that_is_told_twice_before_the_words_it_answers_is_one(messenger):
    answer = meta.echo("Done", to="31", mid="m_2", at=NOON - timedelta(minutes=8), app_id=FOREIGN_APP)
    take_in(messenger, answer)
    take_in(messenger, {**answer, "again": 1}, meta.direct("Hello?", who="31", mid="m_1", at=BEFORE))
    earlier = meta.direct("And?", who="31", mid="m_3", at=BEFORE - timedelta(minutes=1))
    take_in(messenger, earlier, {**answer, "again": 2})
    assert Message.objects.filter(external_id="m_2").count() == 1


def test_an_answer_that_was_removed_before_it_could_be_shown_is_not(messenger):
    echo = {"app_id": FOREIGN_APP, "mid": "m_2"}
    take_in(messenger, meta.echo("my private line is 555", to="31", at=NOON - timedelta(minutes=8), **echo))
    take_in(messenger, meta.direct(None, who="31", mid="m_2", at=NOON, is_deleted=True))
    take_in(messenger, meta.direct("Hello?", who="31", mid="m_1", at=BEFORE))
    assert "555" not in Message.objects.get(external_id="m_2").text


def test_an_answer_under_a_comment_that_is_told_first_is_not_lost(facebook):
    reply = meta.comment("By mail, please", who=meta.PAGE, comment_id="700_2", parent="700_1")
    take_in(facebook, reply)
    assert not Message.objects.exists()
    take_in(facebook, meta.comment("Where is it?", comment_id="700_1"))
    assert [message.origin for message in Message.objects.order_by("seq")] == ["customer", "outside"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_answer_in_two_parts_is_whole_in_any_order(facebook, order):
    told = [
        meta.comment("Where is it?", comment_id="700_1"),
        meta.comment("It left", who=meta.PAGE, comment_id="700_2", parent="700_1"),
        meta.comment("on Monday", who=meta.PAGE, comment_id="700_3", parent="700_2"),
    ]
    for place in order:
        take_in(facebook, told[place])
    assert list(Message.objects.order_by("external_id").values_list("origin", "text")) == [
        ("customer", "Where is it?"),
        ("outside", "It left"),
        ("outside", "on Monday"),
    ]
    assert Ticket.objects.get().status == Ticket.Status.PENDING


def test_words_taken_back_before_they_came_start_no_clock(messenger):
    with time_machine.travel(NOON, tick=False):
        take_in(messenger, meta.direct(None, who="31", mid="m_1", at=NOON, is_deleted=True))
        take_in(messenger, meta.direct("Hello?", who="31", mid="m_1", at=BEFORE))
    assert not Timer.objects.filter(stopped_at=None).exists()


def test_words_taken_back_before_they_came_are_not_in_the_list(messenger):
    take_in(messenger, meta.direct(None, who="31", mid="m_1", is_deleted=True))
    take_in(messenger, meta.direct("my card number", who="31", mid="m_1"))
    assert Message.objects.get().text == ""
    assert "card" not in Ticket.objects.get().preview


def test_reopening_what_waits_for_the_customer_leaves_an_earlier_resolution_alone(messenger, alice):
    with time_machine.travel(NOON, tick=False) as clock:
        take_in(messenger, meta.direct("Hello?", who="31", mid="m_1", at=NOON))
        ticket = work.resolve(Ticket.objects.get().pk, alice.user)
        clock.shift(timedelta(minutes=10))
        take_in(messenger, meta.direct("And this?", who="31", mid="m_2", at=NOON + timedelta(minutes=9)))
        take_in(messenger, meta.echo("Done", to="31", mid="m_3", at=NOON + timedelta(minutes=10), app_id=FOREIGN_APP))
        before = list(Timer.objects.order_by("started_at").values_list("outcome", "breached_at"))
        work.reopen(ticket.pk, alice.user)
    assert list(Timer.objects.order_by("started_at").values_list("outcome", "breached_at")) == before
