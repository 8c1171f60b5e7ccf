"""The fake blogs from outside: odd feeds, the hub, webmentions."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import time
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
import requests

from connectors.blog.simulator import feeds
from tests.connectors.blog.simulator_stand import OTHER, SITE, Hook, Stand, hooked, standing
from tests.connectors.stand import until


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as there:
        yield there


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
