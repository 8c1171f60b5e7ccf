"""What a delivery holds, in either dialect: X Activity (one event), Account Activity (lists), and what we polled."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from connectors.contract import Inbound, Notice, NoticeKind, Removed, Unknown, Unreadable
from connectors.reading import Unfit, as_object, label, point_in_time, words
from connectors.twitter import direct
from connectors.twitter.posts import CHANNEL, Told, by_id, need_number, number, read_post, told_with

Reader = Callable[[Told, Mapping[str, Any]], Iterator[Inbound]]

SUMMONING = {"post.mention.create": "mention", "post.quote.create": "quote"}
WITH_WORDS = frozenset({"post.create", "post.reply.create", *SUMMONING})
DIRECT: Mapping[str, Reader] = {
    "direct_message_events": direct.read_message,
    "direct_message_mark_read_events": direct.read_receipt,
    "direct_message_indicate_typing_events": direct.read_typing,
}
BESIDE = frozenset({"for_user_id", "users", "apps", "user_has_blocked", "is_blocked_by"})
DEFECTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def read_delivery(body: bytes, received_at: datetime) -> list[Inbound]:
    """All records of a delivery. Unreadable for what is none of X's."""
    said = open_body(body)
    if "polled" in said:
        return list(_polled(as_object(said["polled"]), received_at))
    data = as_object(said.get("data"))
    if "event_type" in data:
        return list(_activity(data, received_at))
    if "replay_job_status" in said:
        state = as_object(said["replay_job_status"]).get("job_state")
        return [Unknown(CHANNEL, "", label("replay_job_status", state), "a replay of webhooks ended")]
    if "user_event" in said:
        return list(_user_event(as_object(said["user_event"]), received_at))
    if "for_user_id" in said:
        return list(_account_activity(said, received_at))
    if "matching_rules" in said and data:
        return [Unknown(CHANNEL, "", "filtered_stream", "a stream's hit names no account")]
    raise Unreadable("no event of X's")


def open_body(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {type(error).__name__}") from None
    if not isinstance(said, dict):
        raise Unreadable("not an object")
    return said


# ---------------------------------------------------------------- X Activity


def _activity(data: Mapping[str, Any], received_at: datetime) -> Iterator[Inbound]:
    kind, payload = words(data.get("event_type")), as_object(data.get("payload"))
    account = number(as_object(data.get("filter")).get("user_id"))
    if kind == "oauth.revoke":
        account = number(payload.get("user_id"))
    what = label(kind)
    if not account:
        yield Unknown(CHANNEL, "", what, "the event names no account")
        return
    told = told_with(Told(account, received_at, kind[:60], summons=SUMMONING.get(kind, "")), data.get("includes"))
    yield from _activity_event(told, kind, payload, what)


def _activity_event(told: Told, kind: str, payload: Mapping[str, Any], what: str) -> Iterator[Inbound]:
    if kind in WITH_WORDS:
        yield from _guarded(partial(read_post, told, payload), told.account, what)
    elif kind == "post.delete":
        yield from _guarded(partial(_removed, told, payload, None), told.account, what)
    elif kind.startswith("dm."):
        yield from _older_lists(told, payload, DIRECT, what)
    elif kind in ("chat.received", "chat.sent"):
        yield from _guarded(partial(direct.read_encrypted, told, payload), told.account, what)
    elif kind == "oauth.revoke":
        yield _revoked(told.account, payload.get("date_time"), told.received_at, kind)
    else:
        yield Unknown(CHANNEL, told.account, what, "no meaning for customer care")


# ---------------------------------------------------------------- Account Activity


def _account_activity(said: Mapping[str, Any], received_at: datetime) -> Iterator[Inbound]:
    account = number(said.get("for_user_id"))
    if not account:
        yield Unknown(CHANNEL, "", "account_activity", "the delivery names no account")
        return
    told = Told(account, received_at, "", users=by_id(said.get("users")))
    readers: Mapping[str, Reader] = {
        "tweet_create_events": read_post,
        "tweet_delete_events": _removed_older,
        **DIRECT,
    }
    yield from _older_lists(told, {name: said[name] for name in said if name not in BESIDE}, readers, "")


def _older_lists(told: Told, lists: Mapping[str, Any], readers: Mapping[str, Reader], what: str) -> Iterator[Inbound]:
    """Every element of every list."""
    users = {**told.users, **by_id(lists.get("users"))}
    names = [name for name in lists if name not in BESIDE]
    if not names:
        yield Unknown(CHANNEL, told.account, what or "account_activity", "the event holds nothing")
    for name in names:
        reader, kind = readers.get(name), (what or label(name))
        for item in lists[name] if isinstance(lists[name], list) else [lists[name]]:
            if reader is None:
                yield Unknown(CHANNEL, told.account, label(name), "no meaning for customer care")
            elif not isinstance(item, dict):
                yield Unknown(CHANNEL, told.account, label(name), "the item is not an object")
            else:
                one = Told(told.account, told.received_at, (told.raw_kind or kind)[:60], users)
                yield from _guarded(partial(reader, one, item), told.account, label(kind))


def _user_event(event: Mapping[str, Any], received_at: datetime) -> Iterator[Inbound]:
    revoke = as_object(event.get("revoke"))
    account = number(as_object(revoke.get("source")).get("user_id"))
    if account:
        yield _revoked(account, revoke.get("date_time"), received_at, "user_event.revoke")
    else:
        yield Unknown(CHANNEL, "", "user_event", "the event names no account")


# ---------------------------------------------------------------- what we asked for ourselves


def _polled(polled: Mapping[str, Any], received_at: datetime) -> Iterator[Inbound]:
    account, what = number(polled.get("for_user_id")), label("poll", polled.get("how"))
    if not account:
        yield Unknown(CHANNEL, "", what, "the delivery names no account")
        return
    told = told_with(Told(account, received_at, what[:60], index=polled.get("index") is True), polled.get("includes"))
    event = as_object(polled.get("event"))
    if event:
        yield from _guarded(partial(direct.read_event, told, event), account, what)
    else:
        yield from _guarded(partial(read_post, told, as_object(polled.get("post"))), account, what)


# ---------------------------------------------------------------- shared


def _removed(told: Told, payload: Mapping[str, Any], at: Any) -> Iterator[Inbound]:
    when = point_in_time(at, told.received_at) or told.received_at
    yield Removed(CHANNEL, told.account, need_number(payload, "id"), min(when, told.received_at), told.raw_kind)


def _removed_older(told: Told, item: Mapping[str, Any]) -> Iterator[Inbound]:
    return _removed(told, as_object(item.get("status")), item.get("timestamp_ms"))


def _revoked(account: str, at: Any, received_at: datetime, kind: str) -> Notice:
    when = point_in_time(at, received_at) or received_at
    return Notice(CHANNEL, account, NoticeKind.REVOKED, when, data={"action": "revoked"}, raw_kind=kind)


def _guarded(read: Callable[[], Iterator[Inbound]], account: str, what: str) -> list[Inbound]:
    """What an item means, or an Unknown that says why it means nothing to us. It costs no other item anything."""
    try:
        return list(read())
    except Unfit as error:
        return [Unknown(CHANNEL, account, what, str(error))]
    except DEFECTS as error:
        return [Unknown(CHANNEL, account, what, f"our reader failed: {type(error).__name__}")]
