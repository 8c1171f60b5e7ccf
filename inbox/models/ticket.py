"""Requests, what was said on them, and what waits to be said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connectors.models import ChannelAccount
from inbox.models.contact import Contact, Identity
from socialcare.models import User
from socialcare.tenancy import CrossWorkspaceManager, WorkspaceOwned

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Queue(WorkspaceOwned):
    """Work that is looked after together; a ticket stands in one or in none."""

    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="one_queue")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tag(WorkspaceOwned):
    """A word that agents put on tickets."""

    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint("workspace", Lower("name"), name="one_tag")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Priority(models.IntegerChoices):
    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")


class Ticket(WorkspaceOwned):
    """One request of one person in one thread: one assignee, one status, its clocks.

    `seq` counts what was said (messages and notes), `customer_seq` is the last of the
    customer; `version` grows with every change. `due_at` copies that of the running timer
    that is due next (empty where none ever is), `order_at` is what lists sort by (far away without a timer).
    `preview`: the newest words; `sign`: what stands there instead of words, see `announce.preview`.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PENDING = "pending", _("Waiting for the customer")
        RESOLVED = "resolved", _("Resolved")

    account = models.ForeignKey(ChannelAccount, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="tickets")
    identity = models.ForeignKey(Identity, models.CASCADE, related_name="+", db_index=False)
    thread_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=10)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    follows = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+", db_index=False)
    queue = models.ForeignKey(Queue, models.SET_NULL, null=True, related_name="+", db_index=False)
    priority = models.PositiveSmallIntegerField(
        choices=Priority, default=Priority.NORMAL, db_default=Priority.NORMAL.value
    )
    tag_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    version = models.PositiveIntegerField(default=1)
    seq = models.PositiveIntegerField(default=0)
    customer_seq = models.PositiveIntegerField(default=0)
    preview = models.CharField(max_length=200, blank=True)
    sign = models.CharField(max_length=20, null=True, blank=True, default="")  # noqa: DJ001 - null: written before
    last_at = models.DateTimeField()
    last_customer_at = models.DateTimeField(null=True)
    first_answered_at = models.DateTimeField(null=True)
    trouble = models.BooleanField(default=False)
    owner_app = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField(null=True)
    metric = models.CharField(max_length=20, blank=True)
    breached = models.BooleanField(default=False)
    order_at = models.GeneratedField(
        expression=Coalesce(F("due_at"), Value(NEVER)), output_field=models.DateTimeField(), db_persist=True
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "identity", "thread_id"],
                condition=~Q(status="resolved"),
                name="one_open_ticket_per_thread",
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "order_at", "id"], condition=Q(status="open"), name="tickets_open"),
            models.Index(
                fields=["workspace", "assignee", "order_at", "id"], condition=Q(status="open"), name="tickets_mine"
            ),
            models.Index(
                fields=["workspace", "order_at", "id"],
                condition=Q(status="open", assignee=None),
                name="tickets_unassigned",
            ),
            models.Index(
                fields=["workspace", "order_at", "id"],
                condition=Q(status="open", breached=True),
                name="tickets_breached",
            ),
            models.Index(
                fields=["workspace", "-updated_at", "-id"], condition=Q(status="pending"), name="tickets_pending"
            ),
            models.Index(
                fields=["workspace", "-updated_at", "-id"], condition=Q(status="resolved"), name="tickets_resolved"
            ),
            models.Index(fields=["account", "thread_id"], name="tickets_of_thread"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Message(WorkspaceOwned):
    """Said on the channel, by the customer or by us. `at` is the platform's time.

    `attachments`: list of {type, url, title, raw_type, latitude, longitude}; of type answer: where ours was given.
    `revisions`: earlier words, [{text, at}]. `reactions`: {person's external id: reaction}.
    A removed message keeps its row and loses its words. `standby`: it was another app's to answer.
    `continues`: the words of ours it hangs on, where one answer was split into several.
    `closed`: the Reason why it takes no answer, where the platform said so.
    `standing`: how it stands with the page's moderators: held, spam or trash; "" where everybody can read it, or where
    there are no moderators.
    `automatic`: no human wrote it, so it answers nobody.
    `moved`: when the platform last said something of one kind about it, {kind: ISO 8601}.
    `once`: the platform takes one such answer to its post. `looked_at`: when it was last looked for there.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        UNKNOWN = "unknown", _("Outcome unknown")
        CANCELLED = "cancelled", _("Taken back")

    class Origin(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        AGENT = "agent", _("Agent")
        OUTSIDE = "outside", _("Answered elsewhere")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages", db_index=False)
    account = models.ForeignKey(ChannelAccount, models.PROTECT, related_name="+", db_index=False)
    seq = models.PositiveIntegerField()
    origin = models.CharField(max_length=8, choices=Origin)
    state = models.CharField(max_length=9, choices=State)
    kind = models.CharField(max_length=10)
    private = models.BooleanField(default=False)
    external_id = models.CharField(max_length=250, null=True)  # noqa: DJ001 - unknown until the platform tells
    parent_id = models.CharField(max_length=250, blank=True)
    token = models.UUIDField(null=True, unique=True)
    continues = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+", db_index=False)
    agent = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    text = models.TextField(blank=True)
    attachments = models.JSONField(default=list)
    revisions = models.JSONField(default=list)
    reactions = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)
    rating = models.PositiveSmallIntegerField(null=True)
    permalink = models.URLField(max_length=1000, blank=True)
    raw_kind = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()
    dated = models.BooleanField(default=True)
    standby = models.BooleanField(default=False)
    closed = models.CharField(max_length=30, blank=True, default="", db_default="")
    standing = models.CharField(max_length=8, blank=True, default="", db_default="")
    automatic = models.BooleanField(default=False, db_default=False)
    once = models.BooleanField(default=False, db_default=False)
    looked_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    hidden = models.BooleanField(default=False)
    liked = models.BooleanField(default=False)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    send_after = models.DateTimeField(null=True)
    failure = models.CharField(max_length=40, blank=True)
    failure_detail = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "external_id"], condition=Q(external_id__isnull=False), name="one_message"
            ),
            models.UniqueConstraint(fields=["ticket", "seq"], name="one_seq"),
            models.UniqueConstraint(
                fields=["account", "parent_id"],
                condition=Q(once=True, origin="agent", state__in=["queued", "sending", "sent", "unknown"]),
                name="one_private_reply",
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "at", "id"], name="messages_in_order"),
            models.Index(fields=["workspace", "at"], name="messages_by_time"),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class Note(WorkspaceOwned):
    """Said among colleagues. Another table than messages: a note can never be sent by mistake."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="notes", db_index=False)
    seq = models.PositiveIntegerField()
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "seq"], name="one_note_seq")]
        indexes = [models.Index(fields=["ticket", "at", "id"], name="notes_in_order")]

    def __str__(self) -> str:
        return self.text[:40]


