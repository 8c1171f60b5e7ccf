"""PostgreSQL restarts, and every process goes on by itself: the first call may fail, the second must not."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from connectors import deliveries
from connectors.deliveries import Arrived
from connectors.models import Delivery
from inbox import consumers, intake
from socialcare import watchdog
from socialcare.celery import app as celery
from tests import meta


def break_connections() -> None:
    """What a restart does to everybody's connections."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user"
        )


@pytest.mark.django_db(transaction=True)
def test_a_worker_s_thread_takes_in_again_after_a_restart(acme, facebook, monkeypatch):
    from celery.contrib.testing.worker import start_worker

    def arrives(text):
        body = json.dumps(meta.comment(text)).encode()
        deliveries.keep([Arrived(facebook.app_id, body, timezone.now())])
        intake.drain.apply_async()

    def done(number):
        for _ in range(100):
            if Delivery.objects.filter(state="done").count() == number:
                return True
            threading.Event().wait(0.05)
        return False

    # It would end the test's own process.
    monkeypatch.setattr(watchdog, "watch", lambda *questions: None)
    with start_worker(celery, pool="threads", concurrency=1, perform_ping_check=False, queues=["intake"]):
        arrives("one")
        assert done(1)
        break_connections()
        arrives("two")
        intake.drain.apply_async()
        assert done(2)


@pytest.mark.django_db(transaction=True)
def test_counting_for_the_browsers_goes_on_after_a_restart(acme):
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(consumers._counts_of, acme.pk).result()["open"] == 0
        break_connections()
        for _attempt in range(2):
            try:
                counts = thread.submit(consumers._counts_of, acme.pk).result()
            except (DatabaseError, InterfaceError):
                continue
        assert counts["open"] == 0
        thread.submit(lambda: connection.close()).result()
