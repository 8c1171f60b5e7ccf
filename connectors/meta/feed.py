"""Changes of a page: its feed, mentions of it, and its ratings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from connectors.contract import Attachment, Author, Edited, Hidden, Inbound, Kind, Post, Reacted, Removed
from connectors.meta.attachments import placeholder
from connectors.meta.reading import Entry
from connectors.reading import MAX_PERMALINK, Unfit, as_object, flag, ident, label, link, need, person, words

CHANNEL = "facebook"
POSTS = frozenset({"post", "status", "photo", "video", "share"})
REACTIONS = frozenset({"reaction", "like"})
REMOVING = frozenset({"remove", "delete"})
HIDING = frozenset({"hide", "unhide"})
EDITING = frozenset({"edit", "edited"})
REACTING = frozenset({"add"}) | EDITING | REMOVING
MESSAGE_VERBS = REACTING | HIDING
UNPUBLISHED = (0, "0", "false", "False")


@dataclass(frozen=True, slots=True)
class Change:
    entry: Entry
    field: str
    value: Mapping[str, Any]

    @property
    def item(self) -> str:
        return words(self.value.get("item"))

    @property
    def verb(self) -> str:
        return words(self.value.get("verb"))

    @property
    def account(self) -> str:
        return self.entry.account

    @property
    def raw_kind(self) -> str:
        return label(self.field, self.item, self.verb)

    @property
    def said(self) -> Any:
        """The words as they came; None where the platform does not say."""
        return self.value.get("review_text" if self.item == "rating" else "message")

    @property
    def text(self) -> str:
        return words(self.said)

    @property
    def stars(self) -> int | None:
        """Only what a review says: a recommendation has none, and none is made up for it."""
        stars = self.value.get("rating")
        return stars if type(stars) is int and 1 <= stars <= 5 else None

    @property
    def author(self) -> Author | None:
        """`from` since Graph 2.11, `sender_*` before, `reviewer_*` in ratings; any of them may be missing."""
        sender = as_object(self.value.get("from"))
        return (
            person(sender.get("id"), sender.get("name"))
            or person(self.value.get("sender_id"), self.value.get("sender_name"))
            or person(self.value.get("reviewer_id"), self.value.get("reviewer_name"))
        )

    @property
    def permalink(self) -> str:
        for holder in (self.value, as_object(self.value.get("post"))):
            if found := link(holder.get("permalink_url"), MAX_PERMALINK):
                return found
        return ""

    def created(self) -> tuple[datetime, bool]:
        return self.entry.moment(self.value.get("created_time"))


def read_feed(change: Change) -> Iterator[Inbound]:
    if change.item in REACTIONS:
        yield _reaction(change, _liked(change))
        return
    if change.item != "comment" and change.item not in POSTS:
        raise Unfit("we have no meaning for this item")
    _check_verb(change, MESSAGE_VERBS)
    if change.item == "comment":
        target = need(change.value, "comment_id")
        root = ident(change.value.get("post_id")) or ident(change.value.get("parent_id")) or target
        parent = ident(change.value.get("parent_id")) or root
        yield from _message(change, target, partial(_compose, change, target, Kind.COMMENT, root, parent))
    else:
        target = need(change.value, "post_id")
        yield from _message(change, target, partial(_compose, change, target, Kind.POST, target))


def read_mention(change: Change) -> Iterator[Inbound]:
    """Somebody named the page in a post or comment elsewhere. Usually nobody says who."""
    _check_verb(change, MESSAGE_VERBS)
    target = need(change.value, "comment_id", "post_id")
    root = ident(change.value.get("post_id")) or target
    parent = "" if target == root else ident(change.value.get("parent_id")) or root
    yield from _message(change, target, partial(_compose, change, target, Kind.MENTION, root, parent))


def read_ratings(change: Change) -> Iterator[Inbound]:
    """Reviews, and what is said and felt about them. Comments come without their words."""
    story = ident(change.value.get("open_graph_story_id")) or ident(change.value.get("post_id")).rpartition("_")[2]
    if change.item in REACTIONS:
        yield _reaction(change, ident(change.value.get("comment_id")) or _known_story(story))
        return
    if change.item not in ("rating", "comment"):
        raise Unfit("we have no meaning for this item")
    _check_verb(change, MESSAGE_VERBS)
    if change.item == "rating":
        target = _known_story(story)
        yield from _message(change, target, partial(_compose, change, target, Kind.REVIEW, target))
    else:
        target, parent = need(change.value, "comment_id"), ident(change.value.get("parent_id"))
        above = story if parent in ("", ident(change.value.get("post_id"))) else parent
        yield from _message(change, target, partial(_compose, change, target, Kind.COMMENT, story or target, above))


def _check_verb(change: Change, known: frozenset[str]) -> None:
    if change.verb not in known:
        raise Unfit("we have no meaning for this verb")


def _known_story(story: str) -> str:
    if not story:
        raise Unfit("no open_graph_story_id")
    return story


def _message(change: Change, target: str, compose: Callable[[], Post]) -> Iterator[Inbound]:
    """One verb on one message; `compose` builds it where it is new.

    An edit of something unpublished is no edit: a film comes like that before it is out.
    """
    channel, account, at, raw_kind = CHANNEL, change.account, change.entry.sent_at, change.raw_kind
    if change.verb == "add":
        yield compose()
        if flag(change.value.get("is_hidden")):
            yield Hidden(channel, account, target, True, at, raw_kind)
    elif change.verb in REMOVING or _is_binned(change):
        yield Removed(channel, account, target, at, raw_kind)
    elif change.verb in HIDING:
        yield Hidden(channel, account, target, change.verb == "hide", at, raw_kind)
    elif _is_unpublished(change):
        yield compose()
    else:
        yield Edited(channel, account, target, _new_words(change), at, raw_kind)


def _is_binned(change: Change) -> bool:
    """Moving a status to the recycle bin arrives as an edit that leaves nothing."""
    return (
        change.item == "status" and change.verb in EDITING and not isinstance(change.said, str) and not _media(change)
    )


def _new_words(change: Change) -> str:
    """The text after an edit. A missing text means "none" only where media came in its place."""
    if isinstance(change.said, str) or _media(change):
        return change.text
    raise Unfit("an edit without the new words")


def _compose(change: Change, external_id: str, kind: Kind, thread_id: str, parent_id: str = "") -> Post:
    author, (created_at, dated) = change.author, change.created()
    ours = author is not None and author.external_id == change.account
    media = _media(change)
    if not (change.text.strip() or media or change.stars):
        media = (placeholder(label(change.item)),)
    return Post(
        CHANNEL,
        change.account,
        external_id,
        kind,
        thread_id,
        author,
        change.text,
        created_at,
        parent_id,
        media,
        change.permalink,
        ours=ours,
        context_only=(ours and kind is Kind.POST) or _is_unpublished(change),
        dated=dated,
        rating=change.stars,
        raw_kind=label(change.raw_kind, change.value.get("recommendation_type")),
    )


def _is_unpublished(change: Change) -> bool:
    return change.value.get("published", 1) in UNPUBLISHED


def _media(change: Change) -> tuple[Attachment, ...]:
    """Pictures, films and links of a post or comment, each address once."""
    value, item = change.value, change.item
    photos = value.get("photos")
    found = [("image", photo) for photo in (photos if isinstance(photos, list) else [])]
    found += [("image", value.get("photo")), ("video", value.get("video"))]
    found.append(({"photo": "image", "video": "video"}.get(item, "link"), value.get("link")))
    urls: dict[str, str] = {}
    for kind, address in found:
        if url := link(address):
            urls.setdefault(url, kind)
    return tuple(Attachment(kind, url, raw_type=label(item)) for url, kind in urls.items())


def _liked(change: Change) -> str:
    found = ident(change.value.get("comment_id")) or ident(change.value.get("post_id"))
    if not found:
        raise Unfit("a like of the page itself")
    return found


def _reaction(change: Change, target: str) -> Reacted:
    _check_verb(change, REACTING)
    feeling = label(change.value.get("reaction_type") or change.item)
    on, (at, _) = change.verb not in REMOVING, change.created()
    return Reacted(CHANNEL, change.account, target, change.author, feeling, on, at, change.raw_kind)


READERS: dict[str, Callable[[Change], Iterator[Inbound]]] = {
    "feed": read_feed,
    "mention": read_mention,
    "ratings": read_ratings,
}


def read_change(change: Change) -> Iterator[Inbound]:
    """What one change means; Unfit where nothing."""
    if change.field not in READERS:
        raise Unfit("we have no meaning for this field")
    if not change.value:
        raise Unfit("no value")
    yield from READERS[change.field](change)
