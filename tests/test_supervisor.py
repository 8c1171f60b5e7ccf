"""The supervisor with real children: a dead one returns, and none is left at the end."""

import os
import sys
import time

import psutil
import pytest

from socialcare.supervisor import Supervisor

STEADY = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STEADY!r}])"


@pytest.fixture
def supervise(tmp_path):
    started = []

    def start(**codes):
        commands = {name: [sys.executable, "-c", code] for name, code in codes.items()}
        supervisor = Supervisor(commands, tmp_path, tmp_path / "log")
        supervisor.start(os.environ)
        started.append(supervisor)
        return supervisor

    yield start
    for supervisor in started:
        supervisor.stop()


def look_until(supervisor, condition):
    give_up = time.monotonic() + 15
    while not condition() and time.monotonic() < give_up:
        supervisor.look()
        time.sleep(0.02)
    assert condition()


def is_up(child):
    return lambda: b"up" in child.path.read_bytes()


def test_one_that_dies_is_started_again_later_and_later(supervise, capsys):
    supervisor = supervise(crasher="raise SystemExit(3)", steady=STEADY)
    crasher, steady = supervisor.children
    look_until(supervisor, lambda: crasher.deaths >= 2)
    said = capsys.readouterr().out
    assert "crasher | ended (exit code 3), starts again in 0.5 s" in said
    assert "crasher | ended (exit code 3), starts again in 1 s" in said
    assert steady.deaths == 0


def test_errors_reach_the_terminal_and_the_rest_the_log(supervise, capsys):
    code = "print('INFO nothing'); print('ERROR it burns', flush=True); " + STEADY
    supervisor = supervise(web=code)
    look_until(supervisor, is_up(supervisor.children[0]))
    supervisor.look()
    said = capsys.readouterr().out
    assert "web | ERROR it burns" in said
    assert "nothing" not in said
    assert "INFO nothing" in supervisor.children[0].last_words()


def test_stop_ends_children_and_grandchildren_even_stubborn_ones(supervise, monkeypatch):
    monkeypatch.setattr("socialcare.supervisor.STOP_SECONDS", 0.5)
    supervisor = supervise(first=PARENT, stubborn=STUBBORN)
    for child in supervisor.children:
        look_until(supervisor, is_up(child))
    alive = [psutil.Process(child.process.pid) for child in supervisor.children]
    family = [*alive, *(grandchild for process in alive for grandchild in process.children(recursive=True))]
    assert len(family) == 3
    supervisor.stop()
    _gone, left = psutil.wait_procs(family, 5)
    assert left == []


def test_the_first_stops_last(supervise, tmp_path):
    note = (
        "import signal, sys, time;"
        "signal.signal(signal.SIGTERM, lambda *_: (open({0!r}, 'a').write({1!r}), sys.exit()));"
        "print('up', flush=True); time.sleep(60)"
    )
    order = str(tmp_path / "order")
    supervisor = supervise(**{name: note.format(order, f"{name} ") for name in ("worker", "web")})
    for child in supervisor.children:
        look_until(supervisor, is_up(child))
    supervisor.stop()
    with open(order) as file:
        assert file.read() == "web worker "
