"""Where a ticket belongs and how much it matters: queue, priority, tags, and the group of the person who wrote.

Policies ask for these, so whoever changes one has the ticket's clocks worked out anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Func, Value

from connectors.models import ChannelAccount
from inbox import live
from inbox.actions import announce, audit, clocks
from inbox.actions.refusals import NoSuchLabel
from inbox.models import Contact, Dimension, Group, Priority, Queue, Tag, Tally, Ticket
from sla.models import Policy, Sweep
from socialcare.background import after_commit
from socialcare.models import User
from socialcare.tenancy import current_workspace

Label = Queue | Tag | Group
KINDS: dict[str, type[Label]] = {"queue": Queue, "tag": Tag, "group": Group}


class NameTaken(Exception):
    """Another one is called so, in whatever case."""


class InUse(Exception):
    """Policies ask for this tag."""


@transaction.atomic
def prioritise(ticket_id: int, actor: User, priority: int) -> Ticket:
    ticket = announce.locked(ticket_id)
    before, ticket.priority = ticket.priority, Priority(priority)
    return _sorted(ticket, actor, "prioritised", before, ticket.priority)


@transaction.atomic
def move(ticket_id: int, actor: User, queue_id: int | None) -> Ticket:
    """Into a queue, or out of all. Raises NoSuchLabel."""
    ticket = announce.locked(ticket_id)
    if queue_id is not None and not Queue.objects.filter(pk=queue_id).exists():
        raise NoSuchLabel
    before, ticket.queue_id = ticket.queue_id, queue_id
    return _sorted(ticket, actor, "moved", before, queue_id)


@transaction.atomic
def tag(ticket_id: int, actor: User, tag_ids: Sequence[int]) -> Ticket:
    """Exactly these tags. Raises NoSuchLabel."""
    ticket, wanted = announce.locked(ticket_id), sorted(set(tag_ids))
    # Held until the commit: a tag that is removed meanwhile is taken off this ticket, too.
    known = Tag.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    if len(known) != len(wanted):
        raise NoSuchLabel
    before, ticket.tag_ids = ticket.tag_ids, wanted
    return _sorted(ticket, actor, "tagged", before, wanted)


def _sorted(ticket: Ticket, actor: User, verb: str, before: Any, after: Any) -> Ticket:
    if before != after:
        announce.history(announce.event(ticket, verb, actor, before=before, to=after))
        clocks.recompute([ticket], verb)
        announce.save([ticket])
    return ticket


@transaction.atomic
def group(contact_id: int, actor: User, group_id: int | None) -> Contact:
    """Put a person into a group, or out of all; the clocks of their tickets follow. Raises NoSuchLabel."""
    if group_id is not None and not Group.objects.filter(pk=group_id).exists():
        raise NoSuchLabel
    theirs = Ticket.objects.select_for_update(of=("self",)).select_related("account").filter(contact_id=contact_id)
    tickets = list(theirs.exclude(status=Ticket.Status.RESOLVED).order_by("pk"))
    contact = Contact.objects.select_for_update().get(pk=contact_id)
    if contact.group_id != group_id:
        before, contact.group_id = contact.group_id, group_id
        contact.save(update_fields=["group"])
        announce.history(*(announce.event(ticket, "grouped", actor, before=before, to=group_id) for ticket in tickets))
        clocks.recompute(tickets, "grouped")
        announce.save(tickets)
    return contact


@transaction.atomic
def send_to(actor: User, queues: Mapping[int, int | None]) -> None:
    """Into which queue the new tickets of these accounts go, None for none. Raises NoSuchLabel."""
    names: dict[int | None, str | None] = {None: None, **dict(Queue.objects.values_list("id", "name"))}
    if not set(queues.values()) <= set(names):
        raise NoSuchLabel
    accounts = ChannelAccount.objects.select_for_update().filter(pk__in=queues).order_by("pk")
    for account in accounts:
        before, account.queue_id = account.queue_id, queues[account.pk]
        if before != account.queue_id:
            account.save(update_fields=["queue_id"])
            moved = [names.get(before), names[account.queue_id]]
            audit.record(actor, "account.queue", account, channel=account.channel, queue_id=moved)


def add_label(actor: User, kind: str, name: str) -> Label:
    """A new queue, tag or group. Raises NameTaken."""
    _refuse_taken(kind, name)
    try:
        with transaction.atomic():
            made = KINDS[kind].objects.create(name=name)
            audit.record(actor, f"{kind}.added", name)
    except IntegrityError:
        raise NameTaken from None
    return made


def rename_label(actor: User, kind: str, pk: int, name: str) -> Label:
    """Raises NameTaken, and DoesNotExist of the kind's model."""
    _refuse_taken(kind, name, pk)
    try:
        with transaction.atomic():
            label = KINDS[kind].objects.select_for_update().get(pk=pk)
            before, label.name = label.name, name
            label.save(update_fields=["name"])
            audit.record(actor, f"{kind}.renamed", name, name=[before, name])
    except IntegrityError:
        raise NameTaken from None
    return label


def _refuse_taken(kind: str, name: str, pk: int = 0) -> None:
    if KINDS[kind].objects.filter(name__iexact=name).exclude(pk=pk).exists():
        raise NameTaken


@transaction.atomic
def remove_tag(actor: User, pk: int) -> Tag:
    """Out of the settings and the reports; a task takes it off the tickets. Raises InUse and Tag.DoesNotExist."""
    tag, place = Tag.objects.select_for_update().get(pk=pk), current_workspace()
    if Policy.objects.filter(tag_id=pk).exists():
        raise InUse
    Sweep.objects.create(why=Sweep.Why.TAG, what=str(pk))
    Tally.objects.filter(dimension=Dimension.TAG, key=pk).delete()
    tag.delete()
    audit.record(actor, "tag.removed", tag)
    after_commit(lambda: live.lost(place))
    return tag


def take_off(tag_id: int, above: int, number: int) -> int | None:
    """Take a removed tag off the next tickets that have it, by their keys. The last of them; None: no more."""
    having = Ticket.objects.select_for_update().filter(pk__gt=above, tag_ids__contains=[tag_id])
    pks = list(having.order_by("pk").values_list("pk", flat=True)[:number])
    without = Func(F("tag_ids"), Value(tag_id), function="array_remove")
    Ticket.objects.filter(pk__in=pks).update(tag_ids=without, version=F("version") + 1)
    return pks[-1] if pks else None


def labels() -> dict[str, list[dict[str, Any]]]:
    """All queues, tags and groups of the workspace: {"queues": [{id, name}], …}, by name."""
    return {
        f"{kind}s": [{"id": pk, "name": name} for pk, name in model.objects.values_list("id", "name")]
        for kind, model in KINDS.items()
    }
