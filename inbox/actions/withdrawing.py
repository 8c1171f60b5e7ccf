"""Words that need no answer any more because they are gone or among spam, and words that come back."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max
from django.db.models.functions import Greatest

from inbox.actions import announce, clocks
from inbox.actions.clocks import SET_ASIDE
from inbox.models import Event, Message, Ticket
from sla import engine
from socialcare.models import User


def wants_an_answer(message: Message) -> bool:
    """Whether a customer's words still stand where somebody could read an answer to them."""
    there = message.removed_at is None and message.standing not in SET_ASIDE
    return there and message.origin == Message.Origin.CUSTOMER


def nothing_left_to_answer(ticket: Ticket, at: datetime | None = None) -> None:
    """Whoever's waiting words are all gone waits for nothing: the clock stops with the last that went.

    `at`: when that was, where the words themselves do not tell.
    """
    since = engine.waiting_since(ticket.pk)
    if since is None:
        return
    all_of_theirs = Message.objects.filter(ticket=ticket, origin=Message.Origin.CUSTOMER, standby=False)
    # A wait that began when an answer was deleted is for words from before.
    theirs = waiting if (waiting := all_of_theirs.filter(at__gte=since)).exists() else all_of_theirs
    if theirs.filter(removed_at=None).exclude(standing__in=SET_ASIDE).exists():
        return
    # Never before the words themselves, whatever a platform's clock says.
    last = theirs.aggregate(last=Greatest(Max("removed_at"), Max("at")))["last"]
    if last is None:
        return
    at = max(last, at) if at else last
    announce.history(Event(ticket=ticket, verb="withdrawn", at=at, data={"seq": ticket.seq}))
    if not engine.withdrawn(ticket.pk, at):
        clocks.recompute([ticket])


def an_answer_is_gone(ticket: Ticket) -> None:
    """Whom nothing answers any more but what was deleted waits for us again, from then on."""
    if ticket.pk in clocks.recompute([ticket]) and ticket.status == Ticket.Status.PENDING:
        ticket.status = Ticket.Status.OPEN


def never_answered(ticket: Ticket, actor: User) -> None:
    """What was recorded as an answer was none: whoever waited never ceased to, unless their words are gone."""
    clocks.recompute([ticket])
    nothing_left_to_answer(ticket)
    if clocks.waits_for_us(ticket.pk):
        if ticket.status == Ticket.Status.PENDING:
            ticket.status = Ticket.Status.OPEN
        announce.history(announce.event(ticket, "runs_on", actor))


def there_again(ticket: Ticket, actor: User | None = None) -> None:
    """Words are back: whoever waited for an answer to them never ceased to, and waits since their own moment.

    A resolution that only followed on their going ends with it, unless the person has another open ticket there.
    """
    turns = Event.objects.filter(ticket=ticket, verb__in=("withdrawn", clocks.BACK)).order_by("at", "id")
    last = turns.last()
    if last is None:
        return
    if last.verb != clocks.BACK:
        announce.history(announce.event(ticket, clocks.BACK, actor))
        if ticket.status == Ticket.Status.RESOLVED and _only_for_their_going(ticket, last.at):
            ticket.status, ticket.resolved_at = Ticket.Status.OPEN, None
            announce.history(announce.event(ticket, "reopened", actor))
    clocks.recompute([ticket])
    if last.verb != clocks.BACK and engine.waiting_since(ticket.pk):
        announce.history(announce.event(ticket, "runs_on", actor))


def _only_for_their_going(ticket: Ticket, gone_at: datetime) -> bool:
    if ticket.resolved_at is None or ticket.resolved_at < gone_at:
        return False
    ours = Message.objects.filter(ticket=ticket, state=Message.State.SENT, at__gt=gone_at)
    same = Ticket.objects.filter(account=ticket.account_id, identity=ticket.identity_id, thread_id=ticket.thread_id)
    return not (ours.exists() or same.exclude(status=Ticket.Status.RESOLVED).exists())
