"""The list and its surroundings in a real browser, in front of the real server."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from inbox.models import Ticket
from tests import meta
from tests.browser.conftest import PHONE, eventually
from tests.browser.looking import names, row, waiting
from tests.conftest import take_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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


def test_a_row_says_its_priority_in_words_and_lists_are_narrowed_to_one(inbox, facebook, bob):
    waiting(facebook, ("Usual", 1), ("Pressing", 2), ("Idle", 3))
    Ticket.objects.filter(preview__contains="Pressing").update(priority=4)
    Ticket.objects.filter(preview__contains="Idle").update(priority=1)
    page = inbox("bob")
    expect(row(page, "Pressing").locator(".row-prio")).to_have_text("Priority: Urgent")
    expect(row(page, "Idle").locator(".row-prio")).to_have_text("Priority: Low")
    expect(row(page, "Usual").locator(".row-prio")).to_be_hidden()
    page.get_by_label("Waiting for us, by priority").select_option("Urgent")
    expect(page.locator("#list-title")).to_have_text("Waiting for us · priority: Urgent")
    expect(page.locator("#rows .row")).to_have_count(1)
    expect(page.get_by_label("Waiting for us, by priority")).to_have_value("4")
    page.get_by_label("Waiting for us, by priority").select_option("All")
    expect(page.locator("#rows .row")).to_have_count(3)
    assert Axe().run(page).violations_count == 0


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
    expect(page.locator("#thread-name")).to_have_text("First")
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
    take_in(facebook, meta.comment("Last", who="5", name="Fresh"))
    expect(row(page, "Fresh")).to_be_visible()
    assert row(page, "Young").bounding_box() == where
    page.locator("#newcomers").click()
    expect(row(page, "Between")).to_be_visible()
    assert names(page) == ["Old", "Between", "Young", "Fresh"]


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


def test_search_finds_words_of_any_ticket(inbox, facebook, bob):
    take_in(facebook, meta.comment("Ma commande expédiée hier", who="1", name="Léa"), meta.comment(who="2", name="Tom"))
    Ticket.objects.filter(contact__name="Léa").update(status="resolved", due_at=None)
    page = inbox("bob")
    expect(page.locator("#rows .row")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("expediee")
    expect(row(page, "Léa")).to_be_visible()
    expect(page.locator("#rows .row")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#thread-name")).to_have_text("Léa")


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
    take_in(facebook, meta.comment("And more", who="of-Polled", name="Polled"))
    expect(page.locator(".entry.message")).to_have_count(2, timeout=12_000)
    there.close()


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
        """() => [...document.querySelectorAll("button, a[href], input, [role=tab]")].filter((element) => {
            const box = element.getBoundingClientRect();
            return box.width && box.height && Math.min(box.width, box.height) < 24;
        }).map((element) => element.outerHTML.slice(0, 80))"""
    )
    assert small == []
    assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [390, 390]
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
