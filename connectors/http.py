"""The requests session every platform uses: time-outs, size cap, no redirects, no proxies, a redacted trace.

Standard library and requests only. A trace never holds a query string, a header or a body,
because tokens travel there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

TIMEOUT = (3.05, 15.0)
MAX_BYTES = 8 * 1024 * 1024
PIECE = 65536
TRACES = ("x-fb-trace-id", "x-transaction-id")


class TooLarge(requests.RequestException):
    """The answer is longer than we are willing to read."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as it may be kept: `status` is 0 where no answer came; `outcome` names the failure."""

    method: str
    host: str
    path: str
    status: int
    milliseconds: int
    outcome: str
    trace: str


_exchanges: ContextVar[list[Exchange] | None] = ContextVar("exchanges", default=None)


@contextmanager
def recorded() -> Iterator[list[Exchange]]:
    """Collect the exchanges made inside the block."""
    exchanges: list[Exchange] = []
    token = _exchanges.set(exchanges)
    try:
        yield exchanges
    finally:
        _exchanges.reset(token)


class Session(requests.Session):
    """Use one per call or per thread. `requests` exceptions pass through; their texts may hold URLs."""

    def __init__(self, *, timeout: tuple[float, float] = TIMEOUT, max_bytes: int = MAX_BYTES) -> None:
        super().__init__()
        self.trust_env = False
        self.timeout, self.max_bytes = timeout, max_bytes

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["allow_redirects"] = False
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self.timeout
        kwargs["stream"] = True
        started, response, outcome = time.monotonic(), None, "ok"
        try:
            response = super().request(method, url, *args, **kwargs)
            self._read(response, started + sum(self.timeout))
            return response
        except requests.RequestException as error:
            outcome = type(error).__name__
            raise
        finally:
            _record(str(method), str(url), response, started, outcome)

    def _read(self, response: requests.Response, deadline: float) -> None:
        chunks, size = [], 0
        while chunk := _piece(response):
            size += len(chunk)
            if size > self.max_bytes:
                response.close()
                raise TooLarge("the answer is too large")
            if time.monotonic() > deadline:
                response.close()
                raise requests.ReadTimeout("the answer took too long")
            chunks.append(chunk)
        response._content = b"".join(chunks)


def _piece(response: requests.Response) -> bytes:
    """What came so far, without waiting for more: a server that drips must not outlive the deadline."""
    try:
        return bytes(response.raw.read1(PIECE, decode_content=True))
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.ReadTimeout("the answer stopped") from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError("the answer broke off") from error


def _trace(response: requests.Response | None) -> str:
    """The name a platform gives to a call, for its support."""
    found = (response.headers.get(name, "") for name in TRACES) if response is not None else ()
    return next((name for name in found if name), "")


def _record(method: str, url: str, response: requests.Response | None, started: float, outcome: str) -> None:
    exchanges = _exchanges.get()
    if exchanges is None:
        return
    parts = urlsplit(url)
    exchanges.append(
        Exchange(
            method,
            parts.hostname or "",
            parts.path,
            response.status_code if response is not None else 0,
            round((time.monotonic() - started) * 1000),
            outcome,
            _trace(response),
        )
    )
