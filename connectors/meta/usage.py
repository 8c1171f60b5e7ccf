"""What Graph's answers say beside the answer: allowance used, when to come back, which version spoke."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.contract import Usage

WAIT_WHEN_UNTOLD = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=1)
EXPIRY_NOTICE = timedelta(days=90)
# Meta's changelog; a version that is not listed yet is newer than this list.
EXPIRES = {
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
}
_PERCENTAGES = ("call_count", "total_cputime", "total_time")
_PLAIN = {"x-app-usage": "app", "x-page-usage": "page"}
_PER_BUSINESS = "x-business-use-case-usage"
_PRODUCT = {80001: "pages", 80002: "instagram", 80006: "messenger", 80008: "whatsapp"}


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with its repeated keys: Meta repeats some."""


def usages(headers: Mapping[str, str], page: str, now: datetime) -> list[Usage]:
    """The allowances a page's calls use, the fullest last: "app", "page", and "<type>:<page>", e.g. "pages:123".

    Meta also tells of other objects of the same business; what they use does not hold this page up.
    """
    found = []
    for name, bucket in _PLAIN.items():
        found += [_usage(bucket, each, now) for each in _documents(headers.get(name, ""))]
    for document in _documents(headers.get(_PER_BUSINESS, "")):
        for key, items in document:
            for item in items if isinstance(items, list) and key == page else ():
                if isinstance(item, _Pairs):
                    kind = str(dict(item).get("type", "unknown"))[:40]
                    found.append(_usage(f"{kind}:{page}", item, now))
    return sorted(found, key=lambda usage: usage.percent)


def retry_at(headers: Mapping[str, str], page: str, now: datetime) -> datetime:
    """When to come back after "too fast": as the usage headers or Retry-After say, else in five minutes."""
    told = [usage.blocked_until for usage in usages(headers, page, now) if usage.blocked_until]
    return max(told) if told else _retry_after(headers.get("retry-after", "").strip(), now)


def bucket_of(code: str, page: str) -> str:
    """The allowance a rate error is about."""
    number = int(code.partition("/")[0]) if code.partition("/")[0].isdigit() else 0
    if number == 4:
        return "app"
    return f"{_PRODUCT[number]}:{page}" if number in _PRODUCT else "page"


def version_warnings(asked: str, spoken: str, today: date) -> tuple[str, ...]:
    """What an admin should hear of the version: `spoken` is the one that answered, "" where none was named."""
    warnings = []
    if spoken and spoken != asked:
        warnings.append(f"Graph was asked as {asked} and answered as {spoken}: the version asked for has expired.")
    expires = EXPIRES.get(asked)
    if expires is None and _before_all_known(asked):
        warnings.append(f"Graph {asked} has expired.")
    elif expires is not None and today + EXPIRY_NOTICE >= expires:
        warnings.append(f"Graph {asked} expires on {expires.isoformat()}.")
    return tuple(warnings)


def _before_all_known(version: str) -> bool:
    return float(version[1:]) < min(float(known[1:]) for known in EXPIRES)


def _documents(header: str) -> Iterator[_Pairs]:
    """The JSON objects of a header: several where a proxy joined repeated headers; garbage gives none."""
    decoder, rest = json.JSONDecoder(object_pairs_hook=_Pairs), header.strip()
    while rest:
        try:
            document, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            return
        if isinstance(document, _Pairs):
            yield document
        rest = rest[end:].lstrip(" ,")


def _usage(bucket: str, pairs: _Pairs, now: datetime) -> Usage:
    values = [_amount(value) for name, value in pairs if name in _PERCENTAGES]
    waits = [_amount(value) for name, value in pairs if name == "estimated_time_to_regain_access"]
    minutes = min(max(waits, default=0.0), LONGEST_WAIT.total_seconds() / 60)
    until = now + timedelta(minutes=minutes) if minutes > 0 else None
    return Usage(bucket, max(values, default=0.0), until)


def _amount(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return number if math.isfinite(number) and number > 0 else 0.0


def _retry_after(value: str, now: datetime) -> datetime:
    """Seconds or an HTTP date; five minutes where it is neither or lies behind us."""
    if value.isascii() and value.isdigit() and len(value) < 10:
        wait = timedelta(seconds=int(value))
    else:
        try:
            date_said = parsedate_to_datetime(value)
        except (ValueError, TypeError, IndexError):
            return now + WAIT_WHEN_UNTOLD
        wait = (date_said if date_said.tzinfo else date_said.replace(tzinfo=UTC)) - now
    return now + (min(wait, LONGEST_WAIT) if wait > timedelta(0) else WAIT_WHEN_UNTOLD)
