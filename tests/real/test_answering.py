"""How a WordPress takes answers and moderation: the same tests for the simulator's and a real one."""

from __future__ import annotations

import pytest
import requests

from tests.real.visiting import listed, read, said, visit

MARKUP = '<strong>Yes</strong> & "no" <script>x</script> 😀\n\nNew paragraph'


# ------------------------------------------------------------ answering


def test_an_answer_stands_below_the_comment_in_the_name_of_the_caller(blog):
    asked = visit(blog, "Do you ship to Wales?")
    answer = blog.call(
        "POST", "comments", json={"post": blog.posts["open"], "parent": asked, "content": "We do, since 2019."}
    )
    made, person = answer.json(), blog.people["editor"]
    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f"/wp/v2/comments/{made['id']}")
    assert (made["parent"], made["author"], made["author_name"]) == (asked, person.id, person.name)
    assert made["status"] == "approved"
    assert made["_links"]["in-reply-to"][0]["href"].endswith(f"/comments/{asked}")
    page = requests.get(made["link"].partition("#")[0], timeout=30).text
    assert "We do, since 2019." in page
    assert page.index("Do you ship to Wales?") < page.index("We do, since 2019.")


def test_the_markup_of_who_moderates_is_not_cleaned(blog):
    """Whoever sends an agent's words must escape them."""
    asked = visit(blog, "Is that safe?")
    made = blog.call("POST", "comments", json={"post": blog.posts["open"], "parent": asked, "content": MARKUP}).json()
    assert made["content"]["raw"] == MARKUP
    assert "<script>x</script>" in made["content"]["rendered"]
    assert "&#038; &#8220;no&#8221;" in made["content"]["rendered"]
    made = blog.call("POST", "comments", "author", json={"post": blog.posts["open"], "content": MARKUP}).json()
    assert "<script>" not in made["content"]["rendered"]


def test_escaped_words_come_out_as_they_were_typed(blog):
    asked = visit(blog, "And escaped?")
    words = "1 &lt; 2 &amp;&amp; 3 &gt; 2"
    made = blog.call("POST", "comments", json={"post": blog.posts["open"], "parent": asked, "content": words}).json()
    assert made["content"]["rendered"] == f"<p>{words}</p>\n"


def test_the_same_words_in_the_same_place_are_a_duplicate(blog):
    one, other = visit(blog, "First question"), visit(blog, "Second question")
    body = {"post": blog.posts["open"], "parent": one, "content": "Ask again tomorrow."}
    first = blog.call("POST", "comments", json=body)
    assert first.status_code == 201
    assert said(blog.call("POST", "comments", json=body)) == (409, "comment_duplicate")
    assert blog.call("POST", "comments", json=body | {"parent": other}).status_code == 201
    assert blog.call("POST", f"comments/{first.json()['id']}", json={"status": "trash"}).ok
    assert blog.call("POST", "comments", json=body).status_code == 201


def test_who_moderates_is_never_too_fast_and_others_are(blog):
    for number in range(3):
        body = {"post": blog.posts["open"], "content": f"Quick answer {number}"}
        assert blog.call("POST", "comments", json=body).status_code == 201
    for number in range(2):
        body = {"post": blog.posts["open"], "content": f"Hasty {number}"}
        answer = blog.call("POST", "comments", "subscriber", json=body)
    assert said(answer) == (400, "comment_flood")


@pytest.mark.parametrize(
    ("person", "post", "content", "status", "code"),
    [
        (None, "open", "x", 401, "rest_comment_login_required"),
        ("editor", "closed", "x", 403, "rest_comment_closed"),
        ("editor", "draft", "x", 403, "rest_comment_draft_post"),
        ("editor", None, "x", 403, "rest_comment_invalid_post_id"),
        ("editor", 99999999, "x", 403, "rest_comment_invalid_post_id"),
        ("subscriber", "guarded", "x", 403, "rest_cannot_read_post"),
        ("editor", "open", "", 400, "rest_comment_content_invalid"),
        ("editor", "open", "  \n", 400, "rest_comment_content_invalid"),
        ("editor", "open", "y" * 65526, 400, "comment_content_column_length"),
        ("editor", "open", "😀" * 20000, 400, "comment_content_column_length"),
    ],
)
def test_refused_answers(blog, person, post, content, status, code):
    body = {"content": content} | ({"post": blog.posts.get(post, post)} if post else {})
    answer = blog.call("POST", "comments", person, json=body)
    assert said(answer) == (status, code)
    assert answer.json()["message"]
    assert answer.json()["data"]["status"] == status


