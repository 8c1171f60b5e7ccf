"""When what breaks: a seeded plan in two lanes, and the hands that carry it out."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import psycopg2
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from connectors.models import Delivery
from faults import figures
from faults.annoying import ANNOYING
from faults.breaking import BREAKING
from faults.scene import Fault, Scene, asked
from socialcare.engines import EngineError

# Of all faults, those that break a process or an engine; the others happen beside them.
BREAKS = 0.16
# How long after a fault the next one waits for what is late, and how long it waits anyway.
CALM_WITHIN, PAUSE = 30.0, (0.3, 2.0)

# A fault that could not be done is told, and the others go on.
FAILURES = (OSError, RuntimeError, EngineError, psycopg2.Error, DatabaseError, InterfaceError, ValueError)

Kinds = Mapping[str, tuple[int, Callable[[Scene, Fault], None]]]


def plan(seed: int, count: int) -> tuple[list[Fault], list[Fault]]:
    """What breaks, one after the other, and what annoys meanwhile. Every kind comes once before one comes twice."""
    broken = round(count * BREAKS)
    return _drawn(seed, BREAKING, broken), _drawn(seed, ANNOYING, count - broken)


def _drawn(seed: int, kinds: Kinds, number: int) -> list[Fault]:
    rng = random.Random(f"{seed} {'/'.join(kinds)}")  # noqa: S311 -- no secrets
    names = rng.sample(list(kinds), len(kinds))
    names += rng.choices(list(kinds), weights=[weight for weight, _ in kinds.values()], k=max(0, number - len(kinds)))
    del names[number:]
    rng.shuffle(names)
    return [Fault(name, index, f"{seed} {index} {name}") for index, name in enumerate(names)]


class Lane(threading.Thread):
    """Carries faults out, one after the other. With `every` at fixed times, without when all is calm again."""

    def __init__(self, scene: Scene, faults: Sequence[Fault], kinds: Kinds, every: float = 0.0) -> None:
        super().__init__(daemon=True)
        self._scene, self._kinds, self._every = scene, kinds, every
        self.faults = faults

    def run(self) -> None:
        start = time.monotonic()
        for fault in self.faults:
            if self._every:
                time.sleep(max(0.0, start + fault.number * self._every - time.monotonic()))
            fault.at = time.time()
            try:
                self._kinds[fault.kind][1](self._scene, fault)
            except FAILURES as error:
                self._scene.problems.append(f"{fault.kind} could not be done: {type(error).__name__}: {error}")
            fault.over = time.time()
            if not self._every:
                self._wait_for_calm(fault)
        connection.close()

    def _wait_for_calm(self, fault: Fault) -> None:
        time.sleep(fault.rng.uniform(*PAUSE))
        give_up = time.monotonic() + CALM_WITHIN
        while asked(_behind, True) and time.monotonic() < give_up:
            time.sleep(0.1)


def _behind() -> bool:
    """Whether a delivery is late that is not set back on purpose."""
    late = timezone.now() - timedelta(seconds=figures.BEHIND)
    return Delivery.objects.filter(state=Delivery.State.WAITING, error="", received_at__lt=late).exists()
