"""Who changed what in the settings."""

from collections.abc import Mapping
from typing import Any

from socialcare.models import AuditEntry, User

CHANGED = "changed"


def record(actor: User, verb: str, target: object, **data: Any) -> None:
    """Add a line to the history, in the caller's transaction. `data` must be JSON without a secret in it."""
    AuditEntry.objects.create(actor=actor, verb=verb, target=str(target)[:200], data=data)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """{name: [old, new]} of what differs."""
    return {name: [before.get(name), new] for name, new in after.items() if before.get(name) != new}
