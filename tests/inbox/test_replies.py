"""Answers go out once, and the agent always knows where they are."""

from __future__ import annotations

import json
import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors import deliveries, gateway
from connectors.contract import Reason
from connectors.deliveries import Arrived
from connectors.models import ChannelAccount
from inbox import intake, outbox
from inbox.actions import outcomes, replies, work
from inbox.actions.clocks import history_of
from inbox.actions.refusals import NewerMessages, NotAllowed, TooLate
from inbox.models import Message, Outgoing, Ticket
from sla import engine
from sla.models import Timer
from tests import meta
from tests.conftest import take_in

DEAD_TOKEN = (400, {"error": {"message": "令牌已过期", "type": "OAuthException", "code": 190, "error_subcode": 460}})


def answer(membership, text="We are on it", *, private=False, token=None, **more):
    ticket = Ticket.objects.get(**more)
    return replies.reply(
        ticket.pk, membership.user, text, private=private, token=token or uuid.uuid4(), last_seq=ticket.seq
    )


def test_a_comment_is_answered_and_the_clock_stops(facebook, alice, graph):
    graph.answers["POST /700_1/comments"] = (200, {"id": "700_2"})
    take_in(facebook, meta.comment(comment_id="700_1"))
    message = answer(alice)
    assert message.state == "queued"
    outbox.send_waiting()
    message.refresh_from_db()
    assert (message.state, message.external_id) == ("sent", "700_2")
    assert graph.posts()[0].form["message"] == "We are on it"
    timer, ticket = Timer.objects.get(), Ticket.objects.get()
    assert (timer.outcome, timer.stopped_at) == ("answered", message.at)
    assert (ticket.status, ticket.due_at, ticket.assignee) == ("pending", None, alice.user)
    assert not Outgoing.objects.exists()


def test_where_nothing_costs_nobody_asks_after_the_money(facebook, alice, graph):
    graph.answers["POST /700_1/comments"] = (200, {"id": "700_2"})
    take_in(facebook, meta.comment(comment_id="700_1"))
    answer(alice)
    with CaptureQueriesContext(connection) as asked:
        outbox.send_waiting()
    assert Message.objects.get(origin="agent").state == "sent"
    assert not gateway.takes_money("facebook")
    assert [one["sql"] for one in asked if '"connectors_spending"' in one["sql"]] == []
    of_the_app = re.compile(r'"connectors_channelaccount"\."app_id" = \d')
    assert [one["sql"] for one in asked if of_the_app.search(one["sql"])] == []


def test_the_same_key_twice_is_one_answer(facebook, alice, graph):
    graph.answers["POST /comments"] = (200, {"id": "700_2"})
    take_in(facebook, meta.comment())
    token = uuid.uuid4()
    assert answer(alice, token=token) == answer(alice, token=token)
    outbox.send_waiting()
    outbox.send_waiting()
    assert len(graph.posts()) == 1


def test_an_answer_can_be_taken_back_until_it_leaves(facebook, alice, acme, graph):
    acme.undo_seconds = 10
    acme.save()
    take_in(facebook, meta.comment())
    message = answer(alice)
    outbox.send_waiting()
    assert graph.posts() == []
    replies.undo(message.pk)
    Outgoing.objects.update(ready_at=timezone.now())
    outbox.send_waiting()
    assert graph.posts() == []
    message.refresh_from_db()
    assert message.state == "cancelled"


def test_it_is_too_late_to_take_back_what_was_sent(facebook, alice, graph):
    graph.answers["POST /comments"] = (200, {"id": "700_2"})
    take_in(facebook, meta.comment())
    message = answer(alice)
    outbox.send_waiting()
    with pytest.raises(TooLate):
        replies.undo(message.pk)


