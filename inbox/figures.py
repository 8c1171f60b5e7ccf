"""The figures of the dashboard and the wall, and the tickets behind each of them.

A figure is a name for a set of tickets. One filter says which those are: `measure` counts by it and `Only` lists by
it, so that a figure and the rows it opens cannot differ. What a customer waits for is read from the tickets, what
became of earlier waits from the timers, at most a day back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, BigIntegerField, Count, F, FloatField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, TruncMinute
from django.utils import timezone

from connectors.models import ChannelAccount
from inbox.models import Board, Presence, Priority, Queue, Ticket
from inbox.models.team import PRESENT_FOR
from inbox.models.ticket import NEVER
from inbox.records import ms
from sla.models import RESPONSES, Metric, Outcome, Timer
from socialcare.models import Membership, Role, Workspace
from socialcare.tenancy import current_workspace

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# The bands of time left, each up to so many minutes; what has more, or no clock, stands apart.
BANDS = (1, 2, 3, 4, 5)
MINUTES = 60
# Milliseconds that still are a date.
LAST_MINUTE = 253_000_000_000_000


@dataclass(frozen=True, slots=True)
class At:
    """The moment figures are taken at, and what the workspace calls today, at risk, good and bad.

    `queues`: whether it has any.
    """

    now: datetime
    midnight: datetime
    risk: timedelta
    goal: int
    alarm: int
    queues: bool

    @property
    def hour(self) -> datetime:
        return self.now - HOUR

    @property
    def minute(self) -> datetime:
        return self.now.replace(second=0, microsecond=0)


def moment(now: datetime | None = None) -> At:
    """Now, for the current workspace."""
    board = Board.objects.first() or Board()
    now = now or timezone.now()
    zone = Workspace.objects.values_list("time_zone", flat=True).get(pk=current_workspace())
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    risk = timedelta(seconds=board.risk_seconds)
    return At(now, midnight.astimezone(UTC), risk, board.goal, board.alarm, Queue.objects.exists())


# ---------------------------------------------------------------- which tickets a figure holds

OPEN = Q(status=Ticket.Status.OPEN)
FIRST = Q(metric=Metric.FIRST_RESPONSE)
ANSWERED = Q(outcome=Outcome.ANSWERED)
MISSED = Q(breached_at__isnull=False)
DECIDED = ANSWERED | MISSED


def _left(at: At, more_than: timedelta, up_to: timedelta) -> Q:
    return OPEN & Q(order_at__gt=at.now + more_than, order_at__lte=at.now + up_to)


def _band(minutes: int) -> Callable[[At], Q]:
    return lambda at: _left(at, (minutes - 1) * MINUTE, minutes * MINUTE)


# Of the tickets that wait for us: by their own columns.
WAITING: dict[str, Callable[[At], Q]] = {
    "waiting": lambda at: OPEN,
    "unassigned": lambda at: OPEN & Q(assignee=None),
    "late": lambda at: OPEN & Q(order_at__lte=at.now),
    "risk": lambda at: _left(at, timedelta(0), at.risk),
    **{f"left_{minutes}": _band(minutes) for minutes in BANDS},
    "left_more": lambda at: OPEN & Q(order_at__gt=at.now + BANDS[-1] * MINUTE, order_at__lt=NEVER),
    "no_clock": lambda at: OPEN & Q(order_at=NEVER),
}
# Of waits that began lately: by their timers.
BEGAN: dict[str, Callable[[At], Q]] = {
    "decided_hour": lambda at: FIRST & DECIDED & Q(started_at__gte=at.hour),
    "missed_hour": lambda at: FIRST & MISSED & Q(started_at__gte=at.hour),
    "answered_hour": lambda at: FIRST & ANSWERED & Q(started_at__gte=at.hour),
    "decided_today": lambda at: FIRST & DECIDED & Q(started_at__gte=at.midnight),
    "missed_today": lambda at: FIRST & MISSED & Q(started_at__gte=at.midnight),
    "in_hour": lambda at: Q(started_at__gte=at.hour),
}
ENDED: dict[str, Callable[[At], Q]] = {"out_hour": lambda at: Q(stopped_at__gte=at.hour)}
# In one minute, which the list is told.
FLOW = {"in": "started_at", "out": "stopped_at"}
OLDEST = "oldest"
# Where a queue is asked for: that a ticket is in none.
NO_QUEUE = 0
NAMES = (*WAITING, *BEGAN, *ENDED, *FLOW, OLDEST)


@dataclass(frozen=True, slots=True)
class Only:
    """What a list is narrowed to: a figure's tickets; of one account, queue, agent, priority, minute where said."""

    figure: str
    account: int | None = None
    queue: int | None = None
    agent: int | None = None
    minute: datetime | None = None
    priority: int | None = None

    @classmethod
    def read(cls, asked: Mapping[str, Any]) -> Only | None:
        """From an address: "only" is the figure, "minute" in milliseconds; all of it words or numbers.

        None where nothing is asked. Raises ValueError for what cannot be.
        """
        figure = asked.get("only") or ""
        if not figure:
            return None
        if figure not in NAMES:
            raise ValueError(figure)
        account, queue, agent = (_number(asked.get(name)) for name in ("account", "queue", "agent"))
        minute, priority = _number(asked.get("minute")), _number(asked.get("priority"))
        if priority not in (None, *Priority.values):
            raise ValueError(priority)
        if minute is not None and minute > LAST_MINUTE:
            raise ValueError(minute)
        began = None if minute is None else datetime.fromtimestamp(minute / 1000, UTC)
        return cls(figure, account, queue, agent, began, priority)

    def tickets(self, at: At | None = None) -> QuerySet[Ticket]:
        """The tickets of this figure, unordered."""
        at = at or moment()
        said = {"account_id": self.account, "queue_id": self.queue or None, "assignee_id": self.agent}
        narrowed = {column: key for column, key in {**said, "priority": self.priority}.items() if key is not None}
        found = Ticket.objects.filter(self._held(at), **narrowed)
        return found.filter(queue=None) if self.queue == NO_QUEUE else found

    def parts(self) -> tuple[QuerySet[Ticket], ...]:
        """The same, as lists that follow each other: by `order_at`, which is equal in the last, and by id.

        A list over timers is short beside all tickets, and most of those are done. In one piece the database reads
        every ticket; so it walks the few that have a clock, and finds the others by their keys, until a page is full.
        """
        found = self.tickets()
        if self.figure in WAITING or self.figure == OLDEST:
            return (found,)
        return found.filter(OPEN, order_at__lt=NEVER), found.filter(order_at=NEVER)

    def _held(self, at: At) -> Q:
        if self.figure in WAITING:
            return WAITING[self.figure](at)
        if self.figure == OLDEST:
            return Q(pk__in=[wait["ticket"] for wait in _oldest(at) if self._is_of(wait)][:1])
        if self.figure in FLOW:
            since = self.minute or at.minute
            timers = Timer.objects.filter(**_within(FLOW[self.figure], since, since + MINUTE))
        else:
            timers = Timer.objects.filter({**BEGAN, **ENDED}[self.figure](at))
        timers = timers.filter(metric__in=RESPONSES)
        if self.account is not None:
            timers = timers.filter(account_id=self.account)
        return Q(pk__in=timers.values("ticket_id"))

    def _is_of(self, wait: Mapping[str, Any]) -> bool:
        return self.account in (None, wait["account"]) and self.queue in (None, wait["queue"])


