"""The client of a WordPress's own REST API: finding its root, its errors as ours, and comments page by page."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urljoin

import requests

from connectors.blog.address import canonical, failure, loopback_allowed, refuse_plain
from connectors.contract import (
    Account,
    AlreadyDone,
    ConnectorError,
    Disconnected,
    Forbidden,
    Reason,
    Refused,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from connectors.reading import as_list, as_object, ident
from connectors.safe_fetch import Fetched, fetch

API = "https://api.w.org/"
PER_PAGE = 100
MOST_PAGES = 20
WITHIN = 20.0
ROOT_KNOWN_FOR = 3600.0
FLOOD = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=24)

_LINK_HEADER = re.compile(r'<([^<>]{1,2000})>\s*;[^,]*rel="?https://api\.w\.org/"?')
_LINK_TAG = re.compile(rb"<link[^<>]{0,500}https://api\.w\.org/[^<>]{0,500}>", re.IGNORECASE)
_HREF = re.compile(rb"""href=["']([^"'<>]{1,2000})["']""", re.IGNORECASE)
_CODE = re.compile(r"[a-z0-9_]{1,60}")
_roots: dict[str, tuple[str, float]] = {}

GONE = frozenset({"rest_comment_invalid_id", "rest_comment_invalid_post_id", "rest_post_invalid_id"})
UNPUBLISHED = frozenset({"rest_comment_draft_post", "rest_comment_trash_post"})
TOO_LONG = frozenset({"rest_comment_content_too_long", "comment_content_column_length"})
EMPTY = frozenset({"rest_comment_content_invalid", "require_valid_comment"})


class WordPress:
    """One account's calls. Every failure is a ConnectorError of the contract, its code WordPress's."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.loopback = loopback_allowed(account.app)
        self.url = canonical(account.credentials.get("url", ""))

    def root(self) -> str:
        """Where the REST API begins, with a slash at its end or as "…?rest_route=/"."""
        known = _roots.get(self.url)
        if known and known[1] > time.monotonic():
            return known[0]
        refuse_plain(self.url, self.account.app)
        found = self._discover()
        refuse_plain(found, self.account.app)
        _roots[self.url] = (found, time.monotonic() + ROOT_KNOWN_FOR)
        return found

    def front(self) -> str:
        """The site's address as its REST root tells it, whichever one was given."""
        return self.root().partition("?")[0].removesuffix("wp-json/")

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, query, None)[0]

    def post(self, path: str, **body: Any) -> Any:
        return self._call("POST", path, {}, body)[0]

    def pages(self, path: str, **query: Any) -> Iterator[tuple[list[Mapping[str, Any]], bool]]:
        """The pages of a list, and whether there are more. At most MOST_PAGES.

        A short page is not the last: WordPress leaves out what we may not read.
        """
        for number in range(1, MOST_PAGES + 1):
            found, headers = self._call("GET", path, {"per_page": PER_PAGE, **query, "page": number}, None)
            more = number < _total(headers, number, bool(as_list(found)))
            yield [as_object(item) for item in as_list(found)], more
            if not more:
                return

    def _discover(self) -> str:
        try:
            page = fetch(self.url, within=WITHIN, max_bytes=2_000_000, loopback=self.loopback)
        except requests.RequestException as error:
            raise failure(error) from None
        if said := _LINK_HEADER.search(page.headers.get("link", "")):
            return str(urljoin(page.url, said[1]))
        for tag in _LINK_TAG.findall(page.body):
            if href := _HREF.search(tag):
                return str(urljoin(page.url, href[1].decode("utf-8", "replace").replace("&amp;", "&")))
        for guess in ("wp-json/", "?rest_route=/"):
            if root := self._guess(urljoin(page.url, guess)):
                return root
        raise Refused(Reason.INVALID, "no REST API is found there", code="no_rest")

    def _guess(self, root: str) -> str:
        try:
            found = fetch(root, within=WITHIN, max_bytes=2_000_000, loopback=self.loopback)
        except requests.RequestException:
            return ""
        return root if "wp/v2" in as_list(as_object(_decoded(found)).get("namespaces")) else ""

    def _call(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> tuple[Any, Mapping[str, str]]:
        url, wrote = _address(self.root(), path, query), method != "GET"
        try:
            answer = fetch(
                url, method=method, headers=self._headers(), json=body, within=WITHIN, loopback=self.loopback
            )
        except requests.RequestException as error:
            raise failure(error, wrote=wrote) from None
        if answer.url != url:
            refuse_plain(answer.url, self.account.app)
        said = _decoded(answer)
        if 200 <= answer.status < 300 and said is not None:
            return said, answer.headers
        raise _refusal(answer, as_object(said), wrote=wrote)

    def _headers(self) -> dict[str, str]:
        given = self.account.credentials
        pair = f"{given.get('username', '')}:{given.get('application_password', '')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}", "Accept": "application/json"}


