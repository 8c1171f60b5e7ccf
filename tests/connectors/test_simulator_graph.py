"""The fake Graph, asked by the real client."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from connectors.contract import (
    AlreadyDone,
    Can,
    Disconnected,
    Forbidden,
    Raw,
    Reason,
    Refused,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from connectors.meta.facebook import facebook
from connectors.meta.graph import GraphClient
from connectors.meta.messenger import messenger
from connectors.meta.platform import platform
from tests.connectors.stand import APP_ID, OTHER, PAGE, SECRET, TOKEN, until


def test_an_answer_appears_on_the_page_and_comes_back_as_the_pages_own(stand):
    comment = stand.say("comment", "Où est mon colis ?", to=stand.story())
    sent = facebook.send(stand.account, stand.reply(comment, "Il arrive demain."))
    words = next(one for one in stand.page()["words"] if one["id"] == sent.external_id)
    assert (words["text"], words["parent"], words["ours"], words["origin"]) == (
        "Il arrive demain.", comment, True, APP_ID,
    )  # fmt: skip
    until(lambda: any(post.external_id == sent.external_id and post.ours for post in stand.receiver.posts()))
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert facebook.settle(stand.account, stand.reply(comment, "Il arrive demain."), since).external_id == (
        sent.external_id
    )
    assert stand.usage
    assert all(0 <= usage.percent < 80 for usage in stand.usage)


def test_moderation_is_done_and_told(stand):
    comment = stand.say("comment", "spam", to=stand.story())
    facebook.act(stand.account, Can.HIDE, comment)
    facebook.act(stand.account, Can.LIKE, comment)
    facebook.act(stand.account, Can.LIKE, comment, on=False)
    facebook.act(stand.account, Can.HIDE, comment, on=False)
    facebook.act(stand.account, Can.DELETE, comment)
    facebook.act(stand.account, Can.DELETE, comment)
    until(lambda: len(stand.receiver.deliveries) == 6)
    told = [(item["value"]["item"], item["value"]["verb"]) for item in stand.receiver.items("changes")]
    assert told == [
        ("comment", "add"), ("comment", "hide"), ("reaction", "add"), ("reaction", "remove"), ("comment", "unhide"),
        ("comment", "remove"),
    ]  # fmt: skip
    assert comment not in [words["id"] for words in stand.page()["words"]]


def test_a_message_is_echoed_delivered_and_read(stand):
    message = stand.say("message", "Bonjour")
    person = until(lambda: stand.receiver.items("messaging"))[0]["sender"]["id"]
    messenger.act(stand.account, Can.TYPING, person)
    sent = messenger.send(stand.account, stand.reply(message, "Bonjour, oui ?", person, token="uuid-1"))
    items = until(lambda: len(found := stand.receiver.items("messaging")) == 4 and found)
    echo, delivered, read = items[1:]
    assert echo["message"]["mid"] == delivered["delivery"]["mids"][0] == sent.external_id
    assert (echo["message"]["metadata"], str(echo["message"]["app_id"])) == ("uuid-1", APP_ID)
    assert (echo["sender"]["id"], echo["recipient"]["id"]) == (PAGE, person)
    assert read["read"]["watermark"] >= items[1]["timestamp"]
    kept = stand.page()["messages"][-1]
    assert (kept["token"], kept["seen"]) == ("uuid-1", True)
    again = messenger.settle(
        stand.account, stand.reply(message, "Bonjour, oui ?", person), datetime.now(UTC) - timedelta(minutes=1)
    )
    assert again.external_id == sent.external_id


def test_a_private_reply_goes_once_and_within_seven_days(stand):
    comment = stand.say("comment", "Mon numéro est le 06…", to=stand.story())
    person = stand.person()
    sent = facebook.send(stand.account, stand.reply(comment, "Parlons ici", private=True))
    assert [one["mid"] for one in stand.page()["messages"]] == [sent.external_id]
    with pytest.raises(AlreadyDone) as used:
        facebook.send(stand.account, stand.reply(comment, "Encore", private=True))
    assert used.value.code == "100/2534025"
    with pytest.raises(Refused) as unopened:
        messenger.send(stand.account, stand.reply(sent.external_id, "Vous êtes là ?", person))
    assert unopened.value.code == "10/2018278"
    old = stand.say("comment", "Vieux", to=stand.story(), age=8 * 86400)
    with pytest.raises(Refused) as expired:
        facebook.send(stand.account, stand.reply(old, "Trop tard", private=True))
    assert expired.value.code == "10/2534022"
    assert len(stand.page()["messages"]) == 1


def test_the_window_closes_after_a_day_and_for_people_after_a_week(stand):
    def graph(body):
        with GraphClient(stand.account) as client:
            return client.post_json(PAGE, "messages", body)

    stand.say("message", "Hier", age=30 * 3600)
    person = stand.page()["messages"][0]["person"]
    content = {"recipient": {"id": person}, "message": {"text": "Bonjour"}}
    with pytest.raises(Refused) as closed:
        graph({**content, "messaging_type": "RESPONSE"})
    assert (closed.value.reason, closed.value.code) == (Reason.WINDOW_CLOSED, "10/2018278")
    with pytest.raises(Refused) as dead:
        graph({**content, "messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"})
    assert dead.value.code == "100"
    assert graph({**content, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"})["recipient_id"] == person
    stand.control("page", page=PAGE, human_agent=False)
    with pytest.raises(Forbidden):
        messenger.send(stand.account, stand.reply("", "Bonjour", person, ago=timedelta(hours=30)))
    stand.say("message", "Il y a longtemps", age=8 * 86400, author="Hugo Delmas")
    old = stand.page()["messages"][-1]["person"]
    stand.control("page", page=PAGE, human_agent=True)
    with pytest.raises(Refused):
        graph(
            {"recipient": {"id": old}, "message": {"text": "?"}, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        )


def test_polling_finds_what_webhooks_told(stand):
    comment = stand.say("comment", "Bonjour", to=stand.story(), attachments=[{"type": "image"}])
    reply = stand.say("comment", "Moi aussi", to=comment, author="Hugo Delmas")
    visitor = stand.say("post", "Hello", attachments=[{"type": "image"}])
    message = stand.say("message", "Coucou", attachments=[{"type": "image"}])
    mention = stand.say("mention", "Chez Lumière")
    until(lambda: len(stand.receiver.deliveries) == 5)
    polled = [body for channel in (facebook, messenger) for body in channel.poll(stand.account, "").bodies]
    now = datetime.now(UTC)
    found = {post.external_id: post for body in polled for post in platform.parse(Raw(body, now)) if not post.ours}
    assert found.keys() == {comment, reply, visitor, message, mention}
    for post in stand.receiver.posts():
        polled_post = found[post.external_id]
        assert (polled_post.text, polled_post.kind, polled_post.thread_id, polled_post.parent_id) == (
            post.text, post.kind, post.thread_id, post.parent_id,
        )  # fmt: skip
        assert [one.url for one in polled_post.attachments] == [one.url for one in post.attachments]


def test_long_lists_come_in_pages(stand):
    story = stand.story()
    ids = [stand.say("comment", f"{number}", to=story, author=f"Person {number}") for number in range(7)]
    with GraphClient(stand.account) as graph:
        sheets = [[one["id"] for one in sheet.items] for sheet in graph.pages(story, "comments", most=9, limit=3)]
    assert [len(sheet) for sheet in sheets] == [3, 3, 1]
    assert [id for sheet in sheets for id in sheet] == ids


def test_health_subscription_and_profile(stand):
    comment = stand.say("comment", "Bonjour", to=stand.story())
    person = stand.person()
    assert facebook.profile(stand.account, person).name == "Amélie Petit"
    assert facebook.look_up(stand.account, stand.story()).text
    assert facebook.look_up(stand.account, comment).text == "Bonjour"
    health = facebook.health(stand.account)
    assert (health.external_id, health.name, health.missing, health.unsubscribed) == (PAGE, "Lumière", (), ())
    assert messenger.health(stand.account).unsubscribed == ()
    stand.control("page", page=PAGE, lacking=["pages_manage_engagement"])
    assert facebook.health(stand.account).missing == ("pages_manage_engagement",)
    with pytest.raises(Forbidden):
        facebook.send(stand.account, stand.reply(comment))
    facebook.unsubscribe(stand.account)
    before = len(stand.receiver.deliveries)
    stand.say("comment", "unheard", to=stand.story())
    stand.say("message", "heard")
    until(lambda: len(stand.receiver.deliveries) > before)
    assert "message" in stand.receiver.items("messaging")[-1]
    assert not any(item["value"].get("message") == "unheard" for item in stand.receiver.items("changes"))
    facebook.subscribe(stand.account)
    assert facebook.health(stand.account).unsubscribed == ()
    stand.say("hide_profile")
    assert messenger.profile(stand.account, person) is None


def test_a_page_that_waits_can_be_connected_with_its_token(stand):
    spare = requests.get(f"{stand.url}/meta/pages", timeout=5).json()["spare"][0]
    account = replace(stand.account, external_id=spare["id"], credentials={"access_token": spare["token"]})
    health = facebook.health(account)
    assert (health.name, health.missing) == (spare["name"], ())
    assert health.unsubscribed == facebook.fields
    facebook.subscribe(account)
    assert facebook.health(account).unsubscribed == ()


def test_who_may_not_come_in(stand):
    def ask(path="me", **args):
        return requests.get(f"{stand.url}/graph/v25.0/{path}", timeout=5, **args)

    proof = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert ask().json()["error"]["code"] == 104
    assert ask(headers={"Authorization": "Bearer no"}).json()["error"]["code"] == 190
    assert ask(headers=bearer).json()["error"]["code"] == 100
    assert ask(headers=bearer, params={"appsecret_proof": "0" * 64}).json()["error"]["code"] == 100
    good = ask(headers=bearer, params={"appsecret_proof": proof})
    assert good.json() == {"name": "Lumière", "id": PAGE}
    assert good.headers["facebook-api-version"] == "v25.0"
    assert ask(params={"access_token": TOKEN, "appsecret_proof": proof}).json()["id"] == PAGE
    elsewhere = ask(OTHER, headers=bearer, params={"appsecret_proof": proof}).json()["error"]
    assert (elsewhere["code"], elsewhere["error_subcode"]) == (100, 33)
    assert elsewhere["fbtrace_id"]
    old = requests.get(f"{stand.url}/v9.0/me", headers=bearer, params={"appsecret_proof": proof}, timeout=5)
    assert old.headers["facebook-api-version"] == "v21.0"
    assert requests.get(f"{stand.url}/v99.0/me", headers=bearer, timeout=5).json()["error"]["code"] == 2500
    stand.control("page", page=PAGE, tokens="kill")
    with pytest.raises(Disconnected):
        facebook.act(stand.account, Can.LIKE, stand.story())
    token = stand.control("page", page=PAGE, tokens="new")["token"]
    facebook.act(replace(stand.account, credentials={"access_token": token}), Can.LIKE, stand.story())


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ({"kind": "throttled", "code": 4}, Throttled, "4"),
        ({"kind": "throttled", "code": 613, "minutes": 17}, Throttled, "613"),
        ({"kind": "server_error"}, UnknownOutcome, "2"),
        ({"kind": "html"}, UnknownOutcome, ""),
        ({"kind": "cut"}, UnknownOutcome, ""),
        ({"kind": "hang", "seconds": 3}, UnknownOutcome, ""),
        ({"kind": "dead_token"}, Disconnected, "190/460"),
        ({"kind": "window_closed"}, Refused, "10/2018278"),
        ({"kind": "permission"}, Forbidden, "200"),
        ({"kind": "restricted"}, Refused, "368"),
        ({"kind": "error", "code": 551, "subcode": 1545041, "message": "Indisponible"}, Refused, "551/1545041"),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)
def test_a_scripted_fault_hits_once_and_nothing_is_done(stand, fault, error, code):
    comment = stand.say("comment", "Bonjour", to=stand.story())
    stand.control("faults", page=PAGE, on="send", **fault)
    now = datetime.now(UTC)
    with pytest.raises(error) as hit:
        facebook.send(stand.account, stand.reply(comment))
    assert type(hit.value) is error
    assert hit.value.code == code
    if isinstance(hit.value, Throttled):
        minutes = (hit.value.retry_at - now).total_seconds() / 60
        assert minutes == pytest.approx(fault.get("minutes", 5), abs=0.2)
    assert not [words for words in stand.page()["words"] if words["parent"] == comment]
    facebook.send(stand.account, stand.reply(comment))
    assert len([words for words in stand.page()["words"] if words["parent"] == comment]) == 1


def test_a_lost_answer_was_done(stand):
    comment = stand.say("comment", "Bonjour", to=stand.story())
    stand.control("faults", kind="lost_answer", seconds=30, on="write")
    with pytest.raises(UnknownOutcome):
        facebook.send(stand.account, stand.reply(comment, "Une fois"))
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert facebook.settle(stand.account, stand.reply(comment, "Une fois"), since) is not None
    assert [words["text"] for words in stand.page()["words"] if words["parent"] == comment] == ["Une fois"]


def test_faults_stay_where_they_were_put_until_cleared(stand):
    stand.control("faults", kind="html", page=OTHER, on="read", times=0)
    assert facebook.health(stand.account).name == "Lumière"
    other = replace(stand.account, external_id=OTHER, credentials={"access_token": "EAAGother"})
    for _ in range(2):
        with pytest.raises(Unavailable):
            facebook.health(other)
    [standing] = stand.state()["faults"]
    requests.delete(f"{stand.url}/control/faults/{standing['id']}", timeout=5)
    assert facebook.health(other).name == "Other"


def test_usage_grows_with_the_calls_and_can_be_set(stand):
    with GraphClient(stand.account) as graph:
        for _ in range(120):
            graph.get_object("me")
    shown = [usage.percent for usage in stand.usage if usage.bucket == f"pages:{PAGE}"]
    assert shown == sorted(shown)
    assert shown[-1] > shown[0]
    stand.control("page", page=PAGE, usage=85)
    facebook.health(stand.account)
    assert max(usage.percent for usage in stand.usage if usage.bucket == f"pages:{PAGE}") >= 85


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("say", {"page": "1", "do": "post", "text": "x", "author": "y"}),
        ("say", {"page": PAGE, "do": "dance"}),
        ("say", {"page": PAGE, "do": "post", "text": " ", "author": "y"}),
        ("say", {"page": PAGE, "do": "comment", "text": "x", "author": "y", "to": "9_9"}),
        ("say", {"page": PAGE, "do": "post", "text": "x"}),
        ("say", {"page": PAGE, "do": "message", "text": "x", "author": "y", "age": -1}),
        ("faults", {"kind": "flood"}),
        ("faults", {"kind": "html", "times": "3"}),
        ("faults", {"kind": "html", "on": "moon"}),
        ("webhooks", {"duplicates": 2}),
        ("webhooks", {"speed": 2}),
        ("trickle", {"per_minute": -1}),
        ("page", {"page": PAGE, "lacking": ["everything"]}),
    ],
)
def test_nonsense_is_refused_with_the_reason(stand, path, order):
    response = requests.post(f"{stand.url}/control/{path}", json=order, timeout=5)
    assert response.status_code == 400
    assert response.json()["error"]


def test_other_web_sites_cannot_post_to_it(stand):
    body = json.dumps({"page": PAGE, "do": "post", "text": "x", "author": "y"})
    response = requests.post(f"{stand.url}/control/say", data=body, headers={"Content-Type": "text/plain"}, timeout=5)
    assert response.status_code == 400
    assert not stand.receiver.deliveries
