"""When what breaks: a seeded plan, and the hand that carries it out."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from faults.stand import Stand

WORKER, VALKEY = "worker killed", "Valkey restarted empty"
# A kill waits this long for the worker to hold deliveries, so that most strike in the middle of a batch.
PATIENCE = 1.5
IN_THE_MIDDLE = 0.75
BURST = 0.6
BURST_SECONDS = 0.8

HELD = """
SELECT count(*) FROM connectors_delivery WHERE state = 'waiting' AND lease_until > statement_timestamp()
"""


@dataclass(slots=True)
class Fault:
    """`due`: seconds after the start. `outage`: how long Valkey is away. The rest is known once it happened.

    `at`: seconds since 1970. `held`: deliveries the worker had in hand.
    """

    kind: str
    due: float
    outage: float = 0.0
    waits: bool = False
    delay: float = 0.0
    at: float = 0.0
    held: int = 0
    recovery: float = 0.0
    worst_lag: float = 0.0
    said: list[str] = field(default_factory=list)


def plan(seed: int, kills: int, restarts: int, every: float) -> list[Fault]:
    """One fault in every slot of `every` seconds, in its first half."""
    rng = random.Random(f"{seed} faults")  # noqa: S311 -- no secrets
    kinds = [WORKER] * kills + [VALKEY] * restarts
    rng.shuffle(kinds)
    found = []
    for number, kind in enumerate(kinds):
        due = (number + rng.uniform(0.15, 0.45)) * every
        found.append(
            Fault(
                kind,
                due,
                outage=rng.uniform(0.2, 2.0) if kind == VALKEY else 0.0,
                waits=kind == WORKER and rng.random() < IN_THE_MIDDLE,
                delay=rng.uniform(0, 0.06),
            )
        )
    return found


def moments(seed: int, faults: Sequence[Fault], number: int, seconds: float) -> list[float]:
    """When `number` deliveries leave, in seconds after the start: most in a burst around each fault."""
    rng = random.Random(f"{seed} moments")  # noqa: S311 -- no secrets
    found = []
    for _ in range(number):
        if faults and rng.random() < BURST:
            found.append(max(0.0, rng.choice(faults).due + rng.uniform(-BURST_SECONDS, BURST_SECONDS) / 2))
        else:
            found.append(rng.uniform(0, seconds))
    return sorted(found)


class Breaker:
    """Carries the plan out; to be called often. Remembers in each fault what it met."""

    def __init__(self, stand: Stand, faults: Sequence[Fault], start: float) -> None:
        self._stand, self._start = stand, start
        self._left = list(faults)
        self._back_at: float | None = None
        self.done: list[Fault] = []

    def finished(self) -> bool:
        return not self._left and self._back_at is None

    def act(self) -> None:
        now = time.monotonic()
        if self._back_at is not None and now >= self._back_at:
            self._stand.valkey.start(self._stand.valkey.port)
            self._back_at = None
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
        if not self._stand.child("worker").alive():
            return False
        fault.held = _wait_until_held() if fault.waits else _held()
        time.sleep(fault.delay)
        fault.at = time.time()
        self._stand.kill("worker")
        fault.held = _held()
        return True


def _wait_until_held() -> int:
    give_up = time.monotonic() + PATIENCE
    while not (held := _held()) and time.monotonic() < give_up:
        time.sleep(0.002)
    return held


def _held() -> int:
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        row: tuple[Any, ...] = cursor.fetchone()
        return int(row[0])
