"""Entries of feeds, and pages that mention us, read into records. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.blog import feed
from connectors.blog.address import digest
from connectors.blog.feed import Entry
from connectors.contract import Attachment, Author, Inbound, Kind, Post, Unknown
from connectors.reading import link, point_in_time

MAX_MENTION = 3000
_COMMENT_ON = re.compile(r"^(?:Re: |(?:Comment|Commentaire|Kommentar)\b[^:]{0,20} (?:on|sur|zu) )", re.IGNORECASE)


def read(channel: str, account: str, given: Mapping[str, Any], received_at: datetime, *, ours: bool = False) -> Inbound:
    """A comment of a comment feed, a mention where the feed is watched."""
    entry = feed.from_plain(given)
    if not entry.id or len(entry.id) > 100:
        return Unknown(channel, account, "entry/without_id")
    kind = Kind.MENTION if channel == "watch" else Kind.COMMENT
    text = _mention(entry) if kind is Kind.MENTION else _comment(entry)
    at = point_in_time(entry.at, received_at)
    thread = entry.id if kind is Kind.MENTION else _thread(entry)
    pictures = tuple(Attachment("image", address, raw_type="img") for address in entry.pictures[:10])
    return Post(
        channel=channel,
        account=account,
        external_id=entry.id,
        kind=kind,
        thread_id=thread,
        parent_id="" if thread == entry.id else entry.parent or thread,
        author=_author(entry),
        text=text or ("" if pictures else "…"),
        attachments=pictures,
        created_at=at or received_at,
        dated=at is not None,
        permalink=link(entry.link, 1000),
        ours=ours,
        raw_kind="entry",
    )


def names(entry: Entry, keywords: Iterable[str]) -> bool:
    """Whether an entry holds one of the words, whole and in any case; without words everything counts."""
    wanted = [word.strip().casefold() for word in keywords if word.strip()]
    said = f" {entry.title} {entry.text} ".casefold()
    return not wanted or any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said) for word in wanted)


def _comment(entry: Entry) -> str:
    """A comment feed's titles only repeat whose comment it is; where the words are missing they are all there is."""
    if entry.text and (_COMMENT_ON.match(entry.title) or entry.title.casefold() in entry.text.casefold()):
        return entry.text
    return "\n\n".join(part for part in (entry.title, entry.text) if part)


def _mention(entry: Entry) -> str:
    text = entry.text if len(entry.text) <= MAX_MENTION else entry.text[: MAX_MENTION - 1] + "…"
    return "\n\n".join(part for part in (entry.title, text) if part)


def _thread(entry: Entry) -> str:
    """The page a comment stands on: its link without the part that names the comment."""
    page = entry.link.partition("#")[0]
    return f"p-{digest(page)[:32]}" if page else entry.id


def _author(entry: Entry) -> Author | None:
    """Only a name is told: the same name in one feed counts as the same person."""
    name = entry.author.strip()
    return Author(f"name:{digest(name.casefold())[:32]}", name[:200]) if name else None