def test_what_the_agent_has_not_seen_holds_the_answer(facebook, alice):
    take_in(facebook, meta.comment("one"))
    ticket = Ticket.objects.get()
    take_in(facebook, meta.comment("forget it, solved"))
    with pytest.raises(NewerMessages):
        replies.reply(ticket.pk, alice.user, "hm", private=False, token=uuid.uuid4(), last_seq=ticket.seq)
    assert not Message.objects.filter(origin="agent").exists()


def test_a_refusal_is_shown_and_the_clock_runs_on(messenger, alice, graph):
    graph.answers["POST /messages"] = (400, {"error": {"message": "(#551)", "code": 551, "error_subcode": 1545041}})
    take_in(messenger, meta.direct())
    message = answer(alice)
    outbox.send_waiting()
    message.refresh_from_db()
    assert (message.state, message.failure) == ("failed", Reason.RECIPIENT_UNAVAILABLE)
    ticket = Ticket.objects.get()
    assert ticket.trouble
    assert ticket.status == "open"
    assert Timer.objects.get().stopped_at is None


@pytest.mark.behaviour(13)
def test_an_unknown_outcome_is_looked_up_and_never_sent_again(messenger, alice, graph):
    graph.answers["POST /messages"] = (500, b"<html>oops</html>")
    graph.answers["GET /conversations"] = (200, {"data": []})
    take_in(messenger, meta.direct())
    message = answer(alice)
    for _ in range(6):
        outbox.send_waiting()
        Outgoing.objects.update(ready_at=timezone.now(), lease_until=None)
        Outgoing.objects.update(started_at=timezone.now() - timedelta(seconds=90))
    message.refresh_from_db()
    assert message.state == "unknown"
    assert len(graph.posts()) == 1
    assert not Outgoing.objects.exists()


@pytest.mark.behaviour(13)
def test_the_echo_settles_an_unknown_outcome(messenger, alice, graph):
    graph.answers["POST /messages"] = (500, b"<html>oops</html>")
    take_in(messenger, meta.direct())
    message = answer(alice)
    outbox.send_waiting()
    message.refresh_from_db()
    assert message.state == "unknown"
    take_in(messenger, meta.echo("We are on it", mid="m_out", metadata=str(message.token)))
    message.refresh_from_db()
    assert (message.state, message.external_id) == ("sent", "m_out")
    assert not Outgoing.objects.exists()
    assert not Ticket.objects.get().trouble


def test_a_worker_that_died_while_sending_leaves_something_to_look_up(messenger, alice, graph):
    graph.answers["GET /conversations"] = (200, {"data": []})
    take_in(messenger, meta.direct())
    message = answer(alice)
    outcomes.begin_sending(message.pk)
    Outgoing.objects.update(lease_until=timezone.now() - timedelta(seconds=1), started_at=timezone.now())
    outbox.send_waiting()
    message.refresh_from_db()
    assert message.state == "unknown"
    assert graph.posts() == []


@pytest.mark.behaviour(14)
@pytest.mark.parametrize("echo_first", [True, False])
def test_an_echo_of_ours_makes_no_second_bubble(messenger, alice, graph, echo_first):
    graph.answers["POST /messages"] = (200, {"recipient_id": "4001", "message_id": "m_out"})
    take_in(messenger, meta.direct())
    message = answer(alice)
    echo = meta.echo("We are on it", mid="m_out", app_id=900111222333, metadata=str(message.token))
    if echo_first:
        outcomes.begin_sending(message.pk)
        take_in(messenger, echo)
        Outgoing.objects.all().delete()
    else:
        outbox.send_waiting()
        take_in(messenger, echo)
    take_in(messenger, {**echo, "again": 1})
    message.refresh_from_db()
    assert (message.state, message.external_id) == ("sent", "m_out")
    assert Message.objects.count() == 2


@pytest.mark.behaviour(15)
def test_an_answer_from_another_tool_stops_the_clock(messenger):
    take_in(messenger, meta.direct())
    take_in(messenger, meta.echo("Handled in the page inbox", mid="m_x", app_id=26390203743090))
    outside = Message.objects.get(origin="outside")
    assert outside.text == "Handled in the page inbox"
    assert Timer.objects.get().outcome == "answered"
    assert Ticket.objects.get().status == "pending"


