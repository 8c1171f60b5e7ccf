"""What a network is told about the app under test, and what the shared part expects of a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.simulator.asgi import Route


@dataclass(frozen=True, slots=True)
class ConnectedPage:
    """A page, handle or blog as it was connected: its id, name and token there, and on which channels."""

    external_id: str
    name: str
    token: str
    channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Connected:
    """A developer app as the installation knows it. `secret` signs and is checked against."""

    platform: str
    app_key: str
    app_id: str
    secret: str
    webhook_url: str
    verify_token: str
    pages: tuple[ConnectedPage, ...] = ()


class Network(Protocol):
    """One fake network. All of it runs in one event loop; nothing is called from another thread."""

    name: str
    label: str
    faults: Mapping[str, str]

    def connect(self, apps: Sequence[Connected]) -> None:
        """Learn which apps and pages exist now; called again whenever that changed."""

    def routes(self) -> Iterable[Route]: ...

    def say(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a customer does there. Raises BadRequest."""

    def adjust(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Change how a page is set up there: its permissions, its tokens. Raises BadRequest."""

    def play(self) -> None:
        """Let one believable thing happen, for the trickle."""

    def standing(self) -> dict[str, Any]:
        """What its page shows of its connections; small, asked every second."""

    def state(self) -> dict[str, Any]:
        """Everything the network knows, for those who check the app against it."""

    def reset(self) -> None:
        """Forget what was said; the pages stay connected."""
