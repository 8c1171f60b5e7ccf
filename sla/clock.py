"""When a business is open, and how its time is counted. Pure: no database, no "now".

A calendar is open at an instant when the wall clock of its zone then stands within one of the week's slots, and the
day that slot began on is no holiday. So an hour that a change of the clocks skips is nobody's, and one that comes
twice is open twice. Instants in and out are aware datetimes, exact to the microsecond.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MINUTES_A_DAY = 24 * 60
MINUTES_A_WEEK = 7 * MINUTES_A_DAY
# Where no moment was found after so many weeks, there is none: about ten years.
PATIENCE = 522
EPOCH = datetime(1970, 1, 5, tzinfo=UTC)
LATEST = datetime(9900, 1, 1, tzinfo=UTC)

Span = tuple[datetime, datetime]
Pauses = Sequence[tuple[datetime, datetime | None]]


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """Open from a minute of a weekday (0: Monday) until another; past 1440 it is the next day's."""

    weekday: int
    opens: int
    closes: int

    def minutes(self) -> Iterator[tuple[int, int]]:
        """The minutes of the week it takes, as one stretch, or two where the week begins anew."""
        begins = self.weekday * MINUTES_A_DAY + self.opens
        ends = self.weekday * MINUTES_A_DAY + self.closes
        yield begins, min(ends, MINUTES_A_WEEK)
        if ends > MINUTES_A_WEEK:
            yield 0, ends - MINUTES_A_WEEK


def overlapping(slots: Iterable[Slot]) -> tuple[Slot, Slot] | None:
    """Two slots that share a minute, if there are any."""
    taken = sorted((begins, ends, slot) for slot in slots for begins, ends in slot.minutes())
    for (_, ends, one), (begins, _, other) in pairwise(taken):
        if begins < ends:
            return one, other
    return None


@dataclass(frozen=True)
class Calendar:
    """A week of slots in a zone, without a country's public holidays ("" for none) and other closed days."""

    zone: str
    slots: tuple[Slot, ...]
    country: str = ""
    closed: frozenset[date] = frozenset()

    def add_working_time(self, start: datetime, delta: timedelta) -> datetime | None:
        """The first moment when so much open time has passed since `start`; None where none comes in ten years."""
        left = delta
        for begins, ends in self._open_from(start):
            begins = max(begins, start)
            if left <= ends - begins:
                return begins + left
            left -= ends - begins
        return None

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How long it is open from `start` until `end`; zero where that is before."""
        passed = timedelta()
        first, last = _week_of(start), _week_of(end)
        for week in range(first, last + 1):
            if first < week < last:
                passed += self._total(week)
                continue
            for begins, ends in self._week(week):
                passed += max(timedelta(), min(ends, end) - max(begins, start))
        return passed

    def is_ever_open(self, after: datetime) -> bool:
        return next(self._open_from(after), None) is not None

    def _open_from(self, start: datetime) -> Iterator[Span]:
        """Open stretches in order, those that end after `start`."""
        week = _week_of(start)
        found = self._week(week)
        yield from found[bisect_right(found, start, key=lambda span: span[1]) :]
        for later in range(week + 1, week + 1 + PATIENCE):
            yield from self._week(later)

    @cached_property
    def _weeks(self) -> dict[int, list[Span]]:
        return {}

    @cached_property
    def _totals(self) -> dict[int, timedelta]:
        return {}

    def _total(self, week: int) -> timedelta:
        if week not in self._totals:
            self._totals[week] = sum((ends - begins for begins, ends in self._week(week)), timedelta())
        return self._totals[week]

    def _week(self, week: int) -> list[Span]:
        """Open stretches within a week of UTC, numbered from 1970."""
        if week not in self._weeks:
            begins = EPOCH + week * WEEK
            self._weeks[week] = list(self._between(begins, begins + WEEK))
        return self._weeks[week]

    def _between(self, begins: datetime, ends: datetime) -> Iterator[Span]:
        days = [(begins - 3 * DAY).date() + number * DAY for number in range(12)]
        spans = sorted(span for day in days if not self._is_holiday(day) for span in self._on(day))
        joined: Span | None = None
        for opens, closes in spans:
            opens, closes = max(opens, begins), min(closes, ends)
            if opens >= closes:
                continue
            if joined and joined[1] == opens:
                joined = joined[0], closes
                continue
            if joined:
                yield joined
            joined = opens, closes
        if joined:
            yield joined

    def _on(self, day: date) -> Iterator[Span]:
        """When the slots that begin on this day are open: once, or in parts where the clocks change."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        for slot in self.slots:
            if slot.weekday != day.weekday():
                continue
            opens, closes = midnight + timedelta(minutes=slot.opens), midnight + timedelta(minutes=slot.closes)
            for since, until, offset in _offsets(self.zone, day.year):
                begins, ends = max(since, opens - offset), min(until, closes - offset)
                if begins < ends:
                    yield begins, ends

    def _is_holiday(self, day: date) -> bool:
        return day in self.closed or (self.country != "" and day in _holidays(self.country, day.year))


@dataclass(frozen=True, slots=True)
class Always:
    """Calendar time: it never stops."""

    def add_working_time(self, start: datetime, delta: timedelta) -> datetime | None:
        return start + delta if start < LATEST - delta else None

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        return max(timedelta(), end - start)


Hours = Calendar | Always


def due(hours: Hours, start: datetime, target: timedelta, pauses: Pauses = ()) -> datetime | None:
    """When a target that began at `start` runs out; None while it is paused, or where it never will.

    `pauses`: in order, apart from each other; the last one may have no end yet.
    """
    left, since = target, start
    for pauses_at, goes_on_at in pauses:
        if (used := hours.working_time_between(since, pauses_at)) >= left:
            break
        if goes_on_at is None:
            return None
        left, since = left - used, goes_on_at
    return hours.add_working_time(since, left)


def _week_of(moment: datetime) -> int:
    return (moment - EPOCH) // WEEK


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))


@cache
def _offsets(zone: str, year: int) -> list[tuple[datetime, datetime, timedelta]]:
    """The zone's distance from UTC over a year and some days around: (from, until, distance), one after the other."""
    there = ZoneInfo(zone)
    at, ends = datetime(year, 1, 1, tzinfo=UTC) - 5 * DAY, datetime(year + 1, 1, 1, tzinfo=UTC) + 5 * DAY
    found, since, offset = [], at, _offset(there, at)
    while at < ends:
        later = at + timedelta(hours=6)
        if (new := _offset(there, later)) != offset:
            change = _change(there, at, later)
            found.append((since, change, offset))
            since, offset = change, new
        at = later
    return [*found, (since, at, offset)]


def _change(there: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The second at which the distance changes between two moments."""
    offset = _offset(there, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _offset(there, middle) == offset else (before, middle)
    return after


def _offset(there: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(there).utcoffset() or timedelta()
