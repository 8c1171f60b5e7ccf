"""Posts in the shape of API 1.1, which the older webhooks still carry, made into the shape of v2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.reading import as_list, as_object, ident, words

Parts = tuple[dict[str, Any], list[Mapping[str, Any]], list[Mapping[str, Any]], list[Mapping[str, Any]]]


def as_v2(status: Mapping[str, Any]) -> Parts:
    """The post, and the users, posts and media that stood inside it."""
    whole = as_object(status.get("extended_tweet")) or status
    user = as_object(status.get("user"))
    quoted, users = as_object(status.get("quoted_status")), [user]
    posts: list[Mapping[str, Any]] = []
    if quoted:
        inner, inner_users, _posts, _media = as_v2({**quoted, "quoted_status": None})
        posts, users = [inner], [user, *inner_users]
    media = as_list(as_object(whole.get("extended_entities")).get("media"))
    media = media or as_list(as_object(status.get("extended_entities")).get("media"))
    media = [{**one, "media_key": _id(one)} for one in map(as_object, media)]
    post = {
        "id": _id(status),
        "text": words(whole.get("full_text")) or words(status.get("full_text")) or words(status.get("text")),
        "created_at": words(status.get("timestamp_ms")) or _date(status.get("created_at")),
        "author_id": _id(user),
        "in_reply_to_user_id": _id(status, "in_reply_to_user_id"),
        "display_text_range": whole.get("display_text_range"),
        "entities": _entities(as_object(whole.get("entities")) or as_object(status.get("entities"))),
        "referenced_tweets": _references(status),
        "attachments": {"media_keys": [one["media_key"] for one in media]},
        "edit_history_tweet_ids": status.get("edit_history_tweet_ids"),
    }
    return post, users, posts, media


def _id(values: Mapping[str, Any], name: str = "id") -> str:
    """The text, because the number may be rounded."""
    return ident(values.get(f"{name}_str")) or ident(values.get(name))


def _date(value: Any) -> Any:
    try:
        return datetime.strptime(words(value), "%a %b %d %H:%M:%S %z %Y").isoformat()
    except ValueError:
        return value


def _references(status: Mapping[str, Any]) -> list[dict[str, str]]:
    again = _id(as_object(status.get("retweeted_status")))
    above, quoted = _id(status, "in_reply_to_status_id"), _id(status, "quoted_status_id")
    named = (("retweeted", again), ("replied_to", above), ("quoted", quoted if not again else ""))
    return [{"type": how, "id": id} for how, id in named if id]


def _entities(entities: Mapping[str, Any]) -> dict[str, Any]:
    named = [{"id": _id(one)} for one in map(as_object, as_list(entities.get("user_mentions")))]
    urls = as_list(entities.get("urls")) + as_list(entities.get("media"))
    return {"mentions": named, "urls": urls}
