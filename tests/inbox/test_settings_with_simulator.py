"""A page in the settings, against the fake network of the demo: connected twice, its token dies, it comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from connectors.models import ChannelAccount
from connectors.simulator.plan import Connected, ConnectedPage
from connectors.simulator.serve import beside
from tests.connectors.meta.scripted_graph import APP, PAGE, SECRET, TOKEN
from tests.inbox.settings_support import House, make_house, text

pytestmark = pytest.mark.django_db
State = ChannelAccount.State
CHANNELS = ("facebook", "messenger")
Adjust = Callable[..., dict[str, Any]]


@pytest.fixture
def house() -> House:
    return make_house("acme")


@pytest.fixture
def adjust(settings: Any) -> Iterator[Adjust]:
    """Changes the page on the fake network, which knows one app with this page."""
    page = ConnectedPage(PAGE, "Boulangerie Zoé", TOKEN, frozenset(CHANNELS))
    app = Connected("meta", "key", APP, SECRET, "http://127.0.0.1:9/hooks/meta/key/", "verify", (page,))
    with beside(lambda: [app], seed=7) as url:
        settings.PLATFORMS = {"meta": {"graph_url": url, "graph_version": "v25.0"}}

        def adjust(**order: Any) -> dict[str, Any]:
            answer = requests.post(f"{url}/control/page", json={"network": "meta", "page": PAGE, **order}, timeout=5)
            assert answer.status_code == 200, answer.text
            return answer.json()

        yield adjust


def test_a_page_is_connected_dies_and_comes_back(house: House, adjust: Adjust) -> None:
    app = house.app()
    for channel in CHANNELS:
        form = {"external_id": PAGE, "name": "", "access_token": TOKEN}
        assert "is connected." in text(house.post(f"accounts/add/{app.pk}/{channel}/", form))
    facebook, messenger = house.accounts()
    for account in (facebook, messenger):
        assert "Tested just now: all is well." in text(house.post(f"accounts/{account.pk}/test/"))

    adjust(lacking=["pages_messaging"])
    shown = text(house.post(f"accounts/{messenger.pk}/test/"))
    assert "Permissions are missing: pages_messaging." in shown
    adjust(lacking=[])

    adjust(tokens="kill")
    for account in (facebook, messenger):
        assert "Meta no longer accepts the token" in text(house.post(f"accounts/{account.pk}/test/"))
        assert house.reload(account).state == State.ATTENTION

    token = adjust(tokens="new")["token"]
    for account in (facebook, messenger):
        shown = text(house.post(f"accounts/{account.pk}/edit/", {"name": "Zoé", "access_token": token}))
        assert "Healthy" in shown
        assert house.reload(account).state == State.CONNECTED

    house.post(f"accounts/{messenger.pk}/remove/")
    shown = text(house.post(f"accounts/{facebook.pk}/test/"))
    assert "Tested just now: all is well." in shown
