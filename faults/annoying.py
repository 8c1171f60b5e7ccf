"""Faults from outside: bad callers, odd payloads, a network that fails, browsers that drop off."""

from __future__ import annotations

import http.client
import json
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.meta.simulator.events import headers_of
from faults.network import WEATHER
from faults.scene import Fault, Scene

TIMEOUT = 12.0
WEATHER_SECONDS = (1.0, 4.0)
TOO_LARGE = 10 * 1024 * 1024
# Customers of these faults alone; what they write is no part of the story.
ODD = "666"
PARIS_NIGHTS = ("2026-10-25T00:30:00+00:00", "2026-03-29T01:30:00+00:00", "2024-02-29T12:00:00+00:00")


def drip(scene: Scene, fault: Fault) -> None:
    """A caller who sends a byte now and then, and goes away."""
    with suppress(OSError), _connected(scene) as caller:
        caller.sendall(_head(scene, 5000))
        for _ in range(8):
            time.sleep(0.25)
            caller.sendall(b"{")
        caller.settimeout(0.05)
        _expect_no_200(scene, _heard(caller), "a body that never came")


def cut_short(scene: Scene, fault: Fault) -> None:
    body = _message(scene, fault, "cut")
    with suppress(OSError), _connected(scene) as caller:
        caller.sendall(_head(scene, len(body), body) + body[: len(body) // 2])
        caller.shutdown(socket.SHUT_WR)
        caller.settimeout(2.0)
        _expect_no_200(scene, _heard(caller), "half a body")


def too_large(scene: Scene, fault: Fault) -> None:
    with suppress(OSError), _connected(scene) as caller:
        caller.sendall(_head(scene, TOO_LARGE))
        caller.settimeout(2.0)
        _expect_no_200(scene, _heard(caller), "ten megabytes")


def forge(scene: Scene, fault: Fault) -> None:
    body = _message(scene, fault, "forged")
    status = _post(scene, body, headers_of(body, "f" * 32))
    if status == 200:
        scene.problems.append("a forged webhook was answered with 200")


def replay(scene: Scene, fault: Fault) -> None:
    """Yesterday's webhooks once more."""
    sent = list(scene.feed.sent())
    for body in fault.rng.sample(sent, min(25, len(sent))):
        scene.courier.send(body)


def lump(scene: Scene, fault: Fault) -> None:
    """A thousand updates in one delivery, all of them known or about to be."""
    sent = list(scene.feed.sent())
    entries: list[Any] = []
    while sent and len(entries) < 1000:
        entries += json.loads(fault.rng.choice(sent))["entry"]
    if entries:
        scene.courier.send(json.dumps({"object": "page", "entry": entries[:1000]}).encode())


def poison(scene: Scene, fault: Fault) -> None:
    body = fault.rng.choice(POISONS)(scene, fault)
    scene.poisons.append(body)
    scene.courier.send(body)


def _nested(scene: Scene, fault: Fault) -> bytes:
    return b'{"object":"page","entry":' + b"[" * 10_000 + b"]" * 10_000 + f',"n":{fault.number}}}'.encode()


def _huge_text(scene: Scene, fault: Fault) -> bytes:
    return _message(scene, fault, "huge", text="x" * 5_000_000)


def _nul(scene: Scene, fault: Fault) -> bytes:
    return _message(scene, fault, "nul", text="a\0b \ud800 c")


def _not_utf8(scene: Scene, fault: Fault) -> bytes:
    return _message(scene, fault, "bytes", text="FROM").replace(b"FROM", b"\xff\xfe\xc3")


def _bad_date(scene: Scene, fault: Fault) -> bytes:
    return _message(scene, fault, "date", at=fault.rng.choice([-1, 10**30, 0, "yesterday", None, 1e308]))


def _huge_id(scene: Scene, fault: Fault) -> bytes:
    return _message(scene, fault, "id", who=ODD + "9" * 5000)


def _unknown(scene: Scene, fault: Fault) -> bytes:
    entry = {"id": scene.page, "time": 1, "changes": [{"field": f"new{fault.number}", "value": {"item": [None]}}]}
    return json.dumps({"object": "page", "entry": [entry, None, 7]}).encode()


def _no_json(scene: Scene, fault: Fault) -> bytes:
    return b"\x00\xff not json %d" % fault.number


POISONS = (_nested, _huge_text, _nul, _not_utf8, _bad_date, _huge_id, _unknown, _no_json)


def tell_odd_times(scene: Scene, fault: Fault) -> None:
    """Words from the future, from long ago, and from the nights and days that clocks stumble over."""
    now = datetime.now(UTC)
    times = [now + timedelta(hours=1), now - timedelta(hours=1), now - timedelta(days=40)]
    times += [datetime.fromisoformat(words) for words in PARIS_NIGHTS]
    for index, at in enumerate(times):
        name = f"time{index}"
        scene.odd.append(f"m_{ODD}_{name}_{fault.number}")
        scene.courier.send(_message(scene, fault, name, at=int(at.timestamp() * 1000)))


def storm(scene: Scene, fault: Fault) -> None:
    """Every call to the network fails in one way, for a while."""
    kinds = [name for name in WEATHER if name != "an expired token"]
    fault.note = fault.rng.choice(kinds)
    scene.network.weather = fault.note
    time.sleep(fault.rng.uniform(*WEATHER_SECONDS))
    scene.network.weather = ""


def expire_token(scene: Scene, fault: Fault) -> None:
    """The network knows the token no more, until an admin gives a good one."""
    scene.network.weather = "an expired token"
    time.sleep(fault.rng.uniform(*WEATHER_SECONDS))
    scene.network.weather = ""
    scene.account_back()


def drop_sockets(scene: Scene, fault: Fault) -> None:
    scene.drop_sockets()


def _message(scene: Scene, fault: Fault, name: str, *, text: str = "odd", who: str = "", at: Any = None) -> bytes:
    """A message of a customer of this fault's own."""
    when = int(time.time() * 1000)
    said = {"mid": f"m_{ODD}_{name}_{fault.number}", "text": text}
    sender = who or f"{ODD}{fault.number:05}{len(name):02}{sum(name.encode()):04}"
    item = {"sender": {"id": sender}, "recipient": {"id": scene.page}, "timestamp": when if at is None else at}
    entry = {"id": scene.page, "time": when, "messaging": [{**item, "message": said}]}
    return json.dumps({"object": "page", "entry": [entry]}).encode()


def _connected(scene: Scene) -> socket.socket:
    return socket.create_connection(("127.0.0.1", scene.stand.port), TIMEOUT)


def _head(scene: Scene, length: int, body: bytes = b"{}") -> bytes:
    signed = "".join(f"{name}: {value}\r\n" for name, value in headers_of(body, scene.secret).items())
    path = urlsplit(scene.hook).path
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{signed}Content-Length: {length}\r\n\r\n".encode()


def _heard(caller: socket.socket) -> bytes:
    try:
        return caller.recv(4096)
    except OSError:
        return b""


def _expect_no_200(scene: Scene, answer: bytes, what: str) -> None:
    if answer.startswith(b"HTTP/1.1 200"):
        scene.problems.append(f"{what} was answered with 200")


def _post(scene: Scene, body: bytes, headers: dict[str, str]) -> int:
    there = http.client.HTTPConnection("127.0.0.1", scene.stand.port, timeout=TIMEOUT)
    try:
        there.request("POST", urlsplit(scene.hook).path, body, headers)
        return there.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        there.close()


# By name: how often among these, and what it does.
ANNOYING = {
    "a body byte by byte": (8, drip),
    "a body cut short": (8, cut_short),
    "a body of ten megabytes": (6, too_large),
    "a forged signature": (8, forge),
    "old deliveries again": (14, replay),
    "a thousand updates in one": (4, lump),
    "poison": (24, poison),
    "odd times": (8, tell_odd_times),
    "the network fails": (14, storm),
    "the token expires": (4, expire_token),
    "sockets drop": (12, drop_sockets),
}
