"""The contract itself: a platform owns what arrives, its channels what is done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from connectors.contract.arriving import Author, Inbound, Post, Removed
from connectors.contract.errors import BadSignature, Refused
from connectors.contract.leaving import (
    Account,
    App,
    Cost,
    Field,
    Granted,
    Health,
    Page,
    Raw,
    Reply,
    Rule,
    Sent,
    Thread,
    Webhook,
)
from connectors.contract.words import Can, Kind, Reason, Standing, Surface


class Channel(ABC):
    """What can be done on one kind of account. Only `send` is required.

    `account_id` is how an admin names an account, `account_fields` its credentials,
    `account_options` what may be switched on for it (`Account.options`). `poll_every`: how often
    `poll` is worth a call; what is asked then is the channel's to choose. `has_door`: an account is
    connected by sending its owner to the platform and back. Without an `account_id` the channel makes
    the id from the credentials (`identify`). `cost_names`: what each kind of cost is for, in English;
    none where nothing costs.
    `checked_by_polling`: a poll tells all that a test would, so no other is made unasked. `look_every`: how often
    `look_again` is worth its calls.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    surfaces: ClassVar[tuple[Surface, ...]]
    account_id: ClassVar[Field | None] = Field("external_id", "Account ID")
    account_fields: ClassVar[tuple[Field, ...]] = ()
    account_options: ClassVar[tuple[Field, ...]] = ()
    cost_names: ClassVar[Mapping[str, str]] = {}
    permissions: ClassVar[tuple[str, ...]] = ()
    poll_every: ClassVar[timedelta] = timedelta(minutes=5)
    look_every: ClassVar[timedelta] = timedelta(days=1)
    has_door: ClassVar[bool] = False
    checked_by_polling: ClassVar[bool] = False

    @abstractmethod
    def send(self, account: Account, reply: Reply) -> Sent:
        """Publish a reply once. Raises a ConnectorError; UnknownOutcome where it may be out."""

    def reply_rule(self, account: Account, thread: Thread, now: datetime, *, private: bool = False) -> Rule:
        """Whether a human may answer now, known before any call."""
        can = Can.REPLY_PRIVATELY if private else Can.REPLY
        if can not in self.surface(thread.kind).can:
            return Rule(False, Reason.NOT_SUPPORTED)
        if thread.closed and not private:
            return Rule(False, thread.closed)
        return Rule(False, Reason.GONE) if thread.removed else Rule(True)

    def settle(self, account: Account, reply: Reply, since: datetime) -> Sent | None:
        """Look on the platform whether a reply of unknown outcome is out. None: not seen there."""
        return None

    def act(self, account: Account, action: Can, external_id: str, *, on: bool = True) -> Standing | None:
        """Like, hide, delete, mark seen, typing; `on` False undoes. Idempotent.

        Returns how the message stands with the page's moderators afterwards, where there are such.
        """
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

    def next_look(self, cursor: str) -> datetime | None:
        """When a poll will ask the platform again; None where each one does."""
        return None

    def gone(self, account: Account, external_ids: Sequence[str], authors: Mapping[str, str]) -> Mapping[str, Reason]:
        """Which of these public messages can no longer be seen there, and why: GONE, PROTECTED or SUSPENDED.

        `authors`: the ids of who wrote them, by theirs, as far as known.
        """
        return {}

    def look_again(
        self, account: Account, external_ids: Sequence[str], authors: Mapping[str, str]
    ) -> Sequence[Inbound]:
        """What became of these public messages of customers, and of their `authors` (`gone`).

        Asked every `look_every` of what still waits, and where an answer is refused because of it.
        """
        at, gone = datetime.now(UTC), self.gone(account, external_ids, authors)
        return [Removed(self.name, account.external_id, one, at, "gone", why) for one, why in gone.items()]

    def price(self, app: App, reply: Reply) -> Decimal:
        """What sending this will cost, in dollars."""
        return Decimal(0)

    def cost_of(self, app: App, record: Inbound) -> Cost | None:
        """What the platform charges for having told us this; None where that is free."""
        return None

    def door(self, app: App, back: str, state: str, verifier: str) -> str:
        """Where an account's owner is sent to let us in; they come `back` with `state` and a code."""
        raise Refused(Reason.NOT_SUPPORTED)

    def let_in(self, app: App, back: str, code: str, verifier: str) -> Granted:
        """Exchange the code the owner came back with."""
        raise Refused(Reason.NOT_SUPPORTED)

    def look_into(self, account: Account, cursor: str, about: Mapping[str, str]) -> Page:
        """Fetch what a NEWS notice spoke of, at once; with nothing in it a poll that does not wait for its time."""
        return Page((), cursor) if about else self.poll(account, cursor)

    def identify(self, app: App, given: Mapping[str, str]) -> str:
        """The account's id, from the credentials an admin gave. Raises Refused where they cannot be."""
        raise Refused(Reason.INVALID)

    def moved(self, cursor: str) -> str | None:
        """The cursor once an admin gave the account another address; None where that is another account."""
        return None

    def mention_address(self, account: Account) -> str:
        """Where other pages may tell that they link to the account's own (Webmention); "" where nobody listens."""
        return ""

    def explain(self, code: str) -> str:
        """What a code of ours means for an admin and what to do, in English; "" where the platform's words suffice."""
        return ""

    def subscribe(self, account: Account) -> None:
        """Ask the platform to send this account's events to our webhook."""

    def unsubscribe(self, account: Account) -> None:
        """Ask the platform to stop."""

    def health(self, account: Account) -> Health:
        """Who the token belongs to, and what is missing."""
        return Health(account.external_id, account.external_id)

    def is_group(self, thread_id: str) -> bool:
        """Whether a direct conversation is one of several people, who all read what we write there."""
        return False

    def surface(self, kind: Kind) -> Surface:
        for surface in self.surfaces:
            if surface.kind is kind:
                return surface
        return Surface(kind)


class Platform(ABC):
    """Who delivers. Owns the signature, the handshake and the meaning of payloads.

    `challenge_needs_secret`: its handshake is answered with the app's secret, so not without the database.
    `needs_app`: an admin has to register with the platform first; otherwise a workspace's app is made unasked.
    `accepted`: the status that answers a kept webhook.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    channels: ClassVar[tuple[Channel, ...]]
    app_fields: ClassVar[tuple[Field, ...]] = ()
    challenge_needs_secret: ClassVar[bool] = False
    needs_app: ClassVar[bool] = True
    accepted: ClassVar[int] = 200

    @abstractmethod
    def parse(self, raw: Raw) -> Iterable[Inbound]:
        """Say what a delivery means. Pure: same bytes, same records. Unreadable if it is no payload at all."""

    def account_in(self, body: bytes) -> bytes:
        """The platform's id of the account a delivery is about, as far as a glance tells; b"" where it does not.

        Deliveries of one account are taken in one after the other, and those of others do not wait for them. A wrong
        guess costs only that.
        """
        return b""

    def verify(self, app: App, webhook: Webhook) -> None:
        """Raise BadSignature unless the webhook is the platform's. Looks at raw bytes only."""
        raise BadSignature(f"{self.label} sends no webhooks")

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        """Answer the platform's question when it first calls the webhook; None to refuse."""
        return None
