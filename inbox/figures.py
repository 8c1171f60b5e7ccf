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
from django.db.models import Aggregate, Count, F, FloatField, Q, QuerySet
from django.db.models.functions import TruncMinute
from django.utils import timezone

from connectors.models import ChannelAccount
from inbox.models import Board, Presence, Queue, Ticket
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
    """The moment figures are taken at, and what the workspace calls today, at risk, good and bad."""

    now: datetime
    midnight: datetime
    risk: timedelta
    goal: int
    alarm: int

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
    return At(now, midnight.astimezone(UTC), timedelta(seconds=board.risk_seconds), board.goal, board.alarm)


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
OF_QUEUE = ("waiting", "unassigned", "risk", "late")
NAMES = (*WAITING, *BEGAN, *ENDED, *FLOW, OLDEST)


@dataclass(frozen=True, slots=True)
class Only:
    """What a list is narrowed to: a figure's tickets; of one account, queue, agent, or minute where said."""

    figure: str
    account: int | None = None
    queue: int | None = None
    agent: int | None = None
    minute: datetime | None = None

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
        account, queue, agent, minute = (_number(asked.get(name)) for name in ("account", "queue", "agent", "minute"))
        if minute is None:
            return cls(figure, account, queue, agent)
        if minute > LAST_MINUTE:
            raise ValueError(minute)
        return cls(figure, account, queue, agent, datetime.fromtimestamp(minute / 1000, UTC))

    def tickets(self, at: At | None = None) -> QuerySet[Ticket]:
        """The tickets of this figure, unordered."""
        at = at or moment()
        said = {"account_id": self.account, "queue_id": self.queue, "assignee_id": self.agent}
        narrowed = {column: key for column, key in said.items() if key is not None}
        return Ticket.objects.filter(self._held(at), **narrowed)

    def _held(self, at: At) -> Q:
        if self.figure in WAITING:
            return WAITING[self.figure](at)
        if self.figure == OLDEST:
            return Q(pk__in=[wait["ticket"] for wait in _oldest() if self.account in (None, wait["account"])][:1])
        if self.figure in FLOW:
            since = self.minute or at.minute
            timers = Timer.objects.filter(**_within(FLOW[self.figure], since, since + MINUTE))
        else:
            timers = Timer.objects.filter({**BEGAN, **ENDED}[self.figure](at))
        timers = timers.filter(metric__in=RESPONSES)
        if self.account is not None:
            timers = timers.filter(account_id=self.account)
        return Q(pk__in=timers.values("ticket_id"))


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


def _oldest() -> list[dict[str, Any]]:
    """The longest wait on each account, the oldest first."""
    running = Timer.objects.filter(stopped_at=None, metric__in=RESPONSES).order_by("account_id", "started_at", "id")
    found = running.distinct("account_id").values_list("account_id", "started_at", "due_at", "ticket_id")
    return [
        {"account": account, "since": ms(since), "due": ms(due), "ticket": ticket}
        for account, since, due, ticket in sorted(found, key=lambda wait: (wait[1], wait[3]))
    ]


# ---------------------------------------------------------------- counting them


class _Percentiles(Aggregate):
    """The median and the ninetieth percentile of a duration, in seconds."""

    template = "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM %(expressions)s))"
    output_field = ArrayField(FloatField())


def measure(at: At | None = None) -> dict[str, Any]:
    """All figures of the current workspace, as the browsers get them; twelve statements, each by an index.

    `all` and every entry of `accounts` hold the figures by name, `in` and `out` a number a minute from `minute` on,
    the last of them still running. `queues` hold only what waits in them, `agents` is {user: [open, late]}, `team` how
    many are there and take a break. Moments are milliseconds, lengths seconds.
    """
    at = at or moment()
    waiting, agents = _waiting(at)
    oldest = _oldest()
    by_account: dict[int, dict[str, Any]] = defaultdict(_nothing)
    for part in (waiting, _began(at), _ended(at), _flow(at)):
        for pk, figures in part.items():
            by_account[pk].update(figures)
    for wait in oldest:
        by_account[wait["account"]][OLDEST] = wait
    return {
        "at": ms(at.now),
        "minute": ms(at.minute - MINUTES * MINUTE),
        "goal": at.goal,
        "alarm": at.alarm,
        "risk": at.risk.total_seconds(),
        "all": {
            **_total([by_account[pk] for pk in list(by_account)]),
            **_speed(_first_answers(at).aggregate(speed=_Percentiles("took"))["speed"]),
            OLDEST: oldest[0] if oldest else None,
        },
        "accounts": [{**about, **by_account[about["id"]]} for about in _accounts()],
        "queues": _queues(at),
        "agents": agents,
        "team": _team(at),
    }


