"""What the channels of one page share: subscription, health, names."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.contract import Author, Disconnected, Forbidden, Unavailable
from connectors.meta.facebook import facebook
from connectors.meta.messenger import messenger
from tests.connectors.meta.scripted_graph import APP, PAGE, TOKEN, Asked, Says, ScriptedGraph, error

ME = Says({"id": PAGE, "name": "Boulangerie Zoé"})
OTHER = {"id": "999", "subscribed_fields": ["feed", "leadgen"]}
WHOLE = {
    "app_id": APP,
    "type": "PAGE",
    "is_valid": True,
    "expires_at": 0,
    "profile_id": PAGE,
    "scopes": [*facebook.permissions, "pages_show_list"],
}


def subscriptions(*fields: Any) -> Says:
    return Says({"data": [OTHER, {"id": APP, "name": "Socialcare", "subscribed_fields": list(fields)}]})


# ---------------------------------------------------------------- subscription


@pytest.mark.behaviour(33)
def test_subscribing_keeps_what_the_other_channel_subscribed(graph: ScriptedGraph) -> None:
    graph.says(subscriptions("messages", "standby"), Says({"success": True}))
    facebook.subscribe(graph.account())
    read, written = graph.asked
    assert (read.method, written.method) == ("GET", "POST")
    assert written.path == f"/v25.0/{PAGE}/subscribed_apps"
    assert written.form == {"subscribed_fields": "messages,standby,feed,mention,ratings"}


@pytest.mark.parametrize("data", [[], [OTHER], None, "x", [{"id": APP}], [{"id": APP, "subscribed_fields": None}]])
def test_subscribing_where_nothing_is(graph: ScriptedGraph, data: Any) -> None:
    graph.says(Says({"data": data}), Says({"success": True}))
    messenger.subscribe(graph.account())
    assert graph.asked[1].form["subscribed_fields"].split(",") == list(messenger.fields)


def test_a_field_may_come_with_its_version(graph: ScriptedGraph) -> None:
    graph.says(subscriptions({"name": "messages", "version": "v25.0"}, 7, None), Says({"success": True}))
    facebook.subscribe(graph.account())
    assert graph.asked[1].form["subscribed_fields"] == "messages,feed,mention,ratings"


def test_the_channels_of_a_page_share_no_field() -> None:
    assert set(facebook.fields).isdisjoint(messenger.fields)


def test_unsubscribing_leaves_the_other_channel_its_fields(graph: ScriptedGraph) -> None:
    graph.says(subscriptions("feed", "messages", "ratings"), Says({"success": True}))
    facebook.unsubscribe(graph.account())
    assert graph.asked[1].form == {"subscribed_fields": "messages"}


def test_unsubscribing_the_last_channel_removes_the_app(graph: ScriptedGraph) -> None:
    graph.says(subscriptions("feed", "mention", "ratings"), Says({"success": True}))
    facebook.unsubscribe(graph.account())
    assert (graph.asked[1].method, graph.asked[1].path) == ("DELETE", f"/v25.0/{PAGE}/subscribed_apps")


def test_unsubscribing_what_is_not_subscribed_asks_nothing_more(graph: ScriptedGraph) -> None:
    graph.says(Says({"data": [OTHER]}))
    facebook.unsubscribe(graph.account())
    assert len(graph.asked) == 1


# ---------------------------------------------------------------- health


def health_of(graph: ScriptedGraph, token: dict[str, Any], *, fields: tuple[str, ...] = facebook.fields) -> Any:
    graph.says(ME, Says({"data": token}), subscriptions(*fields))
    return facebook.health(graph.account())


def test_a_healthy_page(graph: ScriptedGraph) -> None:
    health = health_of(graph, WHOLE)
    assert (health.external_id, health.name) == (PAGE, "Boulangerie Zoé")
    assert (health.granted, health.missing) == (facebook.permissions, ())
    assert (health.subscribed, health.unsubscribed) == (facebook.fields, ())
    assert (health.expires_at, health.warnings) == (None, ())


@pytest.mark.behaviour(33)
def test_what_is_missing_is_named(graph: ScriptedGraph) -> None:
    ends = int((datetime.now(UTC) + timedelta(days=50)).timestamp())
    token = WHOLE | {"scopes": ["pages_messaging", 7], "expires_at": ends}
    health = health_of(graph, token, fields=("feed", "messages"))
    assert health.granted == ("pages_messaging",)
    assert set(health.missing) == set(facebook.permissions) - {"pages_messaging"}
    assert (health.subscribed, health.unsubscribed) == (("feed",), ("mention", "ratings"))
    assert health.expires_at == datetime.fromtimestamp(ends, UTC)


def test_a_token_of_another_page_is_said_and_its_subscriptions_left_alone(graph: ScriptedGraph) -> None:
    graph.says(Says({"id": "42", "name": "Chez Paul"}), Says({"data": WHOLE}))
    health = facebook.health(graph.account())
    assert (health.external_id, health.name) == ("42", "Chez Paul")
    assert health.unsubscribed == facebook.fields
    assert any("Chez Paul" in warning for warning in health.warnings)
    assert len(graph.asked) == 2


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ({"app_id": 123456}, "another app"),
        ({"data_access_expires_at": int(datetime.now(UTC).timestamp()) + 86400}, "Access to people's data"),
    ],
)
def test_what_an_admin_should_hear(graph: ScriptedGraph, token: dict[str, Any], word: str) -> None:
    (warning,) = health_of(graph, WHOLE | token).warnings
    assert word in warning


def test_an_invalid_token_is_disconnected(graph: ScriptedGraph) -> None:
    graph.says(ME, Says({"data": {"is_valid": False, "error": {"code": 190, "message": TOKEN}, "scopes": []}}))
    with pytest.raises(Disconnected) as caught:
        facebook.health(graph.account())
    assert caught.value.code == "190"
    assert TOKEN not in repr(caught.value)


@pytest.mark.parametrize("answer", [error(190, 460), error(100), error(200), Says({"data": []})])
def test_permissions_that_cannot_be_checked_are_not_called_missing(graph: ScriptedGraph, answer: Says) -> None:
    graph.says(ME, answer, subscriptions(*facebook.fields))
    health = facebook.health(graph.account())
    assert (health.granted, health.missing) == ((), ())
    assert len(health.warnings) == (0 if answer.status == 200 else 1)


def test_an_app_without_a_secret_is_a_warning(graph: ScriptedGraph) -> None:
    graph.says(ME, subscriptions(*facebook.fields))
    health = facebook.health(graph.account(secrets=()))
    assert "secret" in health.warnings[0]


def test_a_dead_token_is_disconnected_and_asked_about_no_further(graph: ScriptedGraph) -> None:
    graph.says(error(190, 463))
    with pytest.raises(Disconnected):
        facebook.health(graph.account())
    assert len(graph.asked) == 1


@pytest.mark.behaviour(40)
def test_the_version_is_part_of_health(graph: ScriptedGraph) -> None:
    answers = [ME, Says({"data": WHOLE}), subscriptions(*facebook.fields)]
    graph.says(*[Says(one.body, headers=(("facebook-api-version", "v26.0"),)) for one in answers])
    assert "v26.0" in facebook.health(graph.account()).warnings[0]


# ---------------------------------------------------------------- names


def test_a_profile(graph: ScriptedGraph) -> None:
    graph.says(Says({"id": "7", "name": "Zoé  Dupont\n", "profile_pic": "https://cdn.example/7.jpg"}))
    assert messenger.profile(graph.account(), "7") == Author("7", "Zoé Dupont", avatar_url="https://cdn.example/7.jpg")
    assert graph.asked[0].query["fields"] == "name,profile_pic"
    picture = {"picture": {"data": {"url": "https://cdn.example/8.jpg", "is_silhouette": True}}}
    graph.says(Says({"id": "8", "name": "李雷", **picture}))
    assert facebook.profile(graph.account(), "8") == Author("8", "李雷", avatar_url="https://cdn.example/8.jpg")


@pytest.mark.parametrize("odd", [{}, {"name": None, "picture": "x"}, {"profile_pic": "javascript:alert(1)"}])
def test_an_odd_profile(graph: ScriptedGraph, odd: dict[str, Any]) -> None:
    graph.says(Says(odd))
    assert facebook.profile(graph.account(), "7") == Author("7")


@pytest.mark.parametrize(("code", "subcode"), [(100, 2018218), (230, None), (9010, None), (100, 33)])
def test_a_profile_meta_does_not_tell_is_none(graph: ScriptedGraph, code: int, subcode: int | None) -> None:
    graph.says(error(code, subcode))
    assert messenger.profile(graph.account(), "7") is None


@pytest.mark.parametrize(("answer", "kind"), [(error(200), Forbidden), (error(2, status=500), Unavailable)])
def test_other_faults_of_a_profile_are_told(graph: ScriptedGraph, answer: Says, kind: type) -> None:
    graph.says(answer, answer, answer)
    with pytest.raises(kind):
        messenger.profile(graph.account(), "7")


def test_every_call_bears_the_proof(graph: ScriptedGraph) -> None:
    seen: list[Asked] = []

    def answer(asked: Asked) -> Says:
        seen.append(asked)
        return Says({"id": PAGE, "name": "x", "data": []})

    graph.always = answer
    account = graph.account()
    facebook.subscribe(account)
    facebook.profile(account, "7")
    assert len(seen) == 3
    assert all("appsecret_proof" in asked.query for asked in seen)
    assert TOKEN not in json.dumps([asked.target for asked in seen])
