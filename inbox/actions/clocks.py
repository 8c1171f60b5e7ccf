"""The clock's side of a ticket: its history in moments, and promises that ran out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from connectors.contract import Standing
from inbox import routing
from inbox.actions import announce, escalation
from inbox.models import Contact, Event, Message, Ticket
from sla import engine
from sla.engine import Facts, Moment, Promises, Recomputed, Subject, What, Wrote

# For a resolution that does not say how much stood on its ticket.
ALL = 2**31
HANDED = "handed_to_us"
SET_ASIDE = (Standing.SPAM, Standing.TRASH)
BACK = "there_again"
TURNS = (HANDED, "resolved", "reopened", "reopened_by_customer", "withdrawn", BACK)
# What happened, when, and how much stood on the ticket then.
Turn = tuple[str, datetime, int | None]
MOVES = {
    Message.Origin.CUSTOMER: What.WROTE,
    Message.Origin.AGENT: What.ANSWERED,
    Message.Origin.OUTSIDE: What.ANSWERED,
}


def histories(ticket_ids: Sequence[int]) -> dict[int, list[Moment]]:
    """What moves these tickets' clocks: the messages as they are kept, resolutions, and what another app handed to us.

    Words another app had to answer move none, nor do those that no human wrote. An answer of ours that was deleted
    answered until then.
    """
    found: dict[int, list[Moment]] = {ticket_id: [] for ticket_id in ticket_ids}
    kept = [Message.State.RECEIVED, Message.State.SENT]
    said = Message.objects.filter(ticket_id__in=ticket_ids, state__in=kept, standby=False, automatic=False)
    about = ("ticket_id", "at", "received_at", "origin", "seq", "removed_at", "standing")
    aside: dict[int, set[int]] = defaultdict(set)
    for ticket_id, at, received_at, origin, seq, removed_at, standing in said.values_list(*about):
        found[ticket_id].append(Moment(at, received_at, MOVES[Message.Origin(origin)], seq))
        if origin != Message.Origin.CUSTOMER:
            if removed_at:
                gone = max(at, removed_at)
                found[ticket_id].append(Moment(gone, gone, What.RETRACTED, seq))
        elif removed_at or standing in SET_ASIDE:
            aside[ticket_id].add(seq)
    turns: dict[int, list[Turn]] = defaultdict(list)
    happened = Event.objects.filter(ticket_id__in=ticket_ids, verb__in=TURNS).order_by("at", "id")
    for ticket_id, verb, at, data in happened.values_list("ticket_id", "verb", "at", "data"):
        if verb != HANDED:
            turns[ticket_id].append((verb, at, data.get("seq")))
        elif data.get("waits"):
            found[ticket_id].append(Moment(at, at, What.WROTE))
    for ticket_id, taken in turns.items():
        if [verb for verb, _, _ in taken if verb in ("withdrawn", BACK)][-1:] == [BACK]:
            # Some of the words are back: those that are not wait no more than if they had never come.
            found[ticket_id] = [one for one in found[ticket_id] if one.seq not in aside[ticket_id]]
        found[ticket_id] += _ends(taken)
    return found


def history_of(ticket_id: int) -> list[Moment]:
    return histories([ticket_id])[ticket_id]


def _ends(turns: Sequence[Turn]) -> list[Moment]:
    """Resolutions, and words taken back. A resolution that somebody takes back by reopening never was one.

    One that the customer's next words ended stands, whatever is reopened later. Words that are back never went.
    """
    ends: list[tuple[str, Moment]] = []
    resumed: list[Moment] = []
    for verb, at, seq in turns:
        if verb == "reopened_by_customer":
            ends = [(verb if verb == "withdrawn" else "stands", moment) for verb, moment in ends]
        elif verb == BACK:
            ends = [(end, moment) for end, moment in ends if end != "withdrawn"]
        elif verb != "reopened":
            what = What.RESOLVED if verb == "resolved" else What.WITHDRAWN
            ends.append((verb, Moment(at, at, what, ALL if seq is None else seq)))
        else:
            if ends and ends[-1][0] == "resolved":
                ends.pop()
            resumed.append(Moment(at, at, What.RESUMED))
    return [moment for _, moment in ends] + resumed


def waits_for_us(ticket_id: int) -> bool:
    """Whether the customer's last words stand unanswered, with or without a promise about it."""
    return any(wait.stopped_at is None for wait in engine.waits(history_of(ticket_id)))


