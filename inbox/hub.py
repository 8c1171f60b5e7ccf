"""One reader of the live streams per process, and a local fan-out to this process's sockets.

Events of a workspace are gathered for a moment and leave as one frame, serialised once for all
who may see the same; every socket has a bounded outbox, so that a stalled browser costs only
itself. Counts are asked at most once a second and workspace, and only while somebody watches.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import redis
import redis.asyncio
from django.conf import settings

from inbox import live

log = logging.getLogger(__name__)
BLOCK_MS = 100
# A frame costs so much of a core for each socket, in seconds; frames may take a quarter of one.
SOCKET_COSTS, OF_A_CORE = 25e-6, 0.25
QUICKEST, SLOWEST = 0.02, 0.1
OUTBOX = 100
COUNTS_EVERY = 1.0
# Figures that nothing moves, neither news nor a wait that grows, only have to be seen to be fresh.
IDLE_FIGURES_EVERY = 3.0
REPLAY = 2000
DEAF_FOR = 0.5
OFFLINE = b'{"offline":true}'

CountsOf = Callable[[int], dict[str, Any]]
# The figures of a workspace as a frame for those who work there and one for its walls, and whether time moves them.
FiguresOf = Callable[[int], tuple[bytes, bytes, bool]]


class Socket:
    """A browser's place in the hub: frames wait here until its consumer has sent them.

    Without a user it is a wall's, which hears figures and nothing else. `own`: only what is told to this user alone.
    """

    def __init__(self, workspace_id: int, user_id: int | None, own: bool = False) -> None:
        self.workspace_id, self.user_id, self.own = workspace_id, user_id, own
        self.wants_figures = user_id is None
        self.outbox: asyncio.Queue[bytes | None] = asyncio.Queue(OUTBOX)
        self.overflowed = False

    def put(self, frame: bytes) -> None:
        """None in the outbox means: too slow, close."""
        if self.overflowed:
            return
        try:
            self.outbox.put_nowait(frame)
        except asyncio.QueueFull:
            self.overflowed = True
            self.outbox.get_nowait()
            self.outbox.put_nowait(None)


class Room:
    """A workspace somebody watches from this process."""

    def __init__(self, workspace_id: int, last: int) -> None:
        self.workspace_id, self.last, self.sent = workspace_id, last, last
        self.sockets: set[Socket] = set()
        self.pending: list[tuple[int, str, str, bytes]] = []
        self.frame_at = self.counts_at = 0.0
        self.counts_wanted = self.figures_wanted = True
        self.figures_at = 0.0
        self.figuring = self.figures_move = False

    @property
    def readers(self) -> list[Socket]:
        return [socket for socket in self.sockets if socket.user_id is not None and not socket.own]

    @property
    def bells(self) -> list[Socket]:
        return [socket for socket in self.sockets if socket.own]

    @property
    def watchers(self) -> list[Socket]:
        return [socket for socket in self.sockets if socket.wants_figures and not socket.own]


class Hub:
    def __init__(self, counts_of: CountsOf, figures_of: FiguresOf) -> None:
        self._counts_of, self._figures_of = counts_of, figures_of
        self._rooms: dict[int, Room] = {}
        self._task: asyncio.Task[None] | None = None
        self._deaf = False
        self._valkey: Any = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1.0, socket_timeout=3.0, health_check_interval=10
        )

    async def join(self, workspace_id: int, user_id: int | None, own: bool = False) -> Socket:
        room = self._rooms.get(workspace_id)
        if room is None:
            last = await self._sequence(workspace_id)
            room = self._rooms.setdefault(workspace_id, Room(workspace_id, last))
        socket = Socket(workspace_id, user_id, own)
        room.sockets.add(socket)
        room.counts_wanted = room.figures_wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return socket

    def watch(self, socket: Socket, wants: bool) -> None:
        """Whether this browser is told the figures, too."""
        socket.wants_figures = wants
        if room := self._rooms.get(socket.workspace_id):
            room.figures_wanted = True

    def leave(self, socket: Socket) -> None:
        room = self._rooms.get(socket.workspace_id)
        if room:
            room.sockets.discard(socket)
            if not room.sockets:
                del self._rooms[socket.workspace_id]

    async def welcome(self, socket: Socket, since: int | None) -> list[bytes]:
        """What a browser gets that has seen everything up to `since`: what it missed, or the word to reload."""
        room = self._rooms[socket.workspace_id]
        now = room.sent
        missed = await self._missed(socket, since, now) if since is not None else None
        hello = frame(now, now, [("welcome", orjson.dumps({"resumed": missed is not None}))])
        return [hello, *filter(None, [missed]), *([OFFLINE] if self._deaf else [])]

    async def _missed(self, socket: Socket, since: int, now: int) -> bytes | None:
        """One frame with what came after `since`; empty bytes when nothing did; None when it is lost."""
        if since == now:
            return b""
        key = live.stream(socket.workspace_id)
        try:
            entries = await self._valkey.xrange(key, f"{since}-0", f"{now}-0", count=REPLAY + 1)
        except redis.RedisError:
            return None
        events = [_event(entry) for entry in entries]
        if since > now or len(events) > REPLAY or not events or events[0][0] != since or _after_gap(events):
            return None
        seen = [(kind, payload) for seq, to, kind, payload in events[1:] if to in ("", str(socket.user_id))]
        return frame(since + 1, now, coalesced(seen))

    async def _sequence(self, workspace_id: int) -> int:
        try:
            return int(await self._valkey.get(live.counter(workspace_id)) or 0)
        except redis.RedisError:
            return 0

    async def _run(self) -> None:
        while self._rooms:
            try:
                await self._read()
            except redis.RedisError:
                self._tell_all(OFFLINE)
                self._figure()
                await asyncio.sleep(DEAF_FOR)
                continue
            if self._deaf:
                await self._hear_again()
            self._flush()
            self._count()
            self._figure()

    def _tell_all(self, words: bytes) -> None:
        """Once, when Valkey stops answering: browsers poll until they hear of a resync."""
        if self._deaf:
            return
        self._deaf = True
        for room in self._rooms.values():
            for socket in room.sockets:
                socket.put(words)

    async def _hear_again(self) -> None:
        """What happened meanwhile was told to nobody: every browser reloads."""
        self._deaf = False
        for room in list(self._rooms.values()):
            self._resync(room, await self._sequence(room.workspace_id))

    async def _read(self) -> None:
        """Wait for events of any room, but no longer than the next frame may wait."""
        streams = {live.stream(pk): f"{room.last}-0" for pk, room in self._rooms.items()}
        waiting = any(room.pending for room in self._rooms.values())
        block = max(1, round(self._next_frame_in() * 1000)) if waiting else BLOCK_MS
        answer = await self._valkey.xread(streams, count=500, block=block)
        rooms = {live.stream(pk): room for pk, room in self._rooms.items()}
        for key, entries in answer or ():
            room = rooms.get(key.decode())
            if room is None:
                continue
            events = [_event(entry) for entry in entries]
            if room.last and events[0][0] != room.last + 1:
                self._resync(room, events[0][0] - 1)
            if told := _after_gap(events):
                events = told
                self._resync(room, events[0][0] - 1)
            room.pending += events
            room.last = events[-1][0]
            room.counts_wanted = room.figures_wanted = True

    def _next_frame_in(self) -> float:
        now = time.monotonic()
        due = [room.frame_at + self._frame_every() - now for room in self._rooms.values() if room.pending]
        return max(0.0, min(due, default=SLOWEST))

    def _frame_every(self) -> float:
        return frame_every(sum(len(room.readers) for room in self._rooms.values()))

    def _resync(self, room: Room, last: int) -> None:
        room.pending, room.last, room.sent = [], last, last
        for socket in room.sockets:
            socket.put(b'{"resync":true}')

    def _flush(self) -> None:
        now, every = time.monotonic(), self._frame_every()
        for room in self._rooms.values():
            if room.pending and now - room.frame_at >= every:
                self._send(room)
                room.frame_at = now

    def _send(self, room: Room) -> None:
        events, room.pending = room.pending, []
        first, room.sent = room.sent + 1, events[-1][0]
        named, readers = {int(to) for _, to, _, _ in events if to}, room.readers
        if readers:
            shared = frame(first, room.sent, coalesced([(kind, data) for _, to, kind, data in events if not to]))
        for socket in readers:
            if socket.user_id in named:
                mine = [(kind, data) for _, to, kind, data in events if to in ("", str(socket.user_id))]
                socket.put(frame(first, room.sent, coalesced(mine)))
            else:
                socket.put(shared)
        for socket in room.bells:
            if socket.user_id in named:
                told = [(kind, data) for _, to, kind, data in events if to == str(socket.user_id)]
                socket.put(frame(None, None, told))

    def _count(self) -> None:
        now = time.monotonic()
        loop = asyncio.get_running_loop()
        for room in list(self._rooms.values()):
            if not room.counts_wanted or now - room.counts_at < COUNTS_EVERY or not room.readers:
                continue
            room.counts_wanted, room.counts_at = False, now
            task = loop.run_in_executor(None, self._counts_of, room.workspace_id)
            task.add_done_callback(partial(self._counted, room))

    def _counted(self, room: Room, done: asyncio.Future[dict[str, Any]]) -> None:
        if done.exception():
            log.warning("counting failed: %s", type(done.exception()).__name__)
            room.counts_wanted = True
            return
        told = frame(None, None, [("counts", orjson.dumps(done.result()))])
        for socket in room.readers:
            socket.put(told)

    def _figure(self) -> None:
        """Once a second where news or a wait moves them, and now and then where nothing does; never two at a time."""
        now, loop = time.monotonic(), asyncio.get_running_loop()
        for room in list(self._rooms.values()):
            every = COUNTS_EVERY if room.figures_wanted or room.figures_move else IDLE_FIGURES_EVERY
            if room.figuring or now - room.figures_at < every or not room.watchers:
                continue
            room.figures_wanted, room.figuring, room.figures_at = False, True, now
            task = loop.run_in_executor(None, self._figures_of, room.workspace_id)
            task.add_done_callback(partial(self._figured, room))

    def _figured(self, room: Room, done: asyncio.Future[tuple[bytes, bytes, bool]]) -> None:
        room.figuring = False
        if done.exception():
            log.warning("figures failed: %s", type(done.exception()).__name__)
            room.figures_wanted = True
            return
        inside, outside, room.figures_move = done.result()
        frames = {side: frame(None, None, [("figures", words)]) for side, words in ((True, inside), (False, outside))}
        for socket in room.watchers:
            socket.put(frames[socket.user_id is not None])


def _after_gap(events: list[tuple[int, str, str, bytes]]) -> list[tuple[int, str, str, bytes]]:
    """The events after the last number that is missing among them; none where all follow each other."""
    gaps = [place for place in range(1, len(events)) if events[place][0] != events[place - 1][0] + 1]
    return events[gaps[-1] :] if gaps else []


def frame_every(sockets: int) -> float:
    """Seconds from one frame of a workspace to its next: the more sockets this process serves, the more is gathered."""
    return min(SLOWEST, max(QUICKEST, sockets * SOCKET_COSTS / OF_A_CORE))


def frame(first: int | None, last: int | None, events: list[tuple[str, bytes]]) -> bytes:
    """The bytes of one frame; unnumbered without `first`."""
    body = b",".join(b'["%s",%s]' % (kind.encode(), payload) for kind, payload in events)
    numbers = b"" if first is None else b'"s":[%d,%d],' % (first, last or first)
    return b'{%s"t":%d,"e":[%s]}' % (numbers, round(time.time() * 1000), body)


def coalesced(events: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Of several rows of one ticket (and several states of the team) only the last is worth telling."""
    last: dict[object, int] = {}
    for index, (kind, payload) in enumerate(events):
        last[_subject(kind, payload, index)] = index
    return [events[index] for index in sorted(last.values())]


def _subject(kind: str, payload: bytes, index: int) -> object:
    if kind in ("ticket", "viewing"):
        return kind, payload[:24].split(b",", 1)[0]
    return kind if kind in ("people", "counts") else index


def _event(entry: tuple[bytes, dict[bytes, bytes]]) -> tuple[int, str, str, bytes]:
    key, fields = entry
    return int(key.split(b"-")[0]), fields[b"s"].decode(), fields[b"k"].decode(), fields[b"p"]
