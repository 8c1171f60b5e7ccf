"""What X's refusals mean, in the contract's errors.

By status, code and the last word of `type`. Where v2 gives nothing but a sentence (duplicates, the
rules of replying), by its beginning; the sentence itself is never repeated.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import (
    AlreadyDone,
    ConnectorError,
    Disconnected,
    Forbidden,
    OutOfCredit,
    Reason,
    Refused,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from connectors.reading import as_list, as_object, words

TOKEN_DEAD = frozenset({32, 89, 99, 135, 215})
# Locked, suspended: no call will work until the owner has been at X.
ACCOUNT_DEAD = frozenset({64, 326})
NO_RIGHTS = frozenset({"client-forbidden", "oauth1-permissions", "unsupported-authentication"})
# The codes of a Forbidden for which an admin can do something.
RIGHTS_MISSING = NO_RIGHTS | {"261"}
NO_MONEY = frozenset({"credits", "credits-depleted", "usage-capped"})
NOT_THERE = frozenset({"resource-not-found", "not-authorized-for-resource"})
WAIT_WHEN_UNTOLD = timedelta(seconds=60)
LONGEST_WAIT = timedelta(days=1)
BUCKETS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")

# Of a person, in answers and among the errors of answers that are otherwise fine.
SUSPENDED = "User has been suspended"

_BY_CODE = {
    34: Reason.GONE,
    50: Reason.GONE,
    63: Reason.SUSPENDED,
    144: Reason.GONE,
    150: Reason.RECIPIENT_UNAVAILABLE,
    151: Reason.RECIPIENT_UNAVAILABLE,
    179: Reason.PROTECTED,
    186: Reason.TOO_LONG,
    226: Reason.RESTRICTED,
    349: Reason.RECIPIENT_UNAVAILABLE,
    385: Reason.GONE,
    433: Reason.REPLIES_LIMITED,
}
_BY_SENTENCE = (
    ("You can only reply to or quote posts where you are mentioned", Reason.NOT_SUMMONED),
    ("Reply to this conversation is not allowed because you have not been mentioned", Reason.NOT_SUMMONED),
    ("Reply to this conversation is not allowed", Reason.REPLIES_LIMITED),
    ("You attempted to reply to a Tweet that is deleted or not visible", Reason.GONE),
    ("You attempted to reply to a Post that is deleted or not visible", Reason.GONE),
    ("You have been blocked", Reason.RECIPIENT_UNAVAILABLE),
    ("You do not have permission to DM", Reason.RECIPIENT_UNAVAILABLE),
    ("You cannot send messages to", Reason.RECIPIENT_UNAVAILABLE),
    ("Sorry, you are not authorized to see", Reason.PROTECTED),
    (SUSPENDED, Reason.SUSPENDED),
    ("Your Tweet text is too long", Reason.TOO_LONG),
    ("Your Post text is too long", Reason.TOO_LONG),
    ("You are not allowed to create a Tweet with more than one cashtag", Reason.INVALID),
)
_LASTING = frozenset(
    {
        Reason.NOT_SUMMONED,
        Reason.REPLIES_LIMITED,
        Reason.PROTECTED,
        Reason.SUSPENDED,
        Reason.GONE,
        Reason.RECIPIENT_UNAVAILABLE,
    }
)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: `wrote` where the call may have changed something, so that trying again risks doing it twice."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    wrote: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What an error body of any of X's shapes says."""

    code: int | None = None
    slug: str = ""
    sentence: str = ""
    word: str = ""


