"""Another app takes a conversation over, or gives it back."""

from __future__ import annotations

from django.db.models import Q

from connectors.contract import Notice
from connectors.models import ChannelAccount
from inbox import routing
from inbox.actions import announce, clocks
from inbox.models import Event, Message, Ticket


def thread_handed_over(account: ChannelAccount, notice: Notice) -> None:
    """Remember who may speak. A conversation that comes to us unanswered starts its clock now."""
    tickets = Ticket.objects.filter(account=account, thread_id=notice.thread_id)
    latest = tickets.alias(done=Q(status=Ticket.Status.RESOLVED)).order_by("done", "-id").first()
    if latest is None or "owner" not in notice.data:
        return
    ticket = announce.locked(latest.pk)
    if _is_old(ticket, notice):
        return
    owner = notice.data["owner"]
    ours = owner in ("", account.app.as_app().external_id)
    if ticket.owner_app == ("" if ours else owner):
        return
    ticket.owner_app = "" if ours else owner[:40]
    waits = ours and _waits(ticket)
    data = {"waits": True} if waits else {}
    announce.history(Event(ticket=ticket, verb="handed_to_us" if ours else "handed_away", at=notice.at, data=data))
    if waits:
        ticket.status = Ticket.Status.OPEN
        clocks.customers_wrote([(ticket, notice.at, notice.at)])
        ticket.assignee_id = routing.choose([ticket.assignee_id])[0]
    announce.save([ticket])


def _is_old(ticket: Ticket, notice: Notice) -> bool:
    """It came before, or was overtaken: what was said later counts."""
    turns = Event.objects.filter(ticket=ticket, verb__in=("handed_to_us", "handed_away"))
    return turns.filter(at__gte=notice.at).exists()


def _waits(ticket: Ticket) -> bool:
    last = Message.objects.filter(ticket=ticket).order_by("-at", "-id").first()
    waiting = ticket.status == Ticket.Status.PENDING
    return waiting and last is not None and last.origin == Message.Origin.CUSTOMER
