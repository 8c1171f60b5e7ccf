"""The other side of the web process: signed webhooks over lasting connections, as fast as it goes or at a rate.

Run as a process of its own, `python -m bench.load`, with a JSON object of `Order`'s fields on its standard input; it
prints a JSON object of `Told`'s.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import uvloop

from bench.measure import percentile

HOST = "127.0.0.1"
SETTLE = 5.0
# Characters of a webhook's text: bodies of one to two kilobytes.
WORDS = 900, 1700


@dataclass(slots=True)
class Order:
    """`first`: the number of the first webhook. `rate`: a second, 0 as fast as it goes. `most`: webhooks altogether."""

    port: int
    path: str
    connections: int
    seconds: float
    rate: float
    page: str
    secret: str
    first: int
    most: int = 100_000


@dataclass(slots=True)
class Told:
    """`answers`: by status. `lags`: milliseconds of each answer, at a rate from when it was due. `cpu`: of a core."""

    answers: dict[str, int]
    seconds: float
    lags: list[float] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        return self.answers.get("200", 0) / self.seconds

    def percentile(self, percent: float) -> float:
        return percentile(self.lags, percent)


def apart(order: Order) -> Told:
    """Carry an order out in another process."""
    words = [sys.executable, "-m", "bench.load"]
    done = subprocess.run(words, input=json.dumps(asdict(order)), capture_output=True, text=True, check=True)  # noqa: S603
    return Told(**json.loads(done.stdout))


def body_of(page: str, number: int) -> bytes:
    """A message of a new customer; the same number gives the same bytes. Its text begins with the number."""
    size = random.Random(number).randint(*WORDS)  # noqa: S311 -- no secrets
    at = 1_700_000_000_000 + number
    said = {"mid": f"m_{number}", "text": f"#{number}# " + "Where is my parcel? " * (size // 20)}
    item = {"sender": {"id": str(10**12 + number)}, "recipient": {"id": page}, "timestamp": at, "message": said}
    return json.dumps({"object": "page", "entry": [{"id": page, "time": at, "messaging": [item]}]}).encode()


def request_of(path: str, secret: str, body: bytes) -> bytes:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
    return f"{head}X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Connection(asyncio.Protocol):
    """One request at a time. `answered` is called with the connection and the status."""

    def __init__(self, answered: Callable[[Connection, int], None]) -> None:
        self._answered, self._heard = answered, b""
        self.transport: Any = None
        self.tag: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, end, rest = self._heard.partition(b"\r\n\r\n")
        if not end or len(rest) < int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or b"0"):
            return
        self._heard = b""
        self._answered(self, int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self.tag is not None:
            self._answered(self, 0)


class Load:
    """Sends what `requests` holds. `due`: for each, seconds after the start; none: whenever a connection is free."""

    def __init__(self, requests: Sequence[bytes], due: Sequence[float] | None, seconds: float) -> None:
        self._requests, self._due, self._seconds = requests, due, seconds
        self._free: deque[Connection] = deque()
        self._next = 0
        self._out = 0
        self.answers: Counter[str] = Counter()
        self.lags: list[float] = []
        self.answered_at: dict[int, float] = {}

    async def run(self, port: int, connections: int) -> float:
        """The seconds it took."""
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            _, one = await loop.create_connection(lambda: Connection(self._answered), HOST, port)
            self._free.append(one)
        self._start = time.perf_counter()
        end = self._start + self._seconds
        while time.perf_counter() < end and self._next < len(self._requests):
            self._send()
            await asyncio.sleep(self._until_next())
        self._stopped, took = True, time.perf_counter() - self._start
        give_up = time.perf_counter() + SETTLE
        while self._out and time.perf_counter() < give_up:
            await asyncio.sleep(0.01)
        for one in self._free:
            one.transport.close()
        return took

    _stopped = False

    def _until_next(self) -> float:
        """Seconds. A timer of less than a millisecond runs out at once: this side would spin on a core others need."""
        if not self._due or self._next >= len(self._due):
            return 0.01
        return min(0.01, max(0.001, self._start + self._due[self._next] - time.perf_counter()))

    def _send(self) -> None:
        while self._free and self._next < len(self._requests) and not self._stopped:
            if self._due and self._start + self._due[self._next] > time.perf_counter():
                return
            one, number = self._free.popleft(), self._next
            self._next += 1
            self._out += 1
            one.tag = (number, self._start + self._due[number] if self._due else time.perf_counter())
            one.transport.write(self._requests[number])

    def _answered(self, one: Connection, status: int) -> None:
        number, since = one.tag
        one.tag = None
        self._out -= 1
        now = time.perf_counter()
        self.lags.append((now - since) * 1000)
        self.answers[str(status)] += 1
        self.answered_at[number] = now
        if status:
            self._free.append(one)
            self._send()


def carry_out(order: Order) -> Told:
    number = min(order.most, int(order.rate * order.seconds)) if order.rate else order.most
    bodies = (body_of(order.page, order.first + index) for index in range(number))
    requests = [request_of(order.path, order.secret, body) for body in bodies]
    due = [index / order.rate for index in range(number)] if order.rate else None
    load = Load(requests, due, order.seconds)
    began = time.process_time()
    seconds = uvloop.run(load.run(order.port, order.connections))
    cpu = (time.process_time() - began) / seconds
    return Told(dict(load.answers), seconds, [round(lag, 3) for lag in load.lags], round(cpu, 2))


if __name__ == "__main__":
    print(json.dumps(asdict(carry_out(Order(**json.load(sys.stdin))))))
