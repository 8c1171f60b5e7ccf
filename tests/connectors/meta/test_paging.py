"""Lists of Graph: followed by cursors, bounded, ending where they repeat."""

from __future__ import annotations

import pytest

from connectors.meta.graph import GraphClient, following
from tests.connectors.meta.scripted_graph import (
    PAGE,
    TOKEN,
    Says,
    ScriptedGraph,
)


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
    assert graph.asked[1].query["appsecret_proof"] == graph.asked[0].query["appsecret_proof"]


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
