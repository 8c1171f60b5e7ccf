"""A company whose day is undone at its end, with a time of its own that the database shares."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.db import connection, transaction
from django.utils import timezone

from connectors.models import ChannelAccount
from socialcare.models import Membership, Workspace
from socialcare.valkey import valkey
from tests.graph import Graph

MORNING = datetime(2026, 11, 20, 9, 30, 0, 250_000, tzinfo=UTC)


@dataclass
class House:
    acme: Workspace
    team: list[Membership]
    mallory: Membership
    facebook: ChannelAccount
    messenger: ChannelAccount
    graph: Graph

    def open(self) -> Day:
        self.graph.answers.clear()
        self.graph.asked.clear()
        return Day()


class Day:
    """From opening to closing time. Time stands still unless it is told to `pass_by`."""

    def __init__(self) -> None:
        self._until_closing = contextlib.ExitStack()
        self._hands = self._until_closing.enter_context(time_machine.travel(MORNING, tick=False))
        self._until_closing.enter_context(connection.execute_wrapper(_same_time))
        valkey().flushdb()
        connection.run_on_commit.clear()
        transaction.set_autocommit  # noqa: B018 - the test's transaction is open already
        self._atomic = transaction.atomic()
        self._atomic.__enter__()

    def pass_by(self, seconds: float) -> None:
        self._hands.shift(timedelta(seconds=seconds))

    def commit(self) -> None:
        """What waits for the commit happens now, as it would in production after each step."""
        while connection.run_on_commit:
            _, call, _ = connection.run_on_commit.pop(0)
            call()

    def close(self) -> None:
        transaction.set_rollback(True)
        self._atomic.__exit__(None, None, None)
        self._until_closing.close()


def _same_time(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    return execute(
        sql.replace("statement_timestamp()", f"timestamptz '{timezone.now().isoformat()}'"), params, many, context
    )