def _address(root: str, path: str, query: Mapping[str, Any]) -> str:
    words = urlencode(query)
    joiner = "&" if "?" in root else "?"
    return f"{root}{path}{joiner}{words}" if words else f"{root}{path}"


def _total(headers: Mapping[str, str], number: int, filled: bool) -> int:
    """How many pages there are; without the header another one is asked for until one is empty."""
    said = headers.get("x-wp-totalpages", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 8 else number + filled


def _decoded(answer: Fetched) -> Any:
    """The JSON of an answer, None where it is none; some plugins print before it."""
    text = answer.body.lstrip(b"\xef\xbb\xbf \r\n\t")
    if text[:1] not in (b"{", b"["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _refusal(answer: Fetched, said: Mapping[str, Any], *, wrote: bool) -> ConnectorError:
    given = ident(said.get("code"))
    code = given if _CODE.fullmatch(given) else str(answer.status)
    status = answer.status
    if status in (409,) or code == "comment_duplicate":
        return AlreadyDone("the same words are there", code=code, otherwise=Reason.DUPLICATE)
    if status == 429 or code == "comment_flood":
        return Throttled("too fast", retry_at=retry_at(answer.headers, FLOOD), code=code)
    if status == 401:
        return Disconnected("not signed in", code=code)
    if status == 403:
        return _forbidden(code)
    if status in (404, 410) or code in GONE:
        return (
            Refused(Reason.GONE, code=code, lasting=True) if given else Unavailable("no such address", code="no_rest")
        )
    if status == 501:
        return Refused(Reason.NOT_SUPPORTED, code=code)
    if 400 <= status < 500 and status != 408:
        return Refused(_why(code), code=code)
    if 300 <= status < 400:
        return Unavailable("sent elsewhere", code="redirected")
    if wrote and status != 503:
        return UnknownOutcome("no usable answer", code=code)
    return Unavailable("no usable answer", code=code if status >= 400 else "no_json")


def _forbidden(code: str) -> ConnectorError:
    if code == "rest_comment_closed":
        return Refused(Reason.CLOSED, code=code, lasting=True)
    if code in UNPUBLISHED | GONE:
        return Refused(Reason.GONE, code=code, lasting=True)
    return Forbidden("moderate_comments", code=code)


def _why(code: str) -> Reason:
    if code in TOO_LONG:
        return Reason.TOO_LONG
    return Reason.EMPTY if code in EMPTY else Reason.INVALID


def retry_at(headers: Mapping[str, str], otherwise: timedelta) -> datetime:
    """When to try again: Retry-After in seconds or as a date, between now and a day from now."""
    now, said = datetime.now(UTC), headers.get("retry-after", "").strip()
    wait = otherwise
    if said.isascii() and said.isdigit() and len(said) < 9:
        wait = timedelta(seconds=int(said))
    elif said:
        try:
            wait = parsedate_to_datetime(said).astimezone(UTC) - now
        except (ValueError, TypeError, OverflowError):
            wait = otherwise
    return now + min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)
