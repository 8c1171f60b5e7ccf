"""What may be written on a ticket, and to which of its messages, before anybody types."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from connectors import gateway
from connectors.contract import Can, Kind, Rule
from inbox import records
from inbox.actions import announce, answering, elsewhere, participants, stories
from inbox.actions.clocks import SET_ASIDE
from inbox.actions.refusals import NotAllowed
from inbox.actions.work import MODERATION
from inbox.models import Message, Ticket
from inbox.wording import rule_text

OFFERED = MODERATION | {Can.RESTORE}
CHOICES, ABOUT = 100, 80


def compose(found: Ticket, to: int | None = None) -> dict[str, Any]:
    """What may be written on this ticket now, and the platform's rule.

    `to`: the customer's message that is to be answered; where there is no such one, that which would be by default.
    """
    theirs, note = Message.objects.filter(ticket=found, origin=Message.Origin.CUSTOMER), {"allowed": True, "max": None}
    try:
        target = answering.answerable(found, to if to and theirs.filter(pk=to).exists() else None)
    except NotAllowed:
        return {"reply": None, "private": None, "note": note, "can": [], "can_own": [], "choices": []}
    surface = gateway.surface(found.account.channel, target.kind)
    own = {Can.DELETE} if surface.deletes_own else set()
    refused = set(own)
    if surface.hides_below_own and stories.is_of_others(found.account, found.thread_id):
        refused.add(Can.HIDE)
    thread, waiting = answering.thread_of(found, target), answering.in_line(found.account)
    rule = partial(gateway.reply_rule, found.account, thread, waiting=waiting)
    mode = partial(_mode, found, target, participants.readers(found))
    about, sign = announce.preview(target.text, target.attachments)
    return {
        "reply": mode(rule(), private=False),
        "private": mode(rule(private=True), private=True) if Can.REPLY_PRIVATELY in surface.can else None,
        "note": note,
        "about": about[:ABOUT],
        "about_sign": sign,
        "choices": _choices(theirs, target),
        "can": sorted(surface.can & (OFFERED - refused)),
        "can_own": sorted(surface.can & own),
    }


def _mode(found: Ticket, target: Message, readers: int | None, rule: Rule, *, private: bool) -> dict[str, Any]:
    surface = gateway.surface(found.account.channel, target.kind)
    return {
        "allowed": rule.allowed,
        "reason": rule.reason or "",
        "message": rule_text(rule, found.account, target.kind, private=private, readers=readers),
        "until": records.ms(rule.until),
        "max": surface.private_max_length if private else surface.max_length,
        "counts": "characters" if private else surface.counts,
        "cost": rule.cost,
        "link_cost": rule.link_cost,
        "part_cost": rule.part_cost,
        "left": rule.left,
        "held": rule.tag == "held",
        "instead": target.permalink if rule.reason and target.removed_at is None else "",
        "elsewhere": not private and elsewhere.may_be_recorded(rule),
        "public": target.kind != Kind.DIRECT and not private,
        "group": readers or 0,
        "to": target.pk,
        "label": _(gateway.label(found.account.channel)),
    }


def _choices(theirs: QuerySet[Message], target: Message) -> list[int]:
    """The customer's public messages that still stand, the newest first; none where there is nothing to choose."""
    standing = theirs.filter(removed_at=None).exclude(standing__in=SET_ASIDE).exclude(kind=Kind.DIRECT)
    found = list(standing.order_by("-at", "-id").values_list("id", flat=True)[:CHOICES])
    return found if any(one != target.pk for one in found) else []
