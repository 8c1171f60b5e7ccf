"""Calls to addresses that strangers or admins gave: feeds, blogs, pages that mention us, pictures.

What is refused: schemes besides http and https, odd ports, names in the address, and every private or special
address, however it is spelt. A name is resolved once and the connection goes to just that address
(requests-hardened). A redirect is a new address and is checked like the first. The size counts unpacked, the time
counts from the first name to the last byte.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from connectors.http import Session, TooLarge

PORTS = frozenset({80, 443, 8080, 8443})
FIRST_FREE_PORT = 1024
MAX_URL = 2048
MAX_BYTES = 5 * 1024 * 1024
MAX_REDIRECTS = 5
WITHIN = 30.0
TIMEOUT = (3.05, 10.0)
USER_AGENT = "Socialcare (reads feeds and comments for their owners)"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
FOR_GOOD = frozenset({301, 308})
OF_ONE_ORIGIN = frozenset({"authorization", "cookie"})


class Blocked(requests.RequestException):
    """We do not go there; nothing was sent there.

    `why`: malformed, scheme, userinfo, length, port, address, downgrade, redirects.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class TooSlow(requests.RequestException):
    """The whole took longer than allowed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `url`: where it came from in the end. `moved_to`: where all redirects say it is for good, else ""."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str
    moved_to: str = ""


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    data: Mapping[str, str] | None = None,
    max_bytes: int = MAX_BYTES,
    within: float = WITHIN,
    loopback: bool = False,
    redirects: int = MAX_REDIRECTS,
) -> Fetched:
    """Ask once, follow redirects of a GET. Raises Blocked, TooLarge, TooSlow or another requests.RequestException.

    `loopback`: this machine may be asked too, at any port that is no system's; only for tests and the demo.
    """
    sent = {"User-Agent": USER_AGENT, **(headers or {})}
    ends = time.monotonic() + within
    with SafeSession(max_bytes=max_bytes, within=within, loopback=loopback) as session, _cut_off_after(within):
        here, moved_to, for_good = _joined("", url), "", True
        for _hop in range(redirects + 1):
            answer = _ask(session, method, here, ends, headers=sent, json=json, data=data)
            there = answer.headers.get("location", "")
            if method != "GET" or answer.status_code not in REDIRECTS or not there:
                return Fetched(answer.status_code, answer.headers, answer.content, here, moved_to)
            for_good = for_good and answer.status_code in FOR_GOOD
            before, here = here, _joined(here, there)
            _refuse_downgrade(before, here)
            moved_to = here if for_good else moved_to
            if _origin(before) != _origin(here):
                sent = {name: value for name, value in sent.items() if name.lower() not in OF_ONE_ORIGIN}
        raise Blocked("redirects")


def _ask(session: SafeSession, method: str, url: str, ends: float, **what: Any) -> requests.Response:
    try:
        answer = session.request(method, url, **what)
    except (Blocked, TooLarge):
        raise
    except InvalidIPAddress:
        raise Blocked("address") from None
    except UnicodeError:
        raise Blocked("address") from None
    except requests.RequestException:
        if time.monotonic() >= ends:
            raise TooSlow("cut off") from None
        raise
    if time.monotonic() >= ends:
        # Headers that were cut off look like an answer without a body.
        raise TooSlow("cut off")
    return answer


def _joined(base: str, url: str) -> str:
    """An address seen from another; Blocked where it is none for anybody who takes it apart."""
    try:
        joined = urljoin(base, url)
        urlsplit(joined).port  # noqa: B018 - raises where it is no number
    except ValueError:
        raise Blocked("malformed") from None
    return joined


def _refuse_downgrade(before: str, after: str) -> None:
    if urlsplit(before).scheme == "https" and urlsplit(after).scheme != "https":
        raise Blocked("downgrade")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def never_sent(error: requests.RequestException) -> bool:
    """Whether surely no byte of the request left: then even a write may be tried again."""
    if isinstance(error, Blocked | requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return is_nobodys_name(error) or isinstance(reason, urllib3.exceptions.NewConnectionError)


def is_nobodys_name(error: requests.RequestException) -> bool:
    """Whether no address was found for the host's name."""
    return bool(error.args) and error.args[0] == "Failed to resolve domain"


class SafeSession(Session):
    """A session that goes to public addresses only; redirects are its caller's."""

    def __init__(self, *, max_bytes: int, within: float, loopback: bool) -> None:
        super().__init__(timeout=TIMEOUT, max_bytes=max_bytes)
        self.loopback, self.within = loopback, within
        for scheme in ("http", "https"):
            self.mount(f"{scheme}://", _Pinned(scheme == "https", allow_loopback=loopback))

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        _refuse_address(request.url or "", loopback=self.loopback)
        return super().send(request, **kwargs)

    def get_adapter(self, url: str) -> Any:
        try:
            return super().get_adapter(url)
        except requests.exceptions.InvalidSchema:
            raise Blocked("scheme") from None


def _refuse_address(url: str, *, loopback: bool) -> None:
    """As the library that connects reads it, which is not always how another one would."""
    parts = urllib3.util.parse_url(url)
    if parts.scheme not in ("http", "https") or not parts.host:
        raise Blocked("scheme")
    if parts.auth is not None:
        raise Blocked("userinfo")
    if len(url) > MAX_URL:
        raise Blocked("length")
    port = parts.port or 443
    if port not in PORTS and not (loopback and port >= FIRST_FREE_PORT):
        raise Blocked("port")


class _Pinned(IPFilterAdapter):  # type: ignore[misc]  # the library has no types
    """Resolves once and connects there; what the library lets pass and is still not public is refused as well."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        address = ipaddress.ip_address(str(host["host"]).strip("[]").partition("%")[0])
        if address.is_loopback and self._allow_loopback:
            return host, pool
        if not address.is_global or address.is_reserved or address.is_multicast:
            raise Blocked("address")
        if (host["port"] or 443) not in PORTS:
            raise Blocked("port")
        return host, pool


_open: ContextVar[list[socket.socket] | None] = ContextVar("open", default=None)


class _Watched:
    """A connection whose socket can be shut from another thread, in the middle of a handshake too."""

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]  # of the class it is mixed into
        if (watched := _open.get()) is not None:
            watched.append(socket.socket(fileno=os.dup(made.fileno())))
        return made


class _HttpConnection(_Watched, urllib3.connection.HTTPConnection):
    pass


class _HttpsConnection(_Watched, urllib3.connection.HTTPSConnection):
    pass


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


@contextmanager
def _cut_off_after(seconds: float) -> Iterator[None]:
    """Time-outs of a socket begin anew with each byte: whoever sends one a second would never meet them."""
    watched: list[socket.socket] = []

    def cut() -> None:
        for one in list(watched):
            _shut(one)

    token, timer = _open.set(watched), threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _open.reset(token)
        for one in watched:
            one.close()


def _shut(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
