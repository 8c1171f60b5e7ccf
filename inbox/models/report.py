"""What reports are made from: sums by hour, day and month, and what has to be added up anew."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from socialcare.tenancy import CrossWorkspaceManager, WorkspaceOwned


class Dimension(models.TextChoices):
    ALL = "all"
    ACCOUNT = "account"
    QUEUE = "queue"
    AGENT = "agent"
    TAG = "tag"


class Stale(WorkspaceOwned):
    """Something changed on this ticket, or at this moment, or (neither said) anywhere: sums may be wrong since.

    Only ever added to by whoever changes a ticket, in the same transaction; taken away by the roll-up alone.
    """

    ticket_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(null=True)
    marked_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[CrossWorkspaceManager[Stale]] = CrossWorkspaceManager()

    def __str__(self) -> str:
        return f"ticket {self.ticket_id}"


class StaleHour(WorkspaceOwned):
    """An hour (UTC) to be added up once it is over."""

    at = models.DateTimeField()

    objects: ClassVar[CrossWorkspaceManager[StaleHour]] = CrossWorkspaceManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "at"], name="one_stale_hour")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:00}"


class Tally(WorkspaceOwned):
    """One figure's sum over one hour, day or month (UTC), for all or for one account, agent and so on (`key`).

    Of waits: `number` decided, `kept` of them; `measured` answered ones took `took` microseconds together, and
    `counts` of them lie in each of `buckets` (`inbox.reports.durations`).
    """

    span = models.CharField(max_length=5)
    at = models.DateTimeField()
    dimension = models.CharField(max_length=8, choices=Dimension)
    key = models.BigIntegerField()
    figure = models.CharField(max_length=16)
    number = models.BigIntegerField()
    kept = models.BigIntegerField()
    measured = models.BigIntegerField()
    took = models.BigIntegerField()
    buckets = ArrayField(models.SmallIntegerField())
    counts = ArrayField(models.IntegerField())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "span", "dimension", "at", "key", "figure"], name="one_tally")
        ]
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.figure} {self.dimension} {self.key} {self.at:%Y-%m-%d %H:00}"
