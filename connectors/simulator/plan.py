"""What a network is told about the app under test, and what the shared part expects of a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from connectors.simulator.asgi import Route


@dataclass(frozen=True, slots=True)
class ConnectedPage:
    """A page, handle or blog as it was connected: its id, name and token there, and on which channels.

    `credentials` are all it was connected with, for networks that need more than one token.
    """

    external_id: str
    name: str
    token: str
    channels: frozenset[str]
    credentials: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connected:
    """A developer app as the installation knows it. `secret` signs and is checked against.

    `settings` are all that was entered for it, for networks that need more than an id and a secret.
    """

    platform: str
    app_key: str
    app_id: str
    secret: str
    webhook_url: str
    verify_token: str
    pages: tuple[ConnectedPage, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


class Network(Protocol):
    """One fake network. All of it runs in one event loop; nothing is called from another thread.

    `label` is its name on the simulator's page, `imitates` what nobody shall take it for; `faults` are the kinds
    of scripted trouble it knows besides those of the transport, with what they do.
    """

    name: str
    label: str
    imitates: str
    faults: Mapping[str, str]

    def connect(self, apps: Sequence[Connected]) -> None:
        """Learn which apps and pages exist now; called again whenever that changed."""

    def routes(self) -> Iterable[Route]: ...

    def has(self, page: str) -> bool:
        """Whether it knows a page or account of that id."""

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
