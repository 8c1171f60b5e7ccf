"""Answers that did not get through, were taken back, or came too late: no words are lost, and none are sent twice."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from connectors.models import ChannelAccount
from inbox import outbox
from inbox.actions import replies
from inbox.models import Message, Ticket
from tests import meta, x
from tests.browser.conftest import eventually
from tests.browser.looking import row
from tests.conftest import take_in
from tests.connectors.twitter.conftest import answer, handle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Take the card out of the phone. " * 12


def test_words_that_did_not_reach_the_server_outlast_the_page(inbox: Any, facebook: Any, bob: Any) -> None:
    take_in(facebook, meta.comment(who="1", name="Anna"))
    take_in(facebook, meta.comment(who="2", name="Ben"))
    page = inbox("bob", f"open/{Ticket.objects.earliest('id').pk}/")
    expect(page.locator(".entry.message")).to_have_count(1)
    page.route("**/replies/", lambda route: route.abort())
    page.locator("#words").fill("Once only")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(row(page, "Anna")).to_contain_text("Not sent ·")
    page.reload()
    expect(row(page, "Anna")).to_contain_text("Not sent ·")
    row(page, "Anna").click()
    bubble = page.locator(".entry.ours")
    expect(bubble).to_contain_text("Once only")
    expect(bubble).to_have_attribute("data-state", "failed")
    page.unroute("**/replies/")
    bubble.get_by_role("button", name="Try again").click()
    expect(bubble).to_have_attribute("data-state", "queued")
    expect(row(page, "Anna")).not_to_contain_text("Not sent ·")
    assert Message.objects.get(origin="agent").text == "Once only"


def test_a_failed_answer_that_is_taken_back_needs_no_look_any_more(
    inbox: Any, facebook: Any, alice: Any, bob: Any, graph: Any
) -> None:
    graph.answers["POST /comments"] = (400, {"error": {"code": 100, "message": "Invalid parameter"}})
    take_in(facebook, meta.comment(comment_id="700_1"))
    answer(alice, "We are on it")
    outbox.send_waiting()
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    bubble = page.locator(".entry.ours")
    expect(bubble).to_have_attribute("data-state", "failed")
    bubble.get_by_role("button", name="Back to the composer").click()
    expect(bubble).to_have_count(0)
    expect(page.locator("#words")).to_have_value("We are on it")
    ticket = Ticket.objects.get()
    assert (ticket.trouble, Message.objects.get(origin="agent").state) == (False, "cancelled")


def test_a_split_answer_is_taken_back_as_it_was_typed(inbox: Any, acme: Any, bob: Any) -> None:
    acme.undo_seconds = 10
    acme.save()
    on_x: ChannelAccount = handle(acme, x.BRAND)
    take_in(on_x, x.mention())
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    page.locator("#words").fill(LONG)
    page.locator("#split").click()
    bubbles = page.locator(".entry.ours")
    expect(bubbles).to_have_count(2)
    eventually(lambda: Message.objects.filter(origin="agent", state="queued").count() == 2)
    bubbles.first.get_by_role("button", name="Undo").click()
    expect(bubbles).to_have_count(0)
    expect(page.locator("#words")).to_have_value(LONG.strip())
    assert set(Message.objects.filter(origin="agent").values_list("state", flat=True)) == {"cancelled"}


def test_two_agents_who_answer_at_once_are_asked_once(inbox: Any, facebook: Any, alice: Any, bob: Any) -> None:
    take_in(facebook, meta.comment())
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    expect(page.locator(".entry.message")).to_have_count(1)
    page.locator("#words").fill("Mine")
    answer(alice, "Hers")
    expect(page.locator(".entry.ours")).to_contain_text("Hers")
    page.locator("#words").press("Control+Enter")
    held = page.locator("#held")
    expect(held).to_contain_text("a colleague answered meanwhile")
    expect(held).to_contain_text("Hers")
    assert not Message.objects.filter(text="Mine").exists()
    held.get_by_role("button", name="Send anyway").click()
    eventually(Message.objects.filter(text="Mine").exists)


def test_parts_that_never_left_go_together_and_what_left_stays(acme: Any, alice: Any) -> None:
    on_x: ChannelAccount = handle(acme, x.BRAND)
    take_in(on_x, x.mention())
    first = answer(alice, "One (1/3)")
    second = answer(alice, "Two (2/3)", ticket=Ticket.objects.get(), continues=first.pk)
    third = answer(alice, "Three (3/3)", continues=second.pk)
    Message.objects.filter(pk=first.pk).update(state="sent", external_id="9")
    replies.undo(third.pk)
    assert list(Message.objects.filter(origin="agent").order_by("pk").values_list("state", flat=True)) == [
        "sent",
        "cancelled",
        "cancelled",
    ]
