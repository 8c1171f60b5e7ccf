"""Where the platforms call us: a plain ASGI function in front of Django, because this path is hot.

Check the signature over the raw bytes, keep the bytes, answer 200. Webhooks that come at the
same time share one INSERT and one commit; the doorbell rings once for all of them. Nothing is read for an
address that does not exist, and bodies that dawdle share a bounded room, because a signature is known to be
good only once its whole body is there.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import psycopg2
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from connectors import contract, deliveries, gateway, registry
from connectors.contract import BadSignature
from connectors.deliveries import Arrived
from connectors.models import verify_token
from inbox import intake

log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Result = TypeVar("Result")
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

GATHER = 0.0005
GROUP = 500
APP_KNOWN_FOR = 5.0
BODY_WITHIN = 20.0
# Of bodies that come in pieces: so many at a time, and so much of them in memory.
DAWDLERS = 200
DAWDLERS_BYTES = 64 * 1024 * 1024
COMPLAIN_EVERY = 5.0
NOTE_EVERY = timedelta(seconds=5)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_QUERY = 4000
KEPT_HEADERS = ("content-type", "user-agent")
PLAIN = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]


class TooLarge(Exception):
    """The body is longer than any platform sends."""


class Gone(Exception):
    """The caller hung up before the end of the body."""


class Busy(Exception):
    """Too many bodies come in pieces, or too much of them is here."""


@dataclass(slots=True)
class Dawdling:
    """Bodies of which this process has a part."""

    number: int = 0
    size: int = 0

    def take(self, size: int) -> None:
        self.size += size
        if self.number > DAWDLERS or self.size > DAWDLERS_BYTES:
            raise Busy


@dataclass(slots=True)
class KnownApp:
    pk: int
    app: contract.App
    until: float


class Writer:
    """Keeps webhooks in groups: whoever comes while a group is being written joins the next one."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Arrived, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._refused: Counter[int] = Counter()
        self._counting: asyncio.Task[None] | None = None
        self.thread = ThreadPoolExecutor(1, "hooks")
        # A Valkey that stands still holds whoever rings for some seconds; no webhook waits behind that.
        self._bell = ThreadPoolExecutor(1, "bell")
        self._to_ring: set[int] = set()
        self._ringing = False

    async def keep(self, arrived: Arrived) -> None:
        """Return once the bytes are committed; raises what the database raised."""
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[None] = loop.create_future()
        self._waiting.append((arrived, kept))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._write())
        await kept

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(GATHER)
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            try:
                await loop.run_in_executor(self.thread, _keep, [arrived for arrived, _ in group])
            except Exception as error:  # noqa: BLE001 -- whoever waits must hear of it, whatever it was
                _settle(group, error)
                continue
            _settle(group, None)
            self._to_ring |= {arrived.lane for arrived, _ in group}
            self._ring()

    def _ring(self, rung: asyncio.Future[None] | None = None) -> None:
        """One ring at a time; what comes meanwhile shares the next. A ring that failed is made up for by the clock."""
        if rung is not None:
            self._ringing = False
            if not rung.cancelled():
                rung.exception()
        if self._to_ring and not self._ringing:
            lanes, self._to_ring, self._ringing = self._to_ring, set(), True
            loop = asyncio.get_running_loop()
            loop.run_in_executor(self._bell, intake.ring_for_deliveries, lanes).add_done_callback(self._ring)

    def count_refused(self, app_id: int) -> bool:
        """For the admin. A flood of forgeries makes one note at a time: False where one is being made."""
        self._refused[app_id] += 1
        if self._counting is not None and not self._counting.done():
            return False
        self._counting = asyncio.get_running_loop().create_task(self._note_refused())
        return True

    async def _note_refused(self) -> None:
        loop = asyncio.get_running_loop()
        while self._refused:
            app_id, number = self._refused.popitem()
            note = partial(deliveries.saw_refused, app_id, timezone.now(), number)
            await loop.run_in_executor(self.thread, _quietly, note)


