"""Periods of time in a company's time zone, and which sums make one up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Range = tuple[datetime, datetime]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SPANS = ("month", "day", "hour")
LONGEST = timedelta(days=3 * 366)
PRESETS = ("today", "yesterday", "7-days", "28-days", "this-month", "last-month", "90-days", "365-days")
# A chart has room for so many.
MOST_HOURS, MOST_DAYS, MOST_WEEKS = 49, 95, 60


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` on, before `until`; both begin a moment in the zone's calendar."""

    since: datetime
    until: datetime
    zone: ZoneInfo

    @property
    def step(self) -> str:
        """What a column of a chart stands for: hour, day, week or month."""
        days = (self.until - self.since) / DAY
        if days * 24 <= MOST_HOURS:
            return "hour"
        if days <= MOST_DAYS:
            return "day"
        return "week" if days <= MOST_WEEKS * 7 else "month"

    @property
    def first_day(self) -> date:
        return self.since.astimezone(self.zone).date()

    @property
    def last_day(self) -> date:
        return (self.until.astimezone(self.zone) - timedelta(microseconds=1)).date()

    def before(self) -> Period:
        """As many days before; a calendar month is compared with the one before it."""
        first, last = self.first_day, self.last_day
        if first.day == 1 and (last + DAY).day == 1 and last.month == first.month and last.year == first.year:
            return of_days((first - DAY).replace(day=1), first - DAY, self.zone)
        return of_days(first - (last - first) - DAY, first - DAY, self.zone)

    def steps(self) -> list[datetime]:
        """The beginnings, in the zone, of the columns that the period touches."""
        found, at = [], trunc(self.step, self.since.astimezone(self.zone))
        while at.astimezone(UTC) < self.until:
            found.append(at)
            at = _next(self.step, at, self.zone)
        return found


def of_days(first: date, last: date, zone: ZoneInfo) -> Period:
    """The days from first to last, whole."""
    return Period(_midnight(first, zone), _midnight(last + DAY, zone), zone)


def preset(name: str, now: datetime, zone: ZoneInfo) -> Period:
    """The period of that name; days that are not over count as far as they have come."""
    today = now.astimezone(zone).date()
    match name:
        case "today":
            return of_days(today, today, zone)
        case "yesterday":
            return of_days(today - DAY, today - DAY, zone)
        case "this-month":
            return of_days(today.replace(day=1), today, zone)
        case "last-month":
            last = today.replace(day=1) - DAY
            return of_days(last.replace(day=1), last, zone)
    days = int(name.partition("-")[0])
    return of_days(today - timedelta(days=days - 1), today, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Or the day's first moment, where clocks skip midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def trunc(step: str, local: datetime) -> datetime:
    if step == "hour":
        return local.replace(minute=0, second=0, microsecond=0)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if step == "week":
        return start - timedelta(days=start.weekday())
    return start.replace(day=1) if step == "month" else start


def _next(step: str, at: datetime, zone: ZoneInfo) -> datetime:
    if step == "hour":
        return (at.astimezone(UTC) + HOUR).astimezone(zone)
    if step == "month":
        return (at + timedelta(days=32)).replace(day=1)
    return at + (7 * DAY if step == "week" else DAY)


def floor(span: str, moment: datetime) -> datetime:
    """The beginning of the hour, day or month (UTC) of a moment."""
    return trunc(span, moment.astimezone(UTC))


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Ranges that touch, in their order, made one."""
    found: list[Range] = []
    for since, until in ranges:
        if found and found[-1][1] == since:
            found[-1] = (found[-1][0], until)
        else:
            found.append((since, until))
    return found


def cover(since: datetime, until: datetime, over: datetime, coarsest: str = "month") -> dict[str, list[Range]]:
    """What makes a period up: whole months, days and hours that are summed up, and what is left as `raw`.

    Hours are summed up before `over`, the beginning of the hour that is not. `coarsest`: the longest span to use.
    """
    found: dict[str, list[Range]] = {span: [] for span in (*SPANS, "raw")}
    _fill(found, SPANS[SPANS.index(coarsest) :], since, until, floor("hour", over))
    return {span: joined(sorted(ranges)) for span, ranges in found.items()}


def _fill(
    found: dict[str, list[Range]], spans: Sequence[str], since: datetime, until: datetime, over: datetime
) -> None:
    if since >= until:
        return
    if not spans:
        found["raw"].append((since, until))
        return
    first, last = _ceiling(spans[0], since), floor(spans[0], min(until, over))
    if first >= last:
        _fill(found, spans[1:], since, until, over)
        return
    found[spans[0]].append((first, last))
    _fill(found, spans[1:], since, first, over)
    _fill(found, spans[1:], last, until, over)


def _ceiling(span: str, moment: datetime) -> datetime:
    start = floor(span, moment)
    if start == moment:
        return start
    return floor(span, start + {"month": timedelta(days=32), "day": DAY, "hour": HOUR}[span])
