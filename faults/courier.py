"""Delivers webhooks as Meta does: over several connections, again and again until the answer is 200."""

from __future__ import annotations

import heapq
import http.client
import threading
import time
from collections import Counter
from contextlib import suppress
from hashlib import blake2b
from itertools import count
from urllib.parse import urlsplit

from connectors.meta.simulator.events import headers_of

CONNECTIONS = 6
TIMEOUT = 10.0
FIRST_DELAY, LONGEST_DELAY = 0.25, 4.0


def fingerprint(body: bytes) -> bytes:
    """How the application names a delivery."""
    return blake2b(body, digest_size=16).digest()


class Courier:
    """`accepted`: when (seconds since 1970) a body's first 200 came, by fingerprint. Use as a context manager."""

    def __init__(self, address: str, secret: str) -> None:
        self._parts, self._secret = urlsplit(address), secret
        self._waiting: list[tuple[float, int, bytes, int]] = []
        self._numbers, self._changed = count(), threading.Condition()
        self._on_their_way, self._closed = 0, False
        self.accepted: dict[bytes, float] = {}
        self.answers: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._carry, daemon=True) for _ in range(CONNECTIONS)]

    def __enter__(self) -> Courier:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(TIMEOUT + 1)

    def send(self, body: bytes, due: float = 0.0, attempts: int = 0) -> None:
        """Deliver at `due` (monotonic clock), or at once. From any thread."""
        with self._changed:
            heapq.heappush(self._waiting, (due, next(self._numbers), body, attempts))
            self._changed.notify()

    def left(self) -> int:
        with self._changed:
            return len(self._waiting) + self._on_their_way

    def _carry(self) -> None:
        connection = self._connect()
        while (found := self._next()) is not None:
            body, attempts = found
            answer = self._post(connection, body)
            with self._changed:
                self.answers[answer] += 1
                self._on_their_way -= 1
                if answer == "200":
                    self.accepted.setdefault(fingerprint(body), time.time())
            if answer != "200":
                connection.close()
                delay = min(LONGEST_DELAY, FIRST_DELAY * 2**attempts)
                self.send(body, time.monotonic() + delay, attempts + 1)
        connection.close()

    def _next(self) -> tuple[bytes, int] | None:
        """What is due next; waits for it. None at the end."""
        with self._changed:
            while not self._closed:
                pause = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if pause is not None and pause <= 0:
                    _, _, body, attempts = heapq.heappop(self._waiting)
                    self._on_their_way += 1
                    return body, attempts
                self._changed.wait(pause)
            return None

    def _post(self, connection: http.client.HTTPConnection, body: bytes) -> str:
        """The status as text, or the name of what went wrong."""
        try:
            connection.request("POST", self._parts.path, body, headers_of(body, self._secret))
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            with suppress(OSError):
                connection.close()
            return type(error).__name__
        return str(response.status)

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._parts.hostname or "", self._parts.port, timeout=TIMEOUT)
