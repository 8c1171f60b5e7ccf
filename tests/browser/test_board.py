"""The dashboard and the wall in a real browser: alive, exact, by keyboard, for everybody, for ever."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from bench.wall import growth, soak
from inbox import watch
from inbox.actions import boards
from inbox.models import Queue, Ticket
from sla.models import Policy, Timer
from tests.board import Story, ago, ask, happen, told
from tests.browser.conftest import DESK, PHONE, Site, eventually
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TV = {"viewport": {"width": 1920, "height": 1080}}
Show = Callable[..., Page]


@pytest.fixture
def story(acme, alice, bob, facebook, messenger) -> Story:
    return told(alice, bob, facebook, messenger)


@pytest.fixture
def show(chromium: Browser, site: Site) -> Iterator[Show]:
    """`show("bob", path, **context)`: a page, nobody's where no name is given; no script may fail, no CSP be hit."""
    opened, problems = [], []

    def open_page(who: str, path: str, **context: object) -> Page:
        there = chromium.new_context(**{**DESK, **context})
        opened.append(there)
        page = there.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if "Content Security" in said.text else None)
        if who:
            site.enter(there, f"{who}@{site.slug}.example")
        page.goto(site.url + path)
        return page

    yield open_page
    for there in opened:
        there.close()
    assert problems == []


def dashboard(show: Show, who: str = "bob", **context: object) -> Page:
    return show(who, "/w/acme/dashboard/", **context)


def wall_path(bob) -> str:
    return reverse("wall", args=[boards.token_of(boards.make_wall(bob.user, "Hall", "en"))])


def figure(page: Page, tile: str) -> str:
    return page.locator(f'[data-tile="{tile}"] [data-f="figure"]').inner_text()


def test_a_post_moves_the_figures_within_seconds_and_time_alone_does_too(show, site, bob, alice, facebook):
    page = dashboard(show)
    expect(page.locator('[data-tile="risk"] .figure')).to_have_text("0")
    assert figure(page, "oldest") == "–"
    ask(facebook, "Anna", ago(seconds=178))
    expect(page.locator('[data-tile="late"] [data-f="waiting"]')).to_have_text("1 waiting", timeout=5000)
    assert figure(page, "oldest").startswith(("2:5", "3:0"))
    before = figure(page, "oldest")
    eventually(lambda: figure(page, "oldest") != before, 3)
    expect(page.locator('[data-tile="risk"] .figure')).to_have_text("1", timeout=6000)
    expect(page.locator('[data-tile="risk"]')).to_have_attribute("data-level", "warn")


