"""The apps and accounts a workspace has connected, and what the platforms sent, as sent."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connectors import contract
from socialcare.models import Workspace
from socialcare.secrets import EncryptedJSONField
from socialcare.tenancy import CrossWorkspaceManager, WorkspaceOwned, current_workspace


def _key() -> str:
    return secrets.token_hex(12)


def verify_token(app_key: str) -> str:
    """What a platform must say in its handshake. Derived, so that it is known with the database down."""
    return hmac.new(settings.SECRET_KEY.encode(), f"webhook:{app_key}".encode(), hashlib.sha256).hexdigest()[:40]


class PlatformAppManager(models.Manager["PlatformApp"]):
    """The workspace's own apps and those the installation offers to all."""

    def get_queryset(self) -> models.QuerySet[PlatformApp]:
        mine = Q(workspace_id=current_workspace()) | Q(workspace_id=None)
        return super().get_queryset().filter(mine, removed_at=None)

    def own(self) -> models.QuerySet[PlatformApp]:
        return self.get_queryset().filter(workspace_id=current_workspace())

    def everywhere(self) -> models.QuerySet[PlatformApp]:
        return models.QuerySet(self.model, using=self._db)


class PlatformApp(models.Model):
    """A developer app whose secret signs webhooks. Without a workspace it is the installation's, for all.

    A removed one keeps its row for the deliveries and accounts that name it, and loses its secrets.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, blank=True, related_name="+")
    platform = models.SlugField()
    name = models.CharField(_("name"), max_length=120)
    key = models.CharField(max_length=40, unique=True, default=_key, editable=False)
    settings = EncryptedJSONField(default=dict)
    paused_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    challenged_at = models.DateTimeField(null=True)
    last_verified_at = models.DateTimeField(null=True)
    last_refused_at = models.DateTimeField(null=True)
    refused = models.PositiveIntegerField(default=0)

    objects: ClassVar[PlatformAppManager] = PlatformAppManager()

    def __str__(self) -> str:
        return self.name

    @property
    def verify_token(self) -> str:
        return verify_token(self.key)

    @property
    def webhook_url(self) -> str:
        return f"{settings.PUBLIC_URL}/hooks/{self.platform}/{self.key}/"

    def as_app(self) -> contract.App:
        given: dict[str, Any] = self.settings
        current = (given.get("app_secret", ""), given.get("previous_secret", ""))
        others = {name: value for name, value in given.items() if isinstance(value, str) and value}
        return contract.App(
            key=self.key,
            external_id=given.get("app_id", ""),
            secrets=tuple(secret for secret in current if secret),
            verify_token=self.verify_token,
            credentials=others,
            webhook_url=self.webhook_url,
            config=settings.PLATFORMS.get(self.platform, {}),
        )


class ChannelAccount(WorkspaceOwned):
    """One connected page, handle or blog.

    `queue_id`: where the inbox puts its new tickets. No foreign key: connectors stand below the inbox; the inbox's
    migrations tie it in the database.
    """

    class State(models.TextChoices):
        CONNECTED = "connected", _("Connected")
        ATTENTION = "attention", _("Needs attention")
        PAUSED = "paused", _("Paused")
        REMOVED = "removed", _("Removed")

    app = models.ForeignKey(PlatformApp, models.PROTECT, related_name="accounts")
    channel = models.SlugField()
    external_id = models.CharField(max_length=120)
    name = models.CharField(_("name"), max_length=200)
    credentials = EncryptedJSONField(default=dict)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.CONNECTED)
    attention = models.CharField(max_length=200, blank=True)
    cursor = models.TextField(blank=True)
    queue_id = models.BigIntegerField(null=True)
    health = models.JSONField(default=dict)
    connected_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True)
    polled_at = models.DateTimeField(null=True)
    last_inbound_at = models.DateTimeField(null=True)
    last_outbound_at = models.DateTimeField(null=True)

    objects: ClassVar[CrossWorkspaceManager[ChannelAccount]] = CrossWorkspaceManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"], condition=~Q(state="removed"), name="one_account_per_page"
            )
        ]
        indexes = [models.Index(fields=["workspace", "channel"], name="accounts_of_workspace")]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One payload exactly as it came, kept before anything is made of it: the narrow row workers claim.

    `lane`: the part of the queue it waits in; `connectors.deliveries` says which.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Set aside")

    app = models.ForeignKey(PlatformApp, models.CASCADE, related_name="deliveries", db_index=False)
    lane = models.PositiveSmallIntegerField(default=0)
    fingerprint = models.BinaryField(max_length=16)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "fingerprint"], name="one_delivery")]
        indexes = [
            models.Index(fields=["lane", "id"], condition=Q(state="waiting"), name="deliveries_by_lane"),
            models.Index(fields=["app", "-id"], condition=Q(state="failed"), name="deliveries_set_aside"),
            models.Index(fields=["received_at"], name="deliveries_by_age"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class DeliveryBody(models.Model):
    """The bytes of a delivery, apart so that claiming and finishing rewrites little."""

    # Written in one statement with its delivery: the database need not look for it again.
    delivery = models.OneToOneField(Delivery, models.CASCADE, primary_key=True, related_name="raw", db_constraint=False)
    body = models.BinaryField()
    headers = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"body of delivery {self.delivery_id}"


class Oddity(models.Model):
    """Something that came and had no place: an event we do not know, or a page nobody connected. Counted."""

    class What(models.TextChoices):
        EVENT = "event", _("Unknown event")
        ACCOUNT = "account", _("Account that is not connected")

    app = models.ForeignKey(PlatformApp, models.CASCADE, related_name="oddities")
    what = models.CharField(max_length=8, choices=What)
    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, related_name="+")
    channel = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    delivery = models.ForeignKey(Delivery, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["app", "what", "workspace", "channel", "label"], nulls_distinct=False, name="one_oddity"
            )
        ]
        verbose_name_plural = "oddities"

    def __str__(self) -> str:
        return f"{self.count} × {self.channel} {self.label}"


class Exchange(WorkspaceOwned):
    """A call to a platform as it may be kept: never a token, a query string or a body."""

    account = models.ForeignKey(ChannelAccount, models.CASCADE, related_name="exchanges", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    purpose = models.CharField(max_length=30)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    status = models.PositiveSmallIntegerField()
    milliseconds = models.PositiveIntegerField()
    outcome = models.CharField(max_length=60)
    code = models.CharField(max_length=40, blank=True)
    trace = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-at"], name="exchanges_of_account")]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


class Renewal(WorkspaceOwned):
    """Held by whoever exchanges an account's credentials: of many, one asks the platform."""

    account = models.OneToOneField(ChannelAccount, models.CASCADE, related_name="renewal")
    at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"renewal of {self.account_id}"


class Charged(WorkspaceOwned):
    """What cost money on a day (UTC): the platform charges a resource once a day. Kept for some days."""

    account = models.ForeignKey(ChannelAccount, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    kind = models.CharField(max_length=30)
    resource = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "day", "kind", "resource"], name="charged_once_a_day")
        ]
        indexes = [models.Index(fields=["day"], name="charged_by_age")]
        verbose_name_plural = "charged"

    def __str__(self) -> str:
        return f"{self.kind} {self.resource}"


class Spending(WorkspaceOwned):
    """The ledger: what an account cost in a month (its first day), by kind. Dollars."""

    account = models.ForeignKey(ChannelAccount, models.CASCADE, related_name="spending", db_index=False)
    month = models.DateField()
    kind = models.CharField(max_length=30)
    count = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=12, decimal_places=4, default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "month", "kind"], name="one_line_of_spending")]
        verbose_name_plural = "spending"

    def __str__(self) -> str:
        return f"{self.count} × {self.kind}"
