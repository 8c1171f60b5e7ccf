"""What a hand on the mouse, the keys or the glass finds in the inbox, in front of the real server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from inbox import outbox
from inbox.models import Message, Ticket
from tests import meta
from tests.browser.conftest import PHONE, eventually
from tests.browser.looking import names, row, waiting
from tests.conftest import take_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MANY = tuple((f"Person {number:02}", 60 - number) for number in range(40))


@pytest.mark.parametrize("shape", [{}, PHONE])
def test_the_first_press_on_a_scrolled_list_opens_that_row(inbox, facebook, bob, shape):
    waiting(facebook, *MANY)
    page = inbox("bob", **shape)
    page.locator("#rows").evaluate("(rows) => { rows.scrollTop = 25 * 74; }")
    there = row(page, "Person 27")
    expect(there).to_be_visible()
    scrolled = page.locator("#rows").evaluate("(rows) => rows.scrollTop")
    if shape:
        there.tap()
    else:
        box = there.bounding_box()
        page.mouse.move(box["x"] + 40, box["y"] + 20)
        page.mouse.down()
        page.wait_for_timeout(200)
        assert page.locator("#rows").evaluate("(rows) => rows.scrollTop") == scrolled
        page.mouse.up()
    expect(page.locator("#thread-name")).to_have_text("Person 27")


def test_after_a_change_of_view_the_first_key_opens_the_most_urgent(inbox, facebook, bob):
    waiting(facebook, ("First", 3), ("Second", 2), ("Third", 1))
    page = inbox("bob")
    for key in ("j", "ArrowDown"):
        row(page, "Third").click()
        page.locator(".nav-link[data-view=unassigned]").click()
        expect(page.locator("#thread-empty")).to_be_visible()
        page.keyboard.press(key)
        expect(page.locator("#thread-name")).to_have_text("First")


def test_after_an_answer_the_keys_are_the_lists_again(inbox, facebook, bob, graph):
    graph.answers["POST /comments"] = (200, {"id": "700_2"})
    waiting(facebook, ("First", 3), ("Second", 2))
    page = inbox("bob")
    page.keyboard.press("j")
    expect(page.locator(".entry.message")).to_have_count(1)
    page.keyboard.press("r")
    page.keyboard.type("We are on it.")
    page.keyboard.press("Control+Enter")
    eventually(Message.objects.filter(origin="agent", state="queued").exists)
    outbox.send_waiting()
    expect(row(page, "First")).to_contain_text("Answered. Press j to go on.")
    page.keyboard.press("j")
    expect(page.locator("#thread-name")).to_have_text("Second")


def test_who_writes_on_after_an_answer_is_not_disturbed(inbox, facebook, bob, graph):
    graph.answers["POST /comments"] = (200, {"id": "700_2"})
    waiting(facebook, ("First", 3), ("Second", 2))
    page = inbox("bob")
    page.keyboard.press("j")
    expect(page.locator(".entry.message")).to_have_count(1)
    page.keyboard.press("r")
    page.keyboard.type("We are on it.")
    page.keyboard.press("Control+Enter")
    page.keyboard.type("Also ")
    eventually(Message.objects.filter(origin="agent", state="queued").exists)
    outbox.send_waiting()
    expect(row(page, "First")).to_contain_text("Answered.")
    page.keyboard.type("just this")
    expect(page.locator("#words")).to_have_value("Also just this")


def test_what_was_found_stays_found_when_it_is_answered(inbox, facebook, bob, graph):
    graph.answers["POST /comments"] = (200, {"id": "700_2"})
    waiting(facebook, ("First", 3), ("Second", 2))
    page = inbox("bob")
    page.keyboard.press("/")
    page.keyboard.type("first")
    expect(page.locator("#rows .row")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".entry.message")).to_have_count(1)
    page.keyboard.press("r")
    page.keyboard.type("We are on it.")
    page.keyboard.press("Control+Enter")
    eventually(Message.objects.filter(origin="agent", state="queued").exists)
    page.wait_for_timeout(500)
    expect(row(page, "First")).not_to_have_class("ghost")
    outbox.send_waiting()
    expect(row(page, "First")).to_contain_text("Waiting")
    expect(row(page, "First")).not_to_have_class("ghost")
    expect(page.get_by_text("Nothing found")).to_be_hidden()


def test_a_number_finds_its_ticket_in_any_view(inbox, facebook, bob):
    waiting(facebook, ("First", 3), ("Second", 2))
    ticket = Ticket.objects.get(contact__name="Second")
    ticket.status = "resolved"
    ticket.save()
    page = inbox("bob")
    expect(page.locator("#rows .row")).to_have_count(1)
    for words in (f"#{ticket.pk}", str(ticket.pk)):
        page.locator("#search").fill(words)
        expect(row(page, "Second")).to_be_visible()
        assert names(page) == ["Second"]
    page.keyboard.press("Enter")
    expect(page.locator("#thread-name")).to_have_text("Second")
    page.locator("#search").fill("999999999")
    expect(row(page, "First")).to_have_count(0)
    page.locator("#search").fill("")
    expect(row(page, "First")).to_be_visible()


def test_an_answer_that_waits_says_why_and_can_be_taken_back(inbox, facebook, bob):
    take_in(facebook, meta.comment())
    page = inbox("bob")
    page.keyboard.press("j")
    expect(page.locator(".entry.message")).to_have_count(1)
    page.keyboard.press("r")
    page.keyboard.type("Patience")
    page.keyboard.press("Control+Enter")
    eventually(Message.objects.filter(origin="agent", state="queued").exists)
    past = timezone.now() - timedelta(minutes=1)
    Message.objects.filter(origin="agent").update(failure="throttled", send_after=past)
    page.reload()
    bubble = page.locator(".entry.ours")
    expect(bubble).to_contain_text("Waiting to be sent")
    expect(bubble.locator(".failure")).not_to_be_empty()
    bubble.get_by_role("button", name="Take back").click()
    expect(bubble).to_have_count(0)
    expect(page.locator("#words")).to_have_value("Patience")
    assert Message.objects.get(origin="agent").state == "cancelled"


def test_an_answer_that_just_left_is_not_taken_back(inbox, facebook, bob):
    take_in(facebook, meta.comment())
    page = inbox("bob")
    page.keyboard.press("j")
    expect(page.locator(".entry.message")).to_have_count(1)
    page.keyboard.press("r")
    page.keyboard.type("Gone")
    page.keyboard.press("Control+Enter")
    eventually(Message.objects.filter(origin="agent", state="queued").exists)
    past = timezone.now() - timedelta(minutes=1)
    Message.objects.filter(origin="agent").update(failure="throttled", send_after=past)
    page.reload()
    button = page.locator(".entry.ours").get_by_role("button", name="Take back")
    expect(button).to_be_visible()
    Message.objects.filter(origin="agent").update(state="sent", failure="")
    button.click()
    expect(page.locator(".toast")).to_contain_text("too late")
    expect(page.locator(".entry.ours")).to_have_attribute("data-state", "sent")
    expect(page.locator("#words")).to_have_value("")


def test_what_was_not_shown_does_not_count_as_seen(inbox, facebook, bob):
    """An own note carries a higher number than the customer's words that the page has not fetched yet."""
    take_in(facebook, meta.comment("First words", comment_id="700_1"))
    page = inbox("bob")
    page.keyboard.press("j")
    expect(page.locator(".entry.message")).to_have_count(1)
    page.route("**/entries/?after_seq=*", lambda route: route.abort())
    page.route("**/entries/?limit=*", lambda route: route.abort())
    take_in(facebook, meta.comment("Never mind, solved", comment_id="700_9"))
    page.keyboard.press("n")
    page.keyboard.type("He is in a hurry")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.note")).to_have_count(1)
    page.locator("#tab-reply").click()
    page.locator("#words").fill("My answer")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#held")).to_contain_text("Never mind, solved")
    assert not Message.objects.filter(origin="agent").exists()


