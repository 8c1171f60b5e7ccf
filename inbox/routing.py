"""Which agent a ticket goes to: the least loaded of those present.

Load is the number of open tickets somebody holds. Choosing is serialised per workspace by an
advisory lock, so that two batches cannot both find the same agent the least loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count
from django.utils import timezone

from inbox.models import Presence, Ticket
from inbox.models.team import PRESENT_FOR
from socialcare import locks
from socialcare.locks import Lock
from socialcare.models import Membership
from socialcare.tenancy import current_workspace


def present() -> list[int]:
    """Members who are there and want work, those waiting longest first.

    A browser that has not heard yet that its user was let go may still call itself present.
    """
    fresh = timezone.now() - PRESENT_FOR
    there = Presence.objects.filter(present=True, available=True, seen_at__gte=fresh, user__is_active=True)
    there = there.filter(user__in=Membership.objects.filter(workspace_id=current_workspace()).values("user_id"))
    return list(there.order_by("since", "user_id").values_list("user_id", flat=True))


def loads() -> dict[int, int]:
    """Open tickets by the user who holds them."""
    held = Ticket.objects.filter(status=Ticket.Status.OPEN, assignee__isnull=False)
    return dict(held.values_list("assignee_id").annotate(Count("id")))


def choose(wanted: Sequence[int | None]) -> list[int | None]:
    """An agent for each ticket, in order. `wanted` names whom it belonged to; kept if they are present.

    None where nobody is present. The choice holds until the transaction ends.
    """
    lock()
    there = present()
    if not there:
        return [None] * len(wanted)
    held = loads()
    chosen: list[int | None] = []
    for before in wanted:
        user = before if before in there else min(there, key=lambda user: held.get(user, 0))
        held[user] = held.get(user, 0) + 1
        chosen.append(user)
    return chosen


def lock() -> None:
    locks.hold(Lock.ROUTING, current_workspace())
