"""A database as after a year of work: fifty companies, a million tickets, ten million messages. The same each time.

Rows are made by the database itself from the hashes of their numbers, with walls, keys and indexes taken away
meanwhile. One company has a fifth of everything.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from bench import words

COMPANIES = 50
AGENTS = 12
SLOTS = 1000
SAID = (2, 3, 4, 5, 6, 8, 10, 14, 20, 28)
FRAGMENTS = 200_000
BIG = "big"
TABLES = ("contact", "identity", "ticket", "message", "note", "event")
LOADED = (*(f"inbox_{table}" for table in TABLES), "sla_timer")
SETTINGS = {
    "synchronous_commit": "off",
    "maintenance_work_mem": "1GB",
    "work_mem": "128MB",
    "max_parallel_maintenance_workers": "2",
}


@dataclass(frozen=True, slots=True)
class Company:
    workspace: int
    slug: str
    users: Sequence[int]
    accounts: Sequence[int]


def build(tickets: int, *, messages: bool = True, seed: int = 20261126) -> list[Company]:
    """Fill the migrated, empty database; the companies, the biggest first.

    A tenth of the tickets waits, with a clock that runs for hours yet or has run out. `messages`: or only tickets.
    """
    chance = random.Random(seed)  # noqa: S311 -- no secrets
    companies = [_company(number) for number in range(COMPANIES)]
    with connection.cursor() as cursor:
        for name, value in SETTINGS.items():
            cursor.execute(f"SET {name} = '{value}'")
        _helpers(cursor, companies, tickets, chance)
        with _bare(cursor):
            for statement in _STATEMENTS if messages else _STATEMENTS[:-1]:
                cursor.execute(statement, {"tickets": tickets})
            for table in LOADED:
                last = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
                cursor.execute(last)
        for table in LOADED:
            cursor.execute(f"VACUUM ANALYZE {table}")
        for name in SETTINGS:
            cursor.execute(f"RESET {name}")
    return companies


def _company(number: int) -> Company:
    from connectors.models import ChannelAccount
    from inbox.management.commands.seed_demo import connect_page, promise
    from socialcare.models import Membership, Role, User, Workspace
    from socialcare.tenancy import workspace

    slug = f"{BIG}" if number == 0 else f"company-{number}"
    place = Workspace.objects.create(name=slug.title(), slug=slug)
    people = [User(email=f"agent-{n}@{slug}.example", name=f"Agent {n}", password="!") for n in range(AGENTS)]  # noqa: S106
    User.objects.bulk_create(people)
    Membership.objects.bulk_create(Membership(workspace=place, user=user, role=Role.AGENT) for user in people)
    with workspace(place.pk):
        promise(steps=())
        connect_page(place, slug, str(7_000_000_000 + number))
        accounts = list(ChannelAccount.objects.order_by("id").values_list("id", flat=True))
    return Company(place.pk, slug, [user.pk for user in people], accounts)


def _helpers(cursor: Any, companies: Sequence[Company], tickets: int, chance: random.Random) -> None:
    """Temporary tables: who has which share, who works there, what they are called and what they say."""
    weights = [SLOTS * 0.2, *(SLOTS * 0.8 / sum(1 / n for n in range(2, COMPANIES + 1)) / n for n in range(2, 51))]
    shares = [max(1, round(weight)) for weight in weights]
    shares[-1] += SLOTS - sum(shares)
    owners = [place for place, share in enumerate(shares) for _ in range(share)]
    chance.shuffle(owners)
    _table(cursor, "slot (n int primary key, place int)", list(enumerate(owners)))
    first, rows = 1, []
    for number, (company, share) in enumerate(zip(companies, shares, strict=True)):
        people = max(2, tickets * share // SLOTS // 2)
        rows.append(
            (number, company.workspace, company.accounts[0], company.accounts[1], company.users[0], first, people)
        )
        first += people
    _table(cursor, "place (n int primary key, workspace bigint, page bigint, direct bigint, agent bigint,"
                   " first bigint, people bigint)", rows)  # fmt: skip
    french = words.fragments(words.vocabulary("fr", chance), FRAGMENTS * 6 // 10, chance)
    english = words.fragments(words.vocabulary("en", chance), FRAGMENTS * 4 // 10, chance)
    _table(cursor, "fragment (n int primary key, words text)", list(enumerate(french + english)))
    _table(cursor, "surname (n int primary key, name text)", list(enumerate(words.surnames(10_000, chance))))
    _table(cursor, "first_name (n int primary key, name text)", list(enumerate(words.FIRST_NAMES.split())))
    # A number from 0 to `below` that belongs to `id`; another one for each `of`.
    cursor.execute(
        "CREATE FUNCTION pg_temp.pick(id bigint, below bigint, of_what bigint) RETURNS int LANGUAGE sql IMMUTABLE"
        " AS 'SELECT ((hashint8extended($1, $3) & 9007199254740991) % $2)::int'"
    )


def _table(cursor: Any, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    from psycopg2.extras import execute_values

    name = columns.split()[0]
    cursor.execute(f"CREATE TEMP TABLE {columns}")
    execute_values(cursor.cursor, f"INSERT INTO {name} VALUES %s", rows, page_size=5000)  # noqa: S608
    cursor.execute(f"ANALYZE {name}")


@contextmanager
def _bare(cursor: Any) -> Iterator[None]:
    """Without walls, foreign keys and indexes, save the primary keys."""
    tables = ", ".join(f"'{table}'::regclass" for table in LOADED)
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype FROM pg_constraint"  # noqa: S608
        f" WHERE conrelid IN ({tables}) AND contype IN ('f', 'u') ORDER BY contype DESC"
    )
    constraints = cursor.fetchall()
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i"  # noqa: S608
        f" WHERE indrelid IN ({tables}) AND NOT indisprimary"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND contype = 'u')"
    )
    indexes = cursor.fetchall()
    walled = [table for table in LOADED if table != "sla_timer"]
    for table, name, _, _ in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    for table in walled:
        cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    yield
    for _, definition in indexes:
        cursor.execute(definition)
    for table, name, definition, kind in constraints:
        trusted = " NOT VALID" if kind == "f" else ""
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}{trusted}')
    for table in walled:
        cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


_PEOPLE = """
INSERT INTO inbox_contact (id, workspace_id, name, avatar_url, created_at)
SELECT c, p.workspace, f.name || ' ' || s.name, '', now() - interval '365 days'
FROM place p, generate_series(p.first, p.first + p.people - 1) c
JOIN first_name f ON f.n = pg_temp.pick(c, 50, 1) JOIN surname s ON s.n = pg_temp.pick(c, 10000, 2) ORDER BY c
"""
_IDENTITIES = """
INSERT INTO inbox_identity (id, workspace_id, contact_id, account_id, external_id, name, handle, avatar_url)
SELECT c.id, c.workspace_id, c.id, CASE WHEN pg_temp.pick(c.id, 10, 3) < 6 THEN p.page ELSE p.direct END,
       'u' || c.id, c.name, '', ''
