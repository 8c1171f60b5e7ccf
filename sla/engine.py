"""Starts, stops and breaches the clocks. Called by inbox.actions; calls nobody.

A wait begins with the customer's words (the platform's time) and ends with our answer (the
platform's acceptance) or with the ticket's resolution. The first wait of a ticket is
measured as first response, later ones as next response. `waits` says this once, purely;
the fast paths below do the same for what comes in order, and `recompute` mends the rest.
Whoever writes a timer has locked its ticket first: that one lock guards them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection
from django.db.models import Min
from django.utils import timezone

from sla.models import Metric, Outcome, Policy, Timer


class What(StrEnum):
    WROTE = "wrote"
    ANSWERED = "answered"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that moves a ticket's clock. `at`: the platform's time; `noticed_at`: ours.

    `seq`: the number of these words on their ticket; of a resolution, of the last words it knew.
    """

    at: datetime
    noticed_at: datetime
    what: What
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    metric: Metric
    started_at: datetime
    noticed_at: datetime
    stopped_at: datetime | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Wrote:
    """A customer wrote on a ticket. `answered_before`: the ticket has had an answer already."""

    ticket_id: int
    account_id: int
    channel: str
    at: datetime
    noticed_at: datetime
    answered_before: bool


@dataclass(frozen=True, slots=True)
class Running:
    """The clock of a ticket as the lists show it."""

    metric: str
    due_at: datetime
    breached: bool


def waits(moments: Iterable[Moment]) -> list[Wait]:
    """The waits in a ticket's history, in the order they end; the last may still run.

    A resolution settles only what stood on the ticket then: words that came to it later wait on. Of one
    instant, what came to the ticket first was first.
    """
    found: list[Wait] = []
    unanswered: list[Moment] = []
    answered = False
    for moment in sorted(moments, key=lambda moment: (moment.at, moment.what is What.RESOLVED, moment.seq)):
        if moment.what is What.WROTE:
            unanswered.append(moment)
            continue
        answers = moment.what is What.ANSWERED
        settled = [words for words in unanswered if answers or words.seq <= moment.seq]
        if settled:
            outcome = Outcome.ANSWERED if answers else Outcome.RESOLVED
            found.append(_wait(settled[0], answered, moment.at, outcome))
        unanswered = [] if answers else [words for words in unanswered if words.seq > moment.seq]
        answered = answered or answers
    if unanswered:
        found.append(_wait(unanswered[0], answered))
    return found


def _wait(since: Moment, answered: bool, stopped_at: datetime | None = None, outcome: Outcome | None = None) -> Wait:
    metric = Metric.NEXT_RESPONSE if answered else Metric.FIRST_RESPONSE
    return Wait(metric, since.at, since.noticed_at, stopped_at, outcome)


class Targets:
    """The promises of the current workspace, read once."""

    def __init__(self) -> None:
        self._policies = list(Policy.objects.all())

    def of(self, metric: str, channel: str) -> timedelta | None:
        for policy in self._policies:
            if policy.metric == metric and policy.channel in ("", channel):
                return policy.target
        return None


def customer_wrote(words: Sequence[Wrote]) -> None:
    """Start the clocks of these tickets, unless they run; an earlier message moves the start back.

    One entry a ticket. For words that came in order only; others need `recompute`.
    """
    targets = Targets()
    running = {timer.ticket_id: timer for timer in _running([word.ticket_id for word in words])}
    fresh = []
    for word in words:
        metric = Metric.NEXT_RESPONSE if word.answered_before else Metric.FIRST_RESPONSE
        target = targets.of(metric, word.channel)
        if target is None or word.ticket_id in running:
            continue
        fresh.append(
            Timer(
                ticket_id=word.ticket_id,
                account_id=word.account_id,
                metric=metric,
                started_at=word.at,
                noticed_at=word.noticed_at,
                due_at=word.at + target,
            )
        )
    Timer.objects.bulk_create(fresh)
    _wake_clock(timer.due_at for timer in fresh)


def agent_answered(ticket_id: int, at: datetime) -> bool:
    """Stop the clock, for an answer that came in order; False where none ran."""
    return _stop([ticket_id], at, Outcome.ANSWERED) > 0


def resolved(ticket_ids: Sequence[int], at: datetime) -> None:
    _stop(ticket_ids, at, Outcome.RESOLVED)


