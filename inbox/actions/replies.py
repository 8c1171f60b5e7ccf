"""An agent's answer, from the words to the platform's yes: queued, taken back, sending, sent, failed, unknown."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from connectors import gateway
from connectors.contract import Can, Kind, Reason, Reply, Sent, Standing, Thread
from connectors.models import ChannelAccount
from inbox.actions import announce, contacts
from inbox.actions.clocks import SET_ASIDE, recompute, waits_for_us
from inbox.actions.refusals import KeyReused, NewerMessages, NotAllowed, TooLate
from inbox.models import Event, Message, Outgoing, Ticket
from sla import engine
from socialcare.models import User, Workspace

State = Message.State
# What looking for an answer of unknown outcome brought: it is not there, or the platform could not be asked.
NOT_FOUND, NOT_SEEN = "not_found", "not_seen"
UNDER_WAY = (State.QUEUED, State.SENDING, State.SENT, State.UNKNOWN)


@transaction.atomic
def reply(
    ticket_id: int,
    agent: User,
    text: str,
    *,
    private: bool,
    token: UUID,
    last_seq: int,
    to: int | None = None,
    continues: int | None = None,
) -> Message:
    """Write an answer down; it leaves when the time to take it back is over.

    `last_seq`: what the agent had seen; raises NewerMessages if more was said since. `to`: the
    message answered, the customer's last one by default. `continues`: our own message on this
    ticket that these words go on from. Raises NotAllowed with the platform's
    reason. The same `token` twice gives the same message; raises KeyReused where it was another's.
    """
    if known := Message.objects.filter(token=token).first():
        if (known.ticket_id, known.agent_id) != (ticket_id, agent.pk):
            raise KeyReused
        return known
    ticket = announce.locked(ticket_id)
    text = text.strip()
    refuse_if_unseen(ticket, agent, last_seq)
    target = answerable(ticket, to)
    private = private and target.kind != Kind.DIRECT
    _refuse_if_forbidden(ticket, target, text, private, continues is not None and not private)
    message = _queue(ticket, target, agent, text, private, token)
    if continues is not None and not private:
        message.continues = Message.objects.filter(ticket=ticket, origin=Message.Origin.AGENT, pk=continues).first()
        message.save(update_fields=["continues"])
    if ticket.assignee_id is None:
        ticket.assignee = agent
        announce.history(announce.event(ticket, "assigned", agent, to=agent.pk))
    announce.save([ticket])
    announce.said([message])
    return message


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


def outgoing_reply(message: Message) -> Reply:
    """The message as its channel sends it."""
    ticket = message.ticket
    target = Message.objects.filter(account=message.account_id, external_id=message.parent_id).first()
    thread = thread_of(ticket, target) if target else Thread(Kind(message.kind))
    return Reply(
        text=message.text,
        to=(message.continues.external_id or "") if message.continues else message.parent_id,
        continues=message.continues is not None,
        above=target.parent_id if target and target.parent_id != ticket.thread_id else "",
        thread_id=ticket.thread_id,
        recipient=ticket.identity.external_id,
        thread=thread,
        token=str(message.token),
        private=message.private,
    )


def refuse_if_unseen(ticket: Ticket, agent: User, last_seq: int) -> None:
    """Raises NewerMessages where more was said than the agent had seen, by anybody else."""
    newer = Message.objects.filter(ticket=ticket, seq__gt=last_seq).exclude(agent=agent, origin=Message.Origin.AGENT)
    newer = newer.exclude(state=State.CANCELLED)
    if newer.exists():
        raise NewerMessages(list(newer.order_by("seq").values_list("id", flat=True)))


def _refuse_if_forbidden(ticket: Ticket, target: Message, text: str, private: bool, continues: bool) -> None:
    thread = thread_of(ticket, target)
    rule = gateway.reply_rule(ticket.account, thread, private=private)
    if not rule.allowed:
        raise NotAllowed(rule.reason or Reason.NOT_SUPPORTED)
    if not text:
        raise NotAllowed(Reason.EMPTY)
    surface = gateway.surface(ticket.account.channel, target.kind)
    limit = surface.private_max_length if private else surface.max_length
    if limit is not None and surface.length_of(text) > limit:
        raise NotAllowed(Reason.TOO_LONG, limit=limit, length=surface.length_of(text))
    if gateway.is_too_dear(ticket.account, thread, text, private=private, continues=continues):
        raise NotAllowed(Reason.TOO_DEAR)


def _queue(ticket: Ticket, target: Message, agent: User, text: str, private: bool, token: UUID) -> Message:
    undo = timedelta(seconds=Workspace.objects.get(pk=ticket.workspace_id).undo_seconds)
    now = timezone.now()
    ticket.seq += 1
    message = Message.objects.create(
        ticket=ticket,
        account_id=ticket.account_id,
        seq=ticket.seq,
        origin=Message.Origin.AGENT,
        state=State.QUEUED,
        kind=target.kind,
        private=private,
        once=private and gateway.surface(ticket.account.channel, target.kind).private_once,
        parent_id=target.external_id or "",
        token=token,
        agent=agent,
        text=text,
        at=now,
        received_at=now,
        send_after=now + undo,
    )
    _put_in_line(message, now + undo)
    return message


def _put_in_line(message: Message, ready_at: datetime) -> None:
    Outgoing.objects.update_or_create(
        message=message,
        defaults={
            "ticket_id": message.ticket_id,
            "account_id": message.account_id,
            "ready_at": ready_at,
            "lease_until": None,
            "attempts": 0,
            "settling": False,
            "started_at": None,
        },
    )
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY socialcare_clock")


def _held(message_id: int) -> Message:
    """The message with its ticket, both held until the transaction ends; the ticket is locked first."""
    ticket = announce.locked(Message.objects.values_list("ticket_id", flat=True).get(pk=message_id))
    message = Message.objects.select_for_update(of=("self",)).get(pk=message_id)
    message.ticket = ticket
    return message


@transaction.atomic
def undo(message_id: int) -> Message:
    """Take an answer back before it leaves. Raises TooLate once a worker has it."""
    message = _held(message_id)
    if message.state == State.CANCELLED:
        return message
    if message.state != State.QUEUED:
        raise TooLate(message.state)
    Outgoing.objects.filter(message=message).delete()
    return _restate(message, State.CANCELLED)


@transaction.atomic
def retry(message_id: int, agent: User) -> Message:
    """A human decides to send again what failed, or what nobody could find on the platform."""
    message = _held(message_id)
    if message.state not in (State.FAILED, State.UNKNOWN) or message.origin != Message.Origin.AGENT:
        raise TooLate(message.state)
    target = answerable(message.ticket)
    if original := Message.objects.filter(account=message.account_id, external_id=message.parent_id).first():
        target = original
    message_state, message.state, message.failure, message.looked_at = message.state, State.FAILED, "", None
    message.save(update_fields=["state", "failure", "looked_at"])
    _refuse_if_forbidden(message.ticket, target, message.text, message.private, message.continues_id is not None)
    announce.history(announce.event(message.ticket, "sent_again", agent, message=message.pk, after=message_state))
    message.send_after = timezone.now()
    _put_in_line(message, message.send_after)
    return _restate(message, State.QUEUED)


@transaction.atomic
def confirm(message_id: int, agent: User) -> Message:
    """A human saw the answer on the platform: it counts as sent when it was written."""
    message = _held(message_id)
    if message.state != State.UNKNOWN:
        raise TooLate(message.state)
    announce.history(announce.event(message.ticket, "confirmed", agent, message=message.pk))
    return _sent(message, Sent(message.external_id or "", at=message.at))


@transaction.atomic
def begin_sending(message_id: int) -> Message | None:
    """A worker takes the answer; None where it was taken back. A message found in `sending` was lost on the way."""
    message = _held(message_id)
    if message.state == State.SENDING:
        return _restate(message, State.UNKNOWN)
    if message.state == State.UNKNOWN:
        return message
    if message.state != State.QUEUED:
        return None
    return _restate(message, State.SENDING)


def waits_for_what_it_continues(message: Message) -> str:
    """The state of the part before, "" where there is none or it is out."""
    before = message.continues
    return before.state if before and not (before.state == State.SENT and before.external_id) else ""


@transaction.atomic
def sent(message_id: int, outcome: Sent) -> Message:
    """The platform took it. Harmless to repeat."""
    announce.lock_account(Message.objects.values_list("account_id", flat=True).get(pk=message_id))
    return _sent(_held(message_id), outcome)


def settle_as_sent(message_id: int, external_id: str, at: datetime, permalink: str) -> Message:
    """The platform's echo shows that it is out. The caller holds the account's lock and a transaction."""
    return _sent(_held(message_id), Sent(external_id, at, permalink))


def _sent(message: Message, outcome: Sent) -> Message:
    if message.state == State.SENT:
        return _named(message, outcome)
    if not _only_private_reply(message):
        return message
    if outcome.external_id:
        same = Message.objects.filter(account=message.account_id, external_id=outcome.external_id)
        outside = same.filter(origin=Message.Origin.OUTSIDE)
        announce.gone(outside.values_list("at", flat=True))
        outside.delete()
    message.external_id = outcome.external_id or None
    message.permalink = outcome.permalink[:1000]
    message.at = outcome.at or timezone.now()
    Outgoing.objects.filter(message=message).delete()
    message.state, message.failure, message.failure_detail = State.SENT, "", ""
    message.save(update_fields=["state", "external_id", "permalink", "at", "failure", "failure_detail"])
    ChannelAccount.objects.filter(pk=message.account_id).update(last_outbound_at=timezone.now())
    ticket = message.ticket
    was_open = ticket.status == Ticket.Status.OPEN
    answered(ticket, message.at, announce.preview(message.text))
    if was_open and not waits_for_us(ticket.pk):
        ticket.status = Ticket.Status.PENDING
    announce.note_trouble(ticket)
    announce.save([ticket])
    announce.restated([message])
    return message


def _named(message: Message, outcome: Sent) -> Message:
    """What a human confirmed gets its id once the platform tells it."""
    if outcome.external_id and message.external_id is None:
        message.external_id, message.permalink = outcome.external_id, outcome.permalink[:1000]
        message.save(update_fields=["external_id", "permalink"])
    return message


def _only_private_reply(message: Message) -> bool:
    """A comment gets one private reply: what is proven to be out wins over what is not. False where another one is."""
    if not message.once:
        return True
    same = Message.objects.filter(account=message.account_id, parent_id=message.parent_id, once=True)
    others = same.filter(origin=Message.Origin.AGENT, state__in=UNDER_WAY)
    for other in others.exclude(pk=message.pk):
        if other.state == State.SENT:
            return False
        failed(other.pk, Reason.PRIVATE_REPLY_USED)
    return True


def is_another_s(message: Message, external_id: str) -> bool:
    """What was found on the platform is known already, as other words of ours."""
    known = Message.objects.filter(account=message.account_id, external_id=external_id, origin=Message.Origin.AGENT)
    return known.exclude(pk=message.pk).exists()


def answered(ticket: Ticket, at: datetime, shown: tuple[str, str]) -> None:
    """An answer is out: stop the clock. `shown`: what the list shows of it, as `announce.preview` says.

    One that is not newer than the customer's last words, or whose clock something else has stopped, is put in its
    place: we may hear late of it, and a platform's times are coarser than ours.
    """
    newest = ticket.last_customer_at is None or at > ticket.last_customer_at
    in_order = newest and not engine.stopped_after(ticket.pk, at)
    if not (in_order and engine.agent_answered(ticket.pk, at)):
        recompute([ticket])
    ticket.first_answered_at = min(filter(None, (ticket.first_answered_at, at)))
    if at >= ticket.last_at:
        ticket.last_at, (ticket.preview, ticket.sign) = at, shown


@transaction.atomic
def failed(message_id: int, reason: Reason | str, detail: str = "", *, closes: bool = False) -> Message:
    """It will not go out like this; the agent sees why, the clock runs on.

    `closes`: whatever the words, the message answered takes none; the next reader is told before typing.
    """
    message = _held(message_id)
    if message.state not in (State.SENDING, State.QUEUED, State.UNKNOWN):
        return message
    Outgoing.objects.filter(message=message).delete()
    message.failure, message.failure_detail = str(reason)[:40], detail[:500]
    if closes and not (message.private and message.kind != Kind.DIRECT):
        Message.objects.filter(account=message.account_id, external_id=message.parent_id).update(closed=str(reason))
    announce.history(Event(ticket=message.ticket, verb="failed", data={"message": message.pk, "reason": str(reason)}))
    return _restate(message, State.FAILED)


@transaction.atomic
def later(message_id: int, ready_at: datetime, *, why: str) -> None:
    """Not now: it waits in line until then."""
    message = _held(message_id)
    if message.state in (State.SENDING, State.QUEUED):
        Outgoing.objects.filter(message=message).update(ready_at=ready_at, lease_until=None)
        message.failure = why[:40]
        _restate(message, State.QUEUED)


def held(message_id: int, account: ChannelAccount, ready_at: datetime, why: Reason) -> None:
    """The account works no more: its answers wait until an admin has seen to it."""
    later(message_id, ready_at, why=why)
    announce.account_changed(account)


@transaction.atomic
def unknown(message_id: int, look_at: datetime | None, *, looked: str = "") -> None:
    """It may be out. `look_at`: when to look on the platform next; None when a human has to decide.

    `looked`: NOT_FOUND or NOT_SEEN, what our own last look has brought.
    """
    message = _held(message_id)
    if message.state not in (State.SENDING, State.UNKNOWN):
        return
    if look_at is None:
        Outgoing.objects.filter(message=message).delete()
    else:
        Outgoing.objects.filter(message=message).update(ready_at=look_at, lease_until=None, settling=True)
    if looked and look_at is None:
        message.failure, message.looked_at = looked, timezone.now()
        _restate(message, State.UNKNOWN)
    elif message.state != State.UNKNOWN:
        _restate(message, State.UNKNOWN)


def resume(account_id: int) -> int:
    """The account works again: what waited for it goes out now; what may still be taken back does not."""
    now = timezone.now()
    waiting = Outgoing.objects.filter(account_id=account_id, settling=False, lease_until=None)
    return waiting.exclude(message__send_after__gt=now).update(ready_at=now)


def _restate(message: Message, state: str) -> Message:
    message.state = state
    message.save(update_fields=["state", "failure", "failure_detail", "send_after", "looked_at"])
    announce.note_trouble(message.ticket)
    announce.save([message.ticket])
    announce.restated([message])
    return message
