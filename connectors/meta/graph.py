"""The client of the Graph API: facebook-sdk with the transport replaced.

The SDK gives the vocabulary (get_object, put_comment, …). Its own transport waits for ever, puts
tokens into URLs, sends dicts as their first key and takes an HTTP 500 for success. This is the only
module that imports `facebook`.
"""

from __future__ import annotations

import json
import logging
import random
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import facebook
import requests
import urllib3.exceptions

from connectors.contract import (
    Account,
    App,
    ConnectorError,
    Disconnected,
    Reason,
    Refused,
    Throttled,
    Unavailable,
    Usage,
)
from connectors.http import TIMEOUT, Session, TooLarge
from connectors.meta.errors import Answered, from_graph, lost, tidy_trace, without_error
from connectors.meta.signature import appsecret_proof
from connectors.meta.usage import bucket_of, retry_at, usages, version_warnings

log = logging.getLogger(__name__)
GRAPH_URL = "https://graph.facebook.com"
GRAPH_VERSION = "v25.0"
WAITS = (0.25, 0.75)
NEVER_IN_URL = frozenset({"input_token", "client_secret", "fb_exchange_token", "code"})
PAGING = frozenset({"after", "until", "since", "offset", "__paging_token"})

_VERSION = re.compile(r"v\d{1,3}\.\d{1,2}", re.ASCII)
_PATH = re.compile(r"v\d{1,3}\.\d{1,2}(/[\w.:$=~-]+)+", re.ASCII)
_SECONDS = re.compile(r"\d{1,3}(\.\d{1,3})?", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]{1,2000}")
_NEEDS_TO_WRITE = {
    "messages": "pages_messaging",
    "subscribed_apps": "pages_manage_metadata",
}
_NEEDS_TO_READ = {
    "conversations": "pages_messaging",
    "subscribed_apps": "pages_manage_metadata",
    "feed": "pages_read_user_content",
    "tagged": "pages_read_user_content",
    "comments": "pages_read_user_content",
}