def _number(given: object) -> int | None:
    """A number that a key of the database can be."""
    if given in (None, ""):
        return None
    number = int(str(given))
    if not 0 <= number < 2**63:
        raise ValueError(given)
    return number


def _within(field: str, since: datetime, until: datetime) -> dict[str, datetime]:
    return {f"{field}__gte": since, f"{field}__lt": until}


def _placed(at: At, timers: QuerySet[Timer]) -> Any:
    """With the queue that each timer's ticket is in now; looked up only where there are queues."""
    if not at.queues:
        return timers.annotate(queue=Value(NO_QUEUE, BigIntegerField()))
    queue = Ticket.objects.filter(pk=OuterRef("ticket_id")).values("queue_id")
    return timers.annotate(queue=Coalesce(Subquery(queue), NO_QUEUE, output_field=BigIntegerField()))


def _oldest(at: At) -> list[dict[str, Any]]:
    """The longest wait on each account in each queue, the oldest first."""
    running = _placed(at, Timer.objects.filter(stopped_at=None, metric__in=RESPONSES))
    ordered = running.order_by("account_id", "queue", "started_at", "id").distinct("account_id", "queue")
    found = ordered.values_list("account_id", "queue", "started_at", "due_at", "ticket_id")
    return [
        {"account": account, "queue": queue, "since": ms(since), "due": ms(due), "ticket": ticket}
        for account, queue, since, due, ticket in sorted(found, key=lambda wait: (wait[2], wait[4]))
    ]


