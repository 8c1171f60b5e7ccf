"""The Messenger channel: the two windows, sending, looking after an unknown outcome, acting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.contract import (
    Can,
    Disconnected,
    Forbidden,
    Kind,
    Reason,
    Refused,
    Reply,
    Rule,
    Sent,
    Thread,
    UnknownOutcome,
)
from connectors.meta.messenger import messenger
from tests.connectors.meta.scripted_graph import APP, PAGE, Says, ScriptedGraph, error

LAST = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
DAY, WEEK = timedelta(hours=24), timedelta(days=7)
HUMAN_AGENT = {"human_agent": True}


def rule(graph: ScriptedGraph, after: timedelta, *, last: datetime | None = LAST, **options: bool) -> Rule:
    thread = Thread(Kind.DIRECT, last_customer_at=last)
    return messenger.reply_rule(graph.account(options=options), thread, LAST + after)


def reply(text: str = "Bonjour !", *, ago: timedelta = timedelta(minutes=1), **known: Any) -> Reply:
    thread = known.pop("thread", Thread(Kind.DIRECT, last_customer_at=datetime.now(UTC) - ago))
    about = {"to": "m_0", "thread_id": "7", "recipient": "7", "thread": thread, "token": "t-1"}
    return Reply(**{"text": text, **about, **known})


# ---------------------------------------------------------------- may we


@pytest.mark.behaviour(16)
def test_the_windows_to_the_microsecond(graph: ScriptedGraph) -> None:
    day, week = LAST + DAY, LAST + WEEK
    assert rule(graph, DAY - INSTANT) == Rule(True, until=day, tag="RESPONSE")
    assert rule(graph, DAY) == Rule(False, Reason.WINDOW_CLOSED, day)
    assert rule(graph, DAY - INSTANT, human_agent=True) == Rule(True, until=day, tag="RESPONSE")
    assert rule(graph, DAY, human_agent=True) == Rule(True, until=week, tag="HUMAN_AGENT")
    assert rule(graph, WEEK - INSTANT, human_agent=True) == Rule(True, until=week, tag="HUMAN_AGENT")
    assert rule(graph, WEEK, human_agent=True) == Rule(False, Reason.WINDOW_CLOSED, week)
    assert rule(graph, WEEK) == Rule(False, Reason.WINDOW_CLOSED, day)


@pytest.mark.behaviour(17)
def test_a_day_is_24_hours_also_when_the_clocks_change(graph: ScriptedGraph) -> None:
    paris = datetime(2026, 10, 24, 12, 0, tzinfo=ZoneInfo("Europe/Paris"))
    thread = Thread(Kind.DIRECT, last_customer_at=paris)
    found = messenger.reply_rule(graph.account(), thread, paris)
    assert found.until == datetime(2026, 10, 25, 10, 0, tzinfo=UTC)


def test_nobody_wrote_so_nobody_is_answered(graph: ScriptedGraph) -> None:
    assert rule(graph, DAY, last=None, human_agent=True) == Rule(False, Reason.WINDOW_CLOSED)


@pytest.mark.behaviour(35)
@pytest.mark.parametrize(
    ("owner", "reason"), [("", None), (APP, None), ("26390203743090", Reason.OTHER_APP_OWNS_THREAD)]
)
def test_a_conversation_of_another_app_is_read_only(graph: ScriptedGraph, owner: str, reason: Reason | None) -> None:
    thread = Thread(Kind.DIRECT, last_customer_at=LAST, owner=owner)
    assert messenger.reply_rule(graph.account(), thread, LAST).reason is reason


def test_a_withdrawn_message_may_be_answered_and_nothing_is_public_here(graph: ScriptedGraph) -> None:
    thread = Thread(Kind.DIRECT, last_customer_at=LAST, removed=True)
    assert messenger.reply_rule(graph.account(), thread, LAST).allowed
    assert messenger.reply_rule(graph.account(), thread, LAST, private=True).reason is Reason.NOT_SUPPORTED
    assert messenger.reply_rule(graph.account(), Thread(Kind.COMMENT), LAST).reason is Reason.NOT_SUPPORTED
    assert not messenger.surface(Kind.DIRECT).public


@pytest.mark.behaviour(16)
@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (reply(ago=DAY * 2), Reason.WINDOW_CLOSED),
        (reply(ago=WEEK), Reason.WINDOW_CLOSED),
        (reply(" "), Reason.EMPTY),
        (reply("x" * 2001), Reason.TOO_LONG),
        (reply(thread=Thread(Kind.DIRECT)), Reason.WINDOW_CLOSED),
    ],
)
def test_what_cannot_be_sent_is_refused_before_any_call(graph: ScriptedGraph, refused: Reply, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        messenger.send(graph.account(), refused)
    assert caught.value.reason is reason
    assert graph.asked == []


@pytest.mark.behaviour(16)
def test_a_machine_never_speaks_under_the_human_tag(graph: ScriptedGraph) -> None:
    with pytest.raises(Refused) as caught:
        messenger.send(graph.account(options=HUMAN_AGENT), reply(ago=DAY * 2, human=False))
    assert caught.value.reason is Reason.HUMANS_ONLY
    assert graph.asked == []


# ---------------------------------------------------------------- sending


@pytest.mark.behaviour(16)
@pytest.mark.parametrize("human", [True, False])
@pytest.mark.parametrize("options", [{}, HUMAN_AGENT])
def test_within_a_day_it_is_a_response_without_a_tag(
    graph: ScriptedGraph, human: bool, options: dict[str, bool]
) -> None:
    graph.says(Says({"recipient_id": "7", "message_id": "m_1"}))
    assert messenger.send(graph.account(options=options), reply("Ça va ? 😀", human=human)) == Sent("m_1")
    (asked,) = graph.asked
    assert (asked.method, asked.path) == ("POST", f"/v25.0/{PAGE}/messages")
    assert asked.json == {
        "recipient": {"id": "7"},
        "messaging_type": "RESPONSE",
        "message": {"text": "Ça va ? 😀", "metadata": "t-1"},
    }


@pytest.mark.behaviour(16)
def test_later_a_human_answers_under_the_tag(graph: ScriptedGraph) -> None:
    graph.says(Says({"message_id": "m_1"}))
    messenger.send(graph.account(options=HUMAN_AGENT), reply(ago=DAY * 2))
    assert {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}.items() <= graph.asked[0].json.items()


@pytest.mark.parametrize("code", [10, 100])
def test_a_missing_feature_is_a_missing_permission(graph: ScriptedGraph, code: int) -> None:
    graph.says(error(code))
    with pytest.raises(Forbidden) as caught:
        messenger.send(graph.account(options=HUMAN_AGENT), reply(ago=DAY * 2))
    assert (caught.value.code, caught.value.trace) == (str(code), "AbCdEf123_-")


@pytest.mark.behaviour(31)
@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (error(10, 2018278, message="此消息是在允许的时间范围之外发送的。"), Refused, Reason.WINDOW_CLOSED),
        (error(551, 1545041, message="Cette personne n’est pas disponible"), Refused, Reason.RECIPIENT_UNAVAILABLE),
        (error(100), Refused, Reason.INVALID),
        (error(190, 460), Disconnected, None),
        (error(1, 1357046, status=500), UnknownOutcome, None),
        (Says(then="reset"), UnknownOutcome, None),
        (Says({"recipient_id": "7"}), UnknownOutcome, None),
    ],
)
def test_refusals(graph: ScriptedGraph, answer: Says, kind: type, reason: Reason | None) -> None:
    graph.says(answer)
    with pytest.raises(kind) as caught:
        messenger.send(graph.account(), reply())
    assert getattr(caught.value, "reason", None) is reason
    assert len(graph.asked) == 1


# ---------------------------------------------------------------- is it out


@pytest.mark.behaviour(13)
def test_our_message_is_found_in_the_conversation(graph: ScriptedGraph) -> None:
    now = datetime.now(UTC).replace(microsecond=0)

    def message(mid: str, author: str, text: str, at: datetime) -> dict[str, Any]:
        return {
            "id": mid,
            "from": {"id": author},
            "message": text,
            "created_time": at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        }

    messages = [
        message("m_3", "7", "Bonjour !", now),
        message("m_2", PAGE, "Bonjour !", now),
        message("m_1", PAGE, "Bonjour !", now - timedelta(hours=1)),
    ]
    graph.says(Says({"data": [{"messages": {"data": messages}}]}), Says({"data": [{}, {"messages": None}, 7]}))
    since = now - timedelta(minutes=1)
    assert messenger.settle(graph.account(), reply(), since) == Sent("m_2", now)
    assert messenger.settle(graph.account(), reply(), since) is None
    query = graph.asked[0].query
    assert (query["user_id"], query["platform"]) == ("7", "messenger")
    assert query["fields"].startswith("messages.limit(20)")


# ---------------------------------------------------------------- acting


@pytest.mark.parametrize(
    ("action", "on", "said"),
    [(Can.TYPING, True, "typing_on"), (Can.TYPING, False, "typing_off"), (Can.MARK_SEEN, True, "mark_seen")],
)
def test_an_action_is_told_to_the_customer(graph: ScriptedGraph, action: Can, on: bool, said: str) -> None:
    graph.says(Says({"recipient_id": "7"}))
    messenger.act(graph.account(), action, "7", on=on)
    assert graph.asked[0].path == f"/v25.0/{PAGE}/messages"
    assert graph.asked[0].json == {"recipient": {"id": "7"}, "sender_action": said}


@pytest.mark.parametrize(("action", "on"), [(Can.MARK_SEEN, False), (Can.LIKE, True), (Can.DELETE, True)])
def test_an_impossible_action_is_refused(graph: ScriptedGraph, action: Can, on: bool) -> None:
    with pytest.raises(Refused):
        messenger.act(graph.account(), action, "7", on=on)
    assert graph.asked == []
