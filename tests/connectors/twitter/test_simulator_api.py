"""The fake API v2, driven by the real tweepy and by plain HTTP."""

from __future__ import annotations

import pytest
import requests
import tweepy

from tests.connectors.stand import until
from tests.connectors.twitter.simulator_stand import BRAND, CUSTOMER, OTHER


def test_both_kinds_of_user_token_and_the_apps_own(x_stand):
    assert x_stand.client().get_me(user_auth=False)["data"] == {"id": BRAND, "name": "Acme", "username": "Acme"}
    assert x_stand.globex.get_me()["data"]["username"] == "GlobexCare"
    assert x_stand.app.get_user(id=BRAND)["data"]["id"] == BRAND
    assert x_stand.app.get_user(username="globexcare")["data"]["id"] == OTHER
    both = x_stand.app.get_users(ids=[BRAND, "42"], user_fields=["verified", "receives_your_dm"])
    assert [one["verified"] for one in both["data"]] == [True]
    assert both["errors"][0]["type"].endswith("/resource-not-found")
    with pytest.raises(tweepy.Unauthorized):
        x_stand.client("wrong").get_me(user_auth=False)
    with pytest.raises(tweepy.Forbidden, match="kind of token"):
        x_stand.app.get_me(user_auth=False)


def test_a_signature_of_oauth_1_that_is_not_right_is_refused(x_stand):
    client = x_stand.globex
    client.access_token_secret = "another"
    with pytest.raises(tweepy.Unauthorized):
        client.get_me()


def test_oauth_1_signs_queries_with_commas_and_bodies(x_stand):
    found = x_stand.globex.get_users_mentions(OTHER, tweet_fields=["author_id", "created_at"], user_auth=True)
    assert found["meta"] == {"result_count": 0}
    assert (
        x_stand.globex.create_tweet(text="Hello, all & sundry: 100%")["data"]["text"] == "Hello, all &amp; sundry: 100%"
    )


def test_mentions_come_newest_first_in_pages_with_one_since_id(x_stand):
    said = [x_stand.say("mention", f"number {number}") for number in range(12)]
    client = x_stand.client()

    def page(**more):
        return client.get_users_mentions(BRAND, since_id=said[0], max_results=5, user_auth=False, **more)

    first = page()
    assert [one["id"] for one in first["data"]] == said[:6:-1]
    assert (first["meta"]["newest_id"], first["meta"]["oldest_id"]) == (said[11], said[7])
    x_stand.say("mention", "meanwhile")
    second = page(pagination_token=first["meta"]["next_token"])
    third = page(pagination_token=second["meta"]["next_token"])
    assert [one["id"] for one in second["data"] + third["data"]] == said[6:0:-1]
    assert "next_token" not in third["meta"]
    back = page(pagination_token=third["meta"]["previous_token"])
    assert back["data"] == second["data"]
    empty = client.get_users_mentions(BRAND, since_id=str(int(said[11]) + 2**40), user_auth=False)
    assert empty == {"meta": {"result_count": 0}}
    for wrong in ({"pagination_token": "never"}, {"max_results": 4}, {"max_results": 101}, {"since_id": "x"}):
        with pytest.raises(tweepy.BadRequest):
            client.get_users_mentions(BRAND, user_auth=False, **wrong)


