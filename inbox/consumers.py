"""A browser's live connection. It only listens and tells who looks at what; every write goes over HTTP."""

from __future__ import annotations

import asyncio
import time
from functools import cache
from typing import Any

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils.crypto import constant_time_compare

from inbox import figures, records
from inbox.actions import boards, presence, viewing
from inbox.hub import Hub, Socket, frame
from socialcare import guesses, staticfiles
from socialcare.middleware import member
from socialcare.models import Membership, User
from socialcare.tenancy import workspace

NOT_SIGNED_IN, NOT_A_MEMBER, NO_SUCH_WALL, TOO_SLOW = 4401, 4403, 4404, 4429
BEAT_EVERY = 10.0
MEMBER_AGAIN_EVERY = 30.0
WALL_AGAIN_EVERY = 2.0
SAY_WITHIN = 10.0


def _counts_of(workspace_id: int) -> dict[str, Any]:
    """In a thread of the hub, whose connection lasts: one that the database cut is replaced."""
    close_old_connections()
    with workspace(workspace_id):
        return records.counts()


def _figures_of(workspace_id: int) -> tuple[bytes, bytes, bool]:
    close_old_connections()
    with workspace(workspace_id):
        found = figures.measure()
    return orjson.dumps(found), orjson.dumps(figures.for_wall(found)), found["all"]["waiting"] > 0


@cache
def hub() -> Hub:
    return Hub(_counts_of, _figures_of)


class LiveConsumer(AsyncWebsocketConsumer):
    """Authorised when it opens and again and again, and told or closed when membership or session end."""

    own = False
    membership: Membership
    socket: Socket | None = None
    sender: asyncio.Task[None] | None = None
    looking_at: int | None = None
    beat_at = checked_at = 0.0

    async def connect(self) -> None:
        user = self.scope.get("user")
        await self.accept()
        if user is None or not user.is_authenticated:
            await self.close(NOT_SIGNED_IN)
            return
        found = await self._member(user.pk)
        if found is None:
            await self.close(NOT_A_MEMBER)
            return
        self.membership, self.checked_at = found, time.monotonic()
        await self._beat()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            words = orjson.loads(text_data or "")
        except orjson.JSONDecodeError:
            return
        if not isinstance(words, dict) or not hasattr(self, "membership") or not await self._still_a_member():
            return
        if isinstance(words.get("hello"), dict):
            await self._hello(words["hello"].get("since"))
        if "figures" in words and self.socket:
            hub().watch(self.socket, words["figures"] is True and self.membership.supervises)
        if "see" in words:
            await self._see(words["see"])
        if isinstance(words.get("typing"), dict):
            await self._typing(words["typing"])
        if "ping" in words:
            await self.send(text_data=frame(None, None, []).decode())
        await self._beat()

    async def disconnect(self, code: int) -> None:
        if self.sender:
            self.sender.cancel()
        if self.socket:
            hub().leave(self.socket)
        if hasattr(self, "membership"):
            await self._leave()

    async def _hello(self, since: object) -> None:
        if self.socket is None:
            self.socket = await hub().join(self.membership.workspace_id, self.membership.user_id, self.own)
            for words in await hub().welcome(self.socket, since if isinstance(since, int) else None):
                await self.send(text_data=words.decode())
            self.sender = asyncio.create_task(self._forward(self.socket))
            return
        for words in await hub().welcome(self.socket, since if isinstance(since, int) else None):
            await self.send(text_data=words.decode())

    async def _forward(self, socket: Socket) -> None:
        while True:
            words = await socket.outbox.get()
            if words is None:
                await self.close(TOO_SLOW)
                return
            if not await self._still_a_member():
                return
            await self.send(text_data=words.decode())
            if b'["you",' in words:
                self.checked_at = 0.0
                if not await self._still_a_member():
                    return

    async def _still_a_member(self) -> bool:
        """Asked again now and then, also of a browser that says nothing, and at once when the role changed."""
        if time.monotonic() - self.checked_at < MEMBER_AGAIN_EVERY:
            return True
        self.checked_at = time.monotonic()
        if not await self._still_signed_in():
            await self.close(NOT_SIGNED_IN)
            return False
        found = await self._member(self.membership.user_id)
        if found is None:
            await self.close(NOT_A_MEMBER)
            return False
        self.membership = found
        if self.socket and self.socket.wants_figures:
            hub().watch(self.socket, found.supervises)
        return True

    async def _see(self, ticket_id: object) -> None:
        before, self.looking_at = self.looking_at, ticket_id if isinstance(ticket_id, int) else None
        await self._look(before, self.looking_at, False)

    async def _typing(self, words: dict[str, Any]) -> None:
        if self.looking_at is not None and words.get("ticket") == self.looking_at:
            await self._look(None, self.looking_at, words.get("on") is True)

    async def _beat(self) -> None:
        if time.monotonic() - self.beat_at >= BEAT_EVERY:
            self.beat_at = time.monotonic()
            await self._here()

    @database_sync_to_async
    def _member(self, user_id: int) -> Membership | None:
        return member(user_id, self.scope["url_route"]["kwargs"]["slug"])

    @database_sync_to_async
    def _still_signed_in(self) -> bool:
        """The session this socket was opened with has not ended, here or by a new password."""
        session = SessionStore(self.scope["session"].session_key).load()
        known = session.get(HASH_SESSION_KEY, "")
        user = User.objects.filter(pk=session.get(SESSION_KEY) or 0, is_active=True).first()
        return user is not None and constant_time_compare(known, user.get_session_auth_hash())

    @database_sync_to_async
    def _here(self) -> None:
        with workspace(self.membership.workspace_id):
            presence.here(self.membership)
            if self.looking_at is not None:
                viewing.look(self.looking_at, self.membership.user_id, None)

    @database_sync_to_async
    def _look(self, before: int | None, now: int | None, typing: bool) -> None:
        with workspace(self.membership.workspace_id):
            if before is not None and before != now:
                viewing.look_away(before, self.membership.user_id)
            if now is not None:
                viewing.look(now, self.membership.user_id, typing)

    @database_sync_to_async
    def _leave(self) -> None:
        with workspace(self.membership.workspace_id):
            if self.looking_at is not None:
                viewing.look_away(self.looking_at, self.membership.user_id)
            presence.gone(self.membership)


