"""What a run says at its end, for people."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

SHOWN = 5
COLUMNS = {"after s": 8, "in hand": 9, "away s": 8, "up s": 7, "recovered s": 13, "longest lag s": 15}


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
    yield f"{'fault':<24}" + "".join(f"{name:>{width}}" for name, width in COLUMNS.items()) + "  worker"
    begin = told["faults"][0]["at"] - told["faults"][0]["due"] if told["faults"] else 0.0
    for fault in told["faults"]:
        yield f"{fault['kind']:<24}" + "".join(_cells(fault, begin)) + f"  {_ends(fault['said'])}"
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


def _cells(fault: Mapping[str, Any], begin: float) -> Iterator[str]:
    values = (fault["at"] - begin, fault["held"], fault["outage"], fault["up"], fault["recovery"], fault["worst_lag"])
    for value, width in zip(values, COLUMNS.values(), strict=True):
        yield f"{value:>{width}}" if isinstance(value, int) else f"{value:>{width}.1f}"


def _ends(said: list[str]) -> str:
    """How the worker ended after a fault, in the supervisor's words."""
    found = re.findall(r"worker \| ended \((.*?)\)", "\n".join(said))
    return ", ".join(found) or "went on"


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} × {name}" for name, number in sorted(numbers.items())) or "none"
