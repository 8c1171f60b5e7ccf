"""What a Celery worker does besides its tasks: a thread that notices when it has gone deaf."""

from __future__ import annotations

import gc
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from celery import bootsteps
from django.db import connection
from django.utils import timezone

from connectors import deliveries
from inbox import outbox
from inbox.actions import announce
from socialcare import watchdog
from socialcare.valkey import valkey

WAITED = timedelta(seconds=watchdog.SILENT_FOR)


class Watchdog(bootsteps.StartStopStep):
    """Begins with the worker, which first lets the browsers look what another one could not tell them."""

    def start(self, parent: Any) -> None:
        announce.begun()
        hears = set(parent.app.amqp.queues.consume_from)
        # What a worker consists of stays: the collector need not walk through it again and again.
        gc.freeze()
        watchdog.watch(lambda: work_waits(hears), broker_answers)


def work_waits(queues: Collection[str]) -> bool:
    """Something for these queues has waited for long, and nobody holds it."""
    since = timezone.now() - WAITED
    try:
        if "intake" in queues and deliveries.free().filter(received_at__lt=since).exists():
            return True
        return "outbox" in queues and outbox.free().filter(ready_at__lt=since).exists()
    finally:
        connection.close()


def broker_answers() -> bool:
    return bool(valkey().ping())
