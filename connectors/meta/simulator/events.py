"""Webhooks as Meta writes them: their values, their envelope, their escaping and their signature."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from connectors.meta.simulator.world import Conversation, Message, Page, Words

PAGE_INBOX_APP = "26390203743090"


@dataclass(frozen=True, slots=True)
class Event:
    """One item on its way. `lane` is changes or messaging; `field` is what an app subscribes to."""

    page: str
    field: str
    lane: str
    item: Any


def body_of(events: Iterable[Event]) -> bytes:
    """One delivery: consecutive items of a page share an entry. Seconds with changes, else milliseconds."""
    entries = []
    for (page, lane), items in groupby(events, key=lambda event: (event.page, event.lane)):
        at = time.time() if lane == "changes" else time.time() * 1000
        entries.append({"id": page, "time": int(at), lane: [event.item for event in items]})
    text = json.dumps({"object": "page", "entry": entries}, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").encode("ascii")


def headers_of(body: bytes, secret: str) -> dict[str, str]:
    """Both signatures, as Meta sends them; only the second counts."""
    old = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    new = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        "X-Hub-Signature": f"sha1={old}",
        "X-Hub-Signature-256": f"sha256={new}",
    }


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


# ---------------------------------------------------------------- what happens on a page


def comment(page: Page, words: Words, verb: str) -> Event:
    value: dict[str, Any] = {"from": _author(page, words), "post": _post_facts(page, words)}
    if verb != "remove":
        value |= {"message": words.text, "created_time": seconds(words.at)}
        value |= {"photo": words.photos[0]} if words.photos else {}
    value |= {"post_id": words.post, "comment_id": words.id, "item": "comment"}
    return _change(page, "feed", value | {"parent_id": words.parent, "verb": verb})


def post(page: Page, words: Words, verb: str) -> Event:
    """The page's own posts are `status`, visitors' are `post`, either with one picture is `photo`."""
    item = "photo" if len(words.photos) == 1 else "post" if words.author else "status"
    value: dict[str, Any] = {"from": _author(page, words), "post_id": words.id, "created_time": seconds(words.at)}
    if verb == "remove":
        return _change(page, "feed", value | {"item": "post", "verb": verb, "recipient_id": page.id})
    value |= {"message": words.text, "item": item, "verb": verb, "published": int(words.published)}
    if item == "photo":
        value |= {"link": words.photos[0], "photo_id": words.story}
    elif words.photos:
        value["photos"] = list(words.photos)
    return _change(page, "feed", value)


def mention(page: Page, words: Words) -> Event:
    """Somebody names the page elsewhere; Meta does not say who."""
    value: dict[str, Any] = {"post_id": words.id, "item": "post", "verb": "add", "message": words.text}
    return _change(page, "mention", value | {"created_time": seconds(words.at)})


def rating(page: Page, words: Words, verb: str) -> Event:
    value: dict[str, Any] = {"item": "rating", "verb": verb, "open_graph_story_id": int(words.story)}
    if words.author:
        value |= {"reviewer_id": int(words.author.id), "reviewer_name": words.author.name}
    value |= {"created_time": seconds(words.at), "comment_id": None}
    if verb != "remove":
        value |= {"recommendation_type": "POSITIVE" if (words.rating or 5) > 2 else "NEGATIVE"}
        value |= {"review_text": words.text} | ({"rating": words.rating} if words.rating else {})
    return _change(page, "ratings", value)


def rating_comment(page: Page, words: Words, verb: str) -> Event:
    """What is said under a review comes without its words."""
    author = _author(page, words)
    value: dict[str, Any] = {"item": "comment", "verb": verb, "comment_id": words.id, "post_id": words.post}
    value |= {"parent_id": words.parent, "sender_id": int(author["id"]), "sender_name": author["name"]}
    story = words.post.rpartition("_")[2]
    return _change(page, "ratings", value | {"open_graph_story_id": story, "created_time": seconds(words.at)})


def reaction(page: Page, words: Words, person: dict[str, str], kind: str, verb: str, at: datetime) -> Event:
    value: dict[str, Any] = {"reaction_type": kind, "from": person, "parent_id": words.parent or words.id, "verb": verb}
    value |= {"post_id": words.post or words.id, "item": "reaction", "created_time": seconds(at)}
    return _change(page, "feed", value | ({"comment_id": words.id} if words.kind == "comment" else {}))


# ---------------------------------------------------------------- what happens in Messenger


def said(page: Page, conversation: Conversation, message: Message) -> Event:
    """A message of the customer, or the echo of one of the page's."""
    content: dict[str, Any] = {"mid": message.mid}
    content |= {"text": message.text} if message.text else {}
    content |= {"attachments": message.attachments} if message.attachments else {}
    content |= {"reply_to": {"mid": message.reply_to}} if message.reply_to else {}
    stickers = [one["payload"]["sticker_id"] for one in message.attachments if "sticker_id" in one.get("payload", {})]
    content |= {"sticker_id": stickers[0]} if stickers else {}
    if not message.ours:
        return _messaging(page, conversation, "messages", message.at, {"message": content})
    content |= {"is_echo": True, "app_id": int(message.origin or PAGE_INBOX_APP)}
    content |= {"metadata": message.metadata} if message.metadata else {}
    return _messaging(page, conversation, "message_echoes", message.at, {"message": content}, echo=True)