def test_the_bell_tells_who_is_there_and_keeps_it_for_who_is_away(show, site, bob, facebook):
    Policy.objects.update(steps=[{"at": 100, "do": "notify", "to": None}])
    for name in ("Anna", "Ben"):
        ask(facebook, name, ago(minutes=6))
    watch.breach()
    page = dashboard(show)
    bell = page.locator("#bell")
    expect(page.locator("#bell-count")).to_have_text("2")
    eventually(lambda: "As of" in page.locator("#fresh-text").inner_text(), 5)
    ask(facebook, "Cleo", ago(minutes=6))
    watch.breach()
    expect(page.locator("#bell-count")).to_have_text("3", timeout=5000)
    expect(page.locator(".toast")).to_contain_text("Cleo: The time for a first answer ran out.")
    for key in ("g", "n"):
        page.keyboard.press(key)
    lines = page.locator("#notifications .notification")
    expect(lines).to_have_count(3)
    expect(lines.first).to_contain_text("Cleo")
    expect(lines.first.locator("a")).to_be_focused()
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("Escape")
    expect(bell).to_be_visible()
    page.reload()
    expect(page.locator("#bell-count")).to_have_text("3")  # who was interrupted loses none
    other = dashboard(show)
    bell.click()
    for key in ("ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url(f"**/inbox/open/{Ticket.objects.latest('id').pk}/")
    for window in (page, other):
        expect(window.locator("#bell-count")).to_have_text("2", timeout=5000)
    bell.click()
    expect(lines.nth(1).locator("a")).to_be_focused()
    page.get_by_role("button", name="Mark all as seen").click()
    expect(page.get_by_role("button", name="Mark all as seen")).to_be_hidden()
    expect(lines).to_have_count(3)
    expect(lines.first.locator("a")).to_be_focused()
    for window in (page, other):
        expect(window.locator("#bell-count")).to_have_text("", timeout=5000)


def test_the_bell_rings_on_pages_that_show_no_tickets_too(show, site, bob, facebook):
    Policy.objects.update(steps=[{"at": 100, "do": "notify", "to": None}])
    ask(facebook, "Anna", ago(minutes=6))
    watch.breach()
    board, reports, walls = (show("bob", f"/w/acme/{path}") for path in ("dashboard/", "reports/", "settings/board/"))
    pages = (board, reports, walls)
    for page in pages:
        expect(page.locator("#bell-count")).to_have_text("1")
    field = walls.locator("main input[type=text]").first
    field.fill("Half a name")
    ask(facebook, "Ben", ago(minutes=6))
    watch.breach()
    for page in pages:
        expect(page.locator("#bell-count")).to_have_text("2", timeout=5000)
        expect(page.locator(".toast")).to_contain_text("Ben: The time for a first answer ran out.")
    expect(field).to_have_value("Half a name")
    for key in ("g", "n"):
        reports.keyboard.press(key)
    lines = reports.locator("#notifications .notification")
    expect(lines.first).to_contain_text("Ben")
    expect(lines.first.locator("a")).to_be_focused()
    assert Axe().run(reports).violations_count == 0
    reports.get_by_role("button", name="Mark all as seen").click()
    for page in pages:
        expect(page.locator("#bell-count")).to_have_text("", timeout=5000)
    reports.keyboard.press("Enter")
    reports.wait_for_url(f"**/inbox/open/{Ticket.objects.latest('id').pk}/")


def test_who_is_signed_out_keeps_what_they_typed(show, site, bob, sign_in):
    page = show("bob", "/w/acme/settings/board/")
    with page.expect_response("**/api/notifications/"):
        page.reload()
    field = page.locator("main input[type=text]").first
    field.fill("Half a name")
    Session.objects.all().delete()
    with page.expect_websocket(timeout=10_000) as opened:
        page.evaluate("dispatchEvent(new Event('pagehide'))")
    if not opened.value.is_closed():
        opened.value.wait_for_event("close")
    page.wait_for_timeout(1000)
    assert page.url.endswith("/settings/board/")
    expect(field).to_have_value("Half a name")


def test_who_is_signed_out_where_no_socket_gets_through_keeps_it_too(show, site, bob, sign_in):
    page = show("bob", "/w/acme/settings/board/")
    page.context.route_web_socket("**/live/bell/", lambda there: there.close())
    page.reload()
    field = page.locator("main input[type=text]").first
    field.fill("Half a name")
    Session.objects.all().delete()
    with page.expect_response(lambda answer: answer.status == 401, timeout=20_000):
        pass
    page.wait_for_timeout(500)
    assert page.url.endswith("/settings/board/")
    expect(field).to_have_value("Half a name")


def test_what_tells_more_of_a_clock_takes_the_place_of_what_told_less(show, site, bob, facebook):
    Policy.objects.update(steps=[{"at": share, "do": "notify", "to": None} for share in (50, 100)])
    for name in ("Anna", "Ben"):
        ask(facebook, name, ago(minutes=3))
    watch.warn()
    page = dashboard(show)
    expect(page.locator("#bell-count")).to_have_text("2")
    eventually(lambda: "As of" in page.locator("#fresh-text").inner_text(), 5)
    Timer.objects.filter(ticket_id=Ticket.objects.latest("id").pk).update(due_at=ago(seconds=1))
    watch.breach()
    page.locator("#bell").click()
    lines = page.locator("#notifications .notification")
    expect(lines.first).to_contain_text("ran out")
    expect(lines.first).to_contain_text("Ben")
    expect(lines).to_have_count(2)
    expect(page.locator("#bell-count")).to_have_text("2")
    for name, ticket in zip(("Anna", "Ben"), Ticket.objects.order_by("id"), strict=True):
        line = page.locator(f'#notifications a[data-ticket="{ticket.pk}"]')
        expect(line).to_contain_text(name)
        expect(line.locator(".about")).to_have_text(f"Facebook #{ticket.pk} {ticket.preview}")


@pytest.mark.parametrize(("locale", "words"), [("en-GB", "You are signed out"), ("fr-FR", "Vous êtes déconnecté")])
def test_who_signs_in_again_in_another_tab_saves_what_they_typed(show, site, bob, locale, words):
    page = show("bob", "/w/acme/settings/board/", locale=locale)
    with page.expect_response("**/api/notifications/"):
        page.reload()
    note = page.locator("main [role=alert]")
    expect(note).to_have_count(0)
    form = page.locator("main form:has(input[type=number])").first
    form.locator("input[type=number]").first.fill("77")
    Session.objects.all().delete()
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    expect(note).to_contain_text(words, timeout=10_000)
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.wait_for_timeout(500)
    expect(note).to_be_visible()
    assert Axe().run(page).violations_count == 0
    tab = page.context.new_page()
    tab.goto(f"{site.url}/login/")
    tab.locator("[name=username]").fill("bob@acme.example")
    tab.locator("[name=password]").fill(PASSWORD)
    tab.locator("[name=password]").press("Enter")
    tab.wait_for_url("**/w/acme/**")
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(note).to_have_count(0)
    with page.expect_navigation():
        form.locator("button").last.click()
    expect(page.locator(".banner.success")).to_be_visible()
    expect(page.locator("main form input[type=number]").first).to_have_value("77")


@pytest.mark.parametrize(("locale", "words"), [("en-GB", "No notifications"), ("fr-FR", "Aucune notification")])
def test_a_bell_that_has_nothing_to_tell_says_so(show, site, bob, locale, words):
    page = dashboard(show, locale=locale)
    page.locator("#bell").click()
    expect(page.locator("#notifications-none")).to_have_text(words)
    expect(page.locator("#notifications-all")).to_be_hidden()


def test_a_tile_opens_its_tickets_and_the_list_stays_true(show, site, story, bob, facebook):
    page = dashboard(show)
    number = int(figure(page, "late"))
    assert number == 2
    page.locator('[data-tile="late"] .figure a').click()
    page.wait_for_selector("#rows .row")
    expect(page.locator("#rows .row")).to_have_count(number)
    expect(page.locator("#list-title")).to_have_text("Late")
    page.keyboard.press("j")
    page.wait_for_url("**/inbox/open/*/?only=late")
    page.reload()
    expect(page.locator("#rows .row")).to_have_count(number)
    ask(facebook, "Newcomer", ago(minutes=9))
    expect(page.locator("#rows .row")).to_have_count(number + 1, timeout=12_000)
    page.locator("#all-again").click()
    expect(page.locator("#list-title")).to_have_text("All open")
    expect(page.locator("#rows .row")).to_have_count(Ticket.objects.filter(status="open").count())


@pytest.mark.parametrize("context", [{**DESK, "locale": "fr-FR"}, {**PHONE, "locale": "en-GB"}])
def test_the_title_of_such_a_list_is_whole_and_leads_back(show, site, story, bob, messenger, context):
    queue = Queue.objects.create(name="Réclamations et remboursements de toute l’Europe")
    asked = f"only=answered_hour&account={messenger.pk}&queue={queue.pk}"
    page = show("bob", f"/w/acme/inbox/open/?{asked}", **context)
    title = page.locator("#list-title")
    expect(title).to_contain_text("Acme · Réclamations et remboursements de toute l’Europe")
    assert title.evaluate("(it) => it.scrollWidth <= it.clientWidth && it.scrollHeight <= it.clientHeight + 1")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#to-figures").click()
    page.wait_for_url(f"**/dashboard/?account={messenger.pk}")
    expect(page.locator('.scope[aria-pressed="true"]')).to_contain_text("Messenger")


def test_an_agent_s_list_of_a_figure_leads_to_no_dashboard(show, site, story, alice):
    page = show("alice", "/w/acme/inbox/open/?only=late")
    expect(page.locator("#list-title")).to_have_text("Late")
    assert page.locator("#to-figures").count() == 0


def test_a_channel_is_looked_at_alone_and_its_figures_open_its_tickets(show, site, story, bob, messenger):
    page = dashboard(show)
    page.get_by_role("button", name="Messenger").click()
    expect(page.locator('[data-tile="late"] .figure')).to_have_text("0")
    page.reload()
    expect(page.get_by_role("button", name="Messenger")).to_have_attribute("aria-pressed", "true")
    link = page.locator('[data-tile="late"] [data-f="waiting"]')
    expect(link).to_have_text("1 waiting")
    link.click()
    expect(page.locator("#rows .row")).to_have_count(1)
    expect(page.locator("#rows .row .channel")).to_have_text("Messenger")


def test_the_minutes_are_walked_by_arrows_and_opened_by_enter(show, site, story, bob):
    page = dashboard(show)
    page.locator("#flow a[tabindex='0']").focus()
    for key in ("ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused).endswith("in")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused).endswith("out")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    words = page.evaluate(focused)
    page.wait_for_timeout(1500)
    assert page.evaluate(focused) == words, "news does not take the focus away"
    page.keyboard.press("Enter")
    page.wait_for_url("**only=in&minute=*")
    expect(page.locator("#list-title")).to_have_text("Came in within one minute")


def test_figures_that_are_old_look_old_until_they_are_fresh_again(show, site, story, bob):
    page = dashboard(show)
    expect(page.locator("#fresh-text")).to_contain_text("As of")
    site.server.stop()
    expect(page.locator("body")).to_have_class("page board stale", timeout=12_000)
    expect(page.locator("#fresh-text")).to_contain_text("Stale")
    site.server.start()
    expect(page.locator("body")).not_to_have_class("page board stale", timeout=25_000)


def test_a_wall_lives_turns_its_pages_and_ends_when_it_is_revoked(show, site, story, bob, facebook):
    page = show("", wall_path(bob), **TV)
    expect(page.locator('[data-tile="late"] .figure')).to_have_text("2")
    assert page.evaluate("document.cookie") == ""
    assert page.context.cookies() == []
    assert page.locator("a[href]").count() == 0
    fits = "[document.documentElement.scrollHeight <= innerHeight, document.documentElement.scrollWidth <= innerWidth]"
    assert page.evaluate(fits) == [True, True]
    size = "parseFloat(getComputedStyle(document.querySelector('[data-tile=late] .figure')).fontSize)"
    assert page.evaluate(size) >= 64
    page.keyboard.press(" ")
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "true")
    names = []
    for _ in range(4):
        names.append(page.locator("#page").inner_text())
        page.keyboard.press("ArrowRight")
    assert names == ["All queues", "Deliveries", "Nothing here", "No queue"]
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-tile="late"] .figure')).to_have_text("1")
    expect(page.locator("#queues .here th")).to_have_text("Deliveries")
    page.keyboard.press("ArrowLeft")
    boards.turn_wall(bob.user, boards.Wall.objects.get().pk, "channels")
    expect(page.locator("#page")).to_have_text("All channels", timeout=6000)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#page")).to_have_text("Facebook · Acme")
    ask(facebook, "Newcomer", ago(minutes=9))
    expect(page.locator('[data-tile="late"] .figure')).to_have_text("3", timeout=6000)
    for wall in boards.Wall.objects.all():
        boards.revoke_wall(bob.user, wall.pk)
    expect(page.locator("#gone")).to_have_text("This link was revoked.", timeout=6000)
    expect(page.locator("#main")).to_be_hidden()


