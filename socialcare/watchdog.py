"""A worker that no longer hears its broker ends itself, so that whoever started it starts a fresh one.

Celery's consumers have been seen to stay silent for ever after a broken connection. The sign:
work nobody holds waits, the broker answers, and this worker does nothing and has not been called for a while.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

import redis
from django.db import DatabaseError

log = logging.getLogger(__name__)
LOOK_EVERY = 1.0
# The clock process rings every second for what waits.
SILENT_FOR = 5.0
EXIT_CODE = 70
_heard_at = time.monotonic()
_at_work: set[int] = set()


def began() -> None:
    """A task of this worker was called, in this thread."""
    _at_work.add(threading.get_ident())
    alive()


def ended() -> None:
    _at_work.discard(threading.get_ident())
    alive()


def alive() -> None:
    """This worker hears."""
    global _heard_at
    _heard_at = time.monotonic()


def silent_for() -> float:
    return time.monotonic() - _heard_at


def watch(work_waits: Callable[[], bool], broker_answers: Callable[[], bool]) -> threading.Thread:
    """Look now and then, in a thread of its own. Both questions may raise; that is no sign."""
    alive()
    thread = threading.Thread(target=_look, args=(work_waits, broker_answers), name="watchdog", daemon=True)
    thread.start()
    return thread


def _look(work_waits: Callable[[], bool], broker_answers: Callable[[], bool]) -> None:
    while True:
        time.sleep(LOOK_EVERY)
        if is_deaf(work_waits, broker_answers):
            log.error("this worker does not hear the broker although work waits: it ends, to be started anew")
            os._exit(EXIT_CODE)


def is_deaf(work_waits: Callable[[], bool], broker_answers: Callable[[], bool]) -> bool:
    if _at_work or silent_for() < SILENT_FOR:
        return False
    try:
        return work_waits() and broker_answers()
    except (DatabaseError, redis.RedisError, OSError) as error:
        log.info("the watchdog could not look: %s", type(error).__name__)
        return False
