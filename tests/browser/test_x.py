"""X on the screens: what an answer costs, who reads it, and what may be done about it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from connectors.models import ChannelAccount
from inbox.models import Ticket
from tests import x
from tests.conftest import take_in
from tests.connectors.twitter.conftest import handle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def on_x(acme: Any) -> ChannelAccount:
    return handle(acme, x.BRAND)


@pytest.mark.behaviour_x(31)
def test_the_price_of_all_parts_is_shown_before_a_long_answer_leaves(inbox: Any, on_x: Any, bob: Any) -> None:
    take_in(on_x, x.mention())
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    words, price = page.locator("#words"), page.locator("#price")
    expect(price).to_have_text("Costs $0.01")
    words.fill("word " * 100)
    expect(page.locator("#split")).to_have_text("Send as 2 posts")
    expect(price).to_have_text("Costs $0.02 together")
    words.fill("word " * 100 + "example.com/help")
    expect(page.locator("#split")).to_be_visible()
    expect(price).to_have_text("Costs $0.21 together, because of links")
    words.fill("a" * 600)
    expect(page.locator("#split")).to_be_hidden()
    expect(price).to_have_text("")
