"""Items of `messaging` and `standby`: what happens in a page's Messenger conversations."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.contract import (
    Attachment,
    Author,
    Edited,
    Inbound,
    Kind,
    Notice,
    NoticeKind,
    Post,
    Reacted,
    Receipt,
    Removed,
)
from connectors.meta.attachments import placeholder, read_attachments
from connectors.meta.reading import Entry
from connectors.reading import (
    MAX_APP_ID,
    MAX_MID,
    Unfit,
    as_object,
    flag,
    ident,
    label,
    need,
    person,
    point_in_time,
    title,
    words,
)

CHANNEL = "messenger"
UNNAMED_OWNER = "unknown"
AROUND = frozenset({"sender", "recipient", "timestamp", "prior_message"})
REFERRAL_FACTS = ("ref", "source", "type", "ad_id", "referer_uri")
OPT_IN_FACTS = ("ref", "user_ref", "type", "title")


@dataclass(frozen=True, slots=True)
class Item:
    """One item; `lane` is messaging or standby."""

    entry: Entry
    lane: str
    value: Mapping[str, Any]

    @property
    def account(self) -> str:
        return self.entry.account

    @property
    def customer(self) -> str:
        """The participant that is not the page; where neither is, whoever the page would answer. "" if nobody.

        Old echoes do not swap sender and recipient, so the direction alone says nothing.
        """
        pair = [ident(as_object(self.value.get(side)).get("id")) for side in ("sender", "recipient")]
        if flag(as_object(self.value.get("message")).get("is_echo")):
            pair.reverse()
        return next((one for one in pair if one and one != self.account), "")

    @property
    def thread_id(self) -> str:
        if not self.customer:
            raise Unfit("no customer is named")
        return self.customer

    def moment(self) -> tuple[datetime, bool]:
        return self.entry.moment(self.value.get("timestamp"))

    @property
    def at(self) -> datetime:
        return self.moment()[0]

    def raw_kind(self, event: str) -> str:
        return label(self.lane, event)


def events_of(value: Mapping[str, Any]) -> list[str]:
    """The names of an item's events, normally one; without a known one the first unknown, or "" for nothing."""
    known = [event for event in READERS if event in value]
    return known or [next((name for name in value if name not in AROUND), "")]


def read_event(item: Item, event: str) -> Iterator[Inbound]:
    """What one event of an item means; Unfit where nothing."""
    if event not in READERS:
        raise Unfit("we have no meaning for this event" if event else "no event")
    yield from READERS[event](item, event)


def _message(item: Item, event: str) -> Iterator[Inbound]:
    message = as_object(item.value.get(event))
    mid = need(message, "mid", longest=MAX_MID)
    if flag(message.get("is_deleted")):
        yield Removed(CHANNEL, item.account, mid, item.at, item.raw_kind(event))
        return
    parent = ident(as_object(message.get("reply_to")).get("mid"), MAX_MID)
    text = words(message.get("text")) or words(as_object(message.get("quick_reply")).get("payload"))
    attachments = read_attachments(message)
    yield _post(item, event, mid, text, attachments, parent_id=parent, message=message)
    yield from _nested_referral(item, message)


def _post(
    item: Item,
    event: str,
    external_id: str,
    text: str,
    attachments: tuple[Attachment, ...] = (),
    *,
    parent_id: str = "",
    message: Mapping[str, Any] | None = None,
) -> Post:
    message = message or {}
    ours = flag(message.get("is_echo"))
    created_at, dated = item.moment()
    if not text.strip() and not attachments:
        attachments = (placeholder("unsupported" if flag(message.get("is_unsupported")) else event),)
    return Post(
        CHANNEL,
        item.account,
        external_id,
        Kind.DIRECT,
        item.thread_id,
        None if ours else Author(item.thread_id),
        text,
        created_at,
        parent_id,
        attachments,
        ours=ours,
        token=title(message.get("metadata")) if ours else "",
        app_id=ident(message.get("app_id"), MAX_APP_ID) if ours else "",
        standby=item.lane == "standby",
        dated=dated,
        raw_kind=item.raw_kind("echo" if ours else event),
    )


def _message_edit(item: Item, event: str) -> Iterator[Inbound]:
    edit = as_object(item.value.get(event))
    mid = need(edit, "mid", longest=MAX_MID)
    if not isinstance(edit.get("text"), str):
        raise Unfit("an edit without the new words")
    yield Edited(CHANNEL, item.account, mid, words(edit["text"]), item.at, item.raw_kind(event))


def _reaction(item: Item, event: str) -> Iterator[Inbound]:
    reaction = as_object(item.value.get(event))
    mid = need(reaction, "mid", longest=MAX_MID)
    action = words(reaction.get("action"))
    if action not in ("react", "unreact"):
        raise Unfit("neither react nor unreact")
    feeling = title(reaction.get("emoji")) or title(reaction.get("reaction"))
    by = person(as_object(item.value.get("sender")).get("id"))
    yield Reacted(CHANNEL, item.account, mid, by, feeling, action == "react", item.at, item.raw_kind(event))


def _postback(item: Item, event: str) -> Iterator[Inbound]:
    """A pressed button counts as a message of the customer. On standby it comes without its payload."""
    postback = as_object(item.value.get(event))
    payload = words(postback.get("payload"))
    text = words(postback.get("title")) or payload
    external_id = ident(postback.get("mid"), MAX_MID) or _made_up_id(item, payload or text)
    yield _post(item, event, external_id, text)
    yield from _nested_referral(item, postback)


