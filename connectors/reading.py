"""Tolerant readers of single values: what platforms send is loosely typed and changes without notice.

None of them raises on a strange value, except `need`, which raises `Unfit`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import Author

EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
MILLISECONDS_FROM = 10**12
MAX_ID = 200
MAX_MID = 250
MAX_APP_ID = 40
MAX_NAME = 200
MAX_TITLE = 300
MAX_LABEL = 60
MAX_URL = 4000
MAX_PERMALINK = 1000

# Signs that turn the direction of what follows them: in a name they make another name of it.
_TURNS = "\u202a-\u202e\u2066-\u2069"
_TURN = re.compile(f"[{_TURNS}]")
_LINK = re.compile(rf"https?://[^\s\x00-\x1f<>\"{_TURNS}]+", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,18}(\.\d{1,9})?", re.ASCII)
_NOT_LABEL = re.compile(r"[^a-z0-9_./-]+")


class Unfit(Exception):
    """An item lacks what it would need to mean something; the text says what."""


def as_object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """A list as it is, a lone object as a list of one, anything else as nothing."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def clean(text: str) -> str:
    """NFC, without NUL and without half surrogates: PostgreSQL takes neither."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        text = unicodedata.normalize("NFC", text)
    return text.replace("\x00", "")


def words(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def title(value: Any) -> str:
    """Words on one line, cut where they are longer than a title, and without signs that turn their direction."""
    return " ".join(_TURN.sub("", words(value)).split())[:MAX_TITLE]


def isolated(text: str) -> str:
    """Text whose signs of direction end with their line at the latest, so that nothing around it is turned."""
    return "\n".join(_closed(line) for line in text.split("\n")) if _TURN.search(text) else text


def _closed(line: str) -> str:
    open_ones: list[str] = []
    for sign in _TURN.findall(line):
        if sign in "\u202c\u2069":
            if open_ones and open_ones[-1] == sign:
                open_ones.pop()
        else:
            open_ones.append("\u2069" if sign >= "\u2066" else "\u202c")
    return line + "".join(reversed(open_ones))


def ident(value: Any, longest: int = MAX_ID) -> str:
    """An id as a string, "" where there is none or it is too long to be one.

    Fractions are none either: their digits are lost already.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    text = clean(str(value)).strip()
    return text if len(text) <= longest else ""


def need(values: Mapping[str, Any], *names: str, longest: int = MAX_ID) -> str:
    """The id under the first of the names that has one."""
    for name in names:
        if found := ident(values.get(name), longest):
            return found
    raise Unfit(f"no {names[0]}")


def flag(value: Any) -> bool:
    return value in (True, 1, "1", "true", "True")


def link(value: Any, longest: int = MAX_URL) -> str:
    """A web address, or "": other schemes never reach a screen."""
    text = words(value).strip()
    return text if len(text) <= longest and _LINK.fullmatch(text) else ""


def degrees(value: Any, limit: float) -> float | None:
    """Latitude or longitude, as a number or a string; None outside ±limit."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) <= limit else None


def point_in_time(value: Any, received_at: datetime) -> datetime | None:
    """An instant from seconds, milliseconds, either as a string, or ISO 8601.

    None for what is no time, lies before 2010 or more than a day after the receipt.
    """
    found = _from_text(value) if isinstance(value, str) else _from_number(value)
    if found is None or not EARLIEST <= found <= received_at + timedelta(days=1):
        return None
    return found.astimezone(UTC)


def _from_number(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**15:
        return None
    milliseconds = value if value >= MILLISECONDS_FROM else value * 1000
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)


def _from_text(value: str) -> datetime | None:
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return _from_number(float(text) if "." in text else int(text))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def person(external_id: Any, name: Any = "") -> Author | None:
    """Somebody with an id; None without one, because a name alone identifies nobody."""
    found = ident(external_id)
    return Author(found, title(name)[:MAX_NAME]) if found else None


def label(*parts: Any) -> str:
    """A short name for counting, from words of the payload: never long, never odd characters."""
    cleaned = (_NOT_LABEL.sub("_", words(part).lower())[:MAX_LABEL] for part in parts)
    return "/".join(part for part in cleaned if part)[:MAX_LABEL] or "unnamed"
