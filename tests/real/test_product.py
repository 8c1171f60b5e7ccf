"""From a reader's comment to the official answer, through the product: on the fake WordPress and on a real one."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.test import Client

from connectors.blog import wordpress as client
from connectors.models import ChannelAccount
from inbox import enrich, outbox, polling
from inbox.models import Message, Story, Ticket
from sla.models import Timer
from socialcare.models import Membership, Workspace
from tests.blog import SETTINGS, look
from tests.real.visiting import listed, read, visit
from tests.real.wordpress import Blog

API = "/w/acme/api"
Sign = Callable[[Membership], Client]


@pytest.fixture
def browser(alice: Membership, sign_in: Sign) -> Client:
    return sign_in(alice)


@pytest.fixture
def account(acme: Workspace, carol: Membership, sign_in: Sign, blog: Blog, settings: Any) -> ChannelAccount:
    """Connected by an admin in the settings, with the application password of the official author."""
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    client._roots.clear()
    assert connect(carol, sign_in, blog, "editor").status_code == 200
    # WordPress writes down whole seconds; what comes in this one counts as older.
    time.sleep(1.1)
    return ChannelAccount.objects.get(channel="blog")


def connect(carol: Membership, sign_in: Sign, blog: Blog, role: str, password: str = "") -> Any:
    person = blog.people[role]
    form = {
        "url": f"{blog.url}/",
        "username": person.login,
        "application_password": password or " ".join(re.findall(".{4}", person.password)),
        "name": "",
    }
    return sign_in(carol).post("/w/acme/settings/accounts/add/0/blog/", form, follow=True)


def post(browser: Client, path: str, **body: Any) -> Any:
    return browser.post(f"{API}{path}", json.dumps(body), content_type="application/json")


def answer(browser: Client, ticket: Ticket, text: str) -> Message:
    said = post(browser, f"/tickets/{ticket.pk}/replies/", text=text, last_seq=ticket.seq)
    assert said.status_code == 201, said.content
    outbox.send_waiting()
    return Message.objects.get(pk=said.json()["entry"]["id"])


def message_of(number: int) -> Message:
    return Message.objects.get(external_id=str(number))


def ticket_of(number: int) -> Ticket:
    """Of this comment: what another test wrote in the second in which this one connected is a ticket here as well."""
    return message_of(number).ticket


def clock_of(ticket: Ticket) -> Timer:
    return Timer.objects.get(ticket_id=ticket.pk)


def test_a_visitors_comment_becomes_a_ticket_and_the_answer_stands_on_the_site(blog, account, browser):
    assert (account.name, account.state) == (blog.people["editor"].name, "connected")
    number = visit(blog, "Where is my <b>parcel</b>, and why?", "Ada Reader")
    look(account)
    message, ticket = message_of(number), ticket_of(number)
    assert (message.text, message.hidden) == ("Where is my parcel, and why?", False)
    assert ticket.contact.name == "Ada Reader"
    assert clock_of(ticket).stopped_at is None

    words = 'It left & <script>alert(1)</script> "soon" – 2 < 3 😀\n\nBye.'
    sent = answer(browser, ticket, words)
    assert sent.state == Message.State.SENT, sent.failure
    assert clock_of(ticket).stopped_at is not None
    made = read(blog, int(sent.external_id or 0))
    person = blog.people["editor"]
    assert (made["parent"], made["post"], made["author"]) == (number, blog.posts["open"], person.id)
    assert (made["author_name"], made["status"]) == (person.name, "approved")
    page = requests.get(made["link"].partition("#")[0], timeout=30).text
    assert "<script>alert" not in page
    assert "It left &amp; &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.index("Where is my <b>parcel</b>") < page.index("It left")
    assert sent.permalink == made["link"]

    for _ in range(3):
        look(account)
    assert Ticket.objects.filter(identity=ticket.identity).count() == 1
    assert list(ticket.messages.order_by("seq").values_list("text", flat=True)) == [message.text, words]


def test_what_was_there_before_is_no_ticket(blog, acme, carol, sign_in, settings):
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    client._roots.clear()
    visit(blog, "Long before anybody connected")
    time.sleep(1.1)
    connect(carol, sign_in, blog, "editor")
    look(ChannelAccount.objects.get(channel="blog"))
    assert not Message.objects.filter(text="Long before anybody connected").exists()


def test_moderation_from_the_ticket(blog, account, browser):
    blog.set_rules(moderated=True)
    try:
        number = visit(blog, "Buy my watches")
    finally:
        blog.set_rules(moderated=False)
    look(account)
    message = message_of(number)
    assert message.hidden is True
    steps = [
        ("approve", True, "approved"),
        ("approve", False, "hold"),
        ("approve", True, "approved"),
        ("spam", True, "spam"),
        ("spam", False, "approved"),
        ("delete", True, "trash"),
        ("delete", False, "approved"),
        ("spam", True, "spam"),
        ("spam", True, "spam"),
        ("delete", True, "trash"),
    ]
    for action, on, status in steps:
        said = post(browser, f"/messages/{message.pk}/act/", action=action, on=on)
        assert said.status_code == 200, said.content
        assert read(blog, number)["status"] == status
    assert {"approved", "held_back", "spam", "trashed"} <= set(message.ticket.events.values_list("verb", flat=True))
    assert number not in {one["id"] for one in listed(blog, context="edit", status="all")}
    assert message_of(number).standing == "trash"


def test_what_moderators_do_in_wordpress_is_found_by_looking(blog, account, browser):
    number = visit(blog, "Look at me again")
    look(account)
    for status, standing in (
        ("spam", "spam"),
        ("unspam", ""),
        ("hold", "held"),
        ("trash", "trash"),
        ("untrash", "held"),
    ):
        blog.call("POST", f"comments/{number}", json={"status": status})
        polling.look_for_removed_of(account.pk)
        assert message_of(number).standing == standing, status
    assert message_of(number).text == "Look at me again"
    blog.call("DELETE", f"comments/{number}?force=true")
    polling.look_for_removed_of(account.pk)
    assert (message_of(number).text, message_of(number).removed_at is None) == ("", False)


def test_what_is_done_in_wordpress_itself_is_seen(blog, account):
    blog.set_rules(moderated=True)
    try:
        number = visit(blog, "Approve me over there")
    finally:
        blog.set_rules(moderated=False)
    look(account)
    assert message_of(number).hidden is True
    blog.call("POST", f"comments/{number}", json={"status": "approve"})
    look(account)
    assert message_of(number).hidden is False
    body = {"post": blog.posts["open"], "parent": number, "content": "Answered in WordPress itself."}
    assert blog.call("POST", "comments", json=body).status_code == 201
    look(account)
    assert ticket_of(number).status == Ticket.Status.PENDING
    assert clock_of(ticket_of(number)).stopped_at is not None


def test_pingbacks_and_notes_are_no_tickets(blog, account):
    for kind in ("pingback", "trackback", "note"):
        blog.mark(blog.posts["open"], kind, f"Some {kind}")
    look(account)
    assert not Message.objects.filter(text__contains="Some ").exists()


def test_an_answer_to_what_went_to_the_trash_meanwhile_is_not_sent(blog, account, browser):
    number = visit(blog, "Never mind")
    look(account)
    blog.call("POST", f"comments/{number}", json={"status": "trash"})
    sent = answer(browser, ticket_of(number), "We do mind.")
    assert (sent.state, sent.failure) == ("failed", "set_aside")
    assert message_of(number).standing == "trash"
    assert "We do mind." not in {one["content"]["raw"] for one in listed(blog, context="edit", search="do mind")}


def test_an_answer_that_is_there_already_is_found_and_not_sent_twice(blog, account, browser):
    number = visit(blog, "Is it twice?")
    look(account)
    body = {"post": blog.posts["open"], "parent": number, "content": "Only once."}
    there = blog.call("POST", "comments", json=body).json()["id"]
    sent = answer(browser, ticket_of(number), "Only once.")
    assert (sent.state, sent.external_id) == ("sent", str(there))
    assert len(listed(blog, context="edit", search="Only once.")) == 1


def test_a_post_closed_for_comments_is_told(blog, account, browser):
    number = visit(blog, "Last words", post="second")
    look(account)
    found = message_of(number)
    enrich.enrich(account.pk)
    assert Story.objects.filter(text__contains="Winter boots are in").exists()
    blog.set_open(blog.posts["second"], False)
    try:
        sent = answer(browser, found.ticket, "Too late?")
    finally:
        blog.set_open(blog.posts["second"], True)
    assert (sent.state, sent.failure) == ("failed", "closed")


@pytest.mark.parametrize(("role", "password", "words"), [
    ("editor", "wrong wrong wrong wrong", "password"),
    ("author", "", "moderate_comments"),
    ("subscriber", "", "moderate_comments"),
])  # fmt: skip
def test_who_cannot_connect_is_told_why(blog, acme, carol, sign_in, settings, role, password, words):
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    client._roots.clear()
    page = connect(carol, sign_in, blog, role, password).content.decode()
    assert words in page
    assert "Nothing was saved" in page or "paste it here" in page
    assert not ChannelAccount.objects.filter(channel="blog").exists()


def test_a_revoked_password_asks_for_the_admin(blog, account, browser):
    number = visit(blog, "Still there?")
    look(account)
    blog.set_rules(local=False)
    try:
        sent = answer(browser, ticket_of(number), "Soon again.")
        account.refresh_from_db()
        assert (sent.state, account.state) == ("queued", "attention")
    finally:
        blog.set_rules(local=True)
