"""Who is there. A browser's heartbeat keeps somebody present; silence or a switch ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from inbox import live, records, routing
from inbox.actions.work import hand_out
from inbox.models import Presence
from inbox.models.team import PRESENT_FOR
from socialcare.background import after_commit
from socialcare.models import Membership, Role
from socialcare.tenancy import current_workspace

# Longer than a browser is silent: somebody's other page may still be open.
RETURN_WITHIN = timedelta(seconds=20)


def here(membership: Membership) -> None:
    """A heartbeat. Whoever comes while tickets wait gets them at once."""
    now = timezone.now()
    beat = Presence.objects.filter(user_id=membership.user_id, present=True, seen_at__gte=now - PRESENT_FOR)
    if beat.update(seen_at=now):
        return
    wants = membership.role == Role.AGENT
    with transaction.atomic():
        Presence.objects.update_or_create(
            user_id=membership.user_id,
            defaults={"present": True, "seen_at": now, "since": now},
            create_defaults={"present": True, "available": wants, "seen_at": now, "since": now},
        )
        _tell_team()
    hand_out()


def gone(membership: Membership) -> None:
    """The last browser closed. A page that only reloads is back before anybody notices."""
    soon = timezone.now() - PRESENT_FOR + RETURN_WITHIN
    Presence.objects.filter(user_id=membership.user_id, present=True, seen_at__gt=soon).update(seen_at=soon)


def available(membership: Membership, wants: bool) -> None:
    """Somebody wants work, or wants none for now; their tickets stay theirs."""
    now = timezone.now()
    with transaction.atomic():
        Presence.objects.update_or_create(
            user_id=membership.user_id,
            defaults={"available": wants, "seen_at": now, "since": now, "present": True},
        )
        _tell_team()
    hand_out()


def expire() -> int:
    """Note, in this workspace, who has gone silent. Returns how many."""
    silent = Presence.objects.filter(present=True, seen_at__lt=timezone.now() - PRESENT_FOR)
    number = silent.update(present=False)
    if number:
        _tell_team()
    return number


def people() -> list[dict[str, Any]]:
    """Members of this workspace with role, presence and load; two queries and a count."""
    members = Membership.objects.filter(workspace_id=current_workspace(), user__is_active=True).select_related("user")
    fresh = timezone.now() - PRESENT_FOR
    presences = {presence.user_id: presence for presence in Presence.objects.all()}
    held = routing.loads()
    return [
        {
            "id": member.user_id,
            "name": str(member.user),
            "role": member.role,
            "present": (presence := presences.get(member.user_id)) is not None
            and presence.present
            and presence.seen_at >= fresh,
            "available": presence.available if presence else member.role == Role.AGENT,
            "since": records.ms(presence.since) if presence else None,
            "load": held.get(member.user_id, 0),
        }
        for member in members.order_by("user__name", "user_id")
    ]


def _tell_team() -> None:
    after_commit(lambda: live.publish_now([("people", people())]))
