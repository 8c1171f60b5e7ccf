"""News that came before what it speaks of: kept until that comes, or for some days."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from connectors.contract import Attachment, Author, Kind, Post, Reason
from connectors.models import ChannelAccount
from inbox.models import Early


def keep(account: ChannelAccount, external_id: str, change: dict[str, Any]) -> None:
    """`change`: plain JSON, {do, at, ...}. The same one is kept once."""
    found, new = Early.objects.get_or_create(account=account, external_id=external_id, defaults={"changes": [change]})
    if not new and change not in found.changes:
        found.changes = [*found.changes, change]
        found.save(update_fields=["changes"])


def keep_answer(account: ChannelAccount, post: Post) -> None:
    """An answer given elsewhere to words that are not here: under their id, in a conversation under its."""
    answers = post.thread_id if post.kind == Kind.DIRECT else post.parent_id
    if answers:
        at = post.created_at.isoformat()
        keep(account, answers, {"do": "answer", "at": at, "post": asdict(post) | {"created_at": at}})


def post_of(change: dict[str, Any]) -> Post:
    data = change["post"]
    fields = {
        "kind": Kind(data["kind"]),
        "author": Author(**data["author"]) if data["author"] else None,
        "attachments": tuple(Attachment(**item) for item in data["attachments"]),
        "closed": Reason(data["closed"]) if data["closed"] else None,
        "created_at": datetime.fromisoformat(data["created_at"]),
    }
    return Post(**data | fields)


def forget(before: datetime) -> None:
    """What never came."""
    Early.objects.filter(at__lt=before).delete()
