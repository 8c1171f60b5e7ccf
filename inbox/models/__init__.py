from inbox.models.contact import Contact, Identity
from inbox.models.report import Dimension, Stale, StaleHour, Tally
from inbox.models.team import Presence, Seen
from inbox.models.ticket import Early, Event, Idempotency, Message, Note, Outgoing, Story, Ticket

__all__ = [
    "Contact",
    "Dimension",
    "Early",
    "Event",
    "Idempotency",
    "Identity",
    "Message",
    "Note",
    "Outgoing",
    "Presence",
    "Seen",
    "Stale",
    "StaleHour",
    "Story",
    "Tally",
    "Ticket",
]
