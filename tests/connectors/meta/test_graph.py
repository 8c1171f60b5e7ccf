"""The Graph client against a real server on loopback: what it sends, reads, repeats and never says."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import socket
import traceback

import facebook
import pytest

from connectors import contract, http
from connectors.contract import (
    ConnectorError,
    Disconnected,
    Refused,
    Unavailable,
    UnknownOutcome,
)
from connectors.meta.graph import GraphClient
from tests.connectors.meta.scripted_graph import (
    APP,
    HTML,
    PAGE,
    SECRET,
    TOKEN,
    Asked,
    Says,
    ScriptedGraph,
    error,
    read,
    write,
)

PROOF = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()


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


USELESS = {
    "html 502": HTML,
    "html with 200": Says(b"<html>login</html>", type="text/html"),
    "json called html": Says({"id": "1"}, type="text/html"),
    "half a json": Says(b'{"id": "1'),
    "a list": Says([1, 2]),
    "deep": Says(b"[" * 100_000),
    "not utf-8": Says(b'{"id": "\xff\xfe"}'),
    "500 with json": Says({"oops": 1}, 500),
    "408": Says(b"", 408),
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
