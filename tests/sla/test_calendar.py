"""Business time against a slow and separate way to say it, on calendars and moments of chance.

The slow way knows nothing of weeks or offsets: it asks of one instant after the other what a clock on the wall shows
there, and cuts time only where that may change something.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.clock import Always, Calendar, Slot, due, overlapping
from tests.fuzz.effort import effort

DAY = timedelta(days=1)
ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "UTC",
         "Africa/Casablanca", "Australia/Sydney", "America/St_Johns", "Pacific/Chatham", "Europe/London"]  # fmt: skip
# Days around which clocks change in one of these zones, and some on which they do not.
CHANGES = [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1),
           date(2026, 4, 5), date(2026, 10, 4), date(2026, 2, 15), date(2026, 3, 22),
           date(2011, 12, 30), date(2026, 12, 31), date(2024, 2, 29), date(2026, 7, 14)]  # fmt: skip
PARIS = ZoneInfo("Europe/Paris")


# ------------------------------------------------------------------ the slow way


def easter(year: int) -> date:
    """Gauss."""
    a, b, c = year % 19, year % 4, year % 7
    k = year // 100
    m = (15 - (13 + 8 * k) // 25 + k - k // 4) % 30
    n = (4 + k - k // 4) % 7
    d = (19 * a + m) % 30
    e = (2 * b + 4 * c + 6 * d + n) % 7
    day = 22 + d + e
    if e == 6 and (d == 29 or (d == 28 and (11 * m + 11) % 30 < 19)):
        day -= 7
    return date(year, 3, 1) + timedelta(days=day - 1)


def midnight_of(day: date) -> datetime:
    return datetime.combine(day, time())


def french(day: date) -> bool:
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    return (day.month, day.day) in fixed or day - easter(day.year) in (1 * DAY, 39 * DAY, 50 * DAY)


def is_open(calendar: Calendar, at: datetime) -> bool:
    wall = at.astimezone(ZoneInfo(calendar.zone)).replace(tzinfo=None)
    for day in (wall.date(), wall.date() - DAY):
        if day in calendar.closed or (calendar.country == "FR" and french(day)):
            continue
        midnight = midnight_of(day)
        for slot in calendar.slots:
            begins, ends = midnight + timedelta(minutes=slot.opens), midnight + timedelta(minutes=slot.closes)
            if slot.weekday == day.weekday() and begins <= wall < ends:
                return True
    return False


def cuts(calendar: Calendar, since: datetime) -> Iterator[datetime]:
    """Every instant after `since` at which the answer may turn, in order: where a slot may begin or end, both times
    where an hour comes twice, and the quarters of an hour of a day on which the clocks change."""
    zone = ZoneInfo(calendar.zone)
    minutes = {0, *(minute % 1440 for slot in calendar.slots for minute in (slot.opens, slot.closes))}
    noon = since.replace(hour=12, minute=0, second=0, microsecond=0) - 2 * DAY
    seen = since
    while True:
        found = set()
        for day in ((noon + number * DAY).date() for number in (-1, 0, 1)):
            for minute in minutes:
                wall = midnight_of(day) + timedelta(minutes=minute)
                found |= {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
        if noon.astimezone(zone).utcoffset() != (noon + DAY).astimezone(zone).utcoffset():
            found |= {noon + number * timedelta(minutes=15) for number in range(96)}
        for cut in sorted(found):
            if seen < cut < noon + DAY:
                yield cut
                seen = cut
        noon += DAY


def slowly_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    passed, last = timedelta(), start
    for cut in cuts(calendar, start):
        until = min(cut, end)
        if until > last and is_open(calendar, last + (until - last) / 2):
            passed += until - last
        last = max(last, until)
        if cut >= end:
            return passed
    raise AssertionError


def slowly_added(calendar: Calendar, start: datetime, delta: timedelta, days: int) -> datetime | None:
    last = start
    for cut in cuts(calendar, start):
        if is_open(calendar, last + (cut - last) / 2):
            if delta <= cut - last:
                return last + delta
            delta -= cut - last
        last = cut
        if cut > start + days * DAY:
            return None
    raise AssertionError


# ------------------------------------------------------------------ chance


@st.composite
def weeks(draw: st.DrawFn) -> tuple[Slot, ...]:
    """Slots of one week that do not overlap, some over midnight, some the whole day."""
    if draw(st.integers(0, 4)) == 0:
        return tuple(Slot(day, 0, 1440) for day in draw(st.sets(st.integers(0, 6), min_size=1)))
    minute = st.integers(0, 10_079) | st.integers(0, 167).map(lambda hour: hour * 60)
    borders = sorted(draw(st.sets(minute, min_size=2, max_size=16)))
    pairs = list(pairwise([*borders, borders[0] + 10_080]))[:: draw(st.sampled_from([1, 2]))]
    slots = [Slot(begins // 1440, begins % 1440, begins % 1440 + ends - begins)
             for begins, ends in pairs if ends - begins <= 1440]  # fmt: skip
    return tuple(slots) or (Slot(0, 540, 1080),)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    near = draw(st.sampled_from(CHANGES))
    closed = frozenset(near + number * DAY for number in draw(st.sets(st.integers(-3, 5), max_size=3)))
    return Calendar(draw(st.sampled_from(ZONES)), draw(weeks()), draw(st.sampled_from(["", "FR"])), closed)


moments = st.builds(
    lambda day, back, hours, rest: (
        midnight_of(day) + timedelta(hours=hours, microseconds=rest) - back * DAY
    ).replace(tzinfo=UTC),
    st.sampled_from(CHANGES), st.integers(0, 3), st.integers(0, 48), st.integers(0, 3_600_000_000),
)  # fmt: skip
# Of whole minutes too: there the borders are.
moments |= moments.map(lambda moment: moment.replace(second=0, microsecond=0))
spans = st.timedeltas(timedelta(microseconds=1), timedelta(hours=60)) | st.sampled_from(
    [timedelta(minutes=5), timedelta(hours=1), timedelta(hours=8)]
)


@given(calendar=calendars(), start=moments, span=spans)
@effort(500, 20_000)
def test_time_between_two_moments(calendar, start, span):
    assert calendar.working_time_between(start, start + span) == slowly_between(calendar, start, start + span)


@given(calendar=calendars(), start=moments, delta=spans)
@effort(300, 20_000)
def test_when_so_much_time_has_passed(calendar, start, delta):
    found = calendar.add_working_time(start, delta)
    slow = slowly_added(calendar, start, delta, days=60)
    assert found == slow or (slow is None and found > start + 60 * DAY)
    if found:
        assert calendar.working_time_between(start, found) == delta
        assert calendar.working_time_between(start, found - timedelta(microseconds=1)) < delta


@given(calendar=calendars() | st.just(Always()), start=moments, target=spans, lengths=st.lists(spans, max_size=6))
@effort(300, 20_000)
def test_pauses_put_the_end_off_by_what_was_open_meanwhile(calendar, start, target, lengths):
    borders, at = [], start
    for length in lengths:
        at += length / 6
        borders.append(at)
    pauses = [(begins, ends) for begins, ends in zip(borders[::2], [*borders[1::2], None], strict=False)]
    found = due(calendar, start, target, pauses)
    ran = timedelta()
    for begins, ends in pairwise([start, *borders]):
        if borders.index(ends) % 2 == 0:
            ran += calendar.working_time_between(begins, ends)
    if found is None:
        assert ran < target
        assert len(borders) % 2 == 1 or calendar.add_working_time(start, target) is None
        return
    counted = calendar.working_time_between(start, found)
    for begins, ends in pauses:
        counted -= calendar.working_time_between(begins, min(ends or found, found)) if begins < found else timedelta()
    assert counted == target


# ------------------------------------------------------------------ what one would ask first

WEEK = tuple(Slot(day, *hours) for day in range(5) for hours in ((540, 720), (840, 1080)))
SHOP = Calendar("Europe/Paris", WEEK, "FR", frozenset([date(2026, 11, 13)]))


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=PARIS).astimezone(UTC)


@pytest.mark.parametrize(("start", "delta", "end"), [
    ("2026-11-23 11:58", timedelta(minutes=5), "2026-11-23 14:03"),  # over lunch
    ("2026-11-20 17:58", timedelta(minutes=5), "2026-11-23 09:03"),  # over the weekend
    ("2026-11-10 17:58", timedelta(minutes=5), "2026-11-12 09:03"),  # over Armistice Day
    ("2026-11-12 17:58", timedelta(minutes=5), "2026-11-16 09:03"),  # over a day of our own
    ("2026-11-22 03:00", timedelta(minutes=5), "2026-11-23 09:05"),  # from a Sunday night
    ("2026-03-27 17:59", timedelta(minutes=2), "2026-03-30 09:01"),  # over the night summer time begins
    ("2026-11-23 09:00", timedelta(hours=7), "2026-11-23 18:00"),  # to the end of the day
])  # fmt: skip
def test_a_french_shop(start, delta, end):
    assert SHOP.add_working_time(at(start), delta) == at(end)


def test_an_hour_that_is_skipped_is_nobody_s_and_one_that_comes_twice_is_open_twice():
    nights = Calendar("Europe/Paris", (Slot(6, 60, 240),))
    spring, autumn = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
    assert nights.working_time_between(spring - DAY, spring + DAY) == timedelta(hours=2)
    assert nights.working_time_between(autumn - DAY, autumn + DAY) == timedelta(hours=4)


def test_a_calendar_that_is_never_open_says_so():
    closed = Calendar("Europe/Paris", ())
    start = datetime(2026, 11, 23, tzinfo=UTC)
    assert closed.add_working_time(start, timedelta(seconds=1)) is None
    assert not closed.is_ever_open(start)
    # A minute a week is not a year of work within ten years.
    assert Calendar("UTC", (Slot(0, 0, 1),)).add_working_time(start, timedelta(days=365)) is None


def test_slots_that_share_a_minute():
    monday, sunday = Slot(0, 540, 720), Slot(6, 1320, 1560)
    assert overlapping([monday, Slot(0, 720, 800), sunday]) is None
    assert overlapping([monday, Slot(0, 719, 800)]) == (monday, Slot(0, 719, 800))
    assert overlapping([sunday, Slot(0, 60, 180)]) is not None