def test_only_fields_asked_for_are_given_and_expansions_bring_the_rest(x_stand):
    story = x_stand.story()
    quote = x_stand.say("quote", "@Acme look & see https://shop.example.com/a #fail", to=story, photo=True)
    plain = x_stand.app.get_tweet(quote)["data"]
    assert plain.keys() == {"id", "text", "edit_history_tweet_ids"}
    full = x_stand.app.get_tweet(
        quote,
        tweet_fields=["author_id", "entities", "referenced_tweets", "attachments", "conversation_id", "edit_controls"],
        expansions=["author_id", "referenced_tweets.id", "attachments.media_keys", "entities.mentions.username"],
        media_fields=["url"],
    )
    data, includes = full["data"], full["includes"]
    assert data["text"].startswith("@Acme look &amp; see https://t.co/")
    assert data["referenced_tweets"] == [{"type": "quoted", "id": story}]
    assert [data["text"][one["start"] : one["end"]] for one in data["entities"]["mentions"]] == ["@Acme"]
    assert data["entities"]["urls"][0]["expanded_url"] == "https://shop.example.com/a"
    assert data["entities"]["hashtags"][0]["tag"] == "fail"
    assert {one["id"] for one in includes["users"]} == {data["author_id"], BRAND}
    assert [one["id"] for one in includes["tweets"]] == [story]
    assert includes["media"][0]["media_key"] == data["attachments"]["media_keys"][0]
    assert requests.get(includes["media"][0]["url"], timeout=5).headers["content-type"] == "image/svg+xml"
    with pytest.raises(tweepy.BadRequest, match="not one of"):
        x_stand.app.get_tweet(quote, tweet_fields=["colour"])
    assert x_stand.call("GET", f"tweets/{quote}?shade=1").status_code == 400


def test_what_cannot_be_seen_is_an_error_beside_the_rest(x_stand):
    seen, secret = x_stand.say("mention", "open"), x_stand.say("mention", "closed", author="Hidden Person")
    gone = x_stand.say("mention", "gone")
    x_stand.say("protect", author="Hidden Person")
    x_stand.say("remove", to=gone)
    found = x_stand.app.get_tweets([seen, secret, gone])
    assert [one["id"] for one in found["data"]] == [seen]
    assert [one["type"].rpartition("/")[2] for one in found["errors"]] == [
        "not-authorized-for-resource", "resource-not-found",
    ]  # fmt: skip


def test_search_knows_words_phrases_or_and_operators(x_stand):
    one = x_stand.say("post", "the Acme router is broken")
    two = x_stand.say("post", "router of acme works", author="@somebody")
    quoted = x_stand.say("quote", "router", to=one)

    def search(query, **more):
        return [post["id"] for post in x_stand.app.search_recent_tweets(query, **more).get("data", [])]

    assert search("router acme") == [two, one]
    assert search('"acme router"') == [one]
    assert search("(broken OR works) router -from:somebody") == [one]
    assert search("router is:quote") == [quoted]
    assert search(f"conversation_id:{one}") == [one]
    assert search("router", since_id=one) == [quoted, two]
    for wrong in ("", "(router", "-router", "is:quote", "mood:bad router", "x" * 513):
        with pytest.raises(tweepy.BadRequest):
            search(wrong)
    old = x_stand.say("post", "router last week", age=8 * 86400)
    assert old not in search("router")


def test_an_answer_carries_the_name_and_is_seen_by_the_customer(x_stand):
    mention = x_stand.say("mention", "help")
    answer = x_stand.client().create_tweet(text="On it <3", in_reply_to_tweet_id=mention, user_auth=False)["data"]
    assert answer["text"] == "@Amelie_Petit On it &lt;3"
    seen = next(one for one in x_stand.state()["posts"] if one["id"] == answer["id"])
    assert (seen["parent"], seen["conversation"], seen["ours"], seen["origin"]) == (mention, mention, True, "29820954")
    thread = x_stand.app.search_recent_tweets(f"conversation_id:{mention}")["data"]
    assert [one["id"] for one in thread] == [answer["id"], mention]


def refusal(call, *args, **more):
    with pytest.raises(tweepy.Forbidden) as caught:
        call(*args, user_auth=False, **more)
    return caught.value.response.json()["detail"]


