"""Who we are on a platform, and what leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from connectors.contract.words import Kind, Reason, Standing


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a platform's allowance is used. `blocked_until` where it said so."""

    bucket: str
    percent: float
    blocked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call or an event costs, in dollars each. The same resource costs once a day (UTC)."""

    kind: str
    resources: Sequence[str]
    each: Decimal


Credentials = Mapping[str, str]
Renew = Callable[[Callable[[Credentials], Credentials]], Credentials]


def _cannot_renew(ask: Callable[[Credentials], Credentials]) -> Credentials:
    raise NotImplementedError("nobody keeps what would be new")


@dataclass(frozen=True, slots=True)
class App:
    """A developer app with its secrets in clear, for the length of a call.

    `secrets`: every secret that is valid now (several while one is being rotated).
    `credentials`: the other secret fields an admin gave. `webhook_url`: where it is to send events.
    `config`: what the installation set for this platform (base URL, version …).
    """

    key: str
    external_id: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    verify_token: str = field(default="", repr=False)
    config: Mapping[str, str] = field(default_factory=dict)
    credentials: Credentials = field(default_factory=dict, repr=False)
    webhook_url: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A connected page or handle with its credentials in clear, for the length of a call.

    `connected_at`, `heard_at`: since when it is ours, and when a message came last.
    `renew(ask)`: exchange credentials that are used up. One caller at a time gets to `ask` with
    the newest there are, and what it returns is kept before it is used; the others get the same.
    """

    channel: str
    external_id: str
    credentials: Credentials = field(repr=False)
    app: App
    options: Mapping[str, bool | str] = field(default_factory=dict)
    report_usage: Callable[[Usage], None] = lambda usage: None
    connected_at: datetime | None = None
    heard_at: datetime | None = None
    report_cost: Callable[[Cost], None] = lambda cost: None
    renew: Renew = field(default=_cannot_renew, repr=False)


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
    """What one poll brought, and where the next one starts. `unseen`: codes of what the platform does not show."""

    bodies: tuple[bytes, ...]
    cursor: str
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """What a channel must know of a conversation to say whether we may speak.

    `kind`: the surface of the message to be answered. `post_created_at`: when that message
    was written. `last_customer_at`: the customer's last sign in this conversation (their
    message, postback or reaction). `privately_replied`: a private reply to the message was
    already sent or tried, where only one is taken. `unreachable`: the platform says that this person takes no private
    words of ours, or would not give them some, and they have given no sign since. `owner`: app id that owns the
    conversation, "" when unknown or us.
    `closed`: what the platform said against an answer, with the message or after a try.
    `thread_id`: which conversation. `standing`: how the message stands with the page's moderators.
    """

    kind: Kind
    post_created_at: datetime | None = None
    last_customer_at: datetime | None = None
    privately_replied: bool = False
    unreachable: bool = False
    removed: bool = False
    owner: str = ""
    closed: Reason | None = None
    thread_id: str = ""
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """May we answer, why not, until when. `tag` is the channel's own note to itself.

    `cost` is what an answer costs, in dollars; `link_cost` what one with a link in it does, `part_cost` each further
    post of an answer that is split; "" where that is no other price. `left`: what answers may still cost this month,
    "" where nobody set a ceiling.
    """

    allowed: bool
    reason: Reason | None = None
    until: datetime | None = None
    tag: str = ""
    cost: str = ""
    link_cost: str = ""
    part_cost: str = ""
    left: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An agent's answer on its way out.

    `to`: external id of the message answered. `above`: what that one hangs on itself, "" where
    it begins the thread or answers its first post. `recipient`: the customer's id.
    `private`: answer a public message by direct message. `token`: our idempotency key.
    `continues`: `to` is a post of our own, whose words these go on from.
    """

    text: str
    to: str
    thread_id: str
    recipient: str
    thread: Thread
    token: str
    private: bool = False
    human: bool = True
    above: str = ""
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    external_id: str
    at: datetime | None = None
    permalink: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing an admin has to give. Secret ones are written, never shown.

    An option is switched on or off, unless it takes `words`. `tidy` makes of what was given what is kept, or raises
    BadInput.
    """

    name: str
    label: str
    secret: bool = False
    required: bool = True
    help: str = ""
    pattern: str = ""
    words: bool = False
    longest: int = 120
    tidy: Callable[[str], str] | None = None


# An option of channels whose platform says which app wrote an echo, and not whether a human did.
AUTOMATIC_APPS = Field(
    "automatic_apps",
    "Apps that answer by themselves",
    required=False,
    words=True,
    pattern=r"\s*\d{1,20}(\s*,\s*\d{1,20}){0,9}\s*",
    longest=240,
    help=(
        "Their app IDs, parted by commas: greetings, away messages, bots. What they say from now on stops no clock. "
        "The history of a ticket shows the ID of an app that answered."
    ),
)


def is_automatic(options: Mapping[str, bool | str], app_id: str) -> bool:
    """Whether an admin named this app in AUTOMATIC_APPS."""
    named = str(options.get(AUTOMATIC_APPS.name) or "")
    return app_id != "" and app_id in (one.strip() for one in named.split(","))


@dataclass(frozen=True, slots=True)
class Granted:
    """What somebody gave us at the platform's own door."""

    external_id: str
    name: str
    credentials: Credentials = field(repr=False)


@dataclass(frozen=True, slots=True)
class Health:
    """What a test of an account found. `missing` names permissions or subscriptions.

    `renews`: a token that ends is exchanged for a new one before, and nobody has to do anything.
    `also`: other ids that the same account would have, had it been connected by another of its addresses; with
    "channel:" in front the id of an account of another channel that would bring the same messages.
    """

    external_id: str
    name: str
    granted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    subscribed: tuple[str, ...] = ()
    unsubscribed: tuple[str, ...] = ()
    expires_at: datetime | None = None
    renews: bool = False
    warnings: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
