"""Starts, stops and breaches the clocks. Called by inbox.actions; calls nobody.

`sla.waits` says once, purely, what a history means; the fast paths here do the same for what comes in order, and
`recompute` mends the rest. Whoever writes a timer has locked its ticket first: that one lock guards them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min, QuerySet
from django.utils import timezone

from sla.models import RESPONSES, Metric, Outcome, Policy, Timer
from sla.promises import Facts, Promises, due_at, marks_passed, next_warning
from sla.waits import Moment, Wait, What, requests, waits
from socialcare.tenancy import current_workspace

__all__ = ["Facts", "Moment", "Promises", "Wait", "What", "requests", "waits"]

# Of what ran out, every clock is in the answer exactly once, with how far it had been noted before.
_BREACH = """
UPDATE sla_timer t SET breached_at = t.due_at, breach_noticed_at = %(now)s, noted = 100, warn_at = NULL
FROM (SELECT id, noted FROM sla_timer WHERE workspace_id = %(workspace)s AND ticket_id = ANY(%(tickets)s)
      AND stopped_at IS NULL AND breached_at IS NULL AND due_at <= %(now)s FOR UPDATE) o
WHERE t.id = o.id RETURNING t.ticket_id, t.metric, t.due_at, t.policy_id, o.noted
"""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A customer wrote on a ticket. `answered_before`: the ticket has had an answer already. `new`: it begins with
    these words, so that no clock of it can be there.
    """

    ticket_id: int
    account_id: int
    facts: Facts
    at: datetime
    noticed_at: datetime
    answered_before: bool
    new: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A ticket whose clocks are worked out: its account, what policies ask about it, and its history."""

    account_id: int
    facts: Facts
    moments: Sequence[Moment]


@dataclass(frozen=True, slots=True)
class Running:
    """The clock of a ticket as the lists show it; `due_at` is None where it never runs out."""

    metric: str
    due_at: datetime | None
    breached: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A clock passed shares of its target: those past `above` and not past `share`, in percent; 100 is the breach."""

    ticket_id: int
    metric: str
    due_at: datetime | None
    policy_id: int | None
    above: int
    share: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A running clock that began, ended or moved (`turn`): due at another moment than before, or standing still now.

    `before`, `after`: when it is due; None: not at all.
    """

    ticket_id: int
    metric: str
    turn: str
    before: datetime | None
    after: datetime | None
    still: bool


@dataclass(slots=True)
class Recomputed:
    """`waiting`: the tickets whose customers wait for words of ours."""

    waiting: set[int] = field(default_factory=set)
    moved: list[Moved] = field(default_factory=list)


def customer_wrote(words: Sequence[Wrote], promises: Promises) -> tuple[set[int], dict[int, Running | None]]:
    """Start the clocks of these tickets, unless they run. One entry a ticket, for words that came in order only.

    Returns the tickets whose clocks `recompute` has to work out, because one of them stands still; and of the others
    the clock that is due next, as `running` would say it.
    """
    running: dict[int, dict[str, Timer]] = defaultdict(dict)
    for timer in _running([word.ticket_id for word in words if not word.new]):
        running[timer.ticket_id][timer.metric] = timer
    fresh, left = [], set()
    for word in words:
        there = running[word.ticket_id]
        if (request := there.get(Metric.RESOLUTION)) and request.stands_still:
            left.add(word.ticket_id)
            continue
        response = Metric.NEXT_RESPONSE if word.answered_before else Metric.FIRST_RESPONSE
        wanted = [] if any(metric in there for metric in RESPONSES) else [Wait(response, word.at, word.noticed_at)]
        if request is None:
            wanted.append(Wait(Metric.RESOLUTION, word.at, word.noticed_at))
        policy = promises.applying(word.facts)
        for wait in wanted:
            if policy and (target := policy.target(wait.metric)):
                fresh.append(_timer(word.ticket_id, word.account_id, wait, policy, target))
    Timer.objects.bulk_create(fresh)
    _wake_clock(fresh)
    shown = _due_next([*fresh, *(timer for timers in running.values() for timer in timers.values())])
    return left, {word.ticket_id: shown.get(word.ticket_id) for word in words if word.ticket_id not in left}


def agent_answered(ticket_id: int, at: datetime) -> bool:
    """Stop the clock, for an answer that came in order; False where the history has to say what runs."""
    timers = _running([ticket_id])
    if any(timer.metric == Metric.RESOLUTION or timer.started_at > at for timer in timers):
        return False
    return _stop(timers, at, Outcome.ANSWERED) > 0


def resolved(ticket_id: int, at: datetime) -> bool:
    """Stop all clocks of a ticket; False where the history has to say what ran, because one stood still."""
    timers = _running([ticket_id])
    if any(timer.stands_still for timer in timers):
        return False
    _stop(timers, at, Outcome.RESOLVED)
    return True


def withdrawn(ticket_id: int, at: datetime) -> bool:
    """Nobody waits for words of ours any more; False where the history has to say what runs."""
    timers = _running([ticket_id])
    if any(timer.metric == Metric.RESOLUTION for timer in timers):
        return False
    _stop(timers, at, Outcome.RESOLVED)
    return True


def recompute(subjects: Mapping[int, Subject], promises: Promises) -> Recomputed:
    """Make the timers of these tickets what their histories and today's promises say.

    A wait that is over keeps what was promised then, and a running one the promise that was broken. When breaches were
    noticed is kept; one of a running wait that nobody was told of is left to the clock process, which tells of it.
    """
    found, now = Recomputed(), timezone.now()
    kept: dict[int, list[Timer]] = defaultdict(list)
    for timer in Timer.objects.filter(ticket_id__in=list(subjects)).order_by("started_at", "id"):
        kept[timer.ticket_id].append(timer)
    stale, fresh = list[int](), list[Timer]()
    for ticket_id, subject in subjects.items():
        before, after = kept[ticket_id], list[Timer]()
        policy = promises.applying(subject.facts)
        for wait in [*waits(subject.moments), *requests(subject.moments)]:
            if wait.stopped_at is None and wait.metric in RESPONSES:
                found.waiting.add(ticket_id)
            same = _same(wait, before)
            said = _worked_out(ticket_id, subject.account_id, wait, same, policy, promises, now)
            after += [said] if said else []
        gone, new = _differences(before, after)
        stale += [timer.pk for timer in gone]
        fresh += new
        found.moved += _moved(ticket_id, gone, new)
    Timer.objects.filter(pk__in=stale).delete()
    Timer.objects.bulk_create(fresh)
    _wake_clock(timer for timer in fresh if timer.stopped_at is None)
    return found


def _same(wait: Wait, timers: Sequence[Timer]) -> Timer | None:
    """What we had of a wait: two of one moment are told apart by their ends."""
    alike = [timer for timer in timers if (timer.metric, timer.started_at) == (wait.metric, wait.started_at)]
    exact = [timer for timer in alike if timer.stopped_at == wait.stopped_at]
    running = [timer for timer in alike if timer.stopped_at is None]
    return next(iter(exact or running or alike), None)


def _worked_out(
    ticket_id: int,
    account_id: int,
    wait: Wait,
    same: Timer | None,
    policy: Policy | None,
    promises: Promises,
    now: datetime,
) -> Timer | None:
    """The timer of a wait, of which `same` is what we had; None where nothing was promised."""
    over = wait.stopped_at is not None
    if over and same:
        policy = promises.known(same.policy_id)
        timer = _timer(ticket_id, account_id, wait, policy, same.target)
        timer.policy_id, timer.noted = same.policy_id, same.noted
        if timer.pauses == same.pauses and same.due_at:
            timer.due_at = same.due_at
    elif (policy := _bound(wait, same, policy, promises)) and (target := policy.target(wait.metric)):
        timer = _timer(ticket_id, account_id, wait, policy, target, noted=same.noted if same else 0)
    else:
        return None
    noticed = same.breach_noticed_at if same else None
    if over:
        _judge(timer, noticed, now)
    elif noticed and timer.noted == 100 and timer.due_at and timer.due_at <= now:
        timer.breached_at, timer.breach_noticed_at, timer.warn_at = timer.due_at, noticed, None
    return timer


def _bound(wait: Wait, same: Timer | None, policy: Policy | None, promises: Promises) -> Policy | None:
    """Whose promise a running wait is under. A broken one stays with the policy that made it, wherever the ticket goes:
    a step that moves what is late would else unmake the lateness.
    """
    made = promises.known(same.policy_id) if same and same.breached_at else None
    return made if made and made.target(wait.metric) else policy


def _timer(
    ticket_id: int, account_id: int, wait: Wait, policy: Policy | None, target: timedelta, noted: int = 0
) -> Timer:
    pauses = wait.pauses if policy is None or policy.pause else ()
    running = wait.stopped_at is None
    return Timer(
        ticket_id=ticket_id,
        account_id=account_id,
        policy_id=policy.pk if policy else None,
        metric=wait.metric,
        target=target,
        started_at=wait.started_at,
        noticed_at=wait.noticed_at,
        due_at=due_at(policy, wait.started_at, target, pauses),
        stopped_at=wait.stopped_at,
        outcome=wait.outcome or "",
        pauses=[[begins.isoformat(), ends.isoformat() if ends else None] for begins, ends in pauses],
        paused=sum((ends - begins for begins, ends in pauses if ends), timedelta()),
        warn_at=next_warning(policy, wait.started_at, target, noted, pauses) if running else None,
        noted=noted,
    )


def _judge(timer: Timer, noticed: datetime | None, now: datetime) -> None:
    """Say of a stopped clock whether it was late. One stopped in time is not, even if we had thought so before."""
    late = timer.due_at is not None and timer.stopped_at is not None and timer.stopped_at > timer.due_at
    timer.breached_at = timer.due_at if late else None
    timer.breach_noticed_at = (noticed or now) if late else None


def _differences(before: Sequence[Timer], after: Sequence[Timer]) -> tuple[list[Timer], list[Timer]]:
    """Which of the first are not among the second, and the other way round."""
    rest, new = [(_said(timer), timer) for timer in before], list[Timer]()
    for timer in after:
        said = _said(timer)
        place = next((at for at, (other, _) in enumerate(rest) if other == said), None)
        if place is None:
            new.append(timer)
        else:
            del rest[place]
    return [timer for _, timer in rest], new


def _said(timer: Timer) -> tuple[object, ...]:
    """All that a timer says of a wait."""
    about = (timer.metric, timer.started_at, timer.noticed_at, timer.target, timer.policy_id, timer.due_at)
    ends = (timer.stopped_at, timer.outcome, timer.breached_at, timer.breach_noticed_at)
    return (*about, *ends, timer.pauses, timer.warn_at, timer.noted)


def _moved(ticket_id: int, gone: Sequence[Timer], new: Sequence[Timer]) -> list[Moved]:
    before = {timer.metric: timer for timer in gone if timer.stopped_at is None}
    after = {timer.metric: timer for timer in new if timer.stopped_at is None}
    found = []
    for metric in (*RESPONSES, Metric.RESOLUTION):
        was, now = before.get(metric), after.get(metric)
        if (was and now and (was.due_at, was.stands_still) == (now.due_at, now.stands_still)) or not (was or now):
            continue
        turn = "moved" if was and now else "began" if now else "ended"
        still = bool(now and now.stands_still)
        found.append(Moved(ticket_id, metric, turn, was.due_at if was else None, now.due_at if now else None, still))
    return found


def running(ticket_ids: Sequence[int]) -> dict[int, Running]:
    """Of each ticket the clock that is due next."""
    return _due_next(_running(ticket_ids)) if ticket_ids else {}


def _due_next(timers: Iterable[Timer]) -> dict[int, Running]:
    found: dict[int, Running] = {}
    for timer in timers:
        if timer.stands_still:
            continue
        other = found.get(timer.ticket_id)
        if other is None or (timer.due_at and (other.due_at is None or timer.due_at < other.due_at)):
            found[timer.ticket_id] = Running(timer.metric, timer.due_at, timer.breached_at is not None)
    return found


def stopped_after(ticket_id: int, at: datetime) -> bool:
    """Whether a wait of this ticket ended later than that."""
    return Timer.objects.filter(ticket_id=ticket_id, stopped_at__gt=at).exists()


def waiting_since(ticket_id: int) -> datetime | None:
    """When the running wait for a response began; None where none runs."""
    return next((timer.started_at for timer in _running([ticket_id]) if timer.metric in RESPONSES), None)


def overdue(limit: int = 1000) -> list[tuple[int, int]]:
    """(workspace, ticket) of clocks that ran out unnoticed, the oldest first."""
    late = _watched().filter(due_at__lte=timezone.now())
    return list(late.order_by("due_at").values_list("workspace_id", "ticket_id")[:limit])


def to_warn_of(limit: int = 1000) -> list[tuple[int, int]]:
    """(workspace, ticket) of clocks that passed a share of their target unnoticed."""
    passed = Timer.objects.everywhere().filter(stopped_at=None, warn_at__lte=timezone.now())
    return list(passed.order_by("warn_at").values_list("workspace_id", "ticket_id")[:limit])


def breach(ticket_ids: Sequence[int]) -> list[Mark]:
    """Mark what ran out on these tickets (which the caller has locked); each timer is returned exactly once."""
    given: dict[str, Any] = {"now": timezone.now(), "workspace": current_workspace(), "tickets": list(ticket_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_BREACH, given)
        return [
            Mark(ticket_id, metric, due, policy_id, noted, share=100)
            for ticket_id, metric, due, policy_id, noted in cursor.fetchall()
        ]


def warn(ticket_ids: Sequence[int], promises: Promises) -> list[Mark]:
    """Note the shares passed on these tickets (which the caller has locked), each once; what ran out is `breach`'s."""
    now = timezone.now()
    passed = Timer.objects.filter(ticket_id__in=ticket_ids, stopped_at=None, breached_at=None, warn_at__lte=now)
    marks, timers = [], list(passed.exclude(due_at__lte=now))
    for timer in timers:
        policy, pauses = promises.known(timer.policy_id), timer.rests()
        share = max(timer.noted, marks_passed(policy, timer.started_at, timer.target, now, pauses))
        if share > timer.noted:
            marks.append(Mark(timer.ticket_id, timer.metric, timer.due_at, timer.policy_id, timer.noted, share))
        timer.noted = share
        timer.warn_at = next_warning(policy, timer.started_at, timer.target, share, pauses)
    Timer.objects.bulk_update(timers, ["noted", "warn_at"])
    return marks


