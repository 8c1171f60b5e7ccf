"""The Graph client against a real server on loopback: what it sends, reads, repeats and never says."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import socket
import traceback
from datetime import UTC, date, datetime, timedelta

import facebook
import pytest

from connectors import contract, http
from connectors.contract import (
    AlreadyDone,
    ConnectorError,
    Disconnected,
    Forbidden,
    Reason,
    Refused,
    Throttled,
    Unavailable,
    UnknownOutcome,
    Usage,
)
from connectors.meta.graph import GraphClient, following
from connectors.meta.usage import retry_at, usages, version_warnings
from tests.connectors.meta.scripted_graph import APP, PAGE, SECRET, TOKEN, Asked, Says, ScriptedGraph, error

PROOF = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def read(graph: ScriptedGraph, **account: object) -> dict[str, object]:
    with GraphClient(graph.account(**account)) as client:
        return client.get_object("123_456", fields="id,message")


def write(graph: ScriptedGraph, **account: object) -> dict[str, object]:
    with GraphClient(graph.account(**account)) as client:
        return client.put_comment("123_456", "Bonjour")


# ---------------------------------------------------------------- what is sent


@pytest.mark.behaviour(11)
def test_the_token_travels_in_the_header_and_the_proof_in_the_query(graph: ScriptedGraph) -> None:
    graph.says(Says({"id": "1"}), Says({"id": "2"}))
    read(graph)
    write(graph)
    for asked in graph.asked:
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        assert asked.query["appsecret_proof"] == PROOF
        assert TOKEN not in asked.target
        assert TOKEN.encode() not in asked.body
    assert graph.asked[0].path == "/v25.0/123_456"
    assert graph.asked[0].query["fields"] == "id,message"
    assert graph.asked[1].form == {"message": "Bonjour"}


def test_no_proof_without_a_secret_nor_for_an_app_token(graph: ScriptedGraph) -> None:
    graph.says(Says({"id": "1"}), Says({"data": {"is_valid": True}}))
    read(graph, secrets=())
    with GraphClient(graph.account()) as client:
        assert client.debug_access_token(TOKEN, APP, SECRET) == {"is_valid": True}
    assert "appsecret_proof" not in graph.asked[0].query
    assert "appsecret_proof" not in graph.asked[1].query
    assert graph.asked[1].headers["authorization"] == f"Bearer {APP}|{SECRET}"


@pytest.mark.behaviour(11)
def test_a_token_that_is_asked_about_travels_in_the_body(graph: ScriptedGraph) -> None:
    graph.says(Says({}, 503), Says({"data": {"app_id": APP}}))
    with GraphClient(graph.account()) as client:
        assert client.debug_access_token(TOKEN, APP, SECRET) == {"app_id": APP}
    assert [asked.method for asked in graph.asked] == ["POST", "POST"], "it is a read and may be repeated"
    assert graph.asked[1].target == "/v25.0/debug_token"
    assert graph.asked[1].form == {"input_token": TOKEN, "method": "get"}


def test_nested_values_are_json_and_none_is_left_out(graph: ScriptedGraph) -> None:
    graph.says(Says({"id": "1"}))
    with GraphClient(graph.account()) as client:
        client.put_object("1", "messages", recipient={"id": "7"}, list=["é"], is_hidden=True, nothing=None)
    assert graph.asked[0].form == {"recipient": '{"id": "7"}', "list": '["é"]', "is_hidden": "true"}


def test_a_json_body_is_utf8_json(graph: ScriptedGraph) -> None:
    graph.says(Says({"message_id": "m_1"}))
    body = {"recipient": {"id": "7"}, "message": {"text": "Ça va ? 😀"}}
    with GraphClient(graph.account()) as client:
        client.post_json(PAGE, "messages", body)
    assert graph.asked[0].headers["content-type"] == "application/json"
    assert graph.asked[0].json == body


@pytest.mark.parametrize("node", ["..", "../v1.0/me", "a b", "é", "1?access_token=x", "1#x", "", "1//2"])
def test_an_odd_id_never_becomes_a_path(graph: ScriptedGraph, node: str) -> None:
    with GraphClient(graph.account()) as client, pytest.raises(Refused):
        client.get_object(node)
    assert graph.asked == []


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "jeton-é", None])
def test_a_malformed_token_is_disconnected_before_any_call(graph: ScriptedGraph, token: str | None) -> None:
    with pytest.raises(Disconnected):
        read(graph, credentials={} if token is None else {"access_token": token})
    assert graph.asked == []


@pytest.mark.behaviour(40)
def test_address_version_and_timeout_are_configuration(graph: ScriptedGraph) -> None:
    graph.says(Says({"id": "1"}))
    account = graph.account(config={"graph_version": "v26.0", "timeout": "2,7.5", "graph_url": graph.url + "/"})
    with GraphClient(account) as client:
        assert client.session.timeout == (2.0, 7.5)
        client.get_object("1")
    assert graph.asked[0].path == "/v26.0/1"
    with GraphClient(contract.Account("facebook", PAGE, {"access_token": TOKEN}, contract.App("key"))) as client:
        assert (client.config.url, client.version) == ("https://graph.facebook.com", "v25.0")
        assert client.session.timeout == http.TIMEOUT


@pytest.mark.parametrize(
    "config",
    [
        {"graph_version": "25"},
        {"graph_version": "v25.0/../me"},
        {"graph_url": "ftp://graph"},
        {"graph_url": "graph.facebook.com"},
        {"graph_url": "https://user:pass@graph.facebook.com"},
        {"timeout": "soon"},
        {"timeout": "1"},
        {"timeout": "0,5"},
        {"timeout": "nan,1"},
    ],
)
def test_nonsense_in_the_configuration_is_said_before_any_call(graph: ScriptedGraph, config: dict[str, str]) -> None:
    with pytest.raises(Unavailable):
        read(graph, config=config)
    assert graph.asked == []


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Says(b"", 204, type=""), {}),
        (Says(b"", 200), {}),
        (Says(b"true", type="text/javascript"), {"success": True}),
        (Says({"id": "1"}, type="text/javascript; charset=UTF-8"), {"id": "1"}),
        (Says({"id": "1"}, type=""), {"id": "1"}),
        (Says({"id": "1", "error": None}), {"id": "1", "error": None}),
    ],
)
def test_answers_that_are_answers(graph: ScriptedGraph, answer: Says, expected: object) -> None:
    graph.says(answer)
    assert write(graph) == expected


def test_a_write_that_could_not_be_read_back_is_done(graph: ScriptedGraph) -> None:
    graph.says(error(100, original_response={"id": "123_789"}))
    assert write(graph) == {"id": "123_789"}


HTML = Says(b"<html>502 Bad Gateway</html>", 502, type="text/html")
USELESS = {
    "html 502": HTML,
    "html with 200": Says(b"<html>login</html>", type="text/html"),
    "json called html": Says({"id": "1"}, type="text/html"),
    "half a json": Says(b'{"id": "1'),
    "a list": Says([1, 2]),
    "deep": Says(b"[" * 100_000),
    "not utf-8": Says(b'{"id": "\xff\xfe"}'),
    "500 with json": Says({"oops": 1}, 500),
    "a redirect": Says(b"", 302, (("location", "http://127.0.0.1:1/"),)),
    "broken off": Says({"id": "1"}, then="reset"),
    "temporary 1": error(1, status=500),
    "temporary 2": error(2, status=503),
    "send failure": error(1200, status=400),
    "transient": error(100, is_transient=True),
    "no code": error(status=500),
    "text for an error": Says({"error": "boom"}, 500),
}


@pytest.mark.behaviour(13)
@pytest.mark.parametrize("answer", USELESS.values(), ids=USELESS.keys())
def test_a_write_without_a_usable_answer_is_an_unknown_outcome_asked_once(graph: ScriptedGraph, answer: Says) -> None:
    graph.says(answer)
    with pytest.raises(UnknownOutcome):
        write(graph)
    assert len(graph.asked) == 1


@pytest.mark.behaviour(32)
@pytest.mark.parametrize("answer", USELESS.values(), ids=USELESS.keys())
def test_a_read_without_a_usable_answer_is_asked_thrice(graph: ScriptedGraph, answer: Says) -> None:
    graph.says(answer, answer, answer)
    with pytest.raises(Unavailable):
        read(graph)
    assert len(graph.asked) == 3


@pytest.mark.behaviour(32)
def test_a_read_and_a_deletion_get_through_a_passing_fault(graph: ScriptedGraph) -> None:
    graph.says(HTML, Says({"id": "1"}), error(2), Says({"success": True}))
    assert read(graph) == {"id": "1"}
    with GraphClient(graph.account()) as client:
        assert client.delete_object("1") == {"success": True}
    assert [asked.method for asked in graph.asked] == ["GET", "GET", "DELETE", "DELETE"]


@pytest.mark.behaviour(13)
def test_a_hanging_write_is_unknown_and_never_repeated(graph: ScriptedGraph) -> None:
    graph.says(Says(then="hang"))
    with pytest.raises(UnknownOutcome):
        write(graph)
    assert len(graph.asked) == 1


def test_a_hanging_read_does_not_make_the_agent_wait_thrice(graph: ScriptedGraph) -> None:
    graph.says(Says(then="hang"))
    with pytest.raises(Unavailable):
        read(graph)
    assert len(graph.asked) == 1


def test_a_body_that_stops_halfway_counts_as_hanging(graph: ScriptedGraph) -> None:
    graph.says(Says({"id": "1"}, then="stall"), Says({"id": "1"}, then="stall"))
    with pytest.raises(Unavailable):
        read(graph)
    with pytest.raises(UnknownOutcome):
        write(graph)
    assert len(graph.asked) == 2


def test_too_long_an_answer_is_not_read(graph: ScriptedGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    graph.says(Says({"id": "1" * 5000}))
    with GraphClient(graph.account()) as client:
        client.session.max_bytes = 1000
        with pytest.raises(Unavailable):
            client.get_object("1")
    assert len(graph.asked) == 1


@pytest.mark.behaviour(32)
def test_a_refused_connection_is_surely_nothing_done_even_for_a_write(graph: ScriptedGraph) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with http.recorded() as exchanges, pytest.raises(Unavailable):
        write(graph, config={"graph_url": url})
    assert len(exchanges) == 3


def test_a_redirect_is_never_followed(graph: ScriptedGraph) -> None:
    graph.says(Says(b"", 301, (("location", "/v25.0/elsewhere"),)))
    with pytest.raises(UnknownOutcome):
        write(graph)
    assert [asked.path for asked in graph.asked] == ["/v25.0/123_456/comments"]


def test_an_error_of_a_proxy_before_graph_is_refused_not_repeated(graph: ScriptedGraph) -> None:
    graph.says(Says(b"<html>404</html>", 404, type="text/html"))
    with pytest.raises(Refused) as caught:
        write(graph)
    assert caught.value.code == "HTTP 404"


# ---------------------------------------------------------------- what errors mean

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


# ---------------------------------------------------------------- what never gets out


@pytest.mark.behaviour(11)
def test_neither_token_nor_secret_is_in_any_error_log_or_repr(
    graph: ScriptedGraph, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3")
    leaky = error(190, message=f"Malformed access token {TOKEN}", error_data={"token": TOKEN}, fbtrace_id=f"{TOKEN} x")
    told = []
    for answer, call in [(leaky, read), (HTML, write), (Says(then="reset"), write), (Says(then="hang"), write)]:
        graph.says(answer)
        with pytest.raises(ConnectorError) as caught:
            call(graph)
        failure = caught.value
        assert failure.__cause__ is None
        assert failure.__context__ is None, "tools that report errors walk the context"
        told += ["".join(traceback.format_exception(failure)), str(failure), repr(failure), failure.code]
    with GraphClient(graph.account()) as client:
        graph.says(Says({"data": {}}))
        client.debug_access_token(TOKEN, APP, SECRET)
        told += [repr(client), repr(client.account), str(client.account.app)]
    with pytest.raises(Unavailable) as caught:
        read(graph, config={"graph_url": "http://127.0.0.1:1"})
    told += [str(caught.value), caplog.text]
    assert "http://127.0.0.1:1 " not in "".join(told[:-1])
    assert "/v25.0/debug_token" in caplog.text, "requests logged its calls"
    for text in told:
        assert TOKEN not in text
        assert SECRET not in text


def test_a_token_no_header_can_carry_is_not_quoted_by_the_library(graph: ScriptedGraph) -> None:
    with pytest.raises(Disconnected) as caught:
        read(graph, credentials={"access_token": "abc\r\nX: 1"})
    assert "abc" not in repr(caught.value)


# ---------------------------------------------------------------- how much is used

APP_USAGE = '{"call_count":28,"total_time":25,"total_cputime":208}'
REPEATED = (
    f'{{"{PAGE}":[{{"type":"pages","call_count":97,"estimated_time_to_regain_access":19}}],'
    f'"{PAGE}":[{{"type":"messenger","call_count":3,"total_cputime":5,"total_time":1}}],'
    f'"666":[{{"type":"ads_management","call_count":100,"estimated_time_to_regain_access":999}}]}}'
)


@pytest.mark.behaviour(30)
@pytest.mark.parametrize("answer", [Says({"id": "1"}), error(100), HTML], ids=["success", "error", "html"])
def test_usage_is_read_from_every_answer_with_repeated_keys(graph: ScriptedGraph, answer: Says) -> None:
    headers = (("x-app-usage", APP_USAGE), ("X-Business-Use-Case-Usage", REPEATED), ("x-page-usage", "{garbage"))
    graph.says(Says(answer.body, answer.status, headers, answer.type))
    before = datetime.now(UTC)
    try:
        write(graph)
    except ConnectorError:
        assert answer.status >= 400
    assert [(usage.bucket, usage.percent) for usage in graph.usage] == [
        (f"messenger:{PAGE}", 5.0),
        (f"pages:{PAGE}", 97.0),
        ("app", 208.0),
    ]
    until = graph.usage[1].blocked_until
    assert until is not None
    assert timedelta(minutes=18) < until - before < timedelta(minutes=20)
    assert graph.usage[0].blocked_until is graph.usage[2].blocked_until is None


@pytest.mark.behaviour(30)
@pytest.mark.parametrize(
    "header",
    ["", "{", "null", "[]", "[1]", "3", '"x"', "{}" * 3, '{"call_count":"many","total_time":null}', "[" * 99_999],
)
def test_garbage_in_usage_headers_is_no_usage(header: str) -> None:
    for name in ("x-app-usage", "x-page-usage", "x-business-use-case-usage"):
        assert all(usage.percent == 0 for usage in usages({name: header}, PAGE, NOW))
        assert retry_at({name: header}, PAGE, NOW) == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    "items", ["{}", "[1]", '["x"]', "null", '[{"call_count":1e999}]', '[{"estimated_time_to_regain_access":-5}]']
)
def test_odd_items_of_a_business_header(items: str) -> None:
    found = usages({"x-business-use-case-usage": f'{{"{PAGE}":{items}}}'}, PAGE, NOW)
    assert all(usage.percent == 0 and usage.blocked_until is None for usage in found)


def test_repeated_headers_joined_by_a_proxy_both_count() -> None:
    joined = '{"call_count":10}, {"call_count":20}'
    assert usages({"x-app-usage": joined}, PAGE, NOW) == [Usage("app", 10.0), Usage("app", 20.0)]


@pytest.mark.behaviour(29)
@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ((("x-business-use-case-usage", REPEATED), ("retry-after", "7")), timedelta(minutes=19)),
        ((("retry-after", "120"),), timedelta(seconds=120)),
        ((("retry-after", "999999999"),), timedelta(days=1)),
        ((("retry-after", "-3"),), timedelta(minutes=5)),
        ((("retry-after", "soon"),), timedelta(minutes=5)),
        ((("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),), timedelta(minutes=5)),
        ((), timedelta(minutes=5)),
    ],
)
def test_a_rate_error_says_until_when_and_blocks_its_bucket(
    graph: ScriptedGraph, headers: tuple[tuple[str, str], ...], wait: timedelta
) -> None:
    graph.says(error(80001, headers=headers))
    with pytest.raises(Throttled) as caught:
        read(graph)
    assert abs(caught.value.retry_at - datetime.now(UTC) - wait) < timedelta(seconds=5)
    assert graph.usage[-1] == Usage(f"pages:{PAGE}", 100.0, caught.value.retry_at)
    assert len(graph.asked) == 1, "a rate error is never slept on"


@pytest.mark.parametrize(("code", "bucket"), [(4, "app"), (32, "page"), (613, "page"), (80006, f"messenger:{PAGE}")])
def test_a_rate_error_names_the_bucket_it_is_about(graph: ScriptedGraph, code: int, bucket: str) -> None:
    graph.says(error(code))
    with pytest.raises(Throttled):
        write(graph)
    assert [usage.bucket for usage in graph.usage] == [bucket]


def test_429_without_a_graph_error_is_too_fast_also_for_a_write(graph: ScriptedGraph) -> None:
    graph.says(Says(b"<html>slow down</html>", 429, (("retry-after", "30"),), type="text/html"))
    with pytest.raises(Throttled) as caught:
        write(graph)
    assert timedelta(seconds=25) < caught.value.retry_at - datetime.now(UTC) <= timedelta(seconds=30)


def test_a_counter_that_is_down_does_not_make_a_sent_reply_look_failed(graph: ScriptedGraph) -> None:
    def broken(usage: Usage) -> None:
        raise ConnectionError("Valkey is down")

    graph.says(Says({"id": "1"}, headers=(("x-app-usage", APP_USAGE),)))
    assert write(graph, report_usage=broken) == {"id": "1"}


# ---------------------------------------------------------------- lists


def pages_of(graph: ScriptedGraph, *answers: object, most: int = 10) -> list[list[dict[str, object]]]:
    graph.says(*(Says(answer) for answer in answers))
    with GraphClient(graph.account()) as client:
        return [sheet.items for sheet in client.pages(PAGE, "feed", most=most, limit=2)]


def sheet(*ids: str, after: object = None, **paging: object) -> dict[str, object]:
    cursors = {} if after is None else {"cursors": {"before": after, "after": after}}
    return {"data": [{"id": each} for each in ids], "paging": {**cursors, **paging}}


NEXT = f"https://graph.facebook.com/v25.0/1/feed?access_token={TOKEN}&limit=2&after=OTHER"


@pytest.mark.behaviour(34)
def test_a_list_is_followed_by_its_cursors_not_by_the_url_with_the_token(graph: ScriptedGraph) -> None:
    found = pages_of(graph, sheet("a", after="A", next=NEXT), sheet(after="B", next=NEXT), sheet("c", after="C"))
    assert [[item["id"] for item in page] for page in found] == [["a"], [], ["c"]]
    assert [asked.query.get("after") for asked in graph.asked] == [None, "A", "B"]
    assert {asked.query["limit"] for asked in graph.asked} == {"2"}


@pytest.mark.behaviour(34)
def test_a_list_ends_where_its_cursor_repeats(graph: ScriptedGraph) -> None:
    assert len(pages_of(graph, *[sheet("a", after="A", next=NEXT)] * 5)) == 2
    assert len(graph.asked) == 2


@pytest.mark.behaviour(34)
def test_a_list_ends_at_its_bound(graph: ScriptedGraph) -> None:
    answers = [sheet(str(n), after=f"C{n}", next=NEXT) for n in range(9)]
    assert len(pages_of(graph, *answers, most=3)) == 3
    assert len(graph.asked) == 3


def test_a_list_by_time_is_followed_by_its_position(graph: ScriptedGraph) -> None:
    by_time = f"https://g/v1/feed?access_token={TOKEN}&until=170&__paging_token=enc_x&appsecret_proof=p&evil=1"
    pages_of(graph, sheet("a", next=by_time), sheet("b"))
    assert {"until": "170", "__paging_token": "enc_x"}.items() <= graph.asked[1].query.items()
    assert "evil" not in graph.asked[1].query
    assert graph.asked[1].query["appsecret_proof"] == PROOF


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"paging": None},
        {"paging": []},
        {"paging": {"cursors": {"after": "A"}}},
        {"paging": {"next": ""}},
        {"paging": {"next": 7}},
        {"paging": {"next": "https://[broken", "cursors": None}},
        {"paging": {"next": "https://g/feed", "cursors": {"after": ""}}},
    ],
)
def test_odd_paging_is_the_end(answer: dict[str, object]) -> None:
    assert following(answer) is None


def test_odd_data_is_no_items(graph: ScriptedGraph) -> None:
    assert pages_of(graph, {"data": {"id": "1"}}) == [[]]
    assert pages_of(graph, {"data": [1, None, {"id": "2"}]}) == [[{"id": "2"}]]


def test_the_sdks_own_way_through_a_list_is_bounded_too(graph: ScriptedGraph) -> None:
    graph.says(*[Says(sheet("a", after="A", next=NEXT))] * 2)
    with GraphClient(graph.account()) as client:
        assert [item["id"] for item in client.get_all_connections(PAGE, "feed")] == ["a", "a"]


# ---------------------------------------------------------------- the version


@pytest.mark.behaviour(40)
def test_the_version_that_answers_is_compared_with_the_one_asked(graph: ScriptedGraph) -> None:
    graph.says(Says({"id": "1"}, headers=(("facebook-api-version", "v26.0"),)))
    with GraphClient(graph.account()) as client:
        client.get_object("1")
        assert client.get_version() == "v26.0"
        assert "v26.0" in client.warnings()[0]


@pytest.mark.behaviour(40)
@pytest.mark.parametrize(
    ("asked", "spoken", "today", "count"),
    [
        ("v25.0", "v25.0", date(2026, 11, 21), 0),
        ("v25.0", "", date(2026, 11, 21), 0),
        ("v21.0", "v21.0", date(2026, 11, 21), 1),
        ("v22.0", "v22.0", date(2027, 2, 18), 0),
        ("v22.0", "v22.0", date(2027, 2, 19), 1),
        ("v19.0", "v21.0", date(2026, 11, 21), 2),
        ("v99.0", "v99.0", date(2026, 11, 21), 0),
    ],
)
def test_a_version_warns_before_it_expires(asked: str, spoken: str, today: date, count: int) -> None:
    assert len(version_warnings(asked, spoken, today)) == count


# ---------------------------------------------------------------- the SDK


def test_the_sdk_still_has_what_we_stand_on() -> None:
    for name in ("get_object", "get_connections", "put_object", "put_comment", "put_like", "delete_object"):
        assert callable(getattr(facebook.GraphAPI, name))
    assert facebook.__version__ == "3.1.0"


def test_each_call_leaves_a_trace_without_secrets(graph: ScriptedGraph) -> None:
    graph.says(Says({"id": "1"}, headers=(("x-fb-trace-id", "Trace1"),)))
    with http.recorded() as exchanges:
        read(graph)
    (exchange,) = exchanges
    assert (exchange.method, exchange.path, exchange.status, exchange.trace) == ("GET", "/v25.0/123_456", 200, "Trace1")
    assert TOKEN not in json.dumps(str(exchange))


def test_answers_may_depend_on_what_was_asked(graph: ScriptedGraph) -> None:
    """The scripted server itself: it hands the request over as it came."""
    graph.says(lambda asked: Says({"saw": asked.method}) if isinstance(asked, Asked) else HTML)
    assert read(graph) == {"saw": "GET"}
