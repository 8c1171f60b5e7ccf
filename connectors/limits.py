"""How much of a platform's allowance is left, shared by all processes in Valkey.

Without Valkey everything is allowed: the platform itself still says no, and says until when.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import redis
from django.utils import timezone

from connectors.contract import Usage
from socialcare.valkey import valkey

log = logging.getLogger(__name__)
STOP_POLLING_AT = 80.0
REMEMBER_USAGE = 3600


def blocked_until(*buckets: str) -> datetime | None:
    """The moment the last of these buckets opens again; None where all are open."""
    values = [float(value) for value in _ask([f"limit:blocked:{bucket}" for bucket in buckets]) if value]
    latest = max(values, default=0.0)
    return datetime.fromtimestamp(latest, UTC) if latest > timezone.now().timestamp() else None


def may_poll(*buckets: str) -> bool:
    """Polling yields to agents' answers well before the allowance is gone."""
    usage = [float(value) for value in _ask([f"limit:usage:{bucket}" for bucket in buckets]) if value]
    return blocked_until(*buckets) is None and max(usage, default=0.0) < STOP_POLLING_AT


def block(bucket: str, until: datetime) -> None:
    seconds = max(1, int((until - timezone.now()).total_seconds()) + 1)
    try:
        valkey().set(f"limit:blocked:{bucket}", until.timestamp(), ex=seconds)
    except redis.RedisError as error:
        log.warning("cannot remember that %s is blocked: %s", bucket, type(error).__name__)


def unblock(bucket: str) -> None:
    try:
        valkey().delete(f"limit:blocked:{bucket}")
    except redis.RedisError:
        return


def note(bucket: str, usage: Usage) -> None:
    try:
        valkey().set(f"limit:usage:{bucket}", usage.percent, ex=REMEMBER_USAGE)
    except redis.RedisError:
        return
    if usage.blocked_until:
        block(bucket, usage.blocked_until)


def _ask(keys: list[str]) -> list[Any]:
    try:
        return list(valkey().mget(keys)) if keys else []
    except redis.RedisError:
        return []
