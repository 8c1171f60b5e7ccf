"""An ASGI application that sends the same bytes to all of its sockets, and does nothing else.

A socket is welcomed at its first word. `GET /feed/<number>/<every>/<size>` sends so many events of that size, one
every so many seconds, and is answered after the last one.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

sends: set[Any] = set()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await _socket(receive, send)
    elif scope["type"] == "http":
        words = scope["path"].strip("/").split("/")
        if words[0] == "feed":
            await _feed(int(words[1]), float(words[2]), int(words[3]))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


async def _socket(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] == "websocket.receive":
        if send not in sends:
            sends.add(send)
            await send({"type": "websocket.send", "text": '{"e":[["welcome",{}]]}'})
    sends.discard(send)


async def _feed(number: int, every: float, size: int) -> None:
    start = time.monotonic()
    for turn in range(1, number + 1):
        await asyncio.sleep(start + turn * every - time.monotonic())
        told = f'{{"s":[{turn},{turn}],"t":{time.time() * 1000:.0f},"e":[["ticket",{event(turn, size)}]]}}'
        for send in list(sends):
            await send({"type": "websocket.send", "text": told})


def event(number: int, size: int) -> str:
    """A made-up ticket of about so many bytes."""
    return f'{{"id":{number},"at":{time.time():.6f},"text":"{"x" * size}"}}'
