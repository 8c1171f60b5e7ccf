"""What the tests of the inbox look at, and the customers they let write."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from playwright.sync_api import Locator, Page

from connectors.models import ChannelAccount
from tests import meta
from tests.conftest import take_in


def row(page: Page, name: str) -> Locator:
    return page.locator("#rows .row", has_text=name)


def names(page: Page) -> list[str]:
    """The rows in sight, from top to bottom."""
    return page.evaluate(
        """() => [...document.querySelectorAll("#rows .row")]
            .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
            .map((row) => row.querySelector("[data-f=name]").textContent)"""
    )


def minutes_ago(minutes: float) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def waiting(facebook: ChannelAccount, *people: tuple[str, float]) -> None:
    """A comment of each person, so many minutes old."""
    for name, age in people:
        take_in(facebook, meta.comment(f"Words of {name}", who=f"of-{name}", name=name, at=minutes_ago(age)))
