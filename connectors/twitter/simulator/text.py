"""What X makes of typed words: how long they count, their links, their entities, their escaping."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from connectors.twitter import length

LONGEST, LONGEST_PREMIUM, LONGEST_DIRECT = 280, 25_000, 10_000
LINK = 23

_MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9_]{1,15})(?![\w@])")
_HASHTAG = re.compile(r"(?<![\w#&])#(\w*[^\W\d_]\w*)")
_CASHTAG = re.compile(r"(?<![\w$])\$([A-Za-z]{1,6})(?!\w)")
_LEADING = re.compile(r"(?:@[A-Za-z0-9_]{1,15}\s+)*")
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_PICTURE = (
    r"[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55"
    r"\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_JOINED = rf"{_PICTURE}\ufe0f?[\U0001f3fb-\U0001f3ff]?"
_EMOJI = re.compile(
    rf"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_JOINED}(?:\u200d{_JOINED})*[\U000e0020-\U000e007f]*"
)


@dataclass(slots=True)
class Written:
    """`shown` is escaped and has short links; the places in `entities` count code points of it."""

    shown: str
    entities: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    mentioned: list[str] = field(default_factory=list)
    links: int = 0


def weight(text: str, *, reply: bool = False) -> int:
    """X's count: links 23, emoji 2, most of Latin 1, all else 2. Names a reply begins with are free."""
    text = unicodedata.normalize("NFC", text)
    if reply and (leading := _LEADING.match(text)):
        text = text[leading.end() :]
    total = 0
    for place, url in _urls(text):
        total += LINK
        text = text[:place] + "\0" * len(url) + text[place + len(url) :]
    bare = text.replace("\0", "")
    emoji = _EMOJI.findall(bare)
    return total + 2 * len(emoji) + sum(1 if _light(one) else 2 for one in _EMOJI.sub("", bare))


def has_link(text: str) -> bool:
    return next(iter(_urls(text)), None) is not None


def cashtags(text: str) -> int:
    return len(_CASHTAG.findall(text))


def write(text: str, id_of: Callable[[str], str | None]) -> Written:
    """`id_of` knows the id of a username; who does not exist is not mentioned."""
    found = Written("")
    for kind, piece in _pieces(text):
        start = len(found.shown)
        found.shown += short(piece) if kind == "urls" else escape(piece, quote=False)
        place: dict[str, Any] = {"start": start, "end": len(found.shown)}
        if kind == "urls":
            found.links += 1
            full = piece if "://" in piece else f"http://{piece}"
            bare = full.partition("://")[2]
            shown = bare if len(bare) <= 26 else bare[:26] + "…"
            found.entities.setdefault(kind, []).append(
                place | {"url": short(piece), "expanded_url": full, "display_url": shown}
            )
        elif kind == "mentions" and (id := id_of(piece[1:])):
            found.entities.setdefault(kind, []).append(place | {"username": piece[1:], "id": id})
            found.mentioned.append(id)
        elif kind in ("hashtags", "cashtags"):
            found.entities.setdefault(kind, []).append(place | {"tag": piece[1:]})
    return found


def short(url: str) -> str:
    digest = hashlib.sha256(url.encode()).hexdigest()
    return f"https://t.co/{digest[:10]}"


def _pieces(text: str) -> list[tuple[str, str]]:
    """The text cut at its links, mentions and tags."""
    spans = [(place, place + len(url), "urls") for place, url in _urls(text)]
    for kind, pattern in (("mentions", _MENTION), ("hashtags", _HASHTAG), ("cashtags", _CASHTAG)):
        for match in pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end, _ in spans):
                spans.append((match.start(), match.end(), kind))
    pieces, last = [], 0
    for start, end, kind in sorted(spans):
        pieces += [("", text[last:start]), (kind, text[start:end])]
        last = end
    return [(kind, piece) for kind, piece in [*pieces, ("", text[last:])] if piece]


def _urls(text: str) -> list[tuple[int, str]]:
    """What a link is stands in X's rules, and those cases are tested: told apart here once more it would differ."""
    return [(start, text[start:end]) for start, end in length.links(text)]


def _light(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in _LIGHT)
