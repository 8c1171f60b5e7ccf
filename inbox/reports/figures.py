"""What a report says of a period: read from the sums, and from the rows themselves for what is not summed up."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min
from django.utils import timezone

from inbox.models import Stale, StaleHour, Tag, Ticket
from inbox.models.report import Dimension
from inbox.reports.durations import percentile
from inbox.reports.facts import PLACES, ROLLED, WAITS, Figure, facts
from inbox.reports.periods import SPANS, Period, Range, cover, floor, joined
from socialcare.tenancy import current_workspace

# Up to so many answered waits percentiles come from the waits themselves; beyond, from their histogram.
EXACT = 5000
# Hours that are over and not yet summed up are read from the rows, unless they lie farther back.
READ_RAW = timedelta(hours=3)
PERCENTILES = (0.5, 0.9, 0.95)
_COLUMNS = "at, dimension, key, figure, number, kept, measured, took, buckets, counts"
_TOTALS = """
SELECT {group}, figure, NULL::int AS bucket, sum(number)::bigint, sum(kept)::bigint, sum(measured)::bigint,
    sum(took)::bigint, NULL::bigint
FROM source GROUP BY {group}, figure
UNION ALL
SELECT {group}, figure, bucket, NULL, NULL, NULL, NULL, sum(count)::bigint
FROM source, unnest(buckets, counts) each (bucket, count) GROUP BY {group}, figure, bucket
"""
_HEAT = """
SELECT extract(isodow FROM at AT TIME ZONE %(zone)s)::int - 1, extract(hour FROM at AT TIME ZONE %(zone)s)::int, figure,
    sum(number)::bigint, sum(kept)::bigint
