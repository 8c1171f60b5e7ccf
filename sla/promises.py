"""Which promise applies to a ticket, and whose hours count for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sla.clock import Always, Calendar, Hours, Pauses, due
from sla.models import Policy
from socialcare import locks
from socialcare.locks import Lock
from socialcare.tenancy import current_workspace

ALWAYS = Always()
# What a policy may ask, and what stands there where it does not.
CONDITIONS = {"channel": "", "surface": "", **dict.fromkeys(("queue_id", "priority", "tag_id", "group_id"))}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a policy's conditions ask about a ticket; the ids are those of the inbox."""

    channel: str
    surface: str = ""
    queue: int | None = None
    priority: int = 2
    tags: frozenset[int] = frozenset()
    group: int | None = None


class Promises:
    """The policies of the current workspace with their hours, read once. They stay so until the transaction ends."""

    def __init__(self) -> None:
        locks.hold(Lock.PROMISES, current_workspace(), shared=True)
        self._policies = list(Policy.objects.select_related("hours"))
        self._by_id = {policy.pk: policy for policy in self._policies}
        self.ask_for_groups = any(policy.group_id is not None for policy in self._policies)
        self.reassign = any(step["do"] == "reassign" for policy in self._policies for step in policy.steps)

    def applying(self, facts: Facts) -> Policy | None:
        return next((policy for policy in self._policies if fits(policy, facts)), None)

    def known(self, policy_id: int | None) -> Policy | None:
        return self._by_id.get(policy_id or 0)


def about_to_change() -> None:
    """Wait for whoever starts clocks by today's promises, and let nobody read them until this transaction ends.

    So no ticket that a worker is just writing escapes when running clocks are worked out anew.
    """
    locks.hold(Lock.PROMISES, current_workspace())


def fits(policy: Policy, facts: Facts) -> bool:
    return (
        policy.channel in ("", facts.channel)
        and policy.surface in ("", facts.surface)
        and policy.queue_id in (None, facts.queue)
        and policy.priority in (None, facts.priority)
        and policy.group_id in (None, facts.group)
        and (policy.tag_id is None or policy.tag_id in facts.tags)
    )


def covers(one: Policy, other: Policy) -> bool:
    """Whether the first fits every ticket that the second fits: placed before it, it takes all of them."""
    return all(getattr(one, name) in (nothing, getattr(other, name)) for name, nothing in CONDITIONS.items())


def hours_of(policy: Policy | None) -> Hours:
    """Whose time counts; all of it where the policy has no hours, or is gone."""
    return _shared(policy.hours.calendar()) if policy and policy.hours else ALWAYS


@lru_cache(maxsize=500)
def _shared(calendar: Calendar) -> Calendar:
    """Equal calendars are one, which remembers its weeks."""
    return calendar


def due_at(policy: Policy | None, started_at: datetime, target: timedelta, pauses: Pauses = ()) -> datetime | None:
    return due(hours_of(policy), started_at, target, pauses)


def left_of(policy: Policy | None, started_at: datetime, target: timedelta, pauses: Pauses) -> timedelta:
    """What the last pause, which has no end yet, leaves of a target: it runs off once the clock goes on."""
    hours, since, left = hours_of(policy), started_at, target
    for pauses_at, goes_on_at in pauses:
        left -= hours.working_time_between(since, pauses_at)
        since = goes_on_at or pauses_at
    return max(left, timedelta())


def next_warning(
    policy: Policy | None, started_at: datetime, target: timedelta, noted: int, pauses: Pauses = ()
) -> datetime | None:
    """The moment of the next share of the target that is worth a word; None while paused, or where none is left."""
    marks = sorted(mark for mark in (policy.marks() if policy else ()) if noted < mark)
    return due_at(policy, started_at, target * marks[0] / 100, pauses) if marks else None


def marks_passed(policy: Policy | None, started_at: datetime, target: timedelta, now: datetime, pauses: Pauses) -> int:
    """The highest share of the target, in percent, that is worth a word and is over; 0 for none."""
    marks = sorted(policy.marks() if policy else (), reverse=True)
    for mark in marks:
        moment = due_at(policy, started_at, target * mark / 100, pauses)
        if moment is not None and moment <= now:
            return int(mark)
    return 0
