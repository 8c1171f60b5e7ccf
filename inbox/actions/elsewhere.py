"""An answer that was given on the page itself, because it cannot be given from here: recorded, with its link."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from connectors import gateway
from connectors.contract import Reason, Rule
from inbox.actions import announce, answering, outcomes, withdrawing
from inbox.actions.refusals import BadLink, KeyReused, NotAllowed, NotTheirs
from inbox.models import Message, Ticket
from socialcare.models import Membership, User

HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
# What a browser reads otherwise than we do.
NO_LINK = frozenset(' \\<>"{}|^`')
THERE = frozenset({Reason.ONLY_THERE, Reason.CLOSED})


def may_be_recorded(rule: Rule) -> bool:
    """Whether the platform leaves no way but to answer on the page."""
    return rule.reason in THERE


def host_of(link: str) -> str:
    """The host of a link as a browser would go there. Raises BadLink where it is none, or holds a name or password."""
    try:
        parts = urlsplit(link)
        host, _port = (parts.hostname or "").rstrip("."), parts.port
        names = (host if ":" in host else host.encode("idna").decode()).lower()
    except ValueError:
        raise BadLink("malformed") from None
    if parts.scheme.lower() not in ("http", "https") or not names or not link.isprintable() or set(link) & NO_LINK:
        raise BadLink("malformed")
    if "@" in parts.netloc:
        raise BadLink("userinfo")
    if ":" not in names and not HOST.fullmatch(names):
        raise BadLink("malformed")
    return names


def _refuse_other_site(link: str, page: str) -> None:
    """The answer stands where the post does: on its host, on one below that, or on the one it is below."""
    there = host_of(link)
    try:
        here = host_of(page)
    except BadLink:
        return
    one, other = there.removeprefix("www."), here.removeprefix("www.")
    below = not any(name.replace(".", "").isdigit() or ":" in name for name in (one, other))
    if one != other and not (below and (one.endswith(f".{other}") or other.endswith(f".{one}"))):
        raise BadLink("other_site", there=there, here=here)
    if _is_front(link) and not _is_front(page):
        raise BadLink("front_page")


def _is_front(link: str) -> bool:
    """Whether a link leads to a whole site. A post's own page is none: its comments may stand below it."""
    parts = urlsplit(link)
    return parts.path.strip("/") == "" and not parts.query and not parts.fragment


@transaction.atomic
def answered_there(
    ticket_id: int, agent: User, link: str, text: str, *, token: UUID, last_seq: int, to: int | None = None
) -> Message:
    """Record an answer as given now; the clock stops. Raises NotAllowed where it could be sent from here.

    Raises BadLink where the link leads nowhere, or to another site than the post's. `last_seq`: what the agent had
    seen; raises NewerMessages. `to`: the message answered, as in `replies.reply`. The same `token` twice gives the
    same message.
    """
    if known := Message.objects.filter(token=token).first():
        if (known.ticket_id, known.agent_id) != (ticket_id, agent.pk):
            raise KeyReused
        return known
    ticket = announce.locked(ticket_id)
    answering.refuse_if_unseen(ticket, agent, last_seq)
    target = answering.answerable(ticket, to)
    rule = gateway.reply_rule(ticket.account, answering.thread_of(ticket, target))
    if not may_be_recorded(rule):
        raise NotAllowed(rule.reason or Reason.INVALID)
    _refuse_other_site(link, target.permalink)
    message = _recorded(ticket, target, agent, link, text.strip(), token)
    outcomes.answered(ticket, message.at, announce.preview(message.text, message.attachments))
    ticket.assignee = ticket.assignee or agent
    announce.note_trouble(ticket)
    announce.history(announce.event(ticket, "answered_there", agent, message=message.pk))
    announce.save([ticket])
    announce.said([message])
    return message


@transaction.atomic
def take_back(message_id: int, by: Membership) -> Message:
    """What was recorded was no answer: it counts as if nobody had ever recorded it. Harmless to repeat.

    Who got the ticket by recording keeps it.

    Raises NotAllowed where the message is no such record, NotTheirs for an agent who did not make it.
    """
    ticket = announce.locked(Message.objects.values_list("ticket_id", flat=True).get(pk=message_id))
    message = Message.objects.get(pk=message_id)
    if message.origin != Message.Origin.OUTSIDE or message.token is None:
        raise NotAllowed(Reason.NOT_SUPPORTED)
    if message.agent_id != by.user_id and not by.supervises:
        raise NotTheirs
    if message.state == Message.State.CANCELLED:
        return message
    message.ticket, message.state = ticket, Message.State.CANCELLED
    message.save(update_fields=["state"])
    announce.history(announce.event(ticket, "taken_back", by.user, message=message.pk))
    _forget_answer(ticket)
    withdrawing.never_answered(ticket, by.user)
    announce.note_trouble(ticket)
    announce.save([ticket])
    announce.restated([message])
    return message


def _forget_answer(ticket: Ticket) -> None:
    """The ticket shows what is left: when it was answered first, and what was said last."""
    kept = Message.objects.filter(ticket=ticket, state__in=[Message.State.RECEIVED, Message.State.SENT])
    answers = kept.exclude(origin=Message.Origin.CUSTOMER).exclude(automatic=True)
    ticket.first_answered_at = answers.aggregate(first=Min("at"))["first"]
    ticket.last_at = kept.aggregate(last=Max("at"))["last"] or ticket.last_at
    announce.show_newest(ticket)


def _recorded(ticket: Ticket, target: Message, agent: User, link: str, text: str, token: UUID) -> Message:
    ticket.seq += 1
    now = timezone.now()
    return Message.objects.create(
        ticket=ticket,
        account_id=ticket.account_id,
        seq=ticket.seq,
        origin=Message.Origin.OUTSIDE,
        state=Message.State.SENT,
        kind=target.kind,
        parent_id=target.external_id or "",
        token=token,
        agent=agent,
        text=text,
        attachments=[{"type": announce.ANSWER, "url": link}],
        permalink=link,
        at=now,
        received_at=now,
    )
