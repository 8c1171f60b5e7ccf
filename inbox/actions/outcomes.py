"""What becomes of an answer in line, as the workers learn it: sending, sent, failed, later, unknown."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from connectors.contract import Kind, Reason, Reply, Sent, Thread
from connectors.models import ChannelAccount
from inbox.actions import announce
from inbox.actions.answering import UNDER_WAY, takes_answers_again, thread_of
from inbox.actions.clocks import recompute, waits_for_us
from inbox.models import Event, Message, Outgoing, Ticket
from sla import engine

State = Message.State
# What looking for an answer of unknown outcome brought: it is not there, or the platform could not be asked.
NOT_FOUND, NOT_SEEN = "not_found", "not_seen"


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


def locked(message_id: int) -> Message:
    """The message with its ticket, both held until the transaction ends; the ticket is locked first."""
    ticket = announce.locked(Message.objects.values_list("ticket_id", flat=True).get(pk=message_id))
    message = Message.objects.select_for_update(of=("self",)).get(pk=message_id)
    message.ticket = ticket
    return message


@transaction.atomic
def begin_sending(message_id: int) -> Message | None:
    """A worker takes the answer; None where it was taken back. A message found in `sending` was lost on the way."""
    message = locked(message_id)
    if message.state == State.SENDING:
        return restate(message, State.UNKNOWN)
    if message.state == State.UNKNOWN:
        return message
    if message.state != State.QUEUED:
        return None
    return restate(message, State.SENDING)


def waits_for_what_it_continues(message: Message) -> str:
    """The state of the part before, "" where there is none or it is out."""
    before = message.continues
    return before.state if before and not (before.state == State.SENT and before.external_id) else ""


@transaction.atomic
def sent(message_id: int, outcome: Sent) -> Message:
    """The platform took it. Harmless to repeat."""
    announce.lock_account(Message.objects.values_list("account_id", flat=True).get(pk=message_id))
    return _sent(locked(message_id), outcome)


def settle_as_sent(message_id: int, external_id: str, at: datetime, permalink: str = "") -> Message:
    """The platform's echo shows that it is out, or a human saw it there. The caller holds a transaction, and the
    account's lock where an id came with it.
    """
    return _sent(locked(message_id), Sent(external_id, at, permalink))


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
    answered(ticket, message.at, announce.preview(message.text))
    if message.kind != Kind.DIRECT and not message.private:
        takes_answers_again(ticket)
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
    """An answer is out: stop the clock, and wait for the customer if nothing of theirs waits. `shown`: what the list
    shows of it, as `announce.preview` says.

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
    if ticket.status == Ticket.Status.OPEN and not waits_for_us(ticket.pk):
        ticket.status = Ticket.Status.PENDING


@transaction.atomic
def failed(message_id: int, reason: Reason | str, detail: str = "", *, closes: bool = False) -> Message:
    """It will not go out like this; the agent sees why, the clock runs on.

    `closes`: whatever the words, the message answered takes none; the next reader is told before typing.
    """
    message = locked(message_id)
    if message.state not in (State.SENDING, State.QUEUED, State.UNKNOWN):
        return message
    Outgoing.objects.filter(message=message).delete()
    message.failure, message.failure_detail = str(reason)[:40], detail[:500]
    if closes and not (message.private and message.kind != Kind.DIRECT):
        Message.objects.filter(account=message.account_id, external_id=message.parent_id).update(closed=str(reason))
    announce.history(Event(ticket=message.ticket, verb="failed", data={"message": message.pk, "reason": str(reason)}))
    return restate(message, State.FAILED)


@transaction.atomic
def later(message_id: int, ready_at: datetime, *, why: str) -> None:
    """Not now: it waits in line until then."""
    message = locked(message_id)
    if message.state in (State.SENDING, State.QUEUED):
        Outgoing.objects.filter(message=message).update(ready_at=ready_at, lease_until=None)
        message.failure = why[:40]
        restate(message, State.QUEUED)


def held(message_id: int, account: ChannelAccount, ready_at: datetime, why: Reason) -> None:
    """The account works no more: its answers wait until an admin has seen to it."""
    later(message_id, ready_at, why=why)
    announce.account_changed(account)


@transaction.atomic
def unknown(message_id: int, look_at: datetime | None, *, looked: str = "") -> None:
    """It may be out. `look_at`: when to look on the platform next; None when a human has to decide.

    `looked`: NOT_FOUND or NOT_SEEN, what our own last look has brought.
    """
    message = locked(message_id)
    if message.state not in (State.SENDING, State.UNKNOWN):
        return
    if look_at is None:
        Outgoing.objects.filter(message=message).delete()
    else:
        Outgoing.objects.filter(message=message).update(ready_at=look_at, lease_until=None, settling=True)
    if looked and look_at is None:
        message.failure, message.looked_at = looked, timezone.now()
        restate(message, State.UNKNOWN)
    elif message.state != State.UNKNOWN:
        restate(message, State.UNKNOWN)


def resume(account_id: int) -> int:
    """The account works again: what waited for it goes out now; what may still be taken back does not."""
    now = timezone.now()
    waiting = Outgoing.objects.filter(account_id=account_id, settling=False, lease_until=None)
    return waiting.exclude(message__send_after__gt=now).update(ready_at=now)


def restate(message: Message, state: str) -> Message:
    """Write the message's state and tell the browsers. The caller has locked the message."""
    message.state = state
    message.save(update_fields=["state", "failure", "failure_detail", "send_after", "looked_at"])
    announce.note_trouble(message.ticket)
    announce.save([message.ticket])
    announce.restated([message])
    return message
