"""Feeds of any engine, in any state, read into entries. Pure; feedparser only ever gets a BytesIO.

A string or bytes it would take for a file's name or an address, and open it.
"""

from __future__ import annotations

import calendar
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import feedparser

from connectors.blog import markup
from connectors.blog.address import digest
from connectors.contract import Unreadable
from connectors.reading import as_list, as_object, link, point_in_time, words

MAX_BYTES = 5 * 1024 * 1024
MAX_ENTRIES = 500
PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10080, "monthly": 43200, "yearly": 525600}
_ENTITIES = re.compile(rb"<!ENTITY", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `id` is stable within its feed; `at` ISO 8601 or "" where the feed gives no usable time.

    `parent`: the `id` of the entry it answers, "" where it answers none or that is not told.
    """

    id: str
    title: str
    text: str
    author: str
    link: str
    at: str
    parent: str = ""
    pictures: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Feed:
    """`flaws`: what is wrong with it, "" if nothing; it is used all the same. `minutes`: its own pace."""

    title: str
    entries: tuple[Entry, ...]
    flaws: str = ""
    minutes: int = 0
    hub: str = ""
    topic: str = ""


def read(body: bytes, *, content_type: str = "", url: str = "", now: datetime | None = None) -> Feed:
    """Raises Unreadable where it is no feed or too large."""
    unpacked = _unpacked(body)
    if unpacked.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{":
        return _json_feed(unpacked, url, now or datetime.now(UTC))
    if len(_ENTITIES.findall(unpacked[:100_000])) > 100:
        raise Unreadable("too many entities")
    headers = {"content-type": content_type or "application/xml", "content-location": url}
    try:
        found = feedparser.parse(io.BytesIO(unpacked), response_headers={k: v for k, v in headers.items() if v})
    except Exception as error:  # noqa: BLE001 - it stumbles over some documents in many ways
        raise Unreadable(type(error).__name__) from None
    entries = [entry for entry in found.get("entries", ())[:MAX_ENTRIES] if isinstance(entry, Mapping)]
    if not entries and not found.get("version"):
        raise Unreadable("no feed")
    return _made(found, entries, url, now or datetime.now(UTC))


def _unpacked(body: bytes) -> bytes:
    """Some servers send gzip without saying so."""
    if body[:2] != b"\x1f\x8b":
        return body[: MAX_BYTES + 1] if len(body) <= MAX_BYTES else _too_large()
    try:
        unpacker = zlib.decompressobj(31)
        found = unpacker.decompress(body, MAX_BYTES)
    except zlib.error:
        raise Unreadable("broken gzip") from None
    return _too_large() if unpacker.unconsumed_tail else found


def _too_large() -> bytes:
    raise Unreadable("too large")


def _made(found: Mapping[str, Any], entries: list[Mapping[str, Any]], url: str, now: datetime) -> Feed:
    head = found.get("feed") or {}
    ids = Counter(_guid(entry) for entry in entries)
    links = Counter(_link(entry, url) for entry in entries)
    made: dict[str, Entry] = {}
    for entry in entries:
        one = _entry(entry, url, now, ids, links)
        made.setdefault(one.id, one)
    relations = {str(one.get("rel")): str(one.get("href") or "") for one in head.get("links", ()) if one}
    flaw = type(found["bozo_exception"]).__name__ if found.get("bozo") and found.get("bozo_exception") else ""
    return Feed(
        title=markup.line(head.get("title"))[:200],
        entries=tuple(made.values()),
        flaws="" if flaw == "CharacterEncodingOverride" else flaw,
        minutes=_minutes(head),
        hub=link(relations.get("hub")),
        topic=link(relations.get("self")) or url,
    )


def _entry(
    entry: Mapping[str, Any], url: str, now: datetime, ids: Mapping[str, int], links: Mapping[str, int]
) -> Entry:
    title, read_as = markup.line(entry.get("title")), _content(entry)
    author = markup.line(entry.get("author")) or markup.line(as_object(entry.get("author_detail")).get("name"))
    guid, address = _guid(entry), _link(entry, url)
    return Entry(
        id=_identity(guid, ids, address, links, digest(title, author, read_as.text)),
        title=title,
        text=read_as.text,
        author=author[:200],
        link=address,
        at=_moment(entry, now),
        parent=_parent(entry),
        pictures=tuple(picture.url for picture in read_as.pictures),
    )


def _identity(guid: str, ids: Mapping[str, int], address: str, links: Mapping[str, int], words: str) -> str:
    """The entry's own id where it is one; else its address; else its words."""
    if guid and ids[guid] == 1:
        return _named(guid)
    if address and links[address] == 1:
        return f"l-{digest(address)[:32]}"
    return f"w-{words[:32]}"


def _named(guid: str) -> str:
    return f"g-{digest(guid)[:32]}"


def _guid(entry: Mapping[str, Any]) -> str:
    return words(entry.get("id")).strip()


def _link(entry: Mapping[str, Any], url: str) -> str:
    """Absolute, http or https only; Google Alerts wrap the page's own address into theirs."""
    given = words(entry.get("link")).strip()
    try:
        address = link(urljoin(url, given) if url and given else given, 1000)
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.hostname in ("www.google.com", "google.com") and parts.path == "/url":
        return link((parse_qs(parts.query).get("url") or [""])[0], 1000) or address
    return address


def _parent(entry: Mapping[str, Any]) -> str:
    answered = as_object(entry.get("thr_in-reply-to") or entry.get("in-reply-to"))
    ref = words(answered.get("ref")).strip()
    return _named(ref) if ref else ""


def _content(entry: Mapping[str, Any]) -> markup.Words:
    contents = [one for one in entry.get("content") or () if isinstance(one, Mapping)]
    best = max(contents, key=lambda one: len(str(one.get("value") or "")), default=entry.get("summary_detail"))
    given = as_object(best)
    value = given.get("value") or entry.get("summary") or ""
    if not isinstance(value, str):
        return markup.Words("")
    return markup.Words(markup.words(value)) if given.get("type") == "text/plain" else markup.read(value)


def _moment(entry: Mapping[str, Any], now: datetime) -> str:
    """What the feed says, if it can be: from 2010 to a day from now. A date without a day of the week counts too."""
    given = dict(entry)  # feedparser's own lookup takes one date for another
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        try:
            seconds = calendar.timegm(given[name]) if given.get(name) else None
            found = point_in_time(seconds, now) if seconds else None
        except (ValueError, TypeError, OverflowError):
            found = None
        if found:
            return found.isoformat()
    return ""


def _minutes(head: Mapping[str, Any]) -> int:
    ttl, period = str(head.get("ttl") or ""), str(head.get("sy_updateperiod") or "").strip().lower()
    said = [int(ttl)] if ttl.isascii() and ttl.isdigit() and len(ttl) < 7 else []
    often = str(head.get("sy_updatefrequency") or "1").strip()
    if period in PERIODS and often.isascii() and often.isdigit() and int(often[:4]) > 0:
        said.append(PERIODS[period] // int(often[:4]))
    return max(said, default=0)


def _json_feed(body: bytes, url: str, now: datetime) -> Feed:
    """https://jsonfeed.org: the same entries, told in JSON."""
    import json

    try:
        found = as_object(json.loads(body))
    except (ValueError, RecursionError):
        raise Unreadable("neither XML nor JSON") from None
    if "jsonfeed.org" not in str(found.get("version")):
        raise Unreadable("no feed")
    items = [as_object(item) for item in as_list(found.get("items"))[:MAX_ENTRIES]]
    as_feed: list[Mapping[str, Any]] = [_as_xml_has_it(item) for item in items]
    hubs = [as_object(hub) for hub in as_list(found.get("hubs"))]
    websub = [hub.get("url") for hub in hubs if str(hub.get("type")).lower() == "websub"]
    head: dict[str, Any] = {"title": found.get("title"), "links": []}
    if websub:
        head["links"] = [{"rel": "hub", "href": websub[0]}, {"rel": "self", "href": found.get("feed_url")}]
    return _made({"feed": head}, as_feed, url or words(found.get("feed_url")), now)


def _as_xml_has_it(item: Mapping[str, Any]) -> dict[str, Any]:
    html, plain = item.get("content_html"), item.get("content_text") or item.get("summary")
    at = point_in_time(item.get("date_published") or item.get("date_modified"), datetime.now(UTC) + timedelta(days=1))
    authors = [as_object(one) for one in (*as_list(item.get("authors")), *as_list(item.get("author")))]
    identity = item.get("id")
    return {
        "id": str(identity) if isinstance(identity, str | int) else "",
        "link": item.get("url") or item.get("external_url"),
        "title": item.get("title"),
        "author": authors[0].get("name") if authors else "",
        "summary_detail": {"value": html or plain or "", "type": "text/html" if html else "text/plain"},
        "published_parsed": at.timetuple() if at else None,
    }


def from_plain(given: Mapping[str, Any]) -> Entry:
    """An entry as `Entry.plain` wrote it; what is missing or odd is empty."""
    pictures = given.get("pictures")
    return Entry(
        **{name: words(given.get(name)) for name in ("id", "title", "text", "author", "link", "at", "parent")},
        pictures=tuple(address for one in _strings(pictures) if (address := link(one))),
    )


def _strings(value: Any) -> Iterable[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []
