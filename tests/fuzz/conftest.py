from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.models import ChannelAccount
from socialcare.models import Membership, Workspace
from tests.fuzz.house import House
from tests.graph import Graph


@pytest.fixture
def house(
    acme: Workspace,
    globex: Workspace,
    alice: Membership,
    bob: Membership,
    carol: Membership,
    mallory: Membership,
    facebook: ChannelAccount,
    messenger: ChannelAccount,
    graph: Graph,
) -> Iterator[Any]:
    """A company at work, to be opened and left as it was found by every example."""
    return House(acme, [alice, bob, carol], mallory, facebook, messenger, graph)
