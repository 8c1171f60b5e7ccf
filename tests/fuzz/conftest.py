"""How much was tried, told at the end of a run of this folder."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for report in terminalreporter.stats.get("passed", []):
        if report.user_properties:
            tried = ", ".join(f"{value:,} {name}" for name, value in report.user_properties)
            terminalreporter.write_line(f"{report.nodeid}: {tried}")
