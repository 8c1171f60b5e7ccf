"""The fake blogs from outside: readers' pages, odd feeds, the hub, webmentions, trouble by order."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from connectors.blog.simulator import feeds, network
from connectors.simulator.plan import Connected, ConnectedPage
from connectors.simulator.serve import beside
from connectors.simulator.stage import Stage
from tests.connectors.stand import until

SITE, OTHER = "canal-bakery", "city-notes"


@dataclass
class Stand:
    url: str

    def control(self, what: str, **order: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/control/{what}", json=order, timeout=10)
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def say(self, do: str, **order: Any) -> dict[str, Any]:
        given = {"network": "blog", "page": SITE, "do": do, "author": "Hannah Cole", "text": "Hello"}
        return self.control("say", **given | order)

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(f"{self.url}/blog/{path}", timeout=10, allow_redirects=False, **more)

    def feed(self, kind: str = "rss", **more: Any) -> requests.Response:
        return self.get(f"others/{OTHER}/feed/{kind}", **more)

    def comments(self, **query: Any) -> requests.Response:
        return self.get(f"{SITE}/wp-json/wp/v2/comments", params=query)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{self.url}/control/state", timeout=10).json()["networks"]["blog"]
        return found


@pytest.fixture
def stand() -> Iterator[Stand]:
    with beside(list) as url:
        yield Stand(url)


@dataclass
class Hook:
    """Agrees to what a hub asks, and keeps what comes."""

    url: str
    agrees: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)
    came: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)


@contextmanager
def hooked() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            query = dict(parse_qsl(urlsplit(self.path).query))
            kept.asked.append(query)
            self._answer(query["hub.challenge"].encode() if kept.agrees else b"no")

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.came.append((body, {name.lower(): value for name, value in self.headers.items()}))
            self._answer(b"")

        def _answer(self, body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Hook(f"http://127.0.0.1:{server.server_port}/hook?c=watch")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


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


# ------------------------------------------------------------ feeds


@pytest.mark.parametrize("kind", ["rss", "atom", "noguid", "sameguid", "bozo", "relative", "undeclared", "utf16"])
def test_a_feed_stays_the_same_until_something_is_new(stand, kind):
    first = stand.feed(kind)
    assert first.status_code == 200
    assert stand.feed(kind).content == first.content
    known = {"If-None-Match": first.headers["etag"]}
    assert stand.feed(kind, headers=known).status_code == 304
    stand.say("publish", title="News of the day")
    assert stand.feed(kind, headers=known).status_code == 200


def test_validators_come_alone_or_weak(stand):
    weak, dated = stand.feed("etag"), stand.feed("lastmod")
    assert weak.headers["etag"].startswith('W/"')
    assert "last-modified" not in weak.headers
    assert "etag" not in dated.headers
    for kind, known in (
        ("etag", {"If-None-Match": weak.headers["etag"]}),
        ("lastmod", {"If-Modified-Since": dated.headers["last-modified"]}),
    ):
        assert stand.feed(kind, headers=known).status_code == 304
    asked = stand.state()["asked"]
    assert [one["status"] for one in asked] == [200, 200, 304, 304]
    assert asked[2]["if_none_match"] == weak.headers["etag"]


def test_what_moved_is_gone_or_asks_to_wait(stand):
    right = f"{stand.url}/blog/others/{OTHER}/feed/rss"
    for kind, status in (("moved301", 301), ("moved308", 308), ("moved302", 302)):
        answer = stand.feed(kind)
        assert (answer.status_code, answer.headers["location"]) == (status, right)
    assert stand.feed("loop").headers["location"].endswith("/feed/loop")
    assert stand.feed("gone").status_code == 410
    for kind, status in (("busy", 429), ("down", 503)):
        assert (stand.feed(kind).status_code, stand.feed(kind).headers["retry-after"]) == (status, "120")


def test_a_bomb_is_small_until_it_is_opened(stand):
    packed = stand.feed("bomb", stream=True).raw.read(decode_content=False)
    assert len(packed) < 400_000
    assert len(gzip.decompress(feeds.bomb(3))) == 3 * 2**20


def test_a_drip_comes_byte_by_byte(stand):
    answer = stand.feed("drip", stream=True)
    started = time.monotonic()
    got = answer.raw.read(2)
    answer.close()
    assert got == b"<?"
    assert time.monotonic() - started > 0.5


def test_a_charset_that_is_not_the_one_it_says(stand):
    stand.say("publish", title="Déçue", text="Très déçue")
    with pytest.raises(UnicodeDecodeError):
        stand.feed("charset").content.decode()
    assert "Très déçue" in stand.feed("charset").content.decode("cp1252")


def test_comments_on_other_blogs_have_a_feed(stand):
    stand.say("remark", author="Oskar Lind", text="Acme never answers")
    text = stand.get(f"others/{OTHER}/comments/feed/atom").text
    assert "Acme never answers" in text
    assert "by Oskar Lind" in text


def test_every_kind_of_feed_answers(stand):
    for kind in feeds.KINDS:
        with requests.get(
            f"{stand.url}/blog/others/{OTHER}/feed/{kind}", stream=True, timeout=10, allow_redirects=False
        ) as answer:
            assert answer.status_code != 500, kind


# ------------------------------------------------------------ hub and webmentions


def subscribe(stand: Stand, hook: Hook, mode: str = "subscribe", **more: str) -> requests.Response:
    form = {"hub.mode": mode, "hub.topic": stand.feed("rss").url, "hub.callback": hook.url, "hub.secret": "s" * 24}
    return requests.post(f"{stand.url}/blog/hub", data={**form, **more}, timeout=10)


def test_a_feed_names_its_hub_and_the_hub_pushes_signed(stand):
    topic = stand.feed("rss").url
    assert f'rel="hub" href="{stand.url}/blog/hub"' in stand.feed("rss").text
    with hooked() as hook:
        assert subscribe(stand, hook, **{"hub.lease_seconds": "3600"}).status_code == 202
        until(lambda: stand.state()["hub"]["subscriptions"])
        assert hook.asked[0]["c"] == "watch"
        assert (hook.asked[0]["hub.topic"], hook.asked[0]["hub.lease_seconds"]) == (topic, "3600")
        stand.say("publish", title="Acme again")
        body, headers = until(lambda: hook.came)[0]
        assert b"Acme again" in body
        expected = hmac.new(b"s" * 24, body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature"] == f"sha256={expected}"
        assert f'<{topic}>; rel="self"' in headers["link"]
        subscribe(stand, hook, "unsubscribe")
        until(lambda: not stand.state()["hub"]["subscriptions"])


def test_the_hub_signs_as_it_is_told(stand):
    with hooked() as hook:
        subscribe(stand, hook)
        until(lambda: stand.state()["hub"]["subscriptions"])
        for signing in ("sha1", "wrong", "none"):
            stand.control("page", page=SITE, signing=signing)
            hook.came.clear()
            stand.say("publish", title=f"Signed with {signing}")
            body, headers = until(lambda: hook.came)[0]
            said = headers.get("x-hub-signature", "")
            right = hmac.new(b"s" * 24, body, signing if signing == "sha1" else "sha256").hexdigest()
            assert said.endswith(right) is (signing == "sha1")
            assert bool(said) is (signing != "none")


def test_who_does_not_agree_is_not_subscribed(stand):
    with hooked() as hook:
        hook.agrees = False
        subscribe(stand, hook)
        until(lambda: [one["agreed"] for one in stand.state()["hub"]["verified"]] == [False])
        assert stand.state()["hub"]["subscriptions"] == []
        assert subscribe(stand, hook, **{"hub.topic": "http://elsewhere.example/feed"}).status_code == 404
        assert subscribe(stand, hook, "dance").status_code == 400


def test_a_webmention_is_told_and_its_page_links(stand):
    target = f"{stand.url}/blog/{SITE}/"
    with hooked() as hook:
        for linked in (True, False):
            made = stand.say("webmention", target=target, endpoint=hook.url, linked=linked)
            body, headers = until(lambda: hook.came).pop()
            assert parse_qs(body.decode()) == {"source": [made["link"]], "target": [target]}
            assert headers["content-type"] == "application/x-www-form-urlencoded"
            assert (f'href="{target}"' in requests.get(made["link"], timeout=10).text) is linked
    stand.control("page", page=SITE, mentions="http://127.0.0.1:9/hook")
    assert '<http://127.0.0.1:9/hook>; rel="webmention"' in stand.get(f"{SITE}/").headers["link"]


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
