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
from sla.clock import Always, Hours
from sla.engine import Wait
from sla.models import Timer

NOTHING = (datetime.max.replace(tzinfo=UTC), 9, 0)
ALWAYS = Always()
read = datetime.fromisoformat
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
    said = Message.objects.filter(ticket_id=ticket_id, standby=False, automatic=False, state__in=["received", "sent"])
    for message in said:
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


@dataclass(frozen=True)
class Asked:
    """A request: from the words that opened it to its resolution, and when it waited for the customer."""

    started_at: datetime
    noticed_at: datetime
    stopped_at: datetime | None
    pauses: list[list[str | None]]


def requests(ticket_id: int, pause: bool) -> list[Asked]:
    """The requests of a ticket by the rows that are kept of it: what ended each word's wait, and what was busy then."""
    words, answers, resolved, withdrawn, resumed = _turns(ticket_id)
    together: dict[Place, list[tuple[Place, datetime]]] = defaultdict(list)
    for word in words:
        ends = [end for end in resolved if end > word[0] and end[2] >= word[0][2]]
        together[min(ends, default=NOTHING)].append(word)
    busy = [(word, min(_ends_of(word, answers, resolved + withdrawn), default=NOTHING)) for word, _ in words]
    every_end = answers + resolved + withdrawn
    busy += [(place, min((end for end in every_end if end > place), default=NOTHING)) for place in resumed]
    found = []
    for end, group in together.items():
        first, noticed_at = min(group)
        stopped_at = None if end is NOTHING else end[0]
        pauses = _idle(first[0], stopped_at, busy) if pause else []
        found.append(Asked(first[0], noticed_at, stopped_at, pauses))
    return sorted(found, key=lambda one: (one.started_at, one.stopped_at or NOTHING[0]))


def _turns(ticket_id: int) -> tuple[list[tuple[Place, datetime]], list[Place], list[Place], list[Place], list[Place]]:
    words, answers = [], []
    for message in Message.objects.filter(ticket_id=ticket_id, standby=False, state__in=["received", "sent"]):
        place = (message.at, 0, message.seq)
        if message.origin == "customer":
            words.append((place, message.received_at))
        else:
            answers.append(place)
    events = Event.objects.filter(ticket_id=ticket_id)
    withdrawn = {(event.at, 1, event.data["seq"]) for event in events.filter(verb="withdrawn")}
    resolved = [place for place in _resolutions(ticket_id) if place not in withdrawn]
    resumed = [(event.at, 2, 0) for event in events.filter(verb="reopened")]
    return words, answers, resolved, sorted(withdrawn), resumed


def _idle(start: datetime, stop: datetime | None, busy: list[tuple[Place, Place]]) -> list[list[str | None]]:
    """What is left of a stretch of time when all busy ones are taken out."""
    pauses, at, until = [], start, stop or NOTHING[0]
    stretches = [(begins[0], ends[0]) for begins, ends in busy]
    for begins, ends in sorted((begins, ends) for begins, ends in stretches if begins < min(ends, until)):
        if at < begins:
            pauses.append([at.isoformat(), begins.isoformat()])
        at = max(at, ends)
    if at < until:
        pauses.append([at.isoformat(), stop.isoformat() if stop else None])
    return pauses


def kept_requests(ticket_id: int) -> list[Asked]:
    timers = Timer.objects.filter(ticket_id=ticket_id, metric="resolution")
    found = [Asked(one.started_at, one.noticed_at, one.stopped_at, one.pauses) for one in timers]
    return sorted(found, key=lambda one: (one.started_at, one.stopped_at or NOTHING[0]))


def kept(ticket_id: int) -> list[Said]:
    """The waits for a response as our timers tell them."""
    timers = Timer.objects.filter(ticket_id=ticket_id).exclude(metric="resolution")
    said = [Said(one.metric, one.started_at, one.noticed_at, one.stopped_at, one.outcome) for one in timers]
    return in_order(said)


def in_order(said: list[Said]) -> list[Said]:
    """As they end; those that ended at one instant, as they began."""
    return sorted(said, key=lambda one: (one.stopped_at or NOTHING[0], one.outcome == "resolved", one.started_at))


def told(wait: Wait) -> Said:
    return Said(wait.metric, wait.started_at, wait.noticed_at, wait.stopped_at, wait.outcome or "")


def check_promise(timer: Timer, target: timedelta | None, now: datetime, hours: Hours = ALWAYS) -> None:
    """Due and breached, by the plain meaning of the words."""
    assert target is not None
    assert timer.target == target
    assert timer.due_at == _due(timer, hours)
    paused = [(read(ends) - read(begins)) for begins, ends in timer.pauses if ends]
    assert timer.paused == sum(paused, timedelta())
    if timer.stopped_at:
        late = timer.due_at is not None and timer.stopped_at > timer.due_at
        assert timer.breached_at == (timer.due_at if late else None)
        assert (timer.breach_noticed_at is not None) == late
        assert timer.warn_at is None
    elif timer.breached_at:
        assert timer.breached_at == timer.due_at <= timer.breach_noticed_at <= now
    else:
        assert timer.breach_noticed_at is None


def _due(timer: Timer, hours: Hours) -> datetime | None:
    """Stretch by stretch, what is counted until the target is used up."""
    borders = [timer.started_at, *(read(at) for pause in timer.pauses for at in pause if at)]
    left = timer.target
    for begins, ends in zip(borders[::2], [*borders[1::2], None], strict=False):
        counted = hours.working_time_between(begins, ends) if ends else None
        if counted is None or counted >= left:
            return hours.add_working_time(begins, left)
        left -= counted
    return None
