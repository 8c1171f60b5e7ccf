"""`bin/bench`: measures Socialcare on engines of its own; each figure as a ratio to a baseline of the same run.

Every benchmark is a module with `run(place, size)`, which yields figures. It has a process, engines and data of its
own, and beside it the processes of Socialcare that `BENCHMARKS` names.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.measure import Figure, Impossible, Size, Wrong
from faults.stand import NotReady, Stand, end_by_signals, stand
from socialcare.embedded import ROOT
from socialcare.engines import EngineError

BENCHMARKS: dict[str, tuple[str, ...]] = {
    "accept": ("web",),
    "browser": ("worker", "caller", "clock", "web", "simulator"),
    "clock": ("clock", "web"),
    "drain": (),
    "fair": ("worker", "caller", "clock", "web"),
    "idle": ("worker", "caller", "clock", "beat", "web"),
    "latency": ("worker", "caller", "clock", "web"),
    "live": ("web",),
    "queries": ("web",),
    "reports": ("web",),
}
ROUNDS = 3
COLUMNS = (("value", 12), ("baseline", 12), ("ratio", 9), ("goal", 14))


def main() -> int:
    """0: measured and right. 1: what was written is wrong. 2: it could not be tried. Missed goals are only shown."""
    options = _arguments().parse_args()
    end_by_signals()
    size = Size(options.full, options.rounds)
    if options.inside:
        return _inside(options.names[0], size, options.inside, options.logs)
    found: list[dict[str, Any]] = []
    worst = 0
    for name in options.names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="socialcare-bench-") as folder:
            told = Path(folder) / "told.json"
            began = time.monotonic()
            worst = max(worst, _apart(name, options, told))
            if told.exists():
                figures = json.loads(told.read_text())
                _show(name, figures, time.monotonic() - began)
                found += [{"benchmark": name, **figure} for figure in figures]
    missed = [figure["name"] for figure in found if figure["met"] is False]
    print(f"\n{len(found)} figures, {len(missed)} goals missed" + "".join(f"\n  missed: {name}" for name in missed))
    if options.json:
        about = {"full": size.full, "rounds": size.rounds, "cores": os.cpu_count(), "load": os.getloadavg()[0]}
        options.json.write_text(json.dumps({**about, "figures": found}, indent=1) + "\n")
    return worst


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--full", action="store_true", help="the full size: a million tickets; takes long")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help="the median of so many is told")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every round of every figure")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="where to leave the processes' logs")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    return parser


def _apart(name: str, options: argparse.Namespace, told: Path) -> int:
    """Run one benchmark in a process of its own: Django knows one database in its life."""
    words = [sys.executable, "-m", "bench", name, "--rounds", str(options.rounds), "--inside", str(told)]
    words += ["--full"] * options.full + (["--logs", str(options.logs)] if options.logs else [])
    return subprocess.run(words, cwd=ROOT, check=False).returncode  # noqa: S603 -- our own words


def _inside(name: str, size: Size, told: Path, logs: Path | None) -> int:
    try:
        with stand(BENCHMARKS[name], logs) as place:
            figures = _run(name, place, size)
            told.write_text(json.dumps([figure.told(size) for figure in figures]))
    except (EngineError, NotReady, Impossible) as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        return 2
    except Wrong as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        return 1
    return 0


def _run(name: str, place: Stand, size: Size) -> Iterator[Figure]:
    # Models can be imported once Django knows where its database is.
    from bench import accept, browser, clock, drain, fair, idle, latency, live, queries, reports

    runs = {
        "accept": accept.run,
        "browser": browser.run,
        "clock": clock.run,
        "drain": drain.run,
        "fair": fair.run,
        "idle": idle.run,
        "latency": latency.run,
        "live": live.run,
        "queries": queries.run,
        "reports": reports.run,
    }
    return runs[name](place, size)


def _show(name: str, figures: Sequence[Mapping[str, Any]], seconds: float) -> None:
    width = max((len(figure["name"]) for figure in figures), default=0) + 2
    print(f"\n{name} ({seconds:.0f} s)".ljust(width) + "".join(f"{title:>{wide}}" for title, wide in COLUMNS))
    for figure in figures:
        ratio = "" if figure["ratio"] is None else f"{figure['ratio']:.3g}"
        verdict = {True: "", False: "  MISSED", None: ""}[figure["met"]]
        cells = (_short(figure["value"]) + " " + figure["unit"], _short(figure["baseline"]), ratio, figure["goal"])
        row = "".join(f"{cell:>{wide}}" for cell, (_, wide) in zip(cells, COLUMNS, strict=True))
        against = f"  ({figure['against']})" if figure["against"] else ""
        print(f"{figure['name']:<{width}}{row}{verdict}{against}")


def _short(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
