"""How often the fake X may be called, and what goes wrong there when it is scripted."""

from __future__ import annotations

import time

import pytest
import requests
import tweepy

from tests.connectors.twitter.simulator_stand import BRAND


def test_calls_are_counted_in_windows(x_stand):
    x_stand.adjust(limits={"dm_events": 2}, quarter=3)
    answers = [x_stand.call("GET", "dm_events") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert [one.headers["x-rate-limit-remaining"] for one in answers] == ["1", "0", "0"]
    assert answers[0].headers["x-rate-limit-limit"] == "2"
    wait = int(answers[2].headers["x-rate-limit-reset"]) - time.time()
    assert 0 < wait <= 4.1
    with pytest.raises(tweepy.TooManyRequests) as caught:
        x_stand.client().get_direct_message_events(user_auth=False)
    assert caught.value.reset_time == int(answers[2].headers["x-rate-limit-reset"])
    assert x_stand.globex.get_direct_message_events(user_auth=True)["meta"]["result_count"] == 0
    time.sleep(max(0.0, wait))
    assert x_stand.call("GET", "dm_events").status_code == 200


def test_writing_is_also_counted_by_the_day(x_stand):
    answer = x_stand.call("POST", "tweets", json={"text": "Good morning"})
    assert answer.headers["x-rate-limit-limit"] == "100"
    assert answer.headers["x-app-limit-24hour-remaining"] == "9999"
    assert answer.headers["x-user-limit-24hour-limit"] == "10000"
    assert int(answer.headers["x-user-limit-24hour-reset"]) - time.time() > 86_000
    assert answer.headers["x-transaction-id"]


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("rate_limited", 429, "Too Many Requests"),
        ("day_limit", 429, "Too Many Requests"),
        ("usage_capped", 429, "usage-capped"),
        ("no_credits", 402, "credits-depleted"),
        ("dead_token", 401, "Unauthorized"),
        ("reply_refused", 403, "where you are mentioned"),
        ("reply_refused_older", 403, "otherwise engaged"),
        ("protected", 403, "not authorized to see"),
        ("dm_closed", 403, "permission to DM"),
        ("duplicate", 403, "duplicate content"),
        ("locked", 403, '"code":326'),
        ("suspended", 403, '"code":64'),
        ("not_enrolled", 403, "client-not-enrolled"),
        ("server_error", 503, "Service Unavailable"),
        ("html", 502, "<!DOCTYPE html>"),
        ("html_200", 200, "<!DOCTYPE html>"),
        ("redirect", 302, ""),
        ("odd", 200, "[1, 2, 3]"),
        ("text_errors", 403, '"errors":"Status is a duplicate."'),
        ("null_errors", 400, '"errors":null'),
    ],
)
def test_scripted_refusals_do_nothing_and_pass(x_stand, kind, status, words):
    x_stand.fault(kind)
    answer = x_stand.call("POST", "tweets", json={"text": "Hello there"})
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert "Hello there" not in [one["text"] for one in x_stand.state()["posts"]]
    assert x_stand.call("POST", "tweets", json={"text": "Hello there"}).status_code == 201


def test_a_scripted_limit_shows_in_the_right_bucket(x_stand):
    x_stand.fault("day_limit", minutes=90)
    answer = x_stand.call("GET", "users/me")
    assert answer.status_code == 429
    assert int(answer.headers["x-rate-limit-remaining"]) > 0
    assert answer.headers["x-user-limit-24hour-remaining"] == "0"
    assert 5300 < int(answer.headers["x-user-limit-24hour-reset"]) - time.time() < 5500
    x_stand.fault("rate_limited", minutes=2, page=BRAND, on="read")
    assert x_stand.call("POST", "tweets", json={"text": "not hit"}).status_code == 201
    assert x_stand.call("GET", "users/me").headers["x-rate-limit-remaining"] == "0"


def test_faults_of_other_words_and_of_the_connection(x_stand):
    x_stand.fault("no_credits", code=1)
    assert x_stand.call("GET", "users/me").json()["title"] == "CreditsDepleted"
    x_stand.fault("error", status=403, code=226, message="This looks automated.")
    assert x_stand.call("GET", "users/me").json() == {"errors": [{"code": 226, "message": "This looks automated."}]}
    x_stand.fault("huge")
    assert len(x_stand.call("GET", "users/me").content) > 9_000_000
    x_stand.fault("cut")
    with pytest.raises(requests.RequestException):
        x_stand.call("GET", "users/me")
    x_stand.fault("hang", seconds=0.3)
    assert x_stand.call("GET", "users/me").status_code == 504


@pytest.mark.parametrize(("kind", "seconds"), [("done_then_500", 30), ("lost_answer", 0.2)])
def test_done_all_the_same(x_stand, kind, seconds):
    x_stand.fault(kind, on="send", seconds=seconds)
    try:
        assert x_stand.call("POST", "tweets", json={"text": "Was it sent?"}).status_code == 500
    except requests.RequestException:
        assert kind == "lost_answer"
    assert [one["text"] for one in x_stand.state()["posts"]].count("Was it sent?") == 1
    assert "duplicate" in x_stand.call("POST", "tweets", json={"text": "Was it sent?"}).json()["detail"]


def test_faults_of_one_network_leave_the_other_alone(x_stand):
    x_stand.fault("window_closed")
    assert x_stand.call("GET", "users/me").status_code == 200
    assert [one["kind"] for one in requests.get(f"{x_stand.url}/control/state", timeout=5).json()["faults"]] == [
        "window_closed"
    ]