class Event(WorkspaceOwned):
    """The history of a ticket, only ever added to. `data` holds ids and names, never a customer's words."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="events", db_index=False)
    verb = models.CharField(max_length=30)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["ticket", "at", "id"], name="events_in_order"),
            models.Index(fields=["workspace", "verb", "at"], name="events_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} on #{self.ticket_id}"


class Story(WorkspaceOwned):
    """The post above customers' comments: the page's own or somebody else's, for reading only.

    `thread_id`: where it stands, for words of ours on no ticket whose platform names no root.
    """

    account = models.ForeignKey(ChannelAccount, models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=200)
    thread_id = models.CharField(max_length=200, blank=True, default="", db_default="")
    author = models.CharField(max_length=200, blank=True)
    ours = models.BooleanField(default=False)
    text = models.TextField(blank=True)
    attachments = models.JSONField(default=list)
    permalink = models.URLField(max_length=1000, blank=True)
    at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="one_story")]
        verbose_name_plural = "stories"

    def __str__(self) -> str:
        return self.text[:40]


class Early(WorkspaceOwned):
    """News of a message that has not come yet (an edit before its post); applied when it comes."""

    account = models.ForeignKey(ChannelAccount, models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=250)
    changes = models.JSONField(default=list)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="one_early")]
        verbose_name_plural = "early"

    def __str__(self) -> str:
        return self.external_id


class Alias(WorkspaceOwned):
    """Another id of a message: some platforms give a new one with each edit."""

    account = models.ForeignKey(ChannelAccount, models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=250)
    of = models.CharField(max_length=250)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="one_alias")]
        verbose_name_plural = "aliases"

    def __str__(self) -> str:
        return f"{self.external_id} is {self.of}"


class Participants(WorkspaceOwned):
    """Who reads a group conversation, as far as the platform told: {person's external id: [in it, ISO 8601]}."""

    account = models.ForeignKey(ChannelAccount, models.CASCADE, related_name="+", db_index=False)
    thread_id = models.CharField(max_length=200)
    people = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "thread_id"], name="one_group_of_people")]
        verbose_name_plural = "participants"

    def __str__(self) -> str:
        return self.thread_id


class Outgoing(WorkspaceOwned):
    """A reply's place in the queue: a narrow row without words, asked across workspaces, gone when it is done."""

    message = models.OneToOneField(Message, models.CASCADE, related_name="outgoing")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    account = models.ForeignKey(ChannelAccount, models.CASCADE, related_name="+", db_index=False)
    ready_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    settling = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True)
    # In dollars; counted against the month's ceiling until it is out.
    price = models.DecimalField(max_digits=12, decimal_places=4, db_default=0)

    objects: ClassVar[CrossWorkspaceManager[Outgoing]] = CrossWorkspaceManager()

    class Meta:
        indexes = [models.Index(fields=["ready_at"], name="outgoing_by_time")]

    def __str__(self) -> str:
        return f"message {self.message_id}"


class Idempotency(WorkspaceOwned):
    """What a write with an Idempotency-Key answered, so that the same request answers the same again."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=64)
    request = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "user", "key"], name="one_answer")]
        indexes = [models.Index(fields=["at"], name="idempotency_by_age")]

    def __str__(self) -> str:
        return self.key
