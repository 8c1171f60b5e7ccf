"""What WordPress tells of a comment, read into records. Pure, and tolerant of anything."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.blog import markup
from connectors.blog.address import digest
from connectors.contract import Author, Edited, Hidden, Inbound, Kind, Post, Removed, Restored, Standing, Unknown
from connectors.reading import as_object, clean, ident, label, link, point_in_time

READ = ("", "comment")
PINGS = ("pingback", "trackback")
HELD = ("hold", "0", "unapproved", "pending")
SHOWN = ("approve", "approved", "1", "")
AWAY = ("trash", "post-trashed")


def read(
    account: str, given: Mapping[str, Any], received_at: datetime, *, ours: bool, channel: str = "blog"
) -> Iterator[Inbound]:
    """A comment as it stands now, and whether everybody can read it."""
    if said := _no_comment(channel, account, given):
        yield said
        return
    status = ident(given.get("status"))
    post = _post(channel, account, given, received_at, ours)
    if status not in AWAY:
        yield post
    if status in AWAY or not ours:
        yield from as_it_stands(post, standing(given), received_at)


def as_it_stands(post: Post, standing: Standing | None, at: datetime) -> Iterator[Inbound]:
    """What there is to say of a comment that may be known already."""
    about = (post.channel, post.account, post.external_id)
    if standing is Standing.TRASH:
        yield Removed(*about, at, "trash", to_trash=True)
    elif standing:
        yield Restored(*about, post.text, at, post.attachments)
        yield Edited(*about, post.text, at)
        yield Hidden(*about, standing is not Standing.SHOWN, at, standing, standing)


def again(account: str, given: Mapping[str, Any], at: datetime) -> list[Inbound]:
    """How a comment we know stands now."""
    return list(as_it_stands(_post("blog", account, given, at, False), standing(given), at))


def standing(given: Mapping[str, Any]) -> Standing | None:
    """None for a state that is not WordPress's own."""
    status = ident(given.get("status"))
    if status in AWAY:
        return Standing.TRASH
    if status in HELD:
        return Standing.HELD
    if status == "spam":
        return Standing.SPAM
    return Standing.SHOWN if status in SHOWN else None


def _no_comment(channel: str, account: str, given: Mapping[str, Any]) -> Unknown | None:
    """What comes in a list of comments and is no reader's: editors' notes, other pages' pings, other states."""
    kind, status = ident(given.get("type")), ident(given.get("status"))
    if ident(given.get("id"), 20) in ("", "0"):
        return Unknown(channel, account, "comment/without_id")
    if kind in PINGS:
        return Unknown(channel, account, label("comment", kind), "another page links here; no person asks")
    if kind not in READ:
        return Unknown(channel, account, label("comment", kind), "not a reader's comment")
    if status not in (*HELD, *SHOWN, *AWAY):
        return Unknown(channel, account, label("comment", status), "neither held nor shown")
    return None


def _post(channel: str, account: str, given: Mapping[str, Any], received_at: datetime, ours: bool) -> Post:
    at, dated = _when(given, received_at)
    said = _own_words(given) if ours else _words(given)
    thread = f"post:{ident(given.get('post'), 20) or '0'}"
    parent = ident(given.get("parent"), 20)
    return Post(
        channel=channel,
        account=account,
        external_id=ident(given.get("id"), 20),
        kind=Kind.COMMENT,
        thread_id=thread,
        parent_id=thread if parent in ("", "0") else parent,
        author=_author(given),
        text=said.text or ("" if said.pictures else "…"),
        attachments=said.pictures,
        created_at=at,
        dated=dated,
        permalink=link(given.get("link"), 1000),
        ours=ours,
        raw_kind="comment",
    )


def written_at(given: Mapping[str, Any]) -> datetime | None:
    """When a comment was written. The times have no offset: date_gmt is UTC, date is the site's and tells nothing."""
    return point_in_time(given.get("date_gmt"), datetime.now(UTC))


def raw_words(given: Mapping[str, Any]) -> str:
    """The words as they were sent in, where we may see them."""
    content = as_object(given.get("content"))
    said = content.get("raw", content.get("rendered"))
    return said if isinstance(said, str) else ""


def _when(given: Mapping[str, Any], received_at: datetime) -> tuple[datetime, bool]:
    found = point_in_time(given.get("date_gmt"), received_at)
    return (found, True) if found else (received_at, False)


def _words(given: Mapping[str, Any]) -> markup.Words:
    content = as_object(given.get("content"))
    shown = content.get("rendered", content.get("raw"))
    return markup.read(shown if isinstance(shown, str) else "")


def _own_words(given: Mapping[str, Any]) -> markup.Words:
    """As they were typed, where that is no markup: an answer of ours is known by them."""
    raw = raw_words(given)
    return _words(given) if "<" in raw else markup.Words(clean(html.unescape(raw)).strip())


def _author(given: Mapping[str, Any]) -> Author | None:
    """Somebody with an account is known by it, a guest by the e-mail address, which is not kept; else by name."""
    name = markup.line(given.get("author_name"))[:200]
    user, email = ident(given.get("author"), 20), markup.line(given.get("author_email")).lower()
    if user not in ("", "0"):
        return Author(f"user:{user}", name)
    if email:
        return Author(f"guest:{digest(email)[:32]}", name)
    return Author(f"name:{digest(name)[:32]}", name) if name else None
