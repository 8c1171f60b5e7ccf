"""Graph's nodes in the shape of webhooks, so that one reader makes one message of a post however it came."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.meta.page import created
from connectors.reading import as_list, as_object, ident, link, words

COMMENT_FIELDS = "id,parent{id},from,message,created_time,attachment,is_hidden,permalink_url"
POST_FIELDS = "id,message,from,created_time,permalink_url,is_published,attachments"
COMMON_FIELDS = "id,message,from,created_time,permalink_url"
MESSAGE_FIELDS = "id,created_time,from,to,message,sticker,attachments,shares"

_PICTURES = ("photo", "sticker", "animated", "profile_media", "cover_photo")
_FILES = {"image_data": "image", "video_data": "video"}


def post_value(node: Mapping[str, Any]) -> dict[str, Any]:
    photos, videos, links = _media(as_list(as_object(node.get("attachments")).get("data")))
    value: dict[str, Any] = {"item": "post", "verb": "add", "post_id": ident(node.get("id")), "photos": photos}
    value |= {"video": videos[0] if videos else "", "link": links[0] if links else "", **_shared(node)}
    if node.get("is_published") is False:
        value["published"] = 0
    return _told(value)


def comment_value(node: Mapping[str, Any], post_id: str) -> dict[str, Any]:
    photos, videos, links = _media([as_object(node.get("attachment"))])
    parent = ident(as_object(node.get("parent")).get("id")) or post_id
    value: dict[str, Any] = {"item": "comment", "verb": "add", "comment_id": ident(node.get("id"))}
    value |= {"post_id": post_id, "parent_id": parent, "photo": (photos or [""])[0], "video": (videos or [""])[0]}
    value |= {"link": (links or [""])[0], **_shared(node)}
    if node.get("is_hidden") is True:
        value["is_hidden"] = True
    return _told(value)


def message_item(node: Mapping[str, Any], page: str) -> dict[str, Any] | None:
    """None where it cannot be told who spoke to whom or when."""
    author = ident(as_object(node.get("from")).get("id"))
    readers = [ident(as_object(one).get("id")) for one in as_list(as_object(node.get("to")).get("data"))]
    at, mid = created(node), ident(node.get("id"))
    recipient = page if author != page else next((one for one in readers if one and one != page), "")
    if not (author and recipient and at and mid):
        return None
    message: dict[str, Any] = {"mid": mid, "text": words(node.get("message")), "attachments": list(_hung_on(node))}
    if author == page:
        message["is_echo"] = True
    milliseconds = int(at.timestamp() * 1000)
    return {
        "sender": {"id": author},
        "recipient": {"id": recipient},
        "timestamp": milliseconds,
        "message": _told(message),
    }


def delivery(page: str, at: datetime, *, change: tuple[str, Any] | None = None, item: Any = None) -> bytes:
    """A webhook's body with one thing in it: the same bytes whenever the same thing is read again."""
    entry: dict[str, Any] = {"id": page, "time": int(at.timestamp())}
    if change:
        entry["changes"] = [{"field": change[0], "value": change[1]}]
    else:
        entry |= {"time": int(at.timestamp() * 1000), "messaging": [item]}
    return json.dumps({"object": "page", "entry": [entry]}, separators=(",", ":")).encode()


def _shared(node: Mapping[str, Any]) -> dict[str, Any]:
    author, at = as_object(node.get("from")), created(node)
    return {
        "from": _told({"id": ident(author.get("id")), "name": words(author.get("name"))}),
        "message": words(node.get("message")),
        "permalink_url": link(node.get("permalink_url")),
        "created_time": int(at.timestamp()) if at else None,
    }


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None, [], {})}


def _media(attachments: list[Any]) -> tuple[list[str], list[str], list[str]]:
    """Addresses of pictures, films and links; an album's parts count one by one."""
    photos: list[str] = []
    videos: list[str] = []
    links: list[str] = []
    for attachment in map(as_object, attachments):
        kind, media = words(attachment.get("type")), as_object(attachment.get("media"))
        parts = as_list(as_object(attachment.get("subattachments")).get("data"))
        picture, page = link(as_object(media.get("image")).get("src")), link(attachment.get("url"))
        if parts:
            for found, more in zip((photos, videos, links), _media(parts), strict=True):
                found += more
        elif kind.startswith("video"):
            videos.append(link(media.get("source")) or page)
        elif kind.startswith(_PICTURES):
            photos.append(picture or page)
        else:
            links.append(page)
    return [url for url in photos if url], [url for url in videos if url], [url for url in links if url]


def _hung_on(node: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A message's sticker, files and shares as a webhook would list them."""
    if sticker := link(node.get("sticker")):
        yield {"type": "sticker", "payload": {"url": sticker}}
    for file in filter(None, map(as_object, as_list(as_object(node.get("attachments")).get("data")))):
        kind, url = next(
            ((_FILES[name], file[name].get("url")) for name in _FILES if as_object(file.get(name))), ("", "")
        )
        audio = words(file.get("mime_type")).startswith("audio/")
        kind = kind or ("audio" if audio else "file")
        yield {"type": kind, "title": words(file.get("name")), "payload": {"url": link(url or file.get("file_url"))}}
    for share in filter(None, map(as_object, as_list(as_object(node.get("shares")).get("data")))):
        yield {"type": "fallback", "title": words(share.get("name")), "url": link(share.get("link"))}
