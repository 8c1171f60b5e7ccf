"""A supervisor opens a report of a company that has had a million tickets, all of them in one workspace.

The page is asked of the running server; the sums are held against the same figures from the rows themselves.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from bench import dataset
from bench.dataset import Company
from bench.measure import Figure, Size, Wrong, percentile
from bench.queries import Browser, Office
from faults.stand import Stand
from inbox.models import Stale, StaleHour
from inbox.reports import figures, rollup
from inbox.reports.figures import Figures
from inbox.reports.periods import Period, cover, floor, preset
from socialcare.models import Membership, Role, User
from socialcare.tenancy import workspace

PAGE_MS, REPORT_MS = 1000.0, 50.0
PERIODS = ("today", "7-days", "28-days", "365-days")
ZONE = ZoneInfo("Europe/Paris")
# One request of one customer a row: written twice, answered twice, most of them resolved, a few reopened.
_ROWS = """
CREATE TEMP TABLE made AS
SELECT n AS id, CASE WHEN n %% 5 < 3 THEN %(page)s ELSE %(direct)s END AS account, %(agent)s + n %% 12 AS agent,
    now() - interval '400 days' * (1 - n::float8 / %(tickets)s) - interval '1 hour' AS at,
    interval '1 second' * exp(3 + 5 * ((hashint8(n) & 1048575) / 1048576.0)) AS took,
    interval '1 second' * exp(3 + 5 * ((hashint8(n + 77) & 1048575) / 1048576.0)) AS next
