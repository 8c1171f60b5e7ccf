"""A small real HTTP server on loopback that answers as it is told and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Says:
    """One answer. `then`: "" whole, "drip" a byte every so often, "drip-head" the same in the headers, "hang"."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    then: str = ""

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Host:
    """`pages`: what is at a path; a callable is asked with the request."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.pages: dict[str, Says | Callable[[Asked], Says]] = {}
        self.url = ""

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        page = self.pages.get(asked.path, Says({"code": "rest_no_route"}, 404))
        return page if isinstance(page, Says) else page(asked)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


class Server(ThreadingHTTPServer):
    host: Host


@contextmanager
def running() -> Iterator[Host]:
    host = Host()
    server = Server(("127.0.0.1", 0), Handler)
    server.host = host
    server.daemon_threads = True
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        says = self.server.host.answer(Asked(self.command, self.path, headers, self.rfile.read(size)))
        try:
            self.say(says)
        except OSError:
            self.close_connection = True

    do_GET = do_POST = do_DELETE = do_PUT = do

    def say(self, says: Says) -> None:
        if says.then == "hang":
            time.sleep(20)
            return
        if says.then == "drip-head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            self.drip(b"a" * 600)
            return
        self.send_response(says.status)
        for name, value in {"Content-Type": "application/json", **says.headers}.items():
            self.send_header(name, value)
        if says.status != 304:
            self.send_header("Content-Length", str(len(says.raw)))
        self.end_headers()
        if says.then == "drip":
            self.drip(says.raw)
        elif says.status != 304:
            self.wfile.write(says.raw)

    def drip(self, body: bytes) -> None:
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.05)

    def log_message(self, format: str, *args: Any) -> None:
        pass
