"""Letting deliveries that were set aside be taken in again."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from connectors import deliveries
from connectors.models import Delivery, PlatformApp
from inbox.actions import audit
from socialcare.models import User

AT_ONCE = 1000


def own() -> QuerySet[Delivery]:
    """Deliveries of the workspace's own apps. Those of the installation's apps may hold other tenants' words."""
    return Delivery.objects.filter(app__in=PlatformApp.objects.own())


def replay(actor: User, ids: Sequence[int] | None) -> int:
    """Those of these that are set aside (None: all) become waiting again; how many. Ring for intake afterwards."""
    aside = own().filter(state=Delivery.State.FAILED)
    if ids is not None:
        aside = aside.filter(pk__in=ids)
    chosen = list(aside.order_by("pk").values_list("pk", flat=True))
    if not chosen:
        return 0
    with transaction.atomic():
        count = sum(deliveries.replay(chosen[start : start + AT_ONCE]) for start in range(0, len(chosen), AT_ONCE))
        audit.record(actor, "deliveries.replayed", f"{count}", deliveries=chosen[:50], count=count)
    return count
