"""The posts above customers' comments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from connectors.contract import Edited, Hidden, Kind, Post, Reacted, Removed, Restored
from connectors.models import ChannelAccount
from inbox.actions import announce
from inbox.models import Message, Story, Ticket

# Who looks at one of more tickets than that sees it when they open it anew.
TOLD = 50


def missing(account: ChannelAccount, limit: int = 10) -> list[str]:
    """Threads with open comments whose post we have never seen nor asked for."""
    threads = Ticket.objects.filter(account=account, kind=Kind.COMMENT).exclude(status=Ticket.Status.RESOLVED)
    recent = list(threads.order_by("-id").values_list("thread_id", flat=True)[:200])
    known = set(Story.objects.filter(account=account, external_id__in=recent).values_list("external_id", flat=True))
    return [thread for thread in dict.fromkeys(recent) if thread not in known][:limit]


def is_of_others(account: ChannelAccount, thread_id: str) -> bool:
    """Whether somebody else began this thread, as far as we know."""
    if Story.objects.filter(account=account, external_id=thread_id, ours=True).exists():
        return False
    theirs = Message.objects.filter(account=account, external_id=thread_id, origin=Message.Origin.CUSTOMER)
    return theirs.exists() or Story.objects.filter(account=account, external_id=thread_id).exclude(at=None).exists()


def came(account: ChannelAccount, external_id: str, post: Post | None) -> None:
    """What the platform shows above; None when it does not tell, so that it is not asked again."""
    if post is None:
        Story.objects.get_or_create(account=account, external_id=external_id, defaults={"asked_at": timezone.now()})
        return
    keep(account, post)
    _tell(account, [external_id])


def keep(account: ChannelAccount, post: Post) -> None:
    """Words that were taken back since do not come again with an answer to them."""
    known = Message.objects.filter(account=account, external_id=post.external_id)
    if known.exclude(removed_at=None).exists():
        post = replace(post, text="", attachments=())
    Story.objects.update_or_create(
        account=account,
        external_id=post.external_id,
        defaults={
            "thread_id": post.thread_id,
            "author": (post.author.name if post.author else "")[:200],
            "ours": post.ours,
            "text": post.text,
            "attachments": [item.as_json() for item in post.attachments],
            "permalink": post.permalink[:1000],
            "at": post.created_at,
            "asked_at": timezone.now(),
        },
    )


def heard(account: ChannelAccount, record: Edited | Removed | Restored | Hidden | Reacted) -> bool:
    """A change to a post that is shown above comments; False where it may yet come as a customer's message."""
    stories = Story.objects.filter(account=account, external_id=record.external_id)
    changed = 0
    if isinstance(record, Edited):
        changed = stories.update(text=record.text)
    elif isinstance(record, Removed):
        changed = stories.update(text="", attachments=[])
    if changed:
        _tell(account, [record.external_id])
    return stories.filter(ours=True).exists()


def restated(account: ChannelAccount, messages: Sequence[Message]) -> None:
    """Customers' posts that changed: above the answers of others they stand as they do on their own ticket."""
    changed = {str(message.external_id): message for message in messages if message.kind != Kind.DIRECT}
    if not changed:
        return
    for story in Story.objects.filter(account=account, external_id__in=changed):
        message = changed[story.external_id]
        story.text, story.attachments = message.text, message.attachments
        story.save(update_fields=["text", "attachments"])
    _tell(account, list(changed))


def _tell(account: ChannelAccount, external_ids: Sequence[str]) -> None:
    """Whoever has a ticket below one of these posts open fetches it anew."""
    below = Ticket.objects.filter(account=account, thread_id__in=external_ids).exclude(status=Ticket.Status.RESOLVED)
    announce.above(list(below.order_by("-id").values_list("id", flat=True)[:TOLD]))
