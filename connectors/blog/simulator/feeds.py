"""Feeds as there are in the world: right ones, odd ones, and some that mean harm."""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

from connectors.blog.simulator.world import Entry
from connectors.simulator.asgi import Response

RSS = {"content-type": "application/rss+xml; charset=UTF-8"}
ATOM = {"content-type": "application/atom+xml; charset=UTF-8"}
HTML = {"content-type": "text/html; charset=UTF-8"}
BOMB_MEGABYTES, MANY, HUGE = 300, 3000, 7 * 1024 * 1024
AGAIN_SECONDS = 120
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@dataclass(frozen=True, slots=True)
class Head:
    """What a feed says of itself. `hub` where it can be pushed."""

    title: str
    link: str
    address: str
    hub: str = ""


Kind = Callable[[Head, Sequence[Entry]], Response]


def rss(head: Head, entries: Sequence[Entry]) -> Response:
    return Response(200, _rss(head, entries).encode(), dict(RSS))


def atom(head: Head, entries: Sequence[Entry]) -> Response:
    hub = f'<link rel="hub" href="{_out(head.hub)}"/>' if head.hub else ""
    items = "".join(
        f"<entry><id>{_out(one.id)}</id><title>{_out(one.title)}</title>"
        f'<link rel="alternate" href="{_out(one.link)}"/><author><name>{_out(one.author)}</name></author>'
        f"<published>{one.at.isoformat()}</published><updated>{one.at.isoformat()}</updated>"
        f'<content type="html">{_out(_paragraph(one))}</content></entry>'
        for one in entries
    )
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f'<title>{_out(head.title)}</title><id>{_out(head.link)}</id><link href="{_out(head.link)}"/>'
        f'<link rel="self" href="{_out(head.address)}"/>{hub}<updated>{_newest(entries).isoformat()}</updated>'
        f"{items}</feed>"
    )
    return Response(200, text.encode(), dict(ATOM))


def _rss(head: Head, entries: Sequence[Entry], item: Callable[[Entry], str] | None = None, opening: str = "") -> str:
    hub = f'<atom:link rel="hub" href="{_out(head.hub)}"/>' if head.hub else ""
    items = "".join(f"<item>{(item or _item)(one)}</item>\n" for one in entries)
    return (
        f'{opening or _DECLARED}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>\n'
        f"<title>{_out(head.title)}</title><link>{_out(head.link)}</link><description></description>"
        f'<atom:link rel="self" href="{_out(head.address)}" type="application/rss+xml"/>{hub}'
        f"<lastBuildDate>{format_datetime(_newest(entries))}</lastBuildDate><sy:updatePeriod>hourly</sy:updatePeriod>"
        f"<sy:updateFrequency>1</sy:updateFrequency>\n{items}</channel></rss>"
    )


_DECLARED = '<?xml version="1.0" encoding="UTF-8"?>\n'


def _item(one: Entry, *, guid: str | None = None, dated: str | None = None, link: str | None = None) -> str:
    date = format_datetime(one.at) if dated is None else dated
    known = _out(one.id) if guid is None else guid
    return (
        f"<title>{_out(one.title)}</title><link>{_out(one.link if link is None else link)}</link>"
        f"<dc:creator><![CDATA[{one.author}]]></dc:creator>{f'<pubDate>{date}</pubDate>' if date else ''}"
        f"{f'<guid isPermaLink={_FALSE}>{known}</guid>' if known else ''}"
        f"<description>{_out(one.text)}</description><content:encoded>{_out(_paragraph(one))}</content:encoded>"
    )


_FALSE = '"false"'


def _out(text: str) -> str:
    return escape(text, quote=True)


def _paragraph(one: Entry) -> str:
    return f"<p>{one.text}</p>"


def _newest(entries: Sequence[Entry]) -> datetime:
    return max((one.at for one in entries), default=datetime.now(UTC)).replace(microsecond=0)


# ------------------------------------------------------------ odd ones


def _noguid(head: Head, entries: Sequence[Entry]) -> Response:
    return Response(200, _rss(head, entries, lambda one: _item(one, guid="")).encode(), dict(RSS))


