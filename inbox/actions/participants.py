"""Who reads a group conversation: those who joined, as the platform told, and those who wrote."""

from __future__ import annotations

from connectors import gateway
from connectors.contract import Notice
from connectors.models import ChannelAccount
from inbox.models import Participants, Ticket


def heard(account: ChannelAccount, notice: Notice) -> None:
    """Somebody joined or left. Of a person the latest word counts, whenever it comes; the caller holds the account."""
    people = notice.data.get("people", "").split()
    if not people:
        return
    known, _new = Participants.objects.get_or_create(account=account, thread_id=notice.thread_id)
    at, is_in = notice.at.isoformat(), notice.data.get("status") == "joined"
    later = {person: [is_in, at] for person in people if known.people.get(person, [False, ""])[1] <= at}
    known.people = {**known.people, **later}
    known.save(update_fields=["people"])


def readers(ticket: Ticket) -> int | None:
    """How many people besides us read what is written on this ticket, as far as we know; None where it is no group."""
    if not gateway.is_group(ticket.account.channel, ticket.thread_id):
        return None
    same = Ticket.objects.filter(account=ticket.account_id, thread_id=ticket.thread_id)
    wrote = set(same.values_list("identity__external_id", flat=True))
    known = Participants.objects.filter(account=ticket.account_id, thread_id=ticket.thread_id).first()
    told = known.people if known else {}
    found = {person for person in wrote if told.get(person, [True])[0]} | {who for who, said in told.items() if said[0]}
    return len(found - {ticket.account.external_id})