class BellConsumer(LiveConsumer):
    """The bell's connection on a page that shows no tickets: it hears what its user alone is told.

    Who looks at reports or settings takes no tickets, so it makes nobody present.
    """

    own = True

    async def _hello(self, since: object) -> None:
        await super()._hello(None)

    async def _see(self, ticket_id: object) -> None:
        pass

    async def _beat(self) -> None:
        pass

    async def _leave(self) -> None:
        pass


class WallConsumer(AsyncWebsocketConsumer):
    """A wall's connection: without a session, opened by the token in its first words, so that no log has it.

    It hears the figures of its workspace, and is closed within seconds when the link is revoked.
    """

    token = turns = ""
    socket: Socket | None = None
    tasks: tuple[asyncio.Task[None], ...] = ()

    async def connect(self) -> None:
        await self.accept()
        self.tasks = (asyncio.create_task(self._hang_up_on_silence()),)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            words = orjson.loads(text_data or "")
        except orjson.JSONDecodeError:
            return
        if not isinstance(words, dict):
            return
        if self.socket is None and isinstance(words.get("wall"), str):
            await self._hello(words["wall"])
        elif self.socket and "ping" in words:
            await self.send(text_data=frame(None, None, []).decode())

    async def disconnect(self, code: int) -> None:
        for task in self.tasks:
            task.cancel()
        if self.socket:
            hub().leave(self.socket)

    async def _hang_up_on_silence(self) -> None:
        await asyncio.sleep(SAY_WITHIN)
        await self.close(NO_SUCH_WALL)

    async def _hello(self, token: str) -> None:
        self.token, place = token, await self._place(token)
        if place is None:
            if not boards.is_signed(token):
                await asyncio.to_thread(guesses.too_many, (self.scope.get("client") or ("",))[0])
            await self.close(NO_SUCH_WALL)
            return
        self.tasks[0].cancel()
        self.socket = await hub().join(place, None)
        await self._tell("version", staticfiles.version())
        await self._tell("turns", self.turns)
        self.tasks = (asyncio.create_task(self._forward(self.socket)), asyncio.create_task(self._look_again()))

    async def _forward(self, socket: Socket) -> None:
        while (words := await socket.outbox.get()) is not None:
            await self.send(text_data=words.decode())
        await self.close(TOO_SLOW)

    async def _look_again(self) -> None:
        """A database that does not answer is no reason to leave; its figures have gone stale anyway."""
        while True:
            await asyncio.sleep(WALL_AGAIN_EVERY)
            before = self.turns
            try:
                place = await self._place(self.token)
            except (DatabaseError, InterfaceError):
                continue
            if place is None:
                await self.close(NO_SUCH_WALL)
                return
            if self.turns != before:
                await self._tell("turns", self.turns)

    async def _tell(self, kind: str, what: str) -> None:
        await self.send(text_data=frame(None, None, [(kind, orjson.dumps(what))]).decode())

    @database_sync_to_async
    def _place(self, token: str) -> int | None:
        wall = boards.wall_behind(token)
        self.turns = wall.turns if wall else ""
        return wall.workspace_id if wall else None