def recompute(account_id: int, channel: str, histories: Mapping[int, Iterable[Moment]]) -> set[int]:
    """Make the timers of these tickets of an account what their histories say. Returns whose customers still wait.

    When breaches were noticed is kept. One of a running wait is left to the clock process, which tells of it.
    """
    targets, now = Targets(), timezone.now()
    kept: dict[int, list[Timer]] = defaultdict(list)
    for timer in Timer.objects.filter(ticket_id__in=list(histories)).order_by("started_at", "id"):
        kept[timer.ticket_id].append(timer)
    waiting, stale, fresh = set[int](), list[int](), list[Timer]()
    for ticket_id, moments in histories.items():
        before, after = kept[ticket_id], []
        noticed = {timer.started_at: timer.breach_noticed_at for timer in before}
        for wait in waits(moments):
            if wait.stopped_at is None:
                waiting.add(ticket_id)
            if (target := targets.of(wait.metric, channel)) is not None:
                after.append(_timer(ticket_id, account_id, wait, target, noticed.get(wait.started_at), now))
        if [_said(timer) for timer in before] != [_said(timer) for timer in after]:
            stale += [timer.pk for timer in before]
            fresh += after
    Timer.objects.filter(pk__in=stale).delete()
    Timer.objects.bulk_create(fresh)
    _wake_clock(timer.due_at for timer in fresh if timer.stopped_at is None)
    return waiting


def _timer(
    ticket_id: int, account_id: int, wait: Wait, target: timedelta, noticed: datetime | None, now: datetime
) -> Timer:
    due_at = wait.started_at + target
    late = noticed is not None if wait.stopped_at is None else wait.stopped_at > due_at
    return Timer(
        ticket_id=ticket_id,
        account_id=account_id,
        metric=wait.metric,
        started_at=wait.started_at,
        noticed_at=wait.noticed_at,
        due_at=due_at,
        stopped_at=wait.stopped_at,
        outcome=wait.outcome or "",
        breached_at=due_at if late else None,
        breach_noticed_at=(noticed or now) if late else None,
    )


def _said(timer: Timer) -> tuple[object, ...]:
    """All that a timer says of a wait."""
    about = (timer.metric, timer.started_at, timer.noticed_at, timer.due_at)
    return (*about, timer.stopped_at, timer.outcome, timer.breached_at, timer.breach_noticed_at)


def running(ticket_ids: Sequence[int]) -> dict[int, Running]:
    return {
        timer.ticket_id: Running(timer.metric, timer.due_at, timer.breached_at is not None)
        for timer in _running(ticket_ids)
    }


def stopped_after(ticket_id: int, at: datetime) -> bool:
    """Whether a wait of this ticket ended later than that."""
    return Timer.objects.filter(ticket_id=ticket_id, stopped_at__gt=at).exists()


def waiting_since(ticket_id: int) -> datetime | None:
    """When the running wait of a ticket began; None where none runs."""
    return next((timer.started_at for timer in _running([ticket_id])), None)


def overdue(limit: int = 500) -> list[tuple[int, int]]:
    """(workspace, ticket) of clocks that ran out unnoticed, the oldest first."""
    late = Timer.objects.everywhere().filter(stopped_at=None, breached_at=None, due_at__lte=timezone.now())
    return list(late.order_by("due_at").values_list("workspace_id", "ticket_id")[:limit])


def breach(ticket_ids: Sequence[int]) -> list[Timer]:
    """Mark what ran out on these tickets (which the caller has locked); each timer is returned exactly once."""
    now = timezone.now()
    timers = list(Timer.objects.filter(ticket_id__in=ticket_ids, stopped_at=None, breached_at=None, due_at__lte=now))
    for timer in timers:
        timer.breached_at, timer.breach_noticed_at = timer.due_at, now
    Timer.objects.bulk_update(timers, ["breached_at", "breach_noticed_at"])
    return timers


def next_due() -> datetime | None:
    """The nearest moment a running clock runs out, over all workspaces."""
    watched = Timer.objects.everywhere().filter(stopped_at=None, breached_at=None)
    nearest: datetime | None = watched.aggregate(nearest=Min("due_at"))["nearest"]
    return nearest


def _stop(ticket_ids: Sequence[int], at: datetime, outcome: Outcome) -> int:
    """A clock stopped in time is not breached, even if we had thought so before the platform told us. How many."""
    timers = _running(ticket_ids)
    now = timezone.now()
    for timer in timers:
        timer.stopped_at, timer.outcome = max(at, timer.started_at), outcome
        late = timer.stopped_at > timer.due_at
        timer.breach_noticed_at = (timer.breach_noticed_at or now) if late else None
        timer.breached_at = timer.due_at if late else None
    Timer.objects.bulk_update(timers, ["stopped_at", "outcome", "breached_at", "breach_noticed_at"])
    return len(timers)


def _running(ticket_ids: Sequence[int]) -> list[Timer]:
    return list(Timer.objects.filter(ticket_id__in=ticket_ids, stopped_at=None))


def _wake_clock(due: Iterable[datetime]) -> None:
    """The clock process sleeps a second at most; what is due sooner wakes it."""
    if any(moment < timezone.now() + timedelta(seconds=1.5) for moment in due):
        with connection.cursor() as cursor:
            cursor.execute("NOTIFY socialcare_clock")
