"""Webhooks as X writes them: the X Activity API, the older Account Activity API, and the signature of both."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.twitter.simulator import shapes
from connectors.twitter.simulator.world import Message, Post, Talk, User, World, now

CARE = (
    "post.create",
    "post.delete",
    "post.mention.create",
    "post.reply.create",
    "post.quote.create",
    "dm.received",
    "dm.sent",
    "dm.read",
    "dm.indicate_typing",
    "chat.received",
    "profile.update.handle",
)
PRIVATE = frozenset({"dm.received", "dm.sent", "dm.read", "dm.indicate_typing", "chat.received", "chat.sent"})
KNOWN = frozenset(CARE) | {
    "chat.sent", "chat.conversation_join", "post.repost.create", "follow.follow", "follow.unfollow", "spaces.start",
    "spaces.end", "profile.update.bio", "profile.update.screenname", "profile.update.url",
    "profile.update.profile_picture", "broadcast.start", "broadcast.end", "broadcast.chat",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to `user` (the filter). `older` is the same in the older dialect, where it has it."""

    user: str
    type: str
    payload: dict[str, Any]
    includes: dict[str, Any] | None = None
    older: dict[str, Any] | None = None


def signature(body: bytes, secret: str) -> str:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return f"sha256={base64.b64encode(digest).decode()}"


def headers_of(body: bytes, secret: str) -> dict[str, str]:
    signed = signature(body, secret)
    return {
        "Content-Type": "application/json",
        "User-Agent": "TwitterBot/1.0",
        "x-twitter-webhooks-signature": signed,
    }


def body_of(envelope: dict[str, Any]) -> bytes:
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def envelope(event: Event, tag: str = "") -> dict[str, Any]:
    """X Activity: one event by itself. Its uuid is a signed number as text."""
    data: dict[str, Any] = {
        "event_uuid": str(secrets.randbits(64) - (1 << 63)),
        "filter": {"user_id": event.user} if event.type != "oauth.revoke" else {},
        "event_type": event.type,
    }
    data |= {"tag": tag} if tag else {}
    data["payload"] = event.payload
    data |= {} if event.includes is None else {"includes": event.includes}
    return {"data": data}


# ---------------------------------------------------------------- posts


def post_event(world: World, type: str, user: str, one: Post) -> Event:
    """A reply comes without includes, all else with its author and what it refers to."""
    payload = twinned(shapes.post(world, one, shapes.POST_FIELDS))
    if type == "post.reply.create":
        above = world.posts[one.parent]
        payload |= {"in_reply_to_tweet_id": above.id, "in_reply_to_user_id": above.author.id}
        includes: dict[str, Any] = {}
    else:
        near = [found for id in (one.parent, one.quoted) if (found := world.posts.get(id))]
        tweets = [payload, *(twinned(shapes.post(world, other, shapes.POST_FIELDS)) for other in near)]
        users = {other.author.id: other.author for other in [one, *near]}
        includes = {"tweets": tweets, "users": [_person(world, other) for other in users.values()]}
        if one.photos:
            includes["media"] = twinned(shapes.media(one.photos, shapes.MEDIA_FIELDS))
    older = {"for_user_id": user, "user_has_blocked": False, "tweet_create_events": [older_post(world, one)]}
    return Event(user, type, payload, includes, older)


def deletion(world: World, one: Post, id: str) -> Event:
    payload = {"id": id, "author_id": one.author.id}
    gone = {"status": {"id": id, "user_id": one.author.id}, "timestamp_ms": milliseconds(now())}
    older = {"for_user_id": one.author.id, "tweet_delete_events": [gone]}
    return Event(one.author.id, "post.delete", payload, {"users": [{"data": _person(world, one.author)}]}, older)


# ---------------------------------------------------------------- direct messages


def direct(world: World, type: str, user: str, talk: Talk, one: Message) -> Event:
    """The older shape sits inside the newer one, with users of the newer. It has no place for groups."""
    data: dict[str, Any] = {"text": one.shown, "entities": _older_entities(one.entities)}
    if one.photos:
        media = {"id": int(shapes.media_key(one.photos[0])[2:]), "id_str": shapes.media_key(one.photos[0])[2:]}
        media |= {"media_url_https": one.photos[0], "type": "photo", "url": "https://t.co/photo"}
        data["attachment"] = {"type": "media", "media": media}
    create: dict[str, Any] = {"target": {"recipient_id": talk.others(one.sender)[0]}, "sender_id": one.sender}
    create |= {"source_app_id": one.origin} if one.origin else {}
    create["message_data"] = data
    item = {"type": "message_create", "id": one.id, "created_timestamp": milliseconds(one.at), "message_create": create}
    return _direct(world, type, user, "direct_message_events", item, talk.members)


def read(world: World, user: str, talk: Talk, reader: str, last: Message) -> Event:
    item = {
        "created_timestamp": milliseconds(now()),
        "sender_id": reader,
        "target": {"recipient_id": talk.others(reader)[0]},
        "last_read_event_id": last.id,
    }
    return _direct(world, "dm.read", user, "direct_message_mark_read_events", item, talk.members)


