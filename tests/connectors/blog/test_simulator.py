"""The fake blogs from outside: readers' pages, trouble by order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from connectors.blog.simulator import network
from connectors.simulator.plan import Connected, ConnectedPage
from connectors.simulator.serve import beside
from connectors.simulator.stage import Stage
from tests.connectors.blog.simulator_stand import OTHER, SITE, Stand, standing
from tests.connectors.stand import until


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as there:
        yield there


# ------------------------------------------------------------ readers


def test_a_reader_comments_and_the_answer_of_the_company_is_marked(stand):
    page = stand.get(f"{SITE}/new-opening-hours/")
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    article = re.search(r'name="comment_post_ID" value="(\d+)"', page.text)[1]
    form = {"comment_post_ID": article, "comment_parent": "0", "author": "Mei Tanaka", "email": "mei@reader.example"}
    posted = requests.post(
        f"{stand.url}/blog/{SITE}/wp-comments-post.php",
        data=form | {"comment": "Open on <i>Sunday</i>? <script>alert(1)</script>"},
        allow_redirects=False,
        timeout=10,
    )
    assert posted.status_code == 302
    number = posted.headers["location"].partition("#comment-")[2]
    stand.say("comment", to=number, text="From ten to four.", **{"as": "page"})
    text = stand.get(f"{SITE}/new-opening-hours/").text
    assert "2 comments" in text
    assert "Open on <i>Sunday</i>? alert(1)" in text
    assert re.search(r'class="comment official".*Canal Bakery Support.*From ten to four\.', text, re.DOTALL)


def test_a_held_comment_is_shown_to_who_wrote_it_only(stand):
    stand.control("page", page=SITE, rules={"moderated": True})
    number = stand.say("comment", text="Wait for me")["id"]
    own = stand.get(f"{SITE}/new-opening-hours/", params={"unapproved": number}).text
    assert "Wait for me" in own
    assert "awaiting moderation" in own
    assert "Wait for me" not in stand.get(f"{SITE}/new-opening-hours/").text


def test_words_in_names_and_titles_are_text(stand):
    harm = "<img src=x onerror=alert(1)>"
    stand.say("comment", author=harm, text="Hi")
    stand.say("article", title=f"About {harm}", text=harm)
    entry = stand.say("publish", title=harm, author=harm, text=harm)
    for path in ("", f"{SITE}/", f"{SITE}/new-opening-hours/", f"others/{OTHER}/", urlsplit(entry["link"]).path[6:]):
        assert "<img" not in stand.get(path).text


def test_what_is_not_there(stand):
    for path in ("nowhere/", f"{SITE}/nothing/", "nowhere/wp-json/", f"others/{OTHER}/feed/odd", "others/nobody/"):
        assert stand.get(path).status_code == 404


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"do": "dance"}, "do must be one of comment"),
        ({"do": "comment", "page": "nowhere"}, "page must be"),
        ({"do": "comment", "text": " "}, "text is empty"),
        ({"do": "comment", "author": ""}, "author must be a name"),
        ({"do": "approve", "to": "7"}, "to must be the id of a comment"),
        ({"do": "comment", "to": "x"}, "to must be an id"),
        ({"do": "publish", "blog": "nobodys"}, "blog must be one of"),
        ({"do": "webmention"}, "webmention needs"),
    ],
)
def test_senseless_orders_are_explained(stand, order, words):
    given = {"network": "blog", "page": SITE, "author": "A", "text": "t"} | order
    answer = requests.post(f"{stand.url}/control/say", json=given, timeout=10)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_a_connected_site_is_there_and_knows_its_password():
    page = ConnectedPage(
        "127.0.0.1/blog/acme", "Acme Mobile", "", frozenset({"blog"}),
        {"url": "http://127.0.0.1:1/blog/acme/", "username": "editor", "application_password": "abcd EFGH 1234"},
    )  # fmt: skip
    with beside(lambda: [Connected("blog", "key", "", "", "", "", (page,))]) as url:
        address = f"{url}/blog/acme/wp-json/wp/v2/users/me"
        until(lambda: requests.get(address, auth=("editor", "abcdEFGH1234"), timeout=10).ok)
        assert not requests.get(address, auth=("editor", "another"), timeout=10).ok
        shown = requests.get(f"{url}/blog/pages", timeout=10).json()["pages"]
        assert {"id": "acme", "name": "Acme Mobile", "connected": True} in shown


# ------------------------------------------------------------ trouble by order


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"kind": "signed_out"}, 401, "rest_not_logged_in"),
        ({"kind": "forbidden"}, 403, "rest_cannot_edit"),
        ({"kind": "gone"}, 404, "rest_comment_invalid_id"),
        ({"kind": "throttled", "minutes": 2}, 429, "Too Many Requests"),
        ({"kind": "maintenance"}, 503, "scheduled maintenance"),
        ({"kind": "database"}, 500, "Error establishing"),
        ({"kind": "critical"}, 500, "internal_server_error"),
        ({"kind": "firewall"}, 403, "Checking your browser"),
        ({"kind": "html"}, 502, "something went wrong"),
        ({"kind": "code", "message": "rest_odd Not today", "status": 418}, 418, "Not today"),
    ],
)
def test_faults_hit_once_and_only_their_site(stand, fault, status, words):
    stand.control("faults", page=SITE, on="read", **fault)
    assert stand.get("northside-bikes/wp-json/wp/v2/comments").ok
    answer = stand.comments()
    assert (answer.status_code, words in answer.text) == (status, True)
    assert stand.comments().ok


def test_lists_come_short_and_with_warnings_before_them(stand):
    for number in range(4):
        stand.say("comment", text=f"Number {number}")
    stand.control("faults", kind="fewer")
    short = stand.comments()
    assert (len(short.json()), short.headers["x-wp-total"]) == (2, "4")
    stand.control("faults", kind="notices")
    assert stand.comments().text.startswith("<br />\n<b>Warning</b>")


def test_an_answer_may_be_lost_after_it_was_taken(stand):
    auth = ("editor", stand.control("page", page=SITE, tokens="new")["password"])
    article = stand.state()["sites"][0]["articles"][0]["id"]
    stand.control("faults", kind="lost_answer", on="send", seconds=0.1)
    with pytest.raises(requests.RequestException):
        requests.post(
            f"{stand.url}/blog/{SITE}/wp-json/wp/v2/comments",
            json={"post": article, "content": "Lost on the way"},
            auth=auth,
            timeout=10,
        )
    assert [one["raw"] for one in stand.state()["sites"][0]["comments"]] == ["Lost on the way"]


def test_a_hoster_that_strips_authorization_lets_reading_pass(stand):
    auth = ("editor", stand.control("page", page=SITE, tokens="new")["password"])
    stand.control("page", page=SITE, rules={"strips_authorization": True})
    url = f"{stand.url}/blog/{SITE}/wp-json/wp/v2"
    assert requests.get(f"{url}/users/me", auth=auth, timeout=10).ok
    assert requests.post(f"{url}/comments", json={"content": "x"}, auth=auth, timeout=10).status_code == 401


def test_a_revoked_password_is_nobody(stand):
    auth = ("editor", stand.control("page", page=SITE, tokens="new")["password"])
    url = f"{stand.url}/blog/{SITE}/wp-json/wp/v2/users/me"
    assert requests.get(url, auth=auth, timeout=10).ok
    stand.control("page", page=SITE, tokens="kill")
    assert requests.get(url, auth=auth, timeout=10).status_code == 401


def test_a_reset_forgets_words_and_ids_never_come_again(stand):
    first = int(stand.say("comment")["id"])
    stand.control("reset")
    assert stand.comments().json() == []
    assert int(stand.say("comment")["id"]) > first


async def test_the_played_readers_write_answer_and_blog():
    stage = Stage("http://127.0.0.1:1", seed=7)
    blogs = network(stage)
    page = ConnectedPage("127.0.0.1:1/blog/acme", "Acme", "", frozenset({"blog"}), {})
    blogs.connect([Connected("blog", "key", "", "", "", "", (page,))])
    for _ in range(60):
        blogs.play()
    state = blogs.state()
    acme = next(site for site in state["sites"] if site["id"] == "acme")
    assert len(acme["comments"]) > 20
    assert any("Acme" in entry["title"] for other in state["others"] for entry in other["entries"])
    assert all("{" not in one["raw"] for one in acme["comments"])
