"""Locks of the database that stand for no row. Each kind has a number of its own, and each lock names what it is of."""

from __future__ import annotations

from enum import IntEnum, unique

from django.db import connection


@unique
class Lock(IntEnum):
    """Of a workspace: ROUTING, REPORTS and PROMISES; of an account: ACCOUNT and LINE; of a lane: LANE."""

    ROUTING = 1
    ACCOUNT = 2
    LANE = 3
    REPORTS = 4
    PROMISES = 5
    LINE = 6


def hold(lock: Lock, of: int, *, shared: bool = False) -> None:
    """Wait for it, and keep it until the transaction ends. `shared`: beside others who only share it."""
    how = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {how}(%s, %s)", [int(lock), of])
