from inbox.models.contact import Contact, Identity
from inbox.models.team import Presence, Seen
from inbox.models.ticket import Alias, Early, Event, Idempotency, Message, Note, Outgoing, Story, Ticket

__all__ = [
    "Alias",
    "Contact",
    "Early",
    "Event",
    "Idempotency",
    "Identity",
    "Message",
    "Note",
    "Outgoing",
    "Presence",
    "Seen",
    "Story",
    "Ticket",
]
