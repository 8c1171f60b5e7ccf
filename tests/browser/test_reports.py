"""The reports in a real browser: accessible in both themes and languages, fitting, inside the CSP."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from inbox.models import Tally
from socialcare.models import User, Workspace
from socialcare.tenancy import workspace
from tests.browser.test_settings import CHROMIUM, Open, open_page  # noqa: F401 -- a fixture
from tests.inbox.settings_support import House, make_house
from tests.reports import furnish

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
    pytest.mark.django_db(transaction=True),
]
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def house() -> House:
    return make_house("acme")


@pytest.fixture
def busy(house: House) -> House:
    app = house.app()
    accounts = [house.account(app), house.account(app, channel="messenger")]
    Workspace.objects.update(time_zone="Europe/Paris")
    with workspace(house.workspace.pk):
        people = [house.agent, house.supervisor]
        furnish.weeks(accounts, people, timezone.now(), 30, 400)
    return house


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def check(page: Page, where: str) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, f"{where}\n{found.generate_report()}"
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, where


LOOKS = [("desktop", "light", "en"), ("desktop", "dark", "fr"), ("phone", "dark", "en"), ("phone", "light", "fr")]


@pytest.mark.parametrize(("size", "theme", "language"), LOOKS)
def test_reports_are_accessible_and_fit(busy: House, open_page: Open, size: str, theme: str, language: str) -> None:  # noqa: F811
    User.objects.update(theme=theme, language=language)
    page = open_page("/w/acme/reports/", size, busy.supervisor)
    check(page, "report")
    shot(page, f"report-{size}-{theme}-{language}")
    page.locator(".waits td a").first.click()
    page.wait_for_url("**/reports/tickets/**")
    check(page, "tickets")
    shot(page, f"tickets-{size}-{theme}-{language}")
    page.goto(page.url.partition("tickets/")[0] + "badge/")
    check(page, "badge")
    shot(page, f"badge-{size}-{theme}-{language}")


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_busy_hours_fit_into_the_map_of_the_week(house: House, open_page: Open, size: str, language: str) -> None:  # noqa: F811
    User.objects.update(language=language)
    last_week = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=7)
    with workspace(house.workspace.pk):
        for hour, number in enumerate((7, 123, 999, 9_999, 10_000, 123_456)):
            sums = {"number": number, "kept": number, "measured": 0, "took": 0, "buckets": [], "counts": []}
            for figure in ("received", "first_response"):
                at = last_week + timedelta(hours=hour)
                Tally.objects.create(span="hour", at=at, dimension="all", key=0, figure=figure, **sums)
    page = open_page("/w/acme/reports/", size, house.supervisor)
    cells = page.locator(".heat td a")
    assert cells.count() == 12
    assert (
        cells.evaluate_all("all => all.filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.textContent)")
        == []
    )
    check(page, "busy hours")


def test_nothing_yet_is_said_plainly_and_other_days_can_be_chosen(house: House, open_page: Open) -> None:  # noqa: F811
    page = open_page("/w/acme/reports/?period=today", user=house.supervisor)
    assert page.get_by_text("Nothing happened in this period").is_visible()
    check(page, "empty")
    shot(page, "report-empty")
    page.get_by_label("From").fill("2024-11-20")
    page.get_by_label("Until").fill("2024-11-21")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**period=custom**")
    assert page.get_by_text("Nov 20 – 21, 2024").is_visible()
