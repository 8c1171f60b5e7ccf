"""What every network stands on: chance, time, faults and the courier."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from connectors.simulator.courier import Courier
from connectors.simulator.faults import Faults


class Stage:
    """`playing` says whether the trickle runs, so that people also react to answers.

    With a seed, who writes what and after which pause is the same every time; ids never come twice all the same.
    `base_url` is where the simulator is reached, without a slash at the end. `batch` is how many
    seconds of events go into one delivery, 0 for each event by itself.
    """

    def __init__(self, base_url: str, seed: int | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self._seed = seed
        self.faults = Faults()
        self.courier = Courier(self.chance("courier"))
        self.playing, self.batch = False, 0.0
        self._act = 0

    def chance(self, what: str) -> random.Random:
        """The dice of one part; what happens elsewhere does not change how they fall."""
        return random.Random(None if self._seed is None else f"{self._seed} {what}")  # noqa: S311 -- no secrets

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call in some seconds, unless everything was reset meanwhile."""
        act = self._act
        asyncio.get_running_loop().call_later(seconds, lambda: call() if act == self._act else None)

    def reset(self) -> None:
        self._act += 1
        self.faults.clear()
        self.courier.forget()
