from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.meta import graph as client
from tests.connectors.meta.scripted_graph import ScriptedGraph, running_graph


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedGraph]:
    """A Graph on loopback that says what the test wrote down; retries wait hardly at all."""
    monkeypatch.setattr(client, "WAITS", (0.01, 0.02))
    with running_graph() as running:
        yield running
