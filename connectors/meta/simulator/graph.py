"""The fake Graph API over HTTP: versions, tokens, proofs, usage, scripted errors, and who answers what."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from connectors.meta.simulator.deeds import Deeds
from connectors.meta.simulator.library import Library
from connectors.meta.simulator.refusals import FAULTS, Refusal, dead_token, invalid, lacking, of_fault, unknown_path
from connectors.meta.simulator.shapes import Edge, listed, parse_fields, shown
from connectors.meta.simulator.world import Page, World
from connectors.meta.simulator.writing import Desk
from connectors.simulator.asgi import Request, Response
from connectors.simulator.faults import Fault, break_after, break_before
from connectors.simulator.plan import Connected
from connectors.simulator.stage import Stage

OLDEST, NEWEST = (21, 0), (26, 0)
PATH = r"(?:/graph)?/(?P<version>v\d{1,3}\.\d{1,2})(?P<rest>/.*)?"
CALLS_PER_HOUR = {"app": 40_000, "page": 5_000}
SCOPES = (
    "pages_show_list",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_messaging",
)
NEEDS = {
    ("GET", "conversations"): "pages_messaging",
    ("POST", "messages"): "pages_messaging",
    ("GET", "subscribed_apps"): "pages_manage_metadata",
    ("POST", "subscribed_apps"): "pages_manage_metadata",
    ("DELETE", "subscribed_apps"): "pages_manage_metadata",
    ("GET", "feed"): "pages_read_user_content",
    ("GET", "visitor_posts"): "pages_read_user_content",
    ("GET", "tagged"): "pages_read_user_content",
    ("GET", "comments"): "pages_read_user_content",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the app, where known, and the page whose token it is; None for an app's own token."""

    app: Connected | None
    page: Page | None
    token: str


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    version: str
    parts: tuple[str, ...]
    params: Mapping[str, Any]
    caller: Caller

    @property
    def edge(self) -> str:
        return self.parts[1] if len(self.parts) > 1 else ""

    @property
    def doings(self) -> frozenset[str]:
        sends = self.method == "POST" and self.edge in ("messages", "comments")
        return frozenset({"any", "read" if self.method == "GET" else "write"} | ({"send"} if sends else set()))


class Usage:
    """Calls of the last hour, in percent of what is allowed. `extra` is added to a page's."""

    def __init__(self) -> None:
        self._calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self.extra: dict[str, float] = {}

    def count(self, kind: str, id: str) -> int:
        """Note one call; the percentage used with it."""
        calls, at = self._calls[kind, id], time.monotonic()
        calls.append(at)
        while calls[0] < at - 3600:
            calls.popleft()
        extra = self.extra.get(id, 0.0) if kind == "page" else 0.0
        return int(extra + len(calls) * 100 / CALLS_PER_HOUR[kind]) + 1


