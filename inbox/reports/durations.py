"""How long things took, counted in buckets, so that medians of many hours can be had from the sums of each.

A bucket reaches from its lower bound, which it leaves out, to its upper bound. None is wider than a fiftieth of its
lower bound or than a second, and the durations people speak of (five minutes, an hour) are bounds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

WIDTH = 0.02
# Up to here a bucket is a second.
FINE = 50
DAY = 86_400
LANDMARKS = (
    FINE, 60, 120, 180, 240, 300, 600, 900, 1200, 1800, 2700, 3600, 7200, 14_400, 28_800, 43_200,
    DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY, 365 * DAY,
)  # fmt: skip


def _bounds() -> tuple[float, ...]:
    """In seconds. Bucket n lies between bounds n - 1 and n; the first holds what took no time, the last the rest."""
    found = [float(second) for second in range(FINE)]
    for low, high in pairwise(LANDMARKS):
        steps = math.ceil(math.log(high / low) / math.log(1 + WIDTH))
        found += [round(low * (high / low) ** (step / steps), 6) for step in range(steps)]
    return (*found, float(LANDMARKS[-1]))


BOUNDS = _bounds()


def percentile(histogram: Mapping[int, int], share: float) -> float | None:
    """Seconds below which this share lies: that of PostgreSQL's percentile_cont, within a bucket's width."""
    total = sum(histogram.values())
    if not total:
        return None
    rank = share * (total - 1)
    low, part = int(rank), rank - int(rank)
    first = _at(histogram, low)
    return first if part == 0 else first + (_at(histogram, low + 1) - first) * part


def _at(histogram: Mapping[int, int], rank: int) -> float:
    """About how long the one of that rank (from 0) took: those of a bucket lie evenly spread in it."""
    for bucket in sorted(histogram):
        count = histogram[bucket]
        if rank < count:
            low, high = edges(bucket)
            return low + (high - low) * (rank + 0.5) / count
        rank -= count
    raise IndexError(rank)


def edges(bucket: int) -> tuple[float, float]:
    """A bucket's bounds in seconds; the last has no upper one and is told as its lower."""
    if bucket == 0:
        return 0.0, 0.0
    return BOUNDS[bucket - 1], BOUNDS[min(bucket, len(BOUNDS) - 1)]


def within(histogram: Mapping[int, int], seconds: float) -> int:
    """How many took at most that long; exact where it is a bound."""
    return sum(count for bucket, count in histogram.items() if edges(bucket)[1] <= seconds)
