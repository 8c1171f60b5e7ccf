"""What a run says at its end, for people."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SHOWN = 5
COLUMNS = {"times": 7, "in hand": 9, "recovered s": 13, "longest lag s": 15}
FIELDS = ("held", "recovery", "worst_lag")


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    options, posts = told["options"], dict(told["deliveries"])
    distinct, posted = posts.pop("distinct"), posts.pop("posted")
    yield ""
    yield f"Seed {options['seed']}: {distinct} deliveries, {posted} posted with duplicates, answers {_counted(posts)}"
    yield (
        f"{told['messages']} customers' messages on {told['tickets']} tickets, "
        f"{told['clocks']} clocks, {told['breaches']} of them breached"
    )
    for name, lag in (("all", told["lag"]), ("undisturbed", told["lag undisturbed"])):
        spread = f"p50 {lag['p50']:.3f} s, p99 {lag['p99']:.2f} s, longest {lag['max']:.2f} s"
        yield f"200 to ticket: {spread} ({lag['n']}, {name})"
    yield f"Answers as Socialcare has them: {_counted(told['replies'])}; the API said {_counted(told['agents'])}"
    yield f"What befell them at the network: {_counted(told['network'])}"
    yield f"Load of the machine: {told['load'][0]:.1f} before, {told['load'][1]:.1f} after, {os.cpu_count()} cores"
    yield ""
    yield f"The browser connected {told['browser']['connected']} times, resumed {told['browser']['resumed']} times"
    for name, values in told["figures"].items():
        yield f"{name}: longest {max(values):.1f}, {len(values)} times"
    yield ""
    yield f"{'kind of fault':<34}" + "".join(f"{name:>{width}}" for name, width in COLUMNS.items())
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for fault in told["faults"]:
        kinds.setdefault(fault["kind"], []).append(fault)
    for kind, faults in kinds.items():
        values = (len(faults), *(max(fault[field] for fault in faults) for field in FIELDS))
        yield f"{kind:<34}" + "".join(_cells(values))
    yield ""
    yield from _verdict(told["violations"])


def _verdict(violations: Mapping[str, list[str]]) -> Iterator[str]:
    for name, found in violations.items():
        yield f"{name:<34}{'ok' if not found else f'{len(found)} VIOLATIONS'}"
        for one in found[:SHOWN]:
            yield f"    {one}"
        if len(found) > SHOWN:
            yield f"    and {len(found) - SHOWN} more"


def failed(told: Mapping[str, Any]) -> bool:
    return any(told["violations"].values())


def _cells(values: Sequence[float]) -> Iterator[str]:
    for value, width in zip(values, COLUMNS.values(), strict=True):
        yield f"{value:>{width}}" if isinstance(value, int) else f"{value:>{width}.1f}"


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} × {name}" for name, number in sorted(numbers.items())) or "none"
