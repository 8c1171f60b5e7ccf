"""A wall is read from four metres: nothing on it is small, nothing is cut, with no ticket and with two thousand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from connectors.models import ChannelAccount
from inbox.actions import boards, presence
from tests.board import crowd, told
from tests.browser.conftest import eventually
from tests.browser.test_board import TV, Show, show  # noqa: F401 -- a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")
SMALLEST, MAIN = 28, 80
LAST_MINUTE = {"en": "last whole one:", "fr": "dernière entière\N{NO-BREAK SPACE}:"}
# Every text in sight with its size in pixels, but for what is there for screen readers only.
SIZES = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const [words, parent] = [walker.currentNode.textContent.trim(), walker.currentNode.parentElement];
    if (!words || parent.closest("script, template, .hidden-text") || !parent.checkVisibility()) continue;
    found.push([parseFloat(getComputedStyle(parent).fontSize), words]);
  }
  return found;
}"""
# What sticks out of its box, or of the screen.
CUT = """() => [...document.querySelectorAll(
    ".tile, .tile > *, .panel, .scroll, .panel h2, .panel td, .panel thead th, .legend, .fresh, .wall-team")]
  .filter((box) => box.checkVisibility() && (box.clientWidth && box.scrollWidth > box.clientWidth + 1
    || box.getBoundingClientRect().bottom > innerHeight || box.getBoundingClientRect().right > innerWidth))
  .map((box) => `${box.className || box.tagName}: ${box.textContent.trim().slice(0, 60)}`)"""
# Whose name does not fit into its two lines.
UNNAMED = """() => [...document.querySelectorAll(".channels [data-f=name]")]
  .filter((name) => name.checkVisibility()
    && (name.scrollHeight > name.clientHeight + 2 || name.scrollWidth > name.clientWidth + 1))
  .map((name) => name.textContent)"""
# The bars' names must not run into each other.
CROWDED = """() => {
  const names = [...document.querySelectorAll("#left .name")].map((name) => name.getBoundingClientRect());
  return names.filter((name, place) => place && names[place - 1].right > name.left - 4).length;
}"""


def fill(number: str, facebook: ChannelAccount, messenger: ChannelAccount, alice, bob) -> None:
    presence.here(alice)
    presence.here(bob)
    if number == "few":
        told(alice, bob, facebook, messenger)
    if number == "many":
        for place in range(6):
            ChannelAccount.objects.create(
                app=facebook.app, channel="facebook", external_id=f"5{place}", name=f"Acme of the long name {place}"
            )
        crowd(list(ChannelAccount.objects.all()), [alice, bob], 2000)


def look(page: Page, where: str) -> None:
    page.wait_for_timeout(700)
    small = [(size, words) for size, words in page.evaluate(SIZES) if size < SMALLEST]
    assert small == [], where
    assert page.evaluate(CUT) == [], where
    assert page.evaluate(UNNAMED) == [], where
    assert page.locator("#left").bounding_box()["height"] >= 110, where
    assert page.evaluate(CROWDED) == 0, where
    assert page.locator("#flow-when").inner_text() == LAST_MINUTE[page.locator("html").get_attribute("lang")], where
    main = "[...document.querySelectorAll('.tile .figure')].map((one) => parseFloat(getComputedStyle(one).fontSize))"
    assert min(page.evaluate(main)) >= MAIN, where
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"wall-{where}.png")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("number", ["none", "few", "many"])
def test_it_is_legible_from_four_metres(show, facebook, messenger, alice, bob, number, language):  # noqa: F811
    fill(number, facebook, messenger, alice, bob)
    wall = boards.make_wall(bob.user, "Hall", language, "both")
    page = show("", reverse("wall", args=[boards.token_of(wall)]), **TV)
    eventually(lambda: page.locator(".tile .figure").first.inner_text() != "")
    look(page, f"{number}-{language}")
    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    look(page, f"{number}-{language}-next")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    look(page, f"{number}-{language}-last")


@pytest.mark.parametrize(("language", "words"), [("en", "needs attention"), ("fr", "à vérifier")])
def test_an_account_in_trouble_says_so_at_its_name(show, facebook, messenger, alice, bob, language, words):  # noqa: F811
    fill("few", facebook, messenger, alice, bob)
    ChannelAccount.objects.filter(pk=facebook.pk).update(state=ChannelAccount.State.ATTENTION)
    wall = boards.make_wall(bob.user, "Hall", language, "nothing")
    page = show("", reverse("wall", args=[boards.token_of(wall)]), **TV)
    rows = page.locator("#channels tr")
    expect(rows).to_have_count(2)
    said = page.locator("#channels .trouble:visible")
    expect(said).to_have_text([words])
    expect(rows.filter(has=page.locator(".trouble:visible")).locator(".channel")).to_have_attribute(
        "data-channel", "facebook"
    )
    look(page, f"trouble-{language}")
