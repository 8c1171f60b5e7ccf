"""Two companies with their people, and a page on a fake Graph, for the tests of the settings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from connectors.contract import Channel, Kind
from connectors.meta.facebook import facebook
from connectors.models import ChannelAccount, PlatformApp
from inbox import live
from inbox.models import Contact, Identity, Message, Outgoing, Ticket
from socialcare.models import AuditEntry, Membership, Role, User, Workspace
from socialcare.tenancy import workspace
from socialcare.valkey import valkey
from tests.connectors.meta.scripted_graph import APP, PAGE, SECRET, TOKEN, Asked, Says, ScriptedGraph, error

NEW_SECRET = "fedcba9876543210fedcba9876543210"


@dataclass
class House:
    """A workspace with one person of each role; requests come from a signed-in browser."""

    workspace: Workspace
    admin: User
    supervisor: User
    agent: User

    def browser(self, user: User | None = None) -> Client:
        client = Client()
        client.force_login(user or self.admin)
        return client

    def url(self, path: str = "") -> str:
        return f"/w/{self.workspace.slug}/settings/{path}"

    def get(self, path: str = "", *, status: int = 200) -> str:
        answer = self.browser().get(self.url(path))
        assert answer.status_code == status, answer.content.decode()[:2000]
        return answer.content.decode()

    def post(self, path: str, data: dict[str, Any] | None = None, *, refused: bool = False) -> str:
        """The page that follows: the form with its errors where it is refused, else where it leads."""
        answer = self.browser().post(self.url(path), data or {}, follow=True)
        if refused:
            assert answer.status_code == 422, (answer.status_code, answer.redirect_chain)
        else:
            assert answer.redirect_chain, answer.content.decode()[:3000]
            assert answer.status_code == 200
        return answer.content.decode()

    def audit(self) -> list[tuple[str, str, dict[str, Any]]]:
        with workspace(self.workspace.pk):
            return [(entry.verb, entry.target, entry.data) for entry in AuditEntry.objects.order_by("pk")]

    def app(self, name: str = "Our app", **more: Any) -> PlatformApp:
        given = {"app_id": APP, "app_secret": SECRET, "app_secret_set_at": "2026-11-02T10:00:00+00:00"}
        return PlatformApp.objects.everywhere().create(
            **{"workspace": self.workspace, "platform": "meta", "name": name, "settings": given, **more}
        )

    def account(self, app: PlatformApp, **more: Any) -> ChannelAccount:
        given = {"channel": "facebook", "external_id": PAGE, "name": "Boulangerie Zoé"}
        with workspace(self.workspace.pk):
            return ChannelAccount.objects.create(app=app, credentials={"access_token": TOKEN}, **{**given, **more})

    def reload(self, account: ChannelAccount) -> ChannelAccount:
        with workspace(self.workspace.pk):
            return ChannelAccount.objects.get(pk=account.pk)

    def accounts(self) -> list[ChannelAccount]:
        with workspace(self.workspace.pk):
            return list(ChannelAccount.objects.order_by("pk"))


def make_house(slug: str) -> House:
    valkey().flushdb()
    made = Workspace.objects.create(name=slug.capitalize(), slug=slug)
    people = {
        role: User.objects.create(email=f"{role}@{slug}.example", name=f"{role.capitalize()} of {slug}")
        for role in Role.values
    }
    for role, user in people.items():
        Membership.objects.create(workspace=made, user=user, role=role)
    return House(made, people["admin"], people["supervisor"], people["agent"])


def queued(house: House, account: ChannelAccount) -> Outgoing:
    """A reply that waits for the account, far in the future."""
    now = timezone.now()
    with workspace(house.workspace.pk):
        contact = Contact.objects.create(name="Amélie")
        identity = Identity.objects.create(contact=contact, account=account, external_id="7")
        ticket = Ticket.objects.create(
            account=account, contact=contact, identity=identity, thread_id="7", kind=Kind.POST, last_at=now, seq=1
        )
        message = Message.objects.create(
            ticket=ticket, account=account, seq=1, origin="agent", state="queued", kind=Kind.POST, text="Oui", at=now
        )
        return Outgoing.objects.create(
            message=message, ticket=ticket, account=account, ready_at=now + timedelta(hours=1)
        )


@pytest.fixture
def browser(carol: Membership, sign_in: Callable[[Membership], Client]) -> Client:
    """The admin of acme's."""
    return sign_in(carol)


def post(browser: Client, path: str, data: dict[str, Any]) -> HttpResponse:
    """The page that follows."""
    return browser.post(f"/w/acme/settings/{path}", data, follow=True)


@contextmanager
def announced(house: House, capture: Any) -> Iterator[list[tuple[str, str, Any]]]:
    """Collects (user or "", type, payload) of what the browsers of this workspace are told inside the block."""
    stream, told = live.stream(house.workspace.pk), []
    valkey().delete(stream)
    with capture(execute=True):
        yield told
    for _id, entry in valkey().xrange(stream):
        told.append((entry[b"s"].decode(), entry[b"k"].decode(), json.loads(entry[b"p"])))


@dataclass
class FakePage:
    """What Graph knows of one page; it answers a ScriptedGraph's requests."""

    id: str = PAGE
    name: str = "Boulangerie Zoé"
    scopes: tuple[str, ...] = facebook.permissions
    subscribed: list[str] = field(default_factory=list)
    token: dict[str, Any] = field(default_factory=dict)
    fault: Says | None = None
    fault_at: str = ""

    def on(self, graph: ScriptedGraph) -> FakePage:
        graph.always = self.answer
        return self

    def answer(self, asked: Asked) -> Says:
        if self.fault and self.fault_at in asked.path:
            return self.fault
        if asked.path.endswith("/me"):
            return Says({"id": self.id, "name": self.name})
        if asked.path.endswith("/debug_token"):
            about = {"app_id": APP, "is_valid": True, "expires_at": 0, "scopes": list(self.scopes)}
            return Says({"data": about | self.token})
        if asked.path.endswith("/subscribed_apps"):
            return self._subscriptions(asked)
        return error(100, 33)

    def _subscriptions(self, asked: Asked) -> Says:
        if asked.method == "POST":
            self.subscribed = asked.form["subscribed_fields"].split(",")
            return Says({"success": True})
        if asked.method == "DELETE":
            self.subscribed = []
            return Says({"success": True})
        return Says({"data": [{"id": APP, "subscribed_fields": self.subscribed}] if self.subscribed else []})


def fields_of(channel: Channel) -> list[str]:
    return list(getattr(channel, "fields"))  # noqa: B009 - a page's channel has them, the contract does not


def text(page: str) -> str:
    """What a page says, without its tags."""
    import html

    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))
