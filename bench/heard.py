"""Customers and an agent's browser in one process: webhooks posted at a rate, and when a live socket tells of each.

Run as `python -m bench.heard`, with a JSON object of `Order`'s fields on its standard input; it prints a JSON object
of `Told`'s.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
import uvloop

from bench import load
from bench.load import Load
from bench.sockets import Browser, opened

SETTLE = 20.0
PING_EVERY = 10.0
CONNECTIONS = 64
WORDS = 900, 1_700
NUMBER = re.compile(r"#(\d+)#")


@dataclass(slots=True)
class Order:
    """`watcher`, `others`: cookies, of who is listened to and of who is only there. `first`: the first one's number."""

    port: int
    hook: str
    page: str
    secret: str
    live: str
    watcher: str
    others: list[str]
    first: int
    rate: int
    seconds: float


@dataclass(slots=True)
class Told:
    """`lags`: milliseconds from the 200 to the frame. `told`: messages by how often they were told of.

    `cpu`: of a core, while posting.
    """

    answers: dict[str, int]
    lags: list[float] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    cpu: float = 0.0


def body_of(page: str, number: int) -> bytes:
    """A message of a new customer, of this moment; its text begins with the number."""
    size = random.Random(number).randint(*WORDS)  # noqa: S311 -- no secrets
    at = round(time.time() * 1000)
    said = {"mid": f"m_{number}", "text": f"#{number}# " + "Where is my parcel? " * (size // 20)}
    item = {"sender": {"id": str(10**12 + number)}, "recipient": {"id": page}, "timestamp": at, "message": said}
    return json.dumps({"object": "page", "entry": [{"id": page, "time": at, "messaging": [item]}]}).encode()


class Listener:
    """What one live socket says: when each number was first told of, and how often."""

    def __init__(self) -> None:
        self.welcomed = asyncio.Event()
        self.first_at: dict[int, float] = {}
        self.times: Counter[int] = Counter()

    def heard(self, _browser: Browser, payload: bytes) -> None:
        now = time.perf_counter()
        for kind, event in orjson.loads(payload).get("e", ()):
            if kind == "welcome":
                self.welcomed.set()
            elif kind == "ticket" and (found := NUMBER.match(event["text"])):
                number = int(found[1])
                self.first_at.setdefault(number, now)
                self.times[number] += 1


async def carry_out(order: Order) -> Told:
    listener = Listener()
    browsers = [await opened(order.port, Browser(order.live, order.watcher, listener.heard))]
    for cookie in order.others:
        browsers.append(await opened(order.port, Browser(order.live, cookie, lambda *_: None)))
    await asyncio.wait_for(listener.welcomed.wait(), SETTLE)
    pings = asyncio.create_task(_ping(browsers))
    await asyncio.sleep(1)
    numbers = range(order.first, order.first + int(order.rate * order.seconds))
    requests = [load.request_of(order.hook, order.secret, body_of(order.page, number)) for number in numbers]
    posting = Load(requests, [index / order.rate for index in range(len(requests))], 3 * order.seconds)
    began = time.process_time()
    seconds = await posting.run(order.port, CONNECTIONS)
    used = (time.process_time() - began) / seconds
    give_up = time.monotonic() + SETTLE
    while len(listener.first_at) < len(numbers) and time.monotonic() < give_up:
        await asyncio.sleep(0.05)
    pings.cancel()
    ours = [listener.times[number] for number in numbers]
    lags = [
        (listener.first_at[order.first + index] - at) * 1000
        for index, at in posting.answered_at.items()
        if order.first + index in listener.first_at
    ]
    times = {str(times): ours.count(times) for times in set(ours)}
    return Told(dict(posting.answers), [round(lag, 2) for lag in lags], times, round(used, 2))


async def _ping(browsers: list[Browser]) -> Any:
    while True:
        await asyncio.sleep(PING_EVERY)
        for browser in browsers:
            browser.say({"ping": 1})


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(carry_out(Order(**json.load(sys.stdin)))))))
