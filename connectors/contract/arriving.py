"""What arrives: the neutral records a delivery is parsed into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors.contract.words import Kind, Reason, Standing


@dataclass(frozen=True, slots=True)
class Author:
    """A person as the platform knows them. `external_id` is the platform's, scoped to the account.

    `takes_messages`: whether they take private messages of the account; None where the platform did not say.
    """

    external_id: str
    name: str = ""
    handle: str = ""
    avatar_url: str = ""
    takes_messages: bool | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """`type`: image, video, audio, file, sticker, location, link, template, share, target or unknown.

    A target is the page of ours that the words are about. A location carries latitude and longitude; its url opens a
    map. `raw_type` is the platform's word.
    """

    type: str
    url: str = ""
    title: str = ""
    raw_type: str = ""
    latitude: float | None = None
    longitude: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Without what it does not have."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}


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
    `automatic` marks words of ours that no human wrote, where the platform says so: they answer nobody.
    `context_only` marks a post that is kept only to be shown above others' comments.
    `rooted` is False where the platform does not name the root: `thread_id` is then the
    nearest we know, and the thread of the parent counts where we have that.
    `closed`: why it cannot be answered where it stands, where the platform said so with it.
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
    rooted: bool = True
    closed: Reason | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """New words for a message. `now_called`: its new id, where an edit changes that; the old one stays its name."""

    channel: str
    account: str
    external_id: str
    text: str
    at: datetime
    raw_kind: str = ""
    now_called: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """The platform says a message is gone, or its author is PROTECTED or SUSPENDED by now: its words must be forgotten.

    `to_trash`: it lies in the page's trash and may come back, with its words (Restored).
    """

    channel: str
    account: str
    external_id: str
    at: datetime
    raw_kind: str = ""
    why: Reason = Reason.GONE
    to_trash: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """A message stands there at that moment, with these words: one that had been removed before is back."""

    channel: str
    account: str
    external_id: str
    text: str
    at: datetime
    attachments: tuple[Attachment, ...] = ()
    raw_kind: str = ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A public message was hidden (or shown again) by the page. `standing`: where it has moderators, who see it so."""

    channel: str
    account: str
    external_id: str
    hidden: bool
    at: datetime
    raw_kind: str = ""
    standing: Standing | None = None


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
    PARTICIPANTS = "participants"
    PRESENCE = "presence"
    NEWS = "news"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Notice:
    """News about an account or a thread that nobody wrote.

    HANDOVER: data["owner"] is the app id that now owns the thread, "" when nobody does;
    data["requested_by"] where somebody asks for it. POLICY: data["action"] and data["reason"].
    PARTICIPANTS: people joined or left a group, data["status"]; their ids are in data["people"], with blanks between.
    PRESENCE: typing and the like; never kept.
    NEWS: there is something to be fetched; `data` is what `Channel.look_into` needs, {} where a poll is meant.
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


Inbound = Post | Edited | Removed | Restored | Hidden | Receipt | Reacted | Notice | Unknown
