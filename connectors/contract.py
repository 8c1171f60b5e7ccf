"""What a platform and its channels are, and the neutral records they speak in.

Standard library only. Nothing here, and nothing in a platform's folder, knows of the
database, of tickets or of the screen. All datetimes are aware; all ids are strings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """Where on the platform a message stands. One surface each."""

    POST = "post"
    COMMENT = "comment"
    MENTION = "mention"
    REVIEW = "review"
    DIRECT = "direct"


class Can(StrEnum):
    """What may be done on a surface besides reading it."""

    REPLY = "reply"
    REPLY_PRIVATELY = "reply_privately"
    LIKE = "like"
    HIDE = "hide"
    DELETE = "delete"
    MARK_SEEN = "mark_seen"
    TYPING = "typing"


class Reason(StrEnum):
    """Why a reply is not possible. The screens translate these; `Refused.detail` is for logs."""

    NOT_SUPPORTED = "not_supported"
    WINDOW_CLOSED = "window_closed"
    HUMANS_ONLY = "humans_only"
    PRIVATE_REPLY_USED = "private_reply_used"
    PRIVATE_REPLY_EXPIRED = "private_reply_expired"
    TOO_LONG = "too_long"
    EMPTY = "empty"
    GONE = "gone"
    OTHER_APP_OWNS_THREAD = "other_app_owns_thread"
    RECIPIENT_UNAVAILABLE = "recipient_unavailable"
    PERMISSION_MISSING = "permission_missing"
    RESTRICTED = "restricted"
    DISCONNECTED = "disconnected"
    PAUSED = "paused"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Surface:
    """One kind of message on a channel: what may be done there and how long a reply may be."""

    kind: Kind
    can: frozenset[Can] = frozenset()
    max_length: int | None = None
    length_of: Callable[[str], int] = len
    private_max_length: int | None = None
    public: bool = True


# ---------------------------------------------------------------- what arrives


@dataclass(frozen=True, slots=True)
class Author:
    """A person as the platform knows them. `external_id` is the platform's, scoped to the account."""

    external_id: str
    name: str = ""
    handle: str = ""
    avatar_url: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """`type`: image, video, audio, file, sticker, location, link, template, share or unknown.

    `raw_type` is the platform's word. A location carries latitude and longitude; its url opens a map.
    """

    type: str
    url: str = ""
    title: str = ""
    raw_type: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A message somebody wrote.

    `ours` marks words of the account itself (an echo, the page's own post or comment):
    never a ticket, but maybe our own reply coming back. `token` is the idempotency key
    we sent along, where the platform echoes it. `app_id` is the app an echo was sent by.
    `thread_id` groups what belongs to one request: the root post of a comment, the
    customer's id of a direct conversation. `parent_id` is the message directly answered.
    `dated` is False where the platform's time was unusable and `created_at` is the receipt.
    `standby` marks a conversation another app owns at this moment.
    `context_only` marks a post that is kept only to be shown above others' comments.
    """

    channel: str
    account: str
    external_id: str
    kind: Kind
    thread_id: str
    author: Author | None
    text: str
    created_at: datetime
    parent_id: str = ""
    attachments: tuple[Attachment, ...] = ()
    permalink: str = ""
    ours: bool = False
    context_only: bool = False
    token: str = ""
    app_id: str = ""
    standby: bool = False
    dated: bool = True
    rating: int | None = None
    raw_kind: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """New words for a message. `attachments` is None where the platform does not say."""

    channel: str
    account: str
    external_id: str
    text: str
    at: datetime
    raw_kind: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """The platform says a message is gone; its words must be forgotten too."""

    channel: str
    account: str
    external_id: str
    at: datetime
    raw_kind: str = ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A public message was hidden (or shown again) by the page."""

    channel: str
    account: str
    external_id: str
    hidden: bool
    at: datetime
    raw_kind: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Our messages of a thread arrived or were read: all up to `until`, or those named."""

    channel: str
    account: str
    thread_id: str
    read: bool
    at: datetime
    until: datetime | None = None
    external_ids: tuple[str, ...] = ()
    raw_kind: str = ""


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody reacted to a message, or took it back (`on` False)."""

    channel: str
    account: str
    external_id: str
    author: Author | None
    reaction: str
    on: bool
    at: datetime
    raw_kind: str = ""


class NoticeKind(StrEnum):
    REVOKED = "revoked"
    POLICY = "policy"
    HANDOVER = "handover"
    REFERRAL = "referral"
    OPT_IN = "opt_in"
    ACCOUNT_LINKING = "account_linking"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Notice:
    """News about an account or a thread that nobody wrote.

    HANDOVER: data["owner"] is the app id that now owns the thread, "" when nobody does;
    data["requested_by"] where somebody asks for it. POLICY: data["action"] and data["reason"].
    """

    channel: str
    account: str
    kind: NoticeKind
    at: datetime
    thread_id: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    raw_kind: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An event we have no meaning for. It is kept, shown to the admin and counted.

    `what` is short and bounded (for counting), e.g. "feed/foo/add"; `reason` says why.
    `account` may be "" where the payload names none.
    """

    channel: str
    account: str
    what: str
    reason: str = ""


Inbound = Post | Edited | Removed | Hidden | Receipt | Reacted | Notice | Unknown


# ---------------------------------------------------------------- who we are there


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
    `config`: what the installation set for this platform (base URL, version …).
    """

    key: str
    external_id: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    verify_token: str = field(default="", repr=False)
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """A connected page or handle with its credentials in clear, for the length of a call."""

    channel: str
    external_id: str
    credentials: Mapping[str, str] = field(repr=False)
    app: App
    options: Mapping[str, bool] = field(default_factory=dict)
    report_usage: Callable[[Usage], None] = lambda usage: None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An HTTP request as the platform sent it. Header names are lower case."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


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


# ---------------------------------------------------------------- what leaves


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
    """One thing an admin has to give. Secret ones are written, never shown."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    help: str = ""
    pattern: str = ""


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


# ---------------------------------------------------------------- what goes wrong


class ConnectorError(Exception):
    """The platform would not. `code` is the platform's, for people who look it up; never a text to match."""

    def __init__(self, detail: str = "", *, code: str = "", trace: str = "") -> None:
        super().__init__(detail)
        self.detail, self.code, self.trace = detail, code, trace


class BadSignature(ConnectorError):
    """The webhook does not come from the platform."""


class Unreadable(ConnectorError):
    """The body is not what the platform sends; kept aside for a human."""


class Disconnected(ConnectorError):
    """The account's token is gone; an admin has to reconnect it."""


class Forbidden(ConnectorError):
    """A permission or task is missing; `detail` names it where known."""


class Throttled(ConnectorError):
    """Too fast. `retry_at` is when the platform lets us in again."""

    def __init__(self, detail: str = "", *, retry_at: datetime, code: str = "", trace: str = "") -> None:
        super().__init__(detail, code=code, trace=trace)
        self.retry_at = retry_at


class Unavailable(ConnectorError):
    """A passing fault, and surely nothing was done: trying again is safe."""


class Refused(ConnectorError):
    """Refused for good; the agent must see why."""

    def __init__(self, reason: Reason, detail: str = "", *, code: str = "", trace: str = "") -> None:
        super().__init__(detail or reason.value, code=code, trace=trace)
        self.reason = reason


class AlreadyDone(ConnectorError):
    """The platform says this was done before (a private reply, a duplicate)."""


class UnknownOutcome(ConnectorError):
    """It may or may not have been done. Look, never resend."""


class OutOfCredit(ConnectorError):
    """The platform wants money first."""


# ---------------------------------------------------------------- the contract


class Channel(ABC):
    """What can be done on one kind of account. Only `send` is required.

    `account_id` is how an admin names an account, `account_fields` its credentials,
    `account_options` what may be switched on for it (`Account.options`).
    """

    name: ClassVar[str]
    label: ClassVar[str]
    surfaces: ClassVar[tuple[Surface, ...]]
    account_id: ClassVar[Field] = Field("external_id", "Account ID")
    account_fields: ClassVar[tuple[Field, ...]] = ()
    account_options: ClassVar[tuple[Field, ...]] = ()
    permissions: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def send(self, account: Account, reply: Reply) -> Sent:
        """Publish a reply once. Raises a ConnectorError; UnknownOutcome where it may be out."""

    def reply_rule(self, account: Account, thread: Thread, now: datetime, *, private: bool = False) -> Rule:
        """Whether a human may answer now, known before any call."""
        can = Can.REPLY_PRIVATELY if private else Can.REPLY
        if can not in self.surface(thread.kind).can:
            return Rule(False, Reason.NOT_SUPPORTED)
        return Rule(False, Reason.GONE) if thread.removed else Rule(True)

    def settle(self, account: Account, reply: Reply, since: datetime) -> Sent | None:
        """Look on the platform whether a reply of unknown outcome is out. None: not seen there."""
        return None

    def act(self, account: Account, action: Can, external_id: str, *, on: bool = True) -> None:
        """Like, hide, delete, mark seen, typing; `on` False undoes. Idempotent."""
        raise Refused(Reason.NOT_SUPPORTED, f"{self.label} cannot {action}")

    def profile(self, account: Account, external_id: str) -> Author | None:
        """Who somebody is, where the platform tells; None where it does not."""
        return None

    def look_up(self, account: Account, external_id: str) -> Post | None:
        """Read one public message, such as the post above a comment; None where it cannot be read."""
        return None

    def poll(self, account: Account, cursor: str) -> Page:
        """Fetch what came since the cursor."""
        return Page((), cursor)

    def subscribe(self, account: Account) -> None:
        """Ask the platform to send this account's events to our webhook."""

    def unsubscribe(self, account: Account) -> None:
        """Ask the platform to stop."""

    def health(self, account: Account) -> Health:
        """Who the token belongs to, and what is missing."""
        return Health(account.external_id, account.external_id)

    def surface(self, kind: Kind) -> Surface:
        for surface in self.surfaces:
            if surface.kind is kind:
                return surface
        return Surface(kind)


class Platform(ABC):
    """Who delivers. Owns the signature, the handshake and the meaning of payloads."""

    name: ClassVar[str]
    label: ClassVar[str]
    channels: ClassVar[tuple[Channel, ...]]
    app_fields: ClassVar[tuple[Field, ...]] = ()

    @abstractmethod
    def parse(self, raw: Raw) -> Iterable[Inbound]:
        """Say what a delivery means. Pure: same bytes, same records. Unreadable if it is no payload at all."""

    def verify(self, app: App, webhook: Webhook) -> None:
        """Raise BadSignature unless the webhook is the platform's. Looks at raw bytes only."""
        raise BadSignature(f"{self.label} sends no webhooks")

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        """Answer the platform's question when it first calls the webhook; None to refuse."""
        return None
