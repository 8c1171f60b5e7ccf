from inbox.models.board import Board, Wall
from inbox.models.contact import Contact, Identity
from inbox.models.team import Presence, Seen
from inbox.models.ticket import Early, Event, Idempotency, Message, Note, Outgoing, Story, Ticket

__all__ = [
    "Board",
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
    "Wall",
]
