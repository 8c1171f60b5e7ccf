"""The words all platforms share: surfaces, what may be done there, and why a reply is not possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


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
    APPROVE = "approve"
    SPAM = "spam"
    RESTORE = "restore"
    MARK_SEEN = "mark_seen"
    TYPING = "typing"


class Standing(StrEnum):
    """How a public message stands with the page's moderators, where there are such."""

    SHOWN = "shown"
    HELD = "held"
    SPAM = "spam"
    TRASH = "trash"


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
    REMOVED = "removed"
    INVALID = "invalid"
    NOT_SUMMONED = "not_summoned"
    PROTECTED = "protected"
    SUSPENDED = "suspended"
    REPLIES_LIMITED = "replies_limited"
    ENCRYPTED = "encrypted"
    DUPLICATE = "duplicate"
    OVER_BUDGET = "over_budget"
    TOO_DEAR = "too_dear"
    NO_CREDIT = "no_credit"
    ONLY_THERE = "only_there"
    SET_ASIDE = "set_aside"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Surface:
    """One kind of message on a channel: what may be done there and how long a reply may be.

    `counts` names the way `length_of` counts, for the browser, which counts alike while somebody types.
    `anywhere`: such messages stand on pages of others as well. `deletes_own`: only the account's own words can be
    deleted there. `private_once`: the platform takes one private reply to a message and no more. Can.RESTORE: what is
    deleted goes to a trash, and comes back from there by deleting with `on` False. `hides_below_own`: only what stands
    in a conversation that the account began can be hidden.
    """

    kind: Kind
    can: frozenset[Can] = frozenset()
    max_length: int | None = None
    length_of: Callable[[str], int] = len
    counts: str = "characters"
    deletes_own: bool = False
    private_max_length: int | None = None
    private_once: bool = False
    public: bool = True
    anywhere: bool = False
    hides_below_own: bool = False
