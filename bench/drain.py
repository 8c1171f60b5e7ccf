"""How fast kept webhooks become tickets: parsed, written, clocks started, agents chosen, browsers told.

Against the same rows written by multi-row INSERTs and nothing else, and against the obvious loop of `naive`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from psycopg2.extras import execute_values

from bench import crowd, naive
from bench.crowd import Company, Crowd, Words
from bench.measure import Figure, Size, Wrong
from connectors.models import Delivery
from faults.stand import Stand
from inbox import intake
from inbox.models import Event, Message, Ticket
from sla.models import Timer
from socialcare.tenancy import workspace

COMPANIES, AGENTS, WARM_UP = 2, 10, 300
TABLES = ("inbox_contact", "inbox_identity", "inbox_ticket", "inbox_message", "sla_timer", "inbox_event")
ROWS = 500
COLUMNS = """
SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""


def run(place: Stand, size: Size) -> Iterator[Figure]:
    places = crowd.companies(COMPANIES, AGENTS)
    people = Crowd(places)
    number = size.of(2_000, 10_000)
    copies = [Copy(table) for table in TABLES]
    taken, written, looped = [], [], []
    _drain(places, people, WARM_UP)
    for copy in copies:
        copy.begin(places)
    for _ in range(size.rounds):
        posted, seconds = _drain(places, people, number)
        taken.append(posted / seconds)
        written.append(posted / sum(copy.write(places) for copy in copies))
        looped.append(_loop(places, people, size.of(100, 500)))
    against = "multi-row INSERT of the same rows"
    yield Figure("taking in, one worker", "/s", taken, against, written, least=0.35)
    yield Figure("taking in, against the obvious loop", "/s", taken, "get_or_create for each event", looped, least=25)


def _drain(places: Sequence[Company], people: Crowd, number: int) -> tuple[int, float]:
    """Take in so many new messages; how many webhooks that were, and the seconds it took."""
    words = people.write(number)
    posted = people.with_duplicates(words)
    crowd.keep(posted)
    for company in places:
        crowd.stay(company)
    began = time.perf_counter()
    intake.drain()
    seconds = time.perf_counter() - began
    check(words)
    return len(posted), seconds


def check(words: Sequence[Words]) -> None:
    """Raise Wrong unless each of these is there once, on its person's ticket, with a running clock and an agent."""
    if left := Delivery.objects.exclude(state=Delivery.State.DONE).count():
        raise Wrong(f"{left} deliveries were not taken in")
    for company in {one.company.workspace for one in words}:
        theirs = {one.external_id: (one.person, one.thread) for one in words if one.company.workspace == company}
        with workspace(company):
            said = Message.objects.filter(external_id__in=list(theirs))
            places = said.values_list("external_id", "ticket__identity__external_id", "ticket__thread_id")
            if sorted((key, *place) for key, place in theirs.items()) != sorted(places):
                raise Wrong("messages are missing, doubled or on a wrong ticket")
            tickets = set(said.values_list("ticket_id", flat=True))
            if len(tickets) != len(set(theirs.values())):
                raise Wrong(f"{len(tickets)} tickets for {len(set(theirs.values()))} requests")
            if Timer.objects.filter(ticket_id__in=tickets, stopped_at=None).count() != len(tickets):
                raise Wrong("a ticket has no running clock")
            if Ticket.objects.filter(pk__in=tickets).exclude(assignee=None).count() != len(tickets):
                raise Wrong("a ticket has no agent")
            if Event.objects.filter(ticket__in=tickets, verb="opened").count() != len(tickets):
                raise Wrong("a ticket has no history")


class Copy:
    """A table beside a table, with the same indexes; gets the same rows."""

    def __init__(self, table: str) -> None:
        self._table, self._copy = table, f"copy_of_{table}"
        self._seen = 0
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {self._copy} (LIKE {table} INCLUDING ALL)")
            cursor.execute(COLUMNS, [table])
            self._columns = cursor.fetchall()

    def begin(self, places: Sequence[Company]) -> None:
        """What is there already is not copied."""
        self._fresh(places)

    def write(self, places: Sequence[Company]) -> float:
        """Copy what is new; the seconds the INSERTs took."""
        rows = self._fresh(places)
        names = ", ".join(name for name, _ in self._columns)
        template = ", ".join(f"%s::{kind}" for _, kind in self._columns)
        statement = f"INSERT INTO {self._copy} ({names}) VALUES %s"  # noqa: S608 -- our own names
        began = time.perf_counter()
        for group in crowd.groups(rows, ROWS):
            with connection.cursor() as cursor:
                execute_values(cursor.cursor, statement, group, template=f"({template})", page_size=ROWS)
        return time.perf_counter() - began

    def _fresh(self, places: Sequence[Company]) -> list[Any]:
        names = ", ".join(f"{name}::text" if kind == "jsonb" else name for name, kind in self._columns)
        found: list[Any] = []
        for company in places:
            with workspace(company.workspace), connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {names} FROM {self._table} WHERE id > %s AND workspace_id = %s ORDER BY id",  # noqa: S608
                    [self._seen, company.workspace],
                )
                found += cursor.fetchall()
        self._seen = max((row[0] for row in found), default=self._seen)
        return found


def _loop(places: Sequence[Company], people: Crowd, number: int) -> float:
    """Webhooks a second by the obvious loop."""
    posted = people.with_duplicates(people.write(number))
    began = time.perf_counter()
    for one in posted:
        naive.take_in(one)
    return len(posted) / (time.perf_counter() - began)
