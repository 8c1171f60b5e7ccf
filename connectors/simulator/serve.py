"""Runs the simulator, in this process or beside it in a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from connectors.simulator.asgi import Site
from connectors.simulator.control import site
from connectors.simulator.simulator import Simulator, Source
from connectors.simulator.stage import Stage

START_SECONDS = 10.0


def serve(simulator: Simulator, host: str, port: int) -> None:
    """Serve until the process is told to stop."""
    _server(site(simulator), host, port).run()


@contextmanager
def beside(source: Source, *, seed: int | None = None, per_minute: float = 0.0) -> Iterator[str]:
    """A simulator on a free port of loopback for the length of the block; gives its base URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        simulator = Simulator(Stage(base_url, seed), source, per_minute)
        server = _server(site(simulator), "127.0.0.1", 0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            _wait_for(server, thread)
            yield base_url
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)


def _server(application: Site, host: str, port: int) -> uvicorn.Server:
    # Cut and lost answers are meant here; uvicorn would report each as a mistake of ours.
    config = uvicorn.Config(
        application, host, port, lifespan="on", log_level="critical", access_log=False, timeout_graceful_shutdown=1
    )
    return uvicorn.Server(config)


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the simulator did not start")
        time.sleep(0.01)
