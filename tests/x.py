"""X's payloads, as its webhooks would carry them; for tests that are not about parsing."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from connectors.twitter.backfill import snowflake

BRAND = "1500000000000000017"
AMELIE, KARIM = "1600000000000000021", "1600000000000000022"
NAMES = {AMELIE: ("Amélie Petit", "amelie"), KARIM: ("Karim Haddad", "karim_h"), BRAND: ("Acme", "acme")}
SECRET = "the consumer secret of acme"
_numbers = itertools.count(1)


def new_id(at: datetime | None = None) -> str:
    return str(int(snowflake(at or datetime.now(UTC))) + next(_numbers))


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def user(external_id: str, **more: Any) -> dict[str, Any]:
    name, handle = NAMES.get(external_id, (f"Person {external_id}", f"p{external_id}"[:15]))
    return {"id": external_id, "name": name, "username": handle, "protected": False, **more}


def post(
    text: str = "@acme where is my parcel?",
    *,
    who: str = AMELIE,
    id: str = "",
    to: str = "",
    conversation: str = "",
    at: datetime | None = None,
    history: tuple[str, ...] = (),
    **more: Any,
) -> dict[str, Any]:
    written = at or datetime.now(UTC)
    id = id or new_id(written)
    named = [{"username": "acme", "id": BRAND, "start": 0, "end": 5}] if "@acme" in text else []
    said = {
        "id": id,
        "author_id": who,
        "text": text,
        "created_at": iso(written),
        "conversation_id": conversation or to or id,
        "edit_history_tweet_ids": list(history or (id,)),
        "reply_settings": "everyone",
        "entities": {"mentions": named},
        **more,
    }
    return said | ({"referenced_tweets": [{"type": "replied_to", "id": to}]} if to else {})


def event(
    kind: str, payload: dict[str, Any], *, account: str = BRAND, people: bool = True, **more: Any
) -> dict[str, Any]:
    data = {"event_uuid": f"-{next(_numbers)}", "filter": {"user_id": account}, "event_type": kind, "payload": payload}
    if people and "author_id" in payload:
        data["includes"] = {"users": [user(payload["author_id"], **more)]}
    return {"data": data}


def mention(text: str = "@acme where is my parcel?", **more: Any) -> dict[str, Any]:
    return event("post.mention.create", post(text, **more))


def own(text: str, **more: Any) -> dict[str, Any]:
    return event("post.create", post(text, who=BRAND, **more))


def direct(
    text: str = "Hello?", *, who: str = AMELIE, id: str = "", at: datetime | None = None, **more: Any
) -> dict[str, Any]:
    return event("dm.received", {"direct_message_events": [message(text, who, BRAND, id, at, **more)]})


def echo(text: str, *, to: str = AMELIE, id: str = "", at: datetime | None = None, **more: Any) -> dict[str, Any]:
    return event("dm.sent", {"direct_message_events": [message(text, BRAND, to, id, at, **more)]})


def message(
    text: str, sender: str, recipient: str, id: str = "", at: datetime | None = None, app: str = "", **data: Any
) -> dict[str, Any]:
    written = at or datetime.now(UTC)
    create = {"target": {"recipient_id": recipient}, "sender_id": sender, "message_data": {"text": text, **data}}
    create |= {"source_app_id": app} if app else {}
    stamp = str(int(written.timestamp() * 1000))
    return {"type": "message_create", "id": id or new_id(written), "created_timestamp": stamp, "message_create": create}
