"""What became of customers' messages without our hearing of it: looked for on the platform, outside any transaction."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors import gateway
from connectors.contract import ConnectorError, Edited, Hidden, Inbound, Kind, Reason, Removed, Restored, Standing
from connectors.models import ChannelAccount
from inbox.actions import announce, changes
from inbox.actions.clocks import SET_ASIDE
from inbox.models import Message, Ticket
from socialcare.models import User

log = logging.getLogger(__name__)
# Asking costs money on some platforms.
LOOKED_FOR = 1000
# Spam that was none is mostly taken out again within days.
MAY_COME_BACK = timedelta(days=3)


def that_still_wait(account: ChannelAccount, at_once: int = 100) -> list[list[str]]:
    """Customers' public messages on tickets that are not resolved, and what was set aside lately, some at a time.

    The newest come first.
    """
    theirs = Message.objects.filter(account=account, origin=Message.Origin.CUSTOMER).exclude(kind=Kind.DIRECT)
    waiting = Q(removed_at=None) & ~Q(ticket__status=Ticket.Status.RESOLVED)
    aside = Q(standing__in=SET_ASIDE, at__gte=timezone.now() - MAY_COME_BACK)
    found = theirs.filter(waiting | aside).order_by("-at").values_list("external_id", flat=True)
    ids = [str(one) for one in found[:LOOKED_FOR]]
    return [ids[start : start + at_once] for start in range(0, len(ids), at_once)]


def look_at(account: ChannelAccount, external_ids: Sequence[str], by: User | None = None) -> Sequence[Inbound]:
    """Look what became of these, as if the platform had told. Raises ConnectorError. `by`: who brought it about."""
    asked = Message.objects.filter(account=account, external_id__in=external_ids, origin=Message.Origin.CUSTOMER)
    authors = {str(pk): author for pk, author in asked.values_list("external_id", "ticket__identity__external_id")}
    records = gateway.look_again(account, external_ids, authors)
    with transaction.atomic():
        announce.lock_account(account.pk)
        known = {one.external_id: one for one in Message.objects.filter(account=account, external_id__in=external_ids)}
        changes.apply(account, [one for one in records if _is_news(one, known)], by)
    return records


def learn(account: ChannelAccount, external_id: str) -> Reason | None:
    """The platform refused because this one is not where it was: the thread shall say so, if we can see it now.

    Returns why it is gone, where we see that it is.
    """
    try:
        records = look_at(account, [external_id])
    except ConnectorError as error:
        log.info("looking for a message of account %s ended: %s", account.pk, type(error).__name__)
        return None
    return next((one.why for one in records if isinstance(one, Removed)), None)


def _is_news(record: Inbound, known: Mapping[str | None, Message]) -> bool:
    """Most looks find nothing: then nothing is written."""
    message = known.get(getattr(record, "external_id", None))
    if message is None:
        return False
    match record:
        case Removed():
            return message.removed_at is None or record.to_trash != (message.standing == Standing.TRASH)
        case Restored():
            return message.removed_at is not None
        case Edited():
            return message.text != record.text
        case Hidden():
            return (message.hidden, message.standing or Standing.SHOWN) != (record.hidden, record.standing)
    return True
