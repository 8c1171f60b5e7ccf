"""Browsers' live sockets, many of them in one process of their own, with nothing in between but the bytes.

Run as `python -m bench.sockets`, with a JSON object of `Order`'s fields as the first line of its standard input. It
says `ready` once every socket was welcomed, and after another line, the number of events to expect, a JSON object of
`Told`'s fields.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import uvloop

from bench.measure import percentile

HOST = "127.0.0.1"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
AT_ONCE = 50
WITHIN = 60.0
SETTLE = 10.0
PERCENTS = (50, 95, 99, 100)
# A reader that stalls is felt at once where the kernel takes little of what is meant for it.
SMALL_BUFFER, SMALL_SEGMENT = 4096, 536
Heard = Callable[["Browser", bytes], None]


@dataclass(slots=True)
class Order:
    """`stalled`: so many more sockets, which stop reading once they were welcomed."""

    port: int
    path: str
    cookie: str
    number: int
    stalled: int = 0


@dataclass(slots=True)
class Told:
    """`lags`: milliseconds from an event's `at` to its arrival, by percentile. `closed`: with which codes, how often.

    `lost`: events that did not come, or not in order, added up over the sockets. `cpu`: seconds.
    """

    frames: int
    lost: int
    lags: dict[str, float] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)
    cpu: float = 0.0


class Crowd:
    """The process beside us, from the moment when every socket is welcomed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def told(self, events: int) -> Told:
        """What came, after waiting a while for the last ones; all sockets are closed."""
        out, _ = self._process.communicate(f"{events}\n", timeout=WITHIN)
        return Told(**json.loads(out))


@contextmanager
def crowd(order: Order) -> Iterator[Crowd]:
    words = [sys.executable, "-m", "bench.sockets"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a pipe is missing")
        process.stdin.write(json.dumps(asdict(order)) + "\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the sockets were not welcomed")
        yield Crowd(process)
    finally:
        process.kill()
        process.wait()


class Browser(asyncio.Protocol):
    """One live socket: signs in by cookie, says hello, and hands every text frame to `heard`."""

    def __init__(self, path: str, cookie: str, heard: Heard) -> None:
        self._path, self._cookie, self._heard = path, cookie, heard
        self._waiting = b""
        self._open = False
        self.transport: Any = None
        self.closed: int | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        host = f"{HOST}:{transport.get_extra_info('peername')[1]}"
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {self._cookie}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        if not self._open:
            head, end, rest = self._waiting.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self.transport.close()
                return
            self._open, self._waiting = True, rest
            self.say({"hello": {"since": None}})
        self._take_frames()

    def _take_frames(self) -> None:
        data, at = self._waiting, 0
        while len(data) - at >= 2:
            size, start = data[at + 1], at + 2
            if size > 125:
                wide = 2 if size == 126 else 8
                if len(data) < start + wide:
                    break
                size, start = int.from_bytes(data[start : start + wide], "big"), start + wide
            if len(data) < start + size:
                break
            self._frame(data[at] & 15, data[start : start + size])
            at = start + size
        self._waiting = data[at:]

    def _frame(self, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            self._heard(self, payload)
        elif kind == PING:
            self._send(PONG, payload)
        elif kind == CLOSE:
            self.closed = int.from_bytes(payload[:2], "big")
            self.transport.close()

    def say(self, words: Any) -> None:
        self._send(TEXT, json.dumps(words).encode())

    def _send(self, kind: int, payload: bytes) -> None:
        """Masked, as a client must, by a key that changes nothing."""
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0xFE, size)
        self.transport.write(bytes([0x80 | kind]) + length + bytes(4) + payload)

    def connection_lost(self, error: Exception | None) -> None:
        if self.closed is None:
            self.closed = 1006


async def opened(port: int, browser: Browser, *, small: bool = False) -> Browser:
    """Connect it. `small`: with the least room for what it does not read."""
    loop = asyncio.get_running_loop()
    plug = socket.socket()
    plug.setblocking(False)
    if small:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL_SEGMENT)
    await loop.sock_connect(plug, (HOST, port))
    await loop.create_connection(lambda: browser, sock=plug)
    return browser


class Watching:
    """All of the sockets, and what each has heard."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._welcomed: set[Browser] = set()
        self._seen: dict[Browser, int] = {}
        self._known: dict[bytes, list[tuple[int, float]]] = {}
        self._lags: list[float] = []
        self._frames = self._lost = 0
        self._stalled: set[Browser] = set()

    async def run(self) -> Told:
        browsers: list[Browser] = []
        for begin in range(0, self._order.number, AT_ONCE):
            group = [self._open() for _ in range(min(AT_ONCE, self._order.number - begin))]
            browsers += await asyncio.gather(*group)
            await self._welcomes(len(browsers))
        for _ in range(self._order.stalled):
            browser = Browser(self._order.path, self._order.cookie, self._heard)
            self._stalled.add(browser)
            await opened(self._order.port, browser, small=True)
        await self._welcomes(len(browsers) + self._order.stalled)
        self._frames, began = 0, time.process_time()
        print("ready", flush=True)
        events = int(await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline))
        await self._until(lambda: all(seen >= events for seen in self._seen.values()), SETTLE)
        used = time.process_time() - began
        lost = self._lost + sum(max(0, events - seen) for seen in self._seen.values())
        await self._read_on()
        lags = {str(percent): percentile(self._lags, percent) for percent in PERCENTS} if self._lags else {}
        codes = [str(browser.closed) for browser in (*browsers, *self._stalled) if browser.closed is not None]
        return Told(self._frames, lost, lags, {code: codes.count(code) for code in codes}, used)

    async def _open(self) -> Browser:
        return await opened(self._order.port, Browser(self._order.path, self._order.cookie, self._heard))

    async def _welcomes(self, number: int) -> None:
        await self._until(lambda: len(self._welcomed) == number)

    async def _until(self, holds: Callable[[], bool], within: float = WITHIN) -> None:
        give_up = time.monotonic() + within
        while not holds() and time.monotonic() < give_up:
            await asyncio.sleep(0.02)

    async def _read_on(self) -> None:
        """Let the stalled ones read what is left for them, and hear how they were closed."""
        for browser in self._stalled:
            if browser.closed is None:
                browser.transport.resume_reading()
        if self._stalled:
            await self._until(lambda: all(browser.closed for browser in self._stalled), SETTLE)

    def _heard(self, browser: Browser, payload: bytes) -> None:
        now = time.time()
        if browser not in self._welcomed:
            self._welcomed.add(browser)
            if browser in self._stalled:
                browser.transport.pause_reading()
            else:
                self._seen[browser] = 0
            return
        if browser in self._stalled:
            return
        self._frames += 1
        events = self._known.get(payload)
        if events is None:
            told = json.loads(payload)
            events = [(event["id"], event["at"]) for kind, event in told.get("e", ()) if kind == "ticket"]
            self._known[payload] = events
            self._lost += "resync" in told
        for number, at in events:
            self._lost += number != self._seen[browser] + 1
            self._seen[browser] = number
            self._lags.append((now - at) * 1000)


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(Watching(Order(**json.loads(sys.stdin.readline()))).run()))))
