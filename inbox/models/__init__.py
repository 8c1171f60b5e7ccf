from inbox.models.board import Board, Wall
from inbox.models.contact import Contact, Group, Identity
from inbox.models.report import Dimension, Stale, StaleHour, Tally
from inbox.models.team import Notification, Presence, Seen
from inbox.models.ticket import (
    Alias,
    Early,
    Event,
    Idempotency,
    Message,
    Note,
    Outgoing,
    Participants,
    Priority,
    Queue,
    Story,
    Tag,
    Ticket,
)

__all__ = [
    "Alias",
    "Board",
    "Contact",
    "Dimension",
    "Early",
    "Event",
    "Group",
    "Idempotency",
    "Identity",
    "Message",
    "Note",
    "Notification",
    "Outgoing",
    "Participants",
    "Presence",
    "Priority",
    "Queue",
    "Seen",
    "Stale",
    "StaleHour",
    "Story",
    "Tag",
    "Tally",
    "Ticket",
    "Wall",
]