def _nothing() -> dict[str, Any]:
    counts = dict.fromkeys((*WAITING, *BEGAN, *ENDED), 0)
    return {**counts, **{name: [0] * (MINUTES + 1) for name in FLOW}, **_speed(None), OLDEST: None}


def _speed(seconds: Sequence[float] | None) -> dict[str, float | None]:
    median, p90 = seconds or (None, None)
    return {"median": median, "p90": p90}


def _waiting(at: At) -> tuple[dict[int, dict[str, int]], dict[str, list[int]]]:
    """The open tickets, by account and by who has them."""
    counts = {name: Count("id", filter=held(at)) for name, held in WAITING.items()}
    by_account: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(WAITING, 0))
    by_agent: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    rows: Any = Ticket.objects.filter(OPEN).order_by().values("account_id", "assignee_id").annotate(**counts)
    for row in rows:
        account, agent = row.pop("account_id"), row.pop("assignee_id")
        for name, number in row.items():
            by_account[account][name] += number
        if agent is not None:
            by_agent[str(agent)][0] += row["waiting"]
            by_agent[str(agent)][1] += row["late"]
    return by_account, by_agent


def _first_answers(at: At) -> QuerySet[Timer]:
    answered = Timer.objects.filter(BEGAN["answered_hour"](at), started_at__lte=at.now)
    return answered.annotate(took=F("stopped_at") - F("started_at"))


def _began(at: At) -> dict[int, dict[str, Any]]:
    """What became of the waits that began today or within the hour, by account."""
    timers = Timer.objects.filter(metric__in=RESPONSES, started_at__gte=min(at.hour, at.midnight))
    counts = {name: Count("ticket_id", distinct=True, filter=held(at)) for name, held in BEGAN.items()}
    found = _grouped(timers, "account_id", counts)
    speeds = _first_answers(at).order_by().values_list("account_id").annotate(speed=_Percentiles("took"))
    for account, speed in speeds:
        found.setdefault(account, {}).update(_speed(speed))
    return found


def _grouped(rows: QuerySet[Any], column: str, counts: Mapping[str, Count]) -> dict[int, dict[str, Any]]:
    """Those counts for every value of that column."""
    found: Any = rows.order_by().values(column).annotate(**counts)
    return {row.pop(column): row for row in found}


def _ended(at: At) -> dict[int, dict[str, Any]]:
    timers = Timer.objects.filter(metric__in=RESPONSES, stopped_at__gte=at.hour)
    counts = {name: Count("ticket_id", distinct=True, filter=held(at)) for name, held in ENDED.items()}
    return _grouped(timers, "account_id", counts)


def _flow(at: At) -> dict[int, dict[str, list[int]]]:
    """How many tickets began to wait, and how many waits ended, minute by minute."""
    first = at.minute - MINUTES * MINUTE
    found: dict[int, dict[str, list[int]]] = defaultdict(lambda: {name: [0] * (MINUTES + 1) for name in FLOW})
    for name, field in FLOW.items():
        timers = Timer.objects.filter(**_within(field, first, at.minute + MINUTE), metric__in=RESPONSES)
        minutes = timers.order_by().values_list("account_id", TruncMinute(field))
        for account, minute, number in minutes.annotate(Count("ticket_id", distinct=True)):
            found[account][name][round((minute - first) / MINUTE)] = number
    return found


def _total(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A ticket is on one account: counts add up. Percentiles do not."""
    counts = {name: sum(part[name] for part in parts) for name in (*WAITING, *BEGAN, *ENDED)}
    flow = {name: [sum(minute) for minute in zip(*(part[name] for part in parts), strict=True)] for name in FLOW}
    return {**counts, **{name: minutes or [0] * (MINUTES + 1) for name, minutes in flow.items()}}


def _accounts() -> list[dict[str, Any]]:
    kept = ChannelAccount.objects.exclude(state=ChannelAccount.State.REMOVED)
    return [{**about} for about in kept.order_by("channel", "name", "id").values("id", "name", "channel", "state")]


def _queues(at: At) -> list[dict[str, Any]]:
    queues = list(Queue.objects.values("id", "name"))
    counts = {name: Count("id", filter=WAITING[name](at)) for name in OF_QUEUE}
    held = _grouped(Ticket.objects.filter(OPEN, queue_id__isnull=False), "queue_id", counts) if queues else {}
    return [{**queue, **dict.fromkeys(OF_QUEUE, 0), **held.get(queue["id"], {})} for queue in queues]


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
        "accounts": [without_ticket(part) for part in figures["accounts"]],
    }
