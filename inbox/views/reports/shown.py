"""A report as its page shows it: words, links, changes and charts. Templates only lay it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from inbox.models.report import Dimension
from inbox.reports import charts, naming, words
from inbox.reports.charts import Bar
from inbox.reports.durations import edges
from inbox.reports.facts import WAITS, Figure
from inbox.reports.figures import Cell as HourOfWeek
from inbox.reports.figures import Column, Figures, Report, Waits
from inbox.reports.words import MEASURES, WORDS, Word

VOLUMES = (Figure.RECEIVED, Figure.SENT, Figure.OPENED, Figure.RESOLVED, Figure.REOPENED)
# Which facts are behind a measure.
BEHIND = {"share": "kept", "decided": "decided", "missed": "missed"}
ROUND = 0.005
FEWEST, LABELS = 4, 7


@dataclass(frozen=True, slots=True)
class Change:
    """Against the period before. `tone`: good, bad or empty."""

    text: str
    tone: str
    before: str


@dataclass(frozen=True, slots=True)
class Cell:
    label: Any
    text: str
    url: str = ""
    change: Change | None = None
    definition: Any = ""
    share: float | None = None

    @property
    def percent(self) -> str:
        return f"{(self.share or 0) * 100:g}"


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    tone: str
    bars: list[tuple[Bar, str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chart:
    """`even`: the labels of `x` part the width in equal parts, each at the beginning of its own; else the last stands
    at the end. `table`: the same numbers, (start, its link, [texts]).
    """

    title: str
    series: list[Series]
    width: int
    y: list[str]
    x: list[str]
    even: bool
    table: list[tuple[str, str, list[str]]]


class Page:
    """`link`: the address of the list behind a figure, given what it asks for. `asked`: what this report was asked for,
    by which the list leads back to it.
    """

    def __init__(self, report: Report, about: str, tickets: str, asked: str) -> None:
        self.report, self.about, self._tickets, self._asked = report, about, tickets, asked

    def link(self, figure: Figure, part: str = "decided", *, about: str = "", since: datetime | None = None,
             until: datetime | None = None, **more: int) -> str:  # fmt: skip
        period = self.report.period
        asked = {
            "figure": figure.value,
            "part": part,
            "since": int((since or period.since).timestamp()),
            "until": int((until or period.until).timestamp()),
            "about": about or self.about,
        }
        return f"{self._tickets}?{urlencode(asked | more | {'of': self._asked})}"

    # ------------------------------------------------------------ figures

    def waits(self) -> list[dict[str, Any]]:
        """One row for each kind of wait, a cell for each measure."""
        totals, before = self.report.totals, self.report.before
        return [
            {
                "word": WORDS[figure],
                "figure": figure.value,
                "cells": [self._measure(figure, name, getattr(totals, figure), getattr(before, figure))
                          for name in MEASURES],
            }
            for figure in WAITS
        ]  # fmt: skip

    def _measure(self, figure: Figure, name: str, waits: Waits, before: Waits | None, about: str = "") -> Cell:
        word, value = MEASURES[name], getattr(waits, name)
        old = getattr(before, name) if before else None
        url = self.link(figure, BEHIND.get(name, "measured"), about=about) if value else ""
        if name == "share":
            shown = change(value, old, word, words.percent, points=True)
            return Cell(word.label, words.percent(value), url, shown, word.definition, value)
        said = words.number if name in BEHIND else words.duration
        return Cell(word.label, said(value), url, change(value, old, word, said), word.definition)

    def volumes(self) -> list[Cell]:
        totals, before = self.report.totals, self.report.before
        cells = []
        for figure in VOLUMES:
            value, word = getattr(totals, figure), WORDS[figure]
            shown = change(value, getattr(before, figure), word, words.number)
            url = self.link(figure) if value else ""
            cells.append(Cell(word.label, words.number(value), url, shown, word.definition))
        rate = change(totals.reopen_rate, before.reopen_rate, words.REOPEN_RATE, words.percent, points=True)
        url = self.link(Figure.REOPENED) if totals.reopened else ""
        cells.append(
            Cell(words.REOPEN_RATE.label, words.percent(totals.reopen_rate), url, rate, words.REOPEN_RATE.definition)
        )
        if self.report.backlog is not None:
            cells.append(self._backlog_tile(self.report.backlog))
        return cells

    def _backlog_tile(self, backlog: int) -> Cell:
        """Compared with what it was when the period began."""
        word, totals = words.BACKLOG, self.report.totals
        shown = change(backlog, backlog - totals.opened - totals.reopened + totals.resolved, word, words.number)
        return Cell(word.label, words.number(backlog), "", shown, word.definition)

    def parts(self) -> list[dict[str, Any]]:
        """A table for each dimension, the busiest first."""
        titles = {
            Dimension.ACCOUNT: _("By channel"),
            Dimension.QUEUE: _("By queue"),
            Dimension.AGENT: _("By agent"),
            Dimension.TAG: _("By tag"),
        }
        return [
            {"title": titles[dimension], "rows": self._rows(dimension, found)}
            for dimension, found in self.report.parts.items()
            if found
        ]

    def _rows(self, dimension: Dimension, found: dict[int, Figures]) -> list[dict[str, Any]]:
        names = naming.names(dimension, found)
        busiest = sorted(found, key=lambda key: (-found[key].received - found[key].sent, names.get(key, "")))
        return [
            {"name": names.get(key, str(key)), "cells": self._row(f"{dimension}:{key}", found[key])} for key in busiest
        ]

    def _row(self, about: str, figures: Figures) -> list[Cell]:
        cells = []
        for figure in (Figure.RECEIVED, Figure.SENT, Figure.RESOLVED):
            value = getattr(figures, figure)
            url = self.link(figure, about=about) if value else ""
            cells.append(Cell(WORDS[figure].label, words.number(value), url))
        for figure, measures in (
            (Figure.FIRST_RESPONSE, ("share", "median", "p90")),
            (Figure.NEXT_RESPONSE, ("share", "median", "p90")),
            (Figure.RESOLUTION, ("median",)),
        ):
            cells += [self._measure(figure, name, getattr(figures, figure), None, about) for name in measures]
        cells.append(Cell(words.REOPEN_RATE.label, words.percent(figures.reopen_rate)))
        return cells

    # ------------------------------------------------------------ charts

    def charts(self) -> list[Chart]:
        columns = self.report.columns
        found = [self._flow(columns), self._kept(columns), self._times(columns)]
        if self.report.backlog is not None:
            found.append(self._backlog(columns))
        return found

    def _flow(self, columns: Sequence[Column]) -> Chart:
        figures = (Figure.RECEIVED, Figure.SENT)
        values = {figure: [getattr(column.figures, figure) for column in columns] for figure in figures}
        top = charts.ceiling(max(max(each) for each in values.values()))
        series = []
        for part, figure in enumerate(figures):
            bars = charts.bars(values[figure], top, part=part, parts=2)
            said = [words.number(value) for value in values[figure]]
            series.append(self._bars(figure, str(WORDS[figure].label), ("in", "out")[part], columns, bars, said))
        texts = [[words.number(values[figure][place]) for figure in figures] for place in range(len(columns))]
        return self._chart(_("In and out"), columns, series, top, words.compact, texts)

    def _kept(self, columns: Sequence[Column]) -> Chart:
        shares = [column.figures.first_response.share for column in columns]
        # Nobody in time is drawn too; nobody waiting is a gap.
        bars = charts.bars([None if share is None else max(share, ROUND) for share in shares], 1)
        said = [words.percent(share) for share in shares]
        name = _("First responses in time")
        series = [self._bars(Figure.FIRST_RESPONSE, name, "kept", columns, bars, said)]
        texts = [[text] for text in said]
        return self._chart(name, columns, series, 1, lambda value: words.percent(value, "#,##0%"), texts)

    def _times(self, columns: Sequence[Column]) -> Chart:
        waits = [column.figures.first_response for column in columns]
        medians, p90s = [each.median for each in waits], [each.p90 for each in waits]
        top = _round_seconds(max((value for value in (*medians, *p90s) if value), default=60))
        series = [
            Series(str(MEASURES["p90"].label), "p90", lines=charts.line(p90s, top)),
            Series(str(MEASURES["median"].label), "median", lines=charts.line(medians, top)),
        ]
        texts = [[words.duration(p90), words.duration(median)] for p90, median in zip(p90s, medians, strict=True)]
        return self._chart(_("How long first responses took"), columns, series, top, words.duration, texts)

    def _backlog(self, columns: Sequence[Column]) -> Chart:
        values = [column.backlog for column in columns]
        top = charts.ceiling(max((value for value in values if value), default=1))
        name = str(words.BACKLOG.label)
        texts = [[words.number(value)] for value in values]
        lines = [Series(name, "backlog", lines=charts.line(values, top))]
        return self._chart(name, columns, lines, top, words.compact, texts)

    def _bars(self, figure: Figure, name: str, tone: str, columns: Sequence[Column],
              bars: Sequence[Bar | None], said: Sequence[str]) -> Series:  # fmt: skip
        drawn = []
        for column, bar, text, link in zip(columns, bars, said, self._links(figure, columns), strict=True):
            if bar:
                drawn.append((bar, f"{words.moment(column.start, self.report.period.step)}: {text} · {name}", link))
        return Series(name, tone, bars=drawn)

    def _links(self, figure: Figure, columns: Sequence[Column]) -> list[str]:
        period = self.report.period
        ends = [*(column.start for column in columns[1:]), period.until]
        return [
            self.link(figure, since=max(column.start, period.since), until=min(end, period.until))
            for column, end in zip(columns, ends, strict=True)
        ]

    def _chart(self, title: str, columns: Sequence[Column], series: list[Series], top: float,
               said: Callable[[float], str], texts: Sequence[list[str]]) -> Chart:  # fmt: skip
        step = self.report.period.step
        starts = [words.moment(column.start, step) for column in columns]
        links = self._links(Figure.FIRST_RESPONSE if top == 1 else Figure.RECEIVED, columns)
        shown, even = ticks(starts)
        axis = [said(top), said(top / 2), said(0)]
        said_of = [
            [words.NOTHING] * len(each) if column.ahead else each for column, each in zip(columns, texts, strict=True)
        ]
        table = list(zip(starts, links, said_of, strict=True))
        return Chart(title, series, len(columns) * charts.WIDE, axis, shown, even, table)

    def spread(self) -> list[dict[str, Any]]:
        """How many first responses took how long, in classes."""
        waits = self.report.totals.first_response
        lows = (0, *charts.CLASSES)
        counts = [0] * len(lows)
        for bucket, number in waits.histogram.items():
            low = edges(bucket)[0]
            counts[max(place for place, start in enumerate(lows) if start <= low)] += number
        found, so_far, most = [], 0, max(counts)
        for place, number in enumerate(counts):
            so_far += number
            last = place == len(counts) - 1
            found.append(
                {
                    "label": _("longer") if last else f"≤ {words.duration(charts.CLASSES[place])}",
                    "count": words.number(number),
                    "so_far": words.percent(so_far / waits.measured) if waits.measured else words.NOTHING,
                    "width": round(number / most * 100, 1) if most else 0,
                }
            )
        return found

    def heat(self) -> dict[str, Any]:
        """Two maps of the week: how much came, and how much was answered too late."""
        cells = self.report.heat
        most = max((cell.received for cell in cells.values()), default=0)
        monday = datetime(2024, 1, 1)  # noqa: DTZ001 -- any Monday, for its name
        rows = []
        for day in range(7):
            row = []
            for hour in range(24):
                cell = cells.get((day, hour))
                row.append(self._heat_cell(day, hour, cell, most) if cell else None)
            rows.append({"day": words.weekday(monday + timedelta(days=day)), "cells": row})
        return {"hours": range(24), "rows": rows, "table": self._week(cells)}

    def _week(self, cells: Mapping[tuple[int, int], HourOfWeek]) -> list[tuple[str, list[str]]]:
        """The same numbers, exact and in words: an hour in which something was, and its [texts]."""
        monday = datetime(2024, 1, 1)  # noqa: DTZ001 -- any Monday, for its name
        return [
            (
                words.hour_of_week(monday + timedelta(days=day, hours=hour)),
                [words.number(cell.received), words.number(cell.decided), words.percent(cell.share)],
            )
            for (day, hour), cell in sorted(cells.items())
        ]

    def _heat_cell(self, day: int, hour: int, cell: HourOfWeek, most: int) -> dict[str, Any]:
        late = 1 - (1 if cell.share is None else cell.share)
        return {
            "received": words.compact(cell.received, 0) if cell.received else "",
            "level": charts.level(cell.received, most),
            "url": self.link(Figure.RECEIVED, weekday=day, hour=hour),
            "share": words.number(min(round((1 - late) * 100), 99 if late else 100)) if cell.decided else "",
            "late": charts.level(late, 1) if cell.decided else "",
            "late_url": self.link(Figure.FIRST_RESPONSE, weekday=day, hour=hour),
        }


def ticks(starts: Sequence[str]) -> tuple[list[str], bool]:
    """The labels below a chart, and whether as many columns stand between any two."""
    for number in range(LABELS, FEWEST - 1, -1):
        if len(starts) % number == 0:
            return list(starts[:: len(starts) // number]), True
    number = min(LABELS, len(starts))
    return [starts[round(place * (len(starts) - 1) / max(number - 1, 1))] for place in range(number)], False


def change(
    value: float | None, before: float | None, word: Word, said: Callable[[Any], str], *, points: bool = False
) -> Change | None:
    """How it moved; None where one of the two is not known, or there is nothing to divide by."""
    if value is None or before is None or not (before or points):
        return None
    moved = value - before if points else value / before - 1
    if abs(moved) < ROUND:
        return Change("=", "", said(before))
    tone = "" if not word.better else "good" if (moved > 0) == (word.better > 0) else "bad"
    size = words.number(round(abs(moved) * 100, 1 if points else None))
    text = _("%(number)s pt") % {"number": size} if points else words.percent(abs(moved), "#,##0%")
    return Change(f"{'▲' if moved > 0 else '▼'} {text}", tone, said(before))


def _round_seconds(most: float) -> float:
    """A duration to read at the top of an axis."""
    steps = (10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400)
    return next((step for step in steps if step >= most), charts.ceiling(most / 86_400) * 86_400)
