"""How late deliveries became tickets, and how long the application needed after each fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from connectors.models import Delivery
from faults.scene import Fault

# The application is behind while a delivery is older than this and no ticket yet.
BEHIND = 1.0
# What is late so many seconds after the last fault has another cause.
AFTERMATH = 15.0


@dataclass(frozen=True, slots=True)
class Lag:
    """One delivery: when its 200 came and when it was a ticket, in seconds since 1970."""

    accepted: float
    done: float

    @property
    def seconds(self) -> float:
        return max(0.0, self.done - self.accepted)


def lags(accepted: Mapping[bytes, float]) -> list[Lag]:
    """Of all deliveries that are done, in the order of their acceptance."""
    rows = Delivery.objects.exclude(done_at=None).values_list("fingerprint", "done_at")
    found = [
        Lag(accepted[bytes(name)], done_at.timestamp())
        for name, done_at in rows.iterator()
        if done_at and bytes(name) in accepted
    ]
    return sorted(found, key=lambda lag: lag.accepted)


def undisturbed(found: Sequence[Lag], faults: Sequence[Fault]) -> list[float]:
    """The lags of what was accepted while nothing was broken and nothing late."""
    broken = [(fault.at - BEHIND, fault.over + fault.recovery + BEHIND) for fault in faults]
    return [lag.seconds for lag in found if not any(begin < lag.accepted < end for begin, end in broken)]


def spread(values: Sequence[float]) -> dict[str, float]:
    whole = {f"p{percent}": percentile(values, percent) for percent in (50, 99)}
    return {"n": len(values), **whole, "max": max(values, default=0.0)}


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of all do not exceed; 0 without any."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def recoveries(faults: Sequence[Fault], found: Sequence[Lag]) -> None:
    """Write into each fault how long after its end nothing was late any more, and the longest lag it caused."""
    behind = _behind(found)
    for fault, following in zip_longest(faults, faults[1:]):
        until = following.at if following else fault.over + AFTERMATH
        ends = [end for begin, end in behind if begin < until and end > fault.at]
        fault.recovery = max(0.0, ends[0] - fault.over) if ends else 0.0
        hit = [lag.seconds for lag in found if lag.done > fault.at and lag.accepted < until]
        fault.worst_lag = max(hit, default=0.0)


def _behind(found: Sequence[Lag]) -> list[tuple[float, float]]:
    """The stretches of time in which something was late, one after the other."""
    late = sorted((lag.accepted + BEHIND, lag.done) for lag in found if lag.seconds > BEHIND)
    merged: list[tuple[float, float]] = []
    for begin, end in late:
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged
