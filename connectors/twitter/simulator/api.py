"""The fake API v2 over HTTP: who calls, how often, what is scripted to go wrong, and who answers what."""

from __future__ import annotations

import inspect
import json
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.simulator.asgi import Request, Response
from connectors.simulator.faults import Fault, break_after, break_before
from connectors.simulator.stage import Stage
from connectors.twitter.simulator import shapes
from connectors.twitter.simulator.calls import Call, Endpoint, json_body
from connectors.twitter.simulator.events import Event, revoked
from connectors.twitter.simulator.hooks import Hooks
from connectors.twitter.simulator.limits import Limits
from connectors.twitter.simulator.refusals import (
    FAULTS,
    Refusal,
    forbidden,
    invalid,
    of_fault,
    problem,
    whole_answer,
    wrong_auth,
)
from connectors.twitter.simulator.rules import Rules
from connectors.twitter.simulator.tokens import Caller, Tokens
from connectors.twitter.simulator.world import World, now

PATH = r"(?:/x)?/2/(?P<rest>.*)"
TOKEN_PATH, REVOKE_PATH = r"(?:/x)?/2/oauth2/token|(?:/x)?/oauth2/token", r"(?:/x)?/2/oauth2/revoke"


class Api:
    """`billed` counts what was read and written for money: by app and kind; the same resource once a day (UTC)."""

    def __init__(self, stage: Stage, world: World, tokens: Tokens, hooks: Hooks, rules: Rules) -> None:
        self._stage, self._world, self._tokens, self._hooks, self._rules = stage, world, tokens, hooks, rules
        self.limits = Limits()
        self.billed: Counter[tuple[str, str]] = Counter()
        self.lacking: dict[str, set[str]] = {}
        self._charged: set[tuple[str, str, str, str]] = set()
        self._endpoints: list[tuple[Endpoint, re.Pattern[str]]] = []

    def offer(self, endpoints: Iterable[Endpoint]) -> None:
        self._endpoints += [(endpoint, re.compile(endpoint.path)) for endpoint in endpoints]

    def names(self) -> list[str]:
        return sorted({endpoint.name for endpoint, _ in self._endpoints})

    def forget(self) -> None:
        self.limits.forget()
        self.billed.clear()
        self._charged.clear()
        self.lacking.clear()

    async def respond(self, request: Request, found: re.Match[str]) -> Response:
        headers = {"x-transaction-id": secrets.token_hex(8), "api-version": "2.167"}
        try:
            endpoint, ids = self._endpoint(request.method, found["rest"])
            caller = self._tokens.caller(request)
            _check_kind(endpoint, caller)
            headers["x-access-level"] = "read-write-directmessages" if caller.user else "read"
            user = caller.user.id if caller.user else ""
            headers |= self.limits.count(endpoint.name, endpoint.allowance, caller.app.app_key, user)
            body = json_body(request.body, request.headers.get("content-type", ""))
        except Refusal as refusal:
            return self._refused(refusal, headers)
        call = Call(request.method, ids, request.query, body, caller)
        fault = self._stage.faults.take(user, _doings(request.method, endpoint), FAULTS)
        return await self._with_fault(call, endpoint, fault, headers)

    async def _with_fault(
        self, call: Call, endpoint: Endpoint, fault: Fault | None, headers: dict[str, str]
    ) -> Response:
        if fault and (broken := break_before(fault)):
            return broken
        if fault and (strange := whole_answer(fault)):
            return Response(strange[0], strange[1], {**headers, **strange[2]})
        try:
            if fault and (refusal := of_fault(fault)):
                raise refusal
            response = await self._done(call, endpoint, headers)
        except Refusal as refusal:
            response = self._refused(refusal, headers)
        if fault and fault.kind == "slow":
            response.wait = fault.seconds
        if fault and fault.kind == "done_then_500":
            body = {"title": "Internal Server Error", "detail": "Internal Server Error", "type": "about:blank"}
            return _json(body | {"status": 500}, 500, headers)
        return break_after(fault, response)

    async def _done(self, call: Call, endpoint: Endpoint, headers: dict[str, str]) -> Response:
        self._check_scopes(call.caller, endpoint)
        if odd := sorted(call.query.keys() - endpoint.parameters):
            known = ",".join(sorted(endpoint.parameters))
            raise invalid(odd[0], call.query[odd[0]], f"The query parameter [{odd[0]}] is not one of [{known}]")
        result = endpoint.doing(call)
        if inspect.isawaitable(result):
            result = await result
        self._charge(call)
        return _json(shapes.renamed(result) if self._rules.newer_words else result, call.status, headers | call.headers)

    def _refused(self, refusal: Refusal, headers: Mapping[str, str]) -> Response:
        """A limit that was scripted shows in the headers, like one that was reached."""
        found = {**headers, **refusal.headers}
        if refusal.bucket:
            reset = str(int(now().timestamp() + refusal.seconds))
            name = "x-user-limit-24hour" if refusal.bucket == "24h" else "x-rate-limit"
            found.setdefault(f"{name}-limit", "100")
            found |= {f"{name}-remaining": "0", f"{name}-reset": reset}
        return _json(refusal.body, refusal.status, found)

    # ------------------------------------------------------------ tokens

    def token(self, request: Request, found: re.Match[str]) -> Response:
        """Codes and refresh tokens for access tokens. Faults on `token` calls hit here, whoever asks."""
        fault = self._stage.faults.take("", frozenset({"any", "write", "token"}), FAULTS)
        if fault and (broken := break_before(fault)):
            return broken
        try:
            if fault and (refusal := of_fault(fault)):
                raise refusal
            response = _json(self._tokens.issue(request), 200, {})
        except Refusal as refusal:
            return self._refused(refusal, {})
        if fault and fault.kind == "done_then_500":
            return _json({"error": "server_error"}, 500, {})
        return break_after(fault, response)

    def revoke(self, request: Request, found: re.Match[str]) -> Response:
        try:
            grant = self._tokens.revoke(request)
        except Refusal as refusal:
            return self._refused(refusal, {})
        if grant and grant.user in self._world.users:
            app = self._tokens.apps[grant.app]
            self._hooks.emit(self.end_of(grant.user, app.app_id))
        return _json({"revoked": True}, 200, {})

    def end_of(self, user: str, app_id: str) -> Event:
        return revoked(self._world.users[user], app_id)

    # ------------------------------------------------------------ checks

    def _endpoint(self, method: str, rest: str) -> tuple[Endpoint, tuple[str, ...]]:
        known = False
        for endpoint, path in self._endpoints:
            if found := path.fullmatch(rest):
                known = True
                if endpoint.method == method:
                    return endpoint, found.groups()
        if known:
            raise problem(405, "Method Not Allowed", "Method Not Allowed")
        raise problem(404, "Not Found", "Not Found")

    def _check_scopes(self, caller: Caller, endpoint: Endpoint) -> None:
        if caller.user is None:
            return
        lacking = self.lacking.get(caller.user.id, set())
        held = caller.scopes - lacking if caller.scopes is not None else None
        missing = [one for one in endpoint.scopes if (held is not None and one not in held) or one in lacking]
        if missing and held is None:
            said = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
            raise problem(403, "Forbidden", said, "oauth1-permissions")
        if missing:
            raise forbidden("Forbidden")

    def _charge(self, call: Call) -> None:
        key, day = call.caller.app.app_key, now().date().isoformat()
        for kind, id in call.billed:
            if (key, kind, id, day) not in self._charged:
                self._charged.add((key, kind, id, day))
                self.billed[key, kind] += 1


def _check_kind(endpoint: Endpoint, caller: Caller) -> None:
    if endpoint.by == "user" and caller.user is None:
        raise wrong_auth("OAuth 1.0a User Context, OAuth 2.0 User Context")
    if endpoint.by == "app" and caller.user is not None:
        raise wrong_auth("OAuth 2.0 Application-Only")


def _doings(method: str, endpoint: Endpoint) -> frozenset[str]:
    return frozenset({"any", "read" if method == "GET" else "write"} | ({"send"} if endpoint.sends else set()))


def _json(value: Any, status: int, headers: Mapping[str, str]) -> Response:
    kind = {"content-type": "application/json; charset=utf-8"}
    return Response(status, json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode(), {**kind, **headers})
