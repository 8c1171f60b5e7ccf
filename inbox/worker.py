"""What a Celery worker does besides its tasks: a thread that notices when it has gone deaf."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import bootsteps
from django.db import connection
from django.utils import timezone

from connectors import deliveries
from socialcare import watchdog
from socialcare.valkey import valkey

WAITED = timedelta(seconds=watchdog.SILENT_FOR)


class Watchdog(bootsteps.StartStopStep):
    """Begins with the worker."""

    def start(self, parent: Any) -> None:
        watchdog.watch(work_waits, broker_answers)


def work_waits() -> bool:
    """Deliveries have waited for long, and nobody holds them."""
    try:
        return deliveries.free().filter(received_at__lt=timezone.now() - WAITED).exists()
    finally:
        connection.close()


def broker_answers() -> bool:
    return bool(valkey().ping())