FROM generate_series(1, %(tickets)s) n
"""
_STATEMENTS = (
    """INSERT INTO inbox_contact (id, workspace_id, name, avatar_url, created_at)
    VALUES (1, %(workspace)s, 'Zoe', '', now())""",
    """INSERT INTO inbox_identity (id, workspace_id, contact_id, account_id, external_id, name, handle, avatar_url)
    VALUES (1, %(workspace)s, 1, %(page)s, 'u1', 'Zoe', '', '')""",
    """INSERT INTO inbox_ticket (id, workspace_id, account_id, contact_id, identity_id, thread_id, kind, status,
        assignee_id, version, seq, customer_seq, preview, last_at, trouble, owner_app, metric, breached, created_at,
        updated_at)
    SELECT id, %(workspace)s, account, 1, 1, 't' || id, 'direct',
        CASE WHEN id %% 20 = 0 THEN 'open' ELSE 'resolved' END, agent, 1, 4, 3, '', at, false, '', '', false, at, at
    FROM made""",
    """INSERT INTO inbox_message (workspace_id, ticket_id, account_id, seq, origin, state, kind, private, parent_id,
        agent_id, text, attachments, revisions, reactions, moved, permalink, raw_kind, at, dated, standby, received_at,
        hidden, liked, failure, failure_detail)
    SELECT %(workspace)s, id, account, seq, CASE WHEN seq %% 2 = 1 THEN 'customer' ELSE 'agent' END,
        CASE WHEN seq %% 2 = 1 THEN 'received' ELSE 'sent' END, 'direct', false, '',
        CASE WHEN seq %% 2 = 0 THEN agent END, '', '[]', '[]', '{}', '{}', '', '',
        at + CASE seq WHEN 1 THEN interval '0' WHEN 2 THEN took WHEN 3 THEN took + interval '600 s'
             ELSE took + next + interval '600 s' END, true, false, at, false, false, '', ''
    FROM made, generate_series(1, 4) seq""",
    """INSERT INTO inbox_event (workspace_id, ticket_id, verb, actor_id, at, data)
    SELECT %(workspace)s, id, verb, CASE WHEN verb = 'resolved' THEN agent END,
        at + CASE verb WHEN 'opened' THEN interval '0' ELSE took + next + interval '700 s' END, '{}'
    FROM made, unnest(ARRAY['opened', 'resolved']) verb WHERE verb = 'opened' OR id %% 20 > 0""",
    """INSERT INTO sla_timer (workspace_id, ticket_id, account_id, metric, started_at, noticed_at, due_at, stopped_at,
        outcome, breached_at, breach_noticed_at)
    SELECT %(workspace)s, id, account, metric, start, start, start + interval '300 s', start + took, 'answered',
        CASE WHEN took > interval '300 s' THEN start + interval '300 s' END, NULL
    FROM (SELECT id, account, 'first_response' AS metric, at AS start, took FROM made
          UNION ALL SELECT id, account, 'next_response', at + took + interval '600 s', next FROM made) waits""",
)


def run(place: Stand, size: Size) -> Iterator[Figure]:
    tickets = size.of(20_000, 1_000_000)
    company = dataset._company(0)
    _fill(company, tickets)
    began = time.monotonic()
    with workspace(company.workspace):
        Stale.objects.create()
        hours = rollup.catch_up()
    yield Figure("all sums made anew", "s", [time.monotonic() - began], note=f"{hours} hours, {tickets:,} tickets")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE inbox_tally")
    place.start_processes()
    with workspace(company.workspace):
        yield from _right_and_fast(size)
        yield _an_hour(size)
    yield from _pages(place, company, size)


def _fill(company: Company, tickets: int) -> None:
    given = {"workspace": company.workspace, "tickets": tickets, "agent": company.users[0]}
    given |= {"page": company.accounts[0], "direct": company.accounts[1]}
    with connection.cursor() as cursor, dataset._bare(cursor):
        for statement in (_ROWS, *_STATEMENTS):
            cursor.execute(statement, given)
    with connection.cursor() as cursor:
        for table in dataset.LOADED:
            cursor.execute(f"VACUUM ANALYZE {table}")


def _right_and_fast(size: Size) -> Iterator[Figure]:
    """The figures of four weeks from the sums and from the rows."""
    now = timezone.now()
    period = preset("28-days", now, ZONE)
    summed, raw = list[float](), list[float]()
    for _ in range(size.rounds):
        began = time.perf_counter()
        mine = figures._totals(period.since, now, now, ["all"])["all", 0]
        summed.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        true = _from_rows(period, now)
        raw.append((time.perf_counter() - began) * 1000)
        if mine != true:
            raise Wrong(f"the sums say {mine}, the rows {true}")
    yield Figure("28 days from the sums", "ms", summed, "from the rows", raw, most=REPORT_MS, of_value=True)


def _from_rows(period: Period, now: object) -> Figures:
    begin = period.since
    assert cover(begin, period.until, begin)["raw"]  # noqa: S101 -- nothing is taken from the sums
    return figures._totals(begin, now, begin, ["all"])["all", 0]  # type: ignore[arg-type]


def _an_hour(size: Size) -> Figure:
    """What it costs to add up one hour anew, with its day and month."""
    chance, taken = random.Random(5), []  # noqa: S311 -- no secrets
    for _ in range(size.rounds * 5):
        StaleHour.objects.create(at=floor("hour", timezone.now() - timedelta(hours=chance.randrange(2, 9000))))
        began = time.perf_counter()
        rollup.catch_up()
        taken.append((time.perf_counter() - began) * 1000)
    return Figure("an hour added up anew", "ms", taken)


def _pages(place: Stand, company: Company, size: Size) -> Iterator[Figure]:
    Membership.objects.filter(workspace=company.workspace).update(role=Role.SUPERVISOR)
    office = Office([company], random.Random(1))  # noqa: S311 -- no secrets
    office.user = User.objects.get(pk=company.users[0])
    browser = Browser(place, office)
    browser._url = f"{place.url}/w/{company.slug}/reports/"
    for name in PERIODS:
        taken = []
        for _ in range(size.rounds):
            times = [browser.ask("", period=name) for _ in range(size.of(3, 10))]
            taken.append(percentile(times, 95))
        yield Figure(f"report, {name}, whole page p95", "ms", taken, most=PAGE_MS)
