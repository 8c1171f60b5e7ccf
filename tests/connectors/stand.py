"""A simulator on a stand: the real client on one side, a webhook that keeps what comes on the other."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors.contract import (
    Account,
    App,
    Kind,
    Raw,
    Reply,
    Thread,
    Usage,
)
from connectors.contract import Post as PostRecord
from connectors.meta.platform import platform
from connectors.simulator.plan import Connected, ConnectedPage
from connectors.simulator.serve import beside

SECRET, VERIFY, TOKEN = "0123456789abcdef0123456789abcdef", "verify-me", "EAAGpage"
APP_ID, PAGE, OTHER = "200000000000001", "100000000000017", "100000000000018"


@dataclass
class Receiver:
    """A webhook: keeps what was sent and answers with the statuses it is given, then 200."""

    url: str
    deliveries: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    refuse: list[int] = field(default_factory=list)
    challenges: list[str] = field(default_factory=list)

    def items(self, lane: str) -> list[dict]:
        bodies = [json.loads(body) for body, _ in list(self.deliveries)]
        return [item for body in bodies for entry in body["entry"] for item in entry.get(lane, [])]

    def posts(self) -> list[PostRecord]:
        now = datetime.now(UTC)
        records = [record for body, _ in list(self.deliveries) for record in platform.parse(Raw(body, now))]
        return [record for record in records if isinstance(record, PostRecord)]


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            right = query["hub.verify_token"] == VERIFY and query["hub.mode"] == "subscribe"
            kept.challenges.append(query["hub.challenge"])
            self._answer(200 if right else 403, query["hub.challenge"].encode())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status = kept.refuse.pop(0) if kept.refuse else 200
            if status == 200:
                kept.deliveries.append((body, {name.lower(): value for name, value in self.headers.items()}))
            self._answer(status, b"")

        def _answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    kept = Receiver(f"http://127.0.0.1:{server.server_port}/hooks/meta/key/")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as kept:
        yield kept


def connected(url: str) -> Connected:
    both = frozenset({"facebook", "messenger"})
    pages = (ConnectedPage(PAGE, "Lumière", TOKEN, both), ConnectedPage(OTHER, "Other", "EAAGother", both))
    return Connected("meta", "key", APP_ID, SECRET, url, VERIFY, pages)


@dataclass
class Stand:
    """The simulator under test, and what a test does with it."""

    url: str
    receiver: Receiver
    account: Account
    usage: list[Usage]

    def say(self, do: str, text: str = "", **order) -> str:
        order = {"page": PAGE, "do": do, "text": text, "author": "Amélie Petit"} | order
        response = requests.post(f"{self.url}/control/say", json=order, timeout=5)
        assert response.status_code == 201, response.text
        return response.json()["id"]

    def control(self, what: str, **order) -> dict:
        response = requests.post(f"{self.url}/control/{what}", json=order, timeout=5)
        assert response.ok, response.text
        return response.json()

    def state(self) -> dict:
        return requests.get(f"{self.url}/control/state", timeout=5).json()

    def page(self, id: str = PAGE) -> dict:
        return next(page for page in self.state()["networks"]["meta"]["pages"] if page["id"] == id)

    def story(self) -> str:
        return next(words["id"] for words in self.page()["words"] if words["ours"] and words["kind"] == "post")

    def person(self, name: str = "Amélie Petit") -> str:
        return next(one["author_id"] for one in self.page()["words"] if one["author"] == name)

    def reply(self, to: str, text: str = "Bonjour !", recipient: str = "", **more) -> Reply:
        kind = Kind.DIRECT if recipient else Kind.COMMENT
        opened = datetime.now(UTC) - more.pop("ago", timedelta())
        thread = Thread(kind, post_created_at=opened, last_customer_at=opened)
        return Reply(text, to, recipient or to, recipient, thread, more.pop("token", "our-token"), **more)


def until(true: Callable[[], object], seconds: float = 8.0) -> object:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return found


@pytest.fixture
def stand(receiver: Receiver) -> Iterator[Stand]:
    with beside(lambda: [connected(receiver.url)], seed=7) as url:
        usage: list[Usage] = []
        config = {"graph_url": f"{url}/graph", "graph_version": "v25.0", "timeout": "2,2"}
        app = App("key", APP_ID, (SECRET,), VERIFY, config)
        account = Account("messenger", PAGE, {"access_token": TOKEN}, app, {"human_agent": True}, usage.append)
        requests.post(f"{url}/control/look", json={}, timeout=5)
        until(lambda: receiver.challenges)
        yield Stand(url, receiver, account, usage)
