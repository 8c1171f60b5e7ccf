from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.contract import Inbound, Raw
from connectors.meta import graph as client
from connectors.meta.platform import platform
from tests.connectors.meta.scripted_graph import ScriptedGraph, running_graph

RECEIVED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HAPPENED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
FIXTURES = Path(__file__).parents[3] / "connectors" / "meta" / "fixtures"


@pytest.fixture
def parse() -> Callable[[str], list[Inbound]]:
    """What a fixture of that name means."""
    return lambda name: platform.parse(Raw((FIXTURES / f"{name}.json").read_bytes(), RECEIVED))


@pytest.fixture
def only(parse) -> Callable[[str], Inbound]:
    """The one record a fixture of that name means."""

    def read(name: str) -> Inbound:
        (record,) = parse(name)
        return record

    return read


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedGraph]:
    """A Graph on loopback that says what the test wrote down; retries wait hardly at all."""
    monkeypatch.setattr(client, "WAITS", (0.01, 0.02))
    with running_graph() as running:
        yield running
