"""Several comments of one person under one post: which of them an answer goes to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from connectors.models import ChannelAccount
from inbox import outbox
from inbox.models import Message, Ticket
from socialcare.models import Membership, Workspace
from tests import meta
from tests.blog import SETTINGS, Site, feed_of, look
from tests.conftest import take_in
from tests.connectors.blog.host import Says, running
from tests.connectors.blog.test_feeds import XML, item, rss
from tests.connectors.blog.test_moderation import act
from tests.connectors.blog.test_wordpress import API, post


@pytest.fixture
def two(blog: ChannelAccount, site: Site) -> tuple[Message, Message]:
    now = datetime.now(UTC).replace(microsecond=0)
    site.write("Where is my parcel?", at=now - timedelta(minutes=3))
    site.write("And may I send it back?", at=now - timedelta(minutes=2), status="hold")
    look(blog)
    first, second = Message.objects.order_by("at")
    assert first.ticket_id == second.ticket_id
    return first, second


def compose(browser: Client, ticket: int, to: int | None = None) -> dict[str, Any]:
    asked = browser.get(f"{API}/tickets/{ticket}/", {"to": to} if to else {})
    assert asked.status_code == 200, asked.content
    found: dict[str, Any] = asked.json()["compose"]
    return found


def test_what_would_be_answered_is_named_and_another_can_be_chosen(
    two: tuple[Message, Message], site: Site, browser: Client
) -> None:
    first, second = two
    said = compose(browser, first.ticket_id)
    assert (said["reply"]["to"], said["about"], said["reply"]["held"]) == (second.pk, "And may I send it back?", True)
    assert said["choices"] == [second.pk, first.pk]
    said = compose(browser, first.ticket_id, first.pk)
    assert (said["reply"]["to"], said["about"], said["reply"]["held"]) == (first.pk, "Where is my parcel?", False)

    sent = post(browser, f"/tickets/{first.ticket_id}/replies/", text="On its way.", last_seq=2, to=first.pk)
    assert sent.status_code == 201, sent.content
    outbox.send_waiting()
    assert [one["parent"] for one in site.comments.values() if one["parent"]] == [int(first.external_id or 0)]
    entries = browser.get(f"{API}/tickets/{first.ticket_id}/entries/").json()["items"]
    assert [one["parent"] for one in entries if one.get("origin") == "agent"] == [first.pk]


def test_one_comment_leaves_nothing_to_choose(blog: ChannelAccount, site: Site, browser: Client) -> None:
    site.write()
    look(blog)
    message = Message.objects.get()
    for to in (None, message.pk):
        assert compose(browser, message.ticket_id, to)["choices"] == []


def test_what_was_chosen_and_went_away_is_told_and_the_other_offered(
    two: tuple[Message, Message], browser: Client
) -> None:
    first, second = two
    act(browser, first, "spam")
    said = compose(browser, first.ticket_id, first.pk)
    assert (said["reply"]["allowed"], said["reply"]["reason"], said["choices"]) == (False, "set_aside", [second.pk])
    assert compose(browser, first.ticket_id)["choices"] == []


def test_what_is_no_message_of_the_ticket_is_not_chosen(
    two: tuple[Message, Message], blog: ChannelAccount, site: Site, browser: Client
) -> None:
    first, second = two
    site.write("Another person", author_email="other@example.org")
    look(blog)
    other = Message.objects.exclude(ticket=first.ticket_id).get()
    for to in (other.pk, 2**62):
        assert compose(browser, first.ticket_id, to)["reply"]["to"] == second.pk
        refused = post(browser, f"/tickets/{first.ticket_id}/replies/", text="Hello", last_seq=2, to=to)
        assert refused.status_code == 422
    assert browser.get(f"{API}/tickets/{first.ticket_id}/", {"to": "first"}).status_code == 400


def test_comments_on_a_page_are_chosen_alike_and_private_messages_are_not(
    facebook: ChannelAccount, messenger: ChannelAccount, browser: Client
) -> None:
    for number, text in enumerate(("Where is it?", "Hello?")):
        at = datetime.now(UTC) - timedelta(minutes=2 - number)
        take_in(facebook, meta.comment(text, comment_id=f"700_{number}", at=at))
        take_in(messenger, meta.direct(text, mid=f"m_{number}", at=at))
    public, direct = Ticket.objects.get(account=facebook), Ticket.objects.get(account=messenger)
    second, first = compose(browser, public.pk)["choices"]
    assert compose(browser, public.pk, first)["about"] == "Where is it?"
    assert compose(browser, public.pk, second)["about"] == "Hello?"
    assert compose(browser, direct.pk)["choices"] == []


def test_an_answer_given_there_is_recorded_for_the_chosen_one(
    acme: Workspace, settings: Any, alice: Membership, browser: Client
) -> None:
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    now = datetime.now(UTC).replace(microsecond=0)
    with running() as host:
        asked = [item(one, author="Ada", at=now - timedelta(minutes=9 - one)) for one in (1, 2)]
        host.pages["/feed"] = Says(rss(*asked), headers=XML)
        look(feed_of(acme, host.url + "/feed"))
    first, second = Message.objects.order_by("at")
    said = compose(browser, first.ticket_id, first.pk)["reply"]
    assert (said["elsewhere"], said["instead"]) == (True, first.permalink)
    path = f"/tickets/{first.ticket_id}/answered-there/"
    given = {"link": "https://blog.example.com/parcels/#c9", "last_seq": 2, "to": first.pk}
    recorded = post(browser, path, **given)
    assert recorded.status_code == 201, recorded.content
    assert (recorded.json()["entry"]["parent"], second.ticket_id) == (first.pk, first.ticket_id)