# ---------------------------------------------------------------- counting them


class _Percentiles(Aggregate):
    """The median and the ninetieth percentile of a duration, in seconds."""

    template = "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM %(expressions)s))"
    output_field = ArrayField(FloatField())


# An account and a queue: where a ticket is, and what figures are added up by.
Place = tuple[int, int]
ACCOUNT, QUEUE = range(2)


def measure(at: At | None = None) -> dict[str, Any]:
    """All figures of the current workspace, as the browsers get them; twelve statements, each by an index.

    `all` and every entry of `accounts` and `queues` hold the figures by name, `in` and `out` a number a minute from
    `minute` on, the last of them still running. Where there are queues, the last of them, with the id 0, is of what is
    in none. `agents` is {user: [open, late]}, `team` how many are there and take a break. Moments are milliseconds,
    lengths seconds.
    """
    at = at or moment()
    waiting, agents = _waiting(at)
    found: dict[Place, dict[str, Any]] = defaultdict(_nothing)
    for part in (waiting, _began(at), _ended(at), _flow(at)):
        for place, figures in part.items():
            found[place].update(figures)
    oldest, answered = _oldest(at), _first_answers(at)

    def of(kind: int, about: dict[str, Any], speeds: Mapping[int, Any]) -> dict[str, Any]:
        """One account's or one queue's."""
        pk, name = about["id"], ("account", "queue")[kind]
        parts = [figures for place, figures in found.items() if place[kind] == pk]
        wait = next((wait for wait in oldest if wait[name] == pk), None)
        return {**about, **_total(parts), **_speed(speeds.get(pk)), OLDEST: wait}

    by_account, by_queue = _speeds(answered, "account_id"), _speeds(answered, "queue") if at.queues else {}
    return {
        "at": ms(at.now),
        "minute": ms(at.minute - MINUTES * MINUTE),
        "goal": at.goal,
        "alarm": at.alarm,
        "risk": at.risk.total_seconds(),
        "all": {
            **_total(list(found.values())),
            **_speed(answered.aggregate(speed=_Percentiles("took"))["speed"]),
            OLDEST: oldest[0] if oldest else None,
        },
        "accounts": [of(ACCOUNT, about, by_account) for about in _accounts()],
        "queues": [of(QUEUE, about, by_queue) for about in _queues(at)],
        "agents": agents,
        "team": _team(at),
    }


def _nothing() -> dict[str, Any]:
    counts = dict.fromkeys((*WAITING, *BEGAN, *ENDED), 0)
    return {**counts, **{name: [0] * (MINUTES + 1) for name in FLOW}}


def _speed(seconds: Sequence[float] | None) -> dict[str, float | None]:
    median, p90 = seconds or (None, None)
    return {"median": median, "p90": p90}


def _waiting(at: At) -> tuple[dict[Place, dict[str, int]], dict[str, list[int]]]:
    """The open tickets, by where they are and by who has them."""
    counts = {name: Count("id", filter=held(at)) for name, held in WAITING.items()}
    by_place: dict[Place, dict[str, int]] = defaultdict(lambda: dict.fromkeys(WAITING, 0))
    by_agent: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    columns = ("account_id", "queue_id", "assignee_id")
    rows: Any = Ticket.objects.filter(OPEN).order_by().values(*columns).annotate(**counts)
    for row in rows:
        account, queue, agent = (row.pop(column) for column in columns)
        for name, number in row.items():
            by_place[account, queue or NO_QUEUE][name] += number
        if agent is not None:
            by_agent[str(agent)][0] += row["waiting"]
            by_agent[str(agent)][1] += row["late"]
    return by_place, by_agent


