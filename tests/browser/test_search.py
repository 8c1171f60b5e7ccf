"""The search in the browser: it says what it looks for, keys lead into what was found and out again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from connectors.models import ChannelAccount
from inbox.models import Ticket
from tests.browser.looking import waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOTS = os.environ.get("SHOTS")
HEADINGS = {"en": ("All open", "Search: Words of Bruno"), "fr": ("Tous ouverts", "Recherche : Words of Bruno")}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_keys_lead_into_a_search_and_out_of_it(inbox, alice, facebook: ChannelAccount, language):
    alice.user.language = language
    alice.user.save()
    waiting(facebook, ("Anna", 3), ("Bruno", 2), ("Chloe", 1))
    ticket = {row.identity.name: row.pk for row in Ticket.objects.select_related("identity")}
    page = inbox("alice", f"open/{ticket['Anna']}/")
    expect(page.locator("#rows .row")).to_have_count(3)
    heading, rows = page.locator("#list-title"), page.locator("#rows .row:not(.ghost)")
    before = heading.text_content()
    found = HEADINGS[language][1]
    for ways in (["ArrowDown"], ["Enter"], []):
        page.keyboard.press("/")
        page.keyboard.type("Words of Bruno")
        expect(heading).to_have_text(found)
        expect(page).to_have_title(
            f"Anna · {found} · Socialcare" if ways == ["ArrowDown"] else f"Bruno · {found} · Socialcare"
        )
        expect(rows).to_have_count(1)
        expect(page.locator('[data-view][aria-current="page"]')).to_have_count(0)
        for key in ways:
            page.keyboard.press(key)
            expect(page.locator("#rows")).to_be_focused()
            expect(page.locator("#thread-title")).to_have_text("Bruno")
        page.keyboard.press("Escape")
        expect(page.locator("#search")).to_have_value("")
        expect(heading).to_have_text(before)
        expect(rows).to_have_count(3)
        expect(page.locator("#rows")).to_be_focused()
        expect(page.locator('[data-view="open"]')).to_have_attribute("aria-current", "page")
        expect(page.locator('#rows [aria-selected="true"]')).to_have_attribute("id", f"t{ticket['Bruno']}")


@pytest.mark.parametrize(("locale", "width"), [("en-GB", 1366), ("fr-FR", 1366), ("fr-FR", 360), ("en-GB", 360)])
def test_nothing_is_cut_that_has_room(inbox, alice, facebook, locale, width):
    alice.user.language = locale[:2]
    alice.user.save()
    waiting(facebook, ("Konstantin Papadopoulos", 90))
    ticket = Ticket.objects.get()
    page = inbox("alice", "open/" if width < 700 else f"open/{ticket.pk}/", viewport={"width": width, "height": 768})
    needed = page.locator("#search").evaluate(
        """(field) => {
            const ink = document.createElement("canvas").getContext("2d");
            ink.font = getComputedStyle(field).font;
            return ink.measureText(field.placeholder).width - field.clientWidth;
        }"""
    )
    assert needed <= 0
    cut = "(one) => one.scrollWidth > one.clientWidth"
    assert not page.locator("#list-title").evaluate(cut)
    assert not page.locator("#rows .row-kind").evaluate(cut)
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"agt-{width}-{locale}.png")
    if width > 700:
        expect(page.locator("#thread-channel")).to_be_visible()
        assert page.locator(".thread-head").bounding_box()["height"] < 66
