"""The Facebook channel: rules, sending, looking after an unknown outcome, acting, looking up."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from connectors.contract import (
    AlreadyDone,
    Attachment,
    Author,
    Can,
    ConnectorError,
    Forbidden,
    Kind,
    Reason,
    Refused,
    Reply,
    Rule,
    Sent,
    Thread,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from connectors.meta.facebook import facebook
from tests.connectors.meta.scripted_graph import PAGE, Says, ScriptedGraph, error

NOW = datetime.now(UTC)
SINCE = NOW.replace(microsecond=0) - timedelta(minutes=2)
POST = f"{PAGE}_900"
COMMENT = "900_901"


def thread(kind: Kind = Kind.COMMENT, **known: Any) -> Thread:
    return Thread(kind, **{"post_created_at": NOW - timedelta(hours=1), **known})


def reply(text: str = "Bonjour !", *, kind: Kind = Kind.COMMENT, **known: Any) -> Reply:
    about = known.pop("thread", thread(kind))
    to = POST if kind is Kind.POST else COMMENT
    return Reply(
        **{"text": text, "to": to, "thread_id": POST, "recipient": "7", "thread": about, "token": "t-1", **known}
    )


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


# ---------------------------------------------------------------- may we


@pytest.mark.behaviour(19)
def test_a_private_reply_is_once_and_within_seven_days(graph: ScriptedGraph) -> None:
    written = datetime(2026, 10, 24, 23, 0, tzinfo=timezone(timedelta(hours=2)))
    until = datetime(2026, 10, 31, 21, 0, tzinfo=UTC)
    ask = {"account": graph.account(), "thread": thread(post_created_at=written)}
    early, late = until - timedelta(microseconds=1), until
    assert facebook.reply_rule(**ask, now=early, private=True) == Rule(True, until=until)
    assert facebook.reply_rule(**ask, now=late, private=True) == Rule(False, Reason.PRIVATE_REPLY_EXPIRED, until)
    assert facebook.reply_rule(**ask, now=late) == Rule(True)
    used = thread(post_created_at=written, privately_replied=True)
    assert facebook.reply_rule(graph.account(), used, early, private=True) == Rule(False, Reason.PRIVATE_REPLY_USED)
    undated = thread(post_created_at=None)
    assert facebook.reply_rule(graph.account(), undated, late, private=True) == Rule(True)


@pytest.mark.parametrize(
    ("kind", "private", "reason"),
    [
        (Kind.POST, True, None),
        (Kind.COMMENT, True, None),
        (Kind.MENTION, True, Reason.NOT_SUPPORTED),
        (Kind.REVIEW, True, Reason.NOT_SUPPORTED),
        (Kind.DIRECT, False, Reason.NOT_SUPPORTED),
        (Kind.MENTION, False, None),
        (Kind.REVIEW, False, None),
    ],
)
def test_where_a_reply_is_possible(graph: ScriptedGraph, kind: Kind, private: bool, reason: Reason | None) -> None:
    assert facebook.reply_rule(graph.account(), thread(kind), NOW, private=private).reason is reason
    removed = facebook.reply_rule(graph.account(), thread(kind, removed=True), NOW, private=private)
    assert removed.reason is (reason or Reason.GONE)


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (reply("  \n"), Reason.EMPTY),
        (reply("x" * 8001), Reason.TOO_LONG),
        (reply("x" * 2001, private=True), Reason.TOO_LONG),
        (reply(thread=thread(removed=True)), Reason.GONE),
        (reply(kind=Kind.REVIEW, private=True), Reason.NOT_SUPPORTED),
        (reply(private=True, thread=thread(post_created_at=NOW - timedelta(days=8))), Reason.PRIVATE_REPLY_EXPIRED),
    ],
)
def test_what_cannot_be_sent_is_refused_before_any_call(graph: ScriptedGraph, refused: Reply, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        facebook.send(graph.account(), refused)
    assert caught.value.reason is reason
    assert graph.asked == []


# ---------------------------------------------------------------- sending


@pytest.mark.parametrize("kind", [Kind.POST, Kind.COMMENT, Kind.MENTION, Kind.REVIEW])
def test_a_public_reply_is_a_comment_under_what_it_answers(graph: ScriptedGraph, kind: Kind) -> None:
    graph.says(Says({"id": "900_902"}))
    answer = reply("Désolé… 😀\n& merci = +1", kind=kind)
    assert facebook.send(graph.account(), answer) == Sent("900_902")
    (asked,) = graph.asked
    assert (asked.method, asked.path) == ("POST", f"/v25.0/{answer.to}/comments")
    assert asked.form == {"message": "Désolé… 😀\n& merci = +1"}


@pytest.mark.parametrize(("kind", "name", "to"), [(Kind.POST, "post_id", POST), (Kind.COMMENT, "comment_id", COMMENT)])
def test_a_private_reply_is_a_message_to_the_author(graph: ScriptedGraph, kind: Kind, name: str, to: str) -> None:
    graph.says(Says({"recipient_id": "7", "message_id": "m_1"}))
    assert facebook.send(graph.account(), reply("En privé", kind=kind, private=True)) == Sent("m_1")
    (asked,) = graph.asked
    assert asked.path == f"/v25.0/{PAGE}/messages"
    assert asked.json == {"recipient": {name: to}, "message": {"text": "En privé", "metadata": "t-1"}}


@pytest.mark.behaviour(19)
def test_the_record_of_this_very_attempt_does_not_stop_it_but_the_platform_does(graph: ScriptedGraph) -> None:
    graph.says(error(10, 2534025, message="已经私下回复过"))
    answer = reply(private=True, thread=thread(privately_replied=True))
    with pytest.raises(AlreadyDone):
        facebook.send(graph.account(), answer)


@pytest.mark.behaviour(13)
@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize(
    "answer", [Says(then="hang"), Says({}), Says({"success": True}), Says({"id": True, "message_id": []})]
)
def test_no_id_is_an_unknown_outcome(graph: ScriptedGraph, private: bool, answer: Says) -> None:
    graph.says(answer)
    with pytest.raises(UnknownOutcome):
        facebook.send(graph.account(), reply(private=private))
    assert len(graph.asked) == 1


def test_an_id_may_come_as_a_number(graph: ScriptedGraph) -> None:
    graph.says(Says({"id": 12345678901234567}))
    assert facebook.send(graph.account(), reply()) == Sent("12345678901234567")


@pytest.mark.parametrize(("answer", "kind"), [(error(200), Forbidden), (error(368), Refused), (error(32), Throttled)])
def test_a_refusal_of_the_platform_passes_through(graph: ScriptedGraph, answer: Says, kind: type) -> None:
    graph.says(answer)
    with pytest.raises(kind):
        facebook.send(graph.account(), reply())


# ---------------------------------------------------------------- is it out


def comment(external_id: str, text: Any, at: datetime, author: str | None = PAGE) -> dict[str, Any]:
    node = {"id": external_id, "message": text, "created_time": iso(at), "permalink_url": "https://fb.example/c"}
    return node | ({"from": {"id": author, "name": "x"}} if author else {})


@pytest.mark.behaviour(13)
def test_our_comment_is_found_by_author_text_and_time(graph: ScriptedGraph) -> None:
    text = unicodedata.normalize("NFD", "Désolé !\r\nZoé ")
    others = [
        comment("1", "Désolé !\nZoé", SINCE + timedelta(seconds=50)),
        comment("2", "Désolé !\nZoé", SINCE + timedelta(seconds=20)),
        comment("3", "Désolé !\nZoé", SINCE + timedelta(seconds=10), author="7"),
        comment("4", "Désolé !\nZoé", SINCE - timedelta(minutes=30)),
        comment("5", "Désolé ! Zoé", SINCE + timedelta(seconds=10)),
        comment("6", None, SINCE + timedelta(seconds=10)),
        comment("7", "Désolé !\nZoé", SINCE + timedelta(seconds=10), author=None),
        {"id": "8", "message": "Désolé !\nZoé", "from": {"id": PAGE}, "created_time": "soon"},
    ]
    graph.says(Says({"data": others}))
    found = facebook.settle(graph.account(), reply(text), SINCE)
    assert found == Sent("2", SINCE + timedelta(seconds=20), "https://fb.example/c")
    asked = graph.asked[0]
    assert asked.path == f"/v25.0/{COMMENT}/comments"
    assert asked.query["filter"] == "stream"
    assert int(asked.query["since"]) <= SINCE.timestamp()


def test_the_whole_thread_is_looked_through_within_bounds(graph: ScriptedGraph) -> None:
    def page(number: int) -> Says:
        paging = {"cursors": {"after": f"C{number}"}, "next": "https://graph.facebook.com/x"}
        return Says({"data": [comment(str(number), "x", NOW)], "paging": paging})

    graph.says(error(100, 33), *(page(number) for number in range(9)))
    assert facebook.settle(graph.account(), reply(), SINCE) is None
    assert [asked.path for asked in graph.asked] == [f"/v25.0/{COMMENT}/comments"] + [f"/v25.0/{POST}/comments"] * 5


def test_looking_that_fails_is_not_the_same_as_not_found(graph: ScriptedGraph) -> None:
    graph.says(*[error(2, status=500)] * 3)
    with pytest.raises(Unavailable):
        facebook.settle(graph.account(), reply(), SINCE)


def test_a_private_reply_is_looked_for_in_the_conversation(graph: ScriptedGraph) -> None:
    messages = [comment("m_2", "En privé", NOW, author="7"), comment("m_1", "En privé", NOW)]
    graph.says(Says({"data": [{"id": "t_1", "messages": {"data": messages}}]}))
    found = facebook.settle(graph.account(), reply("En privé", private=True), SINCE)
    assert found is not None
    assert found.external_id == "m_1"
    assert (graph.asked[0].path, graph.asked[0].query["user_id"]) == (f"/v25.0/{PAGE}/conversations", "7")


# ---------------------------------------------------------------- acting


@pytest.mark.parametrize(
    ("action", "on", "method", "path", "form"),
    [
        (Can.LIKE, True, "POST", f"{COMMENT}/likes", {}),
        (Can.LIKE, False, "DELETE", f"{COMMENT}/likes", {}),
        (Can.HIDE, True, "POST", COMMENT, {"is_hidden": "true"}),
        (Can.HIDE, False, "POST", COMMENT, {"is_hidden": "false"}),
        (Can.DELETE, True, "DELETE", COMMENT, {}),
    ],
)
def test_an_action_is_one_call(
    graph: ScriptedGraph, action: Can, on: bool, method: str, path: str, form: dict[str, str]
) -> None:
    graph.says(Says({"success": True}))
    facebook.act(graph.account(), action, COMMENT, on=on)
    (asked,) = graph.asked
    assert (asked.method, asked.path, asked.form) == (method, f"/v25.0/{path}", form)


def test_an_action_done_before_is_no_error(graph: ScriptedGraph) -> None:
    graph.says(error(506), error(100, 33))
    facebook.act(graph.account(), Can.LIKE, COMMENT)
    facebook.act(graph.account(), Can.DELETE, COMMENT)


@pytest.mark.parametrize(
    ("action", "answer", "kind"),
    [
        (Can.HIDE, error(100, 33), Refused),
        (Can.LIKE, Says({"success": False}), Refused),
        (Can.DELETE, error(200), Forbidden),
        (Can.HIDE, error(2, status=500), UnknownOutcome),
    ],
)
def test_an_action_that_was_not_done_says_so(graph: ScriptedGraph, action: Can, answer: Says, kind: type) -> None:
    graph.says(answer)
    with pytest.raises(kind):
        facebook.act(graph.account(), action, COMMENT)


@pytest.mark.parametrize(("action", "on"), [(Can.DELETE, False), (Can.TYPING, True), (Can.MARK_SEEN, True)])
def test_an_impossible_action_is_refused_before_any_call(graph: ScriptedGraph, action: Can, on: bool) -> None:
    with pytest.raises(Refused) as caught:
        facebook.act(graph.account(), action, COMMENT, on=on)
    assert caught.value.reason is Reason.NOT_SUPPORTED
    assert graph.asked == []


# ---------------------------------------------------------------- looking up


def test_the_pages_own_post_above_a_comment(graph: ScriptedGraph) -> None:
    picture = {"type": "photo", "media": {"image": {"src": "https://cdn.example/p.jpg"}}, "url": "https://fb.example/p"}
    share = {"type": "share", "url": "https://shop.example/"}
    node = comment(POST, "Nos croissants 🥐", SINCE) | {"attachments": {"data": [picture, share]}}
    graph.says(Says(node))
    post = facebook.look_up(graph.account(), POST)
    assert post is not None
    assert (post.external_id, post.thread_id, post.kind, post.text) == (POST, POST, Kind.POST, "Nos croissants 🥐")
    assert post.context_only
    assert post.ours
    assert (post.created_at, post.permalink) == (SINCE, "https://fb.example/c")
    assert [(one.type, one.url) for one in post.attachments] == [
        ("image", "https://cdn.example/p.jpg"),
        ("link", "https://shop.example/"),
    ]


def test_a_comment_above_a_reply(graph: ScriptedGraph) -> None:
    sticker = {"type": "sticker", "media": {"image": {"src": "https://cdn.example/s.png"}}}
    graph.says(Says(comment(COMMENT, "", SINCE, author="7") | {"attachment": sticker}))
    post = facebook.look_up(graph.account(), COMMENT)
    assert post is not None
    assert (post.external_id, post.thread_id, post.kind) == (COMMENT, POST, Kind.COMMENT)
    assert (post.author, post.ours, post.context_only) == (Author("7", "x"), False, True)
    assert [(one.type, one.url) for one in post.attachments] == [("image", "https://cdn.example/s.png")]
    assert isinstance(post.attachments[0], Attachment)


def test_a_post_elsewhere_has_no_fields_of_a_comment(graph: ScriptedGraph) -> None:
    graph.says(
        error(100, message="(#100) Tried accessing nonexisting field (parent)"), Says(comment("55_66", "Ah", SINCE))
    )
    post = facebook.look_up(graph.account(), "55_66")
    assert post is not None
    assert (post.kind, post.thread_id, post.text) == (Kind.POST, "55_66", "Ah")
    assert "parent" not in graph.asked[1].query["fields"]


def test_what_is_gone_is_none_and_a_fault_is_told(graph: ScriptedGraph) -> None:
    graph.says(error(100, 33), error(100), error(10))
    assert facebook.look_up(graph.account(), POST) is None
    with pytest.raises(ConnectorError):
        facebook.look_up(graph.account(), POST)