FROM source WHERE figure IN ('received', 'first_response') GROUP BY 1, 2, 3
"""
_EXACT = f"""
SELECT dimension, key, figure, percentile_cont(%(shares)s::float8[]) WITHIN GROUP (ORDER BY took / 1000000.0)
FROM ({facts(WAITS)}) fact, LATERAL {PLACES} place
WHERE took IS NOT NULL AND {{scope}} GROUP BY 1, 2, 3
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about: all, or some accounts, or an agent (0: nobody)."""

    dimension: Dimension = Dimension.ALL
    keys: tuple[int, ...] = (0,)


@dataclass(slots=True)
class Waits:
    """Waits that began in a period: `decided` were answered or ran out, `kept` of them in time; `took` is in
    microseconds, for the `measured` ones. Of resolutions: those that happened in it.
    """

    decided: int = 0
    kept: int = 0
    measured: int = 0
    took: int = 0
    histogram: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    exact: dict[float, float] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        return self.kept / self.decided if self.decided else None

    @property
    def missed(self) -> int:
        return self.decided - self.kept

    @property
    def mean(self) -> float | None:
        return self.took / self.measured / 1e6 if self.measured else None

    def percentile(self, share: float) -> float | None:
        """Seconds; from the histogram within a fiftieth or a second."""
        return self.exact.get(share) if self.exact else percentile(self.histogram, share)

    @property
    def median(self) -> float | None:
        return self.percentile(0.5)

    @property
    def p90(self) -> float | None:
        return self.percentile(0.9)

    @property
    def p95(self) -> float | None:
        return self.percentile(0.95)


@dataclass(slots=True)
class Figures:
    received: int = 0
    sent: int = 0
    opened: int = 0
    resolved: int = 0
    reopened: int = 0
    first_response: Waits = field(default_factory=Waits)
    next_response: Waits = field(default_factory=Waits)
    resolution: Waits = field(default_factory=Waits)

    @property
    def reopen_rate(self) -> float | None:
        return self.reopened / self.resolved if self.resolved else None

    def add(self, figure: str, values: Sequence[int], bucket: int | None, count: int | None) -> None:
        number, kept, measured, took = (value or 0 for value in values)
        if figure not in WAITS:
            setattr(self, figure, getattr(self, figure) + number)
            return
        waits: Waits = getattr(self, figure)
        if bucket is not None:
            waits.histogram[bucket] += count or 0
            return
        waits.decided += number
        waits.kept += kept
        waits.measured += measured
        waits.took += took


@dataclass(slots=True)
class Column:
    """One step of a chart. `backlog`: tickets not resolved at its end; None where it is not known. `ahead`: it is yet
    to begin, and there is nothing to say of it.
    """

    start: datetime
    figures: Figures
    backlog: int | None = None
    ahead: bool = False


@dataclass(slots=True)
class Cell:
    """One hour of the week."""

    received: int = 0
    decided: int = 0
    kept: int = 0

    @property
    def share(self) -> float | None:
        return self.kept / self.decided if self.decided else None


@dataclass(slots=True)
class Report:
    """`before`: the period before, as far as this one has come, which is `compared`. `as_of`: what happened later
    may be missing.
    """

    period: Period
    scope: Scope
    totals: Figures
    before: Figures
    compared: Range
    columns: list[Column]
    heat: dict[tuple[int, int], Cell]
    parts: dict[Dimension, dict[int, Figures]]
    backlog: int | None
    as_of: datetime
    exact: bool


def report(period: Period, scope: Scope = Scope()) -> Report:
    now = timezone.now()
    as_of, over = _freshness(now)
    apart = [scope.dimension] if scope.dimension != Dimension.ALL else list(PARTS)
    found = _totals(period.since, period.until, over, [scope.dimension, *apart])
    totals = _of(found, scope)
    measured = totals.first_response.measured + totals.next_response.measured + totals.resolution.measured
    exact = measured <= EXACT and len(scope.keys) == 1
    before = _before(period, now)
    of_before = _of(_totals(before[0], before[1], over, [scope.dimension]), scope)
    if exact:
        _refine(period, scope, apart, found, totals)
    backlog = _backlog(period, scope, now, over)
    return Report(
        period,
        scope,
        totals,
        of_before,
        before,
        _columns(period, scope, now, over, backlog),
        _heat(period, scope, over),
        {each: _parts(found, each, scope) for each in apart},
        backlog,
        as_of,
        exact,
    )


def _freshness(now: datetime) -> Range:
    """Since when changes may be missing, and until when to take the sums: what waits to be added up is read raw."""
    marked = Stale.objects.aggregate(first=Min("marked_at"))["first"]
    over = floor("hour", now)
    waiting = StaleHour.objects.filter(at__lt=over).aggregate(first=Min("at"))["first"]
    if waiting and waiting >= over - READ_RAW:
        return marked or now, waiting
    return min(filter(None, (marked, waiting)), default=now), over


PARTS = (Dimension.ACCOUNT, Dimension.QUEUE, Dimension.AGENT, Dimension.TAG)
Found = Mapping[tuple[str, int], Figures]


def _before(period: Period, now: datetime) -> Range:
    before = period.before()
    if period.until <= now:
        return before.since, before.until
    return before.since, min(before.until, before.since + (now - period.since))


def _of(found: Found, scope: Scope) -> Figures:
    """One account or more, one agent, or all, as one."""
    mine = [found[scope.dimension, key] for key in scope.keys if (scope.dimension, key) in found]
    if len(mine) == 1:
        return mine[0]
    total = Figures()
    for figures in mine:
        for name in Figure:
            part = getattr(figures, name)
            if name not in WAITS:
                setattr(total, name, getattr(total, name) + part)
                continue
            total.add(name, (part.decided, part.kept, part.measured, part.took), None, None)
            for bucket, count in part.histogram.items():
                total.add(name, (0, 0, 0, 0), bucket, count)
    return total


def _parts(found: Found, dimension: Dimension, scope: Scope) -> dict[int, Figures]:
    """By key. A tag that was removed may still be on tickets, and is no part."""
    wanted: Collection[int] | None = scope.keys if dimension == scope.dimension else None
    if dimension == Dimension.TAG and wanted is None:
        wanted = set(Tag.objects.values_list("pk", flat=True))
    return {key: each for (of, key), each in found.items() if of == dimension and (wanted is None or key in wanted)}


def _totals(
    since: datetime, until: datetime, now: datetime, dimensions: Sequence[str]
) -> dict[tuple[str, int], Figures]:
    source, given = _source(cover(since, until, now), dimensions)
    found: dict[tuple[str, int], Figures] = defaultdict(Figures)
    for dimension, key, figure, bucket, *values, count in _ask(source, _TOTALS.format(group="dimension, key"), given):
        found[dimension, key].add(figure, values, bucket, count)
    return found


def _columns(period: Period, scope: Scope, now: datetime, over: datetime, backlog: int | None) -> list[Column]:
    """The columns of a chart, the last backlog being that at the end of the period, or now."""
    columns = [Column(start, Figures(), ahead=start > now) for start in period.steps()]
    starts = [column.start.astimezone(UTC) for column in columns]
    source, given = _source(_cover_each(starts, period, over), [scope.dimension], scope)
    given |= {"zone": period.zone.key, "step": period.step}
    group = "date_trunc(%(step)s, at, %(zone)s)"
    for start, figure, bucket, *values, count in _ask(source, _TOTALS.format(group=group), given):
        columns[max(bisect_right(starts, start) - 1, 0)].figures.add(figure, values, bucket, count)
    for column in reversed(columns):
        if backlog is None:
            break
        if not column.ahead:
            column.backlog = backlog
            backlog -= _grown(column.figures)
    return columns


def _cover_each(starts: Sequence[datetime], period: Period, over: datetime) -> dict[str, list[Range]]:
    """What makes each column up: hours, and the days of a long one that lie wholly in it."""
    coarsest = "day" if period.step in ("week", "month") else "hour"
    found: dict[str, list[Range]] = defaultdict(list)
    for since, until in zip([period.since, *starts[1:]], [*starts[1:], period.until], strict=True):
        for span, ranges in cover(since, until, over, coarsest).items():
            found[span] += ranges
    return {span: joined(ranges) for span, ranges in found.items()}


def _grown(figures: Figures) -> int:
    return figures.opened + figures.reopened - figures.resolved


def _backlog(period: Period, scope: Scope, now: datetime, over: datetime) -> int | None:
    """Tickets that were not resolved at the end of the period: today's, less what came since. Agents' are not known."""
    if scope.dimension not in (Dimension.ALL, Dimension.ACCOUNT):
        return None
    waiting = Ticket.objects.exclude(status=Ticket.Status.RESOLVED)
    if scope.dimension == Dimension.ACCOUNT:
        waiting = waiting.filter(account__in=scope.keys)
    today = waiting.count()
    if period.until >= now:
        return today
    return today - _grown(_of(_totals(period.until, now, over, [scope.dimension]), scope))


def _heat(period: Period, scope: Scope, over: datetime) -> dict[tuple[int, int], Cell]:
    """By day of the week (0 is Monday) and hour of the day, in the zone."""
    source, given = _source(cover(period.since, period.until, over, "hour"), [scope.dimension], scope)
    found: dict[tuple[int, int], Cell] = defaultdict(Cell)
    for day, hour, figure, number, kept in _ask(source, _HEAT, given | {"zone": period.zone.key}):
        cell = found[day, hour]
        if figure == Figure.RECEIVED:
            cell.received = number
        else:
            cell.decided, cell.kept = number, kept
    return found


def _refine(period: Period, scope: Scope, apart: Sequence[str], found: Found, totals: Figures) -> None:
    """Percentiles from the waits themselves."""
    given: dict[str, Any] = {"workspace": current_workspace(), "since": period.since, "until": period.until}
    given |= {"shares": list(PERCENTILES), "dimensions": [*apart, scope.dimension], "keys": list(scope.keys)}
    where = "dimension = ANY(%(dimensions)s)"
    if scope.dimension != Dimension.ALL:
        where += " AND key = ANY(%(keys)s)"
    with connection.cursor() as cursor:
        cursor.execute(_EXACT.format(scope=where), given)
        for dimension, key, figure, values in cursor.fetchall():
            if figures := found.get((dimension, key)):
                getattr(figures, figure).exact = dict(zip(PERCENTILES, values, strict=True))


def _source(
    ranges: Mapping[str, Sequence[Range]], dimensions: Sequence[str], scope: Scope | None = None
) -> tuple[str, dict[str, Any]]:
    """A statement that gives tallies for these ranges of time, summed up before or now, and its parameters."""
    given: dict[str, Any] = {"workspace": current_workspace(), "dimensions": list(set(dimensions))}
    which = "dimension = ANY(%(dimensions)s)"
    if scope is not None:
        given["keys"] = list(scope.keys)
        which += " AND key = ANY(%(keys)s)"
    parts = []
    for span in SPANS:
        given[f"{span}_since"] = [since for since, _ in ranges[span]]
        given[f"{span}_until"] = [until for _, until in ranges[span]]
        # OFFSET keeps each stretch a look into the index: joined plainly, the planner reads six times as long.
        parts.append(
            f"SELECT part.* FROM unnest(%({span}_since)s::timestamptz[], %({span}_until)s::timestamptz[])"  # noqa: S608
            f" stretch (since, until), LATERAL (SELECT {_COLUMNS} FROM inbox_tally WHERE workspace_id = %(workspace)s"
            f" AND span = '{span}' AND at >= since AND at < until AND {which} OFFSET 0) part"
        )
    for number, (since, until) in enumerate(ranges["raw"]):
        given |= {f"raw_{number}_since": since, f"raw_{number}_until": until}
        rolled = ROLLED.replace("%(since)s", f"%(raw_{number}_since)s").replace("%(until)s", f"%(raw_{number}_until)s")
        parts.append(f"SELECT {_COLUMNS} FROM ({rolled}) raw WHERE {which}")  # noqa: S608
    return " UNION ALL ".join(parts), given


def _ask(source: str, statement: str, given: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"WITH source AS ({source}) {statement}", given)
        return list(cursor.fetchall())
