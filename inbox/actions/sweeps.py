"""Goes through a workspace's tickets, some at a time: their promise has changed, a tag or their account was removed."""

from __future__ import annotations

from django.db import transaction

from inbox.actions import announce, clocks, sorting, work
from inbox.models import Ticket
from sla.models import Sweep

AT_ONCE = 200


@transaction.atomic
def go_on(sweep_id: int) -> bool:
    """See to the next tickets. False once there are none, or somebody else does it."""
    sweep = Sweep.objects.select_for_update(skip_locked=True).filter(pk=sweep_id).first()
    if sweep is None:
        return False
    if sweep.why == Sweep.Why.TAG:
        upto = sorting.take_off(int(sweep.what), sweep.upto, AT_ONCE)
    elif sweep.why == Sweep.Why.ACCOUNT:
        upto = work.resolve_left_behind(int(sweep.what), sweep.by_id, sweep.upto, AT_ONCE)
    else:
        upto = _work_out_anew(sweep)
    if upto is None:
        sweep.delete()
        return False
    sweep.upto = upto
    sweep.save(update_fields=["upto"])
    return True


def _work_out_anew(sweep: Sweep) -> int | None:
    """The clocks of the next unfinished tickets. The last of these; None where there are no more."""
    unfinished = Ticket.objects.exclude(status=Ticket.Status.RESOLVED).filter(pk__gt=sweep.upto).order_by("pk")
    tickets = list(unfinished.select_for_update(of=("self",)).select_related("account")[:AT_ONCE])
    if not tickets:
        return None
    moved = clocks.moved(tickets, sweep.why, what=sweep.what)
    announce.save([ticket for ticket in tickets if ticket.pk in moved])
    return tickets[-1].pk
