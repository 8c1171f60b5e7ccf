"""Whether a customer's message may be answered, and with these words: asked before anything is queued."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from connectors import gateway
from connectors.contract import Can, Kind, Reason, Rule, Standing, Thread
from connectors.models import ChannelAccount
from inbox.actions import contacts
from inbox.actions.clocks import SET_ASIDE
from inbox.actions.refusals import NewerMessages, NotAllowed
from inbox.models import Event, Message, Outgoing, Ticket
from socialcare import locks
from socialcare.locks import Lock
from socialcare.models import User

State = Message.State
UNDER_WAY = (State.QUEUED, State.SENDING, State.SENT, State.UNKNOWN)
# What the platform said against an answer once and may not say again: whoever tries again has it asked.
PASSING = (Reason.CLOSED, Reason.REPLIES_LIMITED, Reason.RECIPIENT_UNAVAILABLE)
LATELY = timedelta(days=90)


def answerable(ticket: Ticket, to: int | None = None) -> Message:
    """The customer's message an answer goes to: the one named, else the last that still stands."""
    theirs = Message.objects.filter(ticket=ticket, origin=Message.Origin.CUSTOMER)
    if to is not None:
        theirs = theirs.filter(pk=to)
    newest = theirs.order_by("-at", "-id")
    standing = newest.filter(removed_at=None)
    found = standing.exclude(standing__in=SET_ASIDE).first() or standing.first() or newest.first()
    if found is None:
        raise NotAllowed(Reason.GONE)
    return found


def thread_of(ticket: Ticket, target: Message) -> Thread:
    """What a channel must know to say whether we may answer this message."""
    surface = gateway.surface(ticket.account.channel, target.kind)
    ours = Message.objects.filter(account=ticket.account_id, origin=Message.Origin.AGENT)
    since = ticket.last_customer_at or target.at
    used = ours.filter(parent_id=target.external_id or "", once=True, state__in=UNDER_WAY)
    return Thread(
        kind=Kind(target.kind),
        post_created_at=target.at,
        last_customer_at=ticket.last_customer_at,
        privately_replied=surface.private_once and used.exists(),
        unreachable=Can.REPLY_PRIVATELY in surface.can and contacts.is_unreachable(ticket, since),
        removed=target.removed_at is not None,
        owner=ticket.owner_app,
        closed=Reason(target.closed) if target.closed else None,
        thread_id=ticket.thread_id,
        standing=Standing(target.standing) if target.standing else None,
    )


def ask_again(target: Message) -> None:
    """What may have passed keeps nobody from trying: the platform is asked, and may say it again."""
    if target.closed in PASSING:
        target.closed = ""
        target.save(update_fields=["closed"])


def takes_answers_again(ticket: Ticket) -> None:
    """An answer went out under this post: what was said of its being closed holds for nobody's words there."""
    told = Event.objects.filter(verb="failed", data__reason=Reason.CLOSED, at__gte=timezone.now() - LATELY)
    # Asked first and alone: those who were told so are few, however many wrote under the post.
    if not (tickets := list(told.values_list("ticket_id", flat=True))):
        return
    there = Message.objects.filter(ticket__account=ticket.account_id, ticket__thread_id=ticket.thread_id)
    shut = there.filter(ticket__in=tickets, closed=Reason.CLOSED).select_for_update(skip_locked=True, of=("self",))
    Message.objects.filter(pk__in=list(shut.values_list("pk", flat=True))).update(closed="")


def refuse_if_unseen(ticket: Ticket, agent: User, last_seq: int) -> None:
    """Raises NewerMessages where more was said than the agent had seen, by anybody else."""
    newer = Message.objects.filter(ticket=ticket, seq__gt=last_seq).exclude(agent=agent, origin=Message.Origin.AGENT)
    newer = newer.exclude(state=State.CANCELLED)
    if newer.exists():
        raise NewerMessages(list(newer.order_by("seq").values_list("id", flat=True)))


def permit(
    ticket: Ticket, target: Message, text: str, *, private: bool, continues: bool, besides: int | None = None
) -> Rule:
    """The rule for these words, its `cost` theirs. Raises NotAllowed. `besides`: one in line that does not count."""
    _one_at_a_time(ticket.account)
    waiting = in_line(ticket.account, besides)
    thread = thread_of(ticket, target)
    rule = gateway.reply_rule(ticket.account, thread, private=private, text=text, continues=continues, waiting=waiting)
    if not rule.allowed:
        raise NotAllowed(rule.reason or Reason.NOT_SUPPORTED)
    if not text:
        raise NotAllowed(Reason.EMPTY)
    surface = gateway.surface(ticket.account.channel, target.kind)
    limit = surface.private_max_length if private else surface.max_length
    if limit is not None and surface.length_of(text) > limit:
        raise NotAllowed(Reason.TOO_LONG, limit=limit, length=surface.length_of(text))
    return rule


def _one_at_a_time(account: ChannelAccount) -> None:
    """Where answers cost money, of two queued at once the second counts the first. Taken after the ticket."""
    if gateway.takes_money(account.channel):
        locks.hold(Lock.LINE, account.pk)


def in_line(account: ChannelAccount, besides: int | None = None) -> Decimal:
    """What the account's answers that are not out yet will cost, in dollars."""
    if not gateway.takes_money(account.channel):
        return Decimal(0)
    waiting = Outgoing.objects.filter(account=account).exclude(message=besides)
    return waiting.aggregate(total=Sum("price"))["total"] or Decimal(0)
