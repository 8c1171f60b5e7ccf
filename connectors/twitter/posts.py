"""Posts of X, in either vocabulary (tweet, post) and either shape (v2, 1.1), as the contract's records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import Attachment, Author, Edited, Inbound, Kind, Post, Reason
from connectors.reading import Unfit, as_list, as_object, ident, link, point_in_time, title, words
from connectors.twitter.older import as_v2

CHANNEL = "twitter"
SITE = "https://x.com"
SNOWFLAKES_SINCE = 1288834974657

_ID = re.compile(r"[1-9]\d{0,18}", re.ASCII)
_SHORT = re.compile(r"https?://t\.co/\w{1,30}", re.ASCII)
_OF_MEDIA = re.compile(r"https?://(?:mobile\.)?(?:twitter|x)\.com/\w+/status/\d+/(?:photo|video)/\d+", re.ASCII)
_NAMES = re.compile(r"(?:@\w{1,20}\s+)+", re.ASCII)
_ESCAPED = re.compile(r"&(amp|lt|gt);")
_PLAIN = {"amp": "&", "lt": "<", "gt": ">"}
_MEDIA = {"photo": "image", "image": "image", "video": "video", "animated_gif": "video"}


@dataclass(frozen=True, slots=True)
class Told:
    """How an event came, and what came around it: users, posts and media by their ids.

    `summons`: "mention" or "quote" where the event itself says that the author named or quoted us.
    `index`: written before the account was ours.
    """

    account: str
    received_at: datetime
    raw_kind: str
    users: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    posts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    media: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    summons: str = ""
    index: bool = False

    def author(self, external_id: str) -> Author:
        return author_of(external_id, self.users.get(external_id, {}))


def author_of(external_id: str, user: Mapping[str, Any]) -> Author:
    """A user of either vocabulary, or what is known of one whom X did not send along."""
    handle = title(user.get("username") or user.get("screen_name"))[:200]
    picture = link(user.get("profile_image_url") or user.get("profile_image_url_https"), 1000)
    takes = user.get("receives_your_dm")
    takes = takes if isinstance(takes, bool) else None
    return Author(external_id, title(user.get("name"))[:200] or handle, handle, picture, takes)


def number(value: Any) -> str:
    """An id of X, or ""."""
    found = ident(value)
    return found if _ID.fullmatch(found) else ""


def need_number(values: Mapping[str, Any], *names: str) -> str:
    """Of several names of one id the first that has one; the text beside a number is the safer one."""
    for name in names:
        if found := number(values.get(f"{name}_str")) or number(values.get(name)):
            return found
    raise Unfit(f"no {names[0]}")


def either(values: Mapping[str, Any], tail: str, before: str = "") -> Any:
    """What stands under `…tweet…` or `…post…`, e.g. either(post, "_ids", "edit_history_")."""
    for word in ("tweet", "post", "tweets", "posts"):
        if (found := values.get(f"{before}{word}{tail}")) is not None:
            return found
    return None


def by_id(value: Any, *names: str) -> dict[str, Mapping[str, Any]]:
    """Objects by their id, from a list or a map; each may be wrapped into {"data": …}."""
    items = list(value.values()) if isinstance(value, dict) else as_list(value)
    found = {}
    for item in map(as_object, items):
        one = as_object(item.get("data")) or item
        for name in names or ("id_str", "id"):
            if key := ident(one.get(name)):
                found[key] = one
                break
    return found


def told_with(told: Told, includes: Any) -> Told:
    """With the users, posts and media of an `includes`."""
    given = as_object(includes)
    posts, media = by_id(given.get("tweets") or given.get("posts")), by_id(given.get("media"), "media_key")
    return replace(told, users=by_id(given.get("users")), posts=posts, media=media)


def snowflake_time(external_id: str) -> datetime | None:
    """When an id was made; ids from before November 2010 do not tell."""
    made = int(external_id) >> 22
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=made + SNOWFLAKES_SINCE) if made > 10**9 else None


def read_post(told: Told, given: Mapping[str, Any]) -> Iterator[Inbound]:
    """The post, and its newest words where it was edited. Its first id is its name for ever."""
    post, told = _as_told(told, given)
    newest = need_number(post, "id")
    if _referenced(post, "retweeted"):
        raise Unfit("a repost: no words of its own")
    history = [one for one in map(number, as_list_of_ids(either(post, "_ids", "edit_history_"))) if one]
    first = history[0] if history else newest
    author_id = need_number(post, "author_id")
    parent = _referenced(post, "replied_to") or number(either(post, "_id", "in_reply_to_"))
    conversation = number(post.get("conversation_id"))
    if conversation in history:
        conversation = first
    at, dated = _when(post, newest, told.received_at)
    began = (snowflake_time(first) if first != newest else None) or at
    text = plain_text(post, bool(parent))
    ours = author_id == told.account
    mentioned, quoted = _names_us(post, told), _quotes_us(post, told)
    kind = Kind.COMMENT if parent else Kind.MENTION if mentioned or quoted else Kind.POST
    yield Post(
        CHANNEL,
        told.account,
        first,
        kind,
        thread_id=conversation or parent or first,
        author=told.author(author_id),
        text=text,
        created_at=began,
        parent_id=parent,
        attachments=_attachments(post, told) or (() if text.strip() else (Attachment("unknown", raw_type="post"),)),
        permalink=permalink(newest, told.users.get(author_id, {})),
        ours=ours,
        context_only=told.index or (ours and not parent),
        dated=dated,
        raw_kind=told.raw_kind,
        rooted=bool(conversation) or not parent,
        closed=None if ours else _closed(post, told, author_id, mentioned, mentioned or quoted),
    )
    if first != newest:
        yield Edited(CHANNEL, told.account, first, text, at, told.raw_kind, now_called=newest)


def permalink(external_id: str, user: Mapping[str, Any]) -> str:
    handle = title(user.get("username") or user.get("screen_name"))
    return f"{SITE}/{handle if re.fullmatch(r'[A-Za-z0-9_]{1,20}', handle) else 'i'}/status/{external_id}"


def plain_text(post: Mapping[str, Any], is_reply: bool) -> str:
    """What the author wrote: whole, without X's escapes, short links and the names X puts before a reply."""
    note = as_object(post.get("note_tweet")) or as_object(post.get("note_post"))
    short, whole = words(post.get("text")), words(note.get("text"))
    shown = whole or short
    if is_reply and (prefix := _put_before(post, short)) and shown.startswith(prefix):
        shown = shown[len(prefix) :]
    return unescaped(shown, as_object(note.get("entities")), as_object(post.get("entities")))