def test_whom_an_app_may_answer(x_stand):
    create = x_stand.client().create_tweet
    stranger = x_stand.say("post", "Acme is slow today")
    assert "mentioned or are the author" in refusal(create, text="Sorry!", in_reply_to_tweet_id=stranger)
    x_stand.adjust(rules={"enterprise": True})
    create(text="Sorry!", in_reply_to_tweet_id=stranger, user_auth=False)
    x_stand.adjust(rules={"enterprise": False})
    closed = x_stand.say("post", "only my circle", reply_settings="following", author="Shy One")
    assert "reply settings" in refusal(create, text="Hello", in_reply_to_tweet_id=closed)
    for deed, words in (("block", "blocked"), ("unblock", ""), ("protect", "not visible"), ("unprotect", "")):
        mention = x_stand.say("mention", f"before {deed}", author="Moody")
        x_stand.say(deed, author="Moody")
        if words:
            assert words in refusal(create, text="Hello", in_reply_to_tweet_id=mention)
        else:
            create(text=f"Hello after {deed}", in_reply_to_tweet_id=mention, user_auth=False)
    gone = x_stand.say("mention", "going")
    x_stand.say("remove", to=gone)
    assert "not visible" in refusal(create, text="Hello", in_reply_to_tweet_id=gone)
    quote = x_stand.say("quote", "look at this", to=x_stand.story())
    create(text="Thank you", in_reply_to_tweet_id=quote, user_auth=False)


def test_whether_an_implied_name_summons_is_a_switch(x_stand):
    reply = x_stand.say("reply", "me too", to=x_stand.story())
    create = x_stand.client().create_tweet
    create(text="Noted", in_reply_to_tweet_id=reply, user_auth=False)
    x_stand.adjust(rules={"implied_counts": False})
    assert "mentioned or are the author" in refusal(create, text="Noted again", in_reply_to_tweet_id=reply)


def test_what_an_app_may_write(x_stand):
    create = x_stand.client().create_tweet
    mention = x_stand.say("mention", "help")
    create(text="Same words", in_reply_to_tweet_id=mention, user_auth=False)
    assert "duplicate" in refusal(create, text="Same words", in_reply_to_tweet_id=mention)
    other = x_stand.say("mention", "help me too", author="Hugo Delmas")
    create(text="Same words", in_reply_to_tweet_id=other, user_auth=False)
    assert "too long" in refusal(create, text="é" * 279 + "語")
    create(text="é" * 279 + "x", user_auth=False)
    create(
        text="語" * 117 + " https://example.com/" + "x" * 400 + " 👩‍👩‍👧🇫🇷a",
        in_reply_to_tweet_id=other,
        user_auth=False,
    )
    assert "too long" in refusal(create, text="語" * 128 + " https://example.com/" + "x" * 400 + " a")
    assert "cashtag" in refusal(create, text="$AAPL and $TSLA")
    assert "author" in refusal(create, text="hm", quote_tweet_id=mention)
    with pytest.raises(tweepy.BadRequest):
        create(text=" ", user_auth=False)
    assert x_stand.call("POST", "tweets", json={"text": "x", "colour": "red"}).status_code == 400
    assert x_stand.call("POST", "tweets", data="text=x").status_code == 415


def test_edits_are_new_versions_and_deleting_one_deletes_all(x_stand):
    first = x_stand.client().create_tweet(text="Open til 8", user_auth=False)["data"]["id"]
    body = {"text": "Open until 8", "edit_options": {"previous_post_id": first}}
    edited = x_stand.call("POST", "tweets", json=body).json()["data"]
    assert edited["edit_history_tweet_ids"] == [first, edited["id"]]
    history = x_stand.app.get_tweet(edited["id"], expansions="edit_history_tweet_ids", tweet_fields="edit_controls")
    assert history["data"]["edit_controls"]["edits_remaining"] == 4
    assert {one["text"] for one in history["includes"]["tweets"]} == {"Open til 8", "Open until 8"}
    assert x_stand.app.get_tweet(first)["data"]["text"] == "Open til 8"
    latest = x_stand.client().get_users_tweets(BRAND, user_auth=False)["data"]
    assert latest[0]["id"] == edited["id"]
    assert first not in [one["id"] for one in latest]
    assert x_stand.call("POST", "tweets", json=body).status_code == 403
    assert x_stand.client().delete_tweet(first, user_auth=False) == {"data": {"deleted": True}}
    assert "data" not in x_stand.app.get_tweets([first, edited["id"]])
    mention = x_stand.say("mention", "mine")
    assert "not authorized" in refusal(x_stand.client().delete_tweet, mention)
    with pytest.raises(tweepy.NotFound):
        x_stand.client().delete_tweet("42", user_auth=False)


