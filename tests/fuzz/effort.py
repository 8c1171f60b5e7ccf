"""How hard we look: quickly and the same every time, or with FUZZ=deep for long and at random."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

COMMON = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
    "report_multiple_bugs": False,
    "phases": [phase for phase in Phase if phase is not Phase.explain],
}
settings.register_profile("fast", derandomize=True, database=None, **COMMON)
settings.register_profile("deep", **COMMON)
DEEP = os.environ.get("FUZZ") == "deep"
TIMES = float(os.environ.get("FUZZ_TIMES") or 1)


def effort(examples: int, deep: int, steps: int = 30) -> settings:
    """Settings for so many examples; `deep` of them, times FUZZ_TIMES, where we look deeply."""
    profile = settings.get_profile("deep" if DEEP else "fast")
    if os.environ.get("FUZZ_SHRINK") == "no":
        profile = settings(profile, phases=[phase for phase in profile.phases if phase is not Phase.shrink])
    return settings(profile, max_examples=max(1, int(deep * TIMES)) if DEEP else examples, stateful_step_count=steps)