def _sameguid(head: Head, entries: Sequence[Entry]) -> Response:
    return Response(200, _rss(head, entries, lambda one: _item(one, guid="post")).encode(), dict(RSS))


def _undated(head: Head, entries: Sequence[Entry]) -> Response:
    return Response(200, _rss(head, entries, lambda one: _item(one, dated="")).encode(), dict(RSS))


def _misdated(head: Head, entries: Sequence[Entry]) -> Response:
    """In two years' time."""

    def item(one: Entry) -> str:
        return _item(one, dated=format_datetime(one.at + timedelta(days=730)))

    return Response(200, _rss(head, entries, item).encode(), dict(RSS))


def _relative(head: Head, entries: Sequence[Entry]) -> Response:
    def item(one: Entry) -> str:
        return _item(one, link=one.link.removeprefix(head.link.rstrip("/")))

    return Response(200, _rss(head, entries, item).encode(), dict(RSS))


def _bozo(head: Head, entries: Sequence[Entry]) -> Response:
    """Ill-formed: a bare ampersand, a tag that is not closed, a namespace that is not declared."""
    broken = _rss(head, entries).replace("<description>", "<media:thumb/><description>Fish & chips <br>", 1)
    return Response(200, broken.encode(), dict(RSS))


def _charset(head: Head, entries: Sequence[Entry]) -> Response:
    """Says UTF-8 and is not."""
    return Response(200, _rss(head, entries).encode("cp1252", "replace"), dict(RSS))


def _undeclared(head: Head, entries: Sequence[Entry]) -> Response:
    """Cyrillic, and no word of how it is written."""
    text = _rss(head, [*entries, _cyrillic(head, _newest(entries))], opening="<?xml version='1.0'?>\n")
    return Response(200, text.encode("cp1251", "replace"), {"content-type": "text/xml"})


def _cyrillic(head: Head, at: datetime) -> Entry:
    words = "Мой заказ так и не пришёл, поддержка молчит уже третью неделю подряд, что мне делать дальше?"
    return Entry(f"{head.link}#ru", "Где мой заказ", f"{head.link}ru/", "Анна", words, at)


def _utf16(head: Head, entries: Sequence[Entry]) -> Response:
    text = _rss(head, entries, opening='<?xml version="1.0" encoding="UTF-16"?>\n')
    return Response(200, text.encode("utf-16"), {"content-type": "application/rss+xml"})


def _login(head: Head, entries: Sequence[Entry]) -> Response:
    page = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Name <input></form></body></html>"
    return Response(200, page, dict(HTML))


def _json_feed(head: Head, entries: Sequence[Entry]) -> Response:
    items = [{"id": one.id, "url": one.link, "title": one.title, "content_text": one.text} for one in entries]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": head.title, "items": items}
    return Response(200, json.dumps(feed).encode(), {"content-type": "application/feed+json"})


def _zipped(head: Head, entries: Sequence[Entry]) -> Response:
    """Compressed without saying so."""
    return Response(200, gzip.compress(_rss(head, entries).encode(), mtime=0), dict(RSS))


# ------------------------------------------------------------ harmful ones


def _hostile(head: Head, entries: Sequence[Entry]) -> Response:
    harm = "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"
    one = Entry(f"{head.link}#{harm}", f"Hello {harm}", "javascript:alert(4)", harm, harm, _newest(entries))
    return rss(head, [one, *entries])


def _many(head: Head, entries: Sequence[Entry]) -> Response:
    more = [
        Entry(f"{head.link}#{n}", f"Post {n}", f"{head.link}{n}/", "Rosa", "Words.", _newest(entries))
        for n in range(MANY)
    ]
    return rss(head, [*entries, *more])


