"""What somebody must see: told at once where they are there, and kept until they have seen it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from inbox import live, records
from inbox.models import Notification

SHOWN = 30
# Whose, of which ticket, for which metric.
Clock = tuple[int, int, str]
SEEN_KEPT, KEPT = timedelta(days=7), timedelta(days=90)


def send(notifications: Sequence[Notification]) -> None:
    """Keep these new ones, and tell whoever is there. Of one clock somebody gets the furthest alone: what they have not
    seen of less is taken away, and named in what is told ("instead").
    """
    if not notifications:
        return
    furthest: dict[Clock, Notification] = {}
    for one in sorted(notifications, key=lambda one: one.share):
        furthest[_clock(one)] = one
    instead = _fold(furthest)
    made = Notification.objects.bulk_create(furthest.values())
    told: dict[int, list[live.Event]] = defaultdict(list)
    found = Notification.objects.filter(pk__in=[one.pk for one in made]).order_by("id")
    for user, row in records.notifications(found):
        told[user].append(("notify", row | {"instead": instead.get((user, row["ticket"], row["metric"]), [])}))
    for user, events in told.items():
        # Of more than a list shows, the number is enough: the browser asks for them.
        live.publish(events if len(events) <= SHOWN else [("notify", {"new": len(events)})], to=user)


def _clock(one: Notification) -> Clock:
    return one.user_id, one.ticket_id, one.metric


def _fold(furthest: Mapping[Clock, Notification]) -> dict[Clock, list[int]]:
    """Take away the older ones of these clocks that tell of less and were not seen; what is being seen stays."""
    users, tickets = {user for user, _, _ in furthest}, {ticket for _, ticket, _ in furthest}
    unseen = Notification.objects.filter(user_id__in=users, ticket_id__in=tickets, seen_at=None)
    gone: dict[Clock, list[int]] = defaultdict(list)
    for one in unseen.select_for_update(skip_locked=True).order_by("id"):
        newer = furthest.get(_clock(one))
        if newer and one.share < newer.share:
            gone[_clock(one)].append(one.pk)
    Notification.objects.filter(pk__in=[pk for some in gone.values() for pk in some]).delete()
    return gone


def of(user_id: int) -> dict[str, Any]:
    """{"unseen": how many, "items": the newest first}; those that were seen are there where there is room."""
    mine = Notification.objects.filter(user_id=user_id).order_by("-id")
    unseen = mine.filter(seen_at=None)
    items = [row for _, row in records.notifications(unseen[:SHOWN])]
    if room := SHOWN - len(items):
        items += [row for _, row in records.notifications(mine.exclude(seen_at=None)[:room])]
    return {"unseen": unseen.count(), "items": sorted(items, key=lambda row: -row["id"])}


def seen(user_id: int, upto: int, ticket_id: int | None = None) -> dict[str, Any]:
    """They have seen all up to this one, or of these all about one ticket; answers as `of`."""
    unseen = Notification.objects.filter(user_id=user_id, seen_at=None, pk__lte=upto)
    if ticket_id is not None:
        unseen = unseen.filter(ticket_id=ticket_id)
    if unseen.update(seen_at=timezone.now()):
        live.publish([("notified", {})], to=user_id)
    return of(user_id)


def leave(user_id: int) -> None:
    """They work here no more."""
    Notification.objects.filter(user_id=user_id).delete()


def forget() -> None:
    """Those that were seen a week ago, and any after three months."""
    now = timezone.now()
    Notification.objects.filter(seen_at__lt=now - SEEN_KEPT).delete()
    Notification.objects.filter(at__lt=now - KEPT).delete()
