"""Tags at a ticket's side: put on, taken off, with the mouse and by keyboard alone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from inbox.actions import sorting
from inbox.models import Tag, Ticket
from tests.browser.conftest import PHONE, eventually
from tests.browser.looking import waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ticket(alice, facebook) -> Ticket:
    waiting(facebook, ("Anna", 1))
    ticket = Ticket.objects.get()
    tags = [Tag.objects.create(name=name).pk for name in ("Address", "Refund", "VIP", "Warranty")]
    return sorting.tag(ticket.pk, alice.user, tags[:3])


def kept(ticket: Ticket) -> list[str]:
    pks = Ticket.objects.get(pk=ticket.pk).tag_ids
    return list(Tag.objects.filter(pk__in=pks).values_list("name", flat=True))


def focused(page) -> str:
    return page.evaluate("document.activeElement.textContent.trim()")


def test_tags_are_taken_off_by_keyboard_alone(inbox, ticket):
    page = inbox("alice", f"open/{ticket.pk}/")
    expect(page.locator("#sort-tags .chip")).to_have_count(3)
    page.keyboard.press("l")
    assert focused(page) == "Remove the tag Address"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    expect(page.locator("#sort-tags .chip > span")).to_have_text(["Address", "VIP"])
    eventually(lambda: kept(ticket) == ["Address", "VIP"])
    page.wait_for_timeout(500)
    assert focused(page) == "Remove the tag VIP", "what is loaded anew does not take the focus away"
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    eventually(lambda: kept(ticket) == [])
    page.wait_for_timeout(500)
    assert page.evaluate("document.activeElement.id") == "sort-tag"
    page.keyboard.type("war")
    page.keyboard.press("Enter")
    eventually(lambda: kept(ticket) == ["Warranty"])
    expect(page.locator("#sort-tags .chip")).to_have_count(1)


@pytest.mark.parametrize("context", [{}, {**PHONE, "locale": "fr-FR", "color_scheme": "dark"}])
def test_tags_are_taken_off_with_a_finger_and_fit(inbox, ticket, context):
    page = inbox("alice", f"open/{ticket.pk}/", **context)
    if context:
        page.locator("#toggle-side").click()
    page.locator("#sort-tags .chip button").nth(1).click()
    eventually(lambda: kept(ticket) == ["Address", "VIP"])
    page.locator("#sort-tag").fill("nonsense")
    page.locator("#sort-tag").press("Enter")
    page.locator("#sort-tag").press("Tab")
    expect(page.locator("#sort-tag-error")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)
    page.locator("#sort-tag").fill("WARRANTY")
    page.locator("#sort-tag").press("Enter")
    eventually(lambda: kept(ticket) == ["Address", "VIP", "Warranty"])
    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_unknown_tag_is_told_once_at_its_field_and_stays_with_its_ticket(inbox, ticket, facebook, alice, language):
    alice.user.language = language
    alice.user.save()
    waiting(facebook, ("Bruno", 2))
    page = inbox("alice", f"open/{ticket.pk}/")
    field, told = page.locator("#sort-tag"), page.locator("#sort-tag-error")
    field.fill("giraffe")
    field.press("Enter")
    words = {"en": "There is no such tag.", "fr": "Cette étiquette n’existe pas"}[language]
    expect(told).to_contain_text(words)
    page.locator("#messages").focus()
    expect(told).to_contain_text(words)
    expect(page.locator(".toast")).to_have_count(0)
    page.locator("#rows .row", has_text="Bruno").click()
    expect(page.locator("#thread-title")).to_have_text("Bruno")
    expect(field).to_have_value("")
    expect(told).to_be_hidden()
