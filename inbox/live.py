"""What the browsers are told. Only inbox.actions calls `publish`; the hub reads the stream.

Every event gets the next number of its workspace and a place in a capped Valkey stream.
Numbers begin at the clock's milliseconds, so that a Valkey that came back empty counts on
from higher and no browser mistakes the new stream for the old one. Without Valkey nothing
is announced: the browsers notice and poll.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from typing import Any

import orjson
import redis

from socialcare.background import after_commit
from socialcare.tenancy import current_workspace
from socialcare.valkey import valkey

log = logging.getLogger(__name__)
KEPT = 5000
QUIET = 1.0
PLACE = re.compile(rb"\{(\d+)\}")
_silent_until = 0.0
# Workspaces of which this process could not tell something: the next number is left out, so that the gap shows.
_untold: set[int] = set()

# KEYS: counter, stream. ARGV: cap, how many numbers to leave out, then scope, type and payload of each event.
APPEND = """
if redis.call('EXISTS', KEYS[1]) == 0 then
    local now = redis.call('TIME')
    redis.call('SET', KEYS[1], now[1] * 1000 + math.floor(now[2] / 1000))
end
if tonumber(ARGV[2]) > 0 then redis.call('INCRBY', KEYS[1], ARGV[2]) end
for i = 3, #ARGV, 3 do
    local seq = redis.call('INCR', KEYS[1])
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], seq .. '-0', 's', ARGV[i], 'k', ARGV[i + 1], 'p', ARGV[i + 2])
end
return redis.call('GET', KEYS[1])
"""

Event = tuple[str, Any]


def stream(workspace_id: int) -> str:
    return f"live:{{{workspace_id}}}:events"


def counter(workspace_id: int) -> str:
    return f"live:{{{workspace_id}}}:seq"


def publish(events: Sequence[Event], *, to: int | None = None) -> None:
    """Tell everybody in this workspace (or only the user `to`) once the transaction is safe."""
    after_commit(lambda: publish_now(events, to=to))


def publish_now(events: Sequence[Event], *, to: int | None = None) -> None:
    _append(current_workspace(), events, to)


def _append(workspace_id: int, events: Sequence[Event], to: int | None = None) -> None:
    global _silent_until
    if not events:
        return
    if time.monotonic() < _silent_until:
        _untold.add(workspace_id)
        return
    words: list[Any] = [KEPT, int(workspace_id in _untold)]
    for kind, payload in events:
        words += ["" if to is None else str(to), kind, orjson.dumps(payload)]
    try:
        valkey().eval(APPEND, 2, counter(workspace_id), stream(workspace_id), *words)
        _untold.discard(workspace_id)
    except redis.RedisError as error:
        _silent_until = time.monotonic() + QUIET
        _untold.add(workspace_id)
        log.warning("live updates are not announced: %s", type(error).__name__)


def lost(workspace_id: int) -> None:
    """Something happened and cannot be told: a number is left out, so that every browser loads anew."""
    _untold.add(workspace_id)
    _append(workspace_id, [("gap", {})])


def lost_everywhere() -> None:
    """A process that starts does not know what one before it had committed and not yet told when it was killed."""
    try:
        numbers = [PLACE.search(key) for key in valkey().scan_iter(match="live:{*}:seq", count=1000)]
    except redis.RedisError:
        return
    for found in filter(None, numbers):
        lost(int(found[1]))


def sequence(workspace_id: int) -> int | None:
    """The number of the last event; None while Valkey does not answer."""
    try:
        value = valkey().get(counter(workspace_id))
    except redis.RedisError:
        return None
    return int(value) if value else 0