@pytest.mark.behaviour(12)
def test_a_dead_token_stops_the_channel_and_reconnecting_sends_once(messenger, alice, graph):
    graph.answers["POST /messages"] = DEAD_TOKEN
    take_in(messenger, meta.direct(who="1"), meta.direct(who="2"))
    first = answer(alice, identity__external_id="1")
    second = answer(alice, identity__external_id="2")
    outbox.send_waiting()
    assert len(graph.posts()) == 1
    messenger.refresh_from_db()
    assert messenger.state == "attention"
    take_in(messenger, meta.direct("still there?", who="3"))
    assert Ticket.objects.count() == 3
    ticket = Ticket.objects.get(identity__external_id="3")
    with pytest.raises(NotAllowed) as refused:
        replies.reply(ticket.pk, alice.user, "yes", private=False, token=uuid.uuid4(), last_seq=ticket.seq)
    assert refused.value.reason == Reason.DISCONNECTED
    numbers = iter(range(10))
    graph.answers["POST /messages"] = lambda asked: (200, {"message_id": f"m_{next(numbers)}"})
    ChannelAccount.objects.filter(pk=messenger.pk).update(state="connected", attention="")
    messenger.refresh_from_db()
    outbox.account_is_back(messenger)
    outbox.send_waiting()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("sent", "sent")
    assert len(graph.posts()) == 3


@pytest.mark.behaviour(19)
def test_a_private_reply_goes_once(facebook, alice, graph):
    graph.answers["POST /messages"] = (200, {"recipient_id": "9", "message_id": "m_p"})
    take_in(facebook, meta.comment(comment_id="700_1"))
    message = answer(alice, "In private", private=True)
    with pytest.raises(NotAllowed) as refused:
        answer(alice, "and again", private=True)
    assert refused.value.reason == Reason.PRIVATE_REPLY_USED
    outbox.send_waiting()
    message.refresh_from_db()
    assert message.state == "sent"
    assert graph.posts()[0].json["recipient"] == {"comment_id": "700_1"}


@pytest.mark.behaviour(16)
def test_after_the_window_nothing_is_even_tried(messenger, alice, graph):
    take_in(messenger, meta.direct(at=timezone.now() - timedelta(days=8)))
    with pytest.raises(NotAllowed) as refused:
        answer(alice)
    assert refused.value.reason == Reason.WINDOW_CLOSED
    assert graph.asked == []


def test_a_text_over_length_is_refused_with_the_numbers(messenger, alice):
    take_in(messenger, meta.direct())
    with pytest.raises(NotAllowed) as refused:
        answer(alice, "x" * 2001)
    assert (refused.value.reason, refused.value.limit, refused.value.length) == (Reason.TOO_LONG, 2000, 2001)


def test_answers_of_one_ticket_leave_in_their_order(messenger, alice, graph):
    numbers = iter(range(10))
    graph.answers["POST /messages"] = lambda asked: (200, {"message_id": f"m_out{next(numbers)}"})
    take_in(messenger, meta.direct())
    ticket = Ticket.objects.get()
    for text in ("one", "two", "three"):
        replies.reply(ticket.pk, alice.user, text, private=False, token=uuid.uuid4(), last_seq=99)
    Outgoing.objects.filter(message__text="three").update(ready_at=timezone.now() - timedelta(minutes=1))
    outbox.send_waiting()
    assert [asked.json["message"]["text"] for asked in graph.posts()] == ["one", "two", "three"]


def test_throttling_waits_for_the_platform_s_word(messenger, alice, graph):
    graph.answers["POST /messages"] = (400, {"error": {"message": "limit", "code": 613}})
    take_in(messenger, meta.direct())
    message = answer(alice)
    outbox.send_waiting()
    message.refresh_from_db()
    assert (message.state, message.failure) == ("queued", "throttled")
    assert Outgoing.objects.get().ready_at > timezone.now() + timedelta(seconds=30)