def read_object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def from_answer(answered: Answered, now: datetime) -> ConnectorError:
    """The contract's error for an answer that is no success."""
    said, status = _said(read_object(answered.body)), answered.status
    label = str(said.code or said.word or said.slug or f"HTTP {status}")[:40]
    more: dict[str, Any] = {"code": label, "trace": trace_of(answered.headers)}
    detail = f"X said {label} with HTTP {status}"
    if said.slug in NO_MONEY or status == 402:
        return OutOfCredit(detail, **more)
    if status == 429 or said.code == 88:
        return Throttled(detail, retry_at=retry_at(answered.headers, now), whole=False, **more)
    if status == 401 or said.code in TOKEN_DEAD | ACCOUNT_DEAD:
        return Disconnected(detail, **more)
    if said.code == 187 or "duplicate" in said.sentence.lower():
        return AlreadyDone(detail, otherwise=Reason.DUPLICATE, **more)
    if said.code == 261 or said.slug in NO_RIGHTS:
        return Forbidden(detail, **more)
    if reason := _reason(said, status):
        return Refused(reason, detail, lasting=reason in _LASTING, **more)
    if status == 403:
        return Forbidden(detail, **more)
    if status == 408 or not 400 <= status < 500:
        return lost(detail, wrote=answered.wrote, **more)
    return Refused(Reason.INVALID, detail, **more)


def refused_whole(answer: Mapping[str, Any]) -> ConnectorError | None:
    """HTTP 200 with errors and nothing beside them: a list that X does not show."""
    if "data" in answer or "meta" in answer or not as_list(answer.get("errors")):
        return None
    said = _said(dict(answer))
    label = str(said.code or said.slug or "errors")[:40]
    reason, detail = _reason(said, 200), f"X said {label} with HTTP 200"
    return Refused(reason, detail, code=label) if reason else Forbidden(detail, code=label)


def lost(detail: str, *, wrote: bool, code: str = "", trace: str = "") -> ConnectorError:
    """No usable answer: a read may be repeated, of a write nobody knows."""
    return (UnknownOutcome if wrote else Unavailable)(detail, code=code, trace=trace)


def retry_at(headers: Mapping[str, str], now: datetime) -> datetime:
    """When to come back: as the bucket that is empty says, of 15 minutes or of 24 hours; a minute where none does."""
    told = [reset for bucket in BUCKETS if (reset := _empty_until(headers, bucket))]
    if (seconds := _number(headers.get("retry-after"))) is not None:
        told.append(now.timestamp() + seconds)
    if not told and (reset := _number(headers.get("x-rate-limit-reset"))) is not None:
        told.append(reset)
    wait = max(told, default=0.0) - now.timestamp()
    wait = wait if wait > 0 else WAIT_WHEN_UNTOLD.total_seconds()
    spread = random.uniform(0, 3)  # noqa: S311 - jitter
    return now + timedelta(seconds=min(wait, LONGEST_WAIT.total_seconds()) + spread)


def trace_of(headers: Mapping[str, str]) -> str:
    return "".join(letter for letter in headers.get("x-transaction-id", "") if letter.isalnum())[:80]


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _reason(said: Said, status: int) -> Reason | None:
    if said.code in _BY_CODE:
        return _BY_CODE[said.code]
    for beginning, reason in _BY_SENTENCE:
        if said.sentence.startswith(beginning):
            return reason
    return Reason.GONE if status in (404, 410) or said.slug in NOT_THERE else None


def _said(body: dict[str, Any] | None) -> Said:
    """(a) problem, (b) 1.1 with codes, (c) v2 mixed, (d) errors as a text, (e) {error, request}, (f) nothing."""
    if body is None:
        return Said()
    errors = [as_object(one) for one in as_list(body.get("errors"))]
    code = next((one["code"] for one in errors if type(one.get("code")) is int), None)
    spoken = [body.get("detail"), body.get("errors"), body.get("error_description")]
    spoken += [text for one in errors for text in (one.get("message"), one.get("detail"))] + [body.get("title")]
    kinds = [words(one.get("type")) for one in (body, *errors)]
    slug = next((kind.rstrip("/").rpartition("/")[2] for kind in kinds if "/problems/" in kind), "")
    sentence = next((words(text) for text in spoken if words(text)), "")
    error = words(body.get("error"))
    return Said(code, slug, sentence, error if error.replace("_", "").isalpha() and error.isascii() else "")


def _empty_until(headers: Mapping[str, str], bucket: str) -> float | None:
    remaining, reset = _number(headers.get(f"{bucket}-remaining")), _number(headers.get(f"{bucket}-reset"))
    return reset if remaining is not None and remaining <= 0 else None


def _number(value: str | None) -> float | None:
    text = (value or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