@dataclass(frozen=True, slots=True)
class Config:
    """Where Graph is: `graph_url`, `graph_version`, `timeout` ("connect,read" in seconds) of an app's config."""

    url: str
    version: str
    timeout: tuple[float, float]

    @classmethod
    def of(cls, app: App) -> Config:
        """Raises Unavailable where the installation set nonsense: replies wait until that is mended."""
        url = app.config.get("graph_url") or GRAPH_URL
        version = app.config.get("graph_version") or GRAPH_VERSION
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise Unavailable("graph_url is no web address")
        if not _VERSION.fullmatch(version):
            raise Unavailable("graph_version is not like v25.0")
        return cls(url.rstrip("/"), version, _timeout(app.config.get("timeout", "")))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a list, and the paging arguments of the next; None at the end."""

    items: list[dict[str, Any]]
    then: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    query: Mapping[str, Any]
    form: Mapping[str, Any] | None
    json: Any
    files: Any
    token: str
    reads: bool

    @property
    def wrote(self) -> bool:
        """Whether repeating it could do something twice. Deleting twice is deleting once."""
        return not self.reads and self.method != "DELETE"

    @property
    def needs(self) -> str:
        edge = self.path.rstrip("/").rpartition("/")[2]
        if self.reads:
            return _NEEDS_TO_READ.get(edge, "pages_read_engagement")
        return _NEEDS_TO_WRITE.get(edge, "pages_manage_engagement")


@dataclass(frozen=True, slots=True)
class _Lost:
    """A call without a usable answer: whether it may have arrived, and whether again would only take as long."""

    name: str
    arrived: bool
    hopeless: bool


class GraphClient(facebook.GraphAPI):  # type: ignore[misc]  # the SDK has no types
    """One account's calls to Graph. Use one per piece of work, as a context manager; not across threads.

    Every failure is a ConnectorError of the contract, without token, URL or Meta's text in it.
    `spoken` is the version that answered last, "" before.
    """

    def __init__(self, account: Account) -> None:
        token = account.credentials.get("access_token", "")
        if not _TOKEN.fullmatch(token):
            raise Disconnected("the access token is missing or malformed")
        self.config = Config.of(account.app)
        super().__init__(access_token=token, session=Session(timeout=self.config.timeout))
        self.version = self.config.version  # the SDK's own argument knows no version later than 3.1
        self.account, self.spoken = account, ""
        self.session.headers["User-Agent"] = "Socialcare"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.session.close()

    def request(
        self,
        path: str,
        args: Mapping[str, Any] | None = None,
        post_args: Mapping[str, Any] | None = None,
        files: Any = None,
        method: str | None = None,
        *,
        json_body: Any = None,
    ) -> dict[str, Any]:
        """Call Graph once, or up to three times where that is surely harmless; `path` begins with the version.

        A write is repeated only if no connection was made; a read not after it hung.
        """
        call = self._call(path, args, post_args, files, method, json_body)
        for wait in (*WAITS, None):
            answer, failure, again = self._try(call)
            if failure is None:
                return answer
            if wait is None or not again:
                raise failure
            time.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        raise AssertionError("the last round returns or raises")

    def post_json(self, node: str, edge: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self.request(f"{self.version}/{node}/{edge}", json_body=body)

    def remove_connection(self, node: str, edge: str) -> dict[str, Any]:
        return self.request(f"{self.version}/{node}/{edge}", method="DELETE")

    def pages(
        self, node: str, edge: str, *, most: int, start: Mapping[str, str] | None = None, pause: float = 0, **args: Any
    ) -> Iterator[Sheet]:
        """At most `most` pages of a list, `pause` seconds between them; ends where a page repeats itself.

        Follows cursors; Meta's `next` is a URL with the token in it and is only read for its position.
        """
        position: dict[str, str] | None = dict(start or {})
        seen: list[dict[str, str] | None] = []
        while position is not None and position not in seen and len(seen) < most:
            if seen and pause:
                time.sleep(pause)
            seen.append(position)
            answer = self.get_connections(node, edge, **{**args, **position})
            position = following(answer)
            data = answer.get("data")
            items = [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
            yield Sheet(items, None if position in seen else position)

    def get_all_connections(self, id: str, connection_name: str, **args: Any) -> Iterator[dict[str, Any]]:
        for sheet in self.pages(id, connection_name, most=50, **args):
            yield from sheet.items

    def debug_access_token(self, token: str, app_id: str, app_secret: str) -> dict[str, Any]:
        """What Graph knows of a token: the object under `data`."""
        args = {"input_token": token, "access_token": self.get_app_access_token(app_id, app_secret, offline=True)}
        found = self.request(f"{self.version}/debug_token", args).get("data")
        return found if isinstance(found, dict) else {}

    def get_version(self) -> str:
        """The version that answered last; the SDK's own way puts the token into the URL."""
        return self.spoken

    def warnings(self) -> tuple[str, ...]:
        return version_warnings(self.version, self.spoken, datetime.now(UTC).date())

    def _call(self, path: str, args: Any, post_args: Any, files: Any, method: str | None, json_body: Any) -> _Call:
        whole = _PATH.fullmatch(path) or (path == f"{self.version}/" and "ids" in (args or {}))
        if not whole or any(set(part) == {"."} for part in path.split("/")):
            raise Refused(Reason.INVALID, "this is no id of Graph's")
        query, form = _encoded(args or {}), None if post_args is None else _encoded(post_args)
        token = query.pop("access_token", None) or (form or {}).pop("access_token", None) or self.access_token
        method = "POST" if form is not None else method or ("GET" if json_body is None else "POST")
        reads = method == "GET"
        if reads and not NEVER_IN_URL.isdisjoint(query):
            method, form, query = "POST", {**query, "method": "get"}, {}
        secrets = self.account.app.secrets
        if secrets and "|" not in token:
            query["appsecret_proof"] = appsecret_proof(token, secrets[0])
        return _Call(method, path, query, form, json_body, files, token, reads)

    def _try(self, call: _Call) -> tuple[dict[str, Any], ConnectorError | None, bool]:
        """The answer, or the error and whether asking again is harmless."""
        response = self._exchange(call)
        if isinstance(response, _Lost):
            failed = lost(f"no answer: {response.name}", wrote=call.wrote and response.arrived)
            return {}, failed, not response.arrived or not (call.wrote or response.hopeless)
        answer, failure = _read(response, self._heed(call, response.status_code, response.headers))
        if isinstance(failure, Throttled):
            self._report(Usage(bucket_of(failure.code, self.account.external_id), 100.0, failure.retry_at))
        return answer, failure, isinstance(failure, Unavailable)

    def _heed(self, call: _Call, status: int, headers: Mapping[str, str]) -> Answered:
        """Take from the headers what they say beside the answer."""
        now = datetime.now(UTC)
        self.spoken = headers.get("facebook-api-version", "")[:10] or self.spoken
        page = self.account.external_id
        for usage in usages(headers, page, now):
            self._report(usage)
        trace = tidy_trace(headers.get("x-fb-trace-id"))
        return Answered(status, call.wrote, retry_at(headers, page, now), call.needs, trace)

    def _exchange(self, call: _Call) -> requests.Response | _Lost:
        try:
            return self.session.request(  # type: ignore[no-any-return]  # the SDK's attribute has no type
                call.method,
                f"{self.config.url}/{call.path}",
                params=call.query,
                data=call.form,
                json=call.json,
                files=call.files,
                headers={"Authorization": f"Bearer {call.token}", "Accept": "application/json"},
            )
        except requests.RequestException as error:
            return _Lost(type(error).__name__, not _never_sent(error), _hopeless(error))

    def _report(self, usage: Usage) -> None:
        try:
            self.account.report_usage(usage)
        except Exception:  # the message may be out: whoever counts must not make it look failed
            log.exception("the usage of Graph could not be noted")


