"""What a run says at its end, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SHOWN = 5


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    options, posts, lag = told["options"], dict(told["deliveries"]), told["lag"]
    distinct, posted = posts.pop("distinct"), posts.pop("posted")
    yield ""
    yield f"Seed {options['seed']}: {distinct} deliveries, {posted} posted with duplicates, answers {_counted(posts)}"
    yield (
        f"{told['messages']} customers' messages on {told['tickets']} tickets, "
        f"{told['clocks']} clocks, {told['breaches']} of them breached"
    )
    yield f"200 to ticket: p50 {lag['p50']:.3f} s, p99 {lag['p99']:.2f} s, longest {lag['max']:.2f} s"
    yield f"Answers as Socialcare has them: {_counted(told['replies'])}; the API said {_counted(told['agents'])}"
    yield f"What befell them at the network: {_counted(told['network'])}"
    yield ""
    yield f"{'fault':<24}{'after s':>8}{'in hand':>9}{'away s':>8}{'recovered s':>13}{'longest lag s':>15}"
    for fault in told["faults"]:
        yield (
            f"{fault['kind']:<24}{fault['due']:>8.1f}{fault['held']:>9}{fault['outage']:>8.1f}"
            f"{fault['recovery']:>13.1f}{fault['worst_lag']:>15.1f}"
        )
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


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} × {name}" for name, number in sorted(numbers.items())) or "none"