def facts(tickets: Iterable[Ticket], promises: Promises) -> dict[int, Facts]:
    """What policies ask about these tickets, by the ticket's key."""
    found = list(tickets)
    groups: dict[int, int | None] = {}
    if promises.ask_for_groups:
        contacts = Contact.objects.filter(pk__in={ticket.contact_id for ticket in found})
        groups = dict(contacts.values_list("pk", "group_id"))
    return {
        ticket.pk: Facts(
            channel=ticket.account.channel,
            surface=ticket.kind,
            queue=ticket.queue_id,
            priority=ticket.priority,
            tags=frozenset(ticket.tag_ids),
            group=groups.get(ticket.contact_id),
        )
        for ticket in found
    }


def customers_wrote(said: Sequence[tuple[Ticket, datetime, datetime]]) -> dict[int, engine.Running | None]:
    """Start the clocks of these tickets: (ticket, the platform's time of the words, ours), for words in order only.

    Returns the clocks that are known now, for `announce.save`.
    """
    if not said:
        return {}
    promises = Promises()
    known = facts((ticket for ticket, _, _ in said), promises)
    words = [
        Wrote(
            ticket.pk,
            ticket.account_id,
            known[ticket.pk],
            at,
            noticed_at,
            answered_before=ticket.first_answered_at is not None,
            new=ticket._state.adding,
        )
        for ticket, at, noticed_at in said
    ]
    left, shown = engine.customer_wrote(words, promises)
    recompute([ticket for ticket, _, _ in said if ticket.pk in left])
    return shown


def recompute(tickets: Sequence[Ticket], why: str = "", **data: Any) -> set[int]:
    """Make the timers of these tickets (which the caller has locked) what their histories and today's promises say.

    `why`: what has changed, written into the history of each ticket whose running clock begins, ends or moves, with
    `data`. Returns those whose customers still wait.
    """
    return _recompute(tickets, why, data).waiting if tickets else set()


def moved(tickets: Sequence[Ticket], why: str, **data: Any) -> set[int]:
    """As `recompute`; returns the tickets of which a running clock began, ended, or is due at another moment now."""
    return {moved.ticket_id for moved in _recompute(tickets, why, data).moved}


def _recompute(tickets: Sequence[Ticket], why: str, data: dict[str, Any]) -> Recomputed:
    promises, said = Promises(), histories([ticket.pk for ticket in tickets])
    known = facts(tickets, promises)
    subjects = {ticket.pk: Subject(ticket.account_id, known[ticket.pk], said[ticket.pk]) for ticket in tickets}
    found = engine.recompute(subjects, promises)
    by_pk = {ticket.pk: ticket for ticket in tickets}
    if why:
        announce.history(
            *(
                announce.event(
                    by_pk[moved.ticket_id],
                    "recomputed",
                    why=why,
                    metric=moved.metric,
                    turn=moved.turn,
                    before=_iso(moved.before),
                    after=_iso(moved.after),
                    still=moved.still,
                    **data,
                )
                for moved in found.moved
            )
        )
    return found


@transaction.atomic
def breached(ticket_ids: Sequence[int]) -> int:
    """Note the promises that ran out on these tickets, once, and do what policies say is done then.

    Tickets somebody is writing to are left for next time.
    """
    promises = Promises()
    tickets = _held(ticket_ids, promises)
    late = engine.breach(list(tickets))
    if late:
        announce.history(
            *(
                announce.event(tickets[mark.ticket_id], "breached", metric=mark.metric, due=_iso(mark.due_at))
                for mark in late
            )
        )
        _act(tickets, late, promises)
    return len(late)


@transaction.atomic
def warned(ticket_ids: Sequence[int]) -> int:
    """Note the shares of a target that passed on these tickets, once, and do what policies say is done then."""
    promises = Promises()
    tickets = _held(ticket_ids, promises)
    marks = engine.warn(list(tickets), promises)
    if marks:
        announce.history(
            *(
                announce.event(
                    tickets[mark.ticket_id], "warned", metric=mark.metric, share=mark.share, due=_iso(mark.due_at)
                )
                for mark in marks
            )
        )
        _act(tickets, marks, promises)
    return len(marks)


def _held(ticket_ids: Sequence[int], promises: Promises) -> dict[int, Ticket]:
    if promises.reassign:
        # Before any ticket: whoever takes in a batch holds this lock while waiting for tickets.
        routing.lock()
    held = Ticket.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk__in=ticket_ids).order_by("id")
    return {ticket.pk: ticket for ticket in held.select_related("account")}


def _act(tickets: dict[int, Ticket], marks: Sequence[engine.Mark], promises: Promises) -> None:
    acted, changed = escalation.act(tickets, marks, promises)
    if changed:
        recompute(changed, "escalation")
    late = [tickets[pk] for pk in dict.fromkeys(mark.ticket_id for mark in marks)]
    announce.save(late, announce.WRITTEN if acted else announce.CLOCK)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
