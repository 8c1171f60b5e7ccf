"""Removing pages with what is unfinished of theirs, against a Graph on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import translation

from connectors.meta import graph as client
from connectors.meta.facebook import facebook
from connectors.models import ChannelAccount
from inbox import sweeping
from inbox.actions import sweeps, work
from inbox.happened import Names, event_text
from inbox.models import Message, Outgoing, Ticket
from sla.models import Policy, Sweep, Timer
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import take_in
from tests.connectors.meta.scripted_graph import PAGE, TOKEN, ScriptedGraph, error, running_graph
from tests.inbox.settings_support import FakePage, House, fields_of, make_house, queued, text

pytestmark = pytest.mark.django_db
State = ChannelAccount.State


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch, settings) -> Iterator[ScriptedGraph]:
    monkeypatch.setattr(client, "WAITS", (0.01, 0.02))
    with running_graph() as running:
        settings.PLATFORMS = {"meta": {"graph_url": running.url, "graph_version": "v25.0", "timeout": "1,0.5"}}
        yield running


@pytest.fixture
def page(graph: ScriptedGraph) -> FakePage:
    return FakePage().on(graph)


@pytest.fixture
def house() -> House:
    return make_house("acme")


def add(house: House, channel: str = "facebook") -> str:
    return f"accounts/add/{house.app().pk}/{channel}/"


def test_removing_asks_first_then_unsubscribes_and_erases_the_token(house: House, page: FakePage) -> None:
    account = house.account(house.app())
    page.subscribed = fields_of(facebook)
    line = queued(house, account)
    assert "Its tickets stay and can be read." in text(house.get(f"accounts/{account.pk}/remove/"))
    assert house.reload(account).state == State.CONNECTED
    shown = text(house.post(f"accounts/{account.pk}/remove/"))
    assert "is removed and its token is erased. Its tickets stay." in shown
    after = house.reload(account)
    assert (after.state, after.credentials) == (State.REMOVED, {})
    assert page.subscribed == []
    with workspace(house.workspace.pk):
        message = Message.objects.get(pk=line.message_id)
        assert (message.state, message.failure) == ("failed", "removed")
        assert Ticket.objects.get().account_id == account.pk
        assert not Outgoing.objects.exists()
    house.get(f"accounts/{account.pk}/", status=404)
    assert house.audit()[-1] == (
        "account.removed",
        "Boulangerie Zoé",
        {"channel": "facebook", "page": PAGE, "tickets": "left"},
    )


def test_a_page_whose_platform_does_not_answer_is_removed_all_the_same(house: House, graph: ScriptedGraph) -> None:
    account = house.account(house.app())
    FakePage(fault=error(190), fault_at="/").on(graph)
    shown = text(house.post(f"accounts/{account.pk}/remove/"))
    assert "Meta could not be told to stop sending" in shown
    assert (house.reload(account).state, house.reload(account).credentials) == (State.REMOVED, {})


def three_wait(house: House) -> ChannelAccount:
    """A page with a promise, on which three customers wait and one had an answer."""
    account = house.account(house.app())
    with workspace(house.workspace.pk):
        hour = timedelta(hours=1)
        Policy.objects.create(name="An hour", first_response=hour, next_response=hour, resolution=2 * hour)
        take_in(account, *(meta.comment(page=PAGE, comment_id=f"700_{n}", who=str(n)) for n in range(4)))
        work.resolve(Ticket.objects.earliest("pk").pk, house.admin)
    return account


def test_removing_names_the_unfinished_tickets_and_resolves_them_some_at_a_time(
    house: House, page: FakePage, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    monkeypatch.setattr(sweeps, "AT_ONCE", 2)
    account = three_wait(house)
    asked = house.get(f"accounts/{account.pk}/remove/")
    assert "Resolve its 3 unfinished tickets" in text(asked)
    assert re.search(r'<input type="checkbox" name="resolve"[^>]* checked', asked)
    assert "cannot be answered from here" in text(asked)
    with django_capture_on_commit_callbacks(execute=True):
        shown = text(house.post(f"accounts/{account.pk}/remove/", {"resolve": "on"}))
    assert "3 unfinished tickets are being resolved." in shown
    assert house.audit()[-1][2]["tickets"] == "resolved"
    assert "unfinished tickets: resolved" in text(house.get("history/"))
    with workspace(house.workspace.pk):
        assert sweeps.go_on(Sweep.objects.get().pk)
        assert Ticket.objects.exclude(status="resolved").count() == 1
    sweeping.sweep()
    with workspace(house.workspace.pk):
        assert not Sweep.objects.exists()
        assert not Ticket.objects.exclude(status="resolved", due_at=None).exists()
        assert set(Timer.objects.values_list("outcome", flat=True)) == {"resolved"}
        by_hand, *others = Ticket.objects.order_by("pk")
        for ticket in others:
            event = ticket.events.get(verb="resolved")
            assert event.actor == house.admin
            assert event_text(event, Names.of([event])) == "Resolved: its account was removed from Socialcare"
            with translation.override("fr"):
                assert "son compte a été retiré" in event_text(event, Names.of([event]))
        event = by_hand.events.get(verb="resolved")
        assert event_text(event, Names.of([event])) == "Resolved"


def test_unfinished_tickets_are_left_where_the_admin_says_so(house: House, page: FakePage) -> None:
    account = three_wait(house)
    house.post(f"accounts/{account.pk}/remove/")
    assert house.audit()[-1][2]["tickets"] == "left"
    with workspace(house.workspace.pk):
        assert not Sweep.objects.exists()
        assert Ticket.objects.filter(status="open", due_at__isnull=False).count() == 3


def test_a_page_that_comes_back_keeps_what_was_not_resolved_yet(house: House, page: FakePage) -> None:
    account = three_wait(house)
    house.post(f"accounts/{account.pk}/remove/", {"resolve": "on"})
    house.post(f"accounts/add/{house.app().pk}/facebook/", {"external_id": PAGE, "name": "", "access_token": TOKEN})
    assert house.reload(account).state == State.CONNECTED
    sweeping.sweep()
    with workspace(house.workspace.pk):
        assert Ticket.objects.filter(status="open").count() == 3


def test_a_page_without_unfinished_tickets_asks_nothing_about_them(house: House) -> None:
    account = house.account(house.app())
    assert 'name="resolve"' not in house.get(f"accounts/{account.pk}/remove/")
