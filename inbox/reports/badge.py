"""Facebook's badge "Very responsive to messages": where a page stands, and what keeps or loses it. Pure.

Facebook tells the rule in its help pages and never the exact sum. Ours: of the conversations that began in the last
seven days, nine of ten had their first answer on the day they began, and answering took fifteen minutes at most, as the
mean of the fastest nine tenths. Of 2015 is the older rule: half of the answers within five minutes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

SAID = 0.9
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """`seconds`: what answering may take, as the median or as the mean of the fastest nine tenths."""

    name: str
    seconds: float
    by_median: bool = False
    share: float = SAID
    days: int = 7

    def time(self, took: Sequence[float]) -> float | None:
        """How long answering took by this rule; None without an answer."""
        if not took:
            return None
        if self.by_median:
            return median(took)
        return mean(sorted(took)[: math.ceil(len(took) * SAID)])


RULES = {rule.name: rule for rule in (Rule("fifteen", 900), Rule("five", 300, by_median=True))}


@dataclass(frozen=True, slots=True)
class Conversation:
    """`closed`: resolved without an answer, nobody will give one."""

    ticket_id: int
    began_at: datetime
    answered_at: datetime | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """`open` ones wait and can still be answered today; they count neither as answered nor as missed."""

    rule: Rule
    answered: int
    missed: int
    open: int
    seconds: float | None

    @property
    def share(self) -> float | None:
        return self.answered / (self.answered + self.missed) if self.answered + self.missed else None

    @property
    def fast(self) -> bool:
        return self.seconds is not None and self.seconds <= self.rule.seconds

    @property
    def held(self) -> bool:
        return self.share is not None and self.share >= self.rule.share and self.fast

    @property
    def spare(self) -> int:
        """How many more may be missed before the share is too low; below zero it is already."""
        # Whole numbers, so that nine of ten is enough: 0.9 is not what it seems.
        tenths = round(self.rule.share * 1000)
        return (self.answered * 1000 - tenths * (self.answered + self.missed)) // tenths

    @property
    def needed(self) -> int:
        """How many have to be answered in a row until the share is right again; 0 where it is."""
        tenths = round(self.rule.share * 1000)
        lacking = tenths * (self.answered + self.missed) - self.answered * 1000
        return max(0, -(-lacking // (1000 - tenths)))


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open conversation: where we stand if it is answered now, or missed, all else being as it is.

    `until`: when its day ends. `keeps`: the badge is held with an answer and lost without.
    """

    conversation: Conversation
    until: datetime
    answered: Standing
    missed: Standing

    @property
    def keeps(self) -> bool:
        return self.answered.held and not self.missed.held


@dataclass(frozen=True, slots=True)
class Forecast:
    """`best` and `worst`: at midnight, if all that wait are answered now, or none. `waiting`: some of the `open` ones,
    the oldest first.
    """

    now: Standing
    best: Standing
    worst: Standing
    waiting: list[Waiting]
    open: int
    midnight: datetime


def forecast(
    conversations: Sequence[Conversation], rule: Rule, now: datetime, zone: ZoneInfo, skip: int = 0
) -> Forecast:
    """`conversations`: in any order, one a ticket, at least those of the rule's days. `skip`: how many open ones stand
    before those of `waiting`.
    """
    midnight = _day_ends(now.astimezone(zone).date(), zone)
    open_ones = sorted((each for each in conversations if _state(each, now, zone) == "open"), key=lambda c: c.began_at)
    all_answered = [_answered(each, now) if _state(each, now, zone) == "open" else each for each in conversations]
    waiting = [
        Waiting(
            each,
            _day_ends(each.began_at.astimezone(zone).date(), zone),
            standing(_with(conversations, _answered(each, now)), rule, now, zone),
            standing(_with(conversations, replace(each, closed=True)), rule, now, zone),
        )
        for each in open_ones[skip : skip + SHOWN]
    ]
    return Forecast(
        standing(conversations, rule, now, zone),
        standing(all_answered, rule, midnight, zone),
        standing(conversations, rule, midnight, zone),
        waiting,
        len(open_ones),
        midnight,
    )


def standing(conversations: Sequence[Conversation], rule: Rule, now: datetime, zone: ZoneInfo) -> Standing:
    since = now - timedelta(days=rule.days)
    counted = [each for each in conversations if since < each.began_at <= now]
    states = [_state(each, now, zone) for each in counted]
    took = [
        (each.answered_at - each.began_at).total_seconds()
        for each in counted
        if each.answered_at and each.answered_at <= now
    ]
    return Standing(rule, states.count("answered"), states.count("missed"), states.count("open"), rule.time(took))


def _state(conversation: Conversation, now: datetime, zone: ZoneInfo) -> str:
    """An answer on another day than the words is a missed one, however little it took."""
    began = conversation.began_at.astimezone(zone).date()
    answered = conversation.answered_at
    if answered and answered <= now:
        return "answered" if answered.astimezone(zone).date() == began else "missed"
    return "missed" if conversation.closed or now >= _day_ends(began, zone) else "open"


def _day_ends(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone)


def _answered(conversation: Conversation, now: datetime) -> Conversation:
    return replace(conversation, answered_at=now)


def _with(conversations: Sequence[Conversation], changed: Conversation) -> list[Conversation]:
    return [changed if each.ticket_id == changed.ticket_id else each for each in conversations]
