"""Reading and answering one ticket in a real browser, in front of the real server."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from inbox import outbox
from inbox.actions import work
from inbox.models import Message, Note, Queue, Tag, Ticket
from sla.models import Policy
from tests import meta
from tests.browser.conftest import eventually
from tests.browser.looking import row
from tests.conftest import take_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_reply_is_shown_at_once_sent_and_its_state_told(inbox, facebook, bob, graph):
    graph.answers["POST /comments"] = (200, {"id": "700_2"})
    take_in(facebook, meta.comment(comment_id="700_1"))
    page = inbox("bob")
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.locator("#rule-text")).to_have_text("Everybody can read this on Acme.")
    page.keyboard.type("We are on it.")
    page.evaluate(
        """() => {
            const words = document.querySelector("#words");
            words.addEventListener("keydown", () => { window.pressed = performance.now(); }, true);
            new MutationObserver(() => { window.bubble ??= performance.now(); })
                .observe(document.querySelector("#entries"), { childList: true });
        }"""
    )
    page.keyboard.press("Control+Enter")
    bubble = page.locator(".entry.ours", has_text="We are on it.")
    expect(bubble).to_be_visible()
    assert page.evaluate("window.bubble - window.pressed") < 50
    expect(page.locator("#words")).to_have_value("")
    eventually(Message.objects.filter(origin="agent", state="queued").exists)
    outbox.send_waiting()
    expect(bubble).to_have_attribute("data-state", "sent")
    expect(page.locator(".entry.ours")).to_have_count(1)
    expect(row(page, "Amélie Petit")).to_contain_text("Answered")


def test_undo_gives_the_words_back(inbox, facebook, bob, acme):
    acme.undo_seconds = 10
    acme.save()
    take_in(facebook, meta.comment())
    page = inbox("bob")
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.keyboard.type("Too early")
    page.keyboard.press("Control+Enter")
    bubble = page.locator(".entry.ours")
    expect(bubble).to_contain_text(re.compile(r"Sending in \d+ s"))
    bubble.get_by_role("button", name="Undo").click()
    expect(bubble).to_have_count(0)
    expect(page.locator("#words")).to_have_value("Too early")
    assert Message.objects.get(origin="agent").state == "cancelled"


def test_a_reply_is_held_when_something_new_was_said(inbox, facebook, bob):
    take_in(facebook, meta.comment("First words", comment_id="700_1"))
    page = inbox("bob")
    page.keyboard.press("j")
    expect(page.locator(".entry.message")).to_have_count(1)
    page.keyboard.press("r")
    page.keyboard.type("My answer")
    page.route("**/entries/?after_seq=*", lambda route: route.abort())
    take_in(facebook, meta.comment("Never mind, solved", comment_id="700_9"))
    page.keyboard.press("Control+Enter")
    held = page.locator("#held")
    expect(held).to_contain_text("Never mind, solved")
    expect(page.locator("#words")).to_have_value("My answer")
    assert not Message.objects.filter(origin="agent").exists()
    page.unroute("**/entries/?after_seq=*")
    held.get_by_role("button", name="Send anyway").click()
    expect(page.locator("#words")).to_be_focused()
    eventually(Message.objects.filter(origin="agent", text="My answer").exists)
    expect(held).to_be_hidden()


def test_a_refusal_keeps_the_words_and_says_why(inbox, facebook, bob):
    take_in(facebook, meta.comment())
    page = inbox("bob")
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.locator("#words").fill("x" * 8001)
    expect(page.locator("#words-error")).to_have_text("1 character too many")
    expect(page.locator("#send")).to_be_disabled()
    page.keyboard.press("Control+Enter")
    page.locator("#words").fill("👍" * 8000)
    expect(page.locator("#counter")).to_have_text("8,000 / 8,000")
    expect(page.locator("#send")).to_be_enabled()
    assert not Message.objects.filter(origin="agent").exists()


def test_a_reply_that_did_not_arrive_can_be_tried_again(inbox, facebook, bob):
    take_in(facebook, meta.comment())
    page = inbox("bob")
    page.keyboard.press("j")
    expect(page.locator(".entry.message")).to_have_count(1)
    page.route("**/replies/", lambda route: route.abort())
    page.keyboard.press("r")
    page.keyboard.type("Once only")
    page.keyboard.press("Control+Enter")
    bubble = page.locator(".entry.ours")
    expect(bubble).to_have_attribute("data-state", "failed")
    expect(bubble).to_contain_text("it will not be sent twice")
    page.unroute("**/replies/")
    bubble.get_by_role("button", name="Try again").click()
    expect(bubble).to_have_attribute("data-state", "queued")
    expect(bubble).to_have_count(1)
    assert Message.objects.filter(origin="agent").count() == 1


def test_a_reply_whose_answer_was_lost_is_not_sent_twice(inbox, facebook, bob):
    take_in(facebook, meta.comment())
    page = inbox("bob")
    page.keyboard.press("j")
    expect(page.locator(".entry.message")).to_have_count(1)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/replies/", lose_the_answer, times=1)
    page.keyboard.press("r")
    page.keyboard.type("Once only")
    page.keyboard.press("Control+Enter")
    bubble = page.locator(".entry.ours")
    expect(bubble).to_have_attribute("data-state", "queued")
    expect(bubble).to_have_count(1)
    assert Message.objects.filter(origin="agent").count() == 1


def test_public_private_and_note_cannot_be_confused(inbox, facebook, bob):
    take_in(facebook, meta.comment())
    page = inbox("bob")
    page.keyboard.press("j")
    looks = set()
    for key, tone, label in (
        ("r", "public", "Answer publicly"),
        ("p", "private", "Answer privately"),
        ("n", "note", "Add the note"),
    ):
        page.keyboard.press(key)
        expect(page.locator("#composer")).to_have_attribute("data-tone", tone)
        expect(page.locator("#send-label")).to_have_text(label)
        looks.add(page.evaluate("getComputedStyle(document.querySelector('#composer')).borderTopColor"))
        page.keyboard.type(f"words for {tone}")
        page.keyboard.press("Escape")
    assert len(looks) == 3
    page.keyboard.press("r")
    expect(page.locator("#words")).to_have_value("words for public")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.note")).to_contain_text("words for note")
    expect(page.locator(".entry.note")).to_have_count(1)
    eventually(Note.objects.filter(text="words for note").exists)
    assert not Message.objects.filter(origin="agent").exists()


def test_personal_data_in_public_is_asked_about(inbox, facebook, bob):
    take_in(facebook, meta.comment())
    page = inbox("bob")
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.keyboard.type("Call 06 12 34 56 78")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#held")).to_contain_text("This will be public")
    assert not Message.objects.filter(origin="agent").exists()
    page.get_by_role("button", name="Send anyway").click()
    eventually(Message.objects.filter(origin="agent").exists)


def test_colleagues_see_who_looks_and_who_writes(inbox, facebook, bob, carol):
    take_in(facebook, meta.comment())
    ticket = Ticket.objects.get().pk
    first = inbox("bob", f"open/{ticket}/")
    second = inbox("carol", f"open/{ticket}/")
    expect(first.locator("#viewing")).to_have_text("Carol is looking at this ticket")
    second.keyboard.press("r")
    second.keyboard.type("Dear")
    expect(first.locator("#viewing")).to_have_text("Carol is writing an answer")
    second.close()
    expect(first.locator("#viewing")).to_be_hidden(timeout=20_000)


def test_a_ticket_is_given_taken_and_reopened(inbox, facebook, bob, carol):
    take_in(facebook, meta.comment())
    page = inbox("bob")
    page.keyboard.press("j")
    page.keyboard.press("i")
    expect(row(page, "Amélie Petit").locator(".row-who")).to_have_text("Me")
    page.keyboard.press("a")
    page.get_by_role("combobox", name="Name").fill("caro")
    page.keyboard.press("Enter")
    expect(row(page, "Amélie Petit").locator(".row-who")).to_have_text("Carol")
    eventually(lambda: Ticket.objects.get().assignee_id == carol.user_id)
    page.keyboard.press("e")
    eventually(lambda: Ticket.objects.get().status == "resolved")
    page.get_by_role("button", name="Reopen").first.click()
    eventually(lambda: Ticket.objects.get().status == "open")


def test_long_conversations_load_on_the_way_up(inbox, messenger, bob):
    start = timezone.now() - timedelta(hours=3)
    payloads = [meta.direct(f"Message {number}", at=start + timedelta(minutes=number)) for number in range(120)]
    take_in(messenger, *payloads)
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    expect(page.locator(".entry.message", has_text="Message 119")).to_be_visible()
    for _ in range(5):
        page.locator("#messages").evaluate("(element) => { element.scrollTop = 0; }")
        page.wait_for_timeout(400)
    expect(page.locator(".entry.message")).to_have_count(120)
    expect(page.locator(".entry.message").first).to_contain_text("Message 0")


def test_edits_removals_and_attachments_are_shown_for_what_they_are(inbox, messenger, facebook, bob):
    take_in(facebook, meta.comment("The old words", comment_id="700_1"))
    take_in(facebook, meta.comment("The new words", comment_id="700_1", verb="edited"))
    picture = [{"type": "image", "payload": {"url": "https://cdn.example.org/secret.jpg"}}]
    take_in(messenger, meta.direct("", attachments=picture))
    page = inbox("bob")
    row(page, "Amélie Petit").click()
    entry = page.locator(".entry.message")
    expect(entry).to_contain_text("The new words")
    entry.locator("summary").click()
    expect(entry.locator("[data-f=revisionList]")).to_contain_text("The old words")
    take_in(facebook, meta.comment("", comment_id="700_1", verb="remove"))
    expect(entry).to_contain_text("Removed")
    expect(entry).not_to_contain_text("The new words")
    page.keyboard.press("j")
    attachment = page.locator(".attachment")
    expect(attachment).to_have_attribute("href", "https://cdn.example.org/secret.jpg")
    assert page.locator("img").count() == 0


def test_what_we_did_on_the_page_is_shown_and_its_words_stay(inbox, facebook, bob):
    take_in(facebook, meta.comment("Liked words"))
    Message.objects.update(liked=True, hidden=True)
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    entry = page.locator(".entry.message")
    expect(entry.get_by_text("Liked words")).to_be_visible()
    expect(entry.get_by_text("Liked by us")).to_be_visible()
    expect(entry.get_by_text("Hidden on the page", exact=True).first).to_be_visible()
    entry.hover()
    expect(entry.get_by_role("button", name="Like", pressed=True)).to_be_visible()


def test_a_ticket_is_sorted_at_its_side(inbox, facebook, bob):
    Queue.objects.create(name="Billing")
    for name in ("angry", "refund"):
        Tag.objects.create(name=name)
    Policy.objects.update(position=2)
    Policy.objects.create(name="Urgent", priority=4, first_response=timedelta(minutes=1))
    take_in(facebook, meta.comment())
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    page.get_by_label("Queue").select_option(label="Billing")
    eventually(lambda: Ticket.objects.get().queue is not None)
    page.locator("#sort-tag").fill("refund")
    page.keyboard.press("Enter")
    eventually(lambda: Ticket.objects.get().tag_ids == [Tag.objects.get(name="refund").pk])
    page.locator("#sort-priority").select_option(label="Urgent")
    eventually(lambda: Ticket.objects.get().priority == 4)
    why = "The clock was worked out anew, first response: the priority changed"
    expect(page.locator("#entries")).to_contain_text(why)
    expect(page.locator("#thread-sla")).to_have_text(re.compile("0:[0-5]|1:00"))


def test_below_many_events_the_last_words_are_in_sight(inbox, facebook, alice, bob):
    take_in(facebook, meta.comment("Where is my parcel?"))
    ticket = Ticket.objects.get()
    for _ in range(15):
        work.assign(ticket.pk, bob.user, alice.user.pk)
        work.assign(ticket.pk, bob.user, bob.user.pk)
    page = inbox("bob", f"open/{ticket.pk}/", viewport={"width": 375, "height": 667})
    expect(page.locator(".entry.event").last).to_be_attached()
    expect(page.locator(".entry.message .text", has_text="Where is my parcel?")).to_be_in_viewport()


def test_what_changes_while_news_are_on_their_way_is_shown_as_well(inbox, facebook, alice, bob, carol):
    take_in(facebook, meta.comment())
    ticket, held = Ticket.objects.get(), []
    page = inbox("bob", f"open/{ticket.pk}/")
    expect(page.locator("#side-assignee")).to_have_text("Nobody")

    def hold(route: Route) -> None:
        held.append((route, route.fetch()))

    page.route(re.compile(rf"/api/tickets/{ticket.pk}/(\?.*)?$"), hold, times=1)
    work.assign(ticket.pk, bob.user, alice.user.pk)
    eventually(lambda: page.wait_for_timeout(50) or held)
    work.assign(ticket.pk, bob.user, carol.user.pk)
    expect(page.locator("#assignee-label")).to_have_text("Carol")
    ((route, answer),) = held
    route.fulfill(response=answer)
    expect(page.locator("#side-assignee")).to_have_text("Carol")
