"""What counts, from the rows as they are: the one place that says what each figure means.

A fact is one thing that happened on one ticket: when (`at`), whose account, agent and so on it counts for, and of a
wait whether it is `decided`, `kept`, and the microseconds it `took` where it was answered. The roll-ups add facts up,
the lists behind figures show them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from inbox.models.report import Dimension
from inbox.reports.durations import BOUNDS


class Figure(StrEnum):
    RECEIVED = "received"
    SENT = "sent"
    OPENED = "opened"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


WAITS = (Figure.FIRST_RESPONSE, Figure.NEXT_RESPONSE, Figure.RESOLUTION)

# Whose a wait is: who answered, else who has the ticket.
_WAIT = """
SELECT w.started_at AS at, w.id, w.ticket_id, {place}, coalesce(a.agent_id, t.assignee_id) AS agent,
    1 AS decided, (w.outcome = 'answered' AND w.breached_at IS NULL)::int AS kept,
    CASE WHEN w.outcome = 'answered' THEN (extract(epoch FROM w.stopped_at - w.started_at) * 1000000)::bigint END
        AS took
FROM sla_timer w JOIN inbox_ticket t ON t.id = w.ticket_id
LEFT JOIN LATERAL (SELECT m.agent_id FROM inbox_message m WHERE m.ticket_id = w.ticket_id AND m.at = w.stopped_at
    AND m.origin <> 'customer' AND m.state = 'sent' AND NOT m.automatic ORDER BY m.id LIMIT 1) a
    ON w.outcome = 'answered'
WHERE w.workspace_id = %(workspace)s AND w.metric = '{metric}' AND {range:w.started_at}
    AND (w.outcome = 'answered' OR w.breached_at IS NOT NULL)
"""
# How long resolutions take is told by the history, with or without a promise about it.
_PROMISED = """
SELECT w.started_at AS at, w.id, w.ticket_id, {place}, t.assignee_id AS agent, 1 AS decided,
    (w.breached_at IS NULL)::int AS kept, NULL::bigint AS took
FROM sla_timer w JOIN inbox_ticket t ON t.id = w.ticket_id
WHERE w.workspace_id = %(workspace)s AND w.metric = 'resolution' AND {range:w.started_at}
    AND (w.stopped_at IS NOT NULL OR w.breached_at IS NOT NULL)
"""
_SAID = """
SELECT m.at, m.id, m.ticket_id, {place}, {agent} AS agent, 1 AS decided, 0 AS kept, NULL::bigint AS took
FROM inbox_message m JOIN inbox_ticket t ON t.id = m.ticket_id
WHERE m.workspace_id = %(workspace)s AND {range:m.at} AND {which}
"""
_HAPPENED = """
SELECT e.at, e.id, e.ticket_id, {place}, {agent} AS agent, {decided} AS decided, 0 AS kept,
    {took} AS took
FROM inbox_event e JOIN inbox_ticket t ON t.id = e.ticket_id {more}
WHERE e.workspace_id = %(workspace)s AND {range:e.at} AND e.verb IN ({verbs})
"""
_BEFORE = """
JOIN LATERAL (SELECT b.verb, b.actor_id FROM inbox_event b WHERE b.ticket_id = e.ticket_id
    AND (b.at, b.id) < (e.at, e.id) AND b.verb IN ('resolved', 'reopened', 'reopened_by_customer')
    ORDER BY b.at DESC, b.id DESC LIMIT 1) b ON b.verb = 'resolved'