def test_the_clocks_can_be_recomputed_from_the_messages(messenger, alice, graph):
    numbers = iter(range(100))
    graph.answers["POST /messages"] = lambda asked: (200, {"message_id": f"m_o{next(numbers)}"})
    start = timezone.now() - timedelta(minutes=20)
    for minutes in (0, 3, 1, 15, 9):
        take_in(messenger, meta.direct(str(minutes), at=start + timedelta(minutes=minutes)))
    answer(alice)
    outbox.send_waiting()
    take_in(messenger, meta.direct("late news", at=start + timedelta(minutes=2)))
    take_in(messenger, meta.direct("new question"))
    ticket = Ticket.objects.get()
    kept = [(t.metric, t.started_at, t.stopped_at) for t in Timer.objects.order_by("started_at")]
    said = [(wait.metric, wait.started_at, wait.stopped_at) for wait in engine.waits(history_of(ticket.pk))]
    assert kept == said
    assert [metric for metric, _, _ in kept] == ["first_response", "next_response"]


def test_an_answer_we_hear_of_after_the_clock_stopped_is_put_in_its_place(messenger, alice):
    start = timezone.now() - timedelta(minutes=4)
    take_in(messenger, meta.direct("one", at=start))
    take_in(messenger, meta.echo("second answer", mid="m_2", app_id=5, at=start + timedelta(minutes=3)))
    take_in(messenger, meta.echo("first answer", mid="m_1", app_id=5, at=start + timedelta(minutes=2)))
    assert abs(Timer.objects.get().stopped_at - start - timedelta(minutes=2)) < timedelta(milliseconds=2)


def test_words_the_resolution_did_not_know_keep_their_clock_whatever_is_recomputed(messenger, alice):
    start = timezone.now() - timedelta(minutes=4)
    take_in(messenger, meta.direct("one", at=start))
    waiting = json.dumps(meta.direct("three", at=start + timedelta(minutes=2))).encode()
    deliveries.keep([Arrived(messenger.app_id, waiting, timezone.now())])
    ticket = work.resolve(Ticket.objects.get().pk, alice.user)
    intake.drain()
    take_in(messenger, meta.direct("two, which comes last", at=start + timedelta(minutes=1)))
    ticket.refresh_from_db()
    running = Timer.objects.get(stopped_at=None)
    assert ticket.status == Ticket.Status.OPEN
    assert ticket.due_at == running.due_at
    assert abs(running.started_at - start - timedelta(minutes=1)) < timedelta(milliseconds=2)


@pytest.mark.behaviour(14)
def test_equal_words_to_two_people_are_told_apart_by_what_they_answer(facebook, alice):
    take_in(facebook, meta.comment(who="1", comment_id="700_1"), meta.comment(who="2", comment_id="700_2"))
    first = answer(alice, "Sorry!", identity__external_id="1")
    second = answer(alice, "Sorry!", identity__external_id="2")
    outcomes.begin_sending(first.pk)
    outcomes.begin_sending(second.pk)
    take_in(facebook, meta.comment("Sorry!", who=meta.PAGE, name="Acme", comment_id="700_9", parent="700_2"))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, second.external_id) == ("sending", "sent", "700_9")


def test_the_echo_of_an_answer_a_human_has_confirmed_makes_no_second_bubble(facebook, alice, graph):
    graph.answers["POST /comments"] = (500, b"<html>oops</html>")
    take_in(facebook, meta.comment(comment_id="700_1"))
    message = answer(alice)
    outbox.send_waiting()
    replies.confirm(message.pk, alice.user)
    take_in(facebook, meta.comment("We are on it", who=meta.PAGE, name="Acme", comment_id="700_9", parent="700_1"))
    message.refresh_from_db()
    assert (message.state, message.external_id) == ("sent", "700_9")
    assert Message.objects.count() == 2
