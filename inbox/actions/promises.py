"""What is promised and when we are open; what changes leaves a sweep, which goes through the tickets."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.forms.models import model_to_dict

from inbox.actions import audit
from sla.models import BusinessHours, Policy, Sweep
from sla.promises import about_to_change, covers
from socialcare.models import User


class InUse(Exception):
    """Policies count by these hours."""


@transaction.atomic
def save_policy(actor: User, policy: Policy) -> Policy:
    """Write a changed policy, or a new one: before those that would take all its tickets, else as the last."""
    about_to_change()
    new = policy.pk is None
    before = {} if new else _told(Policy.objects.select_for_update().get(pk=policy.pk))
    if new:
        _make_room(policy)
    policy.save()
    changes = {} if new else audit.differences(before, _told(policy))
    if new or changes:
        audit.record(actor, "policy.added" if new else "policy.changed", policy, **changes)
    if changes or (new and not _never_applies(policy)):
        Sweep.objects.create(why=Sweep.Why.POLICY, what=policy.name)
    return policy


def _never_applies(policy: Policy) -> bool:
    """One that stands before it takes all its tickets."""
    return any(covers(other, policy) for other in Policy.objects.filter(position__lt=policy.position))


def _make_room(policy: Policy) -> None:
    """Find the place of a new policy and move those behind it on."""
    policies = list(Policy.objects.select_for_update().order_by("position", "id"))
    wider = (at for at, other in enumerate(policies) if covers(other, policy) and not covers(policy, other))
    policy.position = next(wider, len(policies))
    for at, other in enumerate(policies):
        other.position = at + (at >= policy.position)
    Policy.objects.bulk_update(policies, ["position"])


@transaction.atomic
def remove_policy(actor: User, pk: int) -> Policy:
    """Clocks that run by it go on by the next that fits. Raises Policy.DoesNotExist."""
    about_to_change()
    policy = Policy.objects.select_for_update().get(pk=pk)
    policy.delete()
    audit.record(actor, "policy.removed", policy)
    Sweep.objects.create(why=Sweep.Why.POLICY, what=policy.name)
    return policy


@transaction.atomic
def move_policy(actor: User, pk: int, by: int) -> None:
    """Change places with the one before (-1) or after (1). Raises Policy.DoesNotExist."""
    about_to_change()
    policies = list(Policy.objects.select_for_update().order_by("position", "id"))
    at = next((place for place, policy in enumerate(policies) if policy.pk == pk), None)
    if at is None:
        raise Policy.DoesNotExist
    if not 0 <= at + by < len(policies):
        return
    policies[at], policies[at + by] = policies[at + by], policies[at]
    for position, policy in enumerate(policies):
        policy.position = position
    Policy.objects.bulk_update(policies, ["position"])
    audit.record(actor, "policy.moved", policies[at + by], position=[at, at + by])
    Sweep.objects.create(why=Sweep.Why.POLICY, what=policies[at + by].name)


@transaction.atomic
def save_hours(actor: User, hours: BusinessHours) -> BusinessHours:
    about_to_change()
    new = hours.pk is None
    before = {} if new else _told(BusinessHours.objects.select_for_update().get(pk=hours.pk))
    hours.save()
    changes = {} if new else audit.differences(before, _told(hours))
    if new or changes:
        audit.record(actor, "hours.added" if new else "hours.changed", hours, **changes)
    if changes and hours.policies.exists():
        Sweep.objects.create(why=Sweep.Why.HOURS, what=hours.name)
    return hours


@transaction.atomic
def remove_hours(actor: User, pk: int) -> BusinessHours:
    """Raises InUse and BusinessHours.DoesNotExist."""
    hours = BusinessHours.objects.select_for_update().get(pk=pk)
    if hours.policies.exists():
        raise InUse
    hours.delete()
    audit.record(actor, "hours.removed", hours)
    return hours


def _told(row: Policy | BusinessHours) -> dict[str, Any]:
    """As the history of changes shows it."""
    values = model_to_dict(row, exclude=["id", "workspace", "position"])
    return {name: value if isinstance(value, int | str | list | None) else str(value) for name, value in values.items()}
