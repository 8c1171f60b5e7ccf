"""A browser's socket, spoken to the ASGI application without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from socialcare.models import Membership, Workspace
from socialcare.tenancy import workspace
from tests.conftest import PASSWORD


def cookie_of(membership: Membership) -> bytes:
    client = Client()
    assert client.login(username=membership.user.email, password=PASSWORD)
    return f"sessionid={client.cookies['sessionid'].value}".encode()


def in_workspace(place: Workspace, call: Callable[..., Any], *args: Any) -> Awaitable[Any]:
    """Something that waits for the database, done from a story that waits for sockets."""

    def run() -> Any:
        with workspace(place.pk):
            return call(*args)

    return sync_to_async(run)()


class Socket:
    """Use inside one event loop: `async with Socket("acme", cookie) as socket`."""

    def __init__(self, slug: str, cookie: bytes = b"", origin: bytes = b"http://localhost", path: str = "") -> None:
        from socialcare.asgi import application

        headers = [(b"cookie", cookie), (b"origin", origin), (b"host", b"localhost")]
        path = path or f"/w/{slug}/live/"
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers, "subprotocols": []}
        self._there = ApplicationCommunicator(application, scope)

    async def __aenter__(self) -> Socket:
        await self._there.send_input({"type": "websocket.connect"})
        self.opened = await self._there.receive_output(5)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._there.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._there.wait(5)

    async def say(self, words: Any) -> None:
        await self._there.send_input({"type": "websocket.receive", "text": json.dumps(words)})

    async def hello(self) -> None:
        """As a page that opens."""
        await self.say({"hello": {"since": None}})
        await self.event("welcome")

    async def closed_with(self, within: float = 2.0) -> int | None:
        """The code it is closed with; None where it stays open."""
        if self.opened["type"] == "websocket.close":
            return int(self.opened.get("code", 1006))
        if await self._there.receive_nothing(within):
            return None
        answer = await self._there.receive_output(1)
        return int(answer["code"]) if answer["type"] == "websocket.close" else None

    async def frame(self, within: float = 5.0) -> dict[str, Any]:
        answer = await self._there.receive_output(within)
        assert answer["type"] == "websocket.send", answer
        return dict(json.loads(answer["text"]))

    async def event(self, kind: str, within: float = 5.0) -> tuple[dict[str, Any], Any]:
        """The next frame that carries such an event, and the event's payload."""
        async with asyncio.timeout(within):
            while True:
                frame = await self.frame(within)
                for name, payload in frame.get("e", ()):
                    if name == kind:
                        return frame, payload

    async def kinds(self, seconds: float) -> list[str]:
        """What it is told of within a while."""
        heard: list[str] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    heard += [kind for kind, _ in (await self.frame(seconds * 2)).get("e", ())]
        except TimeoutError:
            return heard
