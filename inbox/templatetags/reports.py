"""Numbers and moments of reports in the reader's language."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from django import template

from inbox.reports import words

register = template.Library()


@register.filter
def number(value: float | None) -> str:
    return words.number(value)


@register.filter
def percent(value: float | None) -> str:
    return words.percent(value)


@register.filter
def duration(seconds: float | None) -> str:
    return words.duration(seconds)


@register.filter
def moment(at: datetime, zone: ZoneInfo | None = None) -> str:
    """To the second, in the zone or in that of `at`."""
    return format_datetime(at, "d MMM y, HH:mm:ss", tzinfo=zone or at.tzinfo, locale=words.language())
