"""What Graph's answers say beside the answer: allowances, and the version that spoke."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.contract import (
    ConnectorError,
    Throttled,
    Usage,
)
from connectors.meta.graph import GraphClient
from connectors.meta.usage import retry_at, usages, version_warnings
from tests.connectors.meta.scripted_graph import (
    HTML,
    PAGE,
    Says,
    ScriptedGraph,
    error,
    read,
    write,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


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


@pytest.mark.parametrize("code", [None, 424242])
def test_429_with_an_error_we_do_not_know_is_too_fast(graph: ScriptedGraph, code: int | None) -> None:
    graph.says(error(code, status=429))
    with pytest.raises(Throttled):
        write(graph)


def test_a_counter_that_is_down_does_not_make_a_sent_reply_look_failed(graph: ScriptedGraph) -> None:
    def broken(usage: Usage) -> None:
        raise ConnectionError("Valkey is down")

    graph.says(Says({"id": "1"}, headers=(("x-app-usage", APP_USAGE),)))
    assert write(graph, report_usage=broken) == {"id": "1"}


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
