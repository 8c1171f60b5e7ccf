"""The posts above customers' comments."""

from __future__ import annotations

from django.utils import timezone

from connectors.contract import Kind, Post
from connectors.models import ChannelAccount
from inbox.actions import announce, echoes
from inbox.models import Story, Ticket


def missing(account: ChannelAccount, limit: int = 10) -> list[str]:
    """Threads with open comments whose post we have never seen nor asked for."""
    threads = Ticket.objects.filter(account=account, kind=Kind.COMMENT).exclude(status=Ticket.Status.RESOLVED)
    recent = list(threads.order_by("-id").values_list("thread_id", flat=True)[:200])
    known = set(Story.objects.filter(account=account, external_id__in=recent).values_list("external_id", flat=True))
    return [thread for thread in dict.fromkeys(recent) if thread not in known][:limit]


def came(account: ChannelAccount, external_id: str, post: Post | None) -> None:
    """What the platform shows above; None when it does not tell, so that it is not asked again."""
    if post is None:
        Story.objects.get_or_create(account=account, external_id=external_id, defaults={"asked_at": timezone.now()})
        return
    echoes.keep_story(account, post)
    tickets = Ticket.objects.filter(account=account, thread_id=external_id).exclude(status=Ticket.Status.RESOLVED)
    announce.changed(tickets.values_list("id", flat=True)[:50])
