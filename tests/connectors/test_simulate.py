"""`manage.py simulate` with a real database: what it tells the simulator, and its options."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from connectors.management.commands.simulate import connected
from connectors.models import ChannelAccount, PlatformApp
from tests.conftest import PAGE, company

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_knows_the_apps_and_pages_of_all_workspaces():
    company("acme", PAGE)
    company("globex", "999888777666555")
    acme, globex = connected("http://elsewhere:1234")
    app = PlatformApp.objects.everywhere().get(key=acme.app_key)
    assert acme.webhook_url == f"http://elsewhere:1234/hooks/meta/{app.key}/"
    assert (acme.platform, acme.app_id, acme.secret, acme.verify_token) == (
        "meta", "900111222333", "secret of acme", app.verify_token,
    )  # fmt: skip
    assert [(page.external_id, page.token, page.channels) for page in acme.pages] == [
        (PAGE, "TOKEN", {"facebook"}),
        (PAGE, "TOKEN", {"messenger"}),
    ]
    assert {page.external_id for page in globex.pages} == {"999888777666555"}


def test_removed_accounts_are_left_out_and_paused_ones_stay():
    company("acme", PAGE)
    accounts = ChannelAccount.objects.everywhere()
    accounts.filter(channel="facebook").update(state=ChannelAccount.State.REMOVED)
    accounts.filter(channel="messenger").update(state=ChannelAccount.State.PAUSED)
    [app] = connected("http://elsewhere")
    assert [page.channels for page in app.pages] == [{"messenger"}]


@pytest.mark.parametrize("options", [{"trickle": -1.0}, {"host": "0.0.0.0"}])
def test_it_refuses_what_makes_no_sense(options):
    with pytest.raises(CommandError):
        call_command("simulate", **options)