def unsent(page: Page, conversation: Conversation, message: Message, at: datetime) -> Event:
    return _messaging(
        page, conversation, "messages", at, {"message": {"mid": message.mid, "is_deleted": True}}, echo=message.ours
    )


def message_edit(page: Page, conversation: Conversation, message: Message, at: datetime) -> Event:
    edit = {"mid": message.mid, "text": message.text, "num_edit": message.edits}
    return _messaging(page, conversation, "message_edits", at, {"message_edit": edit})


def message_reaction(
    page: Page, conversation: Conversation, message: Message, emoji: str, on: bool, at: datetime
) -> Event:
    names = {"❤": "love", "😆": "smile", "😮": "wow", "😢": "sad", "😠": "angry", "👍": "like", "👎": "dislike"}
    value: dict[str, Any] = {"mid": message.mid, "action": "react" if on else "unreact"}
    if on:
        value |= {"reaction": names.get(emoji.removesuffix("\ufe0f"), "other"), "emoji": emoji}
    return _messaging(page, conversation, "message_reactions", at, {"reaction": value})


def postback(page: Page, conversation: Conversation, mid: str, title: str, payload: str, at: datetime) -> Event:
    value: dict[str, Any] = {"mid": mid, "title": title, "payload": payload}
    return _messaging(page, conversation, "messaging_postbacks", at, {"postback": value})


def delivered(page: Page, conversation: Conversation, message: Message, at: datetime) -> Event:
    value: dict[str, Any] = {"mids": [message.mid], "watermark": milliseconds(message.at)}
    return _messaging(page, conversation, "message_deliveries", at, {"delivery": value})


def read(page: Page, conversation: Conversation, until: datetime, at: datetime) -> Event:
    return _messaging(page, conversation, "message_reads", at, {"read": {"watermark": milliseconds(until)}})


def _messaging(
    page: Page, conversation: Conversation, name: str, at: datetime, content: dict[str, Any], *, echo: bool = False
) -> Event:
    sides = [{"id": conversation.person.id}, {"id": page.id}]
    sender, recipient = reversed(sides) if echo else sides
    item = {"sender": sender, "recipient": recipient, "timestamp": milliseconds(at), **content}
    return Event(page.id, name, "messaging", item)


def _change(page: Page, name: str, value: dict[str, Any]) -> Event:
    return Event(page.id, name, "changes", {"field": name, "value": value})


def _author(page: Page, words: Words) -> dict[str, str]:
    return {"id": words.author.id, "name": words.author.name} if words.author else {"id": page.id, "name": page.name}


def _post_facts(page: Page, words: Words) -> dict[str, Any]:
    above = page.words.get(words.post)
    facts: dict[str, Any] = {"id": words.post, "promotion_status": "inactive"}
    if above:
        status = "added_photos" if above.photos else "mobile_status_update"
        facts |= {"status_type": status, "is_published": above.published, "permalink_url": above.permalink}
        facts["updated_time"] = (above.edited_at or above.at).strftime("%Y-%m-%dT%H:%M:%S+0000")
    return facts
