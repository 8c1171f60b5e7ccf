"""Just enough of a web framework for the fake networks: requests, answers, routes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

log = logging.getLogger("connectors.simulator")

MAX_BODY = 8 * 1024 * 1024
SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class BadRequest(Exception):
    """What the caller sent makes no sense; the text says why and is shown to them."""


@dataclass(frozen=True, slots=True)
class Request:
    """Header names are lower case; of a repeated query parameter the last counts."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """The JSON object sent. Another content type is refused, which keeps other web sites' pages out."""
        if not self.headers.get("content-type", "").startswith("application/json"):
            raise BadRequest("send application/json")
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            raise BadRequest("that is not JSON") from None
        if not isinstance(found, dict):
            raise BadRequest("send a JSON object")
        return found


@dataclass(slots=True)
class Response:
    """`wait`: seconds before answering. `cut`: drop the connection in the middle of the body.

    `drip`: seconds between one byte of the body and the next.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut: bool = False
    drip: float = 0.0


def answer(value: Any, status: int = 200) -> Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, {"content-type": "application/json; charset=UTF-8"})


Handler = Callable[[Request, re.Match[str]], Awaitable[Response] | Response]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is a regular expression for the whole path; `methods` are separated by a bar."""

    methods: str
    path: str
    handler: Handler


class Site:
    """Serves routes. `started` and `stopped` run in the server's event loop, around everything else."""

    def __init__(
        self,
        routes: Iterable[Route],
        started: Callable[[], Awaitable[None]],
        stopped: Callable[[], Awaitable[None]],
    ) -> None:
        self._routes = [(route, re.compile(route.path)) for route in routes]
        self._started, self._stopped = started, stopped

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            request = await _read(scope, receive)
            response = await self.respond(request) if request else answer({"error": "too large"}, 413)
            await _write(response, receive, send)

    async def respond(self, request: Request) -> Response:
        known = False
        for route, path in self._routes:
            if not (found := path.fullmatch(request.path)):
                continue
            known = True
            if request.method in route.methods.split("|"):
                return await _call(route.handler, request, found)
        return answer({"error": "method not allowed" if known else "not found"}, 405 if known else 404)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._started()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stopped()
        await send({"type": "lifespan.shutdown.complete"})


async def _call(handler: Handler, request: Request, found: re.Match[str]) -> Response:
    try:
        result = handler(request, found)
        return result if isinstance(result, Response) else await result
    except BadRequest as error:
        return answer({"error": str(error)}, 400)
    except Exception:
        log.exception("the simulator stumbled over %s %s", request.method, request.path)
        return answer({"error": "the simulator itself failed; its log says where"}, 500)


async def _read(scope: Mapping[str, Any], receive: Receive) -> Request | None:
    """The whole request; None where it is too long."""
    chunks, size = [], 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY:
            return None
        if not message.get("more_body"):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return Request(scope["method"], scope["path"], query, headers, b"".join(chunks))


async def _write(response: Response, receive: Receive, send: Send) -> None:
    if response.wait and await _gone_within(response.wait, receive):
        return
    headers = {**SECURITY, **response.headers, "content-length": str(len(response.body) + 64 * response.cut)}
    start = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": start})
    if response.cut:
        half = response.body[: len(response.body) // 2]
        with contextlib.suppress(RuntimeError):
            await send({"type": "http.response.body", "body": half, "more_body": True})
        return
    if response.drip:
        for place in range(len(response.body)):
            await send({"type": "http.response.body", "body": response.body[place : place + 1], "more_body": True})
            if await _gone_within(response.drip, receive):
                return
    await send({"type": "http.response.body", "body": b"" if response.drip else response.body})


async def _gone_within(seconds: float, receive: Receive) -> bool:
    """Wait; True as soon as the caller has hung up."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True
