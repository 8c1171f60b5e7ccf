"""Who calls: OAuth 2 with its one-time refresh tokens, OAuth 1.0a signatures, and the app's own bearer token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from connectors.simulator.asgi import Request
from connectors.simulator.plan import Connected
from connectors.twitter.simulator.refusals import Refusal, oauth, unauthorized
from connectors.twitter.simulator.world import User, World

SCOPES = (
    "tweet.read",
    "tweet.write",
    "tweet.moderate.write",
    "users.read",
    "dm.read",
    "dm.write",
    "media.write",
    "offline.access",
)
ACCESS_SECONDS, CODE_SECONDS = 7200.0, 30.0
SPOILT = "Value passed for the token was invalid."


@dataclass(slots=True)
class Grant:
    """What a user gave an app. Each refresh makes new tokens; a used refresh token ends it all. Times are monotonic."""

    user: str
    app: str
    scopes: frozenset[str]
    access: dict[str, float] = field(default_factory=dict)
    refresh: str = ""
    used: set[str] = field(default_factory=set)
    over: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """`user` None is the app itself. `kind`: bearer, oauth1 or oauth2; `scopes` None is all."""

    app: Connected
    user: User | None
    kind: str
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Code:
    app: str
    user: str
    scopes: frozenset[str]
    redirect: str
    challenge: str
    until: float


class Tokens:
    """`apps` are the connected apps by their key. `lifetime`: seconds an access token lives."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.apps: dict[str, Connected] = {}
        self.grants: list[Grant] = []
        self.signing: dict[str, tuple[str, str, str]] = {}
        self.bearers: dict[str, str] = {}
        self.codes: dict[str, Code] = {}
        self.lifetime = ACCESS_SECONDS
        self.refreshes: list[dict[str, Any]] = []
        self._ended: set[str] = set()

    def learn(self, apps: Sequence[Connected]) -> None:
        """Take over the tokens that are in use. One that was ended or used up here stays so."""
        self.apps = {app.app_key: app for app in apps}
        for app in apps:
            if bearer := _text(app.settings, "bearer_token"):
                self.bearers[bearer] = app.app_key
            for page in app.pages:
                self._learn(app.app_key, page.external_id, page.credentials)

    def _learn(self, app: str, user: str, given: Mapping[str, Any]) -> None:
        access, secret, refresh = (
            _text(given, name) for name in ("access_token", "access_token_secret", "refresh_token")
        )
        if not access or access in self._ended:
            return
        if secret:
            self.signing[access] = (secret, user, app)
        elif not any(
            access in grant.access or (refresh and refresh in (grant.refresh, *grant.used)) for grant in self.grants
        ):
            until = time.monotonic() + self.lifetime
            self.grants.append(Grant(user, app, frozenset(SCOPES), {access: until}, refresh))

    # ------------------------------------------------------------ who calls

    def caller(self, request: Request) -> Caller:
        """Raises Refusal."""
        given = request.headers.get("authorization", "")
        kind, _, rest = given.partition(" ")
        if kind.lower() == "oauth":
            return self._signed(request, rest)
        token = rest.strip()
        if kind.lower() != "bearer" or not token:
            raise unauthorized()
        key = self.bearers.get(unquote(token)) or self.bearers.get(token)
        if key in self.apps:
            return Caller(self.apps[key], None, "bearer")
        for grant in self.grants:
            until = grant.access.get(token, 0.0)
            user = self._world.users.get(grant.user)
            if until > time.monotonic() and not grant.over and grant.app in self.apps and user and not user.suspended:
                return Caller(self.apps[grant.app], user, "oauth2", grant.scopes)
        raise unauthorized()

    def _signed(self, request: Request, rest: str) -> Caller:
        pairs = (part.strip().partition("=") for part in rest.split(","))
        given = {name: unquote(value.strip('"')) for name, _, value in pairs}
        token = given.get("oauth_token", "")
        secret, user, key = self.signing.get(token, ("", "", ""))
        app = self.apps.get(key)
        if app is None or token in self._ended or given.get("oauth_consumer_key") != consumer_key(app):
            raise unauthorized()
        late = abs(time.time() - float(given.get("oauth_timestamp", "0") or 0)) > 300
        expected = sign_1(request, given, app.secret, secret)
        if late or not hmac.compare_digest(expected, given.get("oauth_signature", "")):
            raise unauthorized()
        return Caller(app, self._world.users.get(user), "oauth1")

    # ------------------------------------------------------------ the token endpoint

    def client(self, request: Request, form: Mapping[str, str]) -> Connected:
        """The app that asks: confidential ones by Basic, public ones by their client_id alone."""
        kind, _, rest = request.headers.get("authorization", "").partition(" ")
        id, secret = form.get("client_id", ""), ""
        if kind.lower() == "basic":
            try:
                id, _, secret = base64.b64decode(rest).decode().partition(":")
            except ValueError:
                raise oauth("Missing valid authorization header", "unauthorized_client", 401) from None
            id, secret = unquote(id), unquote(secret)
        for app in self.apps.values():
            wanted = _text(app.settings, "client_secret")
            if id and id == client_id(app) and secret == wanted:
                return app
            if secret and id == consumer_key(app) and secret == app.secret:
                return app
        raise oauth("Missing valid authorization header", "unauthorized_client", 401)

    def issue(self, request: Request) -> dict[str, Any]:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        app = self.client(request, form)
        doings = {
            "authorization_code": self._redeem,
            "refresh_token": self._refresh,
            "client_credentials": self._bearer,
        }
        doing = doings.get(form.get("grant_type", ""))
        if doing is None:
            raise oauth("Value passed for the grant_type parameter was invalid.")
        return doing(app, form)

    def revoke(self, request: Request) -> Grant | None:
        """End what a token belongs to; X answers the same whether there was anything to end."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        app, token = self.client(request, form), form.get("token", "")
        for grant in self.grants:
            if grant.app == app.app_key and token in (grant.refresh, *grant.access) and not grant.over:
                self.end(grant)
                return grant
        return None

    def _redeem(self, app: Connected, form: Mapping[str, str]) -> dict[str, Any]:
        code = self.codes.pop(form.get("code", ""), None)
        if code is None or code.app != app.app_key or code.until < time.monotonic():
            raise oauth("Value passed for the authorization code was invalid.")
        if form.get("redirect_uri") != code.redirect:
            raise oauth("Value passed for the redirect uri did not match the uri of the authorization code.")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        plain = form.get("code_verifier", "")
        if code.challenge not in (base64.urlsafe_b64encode(digest).decode().rstrip("="), f"plain:{plain}"):
            raise oauth("Value passed for the code verifier did not match the code challenge.")
        grant = Grant(code.user, app.app_key, code.scopes)
        self.grants.append(grant)
        return self._renew(grant)

    def _refresh(self, app: Connected, form: Mapping[str, str]) -> dict[str, Any]:
        token = form.get("refresh_token", "")
        grant = next((one for one in self.grants if token and token in (one.refresh, *one.used)), None)
        note = {"at": time.time(), "user": grant.user if grant else "", "ok": False}
        self.refreshes.append(note)
        if grant is None or grant.app != app.app_key or grant.over:
            raise oauth(SPOILT)
        if token != grant.refresh:
            self.end(grant)
            raise oauth(SPOILT)
        grant.used.add(token)
        note["ok"] = True
        return self._renew(grant)

    def _bearer(self, app: Connected, form: Mapping[str, str]) -> dict[str, Any]:
        bearer = next((token for token, key in self.bearers.items() if key == app.app_key), "")
        if not bearer:
            bearer = f"AAAAAAAAAAAAAAAAAAAAA{secrets.token_hex(30)}"
            self.bearers[bearer] = app.app_key
        return {"token_type": "bearer", "access_token": bearer}

    def _renew(self, grant: Grant) -> dict[str, Any]:
        """New tokens; the access token before lives on to its end."""
        access = _new_token()
        grant.access[access] = time.monotonic() + self.lifetime
        answer = {"token_type": "bearer", "expires_in": int(self.lifetime), "access_token": access}
        answer["scope"] = " ".join(sorted(grant.scopes))
        if "offline.access" in grant.scopes:
            grant.refresh = answer["refresh_token"] = _new_token()
        return answer

    # ------------------------------------------------------------ ends and beginnings

    def end(self, grant: Grant) -> None:
        grant.over = True
        self._ended |= {*grant.access, grant.refresh}

    def end_all(self, user: str) -> list[Grant]:
        """Every token of a user stops to work; what was ended."""
        ended = [grant for grant in self.grants if grant.user == user and not grant.over]
        for grant in ended:
            self.end(grant)
        self._ended |= {token for token, (_, owner, _) in self.signing.items() if owner == user}
        return ended

    def expire(self, user: str) -> None:
        """The access tokens are over their time; refreshing works."""
        for grant in self.grants:
            if grant.user == user:
                grant.access = dict.fromkeys(grant.access, 0.0)

    def lend(self, app: str, user: str, scopes: frozenset[str]) -> dict[str, Any]:
        """New tokens without the authorize page, for trying things by hand."""
        grant = Grant(user, app, scopes)
        self.grants.append(grant)
        return self._renew(grant)

    def lend_1(self, app: str, user: str) -> dict[str, Any]:
        """The same for OAuth 1.0a."""
        token, secret = f"{user}-{secrets.token_hex(20)}", secrets.token_hex(22)
        self.signing[token] = (secret, user, app)
        return {"access_token": token, "access_token_secret": secret}

    def code(self, app: str, user: str, scopes: frozenset[str], redirect: str, challenge: str) -> str:
        code = secrets.token_urlsafe(32)
        self.codes[code] = Code(app, user, scopes, redirect, challenge, time.monotonic() + CODE_SECONDS)
        return code


def consumer_key(app: Connected) -> str:
    return _text(app.settings, "consumer_key") or app.app_id


def client_id(app: Connected) -> str:
    return _text(app.settings, "client_id")


def sign_1(request: Request, given: Mapping[str, str], app_secret: str, token_secret: str) -> str:
    """HMAC-SHA1 as RFC 5849 has it. A JSON body is not signed."""
    pairs = [(name, value) for name, value in given.items() if name not in ("oauth_signature", "realm")]
    pairs += list(request.query.items())
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        pairs += parse_qsl(request.body.decode(), keep_blank_values=True)
    escaped = sorted((_escaped(name), _escaped(value)) for name, value in pairs)
    joined = "&".join(f"{name}={value}" for name, value in escaped)
    address = f"http://{request.headers.get('host', '').lower()}{request.path}"
    base = "&".join((request.method, _escaped(address), _escaped(joined)))
    key = f"{_escaped(app_secret)}&{_escaped(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def _escaped(text: str) -> str:
    return quote(text, safe="~")


def _new_token() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(48) + b":1:at:1").decode().rstrip("=")


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    return value if isinstance(value, str) else ""


def check_challenge(challenge: str, method: str) -> str:
    """How a code remembers its challenge. Raises Refusal."""
    if not challenge or method not in ("", "plain", "S256"):
        raise Refusal(400, {"error": "invalid_request", "error_description": "code_challenge is missing or odd"})
    return challenge if method == "S256" else f"plain:{challenge}"
