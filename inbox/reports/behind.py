"""The tickets behind a figure: the very facts that were counted, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from inbox.models.report import Dimension
from inbox.reports.facts import PLACES, Figure, facts
from inbox.reports.figures import Scope
from inbox.reports.periods import Period
from socialcare.tenancy import current_workspace

# What a figure's number is: all that was decided, what was kept of it or not, or what has a duration.
PARTS = {
    "decided": "decided = 1",
    "kept": "kept = 1",
    "missed": "decided = 1 AND kept = 0",
    "measured": "took IS NOT NULL",
}
PAGE = 50
COUNTED = 10_000
Place = tuple[datetime, int, int]


@dataclass(frozen=True, slots=True)
class Question:
    """`weekday` (0 is Monday) and `hour`: of the week in the period's zone, or any."""

    figure: Figure
    part: str
    period: Period
    scope: Scope
    weekday: int | None = None
    hour: int | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """`took` in seconds."""

    at: datetime
    id: int
    ticket_id: int
    agent: int | None
    took: float | None
    kept: bool

    @property
    def place(self) -> Place:
        return self.at, self.ticket_id, self.id


def count(question: Question) -> int:
    """How many facts there are; looked for up to one more than COUNTED."""
    statement, given = _statement(question)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({statement} LIMIT {COUNTED + 1}) found", given)  # noqa: S608
        return int(cursor.fetchone()[0])


def page(question: Question, after: Place | None = None, limit: int = PAGE) -> list[Fact]:
    statement, given = _statement(question)
    if after:
        statement += " AND (at, ticket_id, id) < (%(at)s, %(ticket)s, %(id)s)"
        given |= dict(zip(("at", "ticket", "id"), after, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY at DESC, ticket_id DESC, id DESC LIMIT {limit:d}", given)
        return [
            Fact(at, pk, ticket, agent, None if took is None else took / 1e6, bool(kept))
            for at, pk, ticket, agent, took, kept in cursor.fetchall()
        ]


def everything(question: Question) -> Iterator[Fact]:
    """All of them, some at a time."""
    after = None
    while found := page(question, after, 1000):
        yield from found
        after = found[-1].place


def _statement(question: Question) -> tuple[str, dict[str, Any]]:
    period, scope = question.period, question.scope
    given: dict[str, Any] = {"workspace": current_workspace(), "since": period.since, "until": period.until}
    place = ""
    where = f"WHERE {PARTS[question.part]}"
    if scope.dimension != Dimension.ALL:
        place = f", LATERAL {PLACES} place"
        where += " AND dimension = %(dimension)s AND key = ANY(%(keys)s)"
        given |= {"dimension": scope.dimension.value, "keys": list(scope.keys)}
    for unit, value in (("isodow", question.weekday), ("hour", question.hour)):
        if value is not None:
            where += f" AND extract({unit} FROM at AT TIME ZONE %(zone)s) = %({unit})s"
            given |= {unit: value + 1 if unit == "isodow" else value, "zone": period.zone.key}
    return f"SELECT at, id, ticket_id, agent, took, kept FROM ({facts([question.figure])}) fact{place} {where}", given  # noqa: S608