def _huge(head: Head, entries: Sequence[Entry]) -> Response:
    one = Entry(f"{head.link}#huge", "Huge", head.link, "Rosa", "words " * (HUGE // 6), _newest(entries))
    return rss(head, [one])


def _bomb(head: Head, entries: Sequence[Entry]) -> Response:
    """A few kilobytes that become hundreds of megabytes."""
    return Response(200, bomb(BOMB_MEGABYTES), RSS | {"content-encoding": "gzip"})


def bomb(megabytes: int) -> bytes:
    """Gzip made of one block again and again: nothing in it looks back."""
    spaces = b" " * 2**20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(spaces) + packer.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    check = 0
    for _ in range(megabytes):
        check = zlib.crc32(spaces, check)
    end = struct.pack("<II", check, megabytes * 2**20 % 2**32)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + block * megabytes + last + end


def _drip(head: Head, entries: Sequence[Entry]) -> Response:
    response = rss(head, entries)
    response.drip = 1.0
    return response


def _laughs(head: Head, entries: Sequence[Entry]) -> Response:
    doctype = f'{_DECLARED}<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>\n'
    return Response(200, _rss(head, entries, lambda one: "<title>&l9;</title>", doctype).encode(), dict(RSS))


def _external(head: Head, entries: Sequence[Entry]) -> Response:
    doctype = f'{_DECLARED}<!DOCTYPE rss [<!ENTITY secret SYSTEM "file:///etc/hostname">]>\n'
    return Response(200, _rss(head, entries, lambda one: "<title>&secret;</title>", doctype).encode(), dict(RSS))


def _to(status: int, address: str | None) -> Kind:
    """Elsewhere; None is the right feed of the same blog."""

    def moved(head: Head, entries: Sequence[Entry]) -> Response:
        place = head.address.rpartition("/feed/")[0] + "/feed/rss" if address is None else address or head.address
        return Response(status, b"", {"location": place})

    return moved


def _refused(status: int) -> Kind:
    def refused(head: Head, entries: Sequence[Entry]) -> Response:
        wait = {"retry-after": str(AGAIN_SECONDS)} if status in (429, 503) else {}
        return Response(status, b"<p>Not now.</p>", HTML | wait)

    return refused


KINDS: Mapping[str, Kind] = {
    "rss": rss, "atom": atom, "etag": rss, "lastmod": rss,
    "noguid": _noguid, "sameguid": _sameguid, "undated": _undated, "misdated": _misdated, "relative": _relative,
    "bozo": _bozo, "charset": _charset, "undeclared": _undeclared, "utf16": _utf16,
    "empty": lambda head, entries: Response(200, b"", dict(RSS)),
    "login": _login, "json": _json_feed, "zipped": _zipped,
    "hostile": _hostile, "many": _many, "huge": _huge, "bomb": _bomb, "drip": _drip, "laughs": _laughs,
    "external": _external,
    "moved301": _to(301, None), "moved308": _to(308, None), "moved302": _to(302, None), "loop": _to(302, ""),
    "inward": _to(302, "http://169.254.169.254/latest/meta-data/"), "file": _to(302, "file:///etc/hostname"),
    "gone": _refused(410), "missing": _refused(404), "busy": _refused(429), "down": _refused(503),
}  # fmt: skip
# Those that send no validators, or only one of the two.
WITHOUT = {"etag": {"last-modified"}, "lastmod": {"etag"}, "login": {"etag", "last-modified"}}


def serve(kind: str, head: Head, entries: Sequence[Entry], asked: Mapping[str, str]) -> Response:
    """A feed with its validators, or 304 where the asker has it already. `asked` are the request's headers."""
    response = KINDS[kind](head, entries)
    if response.status != 200:
        return response
    digest = hashlib.md5(response.body, usedforsecurity=False).hexdigest()
    weak = "W/" if kind == "etag" else ""
    validators = {"etag": f'{weak}"{digest}"', "last-modified": format_datetime(_newest(entries), usegmt=True)}
    held = {name: value for name, value in validators.items() if name not in WITHOUT.get(kind, set())}
    response.headers |= held
    if _has_it(held, asked):
        return Response(304, b"", held)
    return response


def _has_it(held: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    """As HTTP has it: where there is an ETag, only that counts."""
    if "if-none-match" in asked and "etag" in held:
        return held["etag"].removeprefix("W/") in [
            one.strip().removeprefix("W/") for one in asked["if-none-match"].split(",")
        ]
    return "last-modified" in held and asked.get("if-modified-since") == held["last-modified"]