def next_due() -> datetime | None:
    """The nearest moment a running clock runs out, over all workspaces."""
    nearest: datetime | None = _watched().aggregate(nearest=Min("due_at"))["nearest"]
    return nearest


def next_to_warn_of() -> datetime | None:
    """The nearest moment a running clock passes a share worth a word, over all workspaces."""
    running = Timer.objects.everywhere().filter(stopped_at=None, warn_at__isnull=False)
    nearest: datetime | None = running.aggregate(nearest=Min("warn_at"))["nearest"]
    return nearest


def _stop(timers: Sequence[Timer], at: datetime, outcome: Outcome) -> int:
    """How many were stopped."""
    now = timezone.now()
    for timer in timers:
        timer.stopped_at, timer.outcome, timer.warn_at = max(at, timer.started_at), outcome, None
        _judge(timer, timer.breach_noticed_at, now)
    fields = ["stopped_at", "outcome", "breached_at", "breach_noticed_at", "warn_at"]
    return Timer.objects.bulk_update(timers, fields) if timers else 0


def _watched() -> QuerySet[Timer]:
    return Timer.objects.everywhere().filter(stopped_at=None, breached_at=None)


def _running(ticket_ids: Sequence[int]) -> list[Timer]:
    return list(Timer.objects.filter(ticket_id__in=ticket_ids, stopped_at=None))


def _wake_clock(timers: Iterable[Timer]) -> None:
    """The clock process sleeps a second at most; what is due sooner wakes it."""
    soon = timezone.now() + timedelta(seconds=1.5)
    if any(moment and moment < soon for timer in timers for moment in (timer.due_at, timer.warn_at)):
        with connection.cursor() as cursor:
            cursor.execute("NOTIFY socialcare_clock")
