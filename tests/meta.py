"""Meta's payloads, as its webhooks would carry them; for tests that are not about parsing."""

from __future__ import annotations

import itertools
import time
from datetime import datetime
from typing import Any

from tests.conftest import PAGE

_numbers = itertools.count(1000)
POST = f"{PAGE}_700"


def seconds(at: datetime | None = None) -> int:
    return int(at.timestamp() if at else time.time())


def change(
    value: dict[str, Any], *, field: str = "feed", page: str = PAGE, at: datetime | None = None
) -> dict[str, Any]:
    entry = {"id": page, "time": seconds(at), "changes": [{"field": field, "value": value}]}
    return {"object": "page", "entry": [entry]}


def comment(
    text: str = "Where is my order?",
    *,
    who: str = "3001",
    name: str = "Amélie Petit",
    comment_id: str = "",
    parent: str = POST,
    verb: str = "add",
    at: datetime | None = None,
    page: str = PAGE,
    **more: Any,
) -> dict[str, Any]:
    value = {
        "item": "comment",
        "verb": verb,
        "from": {"id": who, "name": name},
        "post_id": POST,
        "parent_id": parent,
        "comment_id": comment_id or f"700_{next(_numbers)}",
        "message": text,
        "created_time": seconds(at),
        **more,
    }
    return change(value, page=page, at=at)


def direct(
    text: str = "Hello?",
    *,
    who: str = "4001",
    mid: str = "",
    at: datetime | None = None,
    page: str = PAGE,
    **message: Any,
) -> dict[str, Any]:
    said = {"mid": mid or f"m_{next(_numbers)}", "text": text, **message}
    return messaging({"message": said}, who=who, at=at, page=page)


def echo(text: str, *, to: str = "4001", mid: str, at: datetime | None = None, **message: Any) -> dict[str, Any]:
    said = {"mid": mid, "text": text, "is_echo": True, **message}
    when = int((at.timestamp() if at else time.time()) * 1000)
    item = {"sender": {"id": PAGE}, "recipient": {"id": to}, "timestamp": when, "message": said}
    return {"object": "page", "entry": [{"id": PAGE, "time": when, "messaging": [item]}]}


def messaging(
    what: dict[str, Any], *, who: str = "4001", at: datetime | None = None, page: str = PAGE, standby: bool = False
) -> dict[str, Any]:
    when = int(at.timestamp() * 1000) if at else int(time.time() * 1000)
    item = {"sender": {"id": who}, "recipient": {"id": page}, "timestamp": when, **what}
    return {"object": "page", "entry": [{"id": page, "time": when, "standby" if standby else "messaging": [item]}]}
