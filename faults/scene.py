"""What faults may touch: the stand, the network, what customers send; and what they find wrong."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg2
from django.db import DatabaseError, InterfaceError, connection

from faults.courier import Courier
from faults.network import Network
from faults.stand import Stand

Result = TypeVar("Result")


@dataclass(slots=True)
class Fault:
    """One fault as planned: its kind's name, its turn among those of its lane, and a die of its own.

    `at`: when it began, `over`: when what was broken was whole again, in seconds since 1970. `recovery`, `worst_lag`:
    seconds, known at the end. `held`: deliveries a killed worker had in hand.
    """

    kind: str
    number: int
    seed: str
    at: float = 0.0
    over: float = 0.0
    held: int = 0
    recovery: float = 0.0
    worst_lag: float = 0.0
    note: str = ""

    @property
    def rng(self) -> random.Random:
        return random.Random(self.seed)  # noqa: S311 -- no secrets


class Feed:
    """Customers' deliveries, evenly over the run; some of it may be poured out at once."""

    def __init__(self, courier: Courier, bodies: Sequence[bytes], seconds: float) -> None:
        self._courier, self._bodies = courier, bodies
        self._every = seconds / max(1, len(bodies))
        self._start, self._next, self._lock = time.monotonic(), 0, threading.Lock()

    def pump(self) -> None:
        """Send what is due by now."""
        due = int((time.monotonic() - self._start) / self._every) + 1
        with self._lock:
            self._send(due)

    def pour(self, number: int) -> int:
        """Send so many at once, before their time. Returns how many there were."""
        with self._lock:
            before = self._next
            self._send(before + number)
            return self._next - before

    def finish(self) -> None:
        self.pour(len(self._bodies))

    def sent(self) -> Sequence[bytes]:
        with self._lock:
            return self._bodies[: self._next]

    def _send(self, until: int) -> None:
        for body in self._bodies[self._next : until]:
            self._courier.send(body)
        self._next = max(self._next, min(until, len(self._bodies)))


@dataclass(slots=True)
class Scene:
    stand: Stand
    courier: Courier
    network: Network
    feed: Feed
    hook: str
    secret: str
    page: str
    account_back: Callable[[], None]
    drop_sockets: Callable[[], None]
    problems: list[str] = field(default_factory=list)
    poisons: list[bytes] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    figures: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def superuser(self, database: str = "socialcare") -> Iterator[Any]:
        """A cursor of PostgreSQL's superuser, each statement for itself."""
        there = psycopg2.connect(self.stand.postgres.url("postgres", database), connect_timeout=5)
        there.autocommit = True
        with closing(there), there.cursor() as cursor:
            yield cursor

    def measured(self, name: str, value: float) -> None:
        self.figures.setdefault(name, []).append(value)


def asked(call: Callable[[], Result], otherwise: Result) -> Result:
    """What the database answers, or `otherwise` while it is away."""
    try:
        return call()
    except (DatabaseError, InterfaceError):
        connection.close()
        return otherwise