def typing(world: World, user: str, talk: Talk, writer: str) -> Event:
    item = {
        "created_timestamp": milliseconds(now()),
        "sender_id": writer,
        "target": {"recipient_id": talk.others(writer)[0]},
    }
    return _direct(world, "dm.indicate_typing", user, "direct_message_indicate_typing_events", item, talk.members)


def encrypted(world: World, user: str, sender: str) -> Event:
    """A message of the new chat: nobody but the two can read it. The older dialect never had it."""

    def noise(size: int) -> str:
        return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")

    signed = {
        "public_key_version": "1765382634817",
        "signature": noise(64),
        "signature_version": "7",
        "signing_public_key": noise(91),
    }
    token = f"{noise(15)}.{noise(60)}"
    key_change = noise(90)
    payload = {
        "conversation_token": token,
        "id": f"{secrets.token_hex(4)}-{secrets.token_hex(2)}-4928-92eb-{secrets.token_hex(6)}",
        "created_at_msec": milliseconds(now()),
        "sender_id": sender,
        "conversation_id": f"{sender}:{user}",
        "conversation_key_version": "1768236281331",
        "encoded_event": noise(120),
        "conversation_key_change_event": key_change,
        "message_event_signature": signed,
    }
    return Event(user, "chat.received", payload)


def revoked(user: User, app_id: str) -> Event:
    at = now().strftime("%Y-%m-%dT%H:%M:%S+00:00")
    target = {"date_time": at, "target": {"app_id": app_id}, "source": {"user_id": user.id}}
    older = {"user_event": {"revoke": target}}
    return Event(user.id, "oauth.revoke", {"date_time": at, "user_id": user.id, "app_id": app_id}, None, older)


# ---------------------------------------------------------------- shapes


def twinned(value: Any) -> Any:
    """Every number inside an object has a twin as text beside it."""
    if isinstance(value, list):
        return [twinned(one) for one in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, inner in value.items():
        found[name] = twinned(inner)
        if isinstance(inner, int) and not isinstance(inner, bool):
            found[f"{name}_str"] = str(inner)
    return found


def milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def older_post(world: World, one: Post) -> dict[str, Any]:
    """A post as API 1.1 shows it; its number is rounded where JavaScript would, the text beside it is right."""
    above, quoted = world.posts.get(one.parent), world.posts.get(one.quoted)
    found: dict[str, Any] = {
        "created_at": one.at.strftime("%a %b %d %H:%M:%S +0000 %Y"),
        "id": int(float(one.id)),
        "id_str": one.id,
        "text": one.shown[:139] + "…" if one.long else one.shown,
        "truncated": one.long,
        "in_reply_to_status_id_str": above.id if above else None,
        "in_reply_to_user_id_str": above.author.id if above else None,
        "in_reply_to_screen_name": above.author.username if above else None,
        "user": older_user(one.author),
        "is_quote_status": bool(quoted),
        "entities": _older_entities(one.entities),
        "lang": one.author.language,
        "timestamp_ms": milliseconds(one.at),
    }
    if one.long:
        whole = {"full_text": one.shown, "display_text_range": [0, len(one.shown)], "entities": found["entities"]}
        found["extended_tweet"] = whole
    if quoted:
        found |= {"quoted_status_id_str": quoted.id, "quoted_status": older_post(world, quoted)}
    return found


def older_user(one: User) -> dict[str, Any]:
    return {
        "id": int(float(one.id)),
        "id_str": one.id,
        "name": one.name,
        "screen_name": one.username,
        "protected": one.protected,
        "verified": one.brand,
    }


def _older_entities(entities: dict[str, Any]) -> dict[str, Any]:
    def places(kind: str) -> list[dict[str, Any]]:
        return [dict(one) | {"indices": [one["start"], one["end"]]} for one in entities.get(kind, [])]

    mentions = [
        {"screen_name": one["username"], "id_str": one["id"], "indices": one["indices"]} for one in places("mentions")
    ]
    tags = [{"text": one["tag"], "indices": one["indices"]} for one in places("hashtags")]
    return {"hashtags": tags, "urls": places("urls"), "user_mentions": mentions, "symbols": []}


def _direct(world: World, type: str, user: str, key: str, item: dict[str, Any], members: Sequence[str]) -> Event:
    people = [world.users[id] for id in members]
    payload = {key: [item], "users": {one.id: {"data": _person(world, one)} for one in people}}
    older_people = {one.id: older_user(one) | {"id": one.id} for one in people}
    return Event(user, type, payload, None, {"for_user_id": user, key: [item], "users": older_people, "apps": {}})


def _person(world: World, one: User) -> dict[str, Any]:
    fields = shapes.USER_FIELDS - {"receives_your_dm"}
    found: dict[str, Any] = twinned(shapes.user(world, one, fields))
    return found
