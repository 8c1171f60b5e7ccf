"""Addresses of blogs and feeds: how an account is called after one, and where a password may go."""

from __future__ import annotations

import hashlib
import ipaddress
import posixpath
import re
import socket
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit, urlunsplit

import idna
import requests

from connectors.contract import App, Disconnected, Reason, Refused, Unavailable, UnknownOutcome
from connectors.http import TooLarge
from connectors.safe_fetch import Blocked, TooSlow, is_nobodys_name, never_sent

LONGEST_READABLE = 100
HERE = "localhost"
_NUMBERS = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}", re.ASCII)
OF_FEEDS = frozenset({"feed", "feeds", "comments", "rss", "atom"})


def loopback_allowed(app: App) -> bool:
    """Whether this installation may go to its own machine: only tests and the demo set it."""
    return app.config.get("allow_loopback", "").lower() in ("1", "true", "yes", "on")


def canonical(url: str) -> str:
    """The address in one spelling; raises Refused where a browser would not go there, or search for it."""
    text = url.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, port = _one_spelling(parts.hostname or ""), parts.port
    except ValueError:
        raise Refused(Reason.INVALID, "no web address", code="no_address") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise Refused(Reason.INVALID, "no web address", code="no_address")
    if parts.username is not None:
        raise Refused(Reason.INVALID, "a name or a password is in it", code="blocked_userinfo")
    if "." not in host and ":" not in host and host != HERE:
        raise Refused(Reason.INVALID, "a word, and no name of a site", code="no_address")
    bracketed = f"[{host}]" if ":" in host else host
    default = 443 if parts.scheme.lower() == "https" else 80
    there = bracketed if port in (None, default) else f"{bracketed}:{port}"
    return urlunsplit((parts.scheme.lower(), there, parts.path or "/", parts.query, ""))


def _one_spelling(host: str) -> str:
    """A host as everybody would write it: 0x7f.1 is 127.0.0.1, and a name has no dot at its end. Raises ValueError."""
    if ":" in host:
        address = ipaddress.ip_address(host.partition("%")[0])
        return str(getattr(address, "ipv4_mapped", None) or address)
    # As requests does.
    name = (host if host.isascii() else idna.encode(host, uts46=True).decode()).lower().rstrip(".")
    if _NUMBERS.fullmatch(name):
        try:
            return socket.inet_ntoa(socket.inet_aton(name))
        except OSError:
            raise ValueError(name) from None
    if any(sign in name for sign in " %\\/@:<>\"'"):
        raise ValueError(name)
    return name


def place(url: str) -> str:
    """The address accounts are called after: all names of this machine are one. Raises Refused."""
    address = canonical(url)
    if not is_here(address):
        return address
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=f"127.0.0.1:{parts.port}" if parts.port else "127.0.0.1"))


def short_name(url: str) -> str:
    """Host and path, without the scheme and the last slash; a digest stands for what is too long."""
    parts = urlsplit(place(url))
    name = f"{parts.netloc}{parts.path}".rstrip("/") + (f"?{parts.query}" if parts.query else "")
    return name if len(name) <= LONGEST_READABLE else f"{name[:60]}-{digest(name)[:24]}"


def name_within(app: App, given: Mapping[str, str]) -> str:
    """The id of an account that others may have too: several companies may read one feed."""
    return f"{short_name(given.get('url', ''))[:80]}-{digest(app.key, place(given.get('url', '')))[:12]}"


def lies_on(url: str, site: str) -> bool:
    """Whether an address is of a site: of its host and port, and its path or below it. /blog2 is not below /blog."""
    try:
        there, own = urlsplit(place(url)), urlsplit(place(site))
    except Refused:
        return False
    if (there.hostname, there.port) != (own.hostname, own.port):
        return False
    path, base = _plain_path(there.path), _plain_path(own.path)
    base = posixpath.dirname(base) if "." in posixpath.basename(base) else base
    return path == base or path.startswith(base.rstrip("/") + "/")


def same_host(one: str, other: str) -> bool:
    """Whether two addresses are of one host, with www. in front or without."""
    hosts = {(urlsplit(url).hostname or "").removeprefix("www.") for url in (one, other)}
    return len(hosts) == 1


def twin(url: str) -> str:
    """The address with www. in front, or without where it has that; "" where its host is no name."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_here(url) or ":" in host or _NUMBERS.fullmatch(host):
        return ""
    other = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
    return urlunsplit(parts._replace(netloc=f"{other}:{parts.port}" if parts.port else other))


def above_feeds(url: str) -> str:
    """Where the site of a feed begins, as far as its address tells."""
    parts = urlsplit(canonical(url))
    kept: list[str] = []
    for segment in parts.path.split("/")[1:]:
        if segment.lower() in OF_FEEDS or "." in segment:
            break
        kept.append(segment)
    return urlunsplit((parts.scheme, parts.netloc, "/" + "/".join(kept), "", ""))


def _plain_path(path: str) -> str:
    """Without dots that lead upwards and without signs in disguise."""
    return posixpath.normpath("/" + unquote(path).replace("\\", "/").lstrip("/"))


def digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def is_here(url: str) -> bool:
    """Whether an address names this machine outright."""
    host = urlsplit(url).hostname or ""
    if host == HERE or host.endswith(f".{HERE}"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_private(url: str) -> bool:
    """Whether an address names a machine by a number that is nobody's in public."""
    try:
        return not ipaddress.ip_address(urlsplit(url).hostname or "").is_global
    except ValueError:
        return False


def refuse_plain(url: str, app: App) -> None:
    """A password never leaves over plain http, except to this machine where that is set. Raises Disconnected.

    Raises Refused where https:// would not help either.
    """
    if _is_private(url) and not is_here(url):
        raise Refused(Reason.INVALID, "refused to go there: address", code="blocked_address")
    if urlsplit(url).scheme == "https" or (loopback_allowed(app) and is_here(url)):
        return
    raise Disconnected("the password would travel in clear", code="plain_http")


def failure(error: requests.RequestException, *, wrote: bool = False) -> Exception:
    """The contract's error for a call without an answer. `wrote`: it would have changed something."""
    if isinstance(error, Blocked):
        return Refused(Reason.INVALID, f"refused to go there: {error.why}", code=f"blocked_{error.why}")
    if wrote and not never_sent(error):
        return UnknownOutcome(type(error).__name__)
    if isinstance(error, TooLarge):
        return Unavailable("the answer is too large", code="too_large")
    if is_nobodys_name(error):
        return Unavailable("the name is nobody's", code="no_name")
    code = "too_slow" if isinstance(error, TooSlow | requests.Timeout) else "no_answer"
    return Unavailable(type(error).__name__, code=code)
