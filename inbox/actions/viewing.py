"""Who looks at a ticket, and who is typing an answer. Kept in Valkey for some seconds; nothing depends on it."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import redis

from inbox import live
from inbox.models import Ticket
from socialcare.tenancy import current_workspace
from socialcare.valkey import valkey

FRESH = 25.0
KEPT = 60


def look(ticket_id: int, user_id: int, typing: bool | None) -> None:
    """Somebody looks at a ticket. `typing` None: a heartbeat, nothing new."""
    if typing is not None and not Ticket.objects.filter(pk=ticket_id).exists():
        return
    with suppress(redis.RedisError):
        key = _key(ticket_id)
        before: Any = valkey().hget(key, str(user_id))
        doing = typing if typing is not None else (before or b"0").startswith(b"1")
        valkey().hset(key, str(user_id), f"{int(doing)}:{time.time():.0f}")
        valkey().expire(key, KEPT)
        if before is None or typing is not None:
            _tell(ticket_id)


def look_away(ticket_id: int, user_id: int) -> None:
    with suppress(redis.RedisError):
        if valkey().hdel(_key(ticket_id), str(user_id)):
            _tell(ticket_id)


def _tell(ticket_id: int) -> None:
    now = time.time()
    who: dict[int, bool] = {}
    looking: Any = valkey().hgetall(_key(ticket_id))
    for user, words in looking.items():
        doing, _, at = words.decode().partition(":")
        if now - float(at) < FRESH:
            who[int(user)] = doing == "1"
    told = {"id": ticket_id, "viewing": sorted(who), "typing": sorted(user for user, doing in who.items() if doing)}
    live.publish_now([("viewing", told)])


def _key(ticket_id: int) -> str:
    return f"viewing:{{{current_workspace()}}}:{ticket_id}"
