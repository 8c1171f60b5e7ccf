"""News about messages that are already there, or will come later: edits, removals, reactions, receipts, notices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from connectors.contract import (
    Edited,
    Hidden,
    Inbound,
    Kind,
    Notice,
    NoticeKind,
    Post,
    Reacted,
    Reason,
    Receipt,
    Removed,
    Restored,
    Standing,
)
from connectors.models import ChannelAccount
from inbox.actions import announce, early, participants, stories
from inbox.actions.handover import thread_handed_over
from inbox.actions.withdrawing import an_answer_is_gone, nothing_left_to_answer, there_again, wants_an_answer
from inbox.models import Alias, Early, Event, Message, Ticket
from socialcare.models import User

AboutMessage = Edited | Removed | Restored | Hidden | Reacted
SAID_LATER = (
    "text",
    "attachments",
    "revisions",
    "edited_at",
    "removed_at",
    "hidden",
    "standing",
    "liked",
    "reactions",
    "moved",
    "closed",
)


def apply(account: ChannelAccount, records: Sequence[Inbound], by: User | None = None) -> None:
    """Apply these in their order. Each may come twice, or before the message it speaks of.

    `by`: the agent who brought them about.
    """
    about = [record for record in records if isinstance(record, AboutMessage)]
    _about_messages(account, about, by)
    for record in records:
        if isinstance(record, Receipt):
            _receipt(account, record)
        elif isinstance(record, Notice):
            _notice(account, record)


def catch_up(messages: Sequence[Message]) -> list[Post]:
    """What was said of these (unsaved) messages before they came. Returns the answers that were given to them."""
    if not messages:
        return []
    account_id = messages[0].account_id
    wanted = {message.external_id: message for message in messages}
    threads: dict[str, datetime] = {}
    for message in messages:
        if message.kind == Kind.DIRECT and message.origin == Message.Origin.CUSTOMER:
            thread = message.ticket.thread_id
            threads[thread] = min(message.at, threads.get(thread, message.at))
    known = list(Early.objects.filter(account_id=account_id, external_id__in=[*wanted, *threads]))
    answers: list[Post] = []
    for item in known:
        still_early = []
        for change in sorted(item.changes, key=lambda change: str(change["at"])):
            if change["do"] != "answer":
                _change(wanted[item.external_id], change)
            elif (post := early.post_of(change)).created_at < threads.get(item.external_id, post.created_at):
                still_early.append(change)
            else:
                answers.append(post)
        item.changes = still_early
    Early.objects.filter(pk__in=[item.pk for item in known if not item.changes]).delete()
    Early.objects.bulk_update([item for item in known if item.changes], ["changes"])
    return answers


def _about_messages(account: ChannelAccount, records: Sequence[AboutMessage], by: User | None) -> None:
    if not records:
        return
    records = _by_first_name(account, records)
    ids = [record.external_id for record in records]
    held = Message.objects.filter(account=account, external_id__in=ids)
    tickets = {
        ticket.pk: ticket
        for ticket in Ticket.objects.select_for_update(of=("self",))
        .filter(pk__in=held.values("ticket_id"))
        .order_by("id")
    }
    messages = {str(message.external_id): message for message in held.select_related("ticket__identity")}
    heard: dict[int, Message] = {}
    changed: dict[int, Message] = {}
    turned: list[tuple[Message, AboutMessage]] = []
    for record in records:
        change = _described(account, record)
        message = messages.get(record.external_id)
        if message is None:
            if not stories.heard(account, record) and not isinstance(record, Restored):
                early.keep(account, record.external_id, change)
            continue
        heard[message.pk] = message
        wanted, there = wants_an_answer(message), message.removed_at is None
        if _change(message, change):
            changed[message.pk] = message
            _window(tickets[message.ticket_id], record)
            if wanted != wants_an_answer(message) or there != (message.removed_at is None):
                turned.append((message, record))
    Message.objects.bulk_update(heard.values(), SAID_LATER, batch_size=100)
    if changed:
        _tell(tickets, list(changed.values()), turned, by)
        stories.restated(account, list(changed.values()))


def _by_first_name(account: ChannelAccount, records: Sequence[AboutMessage]) -> list[AboutMessage]:
    """The records with the ids messages had first; new names that come with edits are remembered."""
    named = [record for record in records if isinstance(record, Edited) and record.now_called]
    Alias.objects.bulk_create(
        [Alias(account=account, external_id=record.now_called, of=record.external_id) for record in named],
        ignore_conflicts=True,
    )
    asked = {record.external_id for record in records}
    first = dict(Alias.objects.filter(account=account, external_id__in=asked).values_list("external_id", "of"))
    return [replace(record, external_id=first.get(record.external_id, record.external_id)) for record in records]


def _tell(
    tickets: dict[int, Ticket],
    changed: Sequence[Message],
    turned: Sequence[tuple[Message, AboutMessage]],
    by: User | None,
) -> None:
    """`turned`: what is gone or set aside now, or back, and what told us so."""
    for message in changed:
        ticket = tickets[message.ticket_id]
        if message.at >= ticket.last_at:
            ticket.preview, ticket.sign = announce.preview(message.text, message.attachments)
    told, now = [pair for pair in turned if _is_theirs(pair[0]) or isinstance(pair[1], Removed)], timezone.now()
    announce.history(
        *(
            Event(
                ticket_id=message.ticket_id,
                verb=_verb(message, record),
                actor=by,
                at=_when(message, record, now),
                data={"message": message.pk},
            )
            for message, record in told
        )
    )
    for pk in sorted({message.ticket_id for message, _ in told}):
        announce.show_newest(tickets[pk])
        theirs = [pair for pair in told if pair[0].ticket_id == pk and _is_theirs(pair[0])]
        if any(wants_an_answer(message) for message, _ in theirs):
            there_again(tickets[pk], by)
        elif theirs:
            last, record = theirs[-1]
            nothing_left_to_answer(tickets[pk], None if last.removed_at else record.at)
        if any(message.ticket_id == pk and not _is_theirs(message) for message, _ in told):
            an_answer_is_gone(tickets[pk])
    announce.save([tickets[pk] for pk in sorted({message.ticket_id for message in changed})])
    announce.restated(changed)


def _is_theirs(message: Message) -> bool:
    return message.origin == Message.Origin.CUSTOMER


def _verb(message: Message, record: AboutMessage) -> str:
    match record:
        case Removed() if not _is_theirs(message):
            return "answer_removed"
        case Removed(why=Reason.PROTECTED):
            return "protected_by_customer"
        case Removed(why=Reason.SUSPENDED):
            return "author_suspended"
        case Removed(to_trash=True):
            return "trashed"
        case Removed():
            return "removed_by_customer"
        case Hidden(standing=Standing.SPAM):
            return "spam"
        case Hidden():
            return "no_spam"
        case _:
            return "undeleted"


def _when(message: Message, record: AboutMessage, now: datetime) -> datetime:
    """The platform's time, as for the words and the clocks: in a history what follows stands below."""
    return min(max(message.at, message.removed_at or record.at), now)


