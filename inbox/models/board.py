"""What the dashboard calls good, and the screens that show it to a whole room."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from socialcare.models import User
from socialcare.tenancy import CrossWorkspaceManager, WorkspaceOwned


class Board(WorkspaceOwned):
    """What a workspace aims at: one row, or the defaults. `goal` and `alarm` are percent of first answers in time."""

    goal = models.PositiveSmallIntegerField(default=80)
    alarm = models.PositiveSmallIntegerField(default=60)
    risk_seconds = models.PositiveIntegerField(default=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace"], name="one_board")]

    def __str__(self) -> str:
        return f"{self.goal} %"


def _nonce() -> str:
    return secrets.token_urlsafe(12)


class Wall(WorkspaceOwned):
    """A link that shows the figures to whoever has it, until it is revoked. The link itself is signed and not kept."""

    class Turns(models.TextChoices):
        """What has a page of its own, beside that of everything."""

        QUEUES = "queues", _("Everything, then each queue")
        CHANNELS = "channels", _("Everything, then each channel")
        BOTH = "both", _("Everything, then each queue and each channel")
        NOTHING = "nothing", _("Everything on one page")

    name = models.CharField(max_length=80)
    turns = models.CharField(max_length=10, choices=Turns, default=Turns.QUEUES, db_default=Turns.QUEUES.value)
    nonce = models.CharField(max_length=32, default=_nonce)
    language = models.CharField(max_length=5)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[CrossWorkspaceManager[Wall]] = CrossWorkspaceManager()

    def __str__(self) -> str:
        return self.name
