"""The demo and its ports: who holds one is named before anything is started."""

import os
import socket
import subprocess
import sys

import psutil
import pytest

from socialcare.embedded import ROOT


@pytest.fixture(params=["127.0.0.1", "::1", "0.0.0.0"])
def pair(request):
    """A port that is free, the next one taken. Each has a range of its own: the others may run at the same time."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    begin = {"127.0.0.1": 21_500, "::1": 21_700, "0.0.0.0": 21_900}[request.param]
    for port in range(begin, begin + 200, 2):
        with socket.socket(family) as taken, socket.socket() as free:
            try:
                taken.bind((request.param, port + 1))
                free.bind(("127.0.0.1", port))
            except OSError as problem:
                if family == socket.AF_INET6 and problem.errno in (97, 99):
                    pytest.skip("no IPv6 here")
                continue
            free.close()
            taken.listen()
            yield port
            return
    pytest.fail("no two ports are free")


def test_the_demo_says_who_holds_the_simulator_s_port_and_starts_nothing(pair, tmp_path):
    said = subprocess.run(
        [sys.executable, "-m", "socialcare.demo", "--port", str(pair)],
        cwd=ROOT, env=os.environ | {"ENV_FILE": "/dev/null"}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    name = psutil.Process().name()
    assert said.returncode == 1
    assert said.stdout == ""
    assert said.stderr == (
        f"Port {pair + 1}, which the simulator needs, is taken by {name} (process {os.getpid()}). End that, or choose"
        " another with --port N: N is for the inbox and N + 1 for the simulator.\n"
    )
