"""What was promised, when a business is open, and the clocks that run while a customer waits."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sla.clock import Calendar, Slot
from socialcare.models import User
from socialcare.tenancy import CrossWorkspaceManager, WorkspaceOwned


class Metric(models.TextChoices):
    FIRST_RESPONSE = "first_response", _("First response")
    NEXT_RESPONSE = "next_response", _("Next response")
    RESOLUTION = "resolution", _("Resolution")


RESPONSES = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)
# The step a new policy begins with: whoever has the ticket and the supervisors hear that its promise is broken.
TELL = {"at": 100, "do": "notify", "to": None}


class Outcome(models.TextChoices):
    ANSWERED = "answered", _("Answered")
    RESOLVED = "resolved", _("Resolved without an answer")


class BusinessHours(WorkspaceOwned):
    """A week of opening hours in a zone.

    `slots`: [[weekday from 0 (Monday), minute it opens, minute it closes], …]; past 1440 it closes the next day.
    `country`: whose public holidays are closed days (ISO 3166, "" for none). `closed`: other closed days, ISO dates.
    """

    name = models.CharField(max_length=100)
    zone = models.CharField(max_length=64)
    slots = models.JSONField(default=list)
    country = models.CharField(max_length=10, blank=True)
    closed = models.JSONField(default=list)

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "business hours"

    def __str__(self) -> str:
        return self.name

    def calendar(self) -> Calendar:
        closed = frozenset(date.fromisoformat(day) for day in self.closed)
        return Calendar(self.zone, tuple(sorted(Slot(*slot) for slot in self.slots)), self.country, closed)


class Policy(WorkspaceOwned):
    """A promise. Of those whose conditions all fit a ticket, the one at the lowest position applies.

    An empty condition fits all; a metric without a target is not promised. `hours`: whose time counts, all of it where
    there are none. `pause`: the resolution's clock stands still while we wait for the customer. `warn_at`: shares of
    the target in percent. `steps`: what is done then, [{"at": percent, 100 for the breach, "do": notify | reassign |
    raise | move, "to": the user, or the queue to move to; null for the assignee and the supervisors, or for nobody}].
    """

    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0)
    channel = models.SlugField(blank=True)
    surface = models.CharField(max_length=10, blank=True)
    queue_id = models.BigIntegerField(null=True)
    priority = models.PositiveSmallIntegerField(null=True)
    tag_id = models.BigIntegerField(null=True)
    group_id = models.BigIntegerField(null=True)
    first_response = models.DurationField(null=True)
    next_response = models.DurationField(null=True)
    resolution = models.DurationField(null=True)
    hours = models.ForeignKey(BusinessHours, models.PROTECT, null=True, related_name="policies", db_index=False)
    pause = models.BooleanField(default=True)
    warn_at = ArrayField(models.PositiveSmallIntegerField(), default=list)
    steps = models.JSONField(default=list)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.name

    def target(self, metric: str) -> timedelta | None:
        found: timedelta | None = getattr(self, metric)
        return found

    def marks(self) -> set[int]:
        """The shares, in percent, at which something is told or done before the promise runs out."""
        return {mark for mark in (*self.warn_at, *(int(step["at"]) for step in self.steps)) if mark < 100}

    @property
    def silent(self) -> bool:
        """No step tells anybody anything."""
        return not any(step["do"] == "notify" for step in self.steps)

    def steps_at(self, above: int, up_to: int) -> list[dict[str, Any]]:
        """What is done at the marks past `above` and not past `up_to`, in their order."""
        return sorted((step for step in self.steps if above < step["at"] <= up_to), key=lambda step: int(step["at"]))


class Timer(WorkspaceOwned):
    """One wait of one customer: from the platform's time of their words to the platform's time of ours.

    For the metric resolution: from their words until the ticket is resolved. A wait for words of ours that ended
    without any has the outcome resolved, also where nothing was left to answer. `noticed_at` is when we received the
    words that started it, so that lateness of a platform shows: the customer felt `stopped_at - started_at`, we took
    `stopped_at - noticed_at`. `due_at` is empty while the clock is paused, and where it never runs out because nobody
    is ever open. `breached_at` is the true moment the promise ran out (= due_at), `breach_noticed_at` when we saw it.

    `target` and `policy_id`: what was promised, by a policy that may be gone. `pauses`: [[from, until or null], …] in
    ISO 8601; `paused` is the sum of the ended ones. `warn_at` is the moment of the next warning; `noted` the highest
    share of the target, in percent, that was told of and acted upon. No foreign key to the ticket: sla stands below
    the inbox; the inbox's migrations tie the rows in the database.
    """

    ticket_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    policy_id = models.BigIntegerField(null=True)
    metric = models.CharField(max_length=20, choices=Metric)
    target = models.DurationField(default=timedelta, db_default=timedelta())
    started_at = models.DateTimeField()
    noticed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    breached_at = models.DateTimeField(null=True)
    breach_noticed_at = models.DateTimeField(null=True)
    pauses = models.JSONField(default=list, db_default=[])
    paused = models.DurationField(default=timedelta, db_default=timedelta())
    warn_at = models.DateTimeField(null=True)
    noted = models.PositiveSmallIntegerField(default=0, db_default=0)

    objects: ClassVar[CrossWorkspaceManager[Timer]] = CrossWorkspaceManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket_id", "metric"], condition=Q(stopped_at=None), name="one_running_timer_a_metric"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(stopped_at=None, breached_at=None), name="timers_to_watch"),
            models.Index(
                fields=["warn_at"], condition=Q(stopped_at=None, warn_at__isnull=False), name="timers_to_warn_of"
            ),
            models.Index(fields=["ticket_id", "started_at"], name="timers_of_ticket"),
            models.Index(fields=["workspace", "metric", "started_at"], name="timers_by_start"),
            models.Index(
                fields=["workspace", "account_id", "started_at"], condition=Q(stopped_at=None), name="timers_running"
            ),
            models.Index(fields=["workspace", "stopped_at"], name="timers_by_stop"),
        ]

    @property
    def stands_still(self) -> bool:
        """The clock waits for the customer."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    def rests(self) -> list[tuple[datetime, datetime | None]]:
        """The pauses as moments."""
        read = datetime.fromisoformat
        return [(read(begins), read(ends) if ends else None) for begins, ends in self.pauses]

    def __str__(self) -> str:
        return f"{self.metric} due {self.due_at:%H:%M:%S}" if self.due_at else f"{self.metric} without an end"


class Sweep(WorkspaceOwned):
    """Tickets are to be gone through in the order of their keys; gone once that is done. `upto`: the last that is.

    A policy or hours, with the name in `what`: what was promised has changed, and clocks are worked out anew. A tag:
    one that policies could ask for was removed, with its key in `what`, and is taken off. An account, with its key in
    `what`: it was removed, and its unfinished tickets are resolved, as the deed of `by`.
    """

    class Why(models.TextChoices):
        POLICY = "policy"
        HOURS = "hours"
        TAG = "tag"
        ACCOUNT = "account"

    why = models.CharField(max_length=20, choices=Why)
    what = models.CharField(max_length=100)
    upto = models.BigIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)

    objects: ClassVar[CrossWorkspaceManager[Sweep]] = CrossWorkspaceManager()

    class Meta:
        db_table = "sla_change"

    def __str__(self) -> str:
        return f"{self.why} {self.what}"
