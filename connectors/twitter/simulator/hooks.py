"""The webhooks apps registered, the checks X makes of them, what they subscribed to, and what is sent to them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import secrets
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.simulator.plan import Connected
from connectors.simulator.stage import Stage
from connectors.twitter.simulator.events import CARE, Event, body_of, envelope, headers_of
from connectors.twitter.simulator.rules import Rules
from connectors.twitter.simulator.shapes import iso
from connectors.twitter.simulator.world import World, now

log = logging.getLogger("connectors.simulator")

CHECK_EVERY = 3600.0
INVALID_AFTER = 28 * 3600.0
MOST_SUBSCRIPTIONS = 1500


@dataclass(slots=True)
class Hook:
    """A registered webhook. `checked` says how the last check went; an invalid one gets no events."""

    id: str
    app: str
    url: str
    created_at: datetime
    valid: bool = False
    checked: str = "waiting"
    failing_since: float = 0.0
    sent: deque[tuple[datetime, str, bytes]] = field(default_factory=lambda: deque(maxlen=20_000))

    def shown(self) -> dict[str, Any]:
        return {"id": self.id, "url": self.url, "valid": self.valid, "created_at": iso(self.created_at)}


@dataclass(slots=True)
class Subscription:
    """One kind of event of one user; `type` "older" is all of the Account Activity API."""

    id: str
    app: str
    type: str
    user: str
    hook: str = ""
    tag: str = ""
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = {"subscription_id": self.id, "event_type": self.type, "filter": {"user_id": self.user}}
        found |= {"created_at": iso(self.created_at), "updated_at": iso(self.updated_at)}
        found |= {"tag": self.tag} if self.tag else {}
        return found | ({"webhook_id": self.hook} if self.hook else {})


class Hooks:
    """`apps` are the connected apps by their key; their secret signs."""

    def __init__(self, stage: Stage, world: World, rules: Rules) -> None:
        self._stage, self._world, self._rules = stage, world, rules
        self.apps: Mapping[str, Connected] = {}
        self.hooks: dict[str, Hook] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.billed: list[tuple[str, str, str]] = []
        self._held: dict[tuple[str, str], dict[str, Any]] = {}

    # ------------------------------------------------------------ registering

    def register(self, app: Connected, url: str) -> Hook:
        """Without a check; see `check`."""
        hook = Hook(self._world.ids.next(), app.app_key, url, now())
        self.hooks[hook.id] = hook
        return hook

    def of(self, app: str) -> list[Hook]:
        return [hook for hook in self.hooks.values() if hook.app == app]

    def remove(self, hook: Hook) -> None:
        self.hooks.pop(hook.id, None)
        gone = [one.id for one in self.subscriptions.values() if one.hook == hook.id]
        for id in gone:
            del self.subscriptions[id]

    def subscribe(self, app: str, type: str, user: str, hook: str = "", tag: str = "") -> Subscription:
        """The same again is the same subscription; see `subscribed`."""
        found = self.subscribed(app, type, user)
        if found is None:
            found = Subscription(self._world.ids.next(), app, type, user, hook, tag)
            self.subscriptions[found.id] = found
        return found

    def subscribed(self, app: str, type: str, user: str) -> Subscription | None:
        wanted = (app, type, user)
        return next((one for one in self.subscriptions.values() if (one.app, one.type, one.user) == wanted), None)

    def unsubscribe(self, app: str, user: str, types: Iterable[str]) -> None:
        for type in types:
            if found := self.subscribed(app, type, user):
                del self.subscriptions[found.id]

    def furnish(self, app: str, user: str) -> None:
        """What a care desk subscribes to."""
        for type in CARE:
            self.subscribe(app, type, user)

    # ------------------------------------------------------------ checking

    async def check(self, hook: Hook) -> bool:
        """The challenge: a wrong answer ends it at once, no answer after 28 hours."""
        token = secrets.token_urlsafe(32)
        app = self.apps.get(hook.app)
        status, text = await self._stage.courier.ask(hook.url, {"crc_token": token})
        secret = app.secret if app else ""
        expected = base64.b64encode(hmac.new(secret.encode(), token.encode(), hashlib.sha256).digest()).decode()
        if status == 200 and _response_token(text) == f"sha256={expected}":
            hook.valid, hook.checked, hook.failing_since = True, "verified", 0.0
            return True
        if status == 200 or 300 <= status < 400:
            hook.valid, hook.checked = False, "wrong answer"
            return False
        hook.failing_since = hook.failing_since or time.monotonic()
        hook.checked = f"refused ({status})"
        if time.monotonic() - hook.failing_since > INVALID_AFTER:
            hook.valid = False
        return False

    async def keep_checking(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY)
            for hook in list(self.hooks.values()):
                if hook.valid:
                    await self.check(hook)

    # ------------------------------------------------------------ sending

    def emit(self, event: Event) -> None:
        """To every app that subscribed, in the dialect it subscribed in."""
        if event.type == "oauth.revoke":
            return self._tell_of_end(event)
        for one in list(self.subscriptions.values()):
            if one.user != event.user:
                continue
            if one.type == event.type:
                self._send(one.app, event.user, envelope(event, one.tag), one.hook)
                self.billed.append((one.app, f"event {event.type}", event.user))
            elif one.type == "older" and event.older:
                self._older(one, event.older)
        return None

    def raw(self, app: str, user: str, payload: dict[str, Any]) -> None:
        """Any payload, signed."""
        self._send(app, user, payload)

    def resend(self, hook: Hook, start: datetime, end: datetime) -> str:
        """Replay what was sent in a span, and then say that this is done; the job's id."""
        job = self._world.ids.next()
        for at, _, body in list(hook.sent):
            if start <= at < end:
                self._post(hook, body)
        status = {
            "webhook_id": hook.id,
            "job_state": "Complete",
            "job_state_description": "Job completed successfully",
            "job_id": job,
        }
        self._post(hook, body_of({"replay_job_status": status}))
        return job

    def forget(self) -> None:
        self._held.clear()
        self.billed.clear()
        for hook in self.hooks.values():
            hook.sent.clear()

    def _tell_of_end(self, event: Event) -> None:
        """Every app hears when one of its users revokes; there is nothing to subscribe to."""
        key = next((app.app_key for app in self.apps.values() if app.app_id == event.payload["app_id"]), "")
        older = any(one.type == "older" and one.user == event.user for one in self.subscriptions.values())
        self._send(key, event.user, event.older if older and event.older else envelope(event))

    def _older(self, one: Subscription, payload: dict[str, Any]) -> None:
        """The older dialect may collect several events, each kind in one list."""
        if not self._stage.batch:
            return self._send(one.app, one.user, payload, one.hook)
        key = (one.app, one.user)
        if key not in self._held:
            self._held[key] = {}
            self._stage.later(self._stage.batch, lambda: self._flush(one))
        held = self._held[key]
        for name, value in payload.items():
            if isinstance(value, list):
                held[name] = [*held.get(name, []), *value]
            elif isinstance(value, dict):
                held[name] = {**held.get(name, {}), **value}
            else:
                held[name] = value
        return None

    def _flush(self, one: Subscription) -> None:
        if payload := self._held.pop((one.app, one.user), None):
            self._send(one.app, one.user, payload, one.hook)

    def _send(self, app: str, user: str, payload: dict[str, Any], hook: str = "") -> None:
        body = body_of(payload)
        for one in self.of(app):
            if hook in ("", one.id):
                one.sent.append((now(), user, body))
                if one.valid:
                    self._post(one, body)

    def _post(self, hook: Hook, body: bytes) -> None:
        app = self.apps.get(hook.app)
        if app:
            patience = {} if self._rules.patient else {"patience": 0.0}
            self._stage.courier.send(hook.id, hook.url, body, headers_of(body, app.secret), **patience)


def _response_token(text: str) -> Any:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found.get("response_token") if isinstance(found, dict) else None
