"""Polling X: watermarks, first looks, overlaps, cadence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.contract import Kind, Unavailable
from connectors.twitter import backfill
from connectors.twitter.backfill import Place, query_of, read_cursor, write_cursor
from connectors.twitter.twitter import twitter
from tests.connectors.twitter.conftest import due
from tests.connectors.twitter.simulator_stand import BRAND


@pytest.fixture
def small_pages(monkeypatch):
    """Pages of five, so that few posts are many pages."""
    monkeypatch.setattr(backfill, "MOST_PAGES", 2)
    real = backfill._sheets

    def sheets(client, name, since, token):
        before = client.get
        client.get = lambda route, **params: before(route, **{**params, "max_results": 5})
        return real(client, name, since, token)

    monkeypatch.setattr(backfill, "_sheets", sheets)


@pytest.mark.behaviour_x(39)
def test_a_first_look_indexes_and_floods_nobody(desk):
    for number in range(12):
        desk.x.say("post", f"@Acme old {number}", age=3600 * (number + 1))
    desk.x.say("message", "old and private", age=7200)
    new = desk.x.say("post", "@Acme new")
    found, cursor = desk.polled()
    assert [post.external_id for post in found if not post.context_only] == [new]
    assert len([post for post in found if post.context_only]) == backfill.INDEXED
    assert desk.polled(due(cursor))[0] == []


@pytest.mark.behaviour_x(9)
def test_the_watermark_is_the_first_page_s_and_moves_with_the_last(desk, small_pages):
    desk.x.say("post", "@Acme before", age=3600)
    _, cursor = desk.polled()
    ids = [desk.x.say("post", f"@Acme number {number}") for number in range(13)]
    found, midway = desk.polled(due(cursor))
    assert [post.external_id for post in found] == ids[3:]
    place = read_cursor(midway)["mentions"]
    assert place.token
    assert place.newest == ids[-1]
    assert place.since == read_cursor(cursor)["mentions"].since
    later = desk.x.say("post", "@Acme while we were busy")
    rest, done = desk.polled(due(midway))
    assert [post.external_id for post in rest] == ids[:3]
    assert read_cursor(done)["mentions"] == Place(ids[-1], read_cursor(done)["mentions"].due)
    assert [post.external_id for post in desk.polled(due(done))[0]] == [later]


@pytest.mark.behaviour_x(9)
def test_a_crash_between_pages_loses_and_doubles_nothing(desk, small_pages):
    _, cursor = desk.polled()
    ids = [desk.x.say("post", f"@Acme number {number}") for number in range(8)]
    first = twitter.poll(desk.account, due(cursor)).bodies
    again = twitter.poll(desk.account, due(cursor)).bodies
    assert first == again
    assert len(set(first)) == len(ids)


@pytest.mark.behaviour_x(9)
def test_an_empty_page_keeps_the_watermark(desk):
    desk.x.say("post", "@Acme one")
    _, cursor = desk.polled()
    _, after = desk.polled(due(cursor))
    assert read_cursor(after)["mentions"].since == read_cursor(cursor)["mentions"].since


def test_a_token_x_no_longer_knows_begins_anew_from_the_same_watermark(desk):
    _, cursor = desk.polled()
    new = desk.x.say("post", "@Acme one")
    places = read_cursor(cursor)
    places["mentions"] = replace(places["mentions"], token="gone", newest="1", due=0)
    found, after = desk.polled(write_cursor(places))
    assert found == []
    assert [post.external_id for post in desk.polled(due(after))[0]] == [new]


def test_messages_come_once_however_late_they_are_listed(desk):
    _, cursor = desk.polled()
    first = desk.x.say("message", "Hello &amp; good day")
    group = desk.x.say("group", **{"with": ["Karim Haddad"]})
    second = desk.x.say("message", "All of you", talk=group)
    found, after = desk.polled(due(cursor))
    said = {post.external_id: post for post in found}
    assert (said[first].text, said[first].thread_id) == ("Hello &amp; good day", desk.x.person())
    assert (said[second].kind, said[second].thread_id) == (Kind.DIRECT, f"group:{group}")
    same = twitter.poll(desk.account, due(cursor)).bodies
    assert set(twitter.poll(desk.account, due(after)).bodies) <= set(same)


@pytest.mark.behaviour_x(10)
def test_a_limit_of_one_kind_stops_only_that_kind_until_its_bucket_opens(desk):
    _, cursor = desk.polled()
    desk.x.adjust(limits={"dm_events": 1})
    desk.x.say("post", "@Acme one")
    desk.x.say("message", "one")
    found, after = desk.polled(due(cursor))
    assert [post.kind for post in found] == [Kind.MENTION]
    wait = read_cursor(after)["direct"].due - datetime.now(UTC).timestamp()
    assert 60 < wait < 1000
    assert read_cursor(after)["direct"].since == read_cursor(cursor)["direct"].since


def test_how_often_is_what_x_s_limit_leaves(desk):
    _, cursor = desk.polled()
    assert 55 <= read_cursor(cursor)["direct"].due - datetime.now(UTC).timestamp() <= 70
    assert twitter.poll(desk.account, cursor).bodies == ()
    desk.x.adjust(limits={"dm_events": 4})
    _, after = desk.polled(due(cursor))
    assert read_cursor(after)["direct"].due - datetime.now(UTC).timestamp() > 300


def test_what_fails_leaves_the_cursor_where_it_was(desk):
    desk.x.fault("server_error", on="read", times=0)
    with pytest.raises(Unavailable):
        twitter.poll(desk.account, "")


def test_what_x_cannot_tell_now_keeps_nothing_else_waiting(desk):
    _, cursor = desk.polled()
    group = desk.x.say("group", **{"with": ["Karim Haddad"]})
    desk.x.say("message", "All of you", talk=group)
    desk.x.say("post", "@Acme one")
    desk.x.fault("server_error", on="read")
    found, after = desk.polled(due(cursor))
    assert [post.text for post in found] == ["@Acme one"]
    assert read_cursor(after)["direct"] == read_cursor(due(cursor))["direct"]
    found, _ = desk.polled(after)
    assert [post.thread_id for post in found] == [f"group:{group}"]


def test_what_was_found_does_not_wait_for_a_slow_kind_and_each_has_its_turn(desk, monkeypatch):
    _, cursor = desk.polled()
    desk.x.say("message", "one")
    desk.x.say("post", "@Acme one")
    monkeypatch.setattr(backfill, "PATIENCE", 0)
    found, after = desk.polled(due(cursor))
    assert [post.kind for post in found] == [Kind.DIRECT]
    found, _ = desk.polled(after)
    assert [post.kind for post in found] == [Kind.MENTION]


def test_a_poll_a_little_early_is_no_poll_too_late(desk):
    _, cursor = desk.polled()
    desk.x.say("post", "@Acme one")
    soon = int(datetime.now(UTC).timestamp()) + 3
    early = {name: replace(place, due=soon) for name, place in read_cursor(cursor).items()}
    found, after = desk.polled(write_cursor(early))
    assert len(found) == 1
    assert desk.polled(after)[0] == []


@pytest.mark.parametrize(
    ("given", "query"),
    [
        ("", ""),
        (" , ", ""),
        ("acme", f"(acme) -from:{BRAND} -is:retweet"),
        ('acme,  "acme care" ,x', f'(acme OR "acme care" OR x) -from:{BRAND} -is:retweet'),
        ("c&a\nacme.com, or, #acme", f'("c&a" OR "acme.com" OR "or" OR #acme) -from:{BRAND} -is:retweet'),
    ],
)
def test_keywords_are_one_question(desk, given, query):
    assert query_of(desk.with_options(keywords=given)) == query


def test_a_cursor_survives_nonsense_and_stays_short():
    for odd in ("", "x", "[]", '{"mentions": 5}', '{"mentions": {"since": null}}'):
        assert read_cursor(odd) == {} or set(read_cursor(odd)) <= set(backfill.EVERY)
    long = {name: Place("1" * 19, 1, "t" * 200, "2" * 19) for name in backfill.EVERY}
    assert len(write_cursor(long)) <= backfill.LONGEST_CURSOR
    assert read_cursor(write_cursor(long))["direct"].since == "1" * 19


def test_the_words_of_the_newer_vocabulary_are_read_alike(desk):
    desk.x.adjust(rules={"newer_words": True})
    parent = desk.x.say("post", "@Acme the first")
    desk.x.say("reply", "@Acme the second", to=parent)
    found, _ = desk.polled()
    assert [(post.kind, post.thread_id) for post in found] == [(Kind.MENTION, parent), (Kind.COMMENT, parent)]


@pytest.mark.behaviour_x(31)
def test_what_was_read_is_charged_by_the_piece(desk):
    desk.x.say("post", "@Acme one")
    desk.x.say("message", "one")
    desk.x.say("message", "two")
    desk.polled()
    spent = {}
    for cost in desk.costs:
        spent.setdefault(cost.kind, set()).update(cost.resources)
    charged = {one["kind"]: one["count"] for one in desk.x.state()["charged"]}
    assert {kind: len(ids) for kind, ids in spent.items()} == charged


@pytest.mark.behaviour_x(15)
def test_a_list_that_is_errors_alone_is_no_empty_list(desk):
    desk.account = replace(desk.account, external_id="999")
    assert twitter.poll(desk.account, "").unseen == ("mentions_refused",)
