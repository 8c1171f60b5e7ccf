"""How long the fuzzers try: some seconds by default, `FUZZ=deep` a hundred times as long, `FUZZ=7` seven times."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

DEEP = 100


def factor() -> int:
    wish = os.environ.get("FUZZ", "1")
    return DEEP if wish == "deep" else int(wish)


def effort(examples: int, steps: int = 50) -> settings:
    """Settings for a test that tries so many examples (for a machine: each of so many steps) by default."""
    return settings(
        max_examples=examples * factor(),
        stateful_step_count=steps,
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,
        phases=[phase for phase in Phase if phase is not Phase.shrink or "FUZZ_ROUGHLY" not in os.environ],
        suppress_health_check=list(HealthCheck),
    )
