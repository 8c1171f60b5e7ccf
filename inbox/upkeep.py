"""Nightly work: what is kept no longer than it is useful."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from connectors import ledger
from connectors.models import Delivery, Exchange
from inbox.actions import early, notifications
from inbox.models import Idempotency
from socialcare.models import Workspace
from socialcare.tenancy import workspace

CHUNK = 5000


@shared_task
def purge() -> None:
    """Old deliveries with their bytes, traces of calls, remembered answers and old notifications go."""
    now = timezone.now()
    old = Delivery.objects.filter(received_at__lt=now - timedelta(days=settings.DELIVERY_KEEP_DAYS))
    while ids := list(old.exclude(state=Delivery.State.WAITING).values_list("pk", flat=True)[:CHUNK]):
        Delivery.objects.filter(pk__in=ids).delete()
    for pk in Workspace.objects.values_list("pk", flat=True):
        with workspace(pk):
            Exchange.objects.filter(at__lt=now - timedelta(days=7)).delete()
            Idempotency.objects.filter(at__lt=now - timedelta(days=1)).delete()
            ledger.forget(now.date())
            early.forget(now - timedelta(days=7))
            notifications.forget()