def test_hints_of_single_keys_go_when_these_are_off(inbox, facebook, bob):
    bob.user.shortcuts = False
    bob.user.save()
    waiting(facebook, ("First", 3), ("Second", 2))
    page = inbox("bob")
    expect(page.locator("#thread-empty")).not_to_contain_text("press", use_inner_text=True)
    expect(page.locator(".list-head kbd")).to_be_hidden()
    row(page, "First").click()
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(row(page, "First")).to_contain_text("Resolved.")
    expect(row(page, "First")).not_to_contain_text("Press j")
    assert page.locator(".tools kbd:visible, .tabs kbd:visible").count() == 0


CUT = """(selector) => [...document.querySelectorAll(selector)].filter((element) => {
    const box = element.getBoundingClientRect();
    const frame = element.parentElement.getBoundingClientRect();
    return box.width && (box.right > frame.right + 1 || box.left < frame.left - 1 || box.bottom > frame.bottom + 1);
}).map((element) => element.textContent)"""


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("width", [1280, 320])
def test_nothing_that_matters_is_cut(inbox, facebook, messenger, bob, language, width):
    bob.user.language, bob.user.name = language, "Bartholomew Featherstonehaugh"
    bob.user.save()
    waiting(facebook, ("First", 31))
    take_in(messenger, meta.direct("Good evening", at=timezone.now() - timedelta(minutes=34)))
    Ticket.objects.update(assignee=bob.user)
    page = inbox("bob", viewport={"width": width, "height": 800})
    expect(page.locator("#rows .row")).to_have_count(2)
    assert page.evaluate(CUT, "#rows .row-source time, #rows .row-who") == []
    Ticket.objects.filter(kind="comment").update(status="pending")
    page = inbox("bob", f"pending/{Ticket.objects.get(kind='comment').pk}/", viewport={"width": width, "height": 800})
    expect(page.locator(".entry.message")).to_have_count(1)
    assert page.evaluate(CUT, ".thread-facts > *, .tabs button, .tabs") == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_an_error_page_has_no_error_of_its_own(inbox, site, bob):
    page = inbox("bob")
    page.goto(f"{site.url}/w/acme/inbox/open/999999999/")
    expect(page.get_by_role("heading")).to_have_text("There is nothing here")
    page.wait_for_timeout(300)


def test_a_post_is_not_among_the_comments_under_it(inbox, facebook, bob):
    post = {"item": "status", "verb": "add", "from": {"id": "5001", "name": "Poster"}, "post_id": meta.POST}
    take_in(facebook, meta.change({**post, "message": "The post", "created_time": meta.seconds()}))
    take_in(facebook, meta.comment("A comment", who="5002", name="Other"))
    page = inbox("bob", f"open/{Ticket.objects.get(contact__name='Other').pk}/")
    expect(page.locator("#story")).to_contain_text("The post")
    expect(page.locator("#others")).to_be_hidden()