def _settle(group: list[tuple[Arrived, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, kept in group:
        if kept.cancelled():
            continue
        if error is None:
            kept.set_result(None)
        else:
            kept.set_exception(error)


def _keep(group: list[Arrived]) -> None:
    """In the writer's thread, with its own lasting connection; a dead one is replaced once."""
    _again_with_fresh_connection(lambda: deliveries.keep(group))
    now = timezone.now()
    quiet = {item.app_id for item in group if now - _noted.get(item.app_id, EPOCH) > NOTE_EVERY}
    if quiet:
        deliveries.saw_verified(quiet, now)
        _noted.update(dict.fromkeys(quiet, now))


def _again_with_fresh_connection(call: Callable[[], Result]) -> Result:
    # What goes around Django's cursors raises the driver's errors; all of ours are Django's.
    with connection.wrap_database_errors:
        try:
            return call()
        except (DatabaseError, InterfaceError, psycopg2.Error):
            connection.close()
            return call()


_noted: dict[int, datetime] = {}
_complained_at = 0.0
_dawdling = Dawdling()
_writers: dict[int, Writer] = {}
_apps: dict[tuple[str, str], KnownApp] = {}


def _writer() -> Writer:
    """One a running event loop."""
    loop = id(asyncio.get_running_loop())
    return _writers.setdefault(loop, Writer())


async def receive(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application below /hooks/<platform>/<app key>/."""
    parts = scope["path"].strip("/").split("/")
    if len(parts) != 3 or parts[1] not in registry.platforms():
        return await _answer(send, 404, "no such webhook address")
    platform, key = parts[1], parts[2]
    if scope["method"] == "GET":
        return await _handshake(scope, send, platform, key)
    if scope["method"] != "POST":
        return await _answer(send, 405, "POST what happened, GET to verify")
    try:
        status, words = await _accept(scope, receive, platform, key)
    except TooLarge:
        return await _answer(send, 413, "the body is too large", close=True)
    except Busy:
        return await _answer(send, 503, "try again later", close=True)
    except (Gone, TimeoutError):
        return await _answer(send, 400, "the body ended early", close=True)
    return await _answer(send, status, words, close=status == 404)


async def _handshake(scope: Scope, send: Send, platform: str, key: str) -> None:
    """Answered from what is derived, so that it works with the database down; that it came is noted if possible."""
    app = contract.App(key=key, verify_token=verify_token(key))
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    words = gateway.challenge(platform, app, query)
    if words is None:
        return await _answer(send, 403, "not the verify token of this address")
    await _answer(send, 200, words)
    loop = asyncio.get_running_loop()
    note = partial(deliveries.saw_challenge, platform, key, timezone.now())
    await loop.run_in_executor(_writer().thread, _quietly, note)
    return None


async def _accept(scope: Scope, receive: Receive, platform: str, key: str) -> tuple[int, str]:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        known = await _app(platform, key)
    except (DatabaseError, InterfaceError) as error:
        _complain(error)
        return 503, "try again later"
    if known is None:
        return 404, "no such webhook address"
    async with asyncio.timeout(BODY_WITHIN):
        body = await _body(scope, receive)
    words = scope["query_string"].decode("latin-1")
    try:
        gateway.verify(platform, known.app, contract.Webhook(body, headers, dict(parse_qsl(words))))
    except BadSignature as error:
        if _writer().count_refused(known.pk):
            log.warning("webhooks of %s are refused: %s", key, error.detail or "bad signature")
        return 401, "bad signature"
    kept = {name: headers[name][:200] for name in KEPT_HEADERS if name in headers}
    kept |= {"x-query": words} if words and len(words) <= LONGEST_QUERY else {}
    try:
        account = gateway.account_in(platform, body)
        await _writer().keep(Arrived(known.pk, body, timezone.now(), kept, account))
    except (DatabaseError, InterfaceError, OSError) as error:
        _complain(error)
        return 503, "try again later"
    return gateway.accepted(platform), "kept"


def _complain(error: Exception) -> None:
    """Once in a while: every webhook fails while the database is away."""
    global _complained_at
    if time.monotonic() - _complained_at > COMPLAIN_EVERY:
        _complained_at = time.monotonic()
        log.error("webhooks are not kept, the platforms will try again: %s", type(error).__name__)


async def _body(scope: Scope, receive: Receive) -> bytes:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > settings.WEBHOOK_MAX_BYTES:
            raise TooLarge
    first, more = await _piece(receive)
    return await _rest(first, receive) if more else first


async def _rest(first: bytes, receive: Receive) -> bytes:
    pieces, size, more = [first], len(first), True
    _dawdling.number += 1
    try:
        _dawdling.take(size)
        while more:
            piece, more = await _piece(receive)
            pieces.append(piece)
            size += len(piece)
            _dawdling.take(len(piece))
            if size > settings.WEBHOOK_MAX_BYTES:
                raise TooLarge
        return b"".join(pieces)
    finally:
        _dawdling.number -= 1
        _dawdling.size -= size


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    """What came of the body, and whether more is to come."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    return message.get("body", b""), bool(message.get("more_body"))


async def _app(platform: str, key: str) -> KnownApp | None:
    """The app behind an address, remembered for some seconds."""
    known = _apps.get((platform, key))
    if known and known.until > time.monotonic():
        return known
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_writer().thread, _find, platform, key)
    if found is None:
        _apps.pop((platform, key), None)
        return None
    _apps[platform, key] = found
    return found


def _find(platform: str, key: str) -> KnownApp | None:
    app = _again_with_fresh_connection(lambda: gateway.app_by_key(platform, key))
    return None if app is None else KnownApp(app.pk, app.as_app(), time.monotonic() + APP_KNOWN_FOR)


def _quietly(call: Callable[[], object]) -> None:
    """A note for the admin is worth no error."""
    try:
        call()
    except (InterfaceError, DatabaseError):
        connection.close()


async def _answer(send: Send, status: int, words: str, *, close: bool = False) -> None:
    """`close`: hang up afterwards, because the body was not read to its end."""
    body = words.encode()
    headers = [*PLAIN, (b"content-length", str(len(body)).encode())]
    headers += [(b"connection", b"close")] if close else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
