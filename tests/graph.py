"""A tiny Graph on loopback that answers as told and remembers what it was asked; the real client talks to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Any]


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {key: values[-1] for key, values in parse_qs(self.body.decode()).items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Graph:
    """`answers` maps "METHOD /path end" to (status, JSON or bytes) or to a function of the request giving one."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Answer | Callable[[Asked], Answer]] = field(default_factory=dict)

    def posts(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == "POST"]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        for key, answer in self.answers.items():
            method, _, end = key.partition(" ")
            if asked.method == method and asked.path.endswith(end):
                return answer(asked) if callable(answer) else answer
        return 404, {"error": {"message": "unknown", "code": 100, "error_subcode": 33}}


@contextmanager
def graph() -> Iterator[Graph]:
    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            parts = urlsplit(self.path)
            asked = Asked(self.command, parts.path, parse_qs(parts.query), self.rfile.read(size))
            status, body = there.answer(asked)
            words = body if isinstance(body, bytes) else json.dumps(body).encode()
            kind = "text/html" if isinstance(body, bytes) else "application/json"
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(words)))
            self.end_headers()
            self.wfile.write(words)

        do_GET = do_POST = do_DELETE = handle_one

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Graph(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