def _described(account: ChannelAccount, record: AboutMessage) -> dict[str, Any]:
    """The change as plain JSON, so that it can also be kept for later."""
    at = record.at.isoformat()
    match record:
        case Edited():
            return {"do": "edit", "text": record.text, "at": at}
        case Removed():
            why = {"why": record.why} if record.why is not Reason.GONE else {}
            return {"do": "remove", "at": at, **why, **({"to_trash": True} if record.to_trash else {})}
        case Restored():
            return {
                "do": "restore",
                "text": record.text,
                "attachments": [item.as_json() for item in record.attachments],
                "at": at,
            }
        case Hidden():
            return {"do": "hide", "on": record.hidden, "at": at, **({"as": record.standing} if record.standing else {})}
        case Reacted():
            who = record.author.external_id if record.author else ""
            ours = who == account.external_id
            return {"do": "like" if ours else "react", "who": who, "with": record.reaction, "on": record.on, "at": at}


def _change(message: Message, change: dict[str, Any]) -> bool:
    """Apply one change in memory; False where it changes nothing.

    Of a kind (for reactions: of a person) the latest word counts, whenever it comes.
    """
    at = datetime.fromisoformat(change["at"])
    subject = f"react:{change['who']}" if change["do"] == "react" else SUBJECTS.get(change["do"], change["do"])
    said = message.moved.get(subject)
    if said and at < datetime.fromisoformat(said):
        return False
    message.moved = {**message.moved, subject: change["at"]}
    return CHANGES[change["do"]](message, change, at)


def _edit(message: Message, change: dict[str, Any], at: datetime) -> bool:
    if message.removed_at or message.text == change["text"]:
        return False
    if {"text": change["text"], "at": _ms(at)} in message.revisions:
        # It came before: of two edits in one second the one that came later stands.
        return False
    message.revisions = [*message.revisions, {"text": message.text, "at": _ms(message.edited_at or message.at)}]
    message.text, message.edited_at = change["text"], at
    return True


def _remove(message: Message, change: dict[str, Any], at: datetime) -> bool:
    standing = Standing.TRASH if change.get("to_trash") else ""
    if message.removed_at and message.standing == standing:
        return False
    message.text, message.attachments, message.revisions = "", [], []
    message.removed_at, message.standing = message.removed_at or at, standing
    message.closed = change.get("why", message.closed)
    return True


