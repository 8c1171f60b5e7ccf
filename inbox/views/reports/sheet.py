"""The same numbers as a table for other programs: CSV in rows as they are made, JSON."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse

from inbox.models.report import Dimension
from inbox.reports import behind, naming
from inbox.reports.behind import Question
from inbox.reports.facts import WAITS, Figure
from inbox.reports.figures import Cell, Column, Figures, Report
from inbox.reports.periods import Period
from socialcare.tenancy import current_workspace, workspace

WEEK = ("decided", "kept", "share")
MEASURES = ("decided", "kept", "measured", "share", "mean", "median", "p90", "p95")
# A cell that begins like this is taken for a formula by spreadsheets.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Line:
    """A file for csv.writer that gives each line back."""

    def write(self, line: str) -> str:
        return line


def safe(value: Any) -> Any:
    """Text that no spreadsheet runs; numbers as they are."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return f"'{value}"
    return "" if value is None else value


def file_name(slug: str, period: Period, what: str = "report") -> str:
    return f"{slug}-{what}-{period.first_day}-{period.last_day}.csv"


def csv_of_report(report: Report, name: str) -> StreamingHttpResponse:
    return _csv(_whole(_report_rows(report)), name)


def csv_of_facts(question: Question, name: str) -> StreamingHttpResponse:
    """All the facts behind a figure, however many."""
    return _csv(_fact_rows(question), name)


def _whole(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The first row names the columns; every other one gets as many cells."""
    head = next(rows)
    yield head
    for row in rows:
        yield row + [None] * (len(head) - len(row))


def _csv(rows: Iterable[list[Any]], name: str) -> StreamingHttpResponse:
    lines = (csv.writer(_Line()).writerow([safe(value) for value in row]) for row in _inside(rows))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _inside(rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """The rows are made when the view has returned and left its workspace: enter it anew for each."""
    place, source = current_workspace(), iter(rows)

    def take() -> Iterator[list[Any]]:
        while True:
            with workspace(place):
                row = next(source, None)
            if row is None:
                return
            yield row

    return take()


def _report_rows(report: Report) -> Iterator[list[Any]]:
    """The whole, the period before, each step in time, each part and each hour of the week: one line each, the same
    columns.
    """
    zone = report.period.zone
    yield ["table", "start", "name", *_heads(), "backlog", "weekday", "hour", "end"]
    end = [None, None, _iso(report.period.until, zone)]
    yield ["total", _iso(report.period.since, zone), "", *_values(report.totals), report.backlog, *end]
    since, until = report.compared
    yield ["before", _iso(since, zone), "", *_values(report.before), None, None, None, _iso(until, zone)]
    for column in report.columns:
        yield [report.period.step, _iso(column.start, zone), "", *_of_column(column), column.backlog]
    for dimension, found in report.parts.items():
        names = naming.names(dimension, found)
        for key, figures in sorted(found.items()):
            yield [dimension.value, "", names.get(key, str(key)), *_values(figures), None]
    for cell in week(report):
        told = {"received": cell["received"], **{f"first_response_{name}": cell[name] for name in WEEK}}
        yield ["week", "", "", *(told.get(head) for head in _heads()), None, cell["weekday"], cell["hour"]]


def week(report: Report) -> Iterator[dict[str, Any]]:
    """Every hour of the week, 1 being Monday, in the workspace's zone."""
    for day, hour in itertools.product(range(7), range(24)):
        cell = report.heat.get((day, hour), Cell())
        told = {name: getattr(cell, name) for name in ("received", *WEEK)}
        yield {"weekday": day + 1, "hour": hour} | {
            name: round(value, 6) if isinstance(value, float) else value for name, value in told.items()
        }


def _heads() -> list[str]:
    counts = [figure.value for figure in Figure if figure not in WAITS]
    return [*counts, "reopen_rate", *(f"{figure.value}_{measure}" for figure in WAITS for measure in MEASURES)]


def _of_column(column: Column) -> list[Any]:
    """Of what is yet to come nothing is known, not even that it is nothing."""
    return [None] * len(_heads()) if column.ahead else _values(column.figures)


def _values(figures: Figures) -> list[Any]:
    counts = [getattr(figures, figure) for figure in Figure if figure not in WAITS]
    waits = [getattr(getattr(figures, figure), measure) for figure in WAITS for measure in MEASURES]
    return [
        *counts,
        *(round(value, 6) if isinstance(value, float) else value for value in (figures.reopen_rate, *waits)),
    ]


def _fact_rows(question: Question) -> Iterator[list[Any]]:
    yield ["at", "ticket", "agent", "seconds", "in_time"]
    names: dict[int, str] = {}
    for fact in behind.everything(question):
        if fact.agent and fact.agent not in names:
            names |= naming.names(Dimension.AGENT, [fact.agent])
        who = names.get(fact.agent, "") if fact.agent else ""
        in_time = "yes" if fact.kept else "" if question.figure not in WAITS or question.part == "measured" else "no"
        yield [_iso(fact.at, question.period.zone), fact.ticket_id, who, fact.took, in_time]


def as_json(report: Report) -> dict[str, Any]:
    """Durations in seconds; `kept`/`decided` is the share in time. Times in the workspace's zone."""
    zone = report.period.zone
    heads = _heads()

    def named(values: list[Any]) -> dict[str, Any]:
        return dict(zip(heads, values, strict=True))

    return {
        "since": _iso(report.period.since, zone),
        "until": _iso(report.period.until, zone),
        "zone": zone.key,
        "step": report.period.step,
        "as_of": _iso(report.as_of, zone),
        "percentiles": "exact in total, else within 2 %" if report.exact else "within 2 %",
        "total": named(_values(report.totals)) | {"backlog": report.backlog},
        "before": {"since": _iso(report.compared[0], zone), "until": _iso(report.compared[1], zone)}
        | named(_values(report.before)),
        "steps": [
            {"start": _iso(column.start, zone), "backlog": column.backlog} | named(_of_column(column))
            for column in report.columns
        ],
        "week": list(week(report)),
        "parts": {
            dimension.value: [
                {"key": key, "name": name} | named(_values(found[key]))
                for key, name in ((key, naming.names(dimension, found).get(key, str(key))) for key in sorted(found))
            ]
            for dimension, found in report.parts.items()
        },
    }


def _iso(moment: datetime, zone: Any) -> str:
    return moment.astimezone(zone).isoformat()
