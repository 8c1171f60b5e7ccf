"""Webmention: a page says that it links to ours. Believed only once we have looked.

The sender gets its answer at once; the page is fetched afterwards, by `verified`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests

from connectors.blog import bodies, markup
from connectors.blog.address import above_feeds, digest, failure, lies_on, loopback_allowed
from connectors.contract import Account, Author, BadSignature, Inbound, Kind, Post, Unknown, Webhook
from connectors.reading import link, point_in_time, words
from connectors.safe_fetch import MAX_URL, fetch

FORM = "application/x-www-form-urlencoded"
MAX_FORM = 8192
MAX_PAGE = 1024 * 1024
WITHIN = 15.0
MAX_TEXT = 2000
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_NO_WORDS = frozenset({"script", "style", "nav", "header", "footer", "aside", "form", "noscript", "template", "svg"})


def address(account: Account) -> str:
    """Where other pages send webmentions about this account's site."""
    return f"{account.app.webhook_url}?{urlencode({'c': account.channel, 'a': account.external_id})}"


def form(body: bytes) -> dict[str, str]:
    """`source` and `target` of a webmention; {} where it is none."""
    if len(body) > MAX_FORM:
        return {}
    try:
        given = dict(parse_qsl(body.decode("ascii")))
    except (UnicodeDecodeError, ValueError):
        return {}
    source, target = link(given.get("source"), MAX_URL), link(given.get("target"), MAX_URL)
    return {"source": source, "target": target} if source and target and source != target else {}


def verify(webhook: Webhook) -> None:
    """Anybody may send one: only its form is checked here. Raises BadSignature."""
    if not webhook.headers.get("content-type", "").lower().startswith(FORM) or not form(webhook.body):
        raise BadSignature("neither a signed push nor a webmention")


def verified(account: Account, about: Mapping[str, str]) -> tuple[bytes, ...]:
    """The mention as a body, if the source links to the target, and the target is on the account's own site."""
    source, target = about.get("source", ""), about.get("target", "")
    if not (source and target) or not _ours(account, target) or _ours(account, source):
        return ()
    try:
        answer = fetch(
            source,
            headers={"Accept": "text/html, application/xhtml+xml;q=0.9"},
            max_bytes=MAX_PAGE,
            within=WITHIN,
            loopback=loopback_allowed(account.app),
        )
    except requests.RequestException as error:
        raise failure(error) from None
    if answer.status != 200:
        return ()
    page = _Page(answer.url)
    page.feed(answer.body.decode("utf-8", "replace"))
    page.close()
    if _bare(target) not in {_bare(address) for address in page.links}:
        return ()
    told = {
        "source": source,
        "target": target,
        "title": markup.line(page.title)[:200],
        "author": markup.line(page.author)[:200],
        "text": markup.words(page.text)[:MAX_TEXT],
        "at": page.at,
    }
    return (bodies.body(account, mention=told),)


def read(channel: str, account: str, given: Mapping[str, Any], received_at: datetime) -> Inbound:
    """A page that mentions us. Who wrote it is told by the page, or else by its host."""
    told = {name: words(given.get(name)) for name in ("source", "target", "title", "author", "text", "at")}
    source = link(told["source"], 1000)
    if not source:
        return Unknown(channel, account, "mention/without_source")
    host = urlsplit(source).hostname or ""
    name = told["author"] or host
    external_id = f"m-{digest(source, told['target'])[:32]}"
    at = point_in_time(told["at"], received_at)
    said = "\n\n".join(part for part in (told["title"], told["text"]) if part)
    return Post(
        channel=channel,
        account=account,
        external_id=external_id,
        kind=Kind.MENTION,
        thread_id=external_id,
        author=Author(f"page:{digest(host, name)[:32]}", name[:200], host[:200]),
        text=said[:4000] or source,
        created_at=at or received_at,
        dated=at is not None,
        permalink=source,
        raw_kind="webmention",
    )


def _ours(account: Account, url: str) -> bool:
    """Whether a page is the account's own. A feed does not say where its site begins: above its feeds."""
    own = account.credentials.get("url", "")
    return lies_on(url, own if account.channel == "blog" else above_feeds(own))


def _bare(url: str) -> str:
    """Without what makes no other page."""
    parts = urlsplit(url)
    return f"{(parts.netloc or '').lower()}{parts.path.rstrip('/')}?{parts.query}"


@dataclass
class _Page(HTMLParser):
    """Links, title, author and first words of a page; microformats where it has them."""

    url: str
    links: list[str] = field(default_factory=list)
    title: str = ""
    author: str = ""
    text: str = ""
    at: str = ""
    _open: list[tuple[str, frozenset[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in ("href", "src"):
            if given.get(name):
                self._link(given[name] or "")
        if tag == "time" and not self.at:
            self.at = _moment(given.get("datetime") or "")
        if tag not in _VOID and len(self._open) < 500:
            self._open.append((tag, frozenset((given.get("class") or "").split())))

    def handle_endtag(self, tag: str) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == tag:
                del self._open[index:]
                return

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _ in self._open}
        classes = {name for _, names in self._open for name in names}
        if "title" in tags:
            self.title += data
        elif "p-author" in classes or "h-card" in classes:
            self.author = f"{self.author} {data.strip()}".strip()[:200]
        elif not tags & _NO_WORDS and ("body" in tags or "e-content" in classes) and len(self.text) < MAX_TEXT:
            self.text = re.sub(r"\s+", " ", f"{self.text} {data}").lstrip()

    def _link(self, given: str) -> None:
        try:
            address = link(urljoin(self.url, given.strip()))
        except ValueError:
            return
        if address and len(self.links) < 5000:
            self.links.append(address)


def _moment(text: str) -> str:
    found = point_in_time(text, datetime.now(UTC))
    return found.isoformat() if found else ""