"""
_FIRST_WORDS = "CROSS JOIN LATERAL (SELECT min(m.at) AS at FROM inbox_message m WHERE m.ticket_id = e.ticket_id) f"
_SINCE_FIRST_WORDS = "(extract(epoch FROM greatest(e.at - f.at, interval '0')) * 1000000)::bigint"
_COUNTED = {"decided": "1", "took": "NULL::bigint", "more": ""}
_WHO_RESOLVED = "coalesce(e.actor_id, t.assignee_id)"


PLACE = "t.account_id AS account, t.queue_id AS queue, t.tag_ids AS tags"


class _Within:
    """`{range:column}` in a statement becomes a condition on that column."""

    def __format__(self, column: str) -> str:
        return f"({column} >= %(since)s AND {column} < %(until)s)"


WITHIN = _Within()


def _statement(figure: Figure) -> str:
    match figure:
        case Figure.RECEIVED:
            return _SAID.format(
                place=PLACE, range=WITHIN, agent="t.assignee_id", which="m.origin = 'customer' AND NOT m.standby"
            )
        case Figure.SENT:
            return _SAID.format(
                place=PLACE,
                range=WITHIN,
                agent="m.agent_id",
                which="m.origin <> 'customer' AND m.state = 'sent' AND NOT m.automatic",
            )
        case Figure.OPENED:
            return _HAPPENED.format(
                place=PLACE, range=WITHIN, agent="t.assignee_id", verbs="'opened', 'follow_up'", **_COUNTED
            )
        case Figure.RESOLVED:
            return _HAPPENED.format(place=PLACE, range=WITHIN, agent=_WHO_RESOLVED, verbs="'resolved'", **_COUNTED)
        case Figure.REOPENED:
            about = {**_COUNTED, "more": _BEFORE, "agent": "coalesce(b.actor_id, t.assignee_id)"}
            return _HAPPENED.format(place=PLACE, range=WITHIN, verbs="'reopened', 'reopened_by_customer'", **about)
        case Figure.FIRST_RESPONSE | Figure.NEXT_RESPONSE:
            return _WAIT.format(place=PLACE, range=WITHIN, metric=figure.value)
        case Figure.RESOLUTION:
            about = {"decided": "0", "took": _SINCE_FIRST_WORDS, "more": _FIRST_WORDS}
            done = _HAPPENED.format(place=PLACE, range=WITHIN, agent=_WHO_RESOLVED, verbs="'resolved'", **about)
            return f"{done} UNION ALL {_PROMISED.format(place=PLACE, range=WITHIN)}"


def facts(figures: Iterable[Figure]) -> str:
    """A statement that gives these figures' facts from %(since)s on and before %(until)s, in %(workspace)s."""
    return " UNION ALL ".join(f"SELECT '{figure}' AS figure, x.* FROM ({_statement(figure)}) x" for figure in figures)  # noqa: S608


# A fact counts once for the whole and once in each dimension: nobody's has key 0, of tags and queues there may be none.
KEYS = {
    Dimension.ALL: "0",
    Dimension.ACCOUNT: "account",
    Dimension.QUEUE: "queue",
    Dimension.AGENT: "coalesce(agent, 0)",
    Dimension.TAG: "unnest(tags)",
}
_EACH = " UNION ALL ".join(f"SELECT '{name}', {key}::bigint" for name, key in KEYS.items())
PLACES = f"(SELECT * FROM ({_EACH}) each (dimension, key) WHERE key IS NOT NULL)"  # noqa: S608
# Microseconds are what the database knows: so what took exactly a bound's time lies below it.
_BUCKET = f"width_bucket(took / 1000000.0 - 0.000001, ARRAY[{', '.join(map(str, BOUNDS))}])"
# The facts of a range of time added up by hour and dimension. Of an hour that began before it, `at` is its beginning.
ROLLED = f"""
SELECT hour AS at, dimension, key, figure, sum(decided)::bigint AS number, sum(kept)::bigint AS kept,
    sum(measured)::bigint AS measured, coalesce(sum(took), 0)::bigint AS took,
    coalesce(array_agg(bucket ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL), '{{}}') AS buckets,
    coalesce(array_agg(measured::int ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL), '{{}}') AS counts
FROM (
    SELECT greatest(date_trunc('hour', at, 'UTC'), %(since)s) AS hour, dimension, key, figure,
        {_BUCKET}::smallint AS bucket, sum(decided) AS decided, sum(kept) AS kept, count(took) AS measured,
        sum(took)::bigint AS took
    FROM ({facts(Figure)}) fact, LATERAL {PLACES} place
    GROUP BY 1, 2, 3, 4, 5
) bucketed GROUP BY 1, 2, 3, 4
"""  # noqa: S608