FROM inbox_contact c JOIN place p ON p.workspace = c.workspace_id ORDER BY c.id
"""
# `open` are nine tenths of the newest tenth and some older ones; who waits has a clock that has run out, or runs on.
_TICKETS = """
INSERT INTO inbox_ticket (id, workspace_id, account_id, contact_id, identity_id, thread_id, kind, status, assignee_id,
    version, seq, customer_seq, preview, last_at, last_customer_at, first_answered_at, trouble, owner_app, due_at,
    metric, breached, created_at, updated_at, resolved_at)
SELECT t.id, t.workspace, i.account_id, i.id, i.id, 't' || t.id,
    CASE WHEN i.account_id = t.page THEN 'comment' ELSE 'direct' END, t.status,
    CASE WHEN t.status = 'open' AND pg_temp.pick(t.id, 10, 7) < 2 THEN NULL
         ELSE t.agent + pg_temp.pick(t.id, 12, 8) END,
    t.said + 2, t.said, t.said, f.words, t.at + t.said * interval '7 minutes', t.at + t.said * interval '7 minutes',
    t.at + t.took, false, '', CASE WHEN t.status = 'open' THEN t.due END,
    CASE WHEN t.status = 'open' THEN 'next_response' ELSE '' END, t.status = 'open' AND t.late,
    t.at, t.at + t.said * interval '7 minutes' + interval '1 hour',
    CASE WHEN t.status = 'resolved' THEN t.at + t.said * interval '7 minutes' + interval '1 hour' END
