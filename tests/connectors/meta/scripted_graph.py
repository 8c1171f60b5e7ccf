"""A small real HTTP server that answers as it is told and remembers what it was asked, to the byte."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.contract import Account, App, Usage
from connectors.meta.graph import GraphClient

TOKEN = "EAAGsecretPAGEtoken0123456789"
SECRET = "0123456789abcdef0123456789abcdef"
PAGE = "111222333444555"
APP = "900800700600500"


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
    """One answer. `then`: "" whole, "hang" says nothing, "stall" stops in the body, "reset" breaks off there."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    type: str = "application/json; charset=UTF-8"
    then: str = ""

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def error(code: Any = None, subcode: Any = None, *, status: int = 400, headers: Any = (), **more: Any) -> Says:
    said = {"message": "Something in Meta's words", "type": "OAuthException", "fbtrace_id": "AbCdEf123_-", **more}
    said |= {name: value for name, value in (("code", code), ("error_subcode", subcode)) if value is not None}
    return Says({"error": said}, status, headers)


class ScriptedGraph:
    """Answers in the order of `script`; a callable is asked with the request. An empty script answers 599."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: list[Says | Callable[[Asked], Says]] = []
        self.always: Callable[[Asked], Says] | None = None
        self.usage: list[Usage] = []
        self.url = ""

    def says(self, *answers: Says | Callable[[Asked], Says]) -> None:
        self.script += answers

    def account(self, **changes: Any) -> Account:
        config = {"graph_url": self.url, "graph_version": "v25.0", "timeout": "1,0.5", **changes.pop("config", {})}
        app = App("key", APP, changes.pop("secrets", (SECRET,)), config=config)
        known: dict[str, Any] = {"channel": "facebook", "external_id": PAGE, "credentials": {"access_token": TOKEN}}
        return Account(**{**known, "app": app, "report_usage": self.usage.append, **changes})

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        if self.always:
            return self.always(asked)
        if not self.script:
            return Says({"unexpected": asked.target}, 599)
        answer = self.script.pop(0)
        return answer(asked) if callable(answer) else answer


@contextmanager
def running_graph() -> Iterator[ScriptedGraph]:
    graph = ScriptedGraph()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            _reply(self, graph.answer(Asked(self.command, self.path, headers, body)))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    graph.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield graph
    finally:
        server.shutdown()
        server.server_close()


def _reply(handler: BaseHTTPRequestHandler, answer: Says) -> None:
    if answer.then == "hang":
        time.sleep(1.2)
        handler.close_connection = True
        return
    handler.send_response(answer.status)
    if answer.type:
        handler.send_header("content-type", answer.type)
    for name, value in answer.headers:
        handler.send_header(name, value)
    if answer.status != 204:
        handler.send_header("content-length", str(len(answer.raw) + (50 if answer.then else 0)))
    handler.end_headers()
    if answer.status != 204:
        handler.wfile.write(answer.raw)
    if answer.then == "reset":
        handler.wfile.flush()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.connection.close()
        handler.close_connection = True


HTML = Says(b"<html>502 Bad Gateway</html>", 502, type="text/html")


def read(graph: ScriptedGraph, **account: object) -> dict[str, object]:
    with GraphClient(graph.account(**account)) as client:
        return client.get_object("123_456", fields="id,message")


def write(graph: ScriptedGraph, **account: object) -> dict[str, object]:
    with GraphClient(graph.account(**account)) as client:
        return client.put_comment("123_456", "Bonjour")
