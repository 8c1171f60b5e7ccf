from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from connectors.blog import wordpress as client
from connectors.models import ChannelAccount
from socialcare.models import Membership, Workspace
from tests.blog import SETTINGS, Site, blog_of, wordpress
from tests.connectors.blog.host import Host, running


@pytest.fixture
def host() -> Iterator[Host]:
    with running() as there:
        yield there


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    client._roots.clear()
    with wordpress() as there:
        yield there


@pytest.fixture
def blog(acme: Workspace, site: Site) -> ChannelAccount:
    return blog_of(acme, site)


@pytest.fixture
def browser(alice: Membership, sign_in: Any) -> Client:
    signed_in: Client = sign_in(alice)
    return signed_in