FROM (
    SELECT n.id, p.*, p.first + pg_temp.pick(n.id, p.people, 4) AS contact, x.*,
        CASE WHEN x.chance < CASE WHEN n.id > %(tickets)s * 0.9 THEN 900 ELSE 11 END THEN 'open'
             WHEN x.chance > CASE WHEN n.id > %(tickets)s * 0.8 THEN 930 ELSE 985 END THEN 'pending'
             ELSE 'resolved' END AS status,
        now() + CASE WHEN x.late THEN interval '-3 hours' ELSE interval '3 hours' END
              + pg_temp.pick(n.id, 7200, 9) * interval '1 second' AS due
    FROM generate_series(1, %(tickets)s) n (id)
    JOIN slot s ON s.n = pg_temp.pick(n.id, 1000, 5) JOIN place p ON p.n = s.place,
    LATERAL (SELECT pg_temp.pick(n.id, 1000, 6) AS chance, pg_temp.pick(n.id, 100, 10) < 15 AS late,
        (ARRAY[2,3,4,5,6,8,10,14,20,28])[1 + n.id %% 10] AS said,
        now() - interval '1 day' - (%(tickets)s - n.id) * (interval '365 days' / %(tickets)s) AS at,
        interval '20 seconds' * exp(pg_temp.pick(n.id, 1000, 11) / 200.0) AS took) x
) t JOIN inbox_identity i ON i.id = t.contact JOIN fragment f ON f.n = pg_temp.pick(t.id, 200000, 12) ORDER BY t.id
"""
_TIMERS = """
INSERT INTO sla_timer (workspace_id, ticket_id, account_id, metric, started_at, noticed_at, due_at, stopped_at, outcome,
    breached_at, breach_noticed_at, target)
SELECT workspace_id, id, account_id, 'first_response', created_at, created_at, created_at + interval '5 minutes',
    first_answered_at, 'answered', late, late, interval '5 minutes'
FROM (SELECT *, CASE WHEN first_answered_at > created_at + interval '5 minutes'
                     THEN created_at + interval '5 minutes' END AS late FROM inbox_ticket) t ORDER BY id
"""
_RUNNING = """
INSERT INTO sla_timer (workspace_id, ticket_id, account_id, metric, started_at, noticed_at, due_at, stopped_at, outcome,
    breached_at, breach_noticed_at, target)
SELECT workspace_id, id, account_id, 'next_response', due_at - interval '5 minutes', due_at - interval '5 minutes',
    due_at, NULL, '', CASE WHEN breached THEN due_at END, CASE WHEN breached THEN due_at END,
    interval '5 minutes'
FROM inbox_ticket WHERE status = 'open' ORDER BY id
"""
_EVENTS = """
INSERT INTO inbox_event (workspace_id, ticket_id, verb, actor_id, at, data)
SELECT workspace_id, id, verb, CASE WHEN verb = 'resolved' THEN assignee_id END,
    CASE WHEN verb = 'resolved' THEN resolved_at ELSE created_at END,
    CASE WHEN verb = 'routed' THEN jsonb_build_object('to', assignee_id) ELSE '{}' END
