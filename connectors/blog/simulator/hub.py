"""A WebSub hub: verifies who subscribes, and pushes a feed when something new is in it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from connectors.simulator.asgi import Request, Response
from connectors.simulator.stage import Stage

LONGEST, USUAL = 10 * 86400, 86400
METHODS = ("sha256", "sha1", "sha384", "sha512", "wrong", "none")


@dataclass(slots=True)
class Subscription:
    """`ends` is in seconds since 1970."""

    topic: str
    callback: str
    secret: str
    ends: float


class Hub:
    """`signing` is one of METHODS: `wrong` signs with another secret, `none` not at all."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.signing = METHODS[0]
        self.subscriptions: dict[tuple[str, str], Subscription] = {}
        self.verified: list[dict[str, Any]] = []
        self.topics: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"{self._stage.base_url}/blog/hub"

    def ask(self, request: Request, found: Any) -> Response:
        given = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        mode, topic, callback = given.get("hub.mode"), given.get("hub.topic", ""), given.get("hub.callback", "")
        if mode not in ("subscribe", "unsubscribe") or not callback.startswith(("http://", "https://")):
            return Response(400, b"hub.mode and hub.callback are needed", {"content-type": "text/plain"})
        if topic not in self.topics:
            return Response(404, b"that topic is not here", {"content-type": "text/plain"})
        wanted = given.get("hub.lease_seconds", "")
        lease = min(int(wanted), LONGEST) if wanted.isdecimal() and int(wanted) else USUAL
        one = Subscription(topic, callback, given.get("hub.secret", ""), time.time() + lease)
        task = asyncio.get_running_loop().create_task(self._verify(mode, one, lease))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Response(202)

    async def _verify(self, mode: str, one: Subscription, lease: int) -> None:
        challenge = secrets.token_urlsafe(24)
        query = {
            "hub.mode": mode,
            "hub.topic": one.topic,
            "hub.challenge": challenge,
            "hub.lease_seconds": str(lease),
        }
        status, text = await self._stage.courier.ask(one.callback, query)
        agreed = 200 <= status < 300 and text.strip() == challenge
        self.verified.append({"mode": mode, "topic": one.topic, "status": status, "agreed": agreed})
        if not agreed:
            return
        if mode == "subscribe":
            self.subscriptions[one.topic, one.callback] = one
        else:
            self.subscriptions.pop((one.topic, one.callback), None)

    def push(self, topic: str, body: bytes, content_type: str) -> None:
        """Send the feed to whoever subscribed to it and still has a lease."""
        for one in list(self.subscriptions.values()):
            if one.ends < time.time():
                del self.subscriptions[one.topic, one.callback]
            elif one.topic == topic:
                links = f'<{self.address}>; rel="hub", <{topic}>; rel="self"'
                headers = {"content-type": content_type, "link": links} | self._signature(one, body)
                self._stage.courier.send("blog", one.callback, body, headers, 3600.0)

    def _signature(self, one: Subscription, body: bytes) -> dict[str, str]:
        if self.signing == "none" or not one.secret:
            return {}
        method = "sha256" if self.signing == "wrong" else self.signing
        key = one.secret if self.signing != "wrong" else secrets.token_hex()
        digest = hmac.new(key.encode(), body, getattr(hashlib, method)).hexdigest()
        return {"x-hub-signature": f"{method}={digest}"}

    def forget(self) -> None:
        """What was verified; subscriptions stay."""
        self.verified.clear()
        self.signing = METHODS[0]

    def state(self) -> dict[str, Any]:
        shown = [
            {"topic": one.topic, "callback": one.callback, "ends": one.ends} for one in self.subscriptions.values()
        ]
        return {"subscriptions": shown, "verified": self.verified, "signing": self.signing}
