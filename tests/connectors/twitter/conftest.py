"""A workspace's handle on X."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.models import ChannelAccount, PlatformApp
from inbox import hooks
from socialcare.models import Workspace
from socialcare.tenancy import workspace
from tests import x
from tests.connectors.twitter.simulator_stand import APP, SECRET, XStand

TOKENS = {"access_token": "oauth2 of acme", "refresh_token": "refresh of acme"}


def handle(place: Workspace, external_id: str, secret: str = x.SECRET, **more: str) -> ChannelAccount:
    with workspace(place.pk):
        settings = {**APP, "app_id": "29820954", "app_secret": secret, **more}
        app = PlatformApp.objects.create(workspace=place, platform="twitter", name="X", settings=settings)
        return ChannelAccount.objects.create(
            app=app, channel="twitter", external_id=external_id, name=place.name, credentials=dict(TOKENS)
        )


@pytest.fixture
def acme_on_x(acme: Workspace) -> ChannelAccount:
    hooks._apps.clear()
    return handle(acme, x.BRAND)


@pytest.fixture
def live_x(x_stand: XStand, acme_on_x: ChannelAccount, settings) -> Iterator[XStand]:
    """The fake X as the installation's, for the account of `acme_on_x`."""
    there = {"api_url": x_stand.url, "site_url": x_stand.url, "timeout": "2,2"}
    settings.PLATFORMS = {**settings.PLATFORMS, "twitter": {**settings.PLATFORMS["twitter"], **there}}
    app = acme_on_x.app
    app.settings = {**app.settings, "app_secret": SECRET}
    app.save()
    return x_stand
