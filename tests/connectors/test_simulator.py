"""The simulator from outside: its webhooks, its played customers, its page."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlsplit

import requests

from connectors.contract import (
    App,
    Kind,
    Webhook,
)
from connectors.meta.facebook import facebook
from connectors.meta.platform import platform
from connectors.meta.simulator import play
from connectors.simulator.serve import beside
from tests.connectors.stand import APP_ID, OTHER, PAGE, SECRET, Stand, connected, receiving, until


def test_it_greets_the_webhook(stand):
    until(lambda: [app["handshake"] for app in stand.state()["networks"]["meta"]["apps"]] == ["verified"])


def test_deliveries_are_signed_over_bytes_escaped_as_meta_does(stand):
    stand.say("comment", "Déçue… 😡 https://x.example/a", to=stand.story())
    until(lambda: stand.receiver.deliveries)
    body, headers = stand.receiver.deliveries[0]
    assert rb"D\u00e9\u00e7ue\u2026 \ud83d\ude21 https:\/\/x.example\/a" in body
    assert body.isascii()
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={expected}"
    platform.verify(App("key", APP_ID, (SECRET,)), Webhook(body, headers))


def test_what_customers_do_reads_as_posts(stand):
    story = stand.story()
    comment = stand.say("comment", "Bonjour", to=story)
    reply = stand.say("comment", "Moi aussi", to=comment, author="Hugo Delmas")
    deeper = stand.say("comment", "Et moi", to=reply, author="Zoé Lacroix")
    visitor = stand.say("post", "Hello page", attachments=[{"type": "image"}])
    mention = stand.say("mention", "J’ai vu Lumière hier")
    review = stand.say("review", "Bien", rating=4)
    message = stand.say("message", "Coucou", attachments=[{"type": "sticker"}, {"type": "location"}])
    found = until(lambda: len(posts := stand.receiver.posts()) == 7 and posts)
    by_id = {post.external_id: post for post in found}
    assert by_id.keys() == {comment, reply, deeper, visitor, mention, review, message}
    assert (by_id[comment].kind, by_id[comment].thread_id, by_id[comment].author.name) == (
        Kind.COMMENT, story, "Amélie Petit",
    )  # fmt: skip
    assert by_id[reply].parent_id == by_id[deeper].parent_id == comment
    assert by_id[visitor].attachments[0].type == "image"
    assert (by_id[mention].kind, by_id[mention].author) == (Kind.MENTION, None)
    assert (by_id[review].kind, by_id[review].rating) == (Kind.REVIEW, 4)
    assert [one.type for one in by_id[message].attachments] == ["sticker", "location"]
    assert len(by_id[message].author.external_id) in (16, 17)
    assert all(post.dated and not post.ours for post in found)


def test_changes_of_mind_are_told(stand):
    comment = stand.say("comment", "Bonjour", to=stand.story())
    stand.say("edit", "Bonsoir", to=comment)
    stand.say("remove", to=comment)
    message = stand.say("message", "Salut")
    stand.say("edit", "Salut !", to=message)
    stand.say("react", "❤", to=message)
    stand.say("unsend", to=message)
    stand.say("postback", "Aide", payload="HELP")
    until(lambda: len(stand.receiver.deliveries) == 8)
    verbs = [item["value"]["verb"] for item in stand.receiver.items("changes")]
    kinds = [next(name for name in item if name not in ("sender", "recipient", "timestamp"))
             for item in stand.receiver.items("messaging")]  # fmt: skip
    assert verbs == ["add", "edited", "remove"]
    assert kinds == ["message", "message_edit", "reaction", "message", "postback"]
    assert stand.receiver.items("messaging")[3]["message"] == {"mid": message, "is_deleted": True}


def test_what_has_no_deed_can_be_sent_as_it_is(stand):
    item = {"sender": {"id": "1234567890123456"}, "recipient": {"id": PAGE}, "timestamp": 1, "take_thread_control": {}}
    stand.say("raw", field="messaging_handovers", lane="messaging", item=item)
    stand.say("raw", field="unheard_of", lane="messaging", item=item)
    assert until(lambda: stand.receiver.items("messaging")) == [item]


def test_a_refused_delivery_comes_again_and_lets_others_pass(stand):
    stand.receiver.refuse[:] = [503, 503]
    first = stand.say("comment", "first", to=stand.story())
    until(lambda: not stand.receiver.refuse)
    assert stand.state()["webhooks"]["waiting"] == 1
    second = stand.say("comment", "second", to=stand.story())
    until(lambda: len(stand.receiver.deliveries) == 2)
    assert [item["value"]["comment_id"] for item in stand.receiver.items("changes")] == [second, first]
    counts = stand.state()["webhooks"]
    assert (counts["refused"], counts["accepted"], counts["waiting"]) == (2, 2, 0)


def test_nothing_is_lost_while_the_app_is_down():
    with receiving() as before:
        url = before.url
    with beside(lambda: [connected(url)]) as base_url:
        stand = Stand(base_url, before, None, [])  # type: ignore[arg-type]
        stand.control("look")
        said = [stand.say("message", f"number {number}") for number in range(5)]
        until(lambda: stand.state()["webhooks"]["refused"] >= 5)
        with receiving(urlsplit(url).port) as after:
            until(lambda: len(after.deliveries) == 5)
            assert sorted(item["message"]["mid"] for item in after.items("messaging")) == sorted(said)
        until(lambda: stand.state()["webhooks"]["waiting"] == 0)


def test_duplicates_are_the_same_bytes(stand):
    stand.control("webhooks", duplicates=1)
    stand.say("message", "une fois")
    until(lambda: len(stand.receiver.deliveries) == 2)
    assert stand.receiver.deliveries[0][0] == stand.receiver.deliveries[1][0]


def test_reordering_shuffles_and_loses_nothing(stand):
    stand.control("webhooks", reorder=True)
    said = [stand.say("message", f"{number}") for number in range(12)]
    until(lambda: len(stand.receiver.deliveries) == 12)
    came = [item["message"]["mid"] for item in stand.receiver.items("messaging")]
    assert came != said
    assert sorted(came) == sorted(said)


def test_a_batch_holds_several_pages_and_several_items(stand):
    stand.control("webhooks", batch=0.4)
    stand.say("message", "un")
    stand.say("message", "deux")
    stand.say("message", "autre page", page=OTHER)
    stand.say("comment", "trois", to=stand.story())
    until(lambda: stand.receiver.deliveries)
    (body, _), *more = stand.receiver.deliveries
    assert not more
    entries = json.loads(body)["entry"]
    assert [(entry["id"], len(entry.get("messaging", entry.get("changes")))) for entry in entries] == [
        (PAGE, 2), (OTHER, 1), (PAGE, 1),
    ]  # fmt: skip
    assert entries[0]["time"] > 10**12 > entries[2]["time"]


def test_ids_do_not_come_again_after_a_restart(receiver):
    ids = []
    for _ in range(2):
        with beside(lambda: [connected(receiver.url)], seed=7) as url:
            stand = Stand(url, receiver, None, [])  # type: ignore[arg-type]
            stand.control("look")
            ids += [stand.say("message", "moi"), stand.say("comment", "moi", to=stand.story())]
            ids += [words["id"] for words in stand.page()["words"] if words["ours"]]
            people = {words["author_id"] for words in stand.page()["words"] if not words["ours"]}
    assert len(set(ids)) == len(ids)
    assert len(people) == 1


def test_the_trickle_plays_customers(stand):
    stand.control("trickle", per_minute=600)
    until(lambda: len(stand.receiver.posts()) >= 12, 20)
    stand.control("trickle", per_minute=0)
    posts = stand.receiver.posts()
    assert {post.channel for post in posts} == {"facebook", "messenger"}
    assert len({post.text for post in posts if post.text}) > 8
    assert not any("{" in post.text for post in posts)


def test_the_same_seed_plays_the_same(receiver):
    said = []
    for seed in (11, 11, 12):
        with beside(lambda: [connected(receiver.url)], seed=seed, per_minute=600):
            until(lambda: len(receiver.deliveries) >= 8, 20)
        said.append([post.text for post in receiver.posts()][:6])
        receiver.deliveries.clear()
    assert said[0] == said[1] != said[2]


def test_played_customers_react_to_answers(stand, monkeypatch):
    def comments():
        return [one for one in stand.page()["words"] if one["kind"] == "comment" and one["parent"] == one["post"]]

    monkeypatch.setattr(play, "THINKING", (0.1, 0.2))
    monkeypatch.setattr(play, "ANSWERS", 1.0)
    stand.control("trickle", per_minute=600)
    until(lambda: len(comments()) > 1, 20)
    stand.control("trickle", per_minute=1)
    asked = comments()[0]
    sent = facebook.send(stand.account, stand.reply(asked["id"], "Nous regardons.")).external_id

    def reaction():
        below = [one for one in stand.page()["words"] if one["parent"] == asked["id"]]
        after = below[[one["id"] for one in below].index(sent) + 1 :]
        return [one for one in after if one["author"] == asked["author"]]

    assert until(reaction)[0]["text"]


def test_the_page_and_its_parts_are_served_under_a_strict_policy(stand):
    page = requests.get(f"{stand.url}/", timeout=5)
    assert "not Facebook" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in ("simulator/simulator.js", "simulator/simulator.css", "simulator/icon.svg", "meta/meta.js"):
        assert requests.get(f"{stand.url}/static/{path}", timeout=5).status_code == 200, path
    for path in ("meta/../network.py", "simulator/nothing.js", "nothing/x.js"):
        assert requests.get(f"{stand.url}/static/{path}", timeout=5).status_code == 404, path
    view = requests.get(f"{stand.url}/meta/pages/{PAGE}", timeout=5).json()
    assert [post["ours"] for post in view["posts"]] == [True] * 3


def test_reset_forgets_words_and_faults_and_keeps_pages(stand):
    stand.say("message", "Bonjour")
    stand.control("faults", kind="html", times=0)
    stand.control("reset")
    assert stand.state()["faults"] == []
    assert stand.page()["messages"] == []
    assert facebook.health(stand.account).name == "Lumière"
