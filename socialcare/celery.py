"""The Celery application and its clockwork: every periodic task is listed here."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import task_postrun, task_prerun
from django.db import close_old_connections

from socialcare import watchdog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialcare.settings")

app = Celery("socialcare")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.worker_consumer = "socialcare.consumer:Consumer"
app.steps["worker"].add("inbox.worker:Watchdog")
app.conf.imports = [
    "inbox.enrich",
    "inbox.intake",
    "inbox.news",
    "inbox.outbox",
    "inbox.polling",
    "inbox.reports.rollup",
    "inbox.sweeping",
    "inbox.upkeep",
]
app.conf.beat_schedule = {
    "poll-accounts": {"task": "inbox.polling.poll_accounts", "schedule": 60.0, "options": {"expires": 50}},
    "check-subscriptions": {"task": "inbox.polling.check_accounts", "schedule": 600.0, "options": {"expires": 500}},
    "look-for-removed": {"task": "inbox.polling.look_for_removed", "schedule": crontab(hour=3, minute=17)},
    "look-again": {
        "task": "inbox.polling.look_for_removed",
        "schedule": 600.0,
        "kwargs": {"often": True},
        "options": {"expires": 500},
    },
    "purge": {"task": "inbox.upkeep.purge", "schedule": 3600.0, "options": {"expires": 3000}},
}


@task_prerun.connect
@task_postrun.connect
def look_at_connections(task: Any = None, **_about: object) -> None:
    """Connections outlive tasks, but not a restart of the database. Django sees to that for requests only."""
    if not task.request.is_eager:
        close_old_connections()


@task_prerun.connect
def begin(**_about: object) -> None:
    watchdog.began()


@task_postrun.connect
def end(**_about: object) -> None:
    watchdog.ended()
