"""How Graph shows its objects: which fields they have, how fields are asked for, and lists with cursors."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from connectors.meta.simulator.refusals import invalid

DEFAULT_LIMIT, MOST = 25, 100
_NAME = re.compile(r"([a-z_]+)")
_MODIFIER = re.compile(r"\.([a-z_]+)\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Field:
    """`comments.limit(5){id,message}`: a name, its modifiers, and the fields wanted of what it holds."""

    name: str
    modifiers: Mapping[str, str] = field(default_factory=dict)
    inner: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """An object: what Graph calls its type, its fields (values, or calls for costly ones), those given unasked."""

    type: str
    values: Mapping[str, Any]
    unasked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """A list below an object. `items` picks by modifiers; `dated` lists can be cut by since and until."""

    path: str
    items: Callable[[Mapping[str, str]], Sequence[Any]]
    show: Callable[[Any], Node]
    key: Callable[[Any], str]
    dated: Callable[[Any], datetime] | None = None


def iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def parse_fields(text: str) -> tuple[Field, ...]:
    """Raises Refusal for what is no list of fields."""
    fields, rest = _fields(text.strip())
    if rest:
        raise invalid(f"Syntax error in fields near {rest[:20]!r}")
    return fields


def shown(node: Node, fields: Sequence[Field], base: str) -> dict[str, Any]:
    """An object with the fields asked for. Raises Refusal for a field that its type does not have."""
    wanted = list(fields) or [Field(name) for name in node.unasked]
    found: dict[str, Any] = {}
    for each in wanted:
        if each.name not in node.values:
            raise invalid(f"Tried accessing nonexisting field ({each.name}) on node type ({node.type})")
        value = node.values[each.name]
        value = value() if callable(value) else value
        if isinstance(value, Edge):
            value = listed(value, each.modifiers, each.inner, base)
        elif each.inner and isinstance(value, dict) and "data" not in value:
            value = {inner.name: value[inner.name] for inner in each.inner if inner.name in value}
        if value is not None:
            found[each.name] = value
    if "id" in node.values:
        found.setdefault("id", node.values["id"])
    return found


def listed(edge: Edge, modifiers: Mapping[str, str], fields: Sequence[Field], base: str) -> dict[str, Any]:
    """One page of a list with its cursors. `base` begins the URL of the next page, and names the token as Meta does."""
    items = _between(edge, list(edge.items(modifiers)), modifiers)
    keys = [edge.key(item) for item in items]
    first = _position(keys, modifiers.get("after", "")) + 1 if modifiers.get("after") else 0
    limit = _limit(modifiers.get("limit", ""))
    page = items[first : first + limit]
    answer: dict[str, Any] = {"data": [shown(edge.show(item), fields, base) for item in page]}
    if page:
        before, after = _cursor(edge.key(page[0])), _cursor(edge.key(page[-1]))
        answer["paging"] = {"cursors": {"before": before, "after": after}}
        if first + limit < len(items):
            address, _, token = base.partition("?")
            kept = {name: value for name, value in modifiers.items() if name in ("filter", "order", "since", "until")}
            query = urlencode({**kept, "limit": limit, "after": after})
            answer["paging"]["next"] = f"{address}/{edge.path}?{token}&{query}"
    return answer


def _fields(text: str) -> tuple[tuple[Field, ...], str]:
    found = []
    while name := _NAME.match(bare := text.lstrip()):
        text, modifiers = bare[name.end() :], {}
        while modifier := _MODIFIER.match(text):
            modifiers[modifier[1]], text = modifier[2], text[modifier.end() :]
        inner: tuple[Field, ...] = ()
        if text.startswith("{"):
            inner, text = _fields(text[1:])
            if not text.startswith("}"):
                raise invalid("Syntax error in fields: a brace is not closed")
            text = text[1:]
        found.append(Field(name[1], modifiers, inner))
        if not text.startswith(","):
            break
        text = text[1:]
    return tuple(found), text.strip()


def _between(edge: Edge, items: list[Any], modifiers: Mapping[str, str]) -> list[Any]:
    since, until = _moment(modifiers.get("since", "")), _moment(modifiers.get("until", ""))
    if not (since or until):
        return items
    if not edge.dated:
        raise invalid("Time-based pagination is not available for this endpoint")
    dated = edge.dated
    return [item for item in items if (not since or dated(item) >= since) and (not until or dated(item) <= until)]


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise invalid("since and until must be dates") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    if not text.isdigit() or not 0 < int(text) <= MOST:
        raise invalid(f"Param limit must be a number from 1 to {MOST}")
    return int(text)


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _position(keys: list[str], cursor: str) -> int:
    try:
        return keys.index(base64.urlsafe_b64decode(cursor).decode())
    except (ValueError, binascii.Error):
        raise invalid("Invalid cursors values") from None
