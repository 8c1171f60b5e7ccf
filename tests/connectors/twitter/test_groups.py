"""Conversations of several: told apart from private ones, with everybody who reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from inbox import composing, polling
from inbox.models import Message, Ticket
from tests import x
from tests.conftest import take_in
from tests.connectors.twitter.conftest import taken_in

NOW = datetime.now(UTC)
LENA = "1600000000000000023"


def event(kind: str, *, seconds: int = 0, **more) -> dict:
    at = NOW + timedelta(seconds=seconds - 60)
    said = {"id": x.new_id(at), "event_type": kind, "dm_conversation_id": "4444", "created_at": x.iso(at), **more}
    return {"polled": {"for_user_id": x.BRAND, "how": "direct", "event": said}}


def said(who: str, **more) -> dict:
    return event("MessageCreate", sender_id=who, text="All of you", **more)


def of(ticket: Ticket) -> tuple[int, str]:
    found = composing.compose(ticket)["reply"]
    return found["group"], found["message"]


@pytest.mark.behaviour_x(27)
def test_who_reads_a_group_is_said_before_anybody_types(acme_on_x):
    joined = event("ParticipantsJoin", sender_id=x.AMELIE, participant_ids=[x.AMELIE, x.BRAND, x.KARIM])
    take_in(acme_on_x, joined, said(x.AMELIE, seconds=1))
    ticket = Ticket.objects.get()
    assert of(ticket) == (2, "A group: all who are in it read this, 2 people as far as we know.")
    take_in(acme_on_x, event("ParticipantsJoin", seconds=2, sender_id=x.AMELIE, participant_ids=[LENA]))
    assert of(ticket)[0] == 3
    take_in(acme_on_x, event("ParticipantsLeave", seconds=3, participant_ids=[x.KARIM]), joined)
    assert of(ticket)[0] == 2


@pytest.mark.behaviour_x(27)
def test_whoever_writes_in_a_group_reads_it_though_nobody_said_they_joined(acme_on_x, alice, sign_in):
    take_in(acme_on_x, said(x.AMELIE), said(x.KARIM, seconds=1))
    first, second = Ticket.objects.order_by("id")
    assert of(first)[0] == of(second)[0] == 2
    given = sign_in(alice).get(f"/w/acme/api/tickets/{first.pk}/").json()
    assert [one["text"] for one in given["others"]] == ["All of you"]


def test_a_conversation_of_two_is_no_group(acme_on_x):
    take_in(acme_on_x, x.direct("Psst"))
    assert of(Ticket.objects.get()) == (0, "Only the customer sees this.")


@pytest.mark.behaviour_x(27)
def test_a_group_that_was_begun_on_x_is_known_with_all_its_people(acme_on_x, live_x):
    polling.poll_account(acme_on_x.pk)
    group = live_x.say("group", **{"with": ["Karim Haddad", "Lena Fischer"]})
    live_x.say("message", "All of you", talk=group)
    taken_in(acme_on_x)
    message = Message.objects.get(text="All of you")
    assert message.ticket.thread_id == f"group:{group}"
    assert of(message.ticket)[0] == 3
