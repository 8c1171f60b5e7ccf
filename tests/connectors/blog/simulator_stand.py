"""The fake blogs on a stand, and a hook that keeps what a hub or a blogger sends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from connectors.simulator.serve import beside

SITE, OTHER = "canal-bakery", "city-notes"


@dataclass
class Stand:
    url: str

    def control(self, what: str, **order: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/control/{what}", json=order, timeout=10)
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def say(self, do: str, **order: Any) -> dict[str, Any]:
        given = {"network": "blog", "page": SITE, "do": do, "author": "Hannah Cole", "text": "Hello"}
        return self.control("say", **given | order)

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(f"{self.url}/blog/{path}", timeout=10, allow_redirects=False, **more)

    def feed(self, kind: str = "rss", **more: Any) -> requests.Response:
        return self.get(f"others/{OTHER}/feed/{kind}", **more)

    def comments(self, **query: Any) -> requests.Response:
        return self.get(f"{SITE}/wp-json/wp/v2/comments", params=query)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{self.url}/control/state", timeout=10).json()["networks"]["blog"]
        return found


@contextmanager
def standing() -> Iterator[Stand]:
    with beside(list) as url:
        yield Stand(url)


@dataclass
class Hook:
    """Agrees to what a hub asks, and keeps what comes."""

    url: str
    agrees: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)
    came: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)


@contextmanager
def hooked() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            query = dict(parse_qsl(urlsplit(self.path).query))
            kept.asked.append(query)
            self._answer(query["hub.challenge"].encode() if kept.agrees else b"no")

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.came.append((body, {name.lower(): value for name, value in self.headers.items()}))
            self._answer(b"")

        def _answer(self, body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Hook(f"http://127.0.0.1:{server.server_port}/hook?c=watch")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
