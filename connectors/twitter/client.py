"""The client of API v2: tweepy with its one method that calls replaced.

Tweepy gives the vocabulary. Its own transport has no time-outs, sleeps through limits, follows redirects,
writes tokens into its log and raises whatever comes. Nothing else imports `tweepy`.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

import requests
import tweepy
import urllib3.exceptions
from tweepy.auth import OAuth1UserHandler

from connectors.contract import Account, Disconnected, Forbidden, Reason, Refused, Unavailable
from connectors.http import TIMEOUT, Session
from connectors.reading import as_list, as_object, words
from connectors.twitter import tokens
from connectors.twitter.errors import Answered, from_answer, lost, moment, read_object, refused_whole

API_URL = "https://api.x.com"
# They write headers, signatures and bodies at DEBUG, tokens among them.
TALKATIVE = ("tweepy", "oauthlib", "requests_oauthlib")
for _name in TALKATIVE:
    logging.getLogger(_name).setLevel(logging.WARNING)

_ROUTE = re.compile(r"/2(?:/[\w-]+)+", re.ASCII)
_SECONDS = re.compile(r"\d{1,3}(\.\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Left:
    """How many calls of one kind are left until when."""

    remaining: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a list, newest first. `newest` is "" of an empty one, `then` "" at the end."""

    items: list[Mapping[str, Any]]
    includes: Mapping[str, Any]
    newest: str
    then: str


class XClient(tweepy.Client):  # type: ignore[misc]  # tweepy has no types
    """Calls of one account, or of the app itself. Use one per piece of work, as a context manager.

    Every failure is a ConnectorError of the contract without token, URL or words in it. `left` says
    what the limits were after a call, by its route.
    """

    def __init__(self, account: Account, *, as_app: bool = False) -> None:
        self.account, self.as_app = account, as_app
        self.credentials = account.credentials
        app, bearer = account.app, account.app.credentials.get("bearer_token", "")
        if as_app and not bearer:
            raise Forbidden("the app has no bearer token", code="bearer_token")
        if not as_app and not self.credentials.get("access_token"):
            raise Disconnected("the account has no token", code="no_token")
        super().__init__(bearer, return_type=dict)
        self.session = Session(timeout=_timeout(app.config.get("timeout", "")))
        self.base_url = _base_url(app.config.get("api_url") or API_URL)
        self.left: dict[str, Left] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.session.close()

    def request(
        self,
        method: str,
        route: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        user_auth: bool = False,
    ) -> requests.Response:
        """One call. A token that is used up is renewed first, and once more where X says so: then nothing was done."""
        if not _ROUTE.fullmatch(route):
            raise Refused(Reason.INVALID, "this is no address of X's")
        if not self.as_app and tokens.is_stale(self.credentials, time.time()):
            self.credentials = tokens.renewed(self.account)
        response = self._exchange(method, route, params, json)
        if response.status_code == 401 and not self.as_app and not tokens.uses_keys(self.credentials):
            self.credentials = tokens.renewed(self.account)
            response = self._exchange(method, route, params, json)
        return self._checked(method, response)

    def get(self, route: str, **params: Any) -> Mapping[str, Any]:
        return self._object(self.request("GET", route, params={k: v for k, v in params.items() if v not in (None, "")}))

    def send(self, method: str, route: str, json: Any = None) -> Mapping[str, Any]:
        return self._object(self.request(method, route, json=json))

    def sheets(self, route: str, token_name: str, start: str = "", *, most: int, **params: Any) -> Iterator[Sheet]:
        """At most `most` pages of a list; it ends where a page repeats itself."""
        token, seen = start, set[str]()
        for _ in range(most):
            answer = self.get(route, **params, **{token_name: token})
            if error := refused_whole(answer):
                raise error
            meta = as_object(answer.get("meta"))
            then = words(meta.get("next_token"))
            seen.add(token)
            token = "" if then in seen else then
            items = [as_object(item) for item in as_list(answer.get("data"))]
            yield Sheet(items, as_object(answer.get("includes")), words(meta.get("newest_id")), token)
            if not token:
                return

    def _get_authenticating_user_id(self, *, oauth_1: bool = False) -> str:
        """Tweepy's own keeps every client, and its tokens, for the life of the process."""
        return self.account.external_id

    def _exchange(self, method: str, route: str, params: Any, json: Any) -> requests.Response:
        headers, auth = {"User-Agent": "Socialcare", "Accept": "application/json"}, None
        if self.as_app:
            headers["Authorization"] = f"Bearer {self.bearer_token}"
        elif tokens.uses_keys(self.credentials):
            auth = self._signer()
        else:
            headers["Authorization"] = f"Bearer {self.credentials['access_token']}"
        try:
            response = self.session.request(
                method, f"{self.base_url}{route}", params=params, json=json, headers=headers, auth=auth
            )
        except requests.RequestException as error:
            wrote = method not in ("GET", "DELETE", "PUT") and not _never_sent(error)
            raise lost(f"no answer: {type(error).__name__}", wrote=wrote) from None
        self._note(f"{method} {route}", response.headers)
        return response

    def _signer(self) -> Any:
        app = self.account.app
        secret = next(iter(app.secrets), "")
        key = app.credentials.get("consumer_key", "")
        if not key or not secret:
            raise Forbidden("the app has no consumer key", code="consumer_key")
        given = self.credentials
        return OAuth1UserHandler(key, secret, given["access_token"], given["access_token_secret"]).apply_auth()

    def _checked(self, method: str, response: requests.Response) -> requests.Response:
        """Hiding and deleting twice is doing it once; all else that is written may be out."""
        wrote = method == "POST"
        answered = Answered(response.status_code, response.headers, response.content, wrote)
        if not 200 <= response.status_code < 300:
            raise from_answer(answered, datetime.now(UTC))
        if response.status_code != 204 and read_object(response.content) is None:
            raise lost("HTTP 2xx without an object", wrote=wrote)
        return response

    def _object(self, response: requests.Response) -> Mapping[str, Any]:
        return read_object(response.content) or {}

    def _note(self, call: str, headers: Mapping[str, str]) -> None:
        remaining, reset = headers.get("x-rate-limit-remaining", ""), headers.get("x-rate-limit-reset", "")
        if remaining.isdigit() and reset.isdigit() and len(reset) < 12:
            self.left[call] = Left(int(remaining), moment(int(reset)))


def _base_url(given: str) -> str:
    """Raises Unavailable where the installation set nonsense: replies wait until that is mended."""
    try:
        parts = urlsplit(given)
        sound = parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.username
    except ValueError:
        sound = False
    if not sound:
        raise Unavailable("api_url is no web address")
    return given.rstrip("/")


def _timeout(text: str) -> tuple[float, float]:
    if not text:
        return TIMEOUT
    parts = [float(part) if _SECONDS.fullmatch(part.strip()) else 0.0 for part in text.split(",")]
    if len(parts) != 2 or min(parts) <= 0:
        raise Unavailable("timeout is not like 3.05,15")
    return parts[0], parts[1]


def _never_sent(error: requests.RequestException) -> bool:
    """Whether surely no byte of the request left."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.InvalidURL):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError)
