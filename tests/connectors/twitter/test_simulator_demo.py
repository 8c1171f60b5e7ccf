"""The demonstration's accounts on the fake X: what is seeded there is known there."""

from __future__ import annotations

from io import StringIO

import pytest
import requests
from django.core.management import call_command

from connectors import registry
from connectors.management.commands.simulate import connected
from connectors.models import ChannelAccount, PlatformApp
from connectors.simulator.serve import beside
from inbox.management.commands.seed_demo import X_ACCOUNTS
from tests.connectors.twitter.simulator_stand import pointed_at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def seed(monkeypatch):
    """Seeds as it does where X is among the platforms."""
    known = registry.platforms()
    monkeypatch.setattr(registry, "platforms", lambda: {"twitter": None, **known})
    return lambda: call_command("seed_demo", stdout=StringIO())


def test_seeded_accounts_work_on_the_fake_x(seed):
    seed()
    with beside(lambda: connected("http://127.0.0.1:9")) as url:
        requests.post(f"{url}/control/look", json={}, timeout=5)
        accounts = ChannelAccount.objects.everywhere().filter(channel="twitter")
        for account in accounts:
            client = pointed_at(f"{url}/x")(bearer_token=account.credentials["access_token"], return_type=dict)
            me = client.get_me(user_auth=False)["data"]
            assert (me["id"], me["name"]) == (account.external_id, account.name)
            app = PlatformApp.objects.everywhere().get(pk=account.app_id).settings
            form = {"grant_type": "refresh_token", "refresh_token": account.credentials["refresh_token"]}
            auth = (app["client_id"], app["client_secret"])
            assert requests.post(f"{url}/x/2/oauth2/token", data=form, auth=auth, timeout=5).status_code == 200
        assert {account.external_id for account in accounts} == set(X_ACCOUNTS.values())


def test_seeding_again_adds_nothing_and_brings_no_removed_app_back(seed):
    seed()
    apps = PlatformApp.objects.everywhere().filter(platform="twitter")
    before = list(apps.values_list("pk", flat=True))
    apps.update(removed_at="2026-01-01T00:00:00Z")
    seed()
    assert list(apps.values_list("pk", flat=True)) == before
