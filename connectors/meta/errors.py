"""What Graph's refusals mean, in the contract's errors.

By (code, subcode) only: Meta's texts are localised, contradict the code at times and may quote the
token, so none is ever read or repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.contract import (
    AlreadyDone,
    ConnectorError,
    Disconnected,
    Forbidden,
    Reason,
    Refused,
    Throttled,
    Unavailable,
    UnknownOutcome,
)

TOKEN_DEAD = frozenset({102, 190})
TOKEN_DEAD_SUBCODES = frozenset({458, 459, 460, 463, 464, 467, 492})
RATE = frozenset({4, 17, 32, 341, 613, *range(80000, 80015), 130429, 131048, 131056, 133016})
TEMPORARY = frozenset({1, 2, 1200})
ALL_SENT_AFTER_ALL = (1, 1357046)
NOT_ALLOWED = (1, 99)
INVALID_PARAMETER = 100
DUPLICATE_POST = 506
PRIVATE_REPLY_EXISTS = 2534025

_BY_PAIR = {(100, 33): Reason.GONE}
_BY_SUBCODE = {
    2018065: Reason.WINDOW_CLOSED,
    2018278: Reason.WINDOW_CLOSED,
    2534022: Reason.WINDOW_CLOSED,
    1545041: Reason.RECIPIENT_UNAVAILABLE,
    2018001: Reason.RECIPIENT_UNAVAILABLE,
    2018108: Reason.RECIPIENT_UNAVAILABLE,
    2018218: Reason.RECIPIENT_UNAVAILABLE,
    2534014: Reason.RECIPIENT_UNAVAILABLE,
    1893063: Reason.RESTRICTED,
    2534029: Reason.RESTRICTED,
    2534122: Reason.RESTRICTED,
    2534001: Reason.GONE,
}
_BY_CODE = {
    12: Reason.NOT_SUPPORTED,
    368: Reason.RESTRICTED,
    551: Reason.RECIPIENT_UNAVAILABLE,
    803: Reason.GONE,
    131047: Reason.WINDOW_CLOSED,
}
_PROFILE_WITHHELD = frozenset({"230", "9010", "100/33", "100/2018218"})
_NOT_TRACE = re.compile(r"[^\w.:/+=-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answered:
    """What is known of an answer besides its error object.

    `wrote`: the call may have changed something, so "try again" would risk doing it twice.
    `retry_at`: when the platform lets us in again, should it say "too fast".
    `needs`: the permission this call stands on.
    """

    status: int
    wrote: bool
    retry_at: datetime
    needs: str = ""
    trace: str = ""


def from_graph(error: Any, answered: Answered) -> ConnectorError:
    """The contract's error for Graph's `error` object, which may be of any shape."""
    said: Mapping[str, Any] = error if isinstance(error, dict) else {}
    code, subcode = _number(said.get("code")), _number(said.get("error_subcode"))
    label = f"{code}/{subcode}" if code is not None and subcode else "" if code is None else str(code)
    trace = tidy_trace(said.get("fbtrace_id")) or answered.trace
    detail = f"Graph said {label or 'no code'} with HTTP {answered.status}"
    if code in TOKEN_DEAD or subcode in TOKEN_DEAD_SUBCODES:
        return Disconnected(detail, code=label, trace=trace)
    if (code, subcode) == ALL_SENT_AFTER_ALL:
        return UnknownOutcome(detail, code=label, trace=trace)
    if code == DUPLICATE_POST or subcode == PRIVATE_REPLY_EXISTS:
        return AlreadyDone(detail, code=label, trace=trace)
    reason = _reason(code, subcode)
    if reason is not None:
        return Refused(reason, detail, code=label, trace=trace)
    if code in RATE or answered.status == 429:
        return Throttled(detail, retry_at=answered.retry_at, code=label, trace=trace)
    if (code, subcode) != NOT_ALLOWED and _temporary(code, said.get("is_transient"), answered.status):
        return lost(detail, wrote=answered.wrote, code=label, trace=trace)
    if (code, subcode) == NOT_ALLOWED or code in (3, 10) or (code is not None and 200 <= code <= 299):
        needs = f", {answered.needs} may be missing" if answered.needs else ""
        return Forbidden(detail + needs, code=label, trace=trace)
    return Refused(Reason.INVALID, detail, code=label, trace=trace)


def without_error(answered: Answered) -> ConnectorError:
    """The contract's error for an answer that is not Graph's: HTML of a proxy, half a JSON, a redirect."""
    detail = f"HTTP {answered.status} without an answer of Graph's"
    if answered.status == 429:
        return Throttled(detail, retry_at=answered.retry_at, trace=answered.trace)
    if 400 <= answered.status < 500 and answered.status != 408:
        return Refused(Reason.INVALID, detail, code=f"HTTP {answered.status}", trace=answered.trace)
    return lost(detail, wrote=answered.wrote, trace=answered.trace)


def lost(detail: str, *, wrote: bool, code: str = "", trace: str = "") -> ConnectorError:
    """No usable answer: a read may be repeated, of a write nobody knows."""
    return (UnknownOutcome if wrote else Unavailable)(detail, code=code, trace=trace)


def withholds_profile(error: ConnectorError) -> bool:
    """Whether Graph simply does not tell who somebody is; common, and nobody's fault."""
    return error.code in _PROFILE_WITHHELD


def is_gone(error: ConnectorError) -> bool:
    return isinstance(error, Refused) and error.reason is Reason.GONE


def tidy_trace(value: Any) -> str:
    return _NOT_TRACE.sub("", value)[:80] if isinstance(value, str) else ""


def _reason(code: int | None, subcode: int | None) -> Reason | None:
    if code is None:
        return None
    found = _BY_PAIR.get((code, subcode or 0)) or _BY_SUBCODE.get(subcode or 0)
    return found or _BY_CODE.get(code)


def _temporary(code: int | None, is_transient: Any, status: int) -> bool:
    """`is_transient` decides where it is said; a server's 5xx counts unless the code blames the call."""
    if isinstance(is_transient, bool):
        return is_transient
    blames_call = code in (3, 10, INVALID_PARAMETER) or (code is not None and 200 <= code <= 299)
    return code in TEMPORARY or (status >= 500 and not blames_call)


def _number(value: Any) -> int | None:
    """A code as a number or numeric text; some gateways quote them."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
