"""What figures are called and mean; numbers, durations and days in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel.dates import format_datetime, format_interval, format_skeleton
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from babel.units import format_unit
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inbox.reports.facts import Figure

NOTHING = "–"
UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


@dataclass(frozen=True, slots=True)
class Word:
    """`better`: whether more of it is good (1), bad (-1) or neither."""

    label: Any
    definition: Any
    better: int = 0


WORDS = {
    Figure.RECEIVED: Word(
        pgettext_lazy("tickets", "Received"),
        _(
            "What customers wrote, at the platform’s time. What they took back later counts; what another app had to "
            "answer does not."
        ),
    ),
    Figure.SENT: Word(
        pgettext_lazy("tickets", "Sent"),
        _("Answers the platform took, ours and those given with other tools, at its time."),
    ),
    Figure.OPENED: Word(_("Opened"), _("Tickets that began, follow-ups among them, when we heard of them.")),
    Figure.RESOLVED: Word(
        pgettext_lazy("tickets", "Resolved"),
        _("Resolutions, each one: a ticket that was reopened and resolved again counts twice."),
    ),
    Figure.REOPENED: Word(
        pgettext_lazy("tickets", "Reopened"),
        _("Resolved tickets taken up again by the customer’s next words or by an agent."),
        -1,
    ),
    Figure.FIRST_RESPONSE: Word(
        _("First response"),
        _(
            "The first wait of a ticket, from the customer’s words to our answer, both at the platform’s time. It "
            "counts when it began."
        ),
        1,
    ),
    Figure.NEXT_RESPONSE: Word(
        _("Next response"), _("Every later wait of a ticket, measured alike. It counts when it began."), 1
    ),
    Figure.RESOLUTION: Word(
        _("Resolution"),
        _(
            "From the first words on a ticket to each of its resolutions. Times count when it was resolved; a promise "
            "counts when its clock began."
        ),
        1,
    ),
}
MEASURES = {
    "share": Word(
        _("In time"),
        _(
            "Of the waits that were answered or ran out, those answered before they ran out. One that still runs, or "
            "was resolved in time without an answer, says nothing yet."
        ),
        1,
    ),
    "decided": Word(_("Waits"), _("Waits that were answered or ran out.")),
    "missed": Word(_("Too late"), _("Waits that ran out, answered later or not at all."), -1),
    "mean": Word(_("Mean"), _("Of the answered waits. A few very long ones move it; the median tells more."), -1),
    "median": Word(_("Median"), _("Half of the answered waits took at most this long."), -1),
    "p90": Word(_("90 %"), _("Nine of ten answered waits took at most this long."), -1),
    "p95": Word(_("95 %"), _("Nineteen of twenty answered waits took at most this long."), -1),
}
REOPEN_RATE = Word(_("Reopen rate"), _("Reopened divided by resolved, both of the period."), -1)
BACKLOG = Word(
    _("Backlog"), _("Tickets that were not resolved at the end of the period, waiting for us or for the customer."), -1
)
ANSWERED = _("Answered")
WHOSE = _(
    "An answer is its author’s and a resolution its doer’s. All else is counted for whoever has the ticket now, in "
    "the queue and with the tags it has now; what nobody has stands apart."
)


def language() -> str:
    return (translation.get_language() or "en").replace("-", "_")


def number(value: float | None) -> str:
    return NOTHING if value is None else format_decimal(value, locale=language())


def compact(value: float, digits: int = 1) -> str:
    """Short enough for an axis."""
    if value < 10_000:
        return number(value)
    return format_compact_decimal(value, locale=language(), fraction_digits=digits)


def percent(value: float | None, pattern: str = "#,##0.#%") -> str:
    if value is None:
        return NOTHING
    # 99.96 % is not all.
    shown = min(value, 0.999) if value < 1 else value
    french = language().startswith("fr")
    return format_percent(shown, pattern.replace("%", "\u202f%" if french else "%"), locale=language())


def duration(seconds: float | None) -> str:
    """The two largest units: "4m 12s"; below ten seconds with tenths."""
    if seconds is None:
        return NOTHING
    if 0 < seconds < 10:
        return format_unit(round(seconds, 1), "duration-second", "narrow", locale=language())
    rest = round(seconds)
    largest = next((place for place, (_, size) in enumerate(UNITS) if rest >= size), len(UNITS) - 1)
    parts: list[str] = []
    for unit, size in UNITS[largest : largest + 2]:
        count, rest = divmod(rest, size)
        if count or not parts:
            parts.append(format_unit(count, f"duration-{unit}", "narrow", locale=language()))
    return "\u00a0".join(parts)


def days(first: date, last: date) -> str:
    return format_interval(first, last, "yMMMd", locale=language())


def moment(at: datetime, step: str) -> str:
    """What a column of a chart begins at; `at` is in the zone."""
    skeleton = {"hour": "Hm", "day": "MMMd", "week": "MMMd", "month": "yMMM"}[step]
    return format_skeleton(skeleton, at, tzinfo=at.tzinfo, locale=language())


def hour_of_week(at: datetime) -> str:
    """ "Monday 14:00", as that language says it."""
    return format_datetime(at, "EEEE HH:mm", locale=language())


def weekday(at: datetime) -> str:
    return format_skeleton("E", at, locale=language())
