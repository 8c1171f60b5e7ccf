"""The fake X on a stand: the real tweepy on one side, a webhook that keeps what comes on the other."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FunctionType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import tweepy
from tweepy.client import BaseClient

from connectors.simulator.plan import Connected, ConnectedPage
from connectors.simulator.serve import beside
from tests.connectors.stand import until

SECRET = "the consumer secret"
BRAND, OTHER = "1500000000000000017", "1500000000000000018"
CUSTOMER = "Amélie Petit"
APP = {
    "consumer_key": "ck",
    "app_secret": SECRET,
    "bearer_token": "AAAAbearer",
    "client_id": "client-of-acme",
    "client_secret": "client secret",
}


@dataclass
class Hook:
    """A webhook of X: answers challenges with `secret`, keeps bodies, answers with the statuses it is given."""

    url: str
    secret: str = SECRET
    bodies: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    refuse: list[int] = field(default_factory=list)
    challenges: list[str] = field(default_factory=list)

    def events(self, *types: str) -> list[dict[str, Any]]:
        found = [json.loads(body)["data"] for body, _ in list(self.bodies) if b'"event_type"' in body]
        return [event for event in found if not types or event["event_type"] in types]

    def wait(self, type: str) -> dict[str, Any]:
        return until(lambda: self.events(type))[-1]  # type: ignore[index]


@contextmanager
def hooked(secret: str = SECRET) -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            token = parse_qs(urlsplit(self.path).query)["crc_token"][0]
            kept.challenges.append(token)
            digest = hmac.new(kept.secret.encode(), token.encode(), hashlib.sha256).digest()
            self._answer(200, json.dumps({"response_token": f"sha256={base64.b64encode(digest).decode()}"}).encode())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status = kept.refuse.pop(0) if kept.refuse else 200
            if status == 200:
                kept.bodies.append((body, {name.lower(): value for name, value in self.headers.items()}))
            self._answer(status, b"")

        def _answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Hook(f"http://127.0.0.1:{server.server_port}/hooks/twitter/key/", secret)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


def connected(url: str) -> Connected:
    first = {"access_token": "oauth2 of acme", "refresh_token": "refresh of acme"}
    second = {"access_token": f"{OTHER}-abc", "access_token_secret": "token secret"}
    channel = frozenset({"twitter"})
    pages = (
        ConnectedPage(BRAND, "Acme", first["access_token"], channel, first),
        ConnectedPage(OTHER, "@GlobexCare", second["access_token"], channel, second),
    )
    return Connected("twitter", "key", "29820954", SECRET, url, "verify", pages, APP)


def pointed_at(base_url: str) -> type[tweepy.Client]:
    """The real SDK with another host: that is a constant inside its one method that calls."""
    code = BaseClient.request.__code__
    constants = tuple(base_url if one == "https://api.twitter.com" else one for one in code.co_consts)
    assert constants != code.co_consts
    request = FunctionType(
        code.replace(co_consts=constants), BaseClient.request.__globals__, "request", BaseClient.request.__defaults__
    )
    return type("Pointed", (tweepy.Client,), {"request": request})


@dataclass
class XStand:
    url: str
    hook: Hook

    def client(self, token: str = "oauth2 of acme", **more: Any) -> tweepy.Client:
        return pointed_at(self.url)(bearer_token=token, return_type=dict, **more)

    @property
    def globex(self) -> tweepy.Client:
        """OAuth 1.0a."""
        return pointed_at(self.url)(
            consumer_key="ck",
            consumer_secret=SECRET,
            access_token=f"{OTHER}-abc",
            access_token_secret="token secret",
            return_type=dict,
        )

    @property
    def app(self) -> tweepy.Client:
        return self.client("AAAAbearer")

    def say(self, do: str, text: str = "", **order: Any) -> str:
        order = {"page": BRAND, "do": do, "text": text, "author": CUSTOMER} | order
        response = requests.post(f"{self.url}/control/say", json=order, timeout=5)
        assert response.status_code == 201, response.text
        return response.json()["id"]

    def person(self, name: str = CUSTOMER) -> str:
        return next(one["id"] for one in self.state()["users"] if one["name"] == name)

    def control(self, what: str, **order: Any) -> dict[str, Any]:
        response = requests.post(f"{self.url}/control/{what}", json=order, timeout=5)
        assert response.ok, response.text
        return response.json()

    def adjust(self, **order: Any) -> dict[str, Any]:
        return self.control("page", **{"page": BRAND, **order})

    def fault(self, kind: str, **order: Any) -> None:
        self.control("faults", **{"kind": kind, **order})

    def state(self) -> dict[str, Any]:
        return requests.get(f"{self.url}/control/state", timeout=5).json()["networks"]["twitter"]

    def story(self) -> str:
        return next(one["id"] for one in self.state()["posts"] if one["author_id"] == BRAND)

    def call(self, method: str, path: str, token: str = "oauth2 of acme", **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(
            method, f"{self.url}/2/{path}", headers=headers, timeout=5, allow_redirects=False, **more
        )

    def token(self, **form: str) -> requests.Response:
        basic = ("client-of-acme", "client secret")
        return requests.post(f"{self.url}/x/2/oauth2/token", data=form, auth=basic, timeout=5)


@pytest.fixture
def x_stand() -> Iterator[XStand]:
    with hooked() as hook, beside(lambda: [connected(hook.url)], seed=7) as url:
        requests.post(f"{url}/control/look", json={}, timeout=5)
        found = XStand(url, hook)
        until(lambda: [one["handshake"] for one in found.state()["apps"]] == ["verified"])
        yield found