def unescaped(shown: str, *entities: Mapping[str, Any]) -> str:
    """Words with `&amp;` and its like made plain once, and short links as they were written."""
    text = _ESCAPED.sub(lambda found: _PLAIN[found[1]], shown)
    for one in entities:
        for url in map(as_object, as_list(one.get("urls"))):
            short, full = words(url.get("url")), link(url.get("expanded_url"))
            if _SHORT.fullmatch(short) and full:
                text = text.replace(short, "" if _OF_MEDIA.fullmatch(full) else full)
    return text.strip()


def as_list_of_ids(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def media_attachment(media: Mapping[str, Any]) -> Attachment:
    """A picture or film of either vocabulary; the best MP4 of a film."""
    kind = title(media.get("type"))[:40]
    variants = as_list(media.get("variants")) or as_list(as_object(media.get("video_info")).get("variants"))
    films = [one for one in map(as_object, variants) if link(one.get("url")) and one.get("content_type") == "video/mp4"]
    best = max(films, key=_bits, default={})
    names = ("url", "media_url_https", "media_url", "preview_image_url")
    address = link(best.get("url")) or next((found for name in names if (found := _address(media, name))), "")
    return Attachment(
        _MEDIA.get(kind, "unknown"), address, title(media.get("alt_text") or media.get("ext_alt_text")), kind
    )


def _address(media: Mapping[str, Any], name: str) -> str:
    found = link(media.get(name))
    return "" if _SHORT.fullmatch(found) else found


def _bits(variant: Mapping[str, Any]) -> int:
    rate = variant.get("bit_rate") or variant.get("bitrate")
    return rate if isinstance(rate, int) else 0


def _as_told(told: Told, given: Mapping[str, Any]) -> tuple[Mapping[str, Any], Told]:
    """A post of API 1.1 brings its people, what it quotes and its media inside itself."""
    if "user" not in given and "id_str" not in given:
        return given, told
    post, users, posts, media = as_v2(given)
    whole = replace(
        told,
        users={**told.users, **by_id(users)},
        posts={**told.posts, **by_id(posts)},
        media={**told.media, **by_id(media, "media_key")},
    )
    return post, whole


def _referenced(post: Mapping[str, Any], how: str) -> str:
    refs = as_list(post.get("referenced_tweets")) or as_list(post.get("referenced_posts"))
    return next((number(one.get("id")) for one in map(as_object, refs) if one.get("type") == how), "")


def _when(post: Mapping[str, Any], external_id: str, received_at: datetime) -> tuple[datetime, bool]:
    """When it was written; without a usable date the id itself tells."""
    for found in (point_in_time(post.get("created_at"), received_at), snowflake_time(external_id)):
        if found and found <= received_at + timedelta(days=1):
            return found, True
    return received_at, False


def _put_before(post: Mapping[str, Any], text: str) -> str:
    """The names X put before the words of a reply."""
    span = post.get("display_text_range")
    start = span[0] if isinstance(span, list) and span and isinstance(span[0], int) else 0
    prefix = text[:start] if 0 < start <= len(text) else ""
    return prefix if _NAMES.fullmatch(prefix) else ""


def _names_us(post: Mapping[str, Any], told: Told) -> bool:
    """Whether X lists us among those named. A reply to us without any list names us by being one."""
    note = as_object(post.get("note_tweet")) or as_object(post.get("note_post"))
    lists = [as_object(one.get("entities")).get("mentions") for one in (post, note)]
    named = {number(one.get("id")) for given in lists for one in map(as_object, as_list(given))}
    if told.account in named or told.summons == "mention":
        return True
    untold = all(given is None for given in lists)
    return untold and number(post.get("in_reply_to_user_id")) == told.account


def _quotes_us(post: Mapping[str, Any], told: Told) -> bool:
    quoted = _referenced(post, "quoted")
    theirs = number(told.posts.get(quoted, {}).get("author_id"))
    return bool(quoted) and (told.summons == "quote" or theirs == told.account)


def _closed(post: Mapping[str, Any], told: Told, author_id: str, mentioned: bool, summoned: bool) -> Reason | None:
    """Why X would not let us answer; who is named may answer whatever the author's settings."""
    if told.users.get(author_id, {}).get("protected") is True:
        return Reason.PROTECTED
    settings = words(post.get("reply_settings"))
    if settings not in ("", "everyone") and not mentioned:
        return Reason.REPLIES_LIMITED
    return None if summoned else Reason.NOT_SUMMONED


def _attachments(post: Mapping[str, Any], told: Told) -> tuple[Attachment, ...]:
    keys = as_list_of_ids(as_object(post.get("attachments")).get("media_keys"))
    found = [media_attachment(told.media.get(key, {})) for key in map(ident, keys) if key]
    if quoted := _referenced(post, "quoted"):
        other = told.posts.get(quoted, {})
        author = told.users.get(number(other.get("author_id")), {})
        said = title(plain_text(other, False)) if other else ""
        found.append(Attachment("share", permalink(quoted, author), said, "quote"))
    return tuple(found)
