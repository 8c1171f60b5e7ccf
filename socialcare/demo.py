"""`bin/demo`: everything on one machine, from an empty database to a running company with customers."""

import argparse
import contextlib
import io
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import django
from django.core.management import call_command
from django.db import OperationalError, connections

from socialcare import assets, ports
from socialcare.embedded import ROOT, VAR, VARIABLES, engines, local_secrets, running, wipe
from socialcare.engines import EngineError
from socialcare.supervisor import Supervisor

READY_SECONDS = 60
WEB = (
    "-m uvicorn socialcare.asgi:application --host 127.0.0.1 --port {port} --loop uvloop --http httptools"
    " --ws websockets --ws-per-message-deflate false --no-access-log --timeout-graceful-shutdown 3"
)
WORKER = "-m celery -A socialcare worker -n {} -P threads -c {} -Q {} --without-gossip --without-mingle -l WARNING"
# The first is the last to stop: it may still be writing down what the others began.
PROCESSES = {
    "worker": WORKER.format("worker@%h", 4, "intake"),
    # Apart, because a platform that hangs may hold all of its threads.
    "caller": WORKER.format("caller@%h", 8, "outbox,poll,default"),
    "clock": "manage.py clock",
    "beat": "-m celery -A socialcare beat -s {var}/beat -l WARNING",
    "web": WEB,
    "simulator": "manage.py simulate --port {simulator} --trickle {trickle}",
}


class CannotRun(Exception):
    """What is missing, as one sentence for the person at the terminal."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bin/demo", description="Socialcare with simulated customers, on this machine."
    )
    parser.add_argument("--fresh", action="store_true", help="begin anew: delete the demo's data first")
    parser.add_argument(
        "--port", type=_port, default=os.environ.get("PORT", "8000"), help="the simulator's is one more"
    )
    parser.add_argument(
        "--trickle", type=int, default=4, metavar="PER_MINUTE", help="customers who write by themselves; 0 for none"
    )
    options = parser.parse_args()
    # The end of the terminal, a service manager and Ctrl-C all mean the same; a second one does not cut the stop short.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        demo(options.port, options.fresh, options.trickle)
    except (CannotRun, EngineError) as problem:
        print(problem, file=sys.stderr)
        return 1
    except SystemExit:
        print("\nStopped.")
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) < 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port from 1 to 65534.")
    return int(text)


def _end(_number: int, _frame: object) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def demo(port: int, fresh: bool, trickle: int) -> None:
    """Returns never: it ends by a signal. Raises CannotRun and EngineError."""
    missing = [name for name in VARIABLES if name not in os.environ]
    if running(VAR):
        raise CannotRun("The demo already runs here: stop it first (Ctrl-C in its terminal).")
    _check_free(port)
    if fresh:
        if "DATABASE_URL" not in missing:
            raise CannotRun("--fresh only empties the demo's own database, and DATABASE_URL names another: unset it.")
        wipe(VAR)
    with engines(VAR, wanted=missing) as variables:
        os.environ.update(_environment(port) | variables)
        logins = _prepare(port)
        with _processes(port, trickle) as supervisor:
            _wait_until_ready(port, supervisor)
            print(_welcome(port, logins), flush=True)
            supervisor.run_until_signal()


def _check_free(port: int) -> None:
    for number, whose in ((port, "the inbox"), (port + 1, "the simulator")):
        if not ports.is_free(number):
            raise CannotRun(_taken(number, whose))


def _taken(port: int, whose: str) -> str:
    return (
        f"Port {port}, which {whose} needs, is taken by {ports.holder(port)}. End that, or choose another with"
        " --port N: N is for the inbox and N + 1 for the simulator."
    )


def _environment(port: int) -> dict[str, str]:
    """What the settings read; what is already in the environment wins."""
    ours = local_secrets(VAR) | {
        "ENV_FILE": os.devnull,
        "PUBLIC_URL": f"http://localhost:{port}",
        "META_GRAPH_URL": f"http://127.0.0.1:{port + 1}/graph",
        "X_API_URL": f"http://127.0.0.1:{port + 1}/x",
        "X_SITE_URL": f"http://localhost:{port + 1}/x",
        "BLOG_ALLOW_LOOPBACK": "1",
        "DJANGO_SETTINGS_MODULE": "socialcare.settings",
        "PYTHONUNBUFFERED": "1",
    }
    return ours | {name: os.environ[name] for name in ours if name in os.environ}


def _prepare(port: int) -> str:
    """Bring the database, the translations and the static files up to date; the logins of the demo as text."""
    django.setup()
    logins = io.StringIO()
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        raise CannotRun(f"The database does not answer: {str(error).splitlines()[0]}") from None
    assets.bring_up_to_date()
    call_command("seed_demo", blogs=f"http://127.0.0.1:{port + 1}/blog", stdout=logins)
    connections.close_all()
    return logins.getvalue().strip()


@contextlib.contextmanager
def _processes(port: int, trickle: int) -> Iterator[Supervisor]:
    places = {"port": port, "simulator": port + 1, "trickle": trickle, "var": VAR}
    commands = {
        name: [sys.executable, *(word.format(**places) for word in line.split())] for name, line in PROCESSES.items()
    }
    supervisor = Supervisor(commands, ROOT, VAR / "log")
    try:
        supervisor.start(os.environ)
        yield supervisor
    finally:
        supervisor.stop()


def _wait_until_ready(port: int, supervisor: Supervisor) -> None:
    give_up = time.monotonic() + READY_SECONDS
    answer = "nothing"
    while time.monotonic() < give_up:
        supervisor.look()
        for number, whose, name in ((port, "the inbox", "web"), (port + 1, "the simulator", "simulator")):
            if supervisor.is_down(name) and not ports.is_free(number):
                raise CannotRun(_taken(number, whose))
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except urllib.error.HTTPError as error:
            answer = error.read(500).decode(errors="replace")
        except OSError as error:
            answer = str(error)
        time.sleep(0.1)
    raise CannotRun(f"Socialcare did not get ready within {READY_SECONDS} s (/readyz: {answer}); see {VAR / 'log'}.")


def _welcome(port: int, logins: str) -> str:
    inbox, simulator = f"http://localhost:{port}/", f"http://localhost:{port + 1}/"
    return f"""
Socialcare runs at      {inbox}
The simulated networks  {simulator}

{logins}

Try this: open the inbox and sign in as the agent; open the simulated networks beside it and write as a customer,
in public or in private. The ticket appears with its clock running. Answer it, and see the answer arrive.
The logs are in {VAR / "log"}. Ctrl-C stops everything; the next start keeps the data, `bin/demo --fresh` does not.
"""


if __name__ == "__main__":
    sys.exit(main())
