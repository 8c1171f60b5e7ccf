"""Faults of processes and engines. Each breaks something, waits, and mends it; the next one waits for calm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress

import psycopg2
from django.db import connection

from connectors.deliveries import LEASE
from faults.scene import Fault, Scene, asked
from socialcare.demo import PROCESSES
from socialcare.embedded import ROOT
from socialcare.supervisor import Child

# A kill waits so long for the worker to hold deliveries, so that it strikes in the middle of a batch.
PATIENCE = 4.0
IN_THE_MIDDLE = 0.75
STOPPED = (1.0, 3.0)
ENDS_WITHIN = 25.0
BURST = 400

# Without what a worker before this one held.
HELD = """
SELECT count(*) FROM connectors_delivery
WHERE state = 'waiting' AND lease_until > statement_timestamp() AND lease_until > to_timestamp(%s)
"""


def kill_worker(scene: Scene, fault: Fault) -> None:
    rng, worker = fault.rng, scene.stand.child("worker")
    _wait(worker.alive, PATIENCE)
    since = _first_lease(worker)
    if rng.random() < IN_THE_MIDDLE:
        _wait(lambda: asked(lambda: _held(since), 0) > 0, PATIENCE)
    time.sleep(rng.uniform(0, 0.04))
    scene.stand.kill("worker")
    fault.held = asked(lambda: _held(since), 0)


def kill_caller(scene: Scene, fault: Fault) -> None:
    scene.stand.kill("caller")


def kill_web(scene: Scene, fault: Fault) -> None:
    scene.stand.kill("web")


def deploy_web(scene: Scene, fault: Fault) -> None:
    """SIGTERM under load and a new one, while a migration adds a column and takes it away."""
    _wait(scene.stand.child("web").alive, PATIENCE)
    with scene.superuser() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
        for change in ("ADD COLUMN fault_tried int", "DROP COLUMN fault_tried"):
            with suppress(psycopg2.errors.LockNotAvailable):
                cursor.execute(f"ALTER TABLE inbox_message {change}")
        cursor.execute("ALTER TABLE inbox_message DROP COLUMN IF EXISTS fault_tried")
    if not scene.stand.end("web", ENDS_WITHIN):
        scene.problems.append("the web process did not end when asked")


def kill_clock(scene: Scene, fault: Fault) -> None:
    scene.stand.kill("clock")


def stop_clock(scene: Scene, fault: Fault) -> None:
    """The leader sleeps with its lock, and another clock waits beside it."""
    with _another("clock"):
        _stopped(scene.stand.child("clock"), fault.rng.uniform(*STOPPED))


def second_worker(scene: Scene, fault: Fault) -> None:
    """Two share the line; the second is killed."""
    with _another("worker"):
        time.sleep(fault.rng.uniform(3, 5))


def kill_valkey(scene: Scene, fault: Fault) -> None:
    valkey = scene.stand.valkey
    scene.stand.kill_engine(valkey)
    time.sleep(fault.rng.uniform(0.2, 2.0))
    valkey.start(valkey.port)


def stop_valkey(scene: Scene, fault: Fault) -> None:
    process = scene.stand.valkey.process
    if process:
        process.send_signal(signal.SIGSTOP)
        time.sleep(fault.rng.uniform(*STOPPED))
        process.send_signal(signal.SIGCONT)


def crash_postgres(scene: Scene, fault: Fault) -> None:
    """As if the power had gone: no checkpoint, every session cut."""
    postgres = scene.stand.postgres
    scene.stand.kill_engine(postgres, signal.SIGQUIT)
    time.sleep(fault.rng.uniform(0, 1.0))
    postgres.start(postgres.port)


def take_connections(scene: Scene, fault: Fault) -> None:
    url = scene.stand.postgres.url("socialcare", "socialcare")
    with ExitStack() as taken:
        with suppress(psycopg2.OperationalError):
            while True:
                taken.enter_context(closing(psycopg2.connect(url)))
        time.sleep(fault.rng.uniform(*STOPPED))


def lock_tickets(scene: Scene, fault: Fault) -> None:
    with scene.superuser() as cursor:
        cursor.execute("BEGIN; LOCK TABLE inbox_ticket IN ACCESS EXCLUSIVE MODE")
        time.sleep(fault.rng.uniform(2, 6))
        cursor.execute("ROLLBACK")


def forbid_writing(scene: Scene, fault: Fault) -> None:
    """What a full disk means to the application: the database reads and writes nothing."""
    with scene.superuser() as cursor:
        cursor.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        cursor.execute("SELECT pg_reload_conf()")
        time.sleep(fault.rng.uniform(*STOPPED))
        cursor.execute("ALTER SYSTEM RESET default_transaction_read_only")
        cursor.execute("SELECT pg_reload_conf()")


def burst(scene: Scene, fault: Fault) -> None:
    """Many times as much as usual, at once."""
    began, number = time.monotonic(), scene.feed.pour(BURST)
    _wait(lambda: scene.courier.left() == 0, 20.0)
    scene.measured("a burst's last 200, s", time.monotonic() - began)
    fault.note = f"{number} at once"


def restore_a_backup(scene: Scene, fault: Fault) -> None:
    """Dump under load, restore beside, and look whether the copy is whole."""
    postgres = scene.stand.postgres
    dump, url = scene.stand.folder / "dump", postgres.url("postgres", "restored")
    tools = {name: str(postgres.binary.with_name(name)) for name in ("pg_dump", "pg_restore")}
    source = postgres.url("postgres", "socialcare")
    began = time.monotonic()
    _call(tools["pg_dump"], "--format=custom", f"--file={dump}", source)
    with scene.superuser("postgres") as cursor:
        cursor.execute("DROP DATABASE IF EXISTS restored")
        cursor.execute("CREATE DATABASE restored")
    _call(tools["pg_restore"], f"--dbname={url}", str(dump))
    scene.measured("backup and restore, s", time.monotonic() - began)
    with scene.superuser("restored") as cursor:
        for what, query in WHOLE.items():
            cursor.execute(query)
            if (found := cursor.fetchone()[0]) > 0:
                scene.problems.append(f"a restored backup has {found} {what}")
    with scene.superuser("postgres") as cursor:
        cursor.execute("DROP DATABASE restored")


WHOLE = {
    "messages without their ticket": (
        "SELECT count(*) FROM inbox_message m LEFT JOIN inbox_ticket t ON t.id = m.ticket_id WHERE t.id IS NULL"
    ),
    "open tickets without a clock": (
        "SELECT count(*) FROM inbox_ticket t WHERE status = 'open' AND due_at IS NOT NULL AND NOT EXISTS"
        " (SELECT FROM sla_timer WHERE ticket_id = t.id AND stopped_at IS NULL)"
    ),
    "deliveries without their bytes": (
        "SELECT count(*) FROM connectors_delivery d LEFT JOIN connectors_deliverybody b ON b.delivery_id = d.id"
        " WHERE b.delivery_id IS NULL"
    ),
}


def _call(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 -- our own words
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed: {done.stderr[-300:]}")


class _another:
    """One more process of a name beside the supervised one; killed at the end."""

    def __init__(self, name: str) -> None:
        words = PROCESSES[name].replace(f"-n {name}@", f"-n another-{name}@")
        self._command = [sys.executable, *words.split()]

    def __enter__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 -- our own words
            self._command, cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()


def _stopped(child: Child, seconds: float) -> None:
    child.signal_group(signal.SIGSTOP)
    time.sleep(seconds)
    child.signal_group(signal.SIGCONT)


def _first_lease(worker: Child) -> float:
    """When the earliest lease this worker can have ends, in seconds since 1970."""
    return time.time() - (time.monotonic() - worker.started) + LEASE.total_seconds()


def _held(since: float) -> int:
    """Deliveries with a lease that ends after `since`, in seconds since 1970."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [since])
        return int(cursor.fetchone()[0])


def _wait(until: Callable[[], bool], seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while not until() and time.monotonic() < give_up:
        time.sleep(0.002)


# By name: how often among these, and what it does.
BREAKING = {
    "worker killed": (14, kill_worker),
    "caller killed": (5, kill_caller),
    "web killed": (6, kill_web),
    "web deployed, table altered": (4, deploy_web),
    "clock killed": (3, kill_clock),
    "clock stopped, another beside": (3, stop_clock),
    "second worker comes and dies": (3, second_worker),
    "Valkey killed, back empty": (6, kill_valkey),
    "Valkey stopped": (4, stop_valkey),
    "PostgreSQL crashed": (6, crash_postgres),
    "connections taken": (3, take_connections),
    "tickets locked": (3, lock_tickets),
    "database read-only": (4, forbid_writing),
    "burst": (4, burst),
    "backup restored": (1, restore_a_backup),
}
