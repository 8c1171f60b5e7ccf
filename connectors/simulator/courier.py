"""Carries webhooks to the app: in order, until they are accepted, and as badly as one asks for."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import requests

from connectors.http import Session

log = logging.getLogger("connectors.simulator")

TIMEOUT = (3.05, 5.0)
FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0
GIVE_UP_AFTER = 36 * 3600.0
SPREAD = 2.0


@dataclass(order=True, slots=True)
class Parcel:
    """One delivery. `due` is on the monotonic clock."""

    due: float
    number: int
    address: str = field(compare=False)
    body: bytes = field(compare=False)
    headers: Mapping[str, str] = field(compare=False)
    given_up_at: float = field(compare=False)
    attempts: int = field(compare=False, default=0)


class Lane:
    """What waits for one app. One delivery is on its way at a time, a refused one lets others pass."""

    def __init__(self) -> None:
        self.waiting: list[Parcel] = []
        self.wake = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.on_its_way = 0

    def put(self, parcel: Parcel) -> None:
        heapq.heappush(self.waiting, parcel)
        self.wake.set()

    def hurry(self) -> None:
        """The app answers again: what failed before is due now, the oldest first."""
        now = time.monotonic()
        for parcel in self.waiting:
            if parcel.attempts:
                parcel.due = min(parcel.due, now)
        heapq.heapify(self.waiting)


class Courier:
    """`duplicates`: share of deliveries sent twice. `reorder`: each is held back up to two seconds at random.

    `paused` keeps everything. Nothing is lost while the app is down: refused deliveries come again
    after 1, 2, 4 … 30 seconds for 36 hours, and at once when another one got through. A network that is less
    patient says for how many seconds: with 0 a refused delivery is lost.
    """

    def __init__(self, rng: random.Random) -> None:
        self.duplicates, self.reorder, self.paused = 0.0, False, False
        self.counts = {"accepted": 0, "refused": 0, "duplicated": 0, "given_up": 0}
        self.log: deque[dict[str, Any]] = deque(maxlen=100)
        self._rng, self._numbers = rng, count(1)
        self._lanes: dict[str, Lane] = {}

    def send(
        self, lane: str, address: str, body: bytes, headers: Mapping[str, str], patience: float = GIVE_UP_AFTER
    ) -> None:
        copies = 1 + (self._rng.random() < self.duplicates)
        self.counts["duplicated"] += copies - 1
        for copy in range(copies):
            now = time.monotonic()
            late = self._rng.uniform(0, SPREAD) if self.reorder or copy else 0.0
            parcel = Parcel(now + late, next(self._numbers), address, body, headers, now + late + patience)
            self._lane(lane).put(parcel)

    async def ask(self, address: str, query: Mapping[str, str]) -> tuple[int, str]:
        """One GET, for handshakes: status (0 where nobody answered) and text."""
        return await asyncio.to_thread(_fetch, lambda session: session.get(address, params=query, timeout=TIMEOUT))

    def pause(self, paused: bool) -> None:
        self.paused = paused
        for lane in self._lanes.values():
            lane.wake.set()

    def waiting(self) -> int:
        return sum(len(lane.waiting) + lane.on_its_way for lane in self._lanes.values())

    def forget(self) -> None:
        """Drop what waits; what is on its way arrives."""
        for lane in self._lanes.values():
            lane.waiting.clear()
        self.counts = dict.fromkeys(self.counts, 0)
        self.log.clear()

    async def stop(self) -> None:
        tasks = [lane.task for lane in self._lanes.values() if lane.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def state(self) -> dict[str, Any]:
        return {
            "waiting": self.waiting(),
            "paused": self.paused,
            "duplicates": self.duplicates,
            "reorder": self.reorder,
            **self.counts,
            "log": list(self.log),
        }

    def _lane(self, name: str) -> Lane:
        lane = self._lanes.setdefault(name, Lane())
        if lane.task is None or lane.task.done():
            lane.task = asyncio.get_running_loop().create_task(self._carry(name, lane))
        return lane

    async def _carry(self, name: str, lane: Lane) -> None:
        while True:
            lane.wake.clear()
            wait = None if self.paused or not lane.waiting else lane.waiting[0].due - time.monotonic()
            if wait is None or wait > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(lane.wake.wait(), wait)
                continue
            parcel = heapq.heappop(lane.waiting)
            lane.on_its_way = 1
            try:
                status, _ = await asyncio.to_thread(_fetch, _post_of(parcel))
            finally:
                lane.on_its_way = 0
            self._settle(name, lane, parcel, status)

    def _settle(self, name: str, lane: Lane, parcel: Parcel, status: int) -> None:
        parcel.attempts += 1
        self.log.append(
            {"at": time.time(), "app": name, "status": status, "attempt": parcel.attempts, "bytes": len(parcel.body)}
        )
        if status == 200:
            self.counts["accepted"] += 1
            lane.hurry()
            return
        self.counts["refused"] += 1
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** (parcel.attempts - 1))
        parcel.due = time.monotonic() + delay
        if parcel.due > parcel.given_up_at:
            self.counts["given_up"] += 1
            log.warning("the app did not take a webhook in time; it is lost")
            return
        lane.put(parcel)


def _post_of(parcel: Parcel) -> Callable[[Session], requests.Response]:
    return lambda session: session.post(parcel.address, data=parcel.body, headers=dict(parcel.headers), timeout=TIMEOUT)


def _fetch(call: Callable[[Session], requests.Response]) -> tuple[int, str]:
    try:
        with Session(timeout=TIMEOUT, max_bytes=65536) as session:
            response = call(session)
            return response.status_code, response.text
    except requests.RequestException:
        return 0, ""