def _restore(message: Message, change: dict[str, Any], at: datetime) -> bool:
    """What was read before the message went does not bring it back."""
    if message.removed_at is None or at <= message.removed_at:
        return False
    message.text, message.attachments = change["text"], change["attachments"]
    message.removed_at, message.standing = None, ""
    return True


def _hide(message: Message, change: dict[str, Any], at: datetime) -> bool:
    if message.removed_at:
        return False
    before = message.hidden, message.standing
    message.hidden = bool(change["on"])
    message.standing = "" if change.get("as") in (None, Standing.SHOWN) else change["as"]
    return before != (message.hidden, message.standing)


def _like(message: Message, change: dict[str, Any], at: datetime) -> bool:
    before, message.liked = message.liked, bool(change["on"])
    return before != message.liked


def _react(message: Message, change: dict[str, Any], at: datetime) -> bool:
    before = dict(message.reactions)
    if change["on"]:
        message.reactions = {**before, change["who"]: change["with"]}
    else:
        message.reactions = {who: reaction for who, reaction in before.items() if who != change["who"]}
    return bool(before != message.reactions)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


# Of these the latest word counts among both.
SUBJECTS = {"restore": "remove"}
CHANGES: dict[str, Callable[[Message, dict[str, Any], datetime], bool]] = {
    "edit": _edit,
    "remove": _remove,
    "restore": _restore,
    "hide": _hide,
    "like": _like,
    "react": _react,
}


def _window(ticket: Ticket, record: AboutMessage) -> None:
    """A customer's reaction in a direct conversation is a sign of theirs: the platform's window moves."""
    if not (isinstance(record, Reacted) and record.on and record.author and ticket.kind == Kind.DIRECT):
        return
    if record.author.external_id == ticket.thread_id:
        ticket.last_customer_at = max(filter(None, (ticket.last_customer_at, record.at)))


def _receipt(account: ChannelAccount, receipt: Receipt) -> None:
    """Our messages arrived or were read; a state only ever goes forward."""
    field = "read_at" if receipt.read else "delivered_at"
    ours = Message.objects.filter(account=account, state=Message.State.SENT, **{f"{field}__isnull": True})
    ours = ours.exclude(origin=Message.Origin.CUSTOMER)
    found = {message.pk: message for message in ours.filter(external_id__in=receipt.external_ids)}
    if receipt.until:
        in_thread = ours.filter(ticket__account=account, ticket__thread_id=receipt.thread_id, at__lte=receipt.until)
        found |= {message.pk: message for message in in_thread}
    messages = list(found.values())
    for message in messages:
        setattr(message, field, receipt.until or receipt.at)
        message.delivered_at = message.delivered_at or message.read_at
    Message.objects.bulk_update(messages, ["read_at", "delivered_at"])
    announce.restated(messages)


def _notice(account: ChannelAccount, notice: Notice) -> None:
    match notice.kind:
        case NoticeKind.HANDOVER:
            thread_handed_over(account, notice)
        case NoticeKind.REVOKED | NoticeKind.POLICY:
            _account_in_trouble(account, notice)
        case NoticeKind.PRESENCE | NoticeKind.NEWS:
            return
        case NoticeKind.PARTICIPANTS:
            participants.heard(account, notice)
            _note_on_ticket(account, notice)
        case _:
            _note_on_ticket(account, notice)


def _account_in_trouble(account: ChannelAccount, notice: Notice) -> None:
    """As the account is by now: an admin may have paused or removed it since the batch began."""
    row = ChannelAccount.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    if row.state == ChannelAccount.State.REMOVED:
        return
    action, lesser = notice.data.get("action", ""), row.attention.startswith(f"{NoticeKind.POLICY}:")
    if action == "unblock":
        row.attention = "" if lesser else row.attention
    elif notice.kind == NoticeKind.REVOKED or lesser or not row.attention:
        row.attention = f"{notice.kind}:{action}:{notice.data.get('reason', '')}"[:200]
    if notice.kind == NoticeKind.REVOKED:
        if row.state == ChannelAccount.State.CONNECTED:
            row.state = ChannelAccount.State.ATTENTION
        row.credentials = {}
    row.save(update_fields=["attention", "state", "credentials"])
    announce.account_changed(row)


def _note_on_ticket(account: ChannelAccount, notice: Notice) -> None:
    """A referral or an opt-in is part of the conversation's history, where there is one."""
    ticket = Ticket.objects.filter(account=account, thread_id=notice.thread_id).order_by("-id").first()
    if ticket is None:
        return
    data = {key: value for key, value in notice.data.items() if key in ("source", "type", "ad_id", "status")}
    verb = str(notice.kind)
    if not Event.objects.filter(ticket=ticket, verb=verb, at=notice.at).exists():
        Event.objects.create(ticket=ticket, verb=verb, at=notice.at, data=data)
    announce.changed([ticket.pk])
