"""Blogs: the company's own WordPress, comment feeds of any engine, and what other people's blogs say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from connectors.blog import comments, entries, feed, webmention, websub
from connectors.blog.bodies import MARK
from connectors.blog.explained import gettext_noop
from connectors.blog.feeds import comment_feed, watch
from connectors.blog.site import site
from connectors.contract import (
    App,
    Channel,
    Inbound,
    Notice,
    NoticeKind,
    Platform,
    Raw,
    Unknown,
    Unreadable,
    Webhook,
)
from connectors.reading import as_list, as_object, ident, label

NAMES = frozenset({"blog", "feed", "watch"})
# Of a file that was not made by our poll nobody knows the account.
NOBODY = "unaddressed"
_ACCOUNT = re.compile(rb'"account":"((?:[^"\\]|\\.){1,400})"')


class Blogs(Platform):
    name: ClassVar[str] = "blog"
    label: ClassVar[str] = gettext_noop("Blogs")
    channels: ClassVar[tuple[Channel, ...]] = (site, comment_feed, watch)
    needs_app: ClassVar[bool] = False
    accepted: ClassVar[int] = 202

    def account_in(self, body: bytes) -> bytes:
        found = _ACCOUNT.search(body, 0, 600)
        return found[1] if found else b""

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        return websub.challenge(app, query)

    def verify(self, app: App, webhook: Webhook) -> None:
        """A hub's push is signed; a webmention is anybody's, and believed only once the page was looked at."""
        if websub.is_push(app, webhook.query):
            websub.verify(app, webhook)
        else:
            webmention.verify(webhook)

    def parse(self, raw: Raw) -> list[Inbound]:
        query = dict(parse_qsl(raw.headers.get("x-query", "")))
        if query or webmention.form(raw.body):
            return [_news(raw, query)]
        text = raw.body.lstrip(b"\xef\xbb\xbf \r\n\t")
        if text[:1] in (b"{", b"["):
            return list(_json(text, raw))
        if b"<methodResponse" in text[:1000]:
            return [Unknown("blog", NOBODY, "xmlrpc", "the older interface of WordPress is not read")]
        found = feed.read(raw.body, content_type=raw.headers.get("content-type", ""), now=raw.received_at)
        return [entries.read("feed", NOBODY, entry.plain(), raw.received_at) for entry in found.entries]


def _news(raw: Raw, query: Mapping[str, str]) -> Inbound:
    """A hub's push means: look. A webmention means: look there."""
    channel, account = query.get("c", ""), query.get("a", "")
    if channel not in NAMES or not account:
        return Unknown("blog", NOBODY, "news", "the address names no account")
    # Anybody may send a form, whatever the address says: only what is none was signed by a hub.
    about = webmention.form(raw.body)
    if not about and not query.get("t"):
        return Unknown(channel, account, "news", "neither a push nor a webmention")
    return Notice(channel, account, NoticeKind.NEWS, raw.received_at, data=about, raw_kind="news")


def _json(text: bytes, raw: Raw) -> Iterator[Inbound]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None
    about = as_object(said)
    if MARK in about:
        yield from _polled(about, raw)
    elif "jsonfeed.org" in str(about.get("version")):
        found = feed.read(text, now=raw.received_at)
        yield from (entries.read("feed", NOBODY, entry.plain(), raw.received_at) for entry in found.entries)
    elif "code" in about and "message" in about:
        yield Unknown("blog", NOBODY, label("error", about.get("code")), "an error of WordPress")
    elif _comments(said):
        for item in as_list(said):
            yield from comments.read(NOBODY, as_object(item), raw.received_at, ours=False, channel="blog")
    else:
        yield Unknown("blog", NOBODY, "json", "neither comments of WordPress nor a feed")


def _comments(said: Any) -> bool:
    """WordPress's own shape; that of WordPress.com has other names."""
    return any("date_gmt" in as_object(item) and "content" in as_object(item) for item in as_list(said))


def _polled(about: Mapping[str, Any], raw: Raw) -> Iterator[Inbound]:
    channel, account = ident(about.get("channel")), ident(about.get("account"))
    if channel not in NAMES or not account:
        yield Unknown("blog", NOBODY, "poll", "no account is named")
    elif "comment" in about and channel == "blog":
        given, ours = as_object(about["comment"]), about.get("ours") is True
        yield from comments.read(account, given, raw.received_at, ours=ours, channel=channel)
    elif "entry" in about and channel != "blog":
        given, ours = as_object(about["entry"]), about.get("ours") is True
        yield entries.read(channel, account, given, raw.received_at, ours=ours)
    elif "mention" in about:
        yield webmention.read(channel, account, as_object(about["mention"]), raw.received_at)
    else:
        yield Unknown(channel, account, "poll", "nothing we know is in it")


platform = Blogs()
