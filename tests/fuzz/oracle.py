"""What the clocks must say, worked out slowly and in another way than the engine does.

Every word of a customer is looked at alone: what was the first thing that ended its wait? Words that were ended
by the same thing waited together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from inbox.models import Event, Message
from sla.engine import Wait
from sla.models import Timer

NOTHING = (datetime.max.replace(tzinfo=UTC), 9, 0)
Place = tuple[datetime, int, int]


@dataclass(frozen=True)
class Said:
    metric: str
    started_at: datetime
    noticed_at: datetime
    stopped_at: datetime | None
    outcome: str


def expected(ticket_id: int) -> list[Said]:
    """The waits of a ticket by the rows that are kept of it, in the order they end."""
    words, answers = [], []
    for message in Message.objects.filter(ticket_id=ticket_id, standby=False, state__in=["received", "sent"]):
        place = (message.at, 0, message.seq)
        if message.origin == "customer":
            words.append((place, message.received_at))
        else:
            answers.append(place)
    ends = _resolutions(ticket_id)
    together: dict[Place, list[tuple[Place, datetime]]] = defaultdict(list)
    for word in words:
        together[min(_ends_of(word[0], answers, ends), default=NOTHING)].append(word)
    found = []
    for end, group in sorted(together.items(), key=lambda pair: pair[0][:2]):
        first, noticed_at = min(group)
        known = any(answer < end for answer in answers)
        stopped_at = None if end is NOTHING else end[0]
        outcome = "" if end is NOTHING else ("answered", "resolved")[end[1]]
        found.append(Said("next_response" if known else "first_response", first[0], noticed_at, stopped_at, outcome))
    return found


def _ends_of(word: Place, answers: list[Place], ends: list[Place]) -> list[Place]:
    """All that would end this word's wait: later answers, and later resolutions that knew of it."""
    return [end for end in answers if end > word] + [end for end in ends if end > word and end[2] >= word[2]]


def _resolutions(ticket_id: int) -> list[Place]:
    """Those that stand: one that was taken back by a colleague, before the customer came back, never was."""
    verbs = ("resolved", "withdrawn", "reopened", "reopened_by_customer")
    turns = list(Event.objects.filter(ticket_id=ticket_id, verb__in=verbs).order_by("id"))
    taken_back = {
        before.pk for before, after in pairwise(turns) if (before.verb, after.verb) == ("resolved", "reopened")
    }
    ended = [turn for turn in turns if turn.verb in ("resolved", "withdrawn") and turn.pk not in taken_back]
    return [(turn.at, 1, turn.data["seq"]) for turn in ended]


def kept(ticket_id: int) -> list[Said]:
    """The waits as our timers tell them."""
    timers = Timer.objects.filter(ticket_id=ticket_id)
    said = [Said(one.metric, one.started_at, one.noticed_at, one.stopped_at, one.outcome) for one in timers]
    return sorted(said, key=lambda one: (one.stopped_at or NOTHING[0], one.outcome == "resolved"))


def told(wait: Wait) -> Said:
    return Said(wait.metric, wait.started_at, wait.noticed_at, wait.stopped_at, wait.outcome or "")


def check_promise(timer: Timer, target: timedelta | None, now: datetime) -> None:
    """Due and breached, by the plain meaning of the words."""
    assert target is not None
    assert timer.due_at == timer.started_at + target
    if timer.stopped_at:
        late = timer.stopped_at > timer.due_at
        assert timer.breached_at == (timer.due_at if late else None)
        assert (timer.breach_noticed_at is not None) == late
    elif timer.breached_at:
        assert timer.breached_at == timer.due_at <= timer.breach_noticed_at <= now
    else:
        assert timer.breach_noticed_at is None
