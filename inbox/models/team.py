"""Who is there to answer, and what they have seen."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from inbox.models.ticket import Ticket
from socialcare.models import User
from socialcare.tenancy import CrossWorkspaceManager, WorkspaceOwned

PRESENT_FOR = timedelta(seconds=40)


class Presence(WorkspaceOwned):
    """Somebody's browser is open (`seen_at` is fresh) and they want work (`available`).

    `present` is the last announced truth of the two; the clock process turns it off in time.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    available = models.BooleanField(default=True)
    present = models.BooleanField(default=False)
    seen_at = models.DateTimeField(default=timezone.now)
    since = models.DateTimeField(default=timezone.now)

    objects: ClassVar[CrossWorkspaceManager[Presence]] = CrossWorkspaceManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="one_presence")]
        indexes = [models.Index(fields=["seen_at"], condition=models.Q(present=True), name="presence_to_expire")]

    def __str__(self) -> str:
        return f"{self.user} {'present' if self.present else 'away'}"


class Seen(WorkspaceOwned):
    """How far somebody has read a ticket."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    seq = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="one_seen")]

    def __str__(self) -> str:
        return f"{self.user} up to {self.seq}"


class Notification(WorkspaceOwned):
    """Somebody must see that a clock passed `share` percent of its target; kept until they have.

    `policy` is the name of the one whose step it was.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False)
    policy = models.CharField(max_length=100)
    metric = models.CharField(max_length=20)
    share = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "user", "-id"], name="notifications_of_user"),
            models.Index(fields=["ticket"], name="notifications_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.share} % of {self.metric} for {self.user_id}"
