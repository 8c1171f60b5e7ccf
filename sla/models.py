"""What was promised, and the clocks that run while a customer waits."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from socialcare.tenancy import CrossWorkspaceManager, WorkspaceOwned


class Metric(models.TextChoices):
    FIRST_RESPONSE = "first_response", _("First response")
    NEXT_RESPONSE = "next_response", _("Next response")


class Outcome(models.TextChoices):
    ANSWERED = "answered", _("Answered")
    RESOLVED = "resolved", _("Resolved without an answer")


class Policy(WorkspaceOwned):
    """A promise for one metric. The lowest position that fits the channel applies; no channel fits all."""

    name = models.CharField(max_length=100)
    channel = models.SlugField(blank=True)
    metric = models.CharField(max_length=20, choices=Metric)
    target = models.DurationField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.name


class Timer(WorkspaceOwned):
    """One wait of one customer: from the platform's time of their words to the platform's time of ours.

    `noticed_at` is when we received the words that started it, so that lateness of a platform
    shows. `breached_at` is the true moment the promise ran out (= due_at); `breach_noticed_at`
    is when we saw it. No foreign key to the ticket: sla stands below the inbox; the inbox's
    migrations tie the rows in the database.
    """

    ticket_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    metric = models.CharField(max_length=20, choices=Metric)
    started_at = models.DateTimeField()
    noticed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    breached_at = models.DateTimeField(null=True)
    breach_noticed_at = models.DateTimeField(null=True)

    objects: ClassVar[CrossWorkspaceManager[Timer]] = CrossWorkspaceManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket_id"], condition=Q(stopped_at=None), name="one_running_timer")
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(stopped_at=None, breached_at=None), name="timers_to_watch"),
            models.Index(fields=["ticket_id", "started_at"], name="timers_of_ticket"),
            models.Index(fields=["workspace", "metric", "started_at"], name="timers_by_start"),
            models.Index(
                fields=["workspace", "account_id", "started_at"], condition=Q(stopped_at=None), name="timers_running"
            ),
            models.Index(fields=["workspace", "stopped_at"], name="timers_by_stop"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} due {self.due_at:%H:%M:%S}"