FROM inbox_ticket, unnest(ARRAY['opened', 'routed', 'resolved']) verb
WHERE verb = 'opened' OR status = 'resolved' OR verb = 'routed' AND assignee_id IS NOT NULL ORDER BY id
"""
_NOTES = """
INSERT INTO inbox_note (workspace_id, ticket_id, seq, author_id, text, at)
SELECT t.workspace_id, t.id, t.seq + 1, t.assignee_id, f.words, t.last_at
FROM inbox_ticket t JOIN fragment f ON f.n = pg_temp.pick(t.id, 200000, 13) WHERE t.id %% 20 = 0 ORDER BY t.id
"""
# A thousand conversations at a time go on side by side, as they come in: a thread's messages are not neighbours.
_MESSAGES = """
INSERT INTO inbox_message (workspace_id, ticket_id, account_id, seq, origin, state, kind, private, external_id,
    parent_id, agent_id, text, attachments, revisions, reactions, moved, permalink, raw_kind, at, dated, standby,
    received_at, hidden, liked, failure, failure_detail)
SELECT t.workspace_id, t.id, t.account_id, s.seq, CASE WHEN s.seq %% 2 = 1 THEN 'customer' ELSE 'agent' END,
    CASE WHEN s.seq %% 2 = 1 THEN 'received' ELSE 'sent' END, t.kind, false,
    t.account_id || '_' || t.id || '_' || s.seq, '',
    CASE WHEN s.seq %% 2 = 0 THEN p.agent + pg_temp.pick(t.id, 12, 8) END,
    (SELECT words FROM fragment WHERE n = x.a) || '. ' || (SELECT words FROM fragment WHERE n = x.b)
    || CASE WHEN x.which %% 3 = 0 THEN ', ' || (SELECT words FROM fragment WHERE n = x.c) ELSE '' END
    || CASE WHEN x.which %% 4 = 0 THEN ' ' || 10000000 + x.which * 7 ELSE '' END,
    '[]', '[]', '{}', '{}', '', CASE WHEN t.kind = 'comment' THEN 'feed:comment:add' ELSE 'messages' END,
    t.created_at + s.seq * interval '7 minutes', true, false, t.created_at + s.seq * interval '7 minutes',
    false, false, '', ''
FROM generate_series(0, (%(tickets)s - 1) / 1000) chunk (n),
    generate_series(1, 28) s (seq),
    LATERAL (SELECT * FROM inbox_ticket WHERE id > chunk.n * 1000 AND id <= chunk.n * 1000 + 1000 AND seq >= s.seq
             OFFSET 0) t,
    LATERAL (SELECT * FROM place WHERE workspace = t.workspace_id OFFSET 0) p,
    LATERAL (SELECT CASE WHEN t.id %% 10 < 6 THEN 0 ELSE 120000 END + pg_temp.pick(t.id * 32 + s.seq,
                        CASE WHEN t.id %% 10 < 6 THEN 120000 ELSE 80000 END, 14) AS a,
                    CASE WHEN t.id %% 10 < 6 THEN 0 ELSE 120000 END + pg_temp.pick(t.id * 32 + s.seq,
                        CASE WHEN t.id %% 10 < 6 THEN 120000 ELSE 80000 END, 15) AS b,
                    CASE WHEN t.id %% 10 < 6 THEN 0 ELSE 120000 END + pg_temp.pick(t.id * 32 + s.seq,
                        CASE WHEN t.id %% 10 < 6 THEN 120000 ELSE 80000 END, 16) AS c,
                    pg_temp.pick(t.id * 32 + s.seq, 100000000, 17) AS which OFFSET 0) x
"""
_STATEMENTS = (_PEOPLE, _IDENTITIES, _TICKETS, _TIMERS, _RUNNING, _EVENTS, _NOTES, _MESSAGES)
