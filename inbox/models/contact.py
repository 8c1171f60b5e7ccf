"""People who write to us."""

from django.db import models
from django.utils import timezone

from connectors.models import ChannelAccount
from socialcare.tenancy import WorkspaceOwned


class Group(WorkspaceOwned):
    """Contacts that are promised something of their own: important customers, the press."""

    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="one_group")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Contact(WorkspaceOwned):
    """A person, above the channels they use. An empty name is shown as "unknown author"."""

    name = models.CharField(max_length=200, blank=True)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, related_name="+", db_index=False)
    avatar_url = models.URLField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Identity(WorkspaceOwned):
    """A contact as one account knows them; the platform's ids are scoped to the account.

    `takes_messages`: whether they take private messages of the account, as far as the platform said.
    """

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="identities")
    account = models.ForeignKey(ChannelAccount, models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=260)
    name = models.CharField(max_length=200, blank=True)
    handle = models.CharField(max_length=200, blank=True)
    avatar_url = models.URLField(max_length=1000, blank=True)
    profile_asked_at = models.DateTimeField(null=True)
    takes_messages = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="one_identity")]
        indexes = [
            models.Index(
                fields=["account", "-id"], condition=models.Q(name="", profile_asked_at=None), name="identities_to_ask"
            )
        ]
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return self.name or self.external_id
