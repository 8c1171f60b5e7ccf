"""What safe_fetch goes to, and what not. No test connects to anything but loopback."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator

import pytest
import requests

from connectors import http
from connectors.http import TooLarge
from connectors.safe_fetch import Blocked, TooSlow, fetch, never_sent
from tests.connectors.blog.host import Host, Says, running

FORBIDDEN = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0x7f.1/",
    "http://localhost/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[ff02::1]/",
    "http://①②⑦.⓪.⓪.①/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1\\@example.com/",
]
ODD = {
    "file:///etc/passwd": "scheme",
    "gopher://example.com/": "scheme",
    "ftp://example.com/": "scheme",
    "data:text/plain,hello": "scheme",
    "javascript:alert(1)": "scheme",
    "//example.com/": "scheme",
    "http://user:word@example.com/": "userinfo",
    "http://example.com:22/": "port",
    "https://example.com:6379/": "port",
    "http://example.com/" + "a" * 3000: "length",
    "http://[::1": "malformed",
    "http://example.com:99999/": "malformed",
    "http://example.com:x/": "malformed",
}


@pytest.fixture
def host() -> Iterator[Host]:
    with running() as there:
        yield there


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where sockets went; one to anything but loopback fails before it is tried."""
    went: list[str] = []
    real = socket.socket.connect

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        went.append(address[0])
        if address[0] not in ("127.0.0.1", "::1"):
            raise OSError("no test goes there")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return went


@pytest.mark.behaviour_blog(16)
@pytest.mark.parametrize("url", FORBIDDEN)
def test_no_spelling_of_a_private_address_is_gone_to(url: str, connections: list[str]) -> None:
    with pytest.raises(requests.RequestException) as raised:
        fetch(url)
    assert isinstance(raised.value, Blocked | requests.exceptions.InvalidURL | requests.ConnectionError)
    assert connections == []


@pytest.mark.behaviour_blog(16)
@pytest.mark.parametrize(("url", "why"), ODD.items())
def test_schemes_ports_names_and_lengths(url: str, why: str, connections: list[str]) -> None:
    with pytest.raises(requests.RequestException) as raised:
        fetch(url)
    assert not isinstance(raised.value, Blocked) or raised.value.why == why
    assert connections == []


@pytest.mark.behaviour_blog(16)
@pytest.mark.parametrize("url", FORBIDDEN[8:26])
def test_a_redirect_to_one_is_refused_too(url: str, host: Host, connections: list[str]) -> None:
    host.pages["/"] = Says(status=302, headers={"Location": url})
    with pytest.raises(requests.RequestException):
        fetch(host.url + "/", loopback=True)
    assert set(connections) <= {"127.0.0.1", "::1"}
    assert len(host.asked) == 1


@pytest.mark.behaviour_blog(16)
def test_a_name_is_resolved_once_and_that_address_is_gone_to(
    monkeypatch: pytest.MonkeyPatch, connections: list[str]
) -> None:
    answers = iter(["93.184.215.14", "127.0.0.1", "127.0.0.1"])
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(name: str, port: int, *rest: object, **more: object) -> object:
        if name != "rebind.example":
            return real(name, port, *rest, **more)
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port or 80))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(requests.ConnectionError):
        fetch("http://rebind.example/")
    assert asked == ["rebind.example"]
    assert connections == ["93.184.215.14"]
    with pytest.raises(Blocked):
        fetch("http://rebind.example/")
    assert connections == ["93.184.215.14"]


def test_this_machine_only_where_tests_say_so(host: Host) -> None:
    host.pages["/"] = Says(b"hello")
    assert fetch(host.url + "/", loopback=True).body == b"hello"
    with pytest.raises(Blocked):
        fetch(host.url + "/")


