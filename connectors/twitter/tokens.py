"""Who we are to X: tokens of OAuth 2 that live two hours and are renewed once each, or keys of OAuth 1.0a."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import requests

from connectors.contract import (
    Account,
    App,
    ConnectorError,
    Disconnected,
    Forbidden,
    OutOfCredit,
    Throttled,
    Unavailable,
)
from connectors.contract.leaving import Credentials
from connectors.http import Session
from connectors.reading import words
from connectors.twitter.errors import Answered, from_answer, read_object

SCOPES = (
    "tweet.read",
    "tweet.write",
    "tweet.moderate.write",
    "users.read",
    "dm.read",
    "dm.write",
    "offline.access",
)
# Of an access token's life; the rest is for what goes wrong meanwhile.
RENEW_AT = 0.8
TIMEOUT = (3.05, 10.0)


def uses_keys(credentials: Credentials) -> bool:
    """OAuth 1.0a: the keys have no end and cannot be renewed."""
    return bool(credentials.get("access_token_secret"))


def is_stale(credentials: Credentials, now: float) -> bool:
    """Whether it is time to renew; where we do not know the end, X's 401 tells."""
    given = credentials.get("renew_at", "")
    return bool(credentials.get("refresh_token")) and given.isdigit() and now >= int(given)


def end_of(credentials: Credentials) -> datetime | None:
    """When the access token ends, as far as X told."""
    given = credentials.get("ends_at", "")
    return datetime.fromtimestamp(int(given), UTC) if given.isdigit() else None


def is_renewed(credentials: Credentials) -> bool:
    """Whether we exchange it before it ends, with nobody's help."""
    return bool(credentials.get("refresh_token")) and not uses_keys(credentials)


def renewed(account: Account) -> Credentials:
    """The account's newest credentials, by asking X unless somebody else just did. Raises Disconnected when X won't."""
    found = account.renew(lambda used: _refresh(account.app, used))
    if not found.get("access_token"):
        raise Disconnected("the token was taken away meanwhile", code="no_token")
    return found


def address(app: App, back: str, state: str, verifier: str) -> str:
    """X's page where an account's owner lets the app in. The challenge is made of the verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": app.credentials.get("client_id", ""),
        "redirect_uri": back,
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    site = app.config.get("site_url") or "https://x.com"
    return f"{site.rstrip('/')}/i/oauth2/authorize?{urlencode(query, quote_via=quote)}"


def redeem(app: App, back: str, code: str, verifier: str) -> Credentials:
    """Tokens for the code the owner came back with; it lives thirty seconds."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    return _kept(_ask(app, "token", form), {})


def revoke(app: App, credentials: Credentials) -> None:
    """Let X forget the account's tokens; keys of OAuth 1.0a can only be revoked by hand."""
    token = credentials.get("refresh_token") or credentials.get("access_token")
    if token and not uses_keys(credentials):
        _ask(app, "revoke", {"token": token})


def _refresh(app: App, used: Credentials) -> Credentials:
    token = used.get("refresh_token", "")
    if not token or uses_keys(used):
        raise Disconnected("there is nothing to renew the token with", code="401")
    return _kept(_ask(app, "token", {"grant_type": "refresh_token", "refresh_token": token}), used)


def _kept(answer: Mapping[str, Any], before: Credentials) -> Credentials:
    """What is kept of an answer of the token endpoint. A refresh without a new refresh token keeps the old one."""
    access = words(answer.get("access_token"))
    if not access:
        raise Disconnected("X gave no token", code="no_token")
    life = answer.get("expires_in")
    life = life if isinstance(life, int) and life > 0 else 7200
    now = time.time()
    found = {
        "access_token": access,
        "refresh_token": words(answer.get("refresh_token")) or before.get("refresh_token", ""),
        "scope": words(answer.get("scope")) or before.get("scope", ""),
        "renew_at": str(int(now + life * RENEW_AT)),
        "ends_at": str(int(now + life)),
    }
    return {name: value for name, value in found.items() if value}


def _ask(app: App, what: str, form: dict[str, str]) -> Mapping[str, Any]:
    client, secret = app.credentials.get("client_id", ""), app.credentials.get("client_secret", "")
    if not client:
        raise Forbidden("the app has no client ID", code="client_id")
    auth = (quote(client, safe=""), quote(secret, safe="")) if secret else None
    form = form if secret else {**form, "client_id": client}
    base = (app.config.get("api_url") or "https://api.x.com").rstrip("/")
    try:
        with Session(timeout=TIMEOUT) as session:
            response = session.post(f"{base}/2/oauth2/{what}", data=form, auth=auth)
    except requests.RequestException as error:
        raise Unavailable(f"no answer: {type(error).__name__}") from None
    answer = read_object(response.content) if 200 <= response.status_code < 300 else None
    if answer is None:
        raise _refusal(response)
    return answer


def _refusal(response: requests.Response) -> ConnectorError:
    answered = Answered(response.status_code, response.headers, response.content, False)
    error = from_answer(answered, datetime.now(UTC))
    said = words((read_object(response.content) or {}).get("error"))
    if said in ("unauthorized_client", "invalid_client"):
        return Forbidden("X does not know the app's client ID and secret", code=said, trace=error.trace)
    if isinstance(error, Throttled | OutOfCredit | Unavailable):
        return error
    return Disconnected("X does not renew the token", code=error.code, trace=error.trace)
