"""The fake networks together: which there are, what is connected to them, and the trickle of customers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from connectors.simulator.plan import Connected, Network
from connectors.simulator.stage import Stage

log = logging.getLogger("connectors.simulator")

PLATFORMS = Path(__file__).parent.parent
LOOK_EVERY = 3.0

Source = Callable[[], Sequence[Connected]]


def networks(stage: Stage) -> dict[str, Network]:
    """Every platform folder with a `simulator` that has a `network`, built on the stage."""
    modules = [*PLATFORMS.glob("*/simulator.py"), *PLATFORMS.glob("*/simulator/__init__.py")]
    names = {path.relative_to(PLATFORMS).parts[0] for path in modules} - {"simulator"}
    found = [import_module(f"connectors.{name}.simulator").network(stage) for name in sorted(names)]
    return {network.name: network for network in found}


class Simulator:
    """`source` says what is connected; it is asked in a thread every few seconds and may fail at times."""

    def __init__(self, stage: Stage, source: Source, per_minute: float = 0.0) -> None:
        self.stage, self.per_minute = stage, per_minute
        self.networks = networks(stage)
        for network in self.networks.values():
            stage.faults.kinds.update(network.faults)
        self.connected: Sequence[Connected] = ()
        self._source, self._changed = source, asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self.set_rhythm(self.per_minute)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._keep_looking()), loop.create_task(self._trickle())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.stage.courier.stop()

    async def look(self) -> None:
        """Ask the source now and tell the networks if anything changed."""
        connected = await asyncio.to_thread(self._source)
        if connected == self.connected:
            return
        self.connected = connected
        for network in self.networks.values():
            network.connect([app for app in connected if app.platform == network.name])

    def set_rhythm(self, per_minute: float) -> None:
        self.per_minute = per_minute
        self.stage.playing = per_minute > 0
        self._changed.set()

    def reset(self) -> None:
        self.stage.reset()
        for network in self.networks.values():
            network.reset()

    async def _keep_looking(self) -> None:
        told = False
        while True:
            try:
                await self.look()
                told = False
            except Exception as error:  # noqa: BLE001 -- the app may be down for a while; that is what is tested
                if not told:
                    log.warning("cannot see what is connected (%s); looking again", type(error).__name__)
                told = True
            await asyncio.sleep(LOOK_EVERY)

    async def _trickle(self) -> None:
        rng = self.stage.chance("trickle")
        while True:
            self._changed.clear()
            pause = rng.expovariate(self.per_minute / 60) if self.per_minute > 0 else None
            try:
                await asyncio.wait_for(self._changed.wait(), pause)
            except TimeoutError:
                used = {app.platform for app in self.connected if app.pages}
                if found := [network for name, network in self.networks.items() if name in used]:
                    self._play(rng.choice(found))

    def _play(self, network: Network) -> None:
        try:
            network.play()
        except Exception:
            log.exception("the trickle stumbled")
