"""A page that links to ours: whether it does, who wrote it and when, and the words around the link. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from connectors.reading import link, point_in_time

MAX_TEXT = 2000
MAX_OPEN = 500
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905
NO_WORDS = ("script", "style", "noscript", "template", "svg")
AROUND = ("nav", "header", "footer", "aside", "form")
MARKS = frozenset({"e-content", "p-author", "h-card", "p-name"})
INLINE = frozenset(
    "a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark q s samp small span "  # noqa: SIM905
    "strike strong sub sup time tt u var wbr".split()
)


@dataclass(slots=True)
class Page:
    """`text`: the content where the page marks it (h-entry), else the paragraph with the link. `at`: ISO 8601 or ""."""

    title: str
    author: str
    text: str
    at: str


def read(html: str, url: str, target: str) -> Page | None:
    """None where the page does not link to the target. `url`: where it came from."""
    reader = _Reader(url, _bare(target))
    reader.feed(html)
    reader.close()
    reader.end_block()
    if not reader.links_there:
        return None
    content = next((text for text, names in reader.contents if names), "")
    text = content if reader.around in content[:MAX_TEXT] and content else reader.around
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - 1] + "…"
    return Page(reader.name or _tidy(reader.title), reader.author, text, reader.published or reader.at)


@dataclass
class _Reader(HTMLParser):
    """`around`: the first block with the link. `contents`: each marked content, and whether the link is in it.

    Of several entries on a page (h-entry) the one with the link counts, or the first.
    """

    url: str
    target: str
    links_there: bool = False
    title: str = ""
    name: str = ""
    author: str = ""
    around: str = ""
    published: str = ""
    at: str = ""
    contents: list[tuple[str, bool]] = field(default_factory=list)
    _open: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    _within: Counter[str] = field(default_factory=Counter)
    _block: list[str] = field(default_factory=list)
    _block_names: bool = False
    _content: list[str] = field(default_factory=list)
    _content_names: bool = False
    _past: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = frozenset((given.get("class") or "").split())
        if tag == "br":
            self._words("\n")
        elif tag not in INLINE:
            self.end_block()
        if "h-entry" in classes:
            self._begin_entry()
        if any(self._leads_there(given.get(name)) for name in ("href", "src")):
            self.links_there = self._block_names = True
            self._content_names = self._content_names or bool(self._within["e-content"])
        if tag == "time" and not self._past:
            self._time(_moment(given.get("datetime") or ""), "dt-published" in classes)
        if tag not in VOID and len(self._open) < MAX_OPEN:
            self._open.append((tag, classes & MARKS))
            self._within.update((tag, *(classes & MARKS)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in INLINE:
            self.end_block()
        if not self._within[tag]:
            return
        marked, closed = self._within["e-content"], ""
        while closed != tag:
            closed, classes = self._open.pop()
            self._within.subtract((closed, *classes))
        if marked and not self._within["e-content"]:
            self.contents.append((_tidy("".join(self._content)), self._content_names))
            self._content, self._content_names = [], False

    def handle_data(self, data: str) -> None:
        inside = self._within
        if inside["title"] and not inside["svg"]:
            self.title = (self.title + data)[:500]
        elif any(inside[tag] for tag in NO_WORDS):
            return
        elif not inside["e-content"] and (inside["p-author"] or inside["h-card"]):
            self.author = self.author if self._past else _tidy(f"{self.author} {data[:200]}")[:200]
        else:
            if inside["p-name"] and not (inside["e-content"] or self._past):
                self.name = _tidy(f"{self.name} {data[:500]}")[:500]
            if not any(inside[tag] for tag in AROUND):
                self._words(data)

    def end_block(self) -> None:
        """Words that stand together end here."""
        if self._block_names and not self.around:
            self.around = _tidy("".join(self._block))
        self._block, self._block_names = [], False
        if self._within["e-content"]:
            self._content.append("\n")

    def _begin_entry(self) -> None:
        if self.links_there:
            self._past = True
        else:
            self.name = self.author = self.published = self.at = ""

    def _time(self, moment: str, published: bool) -> None:
        self.at = self.at or moment
        if published:
            self.published = self.published or moment

    def _words(self, data: str) -> None:
        self._block.append(data)
        if self._within["e-content"]:
            self._content.append(data)

    def _leads_there(self, given: str | None) -> bool:
        if not given:
            return False
        try:
            return _bare(link(urljoin(self.url, given.strip()))) == self.target
        except ValueError:
            return False


def _bare(url: str) -> str:
    """Without what makes no other page."""
    parts = urlsplit(url)
    return f"{(parts.netloc or '').lower()}{parts.path.rstrip('/')}?{parts.query}" if parts.netloc else ""


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _moment(text: str) -> str:
    found = point_in_time(text, datetime.now(UTC))
    return found.isoformat() if found else ""
