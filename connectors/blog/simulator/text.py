"""What WordPress does to words: what it takes from visitors, and how it shows what it has."""

from __future__ import annotations

import re
from html import escape, unescape
from html.parser import HTMLParser

ALLOWED: dict[str, frozenset[str]] = {
    tag: frozenset() for tag in ("abbr", "acronym", "b", "code", "em", "i", "s", "strike", "strong")
} | {
    "a": frozenset({"href", "title"}),
    "blockquote": frozenset({"cite"}),
    "del": frozenset({"datetime"}),
    "q": frozenset({"cite"}),
}
LONGEST = 65525
_TAG = re.compile(r"(<[^<>]*>)")
_ENTITY = re.compile(r"&(?!#?\w{1,10};)")


def taken(text: str) -> str:
    """What is kept of a visitor's words: a few tags without dangerous attributes; the text of others stays."""
    cleaner = _Cleaner()
    cleaner.feed(text)
    cleaner.close()
    return "".join(cleaner.kept)


def shown(text: str) -> str:
    """Words as they stand on the page: paragraphs, round quotation marks. Removes nothing."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if block.strip()]
    return "".join(f"<p>{_curled(block).replace(chr(10), '<br />' + chr(10))}</p>\n" for block in blocks)


def plain(html: str) -> str:
    """Without tags, and with what was escaped as it was typed."""
    return unescape(_TAG.sub("", html))


def _curled(block: str) -> str:
    pieces = _TAG.split(block)
    return "".join(piece if place % 2 else _curled_words(piece) for place, piece in enumerate(pieces))


def _curled_words(words: str) -> str:
    words = _ENTITY.sub("&#038;", words)
    words = re.sub(r'(^|[\s(\[])"', r"\1&#8220;", words).replace('"', "&#8221;")
    return re.sub(r"(^|[\s(\[])'", r"\1&#8216;", words).replace("'", "&#8217;")


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            return
        held = [(name, value or "") for name, value in attrs if name in ALLOWED[tag]]
        words = "".join(f' {name}="{escape(_harmless(name, value))}"' for name, value in held)
        self.kept.append(f"<{tag}{words}{' rel=' + chr(34) + 'nofollow ugc' + chr(34) if tag == 'a' else ''}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in ALLOWED:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.kept.append(data.replace("&", "&amp;").replace("<", "&lt;"))

    def handle_entityref(self, name: str) -> None:
        self.kept.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.kept.append(f"&#{name};")


def _harmless(name: str, value: str) -> str:
    """An address keeps what comes after a scheme that is not allowed, as WordPress does."""
    scheme, colon, rest = value.partition(":")
    if name in ("href", "cite") and colon and scheme.strip().lower() not in ("http", "https", "mailto"):
        return rest
    return value
