"""What a measurement says: a figure, the baseline of the same run, their ratio, and the goal it is held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

Number = TypeVar("Number", int, float)


class Wrong(Exception):
    """What was written while measuring is not what it must be: the figure would mean nothing."""


class Impossible(Exception):
    """Something that this measurement needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: little in continuous integration, all of it by `--full`. `rounds`: of each figure."""

    full: bool
    rounds: int

    def of(self, small: Number, full: Number) -> Number:
        return full if self.full else small


@dataclass(frozen=True, slots=True)
class Figure:
    """`values`: one a round, in `unit`. `baselines`: of the same rounds, or none where a figure stands alone.

    `most`, `least`: the goal, of the ratio where there is a baseline, else of the value; `of_value` where it is of the
    value all the same, `full_only` where it is meant for the full size.
    """

    name: str
    unit: str
    values: Sequence[float]
    against: str = ""
    baselines: Sequence[float] = ()
    most: float | None = None
    least: float | None = None
    of_value: bool = False
    full_only: bool = False
    note: str = ""

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def baseline(self) -> float | None:
        return median(self.baselines) if self.baselines else None

    @property
    def ratio(self) -> float | None:
        """The median of the rounds' own ratios, so that a slow moment of the machine touches both sides."""
        if not self.baselines:
            return None
        return median(mine / other for mine, other in zip(self.values, self.baselines, strict=True) if other)

    def met(self, size: Size) -> bool | None:
        """Whether the goal is reached; None where there is none for this size."""
        if (self.most is None and self.least is None) or (self.full_only and not size.full):
            return None
        held = self.value if self.ratio is None or self.of_value else self.ratio
        return (self.most is None or held <= self.most) and (self.least is None or held >= self.least)

    def told(self, size: Size) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "value": self.value,
            "values": list(self.values),
            "against": self.against,
            "baseline": self.baseline,
            "baselines": list(self.baselines),
            "ratio": self.ratio,
            "goal": self.goal(),
            "met": self.met(size),
            "note": self.note,
        }

    def goal(self) -> str:
        if self.most is None and self.least is None:
            return ""
        word, number = ("≥", self.least) if self.most is None else ("≤", self.most)
        return f"{word} {number:g}" + (f" {self.unit}" if self.of_value or not self.baselines else "")


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of all do not exceed. Raises ValueError without any."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("nothing was measured")
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
