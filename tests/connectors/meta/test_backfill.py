"""Polling: what came while no webhook did, read from Graph and given back as webhooks of the same meaning."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.contract import Disconnected, Hidden, Inbound, Kind, Page, Post, Raw, Refused
from connectors.meta import backfill
from connectors.meta.backfill import Position
from connectors.meta.facebook import facebook
from connectors.meta.messenger import messenger
from connectors.meta.platform import platform
from tests.connectors.meta.scripted_graph import PAGE, TOKEN, Asked, Says, ScriptedGraph, error

NOW = datetime.now(UTC).replace(microsecond=0)
SINCE = NOW - timedelta(hours=2)
CURSOR = str(int(SINCE.timestamp()))
NEW, OLD = NOW - timedelta(hours=1), NOW - timedelta(days=3)
NEXT = f"https://graph.facebook.com/v25.0/x?access_token={TOKEN}"


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


def node(external_id: str, at: datetime = NEW, author: str | None = "7", **more: Any) -> dict[str, Any]:
    known = {"id": external_id, "message": f"words of {external_id}", "created_time": iso(at), **more}
    return known | ({"from": {"id": author, "name": "Zoé"}} if author else {})


def listed(*items: Any, after: str = "") -> dict[str, Any]:
    return {"data": list(items)} | ({"paging": {"cursors": {"after": after}, "next": NEXT}} if after else {})


def edges(**answers: Any) -> Callable[[Asked], Says]:
    """Answers by the last part of the path; a callable gets the request; nothing known is an empty list."""

    def answer(asked: Asked) -> Says:
        found = answers.get(asked.path.rpartition("/")[2], listed())
        found = found(asked) if callable(found) else found
        return found if isinstance(found, Says) else Says(found)

    return answer


def meant(page: Page) -> list[Inbound]:
    return [record for body in page.bodies for record in platform.parse(Raw(body, NOW))]


def posts(page: Page) -> dict[str, Post]:
    return {record.external_id: record for record in meant(page) if isinstance(record, Post)}


def poll(graph: ScriptedGraph, cursor: str = CURSOR, **answers: Any) -> Page:
    graph.always = edges(**answers)
    return facebook.poll(graph.account(), cursor)


# ---------------------------------------------------------------- the feed


@pytest.mark.behaviour(33)
def test_posts_comments_and_mentions_come_as_webhooks_would_bring_them(graph: ScriptedGraph) -> None:
    own = node(f"{PAGE}_1", OLD, PAGE, comments=listed(node("1_11"), node("1_12", parent={"id": "1_11"})))
    visitor = node(f"{PAGE}_2", permalink_url="https://fb.example/2")
    page = poll(graph, feed=listed(own, visitor), tagged=listed(node("55_66"), node(f"{PAGE}_2")))
    found = posts(page)
    assert set(found) == {"1_11", "1_12", f"{PAGE}_2", "55_66"}
    assert {one.account for one in found.values()} == {PAGE}
    root, answer, post, mention = found["1_11"], found["1_12"], found[f"{PAGE}_2"], found["55_66"]
    assert (root.kind, root.thread_id, root.parent_id) == (Kind.COMMENT, f"{PAGE}_1", f"{PAGE}_1")
    assert (answer.thread_id, answer.parent_id) == (f"{PAGE}_1", "1_11")
    assert (post.kind, post.thread_id, post.permalink) == (Kind.POST, f"{PAGE}_2", "https://fb.example/2")
    assert (mention.kind, mention.thread_id) == (Kind.MENTION, "55_66")
    for one in found.values():
        assert one.text == f"words of {one.external_id}"
        assert (one.created_at, one.dated, one.ours, one.context_only) == (NEW, True, False, False)
        assert one.author is not None
        assert (one.author.external_id, one.author.name) == ("7", "Zoé")


@pytest.mark.behaviour(33)
def test_a_poll_and_a_webhook_of_one_comment_are_one_message(graph: ScriptedGraph) -> None:
    value = {
        "item": "comment",
        "verb": "add",
        "comment_id": "1_11",
        "post_id": f"{PAGE}_1",
        "parent_id": f"{PAGE}_1",
        "from": {"id": "7", "name": "Zoé"},
        "message": "words of 1_11",
        "created_time": int(NEW.timestamp()),
    }
    change = {"field": "feed", "value": value}
    webhook = json.dumps({"object": "page", "entry": [{"id": PAGE, "time": 1, "changes": [change]}]}).encode()
    page = poll(graph, feed=listed(node(f"{PAGE}_1", OLD, PAGE, comments=listed(node("1_11")))))
    assert meant(page) == list(platform.parse(Raw(webhook, NOW)))


def test_reading_the_same_again_gives_the_same_bytes_oldest_first(graph: ScriptedGraph) -> None:
    early, late = node(f"{PAGE}_2", NEW), node(f"{PAGE}_3", NEW + timedelta(minutes=5))
    first = poll(graph, feed=listed(late, early, late))
    second = poll(graph, first.cursor, feed=listed(early, late))
    assert list(posts(first)) == [f"{PAGE}_2", f"{PAGE}_3"]
    assert second.bodies == ()
    assert poll(graph, feed=listed(early, late)).bodies == first.bodies


def test_within_one_second_the_later_listed_is_the_earlier(graph: ScriptedGraph) -> None:
    comments = listed(node("1_2"), node("1_9"), node("1_1"))
    page = poll(graph, feed=listed(node(f"{PAGE}_1", OLD, PAGE, comments=comments)))
    assert list(posts(page)) == ["1_1", "1_9", "1_2"]


def test_what_is_older_than_the_cursor_and_its_overlap_stays_out(graph: ScriptedGraph) -> None:
    inside, outside = SINCE - timedelta(minutes=9), SINCE - timedelta(minutes=11)
    begun = datetime.now(UTC)
    page = poll(graph, feed=listed(node(f"{PAGE}_2", inside), node(f"{PAGE}_3", outside)))
    assert set(posts(page)) == {f"{PAGE}_2"}
    assert abs(int(page.cursor) - begun.timestamp()) < 60


@pytest.mark.behaviour(28)
def test_the_pages_own_words_and_hidden_and_unpublished_ones(graph: ScriptedGraph) -> None:
    comments = listed(node("2_21", author=PAGE), node("2_22", is_hidden=True))
    feed = listed(node(f"{PAGE}_1", author=PAGE), node(f"{PAGE}_2", is_published=False, comments=comments))
    page = poll(graph, feed=feed)
    found = posts(page)
    assert set(found) == {f"{PAGE}_2", "2_21", "2_22"}
    assert found["2_21"].ours
    assert found[f"{PAGE}_2"].context_only
    assert [record.external_id for record in meant(page) if isinstance(record, Hidden)] == ["2_22"]


@pytest.mark.behaviour(22)
@pytest.mark.behaviour(23)
def test_pictures_films_links_and_nothing_at_all(graph: ScriptedGraph) -> None:
    photo = {"type": "photo", "media": {"image": {"src": "https://cdn.example/a.jpg"}}}
    film = {"type": "video_inline", "media": {"source": "https://cdn.example/b.mp4"}}
    album = {"type": "album", "subattachments": {"data": [photo, film, "odd"]}}
    link = {"type": "share", "url": "https://shop.example/x"}
    comments = listed(node("2_1", message="", attachment=film), node("2_2", message=None, author=None), "odd", None)
    feed = listed(node(f"{PAGE}_2", attachments={"data": [album, link]}, comments=comments), node(""), {"id": None})
    found = posts(poll(graph, feed=feed))
    kinds = {name: [attachment.type for attachment in one.attachments] for name, one in found.items()}
    assert kinds == {f"{PAGE}_2": ["image", "video", "link"], "2_1": ["video"], "2_2": ["unknown"]}
    assert found["2_2"].author is None


def test_a_long_thread_is_read_on_and_each_comment_counts_once(graph: ScriptedGraph) -> None:
    shown = listed(node("1_11"), node("1_12"), after="A")
    quiet = listed(node("2_21", OLD), after="B")
    pages = {None: listed(node("1_12"), node("1_13"), after="C"), "C": listed(node("1_14"))}
    page = poll(
        graph,
        feed=listed(node(f"{PAGE}_1", OLD, PAGE, comments=shown), node(f"{PAGE}_2", OLD, PAGE, comments=quiet)),
        comments=lambda asked: pages[asked.query.get("after")],
    )
    assert sorted(posts(page)) == ["1_11", "1_12", "1_13", "1_14"]
    read = [asked for asked in graph.asked if asked.path.endswith("/comments")]
    assert {asked.path for asked in read} == {f"/v25.0/{PAGE}_1/comments"}
    assert {asked.query["filter"] for asked in read} == {"stream"}


@pytest.mark.behaviour(34)
def test_a_poll_is_bounded_and_goes_on_where_it_stopped(graph: ScriptedGraph) -> None:
    def feed(asked: Asked) -> dict[str, Any]:
        number = int(asked.query.get("after", "0"))
        at = NEW if number < 14 else OLD
        return listed(node(f"{PAGE}_{number + 1000}", at), after=str(number + 1))

    first = poll(graph, feed=feed)
    assert len(first.bodies) == backfill.MOST_PAGES
    since, started, paging = first.cursor.split(" ")
    assert (since, paging) == (CURSOR, "after=10")
    graph.asked.clear()
    second = poll(graph, first.cursor, feed=feed)
    assert len(second.bodies) == 4
    assert second.cursor == started, "the next stretch begins where the first run of this one did"
    assert [asked.path for asked in graph.asked] == [f"/v25.0/{PAGE}/feed"] * 5


@pytest.mark.behaviour(34)
def test_a_poll_ends_on_a_cursor_that_repeats(graph: ScriptedGraph) -> None:
    page = poll(graph, feed=listed(node(f"{PAGE}_1"), after="A"))
    assert len([asked for asked in graph.asked if asked.path.endswith("/feed")]) == 2
    assert len(page.bodies) == 1
    assert " " not in page.cursor


def test_older_posts_are_looked_through_for_new_comments_but_not_without_end(graph: ScriptedGraph) -> None:
    def feed(asked: Asked) -> dict[str, Any]:
        number = int(asked.query.get("after", "0"))
        comments = listed(node(f"{number}_1")) if number == 3 else listed()
        return listed(node(f"{PAGE}_{number}", OLD, PAGE, comments=comments), after=str(number + 1))

    page = poll(graph, feed=feed)
    assert set(posts(page)) == {"3_1"}
    assert len([asked for asked in graph.asked if asked.path.endswith("/feed")]) == backfill.ALWAYS_PAGES


def test_a_position_meta_forgot_begins_again(graph: ScriptedGraph) -> None:
    def feed(asked: Asked) -> Any:
        return error(100) if "after" in asked.query else listed(node(f"{PAGE}_2"))

    page = poll(graph, f"{CURSOR} {int(NOW.timestamp())} after=GONE", feed=feed)
    assert set(posts(page)) == {f"{PAGE}_2"}


def test_a_post_on_the_page_itself_is_never_a_mention(graph: ScriptedGraph) -> None:
    assert poll(graph, tagged=listed(node(f"{PAGE}_2"))).bodies == ()


def test_mentions_that_may_not_be_read_do_not_stop_the_feed(graph: ScriptedGraph) -> None:
    page = poll(graph, feed=listed(node(f"{PAGE}_2")), tagged=error(10))
    assert set(posts(page)) == {f"{PAGE}_2"}


@pytest.mark.parametrize(("answer", "kind"), [(error(190, 460), Disconnected), (error(100, 33), Refused)])
def test_a_poll_that_fails_says_so(graph: ScriptedGraph, answer: Says, kind: type) -> None:
    with pytest.raises(kind):
        poll(graph, feed=answer)


# ---------------------------------------------------------------- the cursor


@pytest.mark.parametrize("cursor", ["", "  ", "yesterday", "-1", "9" * 400, "\x00", "1 2 3 4", "x=y"])
def test_a_cursor_of_nonsense_is_a_first_look(cursor: str) -> None:
    position = Position.of(cursor, NOW)
    assert position.since == NOW - backfill.FIRST_LOOK
    assert position.then is None


def test_no_gap_is_followed_for_ever() -> None:
    months_ago = str(int((NOW - timedelta(days=200)).timestamp()))
    assert Position.of(months_ago, NOW).since == NOW - backfill.LONGEST_GAP


def test_a_cursor_fits_its_column_and_carries_no_token() -> None:
    position = Position.of(f"{CURSOR} {CURSOR} access_token={TOKEN}&after=A%20B", NOW)
    assert position.then == {"after": "A B"}
    assert position.after({"after": "A B"}) == f"{CURSOR} {CURSOR} after=A+B"
    assert position.after({"after": "A" * 600}) == CURSOR
    assert position.after(None) == CURSOR


# ---------------------------------------------------------------- conversations


def spoken(mid: str, author: str, to: str, at: datetime = NEW, **more: Any) -> dict[str, Any]:
    return {"id": mid, "from": {"id": author}, "to": {"data": [{"id": to}]}, "created_time": iso(at), **more}


def conversation(*messages: Any, at: datetime = NEW) -> dict[str, Any]:
    return {"id": "t_1", "updated_time": iso(at), "messages": {"data": list(messages)}}


def poll_messages(graph: ScriptedGraph, monkeypatch: pytest.MonkeyPatch, **answers: Any) -> Page:
    assert backfill.CONVERSATIONS_PAUSE >= 0.5, "Meta allows two calls a second"
    monkeypatch.setattr(backfill, "CONVERSATIONS_PAUSE", 0.01)
    graph.always = edges(**answers)
    return messenger.poll(graph.account(), CURSOR)


@pytest.mark.behaviour(34)
def test_messages_come_as_webhooks_would_bring_them(graph: ScriptedGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    said = conversation(
        spoken("m_3", PAGE, "7", NEW + timedelta(minutes=2), message="Avec plaisir"),
        spoken("m_2", "7", PAGE, NEW + timedelta(minutes=1), message="Merci 🙏"),
        spoken("m_1", "7", PAGE, OLD, message="long ago"),
    )
    page = poll_messages(graph, monkeypatch, conversations=listed(said))
    customer, echo = meant(page)
    assert isinstance(customer, Post)
    assert isinstance(echo, Post)
    assert (customer.external_id, customer.thread_id, customer.text) == ("m_2", "7", "Merci 🙏")
    assert (customer.channel, customer.kind, customer.ours) == ("messenger", Kind.DIRECT, False)
    assert customer.created_at == NEW + timedelta(minutes=1)
    assert (echo.external_id, echo.thread_id, echo.ours) == ("m_3", "7", True)


def test_what_hangs_on_messages(graph: ScriptedGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [
        {"id": "1", "mime_type": "image/jpeg", "image_data": {"url": "https://cdn.example/a.jpg"}},
        {"id": "2", "mime_type": "video/mp4", "video_data": {"url": "https://cdn.example/b.mp4"}},
        {"id": "3", "mime_type": "audio/mpeg", "file_url": "https://cdn.example/c.mp3"},
        {"id": "4", "mime_type": "application/pdf", "name": "facture.pdf", "file_url": "https://cdn.example/d.pdf"},
        {"id": "5", "name": "Media not available due to new privacy rules in Europe."},
        "odd",
    ]
    share = {"data": [{"link": "https://shop.example/", "name": "Shop"}]}
    sticker = spoken("m_2", "7", PAGE, sticker="https://cdn.example/s.png")
    said = conversation(spoken("m_1", "7", PAGE, attachments={"data": files}, shares=share), sticker, {}, 7)
    found = posts(poll_messages(graph, monkeypatch, conversations=listed(said)))
    types = {mid: [attachment.type for attachment in one.attachments] for mid, one in found.items()}
    assert types == {"m_1": ["image", "video", "audio", "file", "file", "link"], "m_2": ["sticker"]}
    assert found["m_1"].attachments[3].title == "facture.pdf"


@pytest.mark.behaviour(34)
def test_conversations_are_read_until_they_are_old_and_not_too_fast(
    graph: ScriptedGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {
        None: listed(conversation(spoken("m_1", "7", PAGE)), after="A"),
        "A": listed(conversation(spoken("m_2", "8", PAGE)), conversation(at=OLD), after="B"),
    }
    pauses: list[float] = []
    monkeypatch.setattr("connectors.meta.graph.time.sleep", pauses.append)
    page = poll_messages(graph, monkeypatch, conversations=lambda asked: pages[asked.query.get("after")])
    assert set(posts(page)) == {"m_1", "m_2"}
    assert pauses == [0.01]
