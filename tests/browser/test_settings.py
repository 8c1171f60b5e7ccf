"""The settings in a real browser: accessible in both themes and on a phone, inside the CSP, whole without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from connectors.meta.facebook import facebook
from connectors.models import Delivery, DeliveryBody, Oddity
from inbox.actions import audit, boards, people, promises, sorting
from sla.models import BusinessHours, Policy
from socialcare.models import User, Workspace
from socialcare.tenancy import workspace
from tests.chromium import find_chromium
from tests.inbox.settings_support import House, make_house

CHROMIUM = find_chromium()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
    pytest.mark.django_db(transaction=True),
]
SIZES = {"desktop": (1440, 900), "phone": (390, 844), "narrow": (360, 740), "small": (320, 640)}
LONG_ADDRESS = f"{'d' * 242}@example.com"


@pytest.fixture
def house() -> House:
    return make_house("acme")


Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, house: House, live_server, settings) -> Iterator[Open]:
    """A page of a browser that the admin is signed in to; nothing may stand in its console when the test ends."""
    # The test's server finds static files by their own names only.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    opened, problems = [], []

    def open_page(path: str = "", size: str = "desktop", user: User | None = None, **options: object) -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        client = Client()
        client.force_login(user or house.admin)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        opened.append(context)
        page = context.new_page()
        page.on(
            "console", lambda said: problems.append(f"{said.text} {said.location}") if said.type == "error" else None
        )
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield open_page
    for context in opened:
        context.close()
    # Chromium writes a page's status into the console as well: 410 of an invitation that is gone. This server has no
    # sockets for the bell.
    known = ("410 (Gone)", "/live/bell/")
    assert [problem for problem in problems if not any(words in problem for words in known)] == []


def furnished(house: House) -> list[str]:
    """Paths of all pages, each with something on it."""
    app = house.app(challenged_at=timezone.now(), refused=3, last_refused_at=timezone.now())
    health = {
        "granted": list(facebook.permissions[:3]),
        "missing": list(facebook.permissions[3:]),
        "subscribed": ["feed"],
        "unsubscribed": ["mention"],
        "warnings": ["The token was made for another app: this app will hear nothing of the page."],
    }
    account = house.account(
        app, health=health, checked_at=timezone.now(), state="attention", attention="disconnected:190/460"
    )
    house.account(
        app, channel="messenger", last_inbound_at=timezone.now(), name="A page with a remarkably long name " * 4
    )
    delivery = Delivery.objects.create(
        app=app, fingerprint=b"1" * 16, received_at=timezone.now(), state="failed", attempts=5, error="KeyError: x" * 20
    )
    DeliveryBody.objects.create(delivery=delivery, body=b'{"object": "page", "entry": "' + b"long" * 200 + b'"}')
    Oddity.objects.create(app=app, what="event", channel="facebook", label="feed/foo/add", delivery=delivery)
    Oddity.objects.create(app=app, what="account", channel="facebook", label="555666777")
    with workspace(house.workspace.pk):
        people.invite(house.admin, "dora@acme.example", "agent")
        invitation = people.invite(house.admin, LONG_ADDRESS, "agent")
        people.change_workspace(house.admin, house.workspace, undo_seconds=10)
        audit.record(house.admin, "account.changed", "x" * 200, name=["y" * 200, "z" * 200])
    inside = (
        "", f"accounts/{account.pk}/", f"accounts/{account.pk}/edit/", f"accounts/{account.pk}/remove/",
        "accounts/add/", f"accounts/add/{app.pk}/messenger/", "apps/", "apps/add/meta/", f"apps/{app.pk}/",
        f"apps/{app.pk}/remove/", "people/", f"people/{house.agent.pk}/remove/", "deliveries/",
        f"deliveries/{delivery.pk}/", "workspace/", "history/",
    )  # fmt: skip
    return [*map(house.url, (*inside, *promised(house))), "/w/acme/me/", f"/join/{invitation.code}/", "/join/nothing/"]


def promised(house: House) -> list[str]:
    """Paths of the pages about promises, with some to show."""
    with workspace(house.workspace.pk):
        queue = sorting.add_label(house.admin, "queue", "Billing " + "x" * 50)
        sorting.add_label(house.admin, "tag", "refund")
        hours = BusinessHours(name="Shop", zone="Europe/Paris", slots=[[0, 540, 750], [0, 840, 1080]], country="FR")
        promises.save_hours(house.admin, hours)
        steps = [{"at": 80, "do": "notify", "to": None}, {"at": 100, "do": "move", "to": queue.pk}]
        minutes = timedelta(minutes=5)
        policy = Policy(name="Night", first_response=minutes, resolution=9000 * minutes, hours=hours, steps=steps)
        policy.queue_id, policy.priority, policy.channel = queue.pk, 4, "messenger"
        promises.save_policy(house.admin, policy)
        twin = Policy(name="Twin", first_response=minutes, queue_id=queue.pk, priority=4, channel="messenger")
        promises.save_policy(house.admin, twin)
        promises.save_policy(house.admin, Policy(name="All others", next_response=minutes))
    return [
        "policies/",
        "policies/add/",
        f"policies/{policy.pk}/",
        "hours/",
        "hours/add/",
        f"hours/{hours.pk}/",
        "labels/",
    ]


@pytest.mark.parametrize(("size", "theme", "language"), [("desktop", "light", "en"), ("phone", "dark", "fr")])
def test_every_page_is_accessible_and_fits(house: House, open_page: Open, size: str, theme: str, language: str) -> None:
    User.objects.update(theme=theme, language=language)
    paths = [house.url(), *furnished(house)]
    page = open_page(paths[0], size)
    base = page.url.partition("/w/")[0]
    for path in paths:
        page.goto(base + path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, path


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_step_has_the_width_of_a_phone_for_its_words(house: House, open_page: Open, language: str) -> None:
    User.objects.update(language=language)
    path = promised(house)[2]
    page = open_page(house.url(path), "narrow")
    for name in ("at_1", "do_1"):
        field = page.locator(f"#id_{name}")
        assert field.bounding_box()["width"] > 280
        assert page.locator(f"label[for=id_{name}]").is_visible()
    words = page.locator("#id_do_1 option:checked").inner_text()
    assert words.startswith({"en": "Move it to Billing", "fr": "Le mettre dans la file Billing"}[language])


def test_long_words_are_wrapped_on_the_smallest_screen(house: House, open_page: Open) -> None:
    paths = furnished(house)
    page = open_page(paths[0], "small")
    base = page.url.partition("/w/")[0]
    for path in (house.url("history/"), house.url("people/"), paths[-2]):
        page.goto(base + path)
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, path


def test_an_invited_person_joins_by_the_link_and_is_in_the_inbox(
    house: House, open_page: Open, chromium: Browser, live_server, settings
) -> None:
    settings.PUBLIC_URL = live_server.url
    page = open_page(house.url("people/"))
    page.get_by_label("E-mail").fill("dora@acme.example")
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_label("dora@acme.example as Agent").input_value()
    with chromium.new_context() as elsewhere:
        theirs = elsewhere.new_page()
        theirs.goto(link)
        theirs.get_by_label("Your name").fill("Dora")
        theirs.get_by_label("Password").fill("correct horse battery")
        answers: list[int] = []
        theirs.on("response", lambda answer: answers.append(answer.status) if answer.url == link else None)
        theirs.get_by_role("button", name="Join").click()
        theirs.wait_for_url(f"{live_server.url}/w/acme/inbox/open/")
        assert answers == [302]
    assert User.objects.get(email="dora@acme.example").memberships.get().role == "agent"


def test_the_code_of_an_invitation_is_told_to_no_other_site(house: House, chromium: Browser, live_server) -> None:
    with workspace(house.workspace.pk):
        invitation = people.invite(house.admin, "dora@acme.example", "agent")
    heard: list[dict[str, str]] = []

    def answer(route: Route) -> None:
        heard.append(route.request.headers)
        route.fulfill(body="")

    with chromium.new_context() as elsewhere:
        page = elsewhere.new_page()
        page.route("http://other.example/**", answer)
        page.goto(f"{live_server.url}/join/{invitation.code}/")
        page.evaluate("location.href = 'http://other.example/'")
        page.wait_for_url("http://other.example/")
    assert [invitation.code in str(headers) or "referer" in headers for headers in heard] == [False]


def test_an_address_is_copied_by_its_button(house: House, open_page: Open) -> None:
    app = house.app()
    page = open_page(house.url(f"apps/{app.pk}/"), permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy Verify token").click()
    page.get_by_role("button", name="Copied Verify token").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == app.verify_token


def test_an_app_is_added_and_changed_without_javascript(house: House, open_page: Open) -> None:
    page = open_page(house.url(), java_script_enabled=False)
    page.get_by_role("link", name="Add the app").click()
    page.get_by_label("Name").fill("Our app")
    page.get_by_label("App ID").fill("900800700600500")
    page.get_by_label("App secret", exact=True).fill("0123456789abcdef0123456789abcdef")
    page.get_by_role("button", name="Add the app").click()
    assert page.get_by_label("Callback address").input_value().startswith("http")
    assert not page.get_by_role("button", name="Copy").first.is_visible()
    page.get_by_role("button", name="Pause").click()
    assert page.get_by_role("button", name="Resume").is_visible()
    page.get_by_role("link", name="Workspace").click()
    page.get_by_label("Name").fill("Acme & fils")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_text("The workspace is saved.").is_visible()
    assert Workspace.objects.get(pk=house.workspace.pk).name == "Acme & fils"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_wall_is_revoked_only_after_a_question(house: House, open_page: Open, scripts: bool) -> None:
    with workspace(house.workspace.pk):
        wall = boards.make_wall(house.admin, "Hall", "en")
    page = open_page(house.url("board/"), java_script_enabled=scripts)
    page.get_by_role("button", name=re.compile("Revoke ?: Hall")).click()
    page.get_by_role("heading", name="Revoke the link of “Hall”?").wait_for()
    if scripts:
        assert Axe().run(page).violations_count == 0
        page.keyboard.press("Escape")
    else:
        page.get_by_role("link", name="Cancel").click()
    wall.refresh_from_db()
    assert wall.revoked_at is None
    page.get_by_role("button", name=re.compile("Revoke ?: Hall")).click()
    page.get_by_role("button", name="Revoke", exact=True).click()
    page.get_by_text("The link of “Hall” is revoked.").wait_for()
    page.get_by_text("There is no wall yet.").wait_for()


@pytest.mark.parametrize("scripts", [True, False])
def test_promises_and_hours_go_only_after_a_question(house: House, open_page: Open, scripts: bool) -> None:
    with workspace(house.workspace.pk):
        minute = timedelta(minutes=1)
        policy = promises.save_policy(house.admin, Policy(name="Night", first_response=minute))
        hours = promises.save_hours(house.admin, BusinessHours(name="Shop", zone="UTC", slots=[[0, 0, 60]]))
    for path, button, question in (
        (f"policies/{policy.pk}/", "Remove this policy", "Remove the policy “Night”?"),
        (f"hours/{hours.pk}/", "Remove these hours", "Remove the opening hours “Shop”?"),
    ):
        page = open_page(house.url(path), java_script_enabled=scripts)
        page.get_by_role("button", name=button).click()
        page.get_by_role("heading", name=question).wait_for()
        page.get_by_role("button", name="Remove", exact=True).click()
        page.get_by_text(re.compile("“(Night|Shop)” is removed")).wait_for()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_focus_stays_on_a_policy_that_is_moved(house: House, open_page: Open, scripts: bool) -> None:
    with workspace(house.workspace.pk):
        for channel in ("facebook", "messenger", "twitter"):
            policy = Policy(name=channel, channel=channel, first_response=timedelta(minutes=1))
            promises.save_policy(house.admin, policy)
    page = open_page(house.url("policies/"), java_script_enabled=scripts)
    page.get_by_role("button", name="Move “facebook” down").focus()
    # At either end the other way is left.
    for place, way in ((2, "down"), (3, "up"), (2, "up"), (1, "down")):
        page.keyboard.press("Enter")
        row = page.locator(f"tbody tr:nth-child({place})", has_text="facebook")
        expect(row.get_by_role("button", name=f"Move “facebook” {way}")).to_be_focused()
        assert page.locator(".banner.success").bounding_box()["y"] >= 0  # type: ignore[index]


def test_a_tables_form_is_usable_by_keyboard_alone(house: House, open_page: Open) -> None:
    page = open_page(house.url("people/"))
    page.get_by_label("Role of Agent of acme").focus()
    page.keyboard.type("Sup")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Agent of acme is now: Supervisor.").wait_for()