def test_only_replies_below_own_posts_are_hidden(x_stand):
    reply = x_stand.say("reply", "spam", to=x_stand.story())
    assert x_stand.client().hide_reply(reply, user_auth=False) == {"data": {"hidden": True}}
    assert next(one for one in x_stand.state()["posts"] if one["id"] == reply)["hidden"]
    assert x_stand.client().unhide_reply(reply, user_auth=False) == {"data": {"hidden": False}}
    mention = x_stand.say("mention", "not below yours")
    assert "not allowed" in refusal(x_stand.client().hide_reply, mention)


def test_long_posts_are_cut_and_stand_whole_in_the_note(x_stand):
    words = "word & " * 100 + "end"
    long = x_stand.say("mention", words)
    data = x_stand.app.get_tweet(long, tweet_fields=["note_tweet", "entities"])["data"]
    assert len(data["text"]) < 300
    assert data["note_tweet"]["text"].endswith("&amp; end")
    assert data["note_tweet"]["entities"]["mentions"][0]["username"] == "Acme"


def test_the_newer_vocabulary_by_a_switch(x_stand):
    story = x_stand.story()
    quote = x_stand.say("quote", "look", to=story)
    x_stand.adjust(rules={"newer_words": True})
    path = f"tweets/{quote}?post.fields=referenced_posts&expansions=referenced_tweets.id"
    found = x_stand.call("GET", path, "AAAAbearer").json()
    assert found["data"]["edit_history_post_ids"] == [quote]
    assert found["data"]["referenced_posts"] == [{"type": "quoted", "id": story}]
    assert [one["id"] for one in found["includes"]["posts"]] == [story]


def test_direct_messages_between_two(x_stand):
    client = x_stand.client()
    x_stand.say("message", "My number is 5 & 6", photo=True)
    customer = x_stand.person()
    sent = client.create_direct_message(participant_id=customer, text="Thank you", user_auth=False)["data"]
    smaller, larger = sorted((BRAND, customer), key=int)
    assert sent["dm_conversation_id"] == f"{smaller}-{larger}"
    fields = ["sender_id", "created_at", "dm_conversation_id", "attachments"]
    found = client.get_direct_message_events(
        dm_event_fields=fields, expansions=["sender_id", "attachments.media_keys"], user_auth=False
    )
    assert [(one["sender_id"], one["text"]) for one in found["data"]] == [
        (BRAND, "Thank you"), (customer, "My number is 5 &amp; 6"),
    ]  # fmt: skip
    assert {one["id"] for one in found["includes"]["users"]} == {BRAND, customer}
    assert found["includes"]["media"][0]["type"] == "photo"
    with_her = client.get_direct_message_events(participant_id=customer, user_auth=False)
    in_it = client.get_direct_message_events(dm_conversation_id=sent["dm_conversation_id"], user_auth=False)
    assert with_her["data"] == in_it["data"]
    again = client.create_direct_message(
        dm_conversation_id=sent["dm_conversation_id"], text="Thank you", user_auth=False
    )
    assert again["data"]["dm_event_id"] != sent["dm_event_id"]
    answer = x_stand.call("POST", f"dm_conversations/with/{customer}/messages", json={"text": "hm"})
    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f'/2/dm_events/"{answer.json()["data"]["dm_event_id"]}"')
    until(lambda: all(one["seen"] for one in x_stand.state()["messages"]), 15)