def _timeout(text: str) -> tuple[float, float]:
    if not text:
        return TIMEOUT
    parts = [float(part) if _SECONDS.fullmatch(part.strip()) else 0.0 for part in text.split(",")]
    if len(parts) != 2 or min(parts) <= 0:
        raise Unavailable("timeout is not like 3.05,15")
    return parts[0], parts[1]


def following(answer: Mapping[str, Any]) -> dict[str, str] | None:
    """Where the next page of a list starts; None at the end. A cursor without a `next` is the end."""
    paging = answer.get("paging")
    following_url = paging.get("next") if isinstance(paging, dict) else None
    if not isinstance(paging, dict) or not isinstance(following_url, str) or not following_url:
        return None
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    if isinstance(after, str) and after:
        return {"after": after}
    try:
        query = urlsplit(following_url).query
    except ValueError:
        return None
    return {name: value for name, value in parse_qsl(query) if name in PAGING} or None


def _read(response: requests.Response, answered: Answered) -> tuple[dict[str, Any], ConnectorError | None]:
    if answered.status < 300 and not response.content.strip():
        return {}, None
    kind = response.headers.get("content-type", "").lower()
    try:
        body = json.loads(response.content) if not kind or "json" in kind or "javascript" in kind else None
    except (ValueError, RecursionError):
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    if error not in (None, False):
        # A write that succeeded and only could not be read back carries its real answer inside the error.
        original = error.get("original_response") if isinstance(error, dict) else None
        return (original, None) if isinstance(original, dict) else ({}, from_graph(error, answered))
    if answered.status < 300 and isinstance(body, dict):
        return body, None
    if answered.status < 300 and body is True:
        return {"success": True}, None
    return {}, without_error(answered)


def _encoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """As Graph reads forms and queries: nested values and truth as JSON, nothing for None."""
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value
        for name, value in values.items()
        if value is not None
    }


def _never_sent(error: requests.RequestException) -> bool:
    """Whether surely no byte of the request left: then even a write may be tried again."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, urllib3.exceptions.SSLError):
        return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in reason.args)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _hopeless(error: requests.RequestException) -> bool:
    inner = error.args[0] if error.args else None
    return isinstance(error, requests.Timeout | TooLarge) or isinstance(inner, urllib3.exceptions.ReadTimeoutError)
