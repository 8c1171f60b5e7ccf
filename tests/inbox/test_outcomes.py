"""Answers whose fate is unclear for a while: each ends as one thing, and costs nobody else anything."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from connectors.contract import Notice, NoticeKind, Reason
from connectors.models import ChannelAccount, Delivery
from inbox import outbox
from inbox.actions import accounts, replies
from inbox.actions.receive import Arrival, receive
from inbox.actions.refusals import KeyReused
from inbox.models import Message, Outgoing, Ticket
from tests import meta
from tests.conftest import PAGE, take_in
from tests.inbox.test_replies import answer


def test_one_comment_on_the_page_settles_one_of_two_answers_with_the_same_words(facebook, alice, graph):
    take_in(facebook, meta.comment(comment_id="700_1"))
    graph.answers["POST /700_1/comments"] = (500, b"<html>")
    first = answer(alice, "Merci")
    outbox.send_waiting()
    second = answer(alice, "Merci")
    outbox.send_waiting()
    found = {
        "id": "700_2",
        "from": {"id": PAGE},
        "message": "Merci",
        "created_time": timezone.now().strftime("%Y-%m-%dT%H:%M:%S+0000"),
    }
    graph.answers["GET /700_1/comments"] = (200, {"data": [found]})
    Outgoing.objects.update(ready_at=timezone.now())
    outbox.send_waiting()
    for message in (first, second):
        message.refresh_from_db()
    assert {(first.state, first.external_id), (second.state, second.external_id)} == {
        ("sent", "700_2"),
        ("unknown", None),
    }


def test_of_two_private_replies_the_one_that_is_proven_stays(facebook, messenger, alice, graph):
    take_in(facebook, meta.comment(comment_id="700_1"))
    graph.answers["POST /messages"] = (400, {"error": {"message": "(#551)", "code": 551, "error_subcode": 1545041}})
    believed_failed = answer(alice, "a", private=True)
    outbox.send_waiting()
    again = answer(alice, "b", private=True)
    take_in(messenger, meta.echo("a", mid="m_8", metadata=str(believed_failed.token), to="3001"))
    assert not Delivery.objects.exclude(state="done").exists()
    believed_failed.refresh_from_db()
    again.refresh_from_db()
    assert believed_failed.state == "sent"
    assert (again.state, again.failure) == ("failed", Reason.PRIVATE_REPLY_USED)
    assert not Outgoing.objects.exists()


def test_a_key_of_another_answer_is_refused(facebook, alice, bob):
    take_in(facebook, meta.comment(who="1"), meta.comment(who="2"))
    first, second = Ticket.objects.order_by("id")
    token = uuid.uuid4()
    replies.reply(first.pk, alice.user, "x", private=False, token=token, last_seq=first.seq)
    for ticket, agent in ((second, alice), (first, bob)):
        with pytest.raises(KeyReused):
            replies.reply(ticket.pk, agent.user, "y", private=False, token=token, last_seq=ticket.seq)
    assert Message.objects.filter(origin="agent").count() == 1


def test_news_about_an_account_do_not_undo_what_an_admin_did_meanwhile(messenger, carol):
    as_the_batch_knows_it = ChannelAccount.objects.select_related("app").get(pk=messenger.pk)
    accounts.pause(carol.user, messenger.pk, paused=True)
    warning = Notice("messenger", PAGE, NoticeKind.POLICY, timezone.now(), data={"action": "warning", "reason": "x"})
    receive(as_the_batch_knows_it, [Arrival(warning, timezone.now())])
    messenger.refresh_from_db()
    assert (messenger.state, messenger.attention) == ("paused", "policy:warning:x")


def test_an_answer_a_worker_held_while_its_account_was_removed_fails(facebook, alice, graph):
    take_in(facebook, meta.comment())
    message = answer(alice)
    ChannelAccount.objects.filter(pk=facebook.pk).update(state="removed", credentials={})
    outbox.send_waiting()
    message.refresh_from_db()
    assert (message.state, message.failure) == ("failed", Reason.REMOVED)
    assert graph.posts() == []
    assert not Outgoing.objects.exists()
