"""Carries on with the sweeps: a promise has changed, a tag or an account was removed, and tickets are gone through.

A row says what is left to do; the clock process rings for forgotten ones.
"""

from celery import shared_task

from inbox.actions.sweeps import go_on
from sla.models import Sweep
from socialcare.background import answer, ring
from socialcare.tenancy import workspace

BELL = "sweeps"
BATCHES = 20


def ring_for_sweeps() -> None:
    ring(sweep, once=[BELL])


@shared_task
def sweep() -> None:
    """Some batches of the oldest sweep of each workspace; rings again where something is left."""
    answer(BELL)
    oldest = Sweep.objects.everywhere().order_by("workspace_id", "id").distinct("workspace_id")
    left = False
    for workspace_id, sweep_id in list(oldest.values_list("workspace_id", "id")):
        with workspace(workspace_id):
            done = any(not go_on(sweep_id) for _ in range(BATCHES))
            left = left or not done or Sweep.objects.exclude(pk=sweep_id).exists()
    if left:
        ring_for_sweeps()