def _first_answers(at: At) -> Any:
    answered = Timer.objects.filter(BEGAN["answered_hour"](at), started_at__lte=at.now).order_by()
    return _placed(at, answered).annotate(took=F("stopped_at") - F("started_at"))


def _speeds(answered: QuerySet[Timer], column: str) -> dict[int, Sequence[float]]:
    return dict(answered.values_list(column).annotate(speed=_Percentiles("took")))


def _began(at: At) -> dict[Place, dict[str, int]]:
    """What became of the waits that began today or within the hour."""
    return _counted(at, Timer.objects.filter(started_at__gte=min(at.hour, at.midnight)), BEGAN)


def _ended(at: At) -> dict[Place, dict[str, int]]:
    return _counted(at, Timer.objects.filter(stopped_at__gte=at.hour), ENDED)


def _counted(at: At, timers: QuerySet[Timer], figures: Mapping[str, Callable[[At], Q]]) -> dict[Place, dict[str, int]]:
    """Those figures of these timers, by where their tickets are."""
    counts = {name: Count("ticket_id", distinct=True, filter=held(at)) for name, held in figures.items()}
    placed = _placed(at, timers.filter(metric__in=RESPONSES)).order_by()
    found: Any = placed.values("account_id", "queue").annotate(**counts)
    return {(row.pop("account_id"), row.pop("queue")): row for row in found}


def _flow(at: At) -> dict[Place, dict[str, list[int]]]:
    """How many tickets began to wait, and how many waits ended, minute by minute."""
    first = at.minute - MINUTES * MINUTE
    found: dict[Place, dict[str, list[int]]] = defaultdict(lambda: {name: [0] * (MINUTES + 1) for name in FLOW})
    for name, field in FLOW.items():
        timers = Timer.objects.filter(**_within(field, first, at.minute + MINUTE), metric__in=RESPONSES)
        minutes = _placed(at, timers).order_by().values_list("account_id", "queue", TruncMinute(field))
        for account, queue, minute, number in minutes.annotate(Count("ticket_id", distinct=True)):
            found[account, queue][name][round((minute - first) / MINUTE)] = number
    return found


def _total(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A ticket is on one account and in one queue: counts add up. Percentiles do not."""
    counts = {name: sum(part[name] for part in parts) for name in (*WAITING, *BEGAN, *ENDED)}
    flow = {name: [sum(minute) for minute in zip(*(part[name] for part in parts), strict=True)] for name in FLOW}
    return {**counts, **{name: minutes or [0] * (MINUTES + 1) for name, minutes in flow.items()}}


def _accounts() -> list[dict[str, Any]]:
    kept = ChannelAccount.objects.exclude(state=ChannelAccount.State.REMOVED)
    return [{**about} for about in kept.order_by("channel", "name", "id").values("id", "name", "channel", "state")]


def _queues(at: At) -> list[dict[str, Any]]:
    """By name, and last what is in none; nothing where there are no queues."""
    known = [{**about} for about in Queue.objects.values("id", "name")]
    return [*known, {"id": NO_QUEUE, "name": ""}] if at.queues else []


def _team(at: At) -> dict[str, int]:
    """Of those who answer. Whoever supervises counts while they take tickets; looking on is no break."""
    members = Membership.objects.filter(workspace_id=current_workspace(), user__is_active=True)
    agents = members.filter(role=Role.AGENT).values("user_id")
    there = Presence.objects.filter(
        present=True, seen_at__gte=at.now - PRESENT_FOR, user_id__in=members.values("user_id")
    )
    return there.aggregate(
        present=Count("id", filter=Q(available=True)),
        pause=Count("id", filter=Q(available=False, user_id__in=agents)),
    )


def for_wall(figures: dict[str, Any]) -> dict[str, Any]:
    """The same for eyes that are not signed in: no person, no ticket."""

    def without_ticket(part: dict[str, Any]) -> dict[str, Any]:
        wait = part[OLDEST]
        return {**part, OLDEST: wait and {name: value for name, value in wait.items() if name != "ticket"}}

    return {
        **{name: value for name, value in figures.items() if name != "agents"},
        "all": without_ticket(figures["all"]),
        **{kind: [without_ticket(part) for part in figures[kind]] for kind in ("accounts", "queues")},
    }
