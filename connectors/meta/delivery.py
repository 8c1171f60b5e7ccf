"""A delivery: entries of several pages, items of several kinds. Every item gets its say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from connectors.contract import Inbound, Unknown, Unreadable
from connectors.meta import feed, messaging
from connectors.meta.reading import Entry
from connectors.reading import Unfit, as_object, ident, label

LANES = ("changes", "messaging", "standby")
CHANNELS = {"page": "facebook", "instagram": "instagram", "whatsapp_business_account": "whatsapp"}
MESSAGING_FIELDS = frozenset(
    {
        "messages",
        "message_edits",
        "message_echoes",
        "message_deliveries",
        "message_reads",
        "message_reactions",
        "messaging_postbacks",
        "messaging_referrals",
        "messaging_optins",
        "messaging_handovers",
        "messaging_policy_enforcement",
        "messaging_account_linking",
        "standby",
    }
)
DEFECTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def open_envelope(body: bytes) -> tuple[str, list[Any]]:
    """The object a delivery is about, and its entries. Unreadable for anything but Meta's envelope."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {type(error).__name__}") from None
    if not isinstance(said, dict):
        raise Unreadable("not an object")
    if not isinstance(said.get("entry"), list):
        raise Unreadable("no list of entries")
    return label(said.get("object")), said["entry"]


def read_entry(about: str, entry: Any, received_at: datetime) -> Iterator[Inbound]:
    """All records of one entry; `about` is the delivery's object."""
    if not isinstance(entry, dict):
        yield _unknown(about, "", label(about, "entry"), "the entry is not an object")
        return
    shared = Entry(ident(entry.get("id")), entry.get("time"), received_at)
    lanes = [lane for lane in LANES if lane in entry]
    if not lanes:
        what = "changed_fields" if "changed_fields" in entry else "entry"
        yield _unknown(about, shared.account, label(about, what), "the entry holds no items")
    for lane in lanes:
        items = entry[lane]
        if not isinstance(items, list):
            yield _unknown(about, shared.account, label(about, lane), "not a list of items")
            continue
        for item in items:
            yield from _read_item(about, shared, lane, item)


def _read_item(about: str, entry: Entry, lane: str, item: Any) -> Iterator[Inbound]:
    if about != "page":
        field = as_object(item).get("field") if lane == "changes" else lane
        yield _unknown(about, entry.account, label(about, field or lane), "we have no channel for this object")
    elif not isinstance(item, dict):
        yield _unknown(about, entry.account, label(lane, "item"), "the item is not an object")
    elif not entry.account:
        yield Unknown("", "", label(lane, "item"), "the entry names no page")
    elif lane == "changes":
        yield from _read_change(entry, label(item.get("field")), as_object(item.get("value")))
    else:
        yield from _read_messaging(entry, lane, item)


def _read_change(entry: Entry, field: str, value: Mapping[str, Any]) -> Iterator[Inbound]:
    """One change. The dashboard's test buttons wrap conversations into changes as well."""
    if field in MESSAGING_FIELDS:
        yield from _read_messaging(entry, "standby" if field == "standby" else "messaging", value)
        return
    change = feed.Change(entry, field, value)
    yield from _guarded(partial(feed.read_change, change), feed.CHANNEL, entry.account, change.raw_kind)


def _read_messaging(entry: Entry, lane: str, value: Mapping[str, Any]) -> Iterator[Inbound]:
    item = messaging.Item(entry, lane, value)
    for event in messaging.events_of(value):
        read = partial(messaging.read_event, item, event)
        yield from _guarded(read, messaging.CHANNEL, entry.account, label(lane, event or "empty"))


def _guarded(read: Callable[[], Iterator[Inbound]], channel: str, account: str, what: str) -> list[Inbound]:
    """What an item means, or an Unknown that says why it means nothing to us.

    A defect of ours costs this item only: the others of the delivery may be other tenants'.
    """
    try:
        return list(read())
    except Unfit as error:
        return [Unknown(channel, account, what, str(error))]
    except DEFECTS as error:
        return [Unknown(channel, account, what, f"our reader failed: {type(error).__name__}")]


def _unknown(about: str, account: str, what: str, reason: str) -> Unknown:
    return Unknown(CHANNELS.get(about, ""), account, what, reason)