def test_an_answer_to_what_is_gone_is_taken(blog):
    """So that the caller has to look whether the comment is still there."""
    body = {"post": blog.posts["open"], "parent": 99999998, "content": "Is anybody there?"}
    assert blog.call("POST", "comments", json=body).status_code == 201


def test_broken_json_is_refused(blog):
    answer = blog.call("POST", "comments", data="{oops", headers={"Content-Type": "application/json"})
    assert said(answer) == (400, "rest_invalid_json")


# ------------------------------------------------------------ moderating


def test_what_becomes_of_a_comment(blog):
    id = visit(blog, "Moderate me")

    def becomes(wanted: str) -> str:
        answer = blog.call("POST", f"comments/{id}", json={"status": wanted})
        assert answer.status_code == 200
        return str(answer.json()["status"])

    steps = [
        ("hold", "hold"), ("hold", "hold"), ("approve", "approved"), ("approved", "approved"),
        ("nonsense", "approved"), ("spam", "spam"), ("spam", "spam"), ("unspam", "approved"),
        ("trash", "trash"), ("trash", "trash"), ("untrash", "approved"), ("spam", "spam"), ("approve", "approved"),
    ]  # fmt: skip
    assert [becomes(wanted) for wanted, _ in steps] == [became for _, became in steps]


def test_spam_and_trash_are_in_no_list_but_their_own(blog):
    id = visit(blog, "Buy now!!!")
    for status in ("spam", "trash"):
        blog.call("POST", f"comments/{id}", json={"status": status})
        assert id in {one["id"] for one in listed(blog, context="edit", status=status)}
        assert id not in {one["id"] for one in listed(blog, context="edit", status="all")}


def test_deleting_is_trashing_until_it_is_forced(blog):
    id = visit(blog, "Delete me")
    first = blog.call("DELETE", f"comments/{id}")
    assert (first.status_code, first.json()["status"]) == (200, "trash")
    assert said(blog.call("DELETE", f"comments/{id}")) == (410, "rest_already_trashed")
    forced = blog.call("DELETE", f"comments/{id}", params={"force": "true"})
    assert (forced.json()["deleted"], forced.json()["previous"]["id"]) == (True, id)
    for method in ("GET", "POST", "DELETE"):
        assert said(blog.call(method, f"comments/{id}", json={})) == (404, "rest_comment_invalid_id")


@pytest.mark.parametrize(("person", "status"), [(None, 401), ("subscriber", 403), ("author", 403)])
def test_who_may_not_moderate(blog, person, status):
    id = visit(blog, f"Not by {person}")
    assert said(blog.call("POST", f"comments/{id}", person, json={"status": "spam"})) == (status, "rest_cannot_edit")
    assert said(blog.call("DELETE", f"comments/{id}", person)) == (status, "rest_cannot_delete")


@pytest.mark.parametrize(
    ("person", "query", "status", "code"),
    [
        (None, {"status": "all"}, 401, "rest_forbidden_param"),
        (None, {"type": "pingback"}, 401, "rest_forbidden_param"),
        (None, {"context": "edit"}, 401, "rest_forbidden_context"),
        ("subscriber", {"status": "all"}, 403, "rest_forbidden_param"),
        ("subscriber", {"context": "edit"}, 403, "rest_forbidden_context"),
        ("author", {"context": "edit", "status": "all"}, 403, "rest_forbidden_context"),
    ],
)
def test_who_may_not_ask_for_what(blog, person, query, status, code):
    assert said(blog.call("GET", "comments", person, params=query)) == (status, code)


def test_an_editor_cannot_list_the_other_people_who_write(blog):
    answer = blog.call("GET", "users", params={"context": "edit", "roles": "administrator,editor"})
    assert said(answer) == (403, "rest_user_cannot_view")
    assert said(blog.call("GET", "users", params={"context": "edit"})) == (403, "rest_forbidden_context")


def test_moderating_leaves_the_moderators_address_in_the_place_of_the_visitors(blog):
    id = visit(blog, "Where am I from?")
    before = read(blog, id)["author_ip"]
    blog.call("POST", f"comments/{id}", json={"status": "hold"})
    assert read(blog, id)["author_ip"] not in ("", before)
