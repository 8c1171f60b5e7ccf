"""What a poll found, as bodies of deliveries: the same thing found twice gives the same bytes.

A body is a JSON object: {"blog": 1, "channel", "account", and one of "comment", "entry", "mention"}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.contract import Account

MARK = "blog"
# Of a comment what is read; the rest changes between two looks and would make each one news.
COMMENT = (
    "id",
    "post",
    "parent",
    "author",
    "author_name",
    "author_email",
    "author_url",
    "date_gmt",
    "link",
    "status",
    "type",
)


def body(account: Account, **what: Any) -> bytes:
    said = {MARK: 1, "channel": account.channel, "account": account.external_id, **what}
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def comment(given: Mapping[str, Any]) -> dict[str, Any]:
    """The lasting part of a comment as WordPress gives it."""
    kept = {name: given[name] for name in COMMENT if name in given}
    content = given.get("content")
    if isinstance(content, Mapping):
        kept["content"] = {name: content[name] for name in ("raw", "rendered") if name in content}
    return kept