@pytest.mark.behaviour_blog(18)
@pytest.mark.parametrize("packed", ["gzip", "deflate"])
def test_a_bomb_is_stopped_at_what_it_unpacks_to(host: Host, packed: str) -> None:
    bomb = bytes(60_000_000)
    body = gzip.compress(bomb, 9) if packed == "gzip" else zlib.compress(bomb, 9)
    host.pages["/"] = Says(body, headers={"Content-Encoding": packed})
    with pytest.raises(TooLarge):
        fetch(host.url + "/", loopback=True, max_bytes=1_000_000)


@pytest.mark.behaviour_blog(18)
@pytest.mark.parametrize("then", ["drip", "drip-head"])
def test_a_byte_at_a_time_ends_with_the_clock(host: Host, then: str) -> None:
    host.pages["/"] = Says(b"x" * 600, then=then)
    before = set(threading.enumerate())
    started = time.monotonic()
    with pytest.raises(requests.RequestException) as raised:
        fetch(host.url + "/", loopback=True, within=0.5)
    assert isinstance(raised.value, TooSlow)
    assert time.monotonic() - started < 10, "600 bytes would have taken 30 seconds"
    # The host may still be dripping.
    ours = [one for one in set(threading.enumerate()) - before if "process_request" not in one.name]
    for thread in ours:
        thread.join(5)
    assert not any(thread.is_alive() for thread in ours)


def test_redirects_are_followed_counted_and_told_apart(host: Host) -> None:
    host.pages |= {
        "/old": Says(status=301, headers={"Location": "/newer"}),
        "/newer": Says(status=308, headers={"Location": "/new"}),
        "/for-now": Says(status=302, headers={"Location": "/new"}),
        "/round": Says(status=301, headers={"Location": "/round"}),
        "/new": Says(b"here"),
    }
    found = fetch(host.url + "/old", loopback=True)
    assert (found.body, found.url, found.moved_to) == (b"here", host.url + "/new", host.url + "/new")
    assert fetch(host.url + "/for-now", loopback=True).moved_to == ""
    with pytest.raises(Blocked):
        fetch(host.url + "/round", loopback=True)


def test_a_password_stays_with_its_origin(host: Host) -> None:
    with running() as other:
        other.pages["/"] = Says(b"hello")
        host.pages["/"] = Says(status=302, headers={"Location": other.url + "/"})
        host.pages["/here"] = Says(status=302, headers={"Location": "/there"})
        host.pages["/there"] = Says(b"hello")
        fetch(host.url + "/", loopback=True, headers={"Authorization": "Basic c2VjcmV0"})
        fetch(host.url + "/here", loopback=True, headers={"Authorization": "Basic c2VjcmV0"})
        assert "authorization" not in other.asked[0].headers
    assert [asked.headers["authorization"] for asked in host.asked] == ["Basic c2VjcmV0"] * 3


def test_a_write_is_not_sent_on(host: Host) -> None:
    host.pages["/"] = Says(status=307, headers={"Location": "/there"})
    assert fetch(host.url + "/", method="POST", json={}, loopback=True).status == 307
    assert host.paths() == ["/"]


def test_whether_a_request_left_is_known(host: Host) -> None:
    host.pages["/"] = Says(then="hang")
    for url, left in ((host.url + "/", True), ("http://127.0.0.1:9/", False), ("file:///etc/passwd", False)):
        with pytest.raises(requests.RequestException) as raised:
            fetch(url, method="POST", json={}, loopback=True, within=0.5)
        assert never_sent(raised.value) is not left


def test_every_call_leaves_a_trace_without_the_query(host: Host) -> None:
    host.pages["/page"] = Says(b"hello")
    with http.recorded() as exchanges:
        fetch(host.url + "/page?token=secret", loopback=True)
        with pytest.raises(Blocked):
            fetch("http://10.0.0.1/")
    assert [(one.path, one.status, one.outcome) for one in exchanges] == [
        ("/page", 200, "ok"),
        ("/", 0, exchanges[1].outcome),
    ]
    assert exchanges[1].outcome in ("Blocked", "InvalidIPAddress")
