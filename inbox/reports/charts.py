"""The geometry of charts, as plain numbers: a column is ten units wide, a chart a hundred high."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDE = 10
HIGH = 100
# Waits by how long they took, in seconds; the last class is all the rest.
CLASSES = (60, 120, 180, 240, 300, 600, 900, 1800, 3600, 14_400, 86_400)


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


def ceiling(most: float) -> float:
    """A round number not below: 1, 2, 5 or 10 times a power of ten, so that half of it is one to read as well."""
    if most <= 2:
        return 2
    power: float = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 4, 5, 6, 8, 10) if step * power >= most)


def bars(values: Sequence[float | None], top: float, *, part: int = 0, parts: int = 1) -> list[Bar | None]:
    """One bar for each value, beside those of the other parts; something is never nothing."""
    width = (WIDE - 2) / parts
    found: list[Bar | None] = []
    for place, value in enumerate(values):
        if not value:
            found.append(None)
            continue
        height = max(round(value / top * HIGH, 2), 0.8)
        found.append(Bar(place * WIDE + 1 + part * width, round(HIGH - height, 2), round(width - 0.4, 2), height))
    return found


def line(values: Sequence[float | None], top: float) -> list[str]:
    """The points of a line through the middles of the columns; a piece for each stretch without gaps."""
    pieces: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{place * WIDE + WIDE / 2:g},{round(HIGH - min(value / top, 1) * HIGH, 2):g}")
    # A single point is drawn as a short stroke.
    return [" ".join(piece if len(piece) > 1 else [piece[0], _beside(piece[0])]) for piece in pieces if piece]


def _beside(point: str) -> str:
    x, _, y = point.partition(",")
    return f"{float(x) + 1:g},{y}"


def level(value: float, most: float, levels: int = 5) -> int:
    """From 0 for nothing to `levels` for the most."""
    return math.ceil(value / most * levels) if value and most else 0
