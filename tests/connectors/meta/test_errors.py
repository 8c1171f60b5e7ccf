"""What Graph's errors become: by code and subcode, never by text."""

from __future__ import annotations

import pytest

from connectors.contract import (
    AlreadyDone,
    ConnectorError,
    Disconnected,
    Forbidden,
    Reason,
    Refused,
    Throttled,
    UnknownOutcome,
)
from connectors.meta.graph import GraphClient
from tests.connectors.meta.scripted_graph import (
    ScriptedGraph,
    error,
    read,
    write,
)

CLASSES = [
    (190, None, Disconnected, None),
    (190, 460, Disconnected, None),
    (102, None, Disconnected, None),
    (10, 458, Disconnected, None),
    (10, 2018278, Refused, Reason.WINDOW_CLOSED),
    (10, 2534022, Refused, Reason.WINDOW_CLOSED),
    (10, 2018065, Refused, Reason.WINDOW_CLOSED),
    (551, None, Refused, Reason.RECIPIENT_UNAVAILABLE),
    (551, 1545041, Refused, Reason.RECIPIENT_UNAVAILABLE),
    (200, 1545041, Refused, Reason.RECIPIENT_UNAVAILABLE),
    (10, 2018108, Refused, Reason.RECIPIENT_UNAVAILABLE),
    (100, 2018001, Refused, Reason.RECIPIENT_UNAVAILABLE),
    (10, 1893063, Refused, Reason.RESTRICTED),
    (368, None, Refused, Reason.RESTRICTED),
    (100, 2534122, Refused, Reason.RESTRICTED),
    (100, 33, Refused, Reason.GONE),
    (803, None, Refused, Reason.GONE),
    (100, None, Refused, Reason.INVALID),
    (100, 2018047, Refused, Reason.INVALID),
    (12, None, Refused, Reason.NOT_SUPPORTED),
    (506, None, AlreadyDone, None),
    (100, 2534025, AlreadyDone, None),
    (4, None, Throttled, None),
    (32, None, Throttled, None),
    (613, None, Throttled, None),
    (80001, 2446079, Throttled, None),
    (80006, None, Throttled, None),
    (1, 99, Forbidden, None),
    (3, None, Forbidden, None),
    (10, None, Forbidden, None),
    (200, None, Forbidden, None),
    (299, None, Forbidden, None),
    (1, 1357046, UnknownOutcome, None),
    (424242, None, Refused, Reason.INVALID),
]
TEXTS = {
    "en": "(#551) This person isn't available right now.",
    "fr": "(#10) Ce message est envoyé en dehors de la période autorisée.",
    "zh": "(#10) 此消息是在允许的时间范围之外发送的。",
    "liar": "Error validating access token: the session has expired (code 190, #4 rate limit)",
}


@pytest.mark.behaviour(31)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize(("code", "subcode", "kind", "reason"), CLASSES)
def test_an_error_is_told_by_code_and_subcode_only(
    graph: ScriptedGraph, code: int, subcode: int | None, kind: type, reason: Reason | None, text: str
) -> None:
    graph.says(error(code, subcode, message=text, error_user_msg=text, error_user_title=text))
    with pytest.raises(ConnectorError) as caught:
        write(graph)
    assert type(caught.value) is kind
    assert getattr(caught.value, "reason", None) is reason
    assert caught.value.code == (f"{code}/{subcode}" if subcode else str(code))
    assert caught.value.trace == "AbCdEf123_-"
    assert text not in repr(caught.value)


@pytest.mark.behaviour(12)
@pytest.mark.behaviour(32)
@pytest.mark.parametrize(("code", "status"), [(190, 400), (190, 500), (4, 500), (80001, 400), (10, 500), (100, 500)])
def test_a_read_that_was_refused_is_not_repeated_whatever_the_status(
    graph: ScriptedGraph, code: int, status: int
) -> None:
    graph.says(error(code, status=status))
    with pytest.raises(ConnectorError):
        read(graph)
    assert len(graph.asked) == 1


def test_all_were_sent_is_an_unknown_outcome_whatever_else_is_said(graph: ScriptedGraph) -> None:
    graph.says(error(1, 1357046, is_transient=False))
    with pytest.raises(UnknownOutcome):
        write(graph)


def test_error_1_that_says_it_is_not_transient_is_for_good(graph: ScriptedGraph) -> None:
    graph.says(error(1, is_transient=False, status=500))
    with pytest.raises(Refused):
        write(graph)


@pytest.mark.parametrize("said", ["190", " 190 ", 190])
def test_a_code_may_come_as_text(graph: ScriptedGraph, said: object) -> None:
    graph.says(error(said, "460"))
    with pytest.raises(Disconnected) as caught:
        read(graph)
    assert caught.value.code == "190/460"


@pytest.mark.parametrize("said", [True, None, 1.5, "９", [], {}, "1" * 5000, ""])
def test_a_code_that_is_none_is_no_code(graph: ScriptedGraph, said: object) -> None:
    graph.says(error(said))
    with pytest.raises(Refused) as caught:
        read(graph)
    assert (caught.value.reason, caught.value.code) == (Reason.INVALID, "")


@pytest.mark.parametrize(
    ("call", "permission"),
    [
        (lambda g: g.get_object("1"), "pages_read_engagement"),
        (lambda g: g.get_connections("1", "feed"), "pages_read_user_content"),
        (lambda g: g.put_comment("1", "x"), "pages_manage_engagement"),
        (lambda g: g.delete_object("1"), "pages_manage_engagement"),
        (lambda g: g.post_json("1", "messages", {}), "pages_messaging"),
        (lambda g: g.put_object("1", "subscribed_apps"), "pages_manage_metadata"),
    ],
)
def test_a_missing_permission_is_named(graph: ScriptedGraph, call: object, permission: str) -> None:
    graph.says(error(200))
    with GraphClient(graph.account()) as client, pytest.raises(Forbidden, match=permission):
        call(client)  # type: ignore[operator]
