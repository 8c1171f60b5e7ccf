"""The checker of bin/faults finds what is wrong, and the plan holds every kind of fault."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from connectors import deliveries
from connectors.deliveries import Arrived
from connectors.models import Delivery
from faults.agents import Reply
from faults.annoying import ANNOYING
from faults.breaking import BREAKING
from faults.checker import Checker
from faults.courier import fingerprint
from faults.schedule import plan
from faults.story import Truth
from faults.watcher import Watcher
from inbox import outbox
from inbox.actions import replies
from inbox.models import Event, Message, Ticket
from sla.models import Timer
from tests import meta
from tests.conftest import take_in

NOON = timezone.now().replace(microsecond=0) - timedelta(minutes=2)


@pytest.fixture
def checker(acme, messenger, alice, graph):
    """Two messages of one customer and an answer, with nothing wrong; and the truth, to be changed."""
    graph.answers["POST /messages"] = (200, {"message_id": "m_answer"})
    take_in(messenger, meta.direct("one", who="4001", mid="m_1", at=NOON))
    take_in(messenger, meta.direct("two", who="4001", mid="m_2", at=NOON + timedelta(seconds=1)))
    ticket = Ticket.objects.get()
    token = uuid.uuid4()
    answer = replies.reply(ticket.pk, alice.user, "hi", private=False, token=token, last_seq=ticket.seq)
    outbox.send_waiting()
    truth = {
        f"m_{number}": Truth(f"m_{number}", "messenger", "4001", "4001", NOON + timedelta(seconds=number - 1), words)
        for number, words in ((1, "one"), (2, "two"))
    }
    said = {str(token): Reply(str(token), ticket.pk, "hi", False, answer.pk)}
    return Checker(acme.pk, truth, said, {str(token): ["m_answer"]})


def wrong(checker):
    return {name for name, found in checker.violations().items() if found}


def test_the_checker_finds_nothing_where_nothing_is_wrong(checker):
    assert wrong(checker) == set()
    assert checker.figures["messages"] == 2


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"external_id": "m_9"}, {"lost", "doubled"}),
        ({"text": "other words"}, {"words"}),
        ({"removed_at": NOON}, {"words"}),
        ({"at": NOON - timedelta(seconds=5)}, {"order", "clocks"}),
        ({"seq": 9}, {"order"}),
    ],
)
def test_the_checker_finds_what_is_wrong_with_a_message(checker, fields, name):
    Message.objects.filter(external_id="m_1").update(**fields)
    assert wrong(checker) == name


@pytest.mark.parametrize("fields", [{"started_at": NOON - timedelta(seconds=1)}, {"stopped_at": None}, {"outcome": ""}])
def test_the_checker_finds_a_clock_that_is_not_what_the_messages_say(checker, fields):
    Timer.objects.update(**fields)
    assert wrong(checker) == {"clocks"}


def test_the_checker_finds_an_answer_published_twice_or_called_what_it_is_not(checker):
    received = next(iter(checker._received.values()))
    received.append("m_again")
    assert wrong(checker) == {"replies"}
    received.clear()
    assert wrong(checker) == {"replies"}
    Message.objects.filter(origin="agent").update(state="unknown")
    assert "replies" not in wrong(checker)
    received.append("m_answer")
    Message.objects.filter(origin="agent").update(state="failed")
    assert "replies" in wrong(checker)


def test_the_checker_finds_a_history_that_does_not_tell_what_the_ticket_is(checker):
    Ticket.objects.update(status="resolved")
    assert wrong(checker) >= {"history"}
    Ticket.objects.update(status="pending")
    Event.objects.filter(verb="opened").delete()
    assert wrong(checker) == {"history"}


def test_the_checker_finds_poison_that_is_neither_done_with_nor_set_aside(checker, messenger):
    deliveries.keep([Arrived(messenger.app_id, b"no json", NOON)])
    name = fingerprint(b"no json")
    assert wrong(checker) == {"left over"}
    checker._poisons = [name]
    assert wrong(checker) == {"poison"}
    Delivery.objects.filter(fingerprint=name).update(state="failed", attempts=6)
    assert wrong(checker) == {"poison"}
    Delivery.objects.filter(fingerprint=name).update(attempts=1)
    assert wrong(checker) == set()
    checker._poisons.append(b"never kept")
    assert wrong(checker) == {"poison"}


def test_the_checker_finds_odd_times_that_are_missing_or_in_the_future(checker, acme):
    assert list(checker.odd_times(acme.pk, ["m_1"])) == []
    assert len(list(checker.odd_times(acme.pk, ["m_1", "m_9"]))) == 1
    Message.objects.filter(external_id="m_1").update(at=NOON + timedelta(days=1))
    assert len(list(checker.odd_times(acme.pk, ["m_1"]))) == 1


def test_the_browser_s_picture_is_compared_with_the_server_s():
    watcher = Watcher("http://127.0.0.1:1/w/acme", {})
    watcher.rows = {1: {"id": 1, "v": 3, "st": "open"}, 2: {"id": 2, "v": 1, "st": "pending"}}
    assert list(watcher.differences({1: 3})) == []
    assert len(list(watcher.differences({1: 4}))) == 1
    assert len(list(watcher.differences({1: 3, 7: 1}))) == 1
    assert len(list(watcher.differences({}))) == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_a_plan_holds_every_kind_and_follows_from_its_seed(seed):
    broken, annoyed = plan(seed, 200)
    assert len(broken) + len(annoyed) == 200
    assert {fault.kind for fault in broken} == set(BREAKING)
    assert {fault.kind for fault in annoyed} == set(ANNOYING)
    assert [fault.kind for fault in broken] == [fault.kind for fault in plan(seed, 200)[0]]
    assert [fault.kind for fault in broken] != [fault.kind for fault in plan(seed + 1, 200)[0]]
