"""Posts, users and messages as API v2 shows them: by the fields asked for, with what expansions add."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from html import unescape
from typing import Any

from connectors.twitter.simulator.text import LONGEST
from connectors.twitter.simulator.world import EDITS, Message, Post, Talk, User, World

POST_FIELDS = frozenset(
    [
        "article",
        "attachments",
        "author_id",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "edit_history_tweet_ids",
        "entities",
        "geo",
        "id",
        "in_reply_to_user_id",
        "lang",
        "note_tweet",
        "paid_partnership",
        "possibly_sensitive",
        "public_metrics",
        "referenced_tweets",
        "reply_settings",
        "scopes",
        "source",
        "text",
        "withheld",
    ]
)
USER_FIELDS = frozenset(
    [
        "affiliation",
        "created_at",
        "description",
        "entities",
        "id",
        "is_identity_verified",
        "location",
        "most_recent_tweet_id",
        "name",
        "pinned_tweet_id",
        "profile_banner_url",
        "profile_image_url",
        "protected",
        "public_metrics",
        "receives_your_dm",
        "subscription_type",
        "url",
        "username",
        "verified",
        "verified_type",
        "withheld",
    ]
)
MEDIA_FIELDS = frozenset(["alt_text", "height", "media_key", "preview_image_url", "type", "url", "variants", "width"])
MESSAGE_FIELDS = frozenset(
    [
        "attachments",
        "created_at",
        "dm_conversation_id",
        "entities",
        "event_type",
        "id",
        "participant_ids",
        "referenced_tweets",
        "sender_id",
        "text",
    ]
)
POST_EXPANSIONS = frozenset(
    [
        "attachments.media_keys",
        "author_id",
        "edit_history_tweet_ids",
        "entities.mentions.username",
        "in_reply_to_user_id",
        "referenced_tweets.id",
        "referenced_tweets.id.author_id",
        "referenced_tweets.id.attachments.media_keys",
        "geo.place_id",
        "attachments.poll_ids",
    ]
)
MESSAGE_EXPANSIONS = frozenset(["attachments.media_keys", "participant_ids", "referenced_tweets.id", "sender_id"])
# The names of the newer vocabulary; prose and webhooks still say tweet.
NEWER = {
    "edit_history_tweet_ids": "edit_history_post_ids",
    "referenced_tweets": "referenced_posts",
    "note_tweet": "note_post",
    "in_reply_to_tweet_id": "in_reply_to_post_id",
    "most_recent_tweet_id": "most_recent_post_id",
    "pinned_tweet_id": "pinned_post_id",
    "tweets": "posts",
}


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def renamed(value: Any) -> Any:
    """The same in the newer vocabulary."""
    if isinstance(value, dict):
        return {NEWER.get(name, name): renamed(inner) for name, inner in value.items()}
    return [renamed(one) for one in value] if isinstance(value, list) else value


def post(world: World, one: Post, fields: Iterable[str]) -> dict[str, Any]:
    """What is empty is left out, as X does."""
    base: dict[str, Any] = {"id": one.id, "text": short_text(one), "edit_history_tweet_ids": list(one.history)}
    makers: dict[str, Callable[[], Any]] = {
        "author_id": lambda: one.author.id,
        "conversation_id": lambda: one.conversation,
        "created_at": lambda: iso(one.edited_at or one.at),
        "display_text_range": lambda: [_visible_from(one), len(short_text(one))],
        "edit_controls": lambda: edit_controls(one),
        "entities": lambda: one.entities if not one.long else {},
        "in_reply_to_user_id": lambda: _answered_user(world, one),
        "lang": lambda: one.author.language,
        "note_tweet": lambda: {"text": one.shown, "entities": one.entities} if one.long else None,
        "possibly_sensitive": lambda: False,
        "public_metrics": lambda: metrics(world, one),
        "referenced_tweets": lambda: referenced(one),
        "reply_settings": lambda: one.reply_settings,
        "attachments": lambda: {"media_keys": [media_key(url) for url in one.photos]} if one.photos else None,
    }
    asked = {name: makers[name]() for name in sorted(fields) if name in makers}
    return base | {name: value for name, value in asked.items() if value not in (None, {}, [], "")}


def short_text(one: Post) -> str:
    """A long post is cut here; its whole text stands in the note."""
    if not one.long:
        return one.shown
    return f"{unescape(one.shown)[: LONGEST - 25].replace('<', '&lt;')}… https://t.co/{one.id[-10:]}"


def referenced(one: Post) -> list[dict[str, str]]:
    above = [("replied_to", one.parent), ("quoted", one.quoted)]
    return [{"type": kind, "id": id} for kind, id in above if id]


def edit_controls(one: Post) -> dict[str, Any]:
    left = EDITS - (len(one.history) - 1)
    return {"edits_remaining": left, "is_edit_eligible": not one.parent, "editable_until": iso(one.editable_until)}


def metrics(world: World, one: Post) -> dict[str, int]:
    return {
        "retweet_count": 0,
        "reply_count": len(world.below(one.id)),
        "like_count": 0,
        "quote_count": len(world.quotes(one)),
        "bookmark_count": 0,
        "impression_count": 0,
    }


def user(world: World, one: User, fields: Iterable[str], viewer: User | None = None) -> dict[str, Any]:
    base: dict[str, Any] = {"id": one.id, "name": one.name, "username": one.username}
    makers: dict[str, Callable[[], Any]] = {
        "created_at": lambda: "2019-04-02T09:30:00.000Z",
        "description": lambda: "",
        "profile_image_url": lambda: f"https://pbs.twimg.com/profile_images/{one.id}/face_normal.jpg",
        "protected": lambda: one.protected,
        "public_metrics": lambda: {
            "followers_count": 120, "following_count": 80, "tweet_count": 40, "listed_count": 1, "like_count": 12,
        },
        "receives_your_dm": lambda: viewer is None or reachable(world, one, viewer),
        "url": lambda: "",
        "verified": lambda: one.brand,
        "verified_type": lambda: "business" if one.brand else "none",
    }  # fmt: skip
    return base | {name: makers[name]() for name in sorted(fields) if name in makers}


def reachable(world: World, one: User, writer: User) -> bool:
    """Whether X lets the writer send a direct message: to everybody who takes them, or who wrote before."""
    if writer.id in one.blocks or one.suspended:
        return False
    smaller, larger = sorted((one.id, writer.id), key=int)
    talk = world.talks.get(f"{smaller}-{larger}")
    return one.takes_dms or bool(talk and any(message.sender == one.id for message in talk.messages))


def message(talk: Talk, one: Message, fields: Iterable[str]) -> dict[str, Any]:
    base: dict[str, Any] = {"id": one.id, "event_type": one.kind}
    if one.kind == "MessageCreate":
        base["text"] = one.shown
    makers: dict[str, Callable[[], Any]] = {
        "created_at": lambda: iso(one.at),
        "dm_conversation_id": lambda: talk.id,
        "sender_id": lambda: None if one.kind == "ParticipantsLeave" else one.sender,
        "participant_ids": lambda: one.participants,
        "attachments": lambda: {"media_keys": [media_key(url) for url in one.photos]} if one.photos else None,
        "entities": lambda: one.entities,
    }
    asked = {name: makers[name]() for name in sorted(fields) if name in makers}
    return base | {name: value for name, value in asked.items() if value not in (None, {}, [], "")}


def media_key(url: str) -> str:
    return f"3_{int.from_bytes(hashlib.sha256(url.encode()).digest()[:7], 'big') + 10**18}"


def media(urls: Iterable[str], fields: Iterable[str]) -> list[dict[str, Any]]:
    found = []
    for url in dict.fromkeys(urls):
        whole = {"media_key": media_key(url), "type": "photo", "url": url, "width": 320, "height": 240}
        found.append({name: value for name, value in whole.items() if name in {"media_key", "type", *fields}})
    return found


def with_posts(
    world: World,
    posts: Sequence[Post],
    expansions: Iterable[str],
    fields: Mapping[str, Iterable[str]],
    viewer: User | None,
) -> dict[str, Any]:
    """The includes of posts. `fields` are the ones asked for, by tweet, user and media."""
    wanted = set(expansions)
    near = [found for one in posts for id in (one.parent, one.quoted) if (found := world.posts.get(id))]
    people: list[str] = []
    people += [one.author.id for one in posts] if "author_id" in wanted else []
    people += [_answered_user(world, one) or "" for one in posts] if "in_reply_to_user_id" in wanted else []
    people += [id for one in posts for id in one.mentioned] if "entities.mentions.username" in wanted else []
    people += [one.author.id for one in near] if "referenced_tweets.id.author_id" in wanted else []
    included = near if wanted & {"referenced_tweets.id", "referenced_tweets.id.author_id"} else []
    if "edit_history_tweet_ids" in wanted:
        included = included + [world.posts[id] for one in posts for id in one.history if id in world.posts]
    photos = [url for one in posts for url in one.photos] if "attachments.media_keys" in wanted else []
    users = [world.users[id] for id in dict.fromkeys(people) if id in world.users]
    unique = {one.id: one for one in included if not one.author.protected}
    parts = {
        "tweets": [post(world, one, fields["tweet"]) for one in unique.values()],
        "users": [user(world, one, fields["user"], viewer) for one in users],
        "media": media(photos, fields["media"]),
    }
    return {name: value for name, value in parts.items() if value}


def _answered_user(world: World, one: Post) -> str | None:
    above = world.posts.get(one.parent)
    return above.author.id if above else None


def _visible_from(one: Post) -> int:
    """Behind the names a reply begins with."""
    leading = [place for place in one.entities.get("mentions", []) if place["id"] in one.implied]
    return max((int(str(place["end"])) + 1 for place in leading), default=0)
