"""Answering in private who wrote in public: whom X lets us write to, and how we know before anybody types."""

from __future__ import annotations

import pytest

from connectors import ledger
from connectors.contract import Reason
from inbox import composing, enrich, outbox
from inbox.actions import replies
from inbox.actions.refusals import NotAllowed
from inbox.models import Identity, Message, Ticket
from tests.connectors.stand import until
from tests.connectors.twitter.conftest import answer, bring_in, fresh, taken_in


def test_a_question_can_be_answered_in_private(asked, live_x, acme_on_x, alice):
    message = answer(alice, "Your number, please?", private=True)
    outbox.send_waiting()
    message.refresh_from_db()
    assert message.state == "sent"
    said = [one for one in live_x.state()["messages"] if one["id"] == message.external_id]
    assert said[0]["text"] == "Your number, please?"
    compose = composing.compose(asked)["private"]
    assert (compose["allowed"], compose["message"]) == (
        True,
        "Goes to the customer’s private messages, where they take any from this account.",
    )
    second = answer(alice, "And your postcode?", ticket=Ticket.objects.get(), private=True)
    outbox.send_waiting()
    second.refresh_from_db()
    assert second.state == "sent"


@pytest.mark.behaviour_x(13)
def test_whoever_takes_no_messages_is_known_before_the_next_one_is_typed(asked, live_x, acme_on_x, alice):
    live_x.say("close_dms")
    message = answer(alice, "Your number, please?", private=True)
    outbox.send_waiting()
    message.refresh_from_db()
    assert (message.state, message.failure) == ("failed", Reason.RECIPIENT_UNAVAILABLE)
    compose = composing.compose(asked)
    assert compose["private"]["reason"] == Reason.RECIPIENT_UNAVAILABLE
    assert compose["reply"]["allowed"]
    live_x.say("open_dms")
    replies.retry(message.pk, alice.user)
    outbox.send_waiting()
    message.refresh_from_db()
    assert message.state == "sent"
    assert composing.compose(asked)["private"]["allowed"]


@pytest.mark.behaviour_x(13)
def test_whom_x_says_to_take_no_messages_is_known_before_anybody_types(asked, live_x, acme_on_x, alice):
    live_x.say("close_dms")
    assert composing.compose(fresh(asked))["private"]["allowed"]
    taken_in(acme_on_x)
    assert Ticket.objects.count() == Message.objects.count() == 1
    compose = composing.compose(fresh(asked))
    assert (compose["private"]["allowed"], compose["private"]["reason"]) == (False, Reason.RECIPIENT_UNAVAILABLE)
    assert compose["private"]["message"].startswith("This person cannot be reached: they take no messages")
    assert compose["reply"]["allowed"]
    with pytest.raises(NotAllowed):
        answer(alice, "Your number, please?", private=True)
    assert [line.kind for line in ledger.lines(acme_on_x) if line.kind == "user_read"] == []
    live_x.say("open_dms")
    live_x.say("message", "Here it is")
    until(lambda: live_x.hook.events("dm.received"))
    bring_in(acme_on_x, live_x)
    assert composing.compose(fresh(asked))["private"]["allowed"]


@pytest.mark.behaviour_x(13)
def test_a_profile_says_whether_its_owner_takes_messages(asked, live_x, acme_on_x):
    live_x.say("close_dms")
    Identity.objects.update(name="", profile_asked_at=None)
    enrich.enrich(acme_on_x.pk)
    assert Identity.objects.get().takes_messages is False
    assert composing.compose(fresh(asked))["private"]["reason"] == Reason.RECIPIENT_UNAVAILABLE


def test_a_sign_of_the_customer_s_opens_the_private_way_again(asked, live_x, acme_on_x, alice):
    live_x.say("close_dms")
    answer(alice, "Your number, please?", private=True)
    outbox.send_waiting()
    mine = Message.objects.get(origin="customer").external_id
    live_x.say("reply", "@Acme try again, I take them now", to=mine)
    until(lambda: len(live_x.hook.events("post.mention.create")) == 2)
    bring_in(acme_on_x, live_x)
    assert composing.compose(fresh(asked))["private"]["allowed"]


@pytest.mark.behaviour_x(27)
def test_what_was_said_in_private_cannot_be_deleted_like_a_post(asked, live_x, alice, sign_in):
    message = answer(alice, "Your number, please?", private=True)
    outbox.send_waiting()
    given = {"action": "delete", "on": True}
    address = f"/w/acme/api/messages/{message.pk}/act/"
    refused = sign_in(alice).post(address, given, content_type="application/json")
    message.refresh_from_db()
    assert refused.status_code >= 400
    assert (message.state, message.removed_at) == ("sent", None)
    assert message.external_id in {one["id"] for one in live_x.state()["messages"]}
