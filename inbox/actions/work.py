"""What agents do with a ticket besides answering: notes, assigning, resolving, reopening, moderating, seeing."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from connectors import gateway
from connectors.contract import Can, Reason, Refused, Standing
from inbox import routing
from inbox.actions import announce, clocks, looking, stories
from inbox.actions.refusals import NotAllowed, NotAMember
from inbox.actions.withdrawing import an_answer_is_gone, nothing_left_to_answer, there_again, wants_an_answer
from inbox.models import Event, Message, Note, Seen, Ticket
from sla import engine
from socialcare.models import Membership, User

MODERATION = frozenset({Can.LIKE, Can.HIDE, Can.DELETE, Can.APPROVE, Can.SPAM})
MODERATED = ("liked", "hidden", "standing", "moved", "text", "attachments", "revisions", "removed_at")
# Why a ticket is resolved that nobody answered.
REMOVED = "account_removed"
VERBS = {
    (Can.LIKE, True): "liked",
    (Can.LIKE, False): "unliked",
    (Can.HIDE, True): "hidden",
    (Can.HIDE, False): "unhidden",
    (Can.DELETE, True): "deleted",
    (Can.DELETE, False): "undeleted",
    (Can.APPROVE, True): "approved",
    (Can.APPROVE, False): "held_back",
    (Can.SPAM, True): "spam",
    (Can.SPAM, False): "no_spam",
}


@transaction.atomic
def note(ticket_id: int, author: User, text: str) -> Note:
    """Say something among colleagues. Never leaves the house, moves no clock."""
    ticket = announce.locked(ticket_id)
    ticket.seq += 1
    written = Note.objects.create(ticket=ticket, seq=ticket.seq, author=author, text=text)
    announce.save([ticket])
    announce.said([written])
    return written


@transaction.atomic
def assign(ticket_id: int, actor: User, to: int | None) -> Ticket:
    """Give a ticket to a member of this workspace, or to nobody. Raises NotAMember."""
    ticket = announce.locked(ticket_id)
    if ticket.assignee_id == to:
        return ticket
    if to is not None:
        members = Membership.objects.filter(workspace_id=ticket.workspace_id, user_id=to, user__is_active=True)
        if not members.exists():
            raise NotAMember
    before, ticket.assignee_id = ticket.assignee_id, to
    announce.history(announce.event(ticket, "assigned" if to else "unassigned", actor, to=to, before=before))
    announce.save([ticket])
    return ticket


@transaction.atomic
def resolve(ticket_id: int, actor: User) -> Ticket:
    """The request is done; its clock stops. Answers still in line go out all the same."""
    ticket = announce.locked(ticket_id)
    if ticket.status == Ticket.Status.RESOLVED:
        return ticket
    now = timezone.now()
    ticket.status, ticket.resolved_at = Ticket.Status.RESOLVED, now
    announce.history(Event(ticket=ticket, verb="resolved", actor=actor, at=now, data={"seq": ticket.seq}))
    if not engine.resolved(ticket.pk, now):
        clocks.recompute([ticket])
    announce.save([ticket])
    return ticket


def left_behind(account_id: int) -> QuerySet[Ticket]:
    """What is unfinished of an account, and would stay so without it."""
    return Ticket.objects.filter(account_id=account_id).exclude(status=Ticket.Status.RESOLVED)


def resolve_left_behind(account_id: int, actor_id: int | None, above: int, number: int) -> int | None:
    """Resolve the next unfinished tickets of a removed account, by their keys. The last of them; None: no more."""
    announce.lock_account(account_id)
    next_ones = left_behind(account_id).filter(pk__gt=above).select_for_update(of=("self",)).order_by("pk")
    tickets, now = list(next_ones.select_related("account")[:number]), timezone.now()
    if not tickets:
        return None
    for ticket in tickets:
        ticket.status, ticket.resolved_at = Ticket.Status.RESOLVED, now
    about: dict[str, Any] = {"verb": "resolved", "actor_id": actor_id, "at": now}
    announce.history(*(Event(ticket=one, data={"seq": one.seq, "why": REMOVED}, **about) for one in tickets))
    clocks.recompute(tickets)
    announce.save(tickets)
    return tickets[-1].pk


@transaction.atomic
def reopen(ticket_id: int, actor: User) -> Ticket:
    """Take a request up again: a customer who had no answer waits since their own words, not since now.

    Where the same person has another open ticket in the thread, that one is returned.
    """
    announce.lock_account(Ticket.objects.values_list("account_id", flat=True).get(pk=ticket_id))
    ticket = announce.locked(ticket_id)
    if ticket.status == Ticket.Status.OPEN:
        return ticket
    same = Ticket.objects.filter(account=ticket.account_id, identity=ticket.identity_id, thread_id=ticket.thread_id)
    if other := same.exclude(pk=ticket.pk).exclude(status=Ticket.Status.RESOLVED).first():
        return other
    ticket.status, ticket.resolved_at = Ticket.Status.OPEN, None
    ticket.assignee_id = ticket.assignee_id or actor.pk
    announce.history(announce.event(ticket, "reopened", actor))
    clocks.recompute([ticket])
    announce.save([ticket])
    return ticket


@transaction.atomic
def see(ticket_id: int, user: User, seq: int) -> None:
    """Somebody has read a ticket up to here; it never goes back."""
    ticket = Ticket.objects.get(pk=ticket_id)
    seen, _ = Seen.objects.select_for_update().get_or_create(ticket=ticket, user=user)
    if min(seq, ticket.seq) > seen.seq:
        seen.seq = min(seq, ticket.seq)
        seen.save(update_fields=["seq"])


def moderate(message_id: int, actor: User, action: Can, *, on: bool) -> Message:
    """Like, hide, delete, approve or call spam on the platform, then here. A call is made: outside any transaction.

    Raises NotAllowed where the surface does not offer it, ConnectorError where the platform would not.
    """
    message = Message.objects.select_related("ticket", "account__app").get(pk=message_id)
    surface = gateway.surface(message.account.channel, message.kind)
    if action is Can.DELETE and surface.deletes_own and message.origin == Message.Origin.CUSTOMER:
        raise NotAllowed(Reason.NOT_SUPPORTED)
    if (
        action is Can.HIDE
        and surface.hides_below_own
        and stories.is_of_others(message.account, message.ticket.thread_id)
    ):
        raise NotAllowed(Reason.NOT_SUPPORTED)
    if message.private:
        # Its id is that of a message, and what can be done on this surface is for posts.
        raise NotAllowed(Reason.NOT_SUPPORTED)
    if action not in surface.can or not message.external_id or action not in MODERATION:
        raise NotAllowed(Reason.NOT_SUPPORTED)
    restores = action is Can.DELETE and not on
    if restores and Can.RESTORE not in surface.can:
        raise NotAllowed(Reason.NOT_SUPPORTED)
    if message.removed_at and not (restores and message.standing == Standing.TRASH):
        raise NotAllowed(Reason.GONE)
    try:
        became = gateway.act(message.account, action, message.external_id, on=on)
        if restores:
            # Its words were forgotten and come from there.
            looking.look_at(message.account, [message.external_id], actor)
            return Message.objects.get(pk=message_id)
    except Refused as error:
        if error.reason is Reason.GONE:
            looking.learn(message.account, message.external_id)
        raise
    return _moderated(message_id, actor, action, on, became)


@transaction.atomic
def _moderated(message_id: int, actor: User, action: Can, on: bool, became: Standing | None) -> Message:
    ticket = announce.locked(Message.objects.values_list("ticket_id", flat=True).get(pk=message_id))
    message, now = Message.objects.get(pk=message_id), timezone.now()
    wanted = wants_an_answer(message)
    if action is Can.LIKE:
        message.liked = on
    elif action is Can.DELETE:
        message.text, message.attachments, message.revisions = "", [], []
        message.removed_at = message.removed_at or now
    else:
        message.hidden = on if action in (Can.HIDE, Can.SPAM) else not on
    if became:
        message.hidden = became is not Standing.SHOWN
        message.standing = became if message.hidden else ""
        message.moved = {**message.moved, "hide": now.isoformat()}
    message.save(update_fields=MODERATED)
    if message.at >= ticket.last_at:
        ticket.preview, ticket.sign = announce.preview(message.text, message.attachments)
    verb = "trashed" if became is Standing.TRASH else VERBS[action, on]
    # Not later than what it brings about.
    announce.history(Event(ticket=ticket, verb=verb, actor=actor, at=now, data={"message": message.pk}))
    if action is Can.DELETE:
        announce.show_newest(ticket)
        stories.restated(message.account, [message])
    if message.origin != Message.Origin.CUSTOMER:
        if message.removed_at:
            an_answer_is_gone(ticket)
    elif wants_an_answer(message) and not wanted:
        there_again(ticket, actor)
    elif wanted and not wants_an_answer(message):
        nothing_left_to_answer(ticket, now)
    announce.save([ticket])
    announce.restated([message])
    return message


@transaction.atomic
def hand_out(limit: int = 200) -> int:
    """Give what waits to the agents who are there, the most urgent first. Returns how many."""
    if not routing.present():
        return 0
    # Before any ticket: whoever takes in a batch holds this lock while waiting for tickets.
    routing.lock()
    waiting = list(
        Ticket.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(status=Ticket.Status.OPEN, assignee=None)
        .order_by("order_at", "id")[:limit]
    )
    if not waiting:
        return 0
    chosen = routing.choose([None] * len(waiting))
    for ticket, user_id in zip(waiting, chosen, strict=True):
        ticket.assignee_id = user_id
    given = [ticket for ticket in waiting if ticket.assignee_id]
    announce.history(*(announce.event(ticket, "routed", to=ticket.assignee_id) for ticket in given))
    if given:
        announce.save(given)
    return len(given)
