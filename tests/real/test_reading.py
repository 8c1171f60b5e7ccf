"""How a WordPress answers who reads: the same tests for the simulator's and a real one, so that the fake stays true."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import requests

from tests.real.visiting import hosts, listed, read, said, visit

FIELDS = {
    "id", "post", "parent", "author", "author_name", "author_url", "date", "date_gmt", "content", "link", "status",
    "type", "author_avatar_urls", "meta", "_links",
}  # fmt: skip
EDIT = {"author_email", "author_ip", "author_user_agent"}


# ------------------------------------------------------------ finding it, and who calls


def test_a_page_names_the_root_of_the_api(blog):
    home = requests.get(f"{blog.url}/", timeout=30)
    root = re.search(r'<([^>]+)>; rel="https://api\.w\.org/"', home.headers["link"])[1]
    index = requests.get(root, timeout=30)
    assert index.headers["content-type"] == "application/json; charset=UTF-8"
    found = index.json()
    assert "wp/v2" in found["namespaces"]
    assert found["gmt_offset"] == 1
    doors = found["authentication"]["application-passwords"]["endpoints"]
    assert doors["authorization"] == f"{blog.url}/wp-admin/authorize-application.php"


def test_the_api_says_who_calls_and_what_they_may(blog):
    me = blog.call("GET", "users/me", params={"context": "edit"}).json()
    assert (me["id"], me["name"], me["roles"]) == (
        blog.people["editor"].id, blog.people["editor"].name, ["editor"],
    )  # fmt: skip
    assert me["capabilities"]["moderate_comments"] is True
    author = blog.call("GET", "users/me", "author", params={"context": "edit"}).json()
    assert "moderate_comments" not in author["capabilities"]
    assert said(blog.call("GET", "users/me", None)) == (401, "rest_not_logged_in")


def test_a_login_may_be_an_address_and_a_password_have_spaces(blog):
    person = blog.people["editor"]
    spaced = " ".join(re.findall(".{4}", person.password))
    for auth in ((f"{person.login}@blog.example", person.password), (person.login, spaced)):
        assert requests.get(f"{blog.url}/wp-json/wp/v2/users/me", auth=auth, timeout=30).json()["id"] == person.id


def test_whoever_has_a_wrong_password_is_nobody(blog):
    """Reading in public goes on as if nothing were wrong."""
    for login in ("editor", "nobody-here"):
        answers = [
            requests.get(f"{blog.url}/wp-json{path}", auth=(login, "x" * 24), timeout=30)
            for path in ("/", "/wp/v2/comments", "/wp/v2/users/me")
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 401]
        assert said(answers[2]) == (401, "rest_not_logged_in")


def test_without_tls_and_the_local_setting_a_right_password_is_nobody(blog):
    blog.set_rules(local=False)
    try:
        assert requests.get(f"{blog.url}/wp-json/", timeout=30).json()["authentication"] == []
        assert said(blog.call("GET", "users/me")) == (401, "rest_not_logged_in")
        written = blog.call("POST", "comments", json={"post": blog.posts["open"], "content": "Hello"})
        assert said(written) == (401, "rest_comment_login_required")
    finally:
        blog.set_rules(local=True)


def test_with_plain_addresses_the_root_is_a_query(blog):
    blog.set_rules(pretty=False)
    try:
        link = requests.get(f"{blog.url}/", timeout=30).headers["link"]
        root = re.search(r'<([^>]+)>; rel="https://api\.w\.org/"', link)[1]
        assert root.endswith("?rest_route=/")
        found = requests.get(f"{root}wp/v2/users/me", auth=blog.people["editor"].auth, timeout=30)
        assert found.json()["id"] == blog.people["editor"].id
    finally:
        blog.set_rules(pretty=True)


# ------------------------------------------------------------ reading


def test_a_visitors_comment_as_a_moderator_sees_it(blog):
    id = visit(blog, "When do you open on <b>Sunday</b>?", "Vera Visitor")
    found = read(blog, id)
    assert found.keys() == FIELDS | EDIT
    assert (found["author"], found["author_name"], found["author_email"]) == (0, "Vera Visitor", "vera@reader.example")
    assert (found["status"], found["type"], found["parent"]) == ("approved", "comment", 0)
    assert found["content"] == {
        "raw": "When do you open on <b>Sunday</b>?",
        "rendered": "<p>When do you open on <b>Sunday</b>?</p>\n",
    }
    assert found["link"].endswith(f"/#comment-{id}")
    assert found["_links"]["up"][0]["href"].endswith(f"/wp/v2/posts/{blog.posts['open']}")


def test_others_see_neither_address_nor_raw_words(blog):
    id = visit(blog, "Seen by all")
    found = blog.call("GET", f"comments/{id}", None).json()
    assert found.keys() == FIELDS
    assert found["content"].keys() == {"rendered"}


def test_times_have_no_offset_and_one_of_them_is_utc(blog):
    found = read(blog, visit(blog, "What time is it?"))
    here, utc = datetime.fromisoformat(found["date"]), datetime.fromisoformat(found["date_gmt"])
    assert here.tzinfo is None
    assert utc.tzinfo is None
    assert here - utc == timedelta(hours=1)


def test_a_visitors_markup_is_cleaned_and_the_words_of_scripts_stay(blog):
    words = 'Hi <script>alert(1)</script> <a href="javascript:x">a</a> <img src=x onerror=y> & co\n\nEnd'
    found = read(blog, visit(blog, words))["content"]
    assert "alert(1)" in found["raw"]
    for harm in ("<script", "javascript:", "<img", "onerror"):
        assert harm not in found["raw"]
        assert harm not in found["rendered"]
    assert found["rendered"].count("<p>") == 2
    assert "&amp; co" in found["raw"]


def test_held_comments_are_asked_for_by_name(blog):
    blog.set_rules(moderated=True)
    try:
        id = visit(blog, "Please let me in")
    finally:
        blog.set_rules(moderated=False)
    assert read(blog, id)["status"] == "hold"
    assert id in {one["id"] for one in listed(blog, context="edit", status="hold")}
    assert id not in {one["id"] for one in listed(blog, context="edit")}
    assert said(blog.call("GET", f"comments/{id}", None)) == (401, "rest_cannot_read")
    assert said(blog.call("GET", f"comments/{id}", "subscriber")) == (403, "rest_cannot_read")


@pytest.mark.parametrize("status", ["approved", "hold,approve", "nonsense"])
def test_a_status_nobody_knows_finds_nothing_and_is_no_error(blog, status):
    """What a comment says of itself is "approved"; what is asked for is "approve"."""
    visit(blog, f"Something before {status}")
    assert listed(blog, context="edit", status="approve")
    assert listed(blog, context="edit", status=status) == []


def test_a_page_lacks_what_the_caller_may_not_read_and_counts_it(blog):
    blog.set_rules(moderated=True)
    try:
        visit(blog, "Only for moderators")
    finally:
        blog.set_rules(moderated=False)
    answer = blog.call("GET", "comments", "author", params={"status": "hold"})
    assert answer.json() == []
    assert int(answer.headers["x-wp-total"]) > 0


def test_pages(blog):
    for number in range(4):
        visit(blog, f"Page {number}", post="second")
    query = {"post": blog.posts["second"], "per_page": 2, "context": "edit", "order": "asc", "orderby": "date_gmt"}
    first = blog.call("GET", "comments", params=query)
    total, pages = int(first.headers["x-wp-total"]), int(first.headers["x-wp-totalpages"])
    assert total >= 4
    assert pages == -(-total // 2)
    assert re.search(r'page=2[^>]*>; rel="next"', first.headers["link"])
    second = blog.call("GET", "comments", params=query | {"page": 2})
    assert 'rel="prev"' in second.headers["link"]
    assert not {one["id"] for one in first.json()} & {one["id"] for one in second.json()}
    beyond = blog.call("GET", "comments", params=query | {"page": 99})
    assert (beyond.status_code, beyond.json(), int(beyond.headers["x-wp-total"])) == (200, [], total)


@pytest.mark.parametrize(
    "query", [{"per_page": 101}, {"page": 0}, {"orderby": "karma"}, {"after": "yesterday"}, {"after": "2026-01-03"}]
)
def test_senseless_parameters_are_refused(blog, query):
    answer = blog.call("GET", "comments", params=query)
    assert said(answer) == (400, "rest_invalid_param")
    assert answer.json()["data"]["params"].keys() == query.keys()


def test_a_moment_with_an_offset_is_understood_and_one_without_is_the_sites_own(blog):
    found = read(blog, visit(blog, "After what?"))
    here, utc = datetime.fromisoformat(found["date"]), datetime.fromisoformat(found["date_gmt"])
    second = timedelta(seconds=1)

    def seen(after: str) -> bool:
        return found["id"] in {one["id"] for one in listed(blog, context="edit", after=after)}

    assert seen(f"{(utc - second).isoformat()}Z")
    assert not seen(f"{(utc + second).isoformat()}Z")
    assert seen(f"{(here - second).isoformat()}+01:00")
    assert seen((here - second).isoformat())
    assert not seen((here + second).isoformat())
    # The mistake of an hour: UTC without saying so.
    assert seen((utc + timedelta(minutes=59)).isoformat())


def test_only_comments_are_listed_unless_all_types_are_asked_for(blog):
    for kind in ("pingback", "trackback", "note"):
        blog.mark(blog.posts["second"], kind, f"A {kind}")
    query = {"context": "edit", "status": "all", "post": blog.posts["second"]}
    assert {one["type"] for one in listed(blog, **query)} <= {"comment"}
    kinds = {one["type"] for one in listed(blog, **query, type="all")}
    assert {"pingback", "trackback", "note"} <= kinds


def test_comments_can_be_asked_for_by_number(blog):
    ids = [visit(blog, f"Number {number}") for number in range(2)]
    wanted = ",".join(map(str, [*ids, 99999999]))
    assert {one["id"] for one in listed(blog, context="edit", include=wanted)} == set(ids)


def test_a_post_says_what_it_is_called_and_where_it_stands(blog):
    found = blog.call("GET", f"posts/{blog.posts['second']}", None).json()
    assert found["title"] == {"rendered": "Winter boots are in"}
    assert (found["status"], found["comment_status"]) == ("publish", "open")
    assert requests.get(found["link"], timeout=30).ok
    assert said(blog.call("GET", "posts/99999999")) == (404, "rest_post_invalid_id")
    assert said(blog.call("GET", f"posts/{blog.posts['draft']}", None)) == (401, "rest_forbidden")


# ------------------------------------------------------------ the form, and the feed


def test_the_form_refuses_in_html_with_statuses_of_its_own(blog):
    host = next(hosts)
    assert blog.comment(blog.posts["open"], "Paul Doe", "Once", host=host).status_code == 302
    assert blog.comment(blog.posts["open"], "Paul Doe", "Once", host=host + 100).status_code == 409
    assert blog.comment(blog.posts["open"], "Paul Doe", "Twice within seconds", host=host).status_code == 429
    for post, text, status in (("closed", "Hello", 403), ("open", "", 200), ("draft", "Hello", 200)):
        answer = blog.comment(blog.posts[post], f"P{next(hosts)} Doe", text, host=next(hosts))
        assert (answer.status_code, answer.headers["content-type"].lower()) == (status, "text/html; charset=utf-8")


def test_the_feed_of_comments(blog):
    id = visit(blog, "Into the feed", "Fiona Feed")
    address = f"{blog.url}/comments/feed/"
    feed = requests.get(address, timeout=30)
    assert feed.headers["content-type"] == "application/rss+xml; charset=UTF-8"
    item = re.search(rf"<item>(?:(?!</item>).)*#comment-{id}<.*?</item>", feed.text, re.DOTALL)[0]
    assert re.search(r"<title>\s*Comment on New \w+(?: hours)? by Fiona Feed\s*</title>|Comment on", item)
    assert '<guid isPermaLink="false">' in item
    assert "<dc:creator><![CDATA[Fiona Feed]]></dc:creator>" in item
    known = {"If-None-Match": feed.headers["etag"], "If-Modified-Since": feed.headers["last-modified"]}
    assert requests.get(address, headers=known, timeout=30).status_code == 304
