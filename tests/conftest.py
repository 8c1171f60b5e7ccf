"""The people and pages the tests know: alice (agent), bob (supervisor), carol (admin); mallory works elsewhere."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from connectors import deliveries
from connectors.deliveries import Arrived
from connectors.models import ChannelAccount, PlatformApp
from inbox import consumers, intake, live
from sla.models import Policy
from socialcare.models import Membership, Role, User, Workspace
from socialcare.tenancy import workspace
from socialcare.valkey import valkey
from tests.graph import Graph
from tests.graph import graph as running_graph

PAGE = "111222333444555"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True, scope="session")
def only_this_machine() -> Iterator[None]:
    """A test that would go to another machine fails before it does."""
    resolve, connect = socket.getaddrinfo, socket.socket.connect

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host in (None, "", "localhost") or _is_address(host):
            return resolve(host, *args, **kwargs)
        raise OSError(f"a test asks for the address of {host}")

    def go(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise ConnectionRefusedError(f"a test connects to {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        patch.setattr(socket.socket, "connect", go)
        yield


def _is_address(host: Any) -> bool:
    """Also one in an odd spelling, which needs no resolver either."""
    name = host.decode() if isinstance(host, bytes) else host
    try:
        ipaddress.ip_address(name)
    except ValueError:
        with suppress(OSError):
            return bool(socket.inet_aton(name))
        return False
    return True


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


@pytest.fixture(autouse=True)
def no_lane_stays_taken() -> Iterator[None]:
    """Whoever claims and never releases leaves its lane locked for other connections, and with them for other tests."""
    yield
    raw = connection.connection
    if raw is not None and not raw.closed and raw.autocommit:
        with raw.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")


def company(slug: str, page_id: str) -> Workspace:
    """A workspace with a five-minute promise and a page on both channels, through an app of its own."""
    place = Workspace.objects.create(name=slug.title(), slug=slug, undo_seconds=0)
    with workspace(place.pk):
        five = timedelta(minutes=5)
        Policy.objects.create(name="Five minutes", first_response=five, next_response=five)
        app = PlatformApp.objects.create(
            workspace=place,
            platform="meta",
            name="Meta",
            settings={"app_id": "900" + page_id[:9], "app_secret": f"secret of {slug}"},
        )
        for channel in ("facebook", "messenger"):
            ChannelAccount.objects.create(
                app=app, channel=channel, external_id=page_id, name=slug.title(), credentials={"access_token": "TOKEN"}
            )
    return place


def person(place: Workspace, name: str, role: str) -> Membership:
    user = User.objects.create(email=f"{name}@{place.slug}.example", name=name.title())
    user.set_password(PASSWORD)
    user.save()
    return Membership.objects.create(workspace=place, user=user, role=role)


@pytest.fixture
def acme(db: None) -> Iterator[Workspace]:
    """The test works inside this workspace."""
    valkey().flushdb()
    place = company("acme", PAGE)
    with workspace(place.pk):
        yield place


@pytest.fixture
def globex(db: None) -> Workspace:
    return company("globex", "999888777666555")


@pytest.fixture
def alice(acme: Workspace) -> Membership:
    return person(acme, "alice", Role.AGENT)


@pytest.fixture
def bob(acme: Workspace) -> Membership:
    return person(acme, "bob", Role.SUPERVISOR)


@pytest.fixture
def carol(acme: Workspace) -> Membership:
    return person(acme, "carol", Role.ADMIN)


@pytest.fixture
def mallory(globex: Workspace) -> Membership:
    return person(globex, "mallory", Role.ADMIN)


@pytest.fixture
def facebook(acme: Workspace) -> ChannelAccount:
    return ChannelAccount.objects.get(channel="facebook")


@pytest.fixture
def messenger(acme: Workspace) -> ChannelAccount:
    return ChannelAccount.objects.get(channel="messenger")


@pytest.fixture
def sign_in() -> Callable[[Membership], Client]:
    def signed_in(membership: Membership) -> Client:
        client = Client()
        client.force_login(membership.user)
        return client

    return signed_in


@pytest.fixture
def own_hub() -> None:
    """Each test has its own event loop, hence its own hub."""
    consumers.hub.cache_clear()
    live._silent_until = 0.0


def take_in(account: ChannelAccount, *payloads: Mapping[str, Any]) -> None:
    """Let Meta's payloads come in through the account's app, one delivery each, as a worker would."""
    now = timezone.now()
    deliveries.keep(Arrived(account.app_id, json.dumps(payload).encode(), now) for payload in payloads)
    while batch := deliveries.claim(200):
        intake.take_in(batch)
        deliveries.release(batch)


@pytest.fixture
def graph(settings: Any) -> Iterator[Graph]:
    """Meta's side of a call; see tests/graph.py."""
    with running_graph() as there:
        settings.PLATFORMS = {"meta": {"graph_url": there.url, "graph_version": "v25.0"}}
        yield there