def test_a_wall_comes_back_by_itself(show, site, story, bob, facebook):
    path = wall_path(bob)
    boards.turn_wall(bob.user, boards.Wall.objects.get().pk, "nothing")
    page = show("", path, **TV)
    expect(page.locator("#fresh-text")).to_contain_text("As of")
    site.server.stop()
    expect(page.locator("body")).to_have_class("wall stale", timeout=12_000)
    site.server.start()
    ask(facebook, "Newcomer", ago(minutes=9))
    expect(page.locator('[data-tile="late"] .figure')).to_have_text("3", timeout=30_000)
    expect(page.locator("body")).not_to_have_class("wall stale")


def test_a_wall_does_not_grow(show, site, story, bob):
    """Half an hour of it: `python -m bench.wall`."""
    page, waiting = show("", wall_path(bob), **TV), deque[str]()
    found, often = soak(page, lambda: happen(waiting, 4), 12, 1)
    assert 0 < often <= 1
    assert growth(found, "nodes") < 1.1
    assert growth(found, "listeners") < 1.1
    assert growth(found, "heap") < 1.25


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_shut_out(show, site, story, bob, theme):
    pages = [
        dashboard(show, color_scheme=theme),
        dashboard(show, color_scheme=theme, locale="fr-FR", **PHONE),
        show("bob", "/w/acme/settings/board/", color_scheme=theme),
        show("bob", "/w/acme/inbox/open/?only=late", color_scheme=theme),
        show("", wall_path(bob), color_scheme=theme, **TV),
    ]
    for page in pages:
        page.wait_for_timeout(800)
        found = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def test_an_empty_workspace_says_so_calmly(show, site, bob):
    page = dashboard(show)
    assert [figure(page, tile) for tile in ("share", "risk", "late", "oldest", "speed")] == ["–", "0", "0", "–", "–"]
    expect(page.locator('[data-tile="late"]')).to_have_attribute("data-level", "good")
