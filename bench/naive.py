"""The obvious way to take in a webhook: one after the other, get_or_create for each row. Only to compare with."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from bench.crowd import Words
from connectors import gateway
from connectors.contract import Author, Post, Raw
from connectors.models import ChannelAccount
from inbox import live
from inbox.models import Contact, Event, Identity, Message, Presence, Ticket
from sla.models import Metric, Policy, Timer
from socialcare.tenancy import workspace


def take_in(words: Words) -> None:
    for record in gateway.parse("meta", Raw(words.body, timezone.now())):
        if isinstance(record, Post):
            account = ChannelAccount.objects.everywhere().get(channel=record.channel, external_id=record.account)
            with workspace(account.workspace_id):
                _write(account, record)


def _write(account: ChannelAccount, post: Post) -> None:
    author = post.author or Author("")
    identity = Identity.objects.filter(account=account, external_id=author.external_id).first()
    if identity is None:
        contact = Contact.objects.create(name=author.name)
        identity = Identity.objects.create(
            account=account, contact=contact, external_id=author.external_id, name=author.name
        )
    ticket, new = Ticket.objects.get_or_create(
        account=account,
        identity=identity,
        thread_id=post.thread_id,
        status=Ticket.Status.OPEN,
        defaults={"contact_id": identity.contact_id, "kind": post.kind, "last_at": post.created_at},
    )
    said = {"ticket": ticket, "seq": ticket.seq + 1, "origin": "customer", "state": "received", "kind": post.kind}
    message, fresh = Message.objects.get_or_create(
        account=account, external_id=post.external_id, defaults={**said, "text": post.text, "at": post.created_at}
    )
    if not fresh:
        return
    ticket.seq, ticket.last_at, ticket.preview = message.seq, message.at, message.text[:200]
    if new:
        _begin(account, ticket)
    ticket.save()
    live.publish([("ticket", {"id": ticket.pk}), ("said", {"ticket": ticket.pk, "id": message.pk})])


def _begin(account: ChannelAccount, ticket: Ticket) -> None:
    policy = Policy.objects.first()
    due_at = ticket.last_at + ((policy and policy.first_response) or timedelta(minutes=5))
    Timer.objects.create(
        ticket_id=ticket.pk,
        account_id=account.pk,
        metric=Metric.FIRST_RESPONSE,
        started_at=ticket.last_at,
        noticed_at=timezone.now(),
        due_at=due_at,
    )
    ticket.due_at = due_at
    held = Ticket.objects.filter(status=Ticket.Status.OPEN).values_list("assignee_id").annotate(Count("id"))
    load = dict(held.order_by())
    there = Presence.objects.filter(present=True).values_list("user_id", flat=True)
    ticket.assignee_id = min(there, key=lambda user: load.get(user, 0))
    Event.objects.create(ticket=ticket, verb="opened")
    Event.objects.create(ticket=ticket, verb="routed", data={"to": ticket.assignee_id})
