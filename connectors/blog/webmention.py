"""Webmention: a page says that it links to ours. Believed only once we have looked.

The sender gets its answer at once; the page is fetched afterwards, by `verified`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from connectors.blog import bodies, markup, mentioning
from connectors.blog.address import above_feeds, digest, failure, lies_on, loopback_allowed
from connectors.contract import (
    Account,
    Attachment,
    Author,
    BadSignature,
    Inbound,
    Kind,
    Post,
    Unavailable,
    Unknown,
    Webhook,
)
from connectors.http import TooLarge
from connectors.reading import link, point_in_time, words
from connectors.safe_fetch import MAX_URL, fetch

FORM = "application/x-www-form-urlencoded"
MAX_FORM = 8192
MAX_PAGE = 1024 * 1024
WITHIN = 15.0


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
    except TooLarge:
        return ()
    except requests.RequestException as error:
        raise failure(error) from None
    if answer.status == 429 or answer.status >= 500:
        raise Unavailable(f"answered {answer.status}", code=str(answer.status))
    if answer.status != 200 or _ours(account, answer.url):
        return ()
    page = mentioning.read(answer.body.decode("utf-8", "replace"), answer.url, target)
    if page is None:
        return ()
    told = {
        "source": source,
        "target": target,
        "title": markup.line(page.title)[:200],
        "author": markup.line(page.author)[:200],
        "text": markup.words(page.text),
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
        attachments=_target(told["target"]),
        created_at=at or received_at,
        dated=at is not None,
        permalink=source,
        raw_kind="webmention",
    )


def _target(given: str) -> tuple[Attachment, ...]:
    """The page of ours that is linked to, by what a reader sees of its address."""
    target = link(given, 1000)
    return (Attachment("target", target, target.partition("://")[2].rstrip("/")[:200], "target"),) if target else ()


def _ours(account: Account, url: str) -> bool:
    """Whether a page is the account's own. A feed does not say where its site begins: above its feeds."""
    own = account.credentials.get("url", "")
    return lies_on(url, own if account.channel == "blog" else above_feeds(own))
