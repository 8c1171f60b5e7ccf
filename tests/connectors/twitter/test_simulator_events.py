"""What the fake X tells by webhook: signed, in both dialects, to those who subscribed; checks and replays."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.connectors.stand import until
from tests.connectors.twitter.simulator_stand import BRAND, CUSTOMER, OTHER, SECRET, hooked

APP = "AAAAbearer"


def test_it_challenges_and_signs_the_bytes_it_sends(x_stand):
    assert len(x_stand.hook.challenges) == 1
    x_stand.say("mention", "Déçue… 😡 & more")
    x_stand.hook.wait("post.mention.create")
    body, headers = x_stand.hook.bodies[0]
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    assert headers["x-twitter-webhooks-signature"] == f"sha256={base64.b64encode(digest).decode()}"
    assert "😡 &amp; more" in body.decode()


def test_mentions_replies_and_quotes_are_told_as_what_they_are(x_stand):
    story = x_stand.story()
    mention = x_stand.say("mention", "hello")
    reply = x_stand.say("reply", "what about me", to=story)
    quote = x_stand.say("quote", "look", to=story)
    x_stand.say("post", "nothing to do with anybody")
    until(lambda: len(x_stand.hook.bodies) == 3)
    told = [(one["event_type"], one["payload"]["id"], one["filter"]) for one in x_stand.hook.events()]
    assert told == [
        ("post.mention.create", mention, {"user_id": BRAND}),
        ("post.reply.create", reply, {"user_id": BRAND}),
        ("post.quote.create", quote, {"user_id": BRAND}),
    ]
    first, second, third = x_stand.hook.events()
    assert [one["username"] for one in first["includes"]["users"]] == ["Amelie_Petit"]
    assert first["payload"]["public_metrics"]["like_count_str"] == "0"
    assert second["includes"] == {}
    assert second["payload"]["in_reply_to_tweet_id"] == story
    assert second["payload"]["text"] == "@Acme what about me"
    assert second["payload"]["referenced_tweets"] == [{"type": "replied_to", "id": story}]
    assert third["payload"]["referenced_tweets"] == [{"type": "quoted", "id": story}]
    assert [one["id"] for one in third["includes"]["tweets"]] == [quote, story]


def test_a_name_typed_in_a_reply_to_somebody_else_is_a_mention(x_stand):
    above = x_stand.say("post", "who is good at routers?", author="Hugo Delmas")
    reply = x_stand.say("reply", "ask @Acme or @GlobexCare", to=above)
    found = until(lambda: len(events := x_stand.hook.events("post.mention.create")) == 2 and events)
    assert {(one["filter"]["user_id"], one["payload"]["id"]) for one in found} == {(BRAND, reply), (OTHER, reply)}


def test_own_posts_echo_and_own_deletions_are_told_with_wrapped_users(x_stand):
    mention = x_stand.say("mention", "help")
    answer = x_stand.client().create_tweet(text="On it", in_reply_to_tweet_id=mention, user_auth=False)["data"]["id"]
    echo = x_stand.hook.wait("post.create")
    assert (echo["payload"]["id"], echo["payload"]["author_id"]) == (answer, BRAND)
    x_stand.client().delete_tweet(answer, user_auth=False)
    gone = x_stand.hook.wait("post.delete")
    assert gone["payload"] == {"id": answer, "author_id": BRAND}
    assert gone["includes"]["users"][0]["data"]["id"] == BRAND
    x_stand.say("remove", to=mention)
    x_stand.say("mention", "the next")
    until(lambda: len(x_stand.hook.events("post.mention.create")) == 2)
    assert len(x_stand.hook.events("post.delete")) == 1


def test_an_edit_is_told_as_something_new_with_its_history(x_stand):
    first = x_stand.say("mention", "help")
    second = x_stand.say("edit", "@Acme help please", to=first)
    found = until(lambda: len(events := x_stand.hook.events("post.mention.create")) == 2 and events)
    assert found[1]["payload"]["edit_history_tweet_ids"] == [first, second]
    assert found[1]["payload"]["id"] == second


def test_protected_people_are_never_told_of(x_stand):
    x_stand.say("protect")
    x_stand.say("mention", "whisper")
    x_stand.say("mention", "aloud", author="Hugo Delmas")
    told = x_stand.hook.wait("post.mention.create")
    assert told["payload"]["text"] == "@Acme aloud"
    assert len(x_stand.hook.events("post.mention.create")) == 1


def test_direct_messages_are_the_older_shape_inside_the_newer(x_stand):
    x_stand.say("message", "order 5 & 6", photo=True)
    received = x_stand.hook.wait("dm.received")
    item = received["payload"]["direct_message_events"][0]
    customer = x_stand.person()
    assert item["message_create"]["sender_id"] == customer
    assert item["message_create"]["target"] == {"recipient_id": BRAND}
    assert item["message_create"]["message_data"]["text"] == "order 5 &amp; 6"
    assert item["message_create"]["message_data"]["attachment"]["media"]["type"] == "photo"
    assert int(item["created_timestamp"]) > 10**12
    assert received["payload"]["users"][customer]["data"]["name"] == CUSTOMER
    x_stand.client().create_direct_message(participant_id=customer, text="Thanks", user_auth=False)
    sent = x_stand.hook.wait("dm.sent")["payload"]["direct_message_events"][0]
    assert sent["message_create"]["source_app_id"] == "29820954"
    x_stand.say("see")
    read = x_stand.hook.wait("dm.read")["payload"]["direct_message_mark_read_events"][0]
    assert (read["sender_id"], read["last_read_event_id"]) == (customer, sent["id"])
    x_stand.say("typing")
    assert x_stand.hook.wait("dm.indicate_typing")["filter"] == {"user_id": BRAND}


def test_encrypted_messages_are_told_as_ciphertext(x_stand):
    x_stand.say("encrypted")
    payload = x_stand.hook.wait("chat.received")["payload"]
    assert payload["conversation_id"] == f"{x_stand.person()}:{BRAND}"
    assert "text" not in payload
    assert len(payload["encoded_event"]) > 100


def test_groups_are_not_told_of(x_stand):
    talk = x_stand.say("group")
    x_stand.say("message", "in the group", talk=talk)
    x_stand.say("message", "in private")
    text = x_stand.hook.wait("dm.received")["payload"]["direct_message_events"][0]["message_create"]["message_data"]
    assert text["text"] == "in private"


def test_the_older_dialect(x_stand):
    x_stand.adjust(dialect="older")
    mention = x_stand.say("mention", "long & " * 100)
    x_stand.say("message", "hello")
    until(lambda: len(x_stand.hook.bodies) == 2)
    post, message = [json.loads(body) for body, _ in x_stand.hook.bodies]
    tweet = post["tweet_create_events"][0]
    assert (post["for_user_id"], tweet["id_str"]) == (BRAND, mention)
    assert str(tweet["id"]) != mention
    assert tweet["truncated"]
    assert "long &amp;" in tweet["extended_tweet"]["full_text"]
    assert message["direct_message_events"][0]["message_create"]["message_data"]["text"] == "hello"
    assert message["users"][x_stand.person()]["screen_name"] == "Amelie_Petit"
    x_stand.client().create_tweet(text="Good day", user_auth=False)
    own = x_stand.story()
    x_stand.say("remove", to=own)
    gone = until(lambda: [body for body, _ in x_stand.hook.bodies if b"tweet_delete_events" in body])
    assert json.loads(gone[0])["tweet_delete_events"][0]["status"] == {"id": own, "user_id": BRAND}


def test_the_older_dialect_collects_several_in_one_delivery(x_stand):
    x_stand.adjust(dialect="older")
    x_stand.control("webhooks", batch=0.4)
    said = [x_stand.say("mention", f"number {number}") for number in range(3)]
    x_stand.say("message", "and privately")
    until(lambda: x_stand.hook.bodies)
    (body, _), *more = x_stand.hook.bodies
    assert not more
    found = json.loads(body)
    assert [one["id_str"] for one in found["tweet_create_events"]] == said
    assert len(found["direct_message_events"]) == 1


def test_anything_else_can_be_sent_as_it_is(x_stand):
    x_stand.say("raw", payload={"data": {"event_type": "unheard.of", "payload": {}}})
    x_stand.hook.wait("unheard.of")


def test_a_refused_delivery_is_lost_unless_x_is_patient(x_stand):
    x_stand.hook.refuse[:] = [503]
    x_stand.say("mention", "lost")
    until(lambda: not x_stand.hook.refuse)
    x_stand.say("mention", "arrives")
    assert x_stand.hook.wait("post.mention.create")["payload"]["text"] == "@Acme arrives"
    x_stand.adjust(rules={"patient": True})
    x_stand.hook.refuse[:] = [503]
    x_stand.say("mention", "comes again")
    until(lambda: "@Acme comes again" in [one["payload"]["text"] for one in x_stand.hook.events()])


def test_an_app_manages_its_webhooks(x_stand):
    listed = x_stand.call("GET", "webhooks", APP).json()
    assert listed["meta"] == {"result_count": 1}
    [known] = listed["data"]
    assert (known["url"], known["valid"]) == (x_stand.hook.url, True)
    assert x_stand.call("PUT", f"webhooks/{known['id']}", APP).json() == {"data": {"attempted": True}}
    assert len(x_stand.hook.challenges) == 2

    def refused(url):
        answer = x_stand.call("POST", "webhooks", APP, json={"url": url})
        assert answer.status_code == 400
        return answer.json()["title"]

    assert refused(x_stand.hook.url) == "DuplicateUrlFailed"
    assert refused("https://care.example:8443/hooks") == "UrlValidationFailed"
    assert refused("http://care.example/hooks") == "UrlValidationFailed"
    with hooked("another secret") as liar:
        assert refused(liar.url) == "CrcValidationFailed"
    with hooked() as second:
        made = x_stand.call("POST", "webhooks", APP, json={"url": second.url}).json()["data"]
        x_stand.say("mention", "to both")
        second.wait("post.mention.create")
        x_stand.hook.wait("post.mention.create")
        assert x_stand.call("DELETE", f"webhooks/{made['id']}", APP).json() == {"data": {"deleted": True}}
    assert x_stand.call("DELETE", f"webhooks/{made['id']}", APP).json()["title"] == "WebhookIdInvalid"
    assert x_stand.call("GET", "webhooks").status_code == 403


def test_a_webhook_that_answers_wrongly_gets_no_events_until_it_is_checked(x_stand):
    x_stand.hook.secret = "forgotten"
    x_stand.adjust(check=True)
    until(lambda: [one["valid"] for one in x_stand.state()["apps"]] == [False])
    x_stand.say("mention", "unheard")
    x_stand.hook.secret = SECRET
    [known] = x_stand.call("GET", "webhooks", APP).json()["data"]
    assert not known["valid"]
    assert x_stand.call("PUT", f"webhooks/{known['id']}", APP).status_code == 200
    x_stand.say("mention", "heard")
    assert x_stand.hook.wait("post.mention.create")["payload"]["text"] == "@Acme heard"
    assert len(x_stand.hook.events("post.mention.create")) == 1


def test_what_was_missed_is_replayed(x_stand, monkeypatch):
    from connectors.twitter.simulator import hooks

    x_stand.hook.refuse[:] = [503]
    monkeypatch.setattr(hooks, "now", lambda: datetime.now(UTC) - timedelta(minutes=45))
    missed = x_stand.say("mention", "missed")
    until(lambda: not x_stand.hook.refuse)
    [known] = x_stand.call("GET", "webhooks", APP).json()["data"]
    at = datetime.now(UTC)
    body = {"webhook_id": known["id"], "to_date": f"{at - timedelta(minutes=11):%Y%m%d%H%M}"}
    body["from_date"] = f"{at - timedelta(minutes=5):%Y%m%d%H%M}"
    assert x_stand.call("POST", "webhooks/replay", APP, json=body).status_code == 400
    body["from_date"] = f"{at - timedelta(minutes=60):%Y%m%d%H%M}"
    job = x_stand.call("POST", "webhooks/replay", APP, json=body).json()["data"]["job_id"]
    assert x_stand.hook.wait("post.mention.create")["payload"]["id"] == missed
    status = until(lambda: [body for body, _ in x_stand.hook.bodies if b"replay_job_status" in body])
    assert json.loads(status[0])["replay_job_status"]["job_id"] == job


def test_an_app_manages_its_subscriptions(x_stand):
    found = x_stand.call("GET", "activity/subscriptions", APP).json()
    total = found["meta"]["total_subscriptions"]
    assert total == len(found["data"]) == 22
    mention = next(
        one
        for one in found["data"]
        if one["event_type"] == "post.mention.create" and one["filter"] == {"user_id": BRAND}
    )
    path = f"activity/subscriptions/{mention['subscription_id']}"
    assert x_stand.call("PUT", path, APP, json={"tag": "ours"}).json()["data"]["tag"] == "ours"
    x_stand.say("mention", "tagged")
    assert x_stand.hook.wait("post.mention.create")["tag"] == "ours"
    gone = x_stand.call("DELETE", path, APP).json()
    assert gone == {"data": {"deleted": True}, "meta": {"total_subscriptions": total - 1}}
    x_stand.say("mention", "unheard")
    order = {"event_type": "post.mention.create", "filter": {"user_id": BRAND}}
    assert x_stand.call("POST", "activity/subscriptions", APP, json=order).json()["data"]["event_type"]
    again = x_stand.call("POST", "activity/subscriptions", APP, json=order)
    assert (again.status_code, again.json()["title"]) == (409, "DuplicateSubscription")
    x_stand.say("mention", "heard again")
    until(lambda: len(x_stand.hook.events("post.mention.create")) == 2)
    assert x_stand.call("POST", "activity/subscriptions", APP, json={"event_type": "x"}).status_code == 400


def test_private_events_need_the_users_own_token(x_stand):
    x_stand.adjust(dialect="none")
    order = {"event_type": "dm.received", "filter": {"user_id": BRAND}}
    assert x_stand.call("POST", "activity/subscriptions", APP, json=order).status_code == 403
    order["filter"] = {"user_id": OTHER}
    assert x_stand.call("POST", "activity/subscriptions", json=order).status_code == 403
    order["filter"] = {"user_id": BRAND}
    assert x_stand.call("POST", "activity/subscriptions", json=order).status_code == 200
    x_stand.say("message", "psst")
    x_stand.hook.wait("dm.received")


def test_the_older_subscriptions(x_stand):
    [known] = x_stand.call("GET", "webhooks", APP).json()["data"]
    path = f"account_activity/webhooks/{known['id']}/subscriptions"
    assert x_stand.call("GET", f"{path}/all").json() == {"data": {"subscribed": False}}
    assert x_stand.call("POST", f"{path}/all").json() == {"data": {"subscribed": True}}
    assert x_stand.call("POST", f"{path}/all").status_code == 409
    assert x_stand.call("GET", f"{path}/all/list", APP).json()["data"]["subscriptions"] == [{"user_id": BRAND}]
    x_stand.say("mention", "twice over")
    until(lambda: len(x_stand.hook.bodies) == 2)
    assert x_stand.call("DELETE", f"{path}/{BRAND}/all", APP).json() == {"data": {"subscribed": False}}


@pytest.mark.parametrize("order", [{"do": "shout"}, {"do": "reply", "text": "x", "to": "1"}, {"do": "mention"}])
def test_orders_that_make_no_sense_are_refused_with_a_reason(x_stand, order):
    answer = requests.post(f"{x_stand.url}/control/say", json={"page": BRAND, "author": "A", **order}, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_settings_that_make_no_sense_change_nothing(x_stand):
    for order in ({"page": "1"}, {"colour": 1}, {"rules": {"enterprise": 1}}, {"limits": {"me": 0}}, {"tokens": "x"}):
        answer = requests.post(
            f"{x_stand.url}/control/page", json={"page": BRAND, "network": "twitter", **order}, timeout=5
        )
        assert answer.status_code == 400, order
    order = {"page": BRAND, "rules": {"enterprise": True}, "dialect": "dutch"}
    assert requests.post(f"{x_stand.url}/control/page", json=order, timeout=5).status_code == 400
    assert x_stand.state()["rules"]["enterprise"] is False


def test_the_trickle_plays_customers_on_x(x_stand):
    x_stand.control("trickle", per_minute=600)
    until(lambda: len(x_stand.hook.bodies) >= 12, 20)
    x_stand.control("trickle", per_minute=0)
    kinds = {one["event_type"] for one in x_stand.hook.events()}
    assert {"post.mention.create", "dm.received"} <= kinds
    assert not any("{" in one["text"] for one in x_stand.state()["posts"])


def test_played_customers_react_to_answers(x_stand, monkeypatch):
    from connectors.twitter.simulator import play

    monkeypatch.setattr(play, "THINKING", (0.1, 0.2))
    monkeypatch.setattr(play, "ANSWERS", 1.0)
    x_stand.control("trickle", per_minute=600)
    told = until(
        lambda: [one for one in x_stand.hook.events("post.mention.create") if one["filter"]["user_id"] == BRAND], 20
    )
    x_stand.control("trickle", per_minute=1)
    mention = told[0]["payload"]
    answer = x_stand.client().create_tweet(text="Looking", in_reply_to_tweet_id=mention["id"], user_auth=False)["data"]
    reaction = until(
        lambda: [
            one
            for one in x_stand.hook.events("post.reply.create")
            if one["payload"]["in_reply_to_tweet_id"] == answer["id"]
        ]
    )
    assert reaction[0]["payload"]["author_id"] == mention["author_id"]


def test_reset_forgets_words_and_keeps_accounts_and_tokens(x_stand):
    x_stand.say("mention", "hello")
    x_stand.say("message", "hello")
    x_stand.adjust(rules={"enterprise": True}, limits={"me": 1})
    x_stand.control("reset")
    state = x_stand.state()
    assert state["messages"] == []
    assert {one["author"] for one in state["posts"]} == {"Acme", "GlobexCare", "Canal Bakery", "Northside Bikes"}
    assert state["rules"]["enterprise"] is False
    assert x_stand.client().get_me(user_auth=False)["data"]["id"] == BRAND
    assert x_stand.hook.events("post.create") == []


def test_its_page_is_served_with_its_parts(x_stand):
    shell = requests.get(f"{x_stand.url}/", timeout=5)
    assert "not Facebook and not X" in shell.text
    assert 'data-networks="blog meta twitter"' in shell.text
    for path in ("twitter/twitter.js", "twitter/pieces.js"):
        assert requests.get(f"{x_stand.url}/static/{path}", timeout=5).status_code == 200, path
    view = requests.get(f"{x_stand.url}/twitter/pages/{BRAND}", timeout=5).json()
    assert len(view["threads"]) == 3
    again = requests.get(f"{x_stand.url}/twitter/pages/{BRAND}?since={view['version']}", timeout=5)
    assert again.status_code == 204
    assert [one["connected"] for one in requests.get(f"{x_stand.url}/twitter/pages", timeout=5).json()["pages"]] == [
        False, False, True, True,
    ]  # fmt: skip
