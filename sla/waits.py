"""What a ticket's history says about its clocks. Pure.

A wait for a response begins with the customer's words (the platform's time) and ends with our answer (the platform's
acceptance) or with the ticket's resolution. Whom only a deleted answer had answered waits anew, from its deletion on:
what was true until then stays true. The first wait of a ticket is measured as first response, later ones as
next response. A request begins with the words that open the ticket, or open it again, and ends with its resolution.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sla.models import Metric, Outcome


class What(StrEnum):
    WROTE = "wrote"
    ANSWERED = "answered"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    RESUMED = "resumed"
    RETRACTED = "retracted"


ENDS = (What.RESOLVED, What.WITHDRAWN)
RANKS = {What.WROTE: 0, What.ANSWERED: 0, What.RESOLVED: 1, What.WITHDRAWN: 1, What.RESUMED: 2, What.RETRACTED: 2}
Pause = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that moves a ticket's clock. `at`: the platform's time; `noticed_at`: ours.

    `seq`: the number of these words on their ticket; of a resolution, of the last words it knew. Withdrawn: the
    customer took the waiting words back. Resumed: an agent took the request up again. Retracted: our answer of that
    number was deleted.
    """

    at: datetime
    noticed_at: datetime
    what: What
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """`pauses`: when a request waited for the customer and not for us; the last one may go on."""

    metric: Metric
    started_at: datetime
    noticed_at: datetime
    stopped_at: datetime | None = None
    outcome: Outcome | None = None
    pauses: tuple[Pause, ...] = ()


def waits(moments: Iterable[Moment]) -> list[Wait]:
    """The waits for a response in a ticket's history, in the order they end; the last may still run.

    A resolution settles only what stood on the ticket then: words that came to it later wait on. Of one
    instant, what came to the ticket first was first.
    """
    found: list[Wait] = []
    words = _Words()
    answered = False
    for moment in _in_order(moments):
        answers = moment.what is What.ANSWERED
        if settled := words.take(moment):
            outcome = Outcome.ANSWERED if answers else Outcome.RESOLVED
            found.append(_wait(settled[0], answered, moment.at, outcome))
        answered = answered or answers
    if words.unanswered:
        found.append(_wait(words.unanswered[0], answered))
    return found


def requests(moments: Iterable[Moment]) -> list[Wait]:
    """The waits for a resolution, in the order they end; the last may still run."""
    found: list[Wait] = []
    standing: list[Moment] = []
    words = _Words()
    idle: list[Pause] = []
    resumed = False
    for moment in _in_order(moments):
        words.take(moment)
        if moment.what is What.WROTE:
            standing.append(moment)
        elif moment.what is not What.RETRACTED:
            resumed = moment.what is What.RESUMED
        if moment.what is What.RESOLVED:
            settled, standing = _settled(standing, moment)
            if settled:
                found.append(_request(settled[0], idle, moment.at))
        _turn(idle, moment.at, busy=bool(words.unanswered) or resumed)
    if standing:
        found.append(_request(standing[0], idle))
    return found


class _Words:
    """What waits for an answer of ours, as a history goes on."""

    def __init__(self) -> None:
        self.unanswered: list[Moment] = []
        self._answers: set[int] = set()

    def take(self, moment: Moment) -> list[Moment]:
        """The words that this moment settles."""
        match moment.what:
            case What.RESUMED:
                return []
            case What.WROTE:
                self._answers.clear()
                self.unanswered.append(moment)
                return []
            case What.RETRACTED:
                self._retract(moment)
                return []
        settled, self.unanswered = _settled(self.unanswered, moment)
        if moment.what is What.ANSWERED:
            self._answers.add(moment.seq)
        else:
            self._answers.clear()
        return settled

    def _retract(self, moment: Moment) -> None:
        """The last of the answers to what the customer last wrote leaves them without one."""
        if moment.seq not in self._answers:
            return
        self._answers.remove(moment.seq)
        if not self._answers and not self.unanswered:
            self.unanswered.append(moment)


def _in_order(moments: Iterable[Moment]) -> list[Moment]:
    return sorted(moments, key=lambda moment: (moment.at, RANKS[moment.what], moment.seq))


def _settled(words: Sequence[Moment], moment: Moment) -> tuple[list[Moment], list[Moment]]:
    """Which of these words an answer or an end settles, and which wait on."""
    if moment.what is What.ANSWERED:
        return list(words), []
    return [one for one in words if one.seq <= moment.seq], [one for one in words if one.seq > moment.seq]


def _wait(since: Moment, answered: bool, stopped_at: datetime | None = None, outcome: Outcome | None = None) -> Wait:
    metric = Metric.NEXT_RESPONSE if answered else Metric.FIRST_RESPONSE
    return Wait(metric, since.at, since.noticed_at, stopped_at, outcome)


def _turn(idle: list[Pause], at: datetime, *, busy: bool) -> None:
    """Note that from now on somebody waits for us, or nobody does."""
    waits_for_them = bool(idle) and idle[-1][1] is None
    if busy and waits_for_them:
        idle[-1] = idle[-1][0], at
    elif not busy and not waits_for_them:
        begins = idle.pop()[0] if idle and idle[-1][1] == at else at
        idle.append((begins, None))


def _request(since: Moment, idle: Sequence[Pause], stopped_at: datetime | None = None) -> Wait:
    pauses: list[Pause] = []
    for begins, ends in idle:
        begins = max(begins, since.at)
        if stopped_at is not None:
            ends = min(ends or stopped_at, stopped_at)
        if ends is None or begins < ends:
            pauses.append((begins, ends))
    outcome = Outcome.RESOLVED if stopped_at else None
    return Wait(Metric.RESOLUTION, since.at, since.noticed_at, stopped_at, outcome, tuple(pauses))
