"""Who we are on a platform, and what leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.contract.words import Kind, Reason


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a platform's allowance is used. `blocked_until` where it said so."""

    bucket: str
    percent: float
    blocked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class App:
    """A developer app with its secrets in clear, for the length of a call.

    `secrets`: every secret that is valid now (several while one is being rotated).
    `webhook_url`: where it is to send events.
    `config`: what the installation set for this platform (base URL, version …).
    """

    key: str
    external_id: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    verify_token: str = field(default="", repr=False)
    webhook_url: str = ""
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """A connected page or handle with its credentials in clear, for the length of a call.

    `connected_at`: since when it is ours.
    """

    channel: str
    external_id: str
    credentials: Mapping[str, str] = field(repr=False)
    app: App
    options: Mapping[str, bool | str] = field(default_factory=dict)
    connected_at: datetime | None = None
    report_usage: Callable[[Usage], None] = lambda usage: None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An HTTP request as the platform sent it. Header names are lower case; `query` is that of the address."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raw:
    """A kept delivery, to be parsed."""

    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """What one poll brought, and where the next one starts."""

    bodies: tuple[bytes, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class Thread:
    """What a channel must know of a conversation to say whether we may speak.

    `kind`: the surface of the message to be answered. `post_created_at`: when that message
    was written. `last_customer_at`: the customer's last sign in this conversation (their
    message, postback or reaction). `privately_replied`: a private reply to the message was
    already sent or tried. `owner`: app id that owns the conversation, "" when unknown or us.
    """

    kind: Kind
    post_created_at: datetime | None = None
    last_customer_at: datetime | None = None
    privately_replied: bool = False
    removed: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """May we answer, why not, until when. `tag` is the channel's own note to itself."""

    allowed: bool
    reason: Reason | None = None
    until: datetime | None = None
    tag: str = ""
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An agent's answer on its way out.

    `to`: external id of the message answered. `recipient`: the customer's id.
    `private`: answer a public message by direct message. `token`: our idempotency key.
    """

    text: str
    to: str
    thread_id: str
    recipient: str
    thread: Thread
    token: str
    private: bool = False
    human: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    external_id: str
    at: datetime | None = None
    permalink: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing an admin has to give. Secret ones are written, never shown.

    An option is switched on or off, unless it takes `words`.
    """

    name: str
    label: str
    secret: bool = False
    required: bool = True
    help: str = ""
    pattern: str = ""
    words: bool = False
    longest: int = 120


@dataclass(frozen=True, slots=True)
class Health:
    """What a test of an account found. `missing` names permissions or subscriptions."""

    external_id: str
    name: str
    granted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    subscribed: tuple[str, ...] = ()
    unsubscribed: tuple[str, ...] = ()
    expires_at: datetime | None = None
    warnings: tuple[str, ...] = ()
