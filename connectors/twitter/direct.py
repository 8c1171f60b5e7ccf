"""Direct messages: of the webhooks, which carry the older shape, and as API v2 lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.contract import Attachment, Inbound, Kind, Notice, NoticeKind, Post, Reason, Receipt
from connectors.reading import Unfit, as_list, as_object, ident, point_in_time, title, words
from connectors.twitter.posts import (
    CHANNEL,
    SITE,
    Told,
    as_list_of_ids,
    media_attachment,
    need_number,
    number,
    snowflake_time,
    unescaped,
)

GROUP = "group:"
CHAT = "chat:"


def read_message(told: Told, item: Mapping[str, Any]) -> Iterator[Inbound]:
    """A message between two; webhooks carry no others."""
    create = as_object(item.get("message_create"))
    if not create:
        raise Unfit("no message_create")
    external_id, sender = need_number(item, "id"), need_number(create, "sender_id")
    recipient = need_number(as_object(create.get("target")), "recipient_id")
    if told.account not in (sender, recipient):
        raise Unfit("neither written by this account nor to it")
    data = as_object(create.get("message_data"))
    attachments = _attachments(as_object(data.get("attachment")))
    text = unescaped(words(data.get("text")), as_object(data.get("entities")))
    for media in map(as_object, _media(as_object(data.get("attachment")))):
        if short := words(media.get("url")):
            text = text.removesuffix(short).rstrip()
    text = text or title(as_object(data.get("quick_reply_response")).get("metadata"))
    ours = sender == told.account
    at, dated = _when(item.get("created_timestamp"), external_id, told.received_at)
    yield _post(
        told,
        external_id,
        recipient if ours else sender,
        sender,
        text,
        at,
        attachments,
        dated=dated,
        app_id=ident(create.get("source_app_id"), 40) if ours else "",
    )


def read_event(told: Told, event: Mapping[str, Any]) -> Iterator[Inbound]:
    """An event of API v2: a message, or somebody who joins or leaves a group."""
    external_id = need_number(event, "id")
    kind = words(event.get("event_type"))
    thread = thread_of(ident(event.get("dm_conversation_id")), told.account)
    at, dated = _when(event.get("created_at"), external_id, told.received_at)
    if kind in ("ParticipantsJoin", "ParticipantsLeave"):
        people = " ".join(filter(None, map(number, as_list_of_ids(event.get("participant_ids")))))
        said = {"status": "joined" if kind == "ParticipantsJoin" else "left", "people": people}
        yield Notice(CHANNEL, told.account, NoticeKind.PARTICIPANTS, at, thread, said, told.raw_kind)
        return
    if kind != "MessageCreate":
        raise Unfit("an event of a kind we do not know")
    keys = as_list_of_ids(as_object(event.get("attachments")).get("media_keys"))
    attachments = tuple(media_attachment(told.media.get(key, {})) for key in map(ident, keys) if key)
    text = unescaped(words(event.get("text")), as_object(event.get("entities")))
    yield _post(told, external_id, thread, need_number(event, "sender_id"), text, at, attachments, dated=dated)


def thread_of(conversation: str, account: str) -> str:
    """The other one's id of a conversation of two, "group:<id>" of a group."""
    one, dash, other = conversation.partition("-")
    if dash and account in (one, other) and number(one) and number(other):
        return other if one == account else one
    if not dash and number(conversation):
        return f"{GROUP}{conversation}"
    raise Unfit("no conversation of this account")


def read_receipt(told: Told, item: Mapping[str, Any]) -> Iterator[Inbound]:
    """What they read; what we read ourselves elsewhere is no news."""
    reader = need_number(item, "sender_id")
    at, _dated = _when(item.get("created_timestamp"), "", told.received_at)
    if reader == told.account:
        yield Notice(CHANNEL, told.account, NoticeKind.PRESENCE, at, raw_kind=told.raw_kind)
        return
    last = number(item.get("last_read_event_id"))
    yield Receipt(
        CHANNEL,
        told.account,
        reader,
        True,
        at,
        until=at,
        external_ids=(last,) if last else (),
        raw_kind=told.raw_kind,
    )


def read_typing(told: Told, item: Mapping[str, Any]) -> Iterator[Inbound]:
    at, _dated = _when(item.get("created_timestamp"), "", told.received_at)
    writer = need_number(item, "sender_id")
    yield Notice(CHANNEL, told.account, NoticeKind.PRESENCE, at, writer, {"type": "typing"}, told.raw_kind)


def read_encrypted(told: Told, chat: Mapping[str, Any]) -> Iterator[Inbound]:
    """Nobody but those in it can read it: kept as a message without words, so that somebody looks on X.

    X keeps such a chat apart from the messages that can be read and answered here, and so do we.
    """
    external_id, sender = ident(chat.get("id")), need_number(chat, "sender_id")
    if not external_id:
        raise Unfit("no id")
    at, dated = _when(chat.get("created_at_msec"), "", told.received_at)
    conversation = ident(chat.get("conversation_id"))
    others = [one for one in conversation.split(":") if one != told.account]
    thread = CHAT + ((others[0] if len(others) == 1 else conversation) or sender)
    hint = Attachment("encrypted", f"{SITE}/messages", raw_type="chat")
    yield _post(told, external_id, thread, sender, "", at, (hint,), dated=dated, closed=Reason.ENCRYPTED)


def _post(
    told: Told,
    external_id: str,
    thread: str,
    sender: str,
    text: str,
    at: datetime,
    attachments: tuple[Attachment, ...],
    *,
    dated: bool,
    app_id: str = "",
    closed: Reason | None = None,
) -> Post:
    ours = sender == told.account
    author = told.author(sender)
    if author.takes_messages is None and not (ours or closed or thread.startswith(GROUP)):
        # Whoever writes to us may be written to.
        author = replace(author, takes_messages=True)
    return Post(
        CHANNEL,
        told.account,
        external_id,
        Kind.DIRECT,
        thread_id=thread,
        author=author,
        text=text,
        created_at=at,
        attachments=attachments or (() if text.strip() else (Attachment("unknown", raw_type="message"),)),
        permalink=f"{SITE}/messages",
        ours=ours,
        context_only=False,
        app_id=app_id,
        dated=dated,
        raw_kind=told.raw_kind,
        closed=None if ours else closed,
    )


def _when(value: Any, external_id: str, received_at: datetime) -> tuple[datetime, bool]:
    found = point_in_time(value, received_at) or (snowflake_time(external_id) if external_id else None)
    return (found, True) if found and found <= received_at else (received_at, bool(found))


def _media(attachment: Mapping[str, Any]) -> list[Any]:
    return as_list(attachment.get("media"))


def _attachments(attachment: Mapping[str, Any]) -> tuple[Attachment, ...]:
    found = [media_attachment(one) for one in map(as_object, _media(attachment))]
    if attachment and not found:
        found = [Attachment("unknown", raw_type=title(attachment.get("type"))[:40])]
    return tuple(found)
