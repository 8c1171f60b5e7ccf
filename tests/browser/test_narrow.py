"""No page of the supervisor and of the admin scrolls sideways on the narrowest phones, in either language."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from inbox.actions import boards, presence, promises, sorting
from sla.models import BusinessHours, Policy
from tests.board import told
from tests.browser.test_board import Show, show  # noqa: F401 -- a fixture
from tests.browser.test_wall import CROWDED

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")
PAGES = (
    "dashboard/", "inbox/open/?only=answered_hour", "reports/", "reports/?period=today", "reports/badge/",
    "settings/policies/", "settings/policies/add/", "settings/hours/", "settings/hours/add/", "settings/labels/",
    "settings/board/",
)  # fmt: skip
OUTSIDE = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter((it) => it.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .map((it) => `${it.tagName}.${it.getAttribute("class")} ${it.textContent.trim().slice(0, 40)}`).slice(0, 12)"""


@pytest.fixture
def house(alice, bob, carol, facebook, messenger) -> None:
    told(alice, bob, facebook, messenger)
    for member in (bob, carol):
        presence.available(member, True)
    boards.make_wall(bob.user, "The hall on the second floor, beside the coffee machine", "fr")
    for kind in ("queue", "tag", "group"):
        sorting.add_label(carol.user, kind, "Réclamations, remboursements et retours d’Europe")
    slots = [[day, 540, 750] for day in range(7)] + [[day, 840, 1080] for day in range(7)]
    hours = BusinessHours(name="Boutique", zone="Europe/Paris", slots=slots, country="FR", closed=["2999-12-24"])
    promises.save_hours(carol.user, hours)
    policy = Policy(name="Réclamations de toute l’Europe", first_response=timedelta(days=3, hours=2, minutes=1))
    policy.hours = hours
    promises.save_policy(carol.user, policy)


@pytest.mark.parametrize(("language", "last"), [("en-GB", ["no", "clock"]), ("fr-FR", ["sans", "délai"])])
@pytest.mark.parametrize("width", [320, 360, 400, 1440])
def test_the_bars_names_do_not_touch(show: Show, house: None, width: int, language: str, last: list[str]) -> None:  # noqa: F811
    page = show("carol", "/w/acme/dashboard/", viewport={"width": width, "height": 740}, locale=language)
    names = page.locator("#left .name")
    expect(names).to_have_count(8)
    assert page.evaluate(CROWDED) == 0
    lines = names.last.locator("tspan").all_text_contents()
    if width != 400:
        assert [words for words in lines if words] == (last if width < 720 else [" ".join(last)])
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"bars-{width}-{language}.png")


@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
@pytest.mark.parametrize("width", [320, 360])
def test_nothing_scrolls_sideways(show: Show, house: None, width: int, language: str) -> None:  # noqa: F811
    page = show("carol", "/w/acme/dashboard/", viewport={"width": width, "height": 740}, locale=language)
    base = page.url.partition("dashboard/")[0]
    found = {}
    for path in PAGES:
        page.goto(base + path)
        page.wait_for_timeout(600)
        found[path] = page.evaluate(OUTSIDE)
        if SHOTS:
            name = "".join(sign if sign.isalnum() else "-" for sign in path)
            page.screenshot(path=Path(SHOTS) / f"narrow-{width}-{language}-{name}.png", full_page=True)
    assert {path: outside for path, outside in found.items() if outside} == {}


# What is written in one line of its own, and names that break between words only.
BROKEN = """() => [...document.querySelectorAll("#notifications-title, .channels tbody th, .parts tbody th")]
  .filter((it) => it.checkVisibility() && it.getBoundingClientRect().width < 70)
  .map((it) => it.textContent.trim())"""
MINUTES = """() => {
  const marks = [...document.querySelectorAll("#flow text.name")].filter((mark) => mark.checkVisibility()).slice(1);
  const boxes = marks.map((mark) => mark.getBoundingClientRect());
  return boxes.filter((box, place) => place && boxes[place - 1].right > box.left - 8).length;
}"""


@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
@pytest.mark.parametrize("width", [320, 360])
def test_the_bell_is_in_sight_and_words_stay_whole(show: Show, house: None, width: int, language: str) -> None:  # noqa: F811
    page = show("carol", "/w/acme/dashboard/", viewport={"width": width, "height": 740}, locale=language)
    base = page.url.partition("dashboard/")[0]
    for path in ("dashboard/", "reports/", "settings/hours/"):
        page.goto(base + path)
        place = page.locator("#bell").bounding_box()
        assert place["x"] >= 0, path
        assert place["x"] + place["width"] <= width, path
        page.wait_for_timeout(300)
        page.locator("#bell").click()
        assert page.evaluate(BROKEN) == [], path
        assert page.locator("#notifications-title").bounding_box()["height"] < 40, path
        assert page.evaluate(MINUTES) == 0, path
