"""Celery's consumer, made to come back at once from a broker that was away, and to outlive it."""

from __future__ import annotations

from functools import partial
from typing import Any

from celery.worker import consumer
from kombu.transport import redis as transport
from redis import ConnectionError as Lost

# Celery's own are 2, 4, 6 … 30 seconds: a minute without a broker would cost half a minute more.
LOOK_AGAIN = {"interval_start": 0.5, "interval_step": 0.25, "interval_max": 1.0}


class Channel(transport.Channel):
    """A channel whose connection was closed says so.

    kombu 5.7 raises AttributeError where a task is acknowledged, or put back, over a connection that broke
    meanwhile; that ends the worker, while a lost connection is something Celery lives with.
    """

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection.client is None:
            raise Lost("this connection was closed")
        return super()._connparams(asynchronous)  # type: ignore[misc]  # the stubs leave it out


transport.Transport.Channel = Channel


class Consumer(consumer.Consumer):
    def ensure_connected(self, conn: Any) -> Any:
        conn.ensure_connection = partial(conn.ensure_connection, **LOOK_AGAIN)
        return super().ensure_connected(conn)
