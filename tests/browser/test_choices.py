"""What a list to choose from writes: what was chosen, and not what the arrow keys passed on their way."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from inbox import live
from inbox.models import Group, Queue, Ticket
from tests.browser.conftest import eventually
from tests.browser.looking import waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URGENT, HIGH, NORMAL, LOW = "4", "3", "2", "1"


@pytest.fixture
def ticket(facebook) -> Ticket:
    for name in ("Billing", "Returns"):
        Queue.objects.create(name=name)
    Group.objects.create(name="Press")
    waiting(facebook, ("Anna", 1))
    return Ticket.objects.get()


def writes(page: Page) -> list[str]:
    """The last part of each address that is written to from now on, presence and the like left out."""
    found: list[str] = []
    wanted = ("priority", "queue", "group")

    def heard(request) -> None:
        part = request.url.rstrip("/").rpartition("/")[2]
        if request.method == "POST" and part in wanted:
            found.append(part)

    page.on("request", heard)
    return found


@pytest.mark.parametrize(
    ("locale", "hint"),
    [
        ("en-GB", "Enter keeps the choice, Esc takes it back."),
        ("fr-FR", "Entrée valide le choix, Échap l’annule."),
    ],
)
def test_arrow_keys_write_nothing_until_enter(inbox, bob, facebook, ticket, locale, hint):
    page = inbox("bob", f"open/{ticket.pk}/", locale=locale)
    select, said, written = page.locator("#sort-priority"), page.locator("#sort-hint"), writes(page)
    expect(select).to_have_value(NORMAL)
    expect(said).to_be_hidden()
    select.focus()
    for value in (HIGH, URGENT):
        page.keyboard.press("ArrowUp")
        expect(select).to_have_value(value)
    expect(said).to_have_text(hint)
    expect(said).to_be_visible()
    # What is loaded anew meanwhile takes nothing away.
    with page.expect_response(f"**/api/tickets/{ticket.pk}/"):
        live.publish_now([("account", {"id": facebook.pk})])
    page.wait_for_timeout(300)
    expect(select).to_have_value(URGENT)
    page.keyboard.press("Escape")
    expect(select).to_have_value(NORMAL)
    expect(select).to_be_focused()
    expect(said).to_be_hidden()
    assert written == []
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    eventually(lambda: Ticket.objects.get().priority == int(HIGH))
    page.wait_for_timeout(300)
    expect(select).to_have_value(HIGH)
    expect(said).to_be_hidden()
    assert written == ["priority"]


def test_leaving_a_list_writes_what_was_chosen_by_keys(inbox, bob, ticket):
    page = inbox("bob", f"open/{ticket.pk}/")
    written = writes(page)
    expect(page.locator("#sort-queue")).to_be_visible()
    page.locator("#sort-queue").focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    eventually(lambda: str(Ticket.objects.get().queue or "") == "Returns")
    page.locator("#sort-group").focus()
    page.keyboard.press("ArrowDown")
    page.locator("#words").click()
    eventually(lambda: Ticket.objects.get().contact.group_id is not None)
    page.wait_for_timeout(300)
    assert written == ["queue", "group"]


def test_a_choice_from_the_open_list_is_written_at_once(inbox, bob, ticket):
    page = inbox("bob", f"open/{ticket.pk}/")
    written = writes(page)
    page.locator("#sort-priority").select_option(label="Urgent")
    eventually(lambda: Ticket.objects.get().priority == int(URGENT))
    assert written == ["priority"]


def test_what_is_being_chosen_for_one_ticket_is_not_written_to_the_next(inbox, bob, facebook, ticket):
    waiting(facebook, ("Ben", 2))
    page = inbox("bob", f"open/{ticket.pk}/")
    written = writes(page)
    expect(page.locator("#sort-priority")).to_have_value(NORMAL)
    page.locator("#sort-priority").focus()
    page.keyboard.press("ArrowUp")
    page.locator("#rows .row", has_text="Ben").click()
    page.wait_for_url(f"**/open/{Ticket.objects.latest('id').pk}/")
    eventually(lambda: Ticket.objects.get(pk=ticket.pk).priority == int(HIGH))
    expect(page.locator("#sort-priority")).to_have_value(NORMAL)
    assert written == ["priority"]
    assert Ticket.objects.latest("id").priority == int(NORMAL)


def test_the_list_is_narrowed_once_a_priority_was_chosen(inbox, bob, ticket):
    page = inbox("bob")
    page.locator("#by-priority").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(400)
    assert "priority" not in page.url
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/open/?only=waiting&priority=4")