class Graph:
    """`apps` are the connected apps by their key; `graph_url` is where this is reached, for paging."""

    def __init__(self, stage: Stage, world: World, deeds: Deeds) -> None:
        self._stage, self._world, self._deeds = stage, world, deeds
        self.apps: dict[str, Connected] = {}
        self.usage = Usage()

    def respond(self, request: Request, found: re.Match[str]) -> Response:
        version = _spoken(found["version"])
        headers = {"facebook-api-version": version, "x-fb-trace-id": self._world.ids.trace()}
        try:
            call = self._understood(request, version, found["rest"] or "/")
        except Refusal as refusal:
            return self._refused(refusal, headers)
        page = call.caller.page
        headers |= self._usage_of(call.caller)
        fault = self._stage.faults.take(page.id if page else "", call.doings, FAULTS)
        if fault and (broken := break_before(fault)):
            return broken
        if fault and fault.kind == "slow":
            response = self._done(call, None, headers)
            response.wait = fault.seconds
            return response
        return break_after(fault, self._done(call, fault, headers))

    def _done(self, call: Call, fault: Fault | None, headers: dict[str, str]) -> Response:
        try:
            if fault and (refusal := of_fault(fault)):
                raise refusal
            self._check_permission(call)
            result = self._answer(call)
        except Refusal as refusal:
            return self._refused(refusal, headers, call.caller)
        return _json(result, 200, headers)

    def _refused(self, refusal: Refusal, headers: dict[str, str], caller: Caller | None = None) -> Response:
        if refusal.minutes and caller and caller.page:
            code = refusal.error["code"]
            kind = "messenger" if code in (613, 80006) else "pages"
            headers["x-business-use-case-usage"] = _business(caller.page.id, [(kind, 100)], refusal.minutes)
        error = {**refusal.error, "fbtrace_id": headers["x-fb-trace-id"]}
        return _json({"error": error}, refusal.status, headers)

    # ------------------------------------------------------------ who calls

    def _understood(self, request: Request, version: str, rest: str) -> Call:
        if _number(version) > NEWEST:
            raise unknown_path(f"/{version}")
        params = {**request.query, **_body(request)}
        method = str(params.pop("method", request.method)).upper() if request.method == "POST" else request.method
        bearer = request.headers.get("authorization", "")
        token = bearer[7:].strip() if bearer.lower().startswith("bearer ") else str(params.pop("access_token", ""))
        params.pop("access_token", None)
        parts = tuple(part for part in rest.split("/") if part)
        caller = self._caller(token, str(params.pop("appsecret_proof", "")), parts)
        if parts[:1] == ("me",) and caller.page:
            parts = (caller.page.id, *parts[1:])
        return Call(method, version, parts, params, caller)

    def _caller(self, token: str, proof: str, parts: tuple[str, ...]) -> Caller:
        if not token:
            raise Refusal(104, "An access token is required to request this resource.", status=401)
        if "|" in token:
            id, _, secret = token.partition("|")
            app = next((app for app in self.apps.values() if app.app_id == id and app.secret == secret), None)
            if app is None:
                raise Refusal(190, "Invalid OAuth access token signature.", status=401)
            return Caller(app, None, token)
        holders = list(self._world.holders(token))
        if not holders:
            raise Refusal(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        page, key = next((one for one in holders if parts[:1] == (one[0].id,)), holders[0])
        if token in page.dead:
            raise dead_token()
        return Caller(self._proven(token, proof, key), page, token)

    def _proven(self, token: str, proof: str, key: str) -> Connected | None:
        """The app whose secret made the proof. A token made here belongs to whichever app proves itself."""
        apps = [self.apps[key]] if key in self.apps else list(self.apps.values())
        if not any(app.secret for app in apps):
            return apps[0] if apps else None
        if not proof:
            said = "API calls from the server require an appsecret_proof argument"
            raise Refusal(100, said, type="GraphMethodException")
        for app in apps:
            expected = hmac.new(app.secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            if hmac.compare_digest(expected, proof):
                return app
        raise Refusal(100, "Invalid appsecret_proof provided in the API argument", type="GraphMethodException")

    def _check_permission(self, call: Call) -> None:
        page = call.caller.page
        default = "pages_read_engagement" if call.method == "GET" else "pages_manage_engagement"
        needed = NEEDS.get((call.method, call.edge), default)
        if page and needed in page.lacking and call.parts != ("debug_token",):
            raise lacking(needed)

    def _usage_of(self, caller: Caller) -> dict[str, str]:
        headers = {}
        if caller.app:
            percent = self.usage.count("app", caller.app.app_id)
            headers["x-app-usage"] = _compact(
                {"call_count": percent, "total_time": percent // 2, "total_cputime": percent // 3}
            )
        if caller.page:
            percent = self.usage.count("page", caller.page.id)
            buckets = [("pages", percent), ("messenger", percent // 2)]
            headers["x-business-use-case-usage"] = _business(caller.page.id, buckets, 0)
        return headers

    # ------------------------------------------------------------ what is asked

    def _answer(self, call: Call) -> Any:
        if call.parts == ("debug_token",):
            return self._debug(str(call.params.get("input_token", "")))
        if not call.parts or len(call.parts) > 2:
            raise unknown_path("/" + "/".join(call.parts))
        page = call.caller.page
        if page is None:
            raise Refusal(190, "A page access token is required to request this resource.", status=401)
        if call.edge == "subscribed_apps" and call.parts[0] == page.id:
            return self._subscription(call, page)
        if call.method == "GET":
            return self._read(call, page)
        return self._write(call, page)

    def _read(self, call: Call, page: Page) -> Any:
        base = f"{self._stage.base_url}/graph/{call.version}?access_token={call.caller.token}"
        node = Library(self._world, page).node(call.parts[0])
        fields = parse_fields(str(call.params.get("fields", "")))
        if not call.edge:
            return shown(node, fields, base)
        if call.edge == "ratings" and node.type == "Page":
            raise Refusal(12, "(#12) Recommendation is deprecated for versions v22.0 and higher")
        edge = node.values.get(call.edge)
        if not isinstance(edge, Edge):
            raise invalid(f"Tried accessing nonexisting field ({call.edge}) on node type ({node.type})")
        return listed(edge, {name: str(value) for name, value in call.params.items()}, fields, base)

    def _write(self, call: Call, page: Page) -> Any:
        id, app = call.parts[0], call.caller.app
        desk = Desk(self._world, self._deeds, page, app.app_id if app else "")
        doings: dict[tuple[str, str], Callable[[], Any]] = {
            ("POST", ""): lambda: desk.update(id, call.params),
            ("DELETE", ""): lambda: desk.delete(id),
            ("POST", "comments"): lambda: desk.comment(id, call.params),
            ("POST", "likes"): lambda: desk.like(id, True),
            ("DELETE", "likes"): lambda: desk.like(id, False),
        }
        if id == page.id:
            doings = {("POST", "messages"): lambda: desk.message(call.params)}
        if (call.method, call.edge) not in doings:
            raise Refusal(3, f"(#3) Unsupported {call.method.lower()} request", type="GraphMethodException")
        return doings[call.method, call.edge]()

    def _subscription(self, call: Call, page: Page) -> Any:
        app = call.caller.app
        if app is None:
            raise invalid("The app is not known")
        if call.method == "POST":
            names = [name.strip() for name in str(call.params.get("subscribed_fields", "")).split(",") if name.strip()]
            if not names:
                raise invalid("The parameter subscribed_fields is required.")
            page.apps[app.app_key] = names
        elif call.method == "DELETE":
            page.apps.pop(app.app_key, None)
        else:
            fields = page.apps.get(app.app_key)
            entry = {"category": "Business", "name": "Socialcare", "id": app.app_id, "subscribed_fields": fields}
            return {"data": [entry] if fields else []}
        return {"success": True}

    def _debug(self, token: str) -> Any:
        found = next(self._world.holders(token), None)
        if found is None:
            error = {"code": 190, "message": "Invalid OAuth access token."}
            return {"data": {"error": error, "is_valid": False, "scopes": []}}
        page, key = found
        scopes = [scope for scope in SCOPES if scope not in page.lacking]
        data: dict[str, Any] = {"type": "PAGE", "application": "Socialcare", "profile_id": page.id}
        if key in self.apps:
            data["app_id"] = self.apps[key].app_id
        data |= {"expires_at": 0, "data_access_expires_at": int(time.time()) + 90 * 86400}
        data |= {"is_valid": token not in page.dead, "scopes": scopes, "user_id": "100000000000001"}
        data["granular_scopes"] = [{"scope": scope, "target_ids": [page.id]} for scope in scopes]
        if token in page.dead:
            data["error"] = {"code": 190, "subcode": 460, "message": "Error validating access token"}
        return {"data": data}


def _number(version: str) -> tuple[int, int]:
    major, _, minor = version[1:].partition(".")
    return int(major), int(minor)


def _spoken(version: str) -> str:
    """An expired version is served by the oldest that lives."""
    return f"v{OLDEST[0]}.{OLDEST[1]}" if _number(version) < OLDEST else version


def _body(request: Request) -> dict[str, Any]:
    """The parameters in a body, JSON or a form."""
    kind = request.headers.get("content-type", "")
    if not request.body:
        return {}
    if kind.startswith("application/json"):
        try:
            found = json.loads(request.body)
        except ValueError:
            raise invalid("The body is no JSON") from None
        if isinstance(found, dict):
            return found
        raise invalid("The body must be an object")
    if kind.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    raise invalid(f"Content type {kind!r} is not understood")


def _json(value: Any, status: int, headers: Mapping[str, str]) -> Response:
    kind = {"content-type": "application/json; charset=UTF-8"}
    return Response(status, json.dumps(value, separators=(",", ":")).encode(), {**kind, **headers})


def _business(page: str, buckets: list[tuple[str, int]], minutes: int) -> str:
    items = [
        {
            "type": kind,
            "call_count": percent,
            "total_cputime": percent // 3,
            "total_time": percent // 2,
            "estimated_time_to_regain_access": minutes,
        }
        for kind, percent in buckets
    ]
    return _compact({page: items})


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
