"""Works off changes of what is promised, and removed tags.

A row says what is left to do; the clock process rings for forgotten ones.
"""

from celery import shared_task

from inbox.actions.promises import work_off
from sla.models import Change
from socialcare.background import answer, ring
from socialcare.tenancy import workspace

BELL = "changes"
BATCHES = 20


def ring_for_changes() -> None:
    ring(recompute, once=[BELL])


@shared_task
def recompute() -> None:
    """Some batches of the oldest change of each workspace; rings again where something is left."""
    answer(BELL)
    oldest = Change.objects.everywhere().order_by("workspace_id", "id").distinct("workspace_id")
    left = False
    for workspace_id, change_id in list(oldest.values_list("workspace_id", "id")):
        with workspace(workspace_id):
            done = any(not work_off(change_id) for _ in range(BATCHES))
            left = left or not done or Change.objects.exclude(pk=change_id).exists()
    if left:
        ring_for_changes()