def test_who_takes_no_direct_messages_gets_none(x_stand):
    client = x_stand.client()
    x_stand.say("close_dms")
    customer = x_stand.person()
    user = client.get_user(id=customer, user_fields="receives_your_dm", user_auth=False)["data"]
    assert user["receives_your_dm"] is False
    assert "permission to DM" in refusal(client.create_direct_message, participant_id=customer, text="Hello")
    x_stand.say("message", "I write first")
    client.create_direct_message(participant_id=customer, text="Hello", user_auth=False)
    with pytest.raises(tweepy.BadRequest):
        client.create_direct_message(participant_id=customer, text="x" * 10_001, user_auth=False)


def test_groups(x_stand):
    client = x_stand.client()
    talk = x_stand.say("group", **{"with": ["Hugo Delmas"]})
    x_stand.say("message", "to all of you", talk=talk)
    x_stand.say("leave", talk=talk, author="Hugo Delmas")
    fields = ["sender_id", "participant_ids", "dm_conversation_id"]
    left, wrote, joined = client.get_direct_message_events(
        dm_conversation_id=talk, dm_event_fields=fields, user_auth=False
    )["data"]
    assert (left["event_type"], left["participant_ids"]) == ("ParticipantsLeave", [x_stand.person("Hugo Delmas")])
    assert "sender_id" not in left
    assert (wrote["text"], wrote["dm_conversation_id"]) == ("to all of you", talk)
    assert joined["event_type"] == "ParticipantsJoin"
    assert len(joined["participant_ids"]) == 3
    client.create_direct_message(dm_conversation_id=talk, text="Hello both", user_auth=False)
    made = client.create_direct_message_conversation(
        participant_ids=[x_stand.person()], text="A group of ours", user_auth=False
    )["data"]
    assert made["dm_conversation_id"].isdecimal()
    for body in ({"conversation_type": "group"}, {"conversation_type": "Group", "participant_ids": []}):
        assert x_stand.call("POST", "dm_conversations", json=body).status_code == 400
    assert "permission to read" in refusal(
        x_stand.client("oauth2 of acme").create_direct_message, dm_conversation_id="42", text="x"
    )


def test_reading_direct_messages_may_lag(x_stand):
    x_stand.adjust(rules={"lag": 3600})
    x_stand.say("message", "just now")
    assert x_stand.client().get_direct_message_events(user_auth=False) == {"meta": {"result_count": 0}}


def test_missing_scopes_are_refused(x_stand):
    x_stand.adjust(lacking=["dm.write"])
    x_stand.say("message", "hello")
    assert refusal(x_stand.client().create_direct_message, participant_id=x_stand.person(), text="x") == "Forbidden"
    x_stand.control("page", page=OTHER, lacking=["tweet.write"])
    with pytest.raises(tweepy.Forbidden, match="oauth1 app permissions"):
        x_stand.globex.create_tweet(text="x")


def test_what_costs_money_is_counted_once_a_day(x_stand):
    mention = x_stand.say("mention", "help")
    for _ in range(2):
        x_stand.client().get_users_mentions(BRAND, user_auth=False)
    x_stand.client().create_tweet(text="See https://example.com/", in_reply_to_tweet_id=mention, user_auth=False)
    x_stand.client().create_tweet(text="Or call", in_reply_to_tweet_id=mention, user_auth=False)
    charged = {one["kind"]: one["count"] for one in x_stand.state()["charged"]}
    assert charged == {"post_read": 1, "post_create_url": 1, "summoned_reply": 1}
    assert CUSTOMER in {one["name"] for one in x_stand.state()["users"]}


def test_unknown_paths_and_methods(x_stand):
    assert x_stand.call("GET", "nothing/here").status_code == 404
    assert x_stand.call("PUT", "users/me").status_code == 405
