"""What may hang on a Messenger message, in the contract's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.contract import Attachment
from connectors.reading import as_list, as_object, degrees, ident, link, title

THUMBS_UP = frozenset({"369239263222822", "369239343222814", "369239383222810"})
PLAIN = frozenset({"image", "video", "audio", "file"})
SHARES = frozenset({"share", "post", "ig_post", "reel", "ig_reel", "story", "story_mention", "ig_story"})
TEMPLATES = frozenset({"template", "appointment_booking"})
TEMPLATE_WORDS = ("title", "text", "intro_message", "subtitle")


def read_attachments(message: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """All attachments of a message, unknown ones as placeholders.

    A sticker may come as an image, as a sticker or as both; it is one sticker.
    """
    sticker = ident(message.get("sticker_id"))
    found = [_read(item, sticker) for item in as_list(message.get("attachments"))]
    if sticker and not found:
        found = [_sticker("", sticker, "sticker")]
    if story := as_object(as_object(message.get("reply_to")).get("story")):
        found.append(Attachment("share", link(story.get("url")), raw_type="story"))
    return tuple(_without_twins(found))


def placeholder(raw_type: str) -> Attachment:
    """Stands where something was that cannot be shown."""
    return Attachment("unknown", raw_type=raw_type)


def _read(item: Any, message_sticker: str) -> Attachment:
    outer = as_object(item)
    payload = as_object(outer.get("payload"))
    kind = title(outer.get("type"))[:40]
    url = link(payload.get("url")) or link(outer.get("url"))
    name = title(payload.get("title")) or title(outer.get("title"))
    sticker = ident(payload.get("sticker_id")) or message_sticker
    if kind == "sticker" or (kind == "image" and sticker):
        return _sticker(url, sticker, kind)
    if kind in PLAIN:
        return Attachment(kind, url, name, kind)
    if kind == "location":
        return _location(payload, url, name)
    if kind == "fallback":
        return Attachment("link", url, name, kind)
    if kind in TEMPLATES:
        return Attachment("template", url, _template_title(payload) or name, kind)
    if kind in SHARES:
        return Attachment("share", url or link(payload.get("story_media_url")), name, kind)
    if kind == "like_heart":
        return Attachment("sticker", url, "❤️", kind)
    return Attachment("unknown", url, name, kind)


def _sticker(url: str, sticker: str, raw_type: str) -> Attachment:
    return Attachment("sticker", url, "👍" if sticker in THUMBS_UP else "", raw_type)


def _location(payload: Mapping[str, Any], url: str, name: str) -> Attachment:
    coordinates = as_object(payload.get("coordinates"))
    latitude, longitude = degrees(coordinates.get("lat"), 90), degrees(coordinates.get("long"), 180)
    if latitude is None or longitude is None:
        return Attachment("location", url, name, "location")
    point = f"https://www.openstreetmap.org/?mlat={latitude:.6f}&mlon={longitude:.6f}"
    return Attachment("location", point, name, "location", latitude, longitude)


def _template_title(payload: Mapping[str, Any]) -> str:
    """The first words a customer would read in a template, else what sort of template it is."""
    elements = as_list(payload.get("elements")) + as_list(as_object(payload.get("product")).get("elements"))
    for part in [payload, *elements]:
        for name in TEMPLATE_WORDS:
            if found := title(as_object(part).get(name)):
                return found
    return title(payload.get("template_type")).replace("_", " ")


def _without_twins(found: Iterable[Attachment]) -> list[Attachment]:
    kept: list[Attachment] = []
    for one in found:
        twin = one.type == "sticker" and any(
            other.type == "sticker" and (other.url, other.title) == (one.url, one.title) for other in kept
        )
        if not twin:
            kept.append(one)
    return kept
