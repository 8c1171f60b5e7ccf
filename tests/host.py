"""A small real HTTP server on loopback that answers as it is told; the real clients talk to it."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

BODILESS = (204, 304)


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
    """One answer. `body`: bytes, or what becomes JSON. `then`: "" the whole of it, "hang" says nothing,
    "stall" stops in the body, "reset" breaks off there, "drip" a byte every so often, "drip-head" the same in the head.
    """

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = ()
    type: str = "application/json; charset=UTF-8"
    then: str = ""

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    @property
    def head(self) -> dict[str, str]:
        """With lower names."""
        length = {} if self.status in BODILESS else {"content-length": str(len(self.raw) + self.missing)}
        return {"content-type": self.type, **length, **{name.lower(): it for name, it in dict(self.headers).items()}}

    @property
    def missing(self) -> int:
        """Bytes that are promised and never come."""
        return 50 if self.then in ("stall", "reset") else 0


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Callable[[Asked], Says], patience: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.patience, self.over = answer, patience, threading.Event()


@contextmanager
def serving(answer: Callable[[Asked], Says], patience: float = 20) -> Iterator[str]:
    """The address of a server that asks `answer`. `patience`: seconds after which who hangs hangs up."""
    server = Server(answer, patience)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        says = self.server.answer(Asked(self.command, self.path, headers, body))
        try:
            self.say(says)
        except OSError:
            self.close_connection = True

    def say(self, says: Says) -> None:
        if says.then == "hang":
            self.server.over.wait(self.server.patience)
            self.close_connection = True
            return
        if says.then == "drip-head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            self.drip(b"a" * 600)
            return
        self.send_response(says.status)
        for name, value in says.head.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if says.then == "drip":
            self.drip(says.raw)
        elif says.status not in BODILESS:
            self.wfile.write(says.raw)
        if says.then == "reset":
            self.break_off()

    def drip(self, body: bytes) -> None:
        for byte in body:
            if self.server.over.is_set():
                return
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.05)

    def break_off(self) -> None:
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass
