"""What people do with an answer: it is put in line, taken back, sent again, seen on the platform."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from connectors import gateway
from connectors.contract import Kind, Rule
from inbox.actions import announce, outcomes
from inbox.actions.answering import answerable, ask_again, permit, refuse_if_unseen
from inbox.actions.refusals import KeyReused, TooLate
from inbox.models import Message, Outgoing, Ticket
from socialcare.models import User, Workspace

State = Message.State
# Nothing of it is on the platform, nor on its way there.
STILL_HERE = (State.QUEUED, State.FAILED)


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
    before = None if private else continues
    rule = permit(ticket, target, text, private=private, continues=before is not None)
    message = _queue(ticket, target, agent, text, private, token, rule)
    if before is not None:
        message.continues = Message.objects.filter(ticket=ticket, origin=Message.Origin.AGENT, pk=before).first()
        message.save(update_fields=["continues"])
    if ticket.assignee_id is None:
        ticket.assignee = agent
        announce.history(announce.event(ticket, "assigned", agent, to=agent.pk))
    announce.save([ticket])
    announce.said([message])
    return message


def _queue(ticket: Ticket, target: Message, agent: User, text: str, private: bool, token: UUID, rule: Rule) -> Message:
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
    _put_in_line(message, now + undo, rule)
    return message


def _put_in_line(message: Message, ready_at: datetime, rule: Rule) -> None:
    Outgoing.objects.update_or_create(
        message=message,
        defaults={
            "ticket_id": message.ticket_id,
            "account_id": message.account_id,
            "price": Decimal(rule.cost or 0),
            "ready_at": ready_at,
            "lease_until": None,
            "attempts": 0,
            "settling": False,
            "started_at": None,
        },
    )
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY socialcare_clock")


@transaction.atomic
def undo(message_id: int) -> Message:
    """Take an answer back before it leaves, or one that failed; with it the other parts of a split one that are here.

    Raises TooLate once a worker has it.
    """
    message = outcomes.locked(message_id)
    if message.state == State.CANCELLED:
        return message
    if message.state not in STILL_HERE or message.origin != Message.Origin.AGENT:
        raise TooLate(message.state)
    for part in _parts(message):
        Outgoing.objects.filter(message=part).delete()
        outcomes.restate(part, State.CANCELLED)
    return message


def _parts(message: Message) -> list[Message]:
    """This one, and what it goes on from and what goes on from it, as far as nothing of it has left."""
    here = Message.objects.filter(ticket=message.ticket, origin=Message.Origin.AGENT, state__in=STILL_HERE)
    by_pk = {part.pk: part for part in here} | {message.pk: message}
    after = {part.continues_id: part for part in by_pk.values()}
    found = [message]
    while before := by_pk.get(found[0].continues_id or 0):
        found.insert(0, before)
    while follows := after.get(found[-1].pk):
        found.append(follows)
    for part in found:
        part.ticket = message.ticket
    return found


@transaction.atomic
def retry(message_id: int, agent: User) -> Message:
    """A human decides to send again what failed, or what nobody could find on the platform."""
    message = outcomes.locked(message_id)
    if message.state not in (State.FAILED, State.UNKNOWN) or message.origin != Message.Origin.AGENT:
        raise TooLate(message.state)
    target = answerable(message.ticket)
    if original := Message.objects.filter(account=message.account_id, external_id=message.parent_id).first():
        target = original
    ask_again(target)
    message_state, message.state, message.failure, message.looked_at = message.state, State.FAILED, "", None
    message.save(update_fields=["state", "failure", "looked_at"])
    goes_on = message.continues_id is not None
    rule = permit(message.ticket, target, message.text, private=message.private, continues=goes_on, besides=message.pk)
    announce.history(announce.event(message.ticket, "sent_again", agent, message=message.pk, after=message_state))
    message.send_after = timezone.now()
    _put_in_line(message, message.send_after, rule)
    return outcomes.restate(message, State.QUEUED)


@transaction.atomic
def confirm(message_id: int, agent: User) -> Message:
    """A human saw the answer on the platform: it counts as sent when it was written."""
    message = outcomes.locked(message_id)
    if message.state != State.UNKNOWN:
        raise TooLate(message.state)
    announce.history(announce.event(message.ticket, "confirmed", agent, message=message.pk))
    return outcomes.settle_as_sent(message_id, "", message.at)
