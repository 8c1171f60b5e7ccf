"""What must be true of every ticket, worked out the slow and obvious way, from the rows alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.utils import timezone

from inbox.actions.clocks import history_of
from inbox.models import Event, Message, Note, Outgoing, Ticket
from sla import engine
from sla.models import Timer
from socialcare.models import Membership

Promise = Callable[[str], timedelta | None]


class Clock(NamedTuple):
    metric: str
    started_at: datetime
    noticed_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    outcome: str
    late: bool


class Word(NamedTuple):
    at: datetime
    noticed_at: datetime
    seq: int


class End(NamedTuple):
    at: datetime
    outcome: str
    seq: int


def words_and_ends(ticket_id: int, undone: Collection[int]) -> tuple[list[Word], list[End]]:
    words, ends = [], []
    for row in Message.objects.filter(ticket_id=ticket_id, standby=False).values():
        if row["origin"] == "customer":
            words.append(Word(row["at"], row["received_at"], row["seq"]))
        elif row["state"] == "sent":
            ends.append(End(row["at"], "answered", row["seq"]))
    for row in Event.objects.filter(ticket_id=ticket_id).values():
        if row["verb"] == "handed_to_us" and row["data"].get("waits"):
            words.append(Word(row["at"], row["at"], 0))
        if row["verb"] in ("resolved", "withdrawn") and row["id"] not in undone:
            ends.append(End(row["at"], "resolved", row["data"]["seq"]))
    return words, ends


def _settles(end: End, word: Word) -> bool:
    """Of one instant, what came first was first; a resolution comes last, and settles only what stood there."""
    if end.outcome == "resolved":
        return end.at >= word.at and word.seq <= end.seq
    return end.at > word.at or (end.at == word.at and end.seq > word.seq)


def clocks(ticket_id: int, undone: Collection[int], target_of: Promise) -> list[Clock]:
    """The waits of a ticket: each word looks for its own end; words with one end are one wait."""
    words, ends = words_and_ends(ticket_id, undone)
    order = {"answered": 0, "resolved": 1}
    by_end: dict[End | None, list[Word]] = defaultdict(list)
    for word in words:
        mine = [end for end in ends if _settles(end, word)]
        by_end[min(mine, key=lambda end: (end.at, order[end.outcome], end.seq), default=None)].append(word)
    found = []
    for end, settled in by_end.items():
        first = min(settled, key=lambda word: (word.at, word.seq))
        said_before = [
            one for one in ends
            if one.outcome == "answered"
            and (end is None or (one.at, order[one.outcome], one.seq) < (end.at, order[end.outcome], end.seq))
        ]  # fmt: skip
        metric = "next_response" if said_before else "first_response"
        if (target := target_of(metric)) is None:
            continue
        due_at = first.at + target
        late = end is not None and max(end.at, first.at) > due_at
        found.append(
            Clock(metric, first.at, first.noticed_at, due_at, end.at if end else None, end.outcome if end else "", late)
        )
    return found


def check_clocks(undone: Collection[int], promise: Callable[[str, str], timedelta | None]) -> None:
    """The timers are what the engine computes anew and what the slow way says; the ticket shows the one that runs."""
    kept: dict[int, list[Timer]] = defaultdict(list)
    for timer in Timer.objects.all():
        kept[timer.ticket_id].append(timer)
    for ticket in Ticket.objects.select_related("account"):
        target_of = partial(promise, ticket.account.channel)
        rows = kept[ticket.pk]
        running = [timer for timer in rows if timer.stopped_at is None]
        known = Counter((t.metric, t.started_at, t.noticed_at, t.due_at, t.stopped_at, t.outcome) for t in rows)
        slow = clocks(ticket.pk, undone, target_of)
        assert known == Counter(clock[:6] for clock in slow), "timers are not what the slow way says"
        recomputed = Counter(
            (str(w.metric), w.started_at, w.noticed_at, w.stopped_at, str(w.outcome or ""))
            for w in engine.waits(history_of(ticket.pk))
            if target_of(str(w.metric)) is not None
        )
        assert recomputed == Counter((c.metric, c.started_at, c.noticed_at, c.stopped_at, c.outcome) for c in slow)
        _check_breaches(rows)
        assert len(running) <= 1
        if ticket.status != "open":
            assert not running, f"a clock runs on a ticket that is {ticket.status}"
        clock = running[0] if running else None
        shown = (ticket.due_at, ticket.metric, ticket.breached)
        assert shown == ((clock.due_at, clock.metric, clock.breached_at is not None) if clock else (None, "", False))


def _check_breaches(timers: list[Timer]) -> None:
    for timer in timers:
        if timer.stopped_at is not None:
            assert (timer.breached_at is not None) == (timer.stopped_at > timer.due_at), "late and not late"
        assert timer.breached_at in (None, timer.due_at)
        assert (timer.breach_noticed_at is None) == (timer.breached_at is None)
        assert (
            timer.breached_at is None
            or timer.due_at < timer.breach_noticed_at <= timezone.now()
            or (timer.due_at == timer.breach_noticed_at)
        )


def check_tickets(workspace_id: int, merged: dict[int, set[int]]) -> None:
    """One open ticket a person and thread, numbers without a gap, nobody from another company."""
    members = set(Membership.objects.filter(workspace_id=workspace_id).values_list("user_id", flat=True))
    open_ones: Counter[tuple[Any, ...]] = Counter()
    seqs: dict[int, list[int]] = defaultdict(list)
    for rows in (Message.objects, Note.objects):
        for ticket_id, seq in rows.values_list("ticket_id", "seq"):
            seqs[ticket_id].append(seq)
    for ticket in Ticket.objects.all():
        if ticket.status != "resolved":
            open_ones[ticket.account_id, ticket.identity_id, ticket.thread_id] += 1
        assert (ticket.resolved_at is not None) == (ticket.status == "resolved")
        numbers = sorted([*seqs[ticket.pk], *merged.get(ticket.pk, ())])
        assert numbers == list(range(1, ticket.seq + 1)), "the numbers on a ticket have a gap or a double"
        assert ticket.assignee_id is None or ticket.assignee_id in members
    assert all(number == 1 for number in open_ones.values())


def check_line() -> None:
    """What waits to be sent is in line, what is done with is not, and the ticket shows what went wrong."""
    in_line = set(Outgoing.objects.values_list("message_id", flat=True))
    trouble: Counter[int] = Counter()
    for pk, ticket_id, origin, state in Message.objects.values_list("id", "ticket_id", "origin", "state"):
        if origin != "agent":
            assert pk not in in_line
        elif state in ("queued", "sending"):
            assert pk in in_line, f"an answer that is {state} is not in line"
        elif state != "unknown":
            assert pk not in in_line, f"an answer that is {state} is still in line"
        trouble[ticket_id] += state in ("failed", "unknown")
    for ticket_id, shown in Ticket.objects.values_list("id", "trouble"):
        assert shown == bool(trouble[ticket_id])
