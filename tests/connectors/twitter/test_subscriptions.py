"""The app's webhook and the accounts' subscriptions, made and mended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.contract import Forbidden
from connectors.twitter import subscriptions
from connectors.twitter.subscriptions import WANTED
from connectors.twitter.twitter import twitter
from tests.connectors.stand import until
from tests.connectors.twitter.simulator_stand import BRAND


def subscribed(desk):
    return sorted(one["event_type"] for one in desk.x.state()["subscriptions"] if one["filter"]["user_id"] == BRAND)


@pytest.fixture
def bare(desk):
    """Nothing is subscribed, and no webhook is known."""
    desk.x.adjust(dialect="none")
    for hook in desk.x.call("GET", "webhooks", "AAAAbearer").json()["data"]:
        desk.x.call("DELETE", f"webhooks/{hook['id']}", "AAAAbearer")
    return desk


@pytest.mark.behaviour_x(33)
def test_what_is_missing_is_made_and_again_changes_nothing(bare):
    twitter.subscribe(bare.account)
    assert subscribed(bare) == sorted(WANTED)
    hooks = bare.x.call("GET", "webhooks", "AAAAbearer").json()["data"]
    assert [(hook["url"], hook["valid"]) for hook in hooks] == [(bare.x.hook.url, True)]
    twitter.subscribe(bare.account)
    assert subscribed(bare) == sorted(WANTED)


@pytest.mark.behaviour_x(33)
def test_a_subscription_somebody_else_just_made_is_success(bare, monkeypatch):
    twitter.subscribe(bare.account)
    monkeypatch.setattr(subscriptions, "present", lambda client: {})
    twitter.subscribe(bare.account)
    assert subscribed(bare) == sorted(WANTED)


@pytest.mark.behaviour_x(33)
def test_a_webhook_another_account_just_made_is_taken(bare, monkeypatch):
    twitter.subscribe(bare.account)
    found, looks = subscriptions.webhook_of, iter([None])
    monkeypatch.setattr(subscriptions, "webhook_of", lambda client: next(looks, found(client)))
    twitter.subscribe(bare.account)
    assert len(bare.x.call("GET", "webhooks", "AAAAbearer").json()["data"]) == 1


@pytest.mark.behaviour_x(33)
def test_words_of_a_duplicate_subscription_are_success_too(bare):
    twitter.subscribe(bare.account)
    for one in bare.x.call("GET", "activity/subscriptions", "AAAAbearer").json()["data"]:
        if one["event_type"] == "post.create":
            bare.x.call("DELETE", f"activity/subscriptions/{one.get('subscription_id') or one['id']}", "AAAAbearer")
    bare.x.fault("error", on="write", status=403, message="Duplicate subscription.")
    twitter.subscribe(bare.account)


@pytest.mark.behaviour_x(33)
def test_a_subscription_that_goes_to_another_webhook_is_brought_to_ours(bare):
    given = {"event_type": "post.mention.create", "filter": {"user_id": BRAND}}
    elsewhere = bare.x.call("POST", "webhooks", "AAAAbearer", json={"url": f"{bare.x.hook.url}?elsewhere"}).json()[
        "data"
    ]
    bare.x.call("POST", "activity/subscriptions", "AAAAbearer", json={**given, "webhook_id": elsewhere["id"]})
    twitter.subscribe(bare.account)
    assert twitter.health(bare.account).unsubscribed == ()
    listed = bare.x.call("GET", "webhooks", "AAAAbearer").json()["data"]
    ours = next(hook["id"] for hook in listed if hook["url"] == bare.x.hook.url)
    mentions = [one for one in bare.x.state()["subscriptions"] if one["event_type"] == "post.mention.create"]
    assert [one["webhook_id"] for one in mentions if one["filter"]["user_id"] == BRAND] == [ours]


@pytest.mark.behaviour_x(33)
def test_too_many_subscriptions_are_told_readably(bare):
    bare.x.fault("error", on="write", status=403, message="You have as many as you may.", times=3)
    with pytest.raises(Forbidden):
        twitter.subscribe(bare.account)


@pytest.mark.behaviour_x(32)
def test_a_webhook_x_gave_up_is_missed_checked_and_replayed(desk):
    desk.x.hook.secret = "wrong"
    desk.x.adjust(check=True)
    until(lambda: not desk.x.state()["apps"][0]["valid"])
    found = twitter.health(desk.account)
    assert subscriptions.WEBHOOK in found.unsubscribed
    desk.x.hook.secret = "the consumer secret"
    twitter.subscribe(desk.account)
    until(lambda: desk.x.state()["apps"][0]["valid"])
    assert twitter.health(desk.account).unsubscribed == ()
    replayed = until(lambda: [body for body, _ in desk.x.hook.bodies if b"replay_job_status" in body])
    assert replayed


@pytest.mark.behaviour_x(33)
def test_health_tells_what_is_there_and_what_is_lacking(bare):
    found = twitter.health(bare.account)
    assert (found.external_id, found.name) == (BRAND, "Acme")
    assert set(found.unsubscribed) == {subscriptions.WEBHOOK, *WANTED}
    account = replace(bare.account, credentials={**bare.account.credentials, "scope": "tweet.read users.read"})
    assert "dm.read" in twitter.health(account).missing
    assert "dm.received" not in twitter.health(account).unsubscribed


@pytest.mark.behaviour_x(40)
def test_removing_ends_subscriptions_and_tokens(desk):
    twitter.unsubscribe(desk.account)
    assert subscribed(desk) == []
    assert desk.x.call("GET", "users/me").status_code == 401
