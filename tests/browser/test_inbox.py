"""The inbox in a real browser, in front of the real server."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from inbox import outbox
from inbox.models import Message, Note, Ticket
from tests import meta
from tests.browser.conftest import PHONE, eventually
from tests.conftest import take_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def row(page: Page, name: str):
    return page.locator("#rows .row", has_text=name)


def names(page: Page) -> list[str]:
    """The rows in sight, from top to bottom."""
    return page.evaluate(
        """() => [...document.querySelectorAll("#rows .row")]
            .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
            .map((row) => row.querySelector("[data-f=name]").textContent)"""
    )


def minutes_ago(minutes: float):
    return timezone.now() - timedelta(minutes=minutes)


def waiting(facebook, *people: tuple[str, float]) -> None:
    """A comment of each person, so many minutes old."""
    for number, (name, age) in enumerate(people):
        take_in(facebook, meta.comment(f"Words of {name}", who=f"77{number}", name=name, at=minutes_ago(age)))


def test_a_post_appears_by_itself_and_its_clock_runs(inbox, facebook, bob):
    page = inbox("bob")
    expect(page.get_by_text("Nobody is waiting")).to_be_visible()
    page.evaluate(
        """() => document.addEventListener("socialcare:painted", (event) => { window.seen = event.detail.ticket; })"""
    )
    take_in(facebook, meta.comment("Where is my order?", name="Amélie Petit"))
    expect(row(page, "Amélie Petit")).to_contain_text("Where is my order?")
    expect(page.locator("#c, [data-count=open]")).to_have_text("1")
    assert page.evaluate("window.seen") == Ticket.objects.get().pk
    pill = row(page, "Amélie Petit").locator(".sla")
    expect(pill).to_have_text(re.compile(r"^[45]:\d\d$"))
    first = pill.text_content()
    eventually(lambda: pill.text_content() != first, 3)


def test_the_list_is_sorted_by_time_left_and_colours_come_with_signs(inbox, facebook, bob):
    waiting(facebook, ("Young", 0), ("Late", 7), ("Soon", 4))
    page = inbox("bob")
    expect(page.locator("#rows .row")).to_have_count(3)
    assert names(page) == ["Late", "Soon", "Young"]
    levels = {name: row(page, name).locator(".sla").get_attribute("data-level") for name in names(page)}
    assert levels == {"Late": "late", "Soon": "warn", "Young": "ok"}
    assert row(page, "Late").locator(".sla").text_content().startswith("−2:0")
    signs = page.evaluate(
        """() => [...document.querySelectorAll(".row .sla")]
            .map((pill) => getComputedStyle(pill, "::before").content)"""
    )
    assert len(set(signs)) == 3


def test_the_clock_is_the_servers_even_when_the_computers_is_wrong(chromium, site, facebook, bob):
    waiting(facebook, ("Amélie", 1))
    there = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = there.new_page()
    page.add_init_script("{ const now = Date.now; Date.now = () => now() + 600000; }")
    site.login(page, "bob@acme.example")
    page.goto(f"{site.url}/w/acme/inbox/open/")
    page.wait_for_selector('#connection[data-state="live"]', state="attached")
    page.wait_for_timeout(1500)
    due = Ticket.objects.get().due_at
    shown = row(page, "Amélie").locator(".sla").text_content()
    left = (due - timezone.now()).total_seconds()
    minutes, seconds = shown.split(":")
    assert abs(int(minutes) * 60 + int(seconds) - left) < 2.5
    there.close()


def test_keys_walk_the_list_and_open_the_conversation(inbox, facebook, bob):
    waiting(facebook, ("First", 3), ("Second", 2), ("Third", 1))
    page = inbox("bob")
    expect(page.locator("#rows .row")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#thread-name")).to_have_text("Second")
    second = Ticket.objects.get(contact__name="Second").pk
    assert page.url.endswith(f"/inbox/open/{second}/")
    assert page.evaluate("document.activeElement.id") == "rows"
    assert page.locator("#rows").get_attribute("aria-activedescendant") == f"t{second}"
    page.keyboard.press("k")
    expect(page.locator("#thread-name")).to_have_text("First")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "messages"
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.id") == "words"
    page.keyboard.type("jk?")
    expect(page.locator("#words")).to_have_value("jk?")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "rows"
    page.reload()
    expect(page.locator("#thread-name")).to_have_text("First")
    expect(page.locator("#words")).to_have_value("jk?")


def test_single_keys_can_be_switched_off(inbox, facebook, bob):
    waiting(facebook, ("First", 3), ("Second", 2))
    page = inbox("bob")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("Next ticket")
    with page.expect_response("**/api/me/"):
        sheet.get_by_label("Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.wait_for_timeout(300)
    expect(page.locator("#thread-empty")).to_be_visible()
    page.locator("#rows").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#thread-name")).to_have_text("Second")
    bob.user.refresh_from_db()
    assert bob.user.shortcuts is False


def test_rows_never_move_under_the_pointer(inbox, facebook, bob):
    waiting(facebook, ("Old", 3), ("Young", 1))
    page = inbox("bob")
    expect(page.locator("#rows .row")).to_have_count(2)
    row(page, "Young").hover()
    where = row(page, "Young").bounding_box()
    waiting(facebook, ("Between", 2))
    expect(page.locator("#newcomers")).to_be_visible()
    expect(page.locator("#newcomers")).to_contain_text("1 new")
    assert row(page, "Young").bounding_box() == where
    take_in(facebook, meta.comment("Last", who="5", name="Youngest"))
    expect(row(page, "Youngest")).to_be_visible()
    assert row(page, "Young").bounding_box() == where
    page.locator("#newcomers").click()
    expect(row(page, "Between")).to_be_visible()
    assert names(page) == ["Old", "Between", "Young", "Youngest"]


def test_the_open_ticket_stays_as_a_ghost_until_one_goes_on(inbox, facebook, bob):
    waiting(facebook, ("First", 3), ("Second", 2))
    page = inbox("bob")
    page.keyboard.press("j")
    expect(page.locator("#thread-name")).to_have_text("First")
    page.keyboard.press("e")
    expect(row(page, "First")).to_contain_text("Resolved. Press j to go on.")
    eventually(lambda: Ticket.objects.get(contact__name="First").status == "resolved")
    page.wait_for_timeout(2000)
    expect(row(page, "First")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("#thread-name")).to_have_text("Second")
    expect(row(page, "First")).to_have_count(0)


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


def test_a_dead_server_keeps_the_reply_and_sends_it_once(inbox, facebook, bob):
    take_in(facebook, meta.comment())
    page = inbox("bob")
    page.keyboard.press("j")
    expect(page.locator(".entry.message")).to_have_count(1)
    page.keyboard.press("r")
    page.keyboard.type("Once only")

    def lose_the_answer(route):
        route.fetch()
        route.abort()

    page.route("**/replies/", lose_the_answer)
    page.keyboard.press("Control+Enter")
    bubble = page.locator(".entry.ours")
    eventually(Message.objects.filter(origin="agent").exists)
    page.unroute("**/replies/")
    if bubble.get_by_role("button", name="Try again").is_visible():
        bubble.get_by_role("button", name="Try again").click()
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


def test_views_count_live_and_have_addresses(inbox, facebook, bob):
    waiting(facebook, ("Mine", 3), ("Late", 7))
    page = inbox("bob")
    expect(page.locator("#rows .row")).to_have_count(2)
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page.locator("#list-title")).to_have_text("Breached")
    assert page.url.endswith("/inbox/breached/")
    page.go_back()
    expect(page.locator("#list-title")).to_have_text("All open")
    row(page, "Mine").click()
    page.keyboard.press("i")
    expect(page.locator("[data-count=mine]")).to_have_text("1")
    page.locator(".nav-link[data-view=mine]").click()
    expect(page.locator("#rows .row")).to_have_count(1)


def test_search_finds_names_and_words_without_accents(inbox, facebook, bob):
    waiting(facebook, ("Gaëlle Roux", 3), ("Tom", 2))
    page = inbox("bob")
    page.keyboard.press("/")
    page.keyboard.type("gaelle")
    expect(page.locator("#rows .row")).to_have_count(1)
    page.locator("#search").fill("nothing like it")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#rows .row")).to_have_count(2)


def test_an_outage_is_shown_bridged_and_caught_up(inbox, site, facebook, bob):
    waiting(facebook, ("Before", 3))
    page = inbox("bob")
    expect(page.locator("#rows .row")).to_have_count(1)
    site.server.stop()
    expect(page.locator("#connection")).not_to_have_attribute("data-state", "live")
    expect(page.locator("#connection")).to_have_attribute("data-state", "offline", timeout=15_000)
    waiting(facebook, ("Meanwhile", 2))
    site.server.start()
    expect(page.locator("#connection")).to_have_attribute("data-state", "live", timeout=30_000)
    expect(row(page, "Meanwhile")).to_be_visible()
    expect(page.locator("#rows .row")).to_have_count(2)


def test_without_a_socket_the_page_asks_every_five_seconds(inbox, chromium, site, facebook, bob):
    there = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = there.new_page()
    page.route_web_socket("**/live/", lambda socket: socket.close())
    site.login(page, "bob@acme.example")
    page.goto(f"{site.url}/w/acme/inbox/open/")
    expect(page.locator("#connection")).to_have_attribute("data-state", "polling", timeout=10_000)
    waiting(facebook, ("Polled", 1))
    expect(row(page, "Polled")).to_be_visible(timeout=10_000)
    row(page, "Polled").click()
    expect(page.locator(".entry.message")).to_have_count(1)
    take_in(facebook, meta.comment("And more", who="770", name="Polled"))
    expect(page.locator(".entry.message")).to_have_count(2, timeout=12_000)
    there.close()


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
    expect(entry).to_contain_text("Removed by its author")
    expect(entry).not_to_contain_text("The new words")
    page.keyboard.press("j")
    attachment = page.locator(".attachment")
    expect(attachment).to_have_attribute("href", "https://cdn.example.org/secret.jpg")
    assert page.locator("img").count() == 0


def test_a_supervisor_sees_the_team(inbox, facebook, alice, bob):
    page = inbox("bob")
    inbox("alice")
    expect(page.locator("#team-present")).to_have_text("2")
    take_in(facebook, meta.comment())
    expect(page.locator(".member", has_text="Alice").locator(".count")).to_have_text("1")
    agent = inbox("alice")
    expect(agent.locator("#team")).to_have_count(0)
    agent.get_by_role("switch", name="Taking tickets").click()
    expect(page.locator(".member", has_text="Alice").locator(".presence")).to_have_attribute("data-state", "pause")


def test_on_a_phone_there_is_one_pane_at_a_time(inbox, facebook, bob):
    waiting(facebook, ("Amélie", 1))
    page = inbox("bob", **PHONE)
    expect(page.locator("#thread")).to_be_hidden()
    row(page, "Amélie").tap()
    expect(page.locator("#thread-name")).to_be_visible()
    expect(page.locator(".list")).to_be_hidden()
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, [role=tab]")].filter((element) => {
            const box = element.getBoundingClientRect();
            return box.width && box.height && Math.min(box.width, box.height) < 24;
        }).map((element) => element.outerHTML.slice(0, 80))"""
    )
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Back to the list").tap()
    expect(page.locator(".list")).to_be_visible()
    page.get_by_role("button", name="More").tap()
    expect(page.get_by_role("switch", name="Taking tickets")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing(inbox, facebook, messenger, bob, theme, language):
    waiting(facebook, ("Late", 7), ("Soon", 4), ("Young", 0))
    take_in(messenger, meta.direct("مرحبا"))
    bob.user.language, bob.user.theme = language, theme
    bob.user.save()
    for shape in ({}, PHONE):
        page = inbox("bob", **shape)
        assert page.evaluate("document.documentElement.lang") == language
        clean(page)
        row(page, "Late").click()
        expect(page.locator(".entry.message")).to_have_count(1)
        for tab in page.get_by_role("tab").all():
            if tab.is_visible():
                tab.click()
                clean(page)
        if not shape:
            page.keyboard.press("Escape")
            page.keyboard.press("?")
            clean(page)
            page.keyboard.press("Escape")
            page.keyboard.press("a")
            clean(page)


def clean(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert found == [], [(fault["id"], fault["nodes"][0]["html"]) for fault in found]
