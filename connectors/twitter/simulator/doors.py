"""The page where the owner of an account lets an app in. It has no form: its links are the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

from connectors.simulator.asgi import Request, Response
from connectors.simulator.plan import Connected
from connectors.twitter.simulator.refusals import Refusal
from connectors.twitter.simulator.tokens import SCOPES, Tokens, check_challenge, client_id
from connectors.twitter.simulator.world import World

AUTHORIZE = r"(?:/x)?/i/oauth2/authorize"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Let an app in – simulated X</title>
<link rel="icon" href="/static/simulator/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/simulator/simulator.css">
</head>
<body>
<header class="top"><h1>Simulator</h1><p class="not">This is not X: nothing leaves this machine.</p></header>
<main><section class="card">{inner}</section></main>
</body>
</html>
"""


class Doors:
    def __init__(self, world: World, tokens: Tokens) -> None:
        self._world, self._tokens = world, tokens

    def authorize(self, request: Request, found: re.Match[str]) -> Response:
        """Asks which account; with `as` it is answered, with `as=` nobody is let in."""
        try:
            app, scopes, challenge = self._understood(request.query)
        except Refusal as refusal:
            said = refusal.body["error_description"]
            return _page(400, f"<h2>X does not understand the app</h2><p>{escape(said)}</p>")
        redirect, state = request.query["redirect_uri"], request.query.get("state", "")
        if "as" not in request.query:
            return _page(200, self._question(request, app, scopes))
        user = self._world.users.get(request.query["as"])
        if user is None or not user.brand:
            return _redirect(redirect, {"error": "access_denied", "state": state})
        code = self._tokens.code(app.app_key, user.id, scopes, redirect, challenge)
        return _redirect(redirect, {"state": state, "code": code})

    def _understood(self, query: Mapping[str, str]) -> tuple[Connected, frozenset[str], str]:
        app = next((one for one in self._tokens.apps.values() if client_id(one) == query.get("client_id", "")), None)
        if app is None or not query.get("client_id"):
            raise _odd("No app has this client_id.")
        if query.get("response_type") != "code" or not query.get("state"):
            raise _odd("response_type must be code, and state must be there.")
        if not _may_return(app, query.get("redirect_uri", "")):
            raise _odd("The redirect_uri is not one of the app's.")
        scopes = frozenset(query.get("scope", "").split())
        if not scopes or not scopes <= set(SCOPES):
            raise _odd(f"scope is made of {' '.join(SCOPES)}.")
        return app, scopes, check_challenge(query.get("code_challenge", ""), query.get("code_challenge_method", ""))

    def _question(self, request: Request, app: Connected, scopes: frozenset[str]) -> str:
        def link(user: str) -> str:
            return escape("?" + urlencode({**request.query, "as": user}), quote=True)

        accounts = "".join(
            f'<li><a href="{link(user.id)}">Let it in as {escape(user.name)} (@{escape(user.username)})</a></li>'
            for user in self._world.brands()
        )
        wanted = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in sorted(scopes))
        return (
            f"<h2>An app wants into your account</h2><p>Client <code>{escape(client_id(app))}</code> asks for:</p>"
            f'<ul>{wanted}</ul><ul class="plain">{accounts}<li><a href="{link("")}">Do not let it in</a></li></ul>'
        )


def _may_return(app: Connected, redirect: str) -> bool:
    """To where its webhook is, or to this machine."""
    try:
        target, home = urlsplit(redirect), urlsplit(app.webhook_url)
        same = (target.scheme, target.netloc) == (home.scheme, home.netloc)
    except ValueError:
        return False
    return target.scheme in ("http", "https") and (same or target.hostname in LOOPBACK)


def _odd(said: str) -> Refusal:
    return Refusal(400, {"error": "invalid_request", "error_description": said})


def _page(status: int, inner: str) -> Response:
    return Response(status, PAGE.format(inner=inner).encode(), {"content-type": "text/html; charset=utf-8"})


def _redirect(address: str, query: Mapping[str, str]) -> Response:
    joint = "&" if urlsplit(address).query else "?"
    return Response(302, b"", {"location": f"{address}{joint}{urlencode(query)}", "content-type": "text/html"})
