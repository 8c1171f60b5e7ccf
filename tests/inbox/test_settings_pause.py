"""A page that is paused for a while, against a Graph on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.meta.facebook import facebook
from connectors.models import ChannelAccount
from inbox.models import Message, Ticket
from socialcare.tenancy import workspace
from socialcare.valkey import valkey
from tests import meta
from tests.conftest import take_in
from tests.connectors.meta.scripted_graph import PAGE, running_graph
from tests.inbox.settings_support import FakePage, House, announced, fields_of, make_house, text

pytestmark = pytest.mark.django_db
State = ChannelAccount.State


@pytest.fixture
def page(settings) -> Iterator[FakePage]:
    with running_graph() as running:
        settings.PLATFORMS = {"meta": {"graph_url": running.url, "graph_version": "v25.0", "timeout": "1,0.5"}}
        yield FakePage().on(running)


@pytest.fixture
def house() -> House:
    return make_house("acme")


def test_pausing_and_resuming(house: House, django_capture_on_commit_callbacks) -> None:
    account = house.account(house.app())
    with announced(house, django_capture_on_commit_callbacks) as told:
        shown = text(house.post(f"accounts/{account.pk}/pause/"))
    assert "Nothing is sent or fetched until it is resumed." in shown
    assert told == [("", "account", {"id": account.pk, "state": "paused", "attention": ""})]
    house.post(f"accounts/{account.pk}/resume/")
    assert house.reload(account).state == State.CONNECTED
    assert [verb for verb, *_ in house.audit()] == ["account.paused", "account.resumed"]


def test_a_paused_account_still_hears_its_customers(house: House, page: FakePage) -> None:
    account = house.account(house.app())
    page.subscribed = fields_of(facebook)
    house.post(f"accounts/{account.pk}/pause/")
    with workspace(house.workspace.pk):
        take_in(account, meta.comment("Are you open?", page=PAGE))
        assert Message.objects.get().text == "Are you open?"
        assert Ticket.objects.get().status == "open"
    assert page.subscribed == fields_of(facebook)


def test_a_resumed_account_is_asked_at_once_what_was_missed(house: House) -> None:
    account = house.account(house.app())
    house.post(f"accounts/{account.pk}/pause/")
    assert polls() == []
    house.post(f"accounts/{account.pk}/resume/")
    assert polls() == [(house.workspace.pk, f"({account.pk},)")]


def polls() -> list[tuple[int, str]]:
    """Workspace and arguments of the polls that were rung for."""
    lists = [key for key in valkey().scan_iter() if valkey().type(key) == b"list"]
    heads = [json.loads(rung)["headers"] for key in lists for rung in valkey().lrange(key, 0, -1)]
    return [(head["workspace"], head["argsrepr"]) for head in heads if head["task"] == "inbox.polling.poll_account"]


def test_an_account_with_a_dead_token_still_needs_attention_after_a_pause(house: House) -> None:
    account = house.account(house.app(), state=State.ATTENTION, attention="disconnected:190")
    house.post(f"accounts/{account.pk}/pause/")
    house.post(f"accounts/{account.pk}/resume/")
    assert house.reload(account).state == State.ATTENTION
