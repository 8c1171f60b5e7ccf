"""`bin/faults`: customers write and agents answer while everything breaks in turn; then all is counted."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from pathlib import Path

from faults import report
from faults.stand import NotReady, end_by_signals, stand
from socialcare.engines import EngineError


def main() -> int:
    """0: all is well. 1: something is not as it must be. 2: it could not be tried."""
    options = _arguments().parse_args()
    end_by_signals()
    print(f"seed {options.seed}", flush=True)
    try:
        with stand(("worker", "caller", "clock", "web"), options.logs) as place:
            # Models can be imported once Django knows where its database is.
            from faults.run import Options, Run

            wanted = Options(
                count=options.count,
                deliveries=options.deliveries or options.count * 80,
                answers=options.answers or options.count * 2,
                seed=options.seed,
                seconds=options.seconds or options.count * 1.2,
                limit=options.recovery,
                patience=options.patience,
            )
            told = Run(place, wanted, _say if options.verbose else _keep_silent).play()
    except (EngineError, NotReady) as problem:
        print(problem, file=sys.stderr)
        return 2
    for line in report.lines(told):
        print(line)
    if options.json:
        options.json.write_text(json.dumps(told, indent=1, default=str) + "\n")
    return int(report.failed(told))


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/faults", description=__doc__)
    parser.add_argument("--count", type=int, default=200, metavar="N", help="of faults")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="the same seed plays the same again")
    parser.add_argument("--deliveries", type=int, metavar="N", help="besides 25 %% duplicates; 80 for each fault")
    parser.add_argument("--answers", type=int, metavar="N", help="by agents; two for each fault")
    parser.add_argument("--seconds", type=float, metavar="S", help="how long customers write; 1.2 for each fault")
    parser.add_argument("--recovery", type=float, default=10.0, metavar="SECONDS", help="the longest it may take")
    parser.add_argument("--patience", type=float, default=150.0, metavar="SECONDS", help="to wait for quiet at the end")
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything that is known of the run")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="where to leave the processes' logs")
    parser.add_argument("--verbose", action="store_true", help="show what the supervisor says")
    return parser


def _say(line: str) -> None:
    print(line, flush=True)


def _keep_silent(line: str) -> None:
    """The report tells the same in short."""


if __name__ == "__main__":
    sys.exit(main())
