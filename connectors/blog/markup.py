"""HTML from strangers, turned into plain words, links and pictures.

nh3 leaves a short list of tags; what is left is read into text. Nothing of the markup is kept, so nothing of it can
come to a screen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3

from connectors.contract import Attachment
from connectors.reading import clean, isolated, link, title

TAGS = {"a", "b", "blockquote", "br", "code", "div", "em", "i", "img", "li", "ol", "p", "pre", "strong", "ul"}
DROPPED = {"script", "style", "iframe", "object", "embed", "noscript", "template", "title", "svg", "math", "form"}
BLOCKS = {"blockquote", "div", "li", "ol", "p", "pre", "ul"}
MAX_TEXT = 20_000
MAX_HTML = 500_000
MAX_PICTURES = 10

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>|<!--|&(?:#\w{1,8}|[a-zA-Z]\w{1,30});")
_SPACE = re.compile(r"[ \t\r\f\v\xa0]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Words:
    text: str
    pictures: tuple[Attachment, ...] = ()


def read(html: str) -> Words:
    """What a person would read, at most MAX_TEXT characters; the addresses of links stand behind their words."""
    reader = _Reader()
    reader.feed(cleaned(html[:MAX_HTML]))
    reader.close()
    text = _tidy("".join(reader.pieces))
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - 1] + "…"
    return Words(isolated(text), tuple(reader.pictures))


def cleaned(html: str) -> str:
    """The HTML with the short list of tags, links and pictures over http and https, and nothing else."""
    return nh3.clean(
        clean(html),
        tags=TAGS,
        clean_content_tags=DROPPED,
        attributes={"a": {"href"}, "img": {"src", "alt"}},
        url_schemes={"http", "https"},
        link_rel=None,
    )


def words(value: object) -> str:
    """Words that may hold markup though they should not: names, titles, plain text. Without markup, as they are."""
    if not isinstance(value, str):
        return ""
    return read(value).text if _TAG.search(value) else isolated(clean(value)[:MAX_TEXT])


def line(value: object) -> str:
    """The same on one line."""
    return title(words(value))


@dataclass
class _Reader(HTMLParser):
    pieces: list[str] = field(default_factory=list)
    pictures: list[Attachment] = field(default_factory=list)
    _links: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in BLOCKS or tag == "br":
            self.pieces.append("\n")
        if tag == "li":
            self.pieces.append("• ")
        elif tag == "a":
            self._links.append((link(given.get("href") or ""), len(self.pieces)))
        elif tag == "img":
            self._picture(link(given.get("src") or ""), given.get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            address, begun = self._links.pop()
            said = "".join(self.pieces[begun:]).strip()
            if address and address != said:
                self.pieces.append(f" ({address})" if said else address)
        elif tag in BLOCKS:
            self.pieces.append("\n" if tag in ("div", "li") else "\n\n")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def _picture(self, address: str, says: str) -> None:
        if address and len(self.pictures) < MAX_PICTURES:
            self.pictures.append(Attachment("image", address, title(says), "img"))


def _tidy(text: str) -> str:
    lines = (_SPACE.sub(" ", one).strip() for one in clean(text).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()
