"""How often what may be called: windows of 15 minutes and of 24 hours, counted as X counts them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from connectors.twitter.simulator.refusals import limited

QUARTER, DAY = 900.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """Calls per 15 minutes by the app's own token and by a user's, and per 24 hours by the user and by the app."""

    app: int = 0
    user: int = 0
    user_day: int = 0
    app_day: int = 0


@dataclass(slots=True)
class Window:
    until: float
    used: int = 0


class Limits:
    """`override` sets another number for an endpoint's 15 minutes; `quarter` is how long those last, in seconds."""

    def __init__(self) -> None:
        self.override: dict[str, int] = {}
        self.quarter = QUARTER
        self._windows: dict[tuple[str, str, str], Window] = {}

    def count(self, endpoint: str, allowance: Allowance, app: str, user: str) -> dict[str, str]:
        """Note one call; the headers it is answered with. Raises Refusal (429) when it is one too many."""
        most = self.override.get(endpoint, allowance.user if user else allowance.app)
        buckets: list[tuple[str, str, int, float]] = [("x-rate-limit", user or app, most, self.quarter)]
        if allowance.user_day and user:
            buckets.append(("x-user-limit-24hour", user, allowance.user_day, DAY))
        if allowance.app_day:
            buckets.append(("x-app-limit-24hour", app, allowance.app_day, DAY))
        counted = [one for one in buckets if one[2]]
        windows = [(name, limit, self._window(name, endpoint, who, span)) for name, who, limit, span in counted]
        full = [(name, window) for name, limit, window in windows if window.used >= limit]
        if not full:
            for _, _, window in windows:
                window.used += 1
        headers: dict[str, str] = {}
        for name, limit, window in windows:
            headers[f"{name}-limit"] = str(limit)
            headers[f"{name}-remaining"] = str(max(0, limit - window.used))
            headers[f"{name}-reset"] = str(int(window.until) + 1)
        if full:
            refusal = limited("", 0)
            refusal.headers = headers
            raise refusal
        return headers

    def forget(self) -> None:
        self._windows.clear()
        self.override.clear()
        self.quarter = QUARTER

    def state(self) -> list[dict[str, Any]]:
        return [
            {"bucket": bucket, "endpoint": endpoint, "who": who, "used": window.used, "until": window.until}
            for (bucket, endpoint, who), window in self._windows.items()
        ]

    def _window(self, bucket: str, endpoint: str, who: str, span: float) -> Window:
        """The running window, or a new one that begins now."""
        at, key = time.time(), (bucket, endpoint, who)
        window = self._windows.get(key)
        if window is None or window.until <= at:
            window = self._windows[key] = Window(at + span)
        return window
