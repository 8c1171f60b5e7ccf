"""When what breaks: a seeded plan, and the hand that carries it out."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from connectors.deliveries import LEASE
from faults.stand import Stand
from socialcare.supervisor import Child

WORKER, VALKEY = "worker killed", "Valkey restarted empty"
# Most kills wait this long for the worker to hold deliveries, so that they strike in the middle of a batch.
PATIENCE = 8.0
IN_THE_MIDDLE = 0.75
# Some kills follow another at once: they strike a worker that starts, or one that has just begun again.
AT_ONCE, AFTER = 0.2, (0.6, 5.0)
BURST, BURST_SECONDS = 0.6, 0.8

# Without what a worker before this one held.
HELD = """
SELECT count(*) FROM connectors_delivery
WHERE state = 'waiting' AND lease_until > statement_timestamp() AND lease_until > to_timestamp(%s)
"""

DONE = "SELECT count(*) FROM connectors_delivery WHERE done_at > to_timestamp(%s)"


@dataclass(slots=True)
class Fault:
    """`due`: seconds after its slot began. `outage`: how long Valkey is away. The rest is known once it happened.

    `at`: seconds since 1970. `held`: deliveries the worker had in hand. `up`: how long the next worker took from
    its start to its first deliveries, 0 where another fault came first. The others are seconds as well.
    """

    kind: str
    due: float
    outage: float = 0.0
    waits: bool = False
    delay: float = 0.0
    at: float = 0.0
    held: int = 0
    up: float = 0.0
    recovery: float = 0.0
    worst_lag: float = 0.0
    said: list[str] = field(default_factory=list)


Slot = list[Fault]


def plan(seed: int, kills: int, restarts: int, every: float) -> list[Slot]:
    """Slots of `every` seconds with a fault in the first half, now and then with two. Without faults one empty slot."""
    rng = random.Random(f"{seed} faults")  # noqa: S311 -- no secrets
    kinds = [WORKER] * kills + [VALKEY] * restarts
    rng.shuffle(kinds)
    slots: list[Slot] = []
    for kind in kinds:
        fault = Fault(kind, rng.uniform(0.15, 0.45) * every, delay=rng.uniform(0, 0.06))
        if kind == VALKEY:
            fault.outage = rng.uniform(0.2, 2.0)
        fault.waits = kind == WORKER and rng.random() < IN_THE_MIDDLE
        if rng.random() < AT_ONCE and slots and len(slots[-1]) == 1:
            fault.waits = False
            fault.due = slots[-1][0].due + rng.uniform(*AFTER)
            slots[-1].append(fault)
        else:
            slots.append([fault])
    return slots or [[]]


def moments(rng: random.Random, slot: Slot, number: int, every: float) -> list[float]:
    """When `number` deliveries leave, in seconds after the slot began: most in a burst around its fault."""
    found = []
    for _ in range(number):
        if slot and rng.random() < BURST:
            found.append(max(0.0, slot[0].due + rng.uniform(-BURST_SECONDS, BURST_SECONDS) / 2))
        else:
            found.append(rng.uniform(0, every))
    return sorted(found)


class Breaker:
    """Carries a slot's faults out; `act` is to be called often. `done`: what happened, in its order."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._left: Slot = []
        self._start = 0.0
        self._back_at: float | None = None
        self._coming: Fault | None = None
        self.done: list[Fault] = []

    def begin(self, slot: Slot) -> None:
        self._left, self._start = list(slot), time.monotonic()

    def finished(self) -> bool:
        return not self._left and self._back_at is None

    def act(self) -> None:
        now = time.monotonic()
        if self._back_at is not None and now >= self._back_at:
            self._stand.valkey.start(self._stand.valkey.port)
            self._back_at = None
        if self._coming:
            self._watch(self._coming)
        if self._left and self._back_at is None and now >= self._start + self._left[0].due:
            fault = self._left[0]
            if self._strike(fault):
                self.done.append(self._left.pop(0))

    def _strike(self, fault: Fault) -> bool:
        """False while it cannot be done: the worker is not there yet."""
        if fault.kind == VALKEY:
            fault.at = time.time()
            self._stand.kill_valkey()
            self._back_at = time.monotonic() + fault.outage
            return True
        worker = self._stand.child("worker")
        if not worker.alive():
            return False
        since = _first_lease(worker)
        if fault.waits:
            _wait_until_held(since)
        time.sleep(fault.delay)
        fault.at = time.time()
        self._stand.kill("worker")
        fault.held = _held(since)
        self._coming = fault
        return True

    def _watch(self, fault: Fault) -> None:
        worker = self._stand.child("worker")
        if not worker.alive():
            return
        since = _first_lease(worker)
        if _held(since) or _count(DONE, since - LEASE.total_seconds()):
            fault.up, self._coming = time.monotonic() - worker.started, None


def _first_lease(worker: Child) -> float:
    """When the earliest lease this worker can have ends, in seconds since 1970."""
    return time.time() - (time.monotonic() - worker.started) + LEASE.total_seconds()


def _wait_until_held(since: float) -> None:
    give_up = time.monotonic() + PATIENCE
    while not _held(since) and time.monotonic() < give_up:
        time.sleep(0.002)


def _held(since: float) -> int:
    """Deliveries with a lease that ends after `since`, in seconds since 1970."""
    return _count(HELD, since)


def _count(query: str, since: float) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, [since])
        row: tuple[Any, ...] = cursor.fetchone()
        return int(row[0])