def _made_up_id(item: Item, payload: str) -> str:
    """The same for every delivery of one press: postbacks had no id before Graph 11."""
    stamp = ident(item.value.get("timestamp")) or ident(item.entry.time)
    digest = hashlib.sha256(payload.encode()).hexdigest()[:12]
    return f"postback:{item.thread_id}:{stamp[:20]}:{digest}"


def _receipt(item: Item, event: str) -> Iterator[Inbound]:
    """Messenger names a moment (in milliseconds), Instagram one message, a delivery often both."""
    said = as_object(item.value.get(event))
    until = point_in_time(said.get("watermark"), item.entry.received_at)
    listed = said.get("mids")
    mids = [*(listed if isinstance(listed, list) else []), said.get("mid")]
    named = tuple(found for one in mids if (found := ident(one, MAX_MID)))
    if until is None and not named:
        raise Unfit("neither a watermark nor a message")
    at = item.at if "timestamp" in item.value or until is None else until
    yield Receipt(CHANNEL, item.account, item.thread_id, event == "read", at, until, named, item.raw_kind(event))


def _nested_referral(item: Item, holder: Mapping[str, Any]) -> Iterator[Inbound]:
    if isinstance(holder.get("referral"), dict):
        yield _notice(item, NoticeKind.REFERRAL, _referral_facts(holder["referral"]), "referral")


def _referral(item: Item, event: str) -> Iterator[Inbound]:
    yield _notice(item, NoticeKind.REFERRAL, _referral_facts(as_object(item.value.get(event))), event)


def _referral_facts(referral: Mapping[str, Any]) -> dict[str, str]:
    facts = _facts(referral, REFERRAL_FACTS)
    ad, product = as_object(referral.get("ads_context_data")), as_object(referral.get("product"))
    return facts | _facts(ad, ("ad_title", "post_id")) | _facts({"product_id": product.get("id")}, ("product_id",))


def _optin(item: Item, event: str) -> Iterator[Inbound]:
    yield _notice(item, NoticeKind.OPT_IN, _facts(as_object(item.value.get(event)), OPT_IN_FACTS), event)


def _account_linking(item: Item, event: str) -> Iterator[Inbound]:
    """The authorization code stays out: it is a credential."""
    facts = _facts(as_object(item.value.get(event)), ("status",))
    yield _notice(item, NoticeKind.ACCOUNT_LINKING, facts, event)


def _message_request(item: Item, event: str) -> Iterator[Inbound]:
    yield _notice(item, NoticeKind.OTHER, _facts(item.value, (event,)), event)


def _policy(item: Item, event: str) -> Iterator[Inbound]:
    facts = _facts(as_object(item.value.get(event)), ("action", "reason"))
    if "action" not in facts:
        raise Unfit("a policy notice without an action")
    yield _notice(item, NoticeKind.POLICY, {"reason": "", **facts}, event)


def _pass_thread(item: Item, event: str) -> Iterator[Inbound]:
    yield _handover(item, event, unnamed="")


def _take_thread(item: Item, event: str) -> Iterator[Inbound]:
    """Who took it is often left out; somebody has it all the same."""
    yield _handover(item, event, unnamed=UNNAMED_OWNER)


def _handover(item: Item, event: str, unnamed: str) -> Notice:
    control = as_object(item.value.get(event))
    data = {"owner": ident(control.get("new_owner_app_id"), MAX_APP_ID) or unnamed}
    if previous := ident(control.get("previous_owner_app_id"), MAX_APP_ID):
        data["previous_owner"] = previous
    return _notice(item, NoticeKind.HANDOVER, data, event)


def _request_thread(item: Item, event: str) -> Iterator[Inbound]:
    asking = ident(as_object(item.value.get(event)).get("requested_owner_app_id"), MAX_APP_ID)
    yield _notice(item, NoticeKind.HANDOVER, {"requested_by": asking}, event)


def _app_roles(item: Item, event: str) -> Iterator[Inbound]:
    roles = as_object(item.value.get(event))
    said = "; ".join(
        f"{app}: {', '.join(title(role) for role in held)}" for app, held in roles.items() if isinstance(held, list)
    )
    yield _notice(item, NoticeKind.HANDOVER, {"roles": title(said)}, event)


def _facts(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """Those of the names that hold words or numbers, as short strings."""
    found = {name: title(values.get(name)) or ident(values.get(name)) for name in names}
    return {name: value for name, value in found.items() if value}


def _notice(item: Item, kind: NoticeKind, data: dict[str, str], event: str) -> Notice:
    return Notice(CHANNEL, item.account, kind, item.at, item.customer, data, item.raw_kind(event))


READERS: dict[str, Callable[[Item, str], Iterator[Inbound]]] = {
    "message": _message,
    "message_edit": _message_edit,
    "postback": _postback,
    "reaction": _reaction,
    "delivery": _receipt,
    "read": _receipt,
    "referral": _referral,
    "optin": _optin,
    "account_linking": _account_linking,
    "message_request": _message_request,
    "policy_enforcement": _policy,
    "policy-enforcement": _policy,
    "pass_thread_control": _pass_thread,
    "take_thread_control": _take_thread,
    "request_thread_control": _request_thread,
    "app_roles": _app_roles,
}
