"""How the fake X lets apps in: the authorize page, PKCE, one-time refresh tokens, ends."""

from __future__ import annotations

import base64
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
import tweepy
from requests_oauthlib import OAuth2Session

from connectors.simulator.asgi import Request
from connectors.simulator.plan import ConnectedPage
from connectors.twitter.simulator import tokens
from connectors.twitter.simulator.world import World
from tests.connectors.twitter.simulator_stand import BRAND, SECRET, connected

VERIFIER = "a-verifier-that-is-long-enough-to-be-taken-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
RETURN = "http://localhost:9999/settings/x/back"
QUERY = {
    "response_type": "code",
    "client_id": "client-of-acme",
    "redirect_uri": RETURN,
    "scope": "tweet.read users.read offline.access",
    "state": "s&t",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def authorize(x_stand, user=None, **more):
    query = {name: value for name, value in (QUERY | more).items() if value is not None}
    query |= {} if user is None else {"as": user}
    return requests.get(f"{x_stand.url}/x/i/oauth2/authorize?{urlencode(query)}", timeout=5, allow_redirects=False)


def code_of(answer):
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{RETURN}?")
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["s&t"]
    return query["code"][0]


def redeem(x_stand, code, **more):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": RETURN, "code_verifier": VERIFIER}
    return x_stand.token(**(form | more))


def works(x_stand, access):
    return x_stand.call("GET", "users/me", access).status_code == 200


def test_an_owner_lets_an_app_in_by_the_links_of_the_page(x_stand):
    page = authorize(x_stand)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    links = re.findall(r'href="(\?[^"]+)"', page.text)
    link = next(one for one in links if f"as={BRAND}" in one).replace("&amp;", "&")
    address = f"{x_stand.url}/x/i/oauth2/authorize{link}"
    found = redeem(x_stand, code_of(requests.get(address, timeout=5, allow_redirects=False))).json()
    assert found["expires_in"] == 7200
    assert found["scope"] == "offline.access tweet.read users.read"
    assert works(x_stand, found["access_token"])
    with pytest.raises(tweepy.Forbidden):
        x_stand.client(found["access_token"]).create_tweet(text="no scope for that", user_auth=False)


def test_an_owner_says_no(x_stand):
    assert "error=access_denied" in authorize(x_stand, "").headers["location"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "unknown"},
        {"client_id": None},
        {"state": None},
        {"redirect_uri": "https://evil.example/"},
        {"scope": "everything"},
        {"code_challenge": None},
        {"response_type": "token"},
    ],
)
def test_requests_it_does_not_understand_go_nowhere(x_stand, wrong):
    assert authorize(x_stand, BRAND, **wrong).status_code == 400


def test_a_code_works_once_for_its_own_verifier_and_address(x_stand, monkeypatch):
    for wrong in ({"code_verifier": "another"}, {"redirect_uri": "http://localhost/"}):
        assert redeem(x_stand, code_of(authorize(x_stand, BRAND)), **wrong).status_code == 400
    code = code_of(authorize(x_stand, BRAND))
    assert redeem(x_stand, code).status_code == 200
    assert redeem(x_stand, code).json()["error"] == "invalid_request"
    monkeypatch.setattr(tokens, "CODE_SECONDS", 0.0)
    assert redeem(x_stand, code_of(authorize(x_stand, BRAND))).status_code == 400


def test_tweepys_own_way_through_oauth_2(x_stand, monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    session = OAuth2Session("client-of-acme", redirect_uri=RETURN, scope=["tweet.read", "users.read"], pkce="S256")
    url, _ = session.authorization_url(f"{x_stand.url}/x/i/oauth2/authorize")
    answer = requests.get(f"{url}&as={BRAND}", timeout=5, allow_redirects=False)
    found = session.fetch_token(
        f"{x_stand.url}/x/2/oauth2/token",
        authorization_response=answer.headers["location"],
        auth=("client-of-acme", "client secret"),
    )
    assert works(x_stand, found["access_token"])
    assert "refresh_token" not in found


def test_a_refresh_token_works_once_and_using_it_again_ends_everything(x_stand):
    first = x_stand.token(grant_type="refresh_token", refresh_token="refresh of acme").json()
    assert works(x_stand, first["access_token"])
    second = x_stand.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert works(x_stand, second["access_token"])
    again = x_stand.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert again.status_code == 400
    assert again.json() == {
        "error": "invalid_request", "error_description": "Value passed for the token was invalid.",
    }  # fmt: skip
    assert not works(x_stand, second["access_token"])
    assert x_stand.token(grant_type="refresh_token", refresh_token=second["refresh_token"]).status_code == 400
    assert [one["ok"] for one in x_stand.state()["refreshes"]] == [True, True, False, False]


def test_of_ten_who_refresh_at_once_one_gets_it(x_stand):
    def refresh(_):
        return x_stand.token(grant_type="refresh_token", refresh_token="refresh of acme").status_code

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(refresh, range(10))) == [200] + [400] * 9


def test_an_access_token_ends_after_its_time_and_is_refreshed(x_stand):
    x_stand.adjust(tokens="expire")
    assert not works(x_stand, "oauth2 of acme")
    x_stand.control("look")
    assert not works(x_stand, "oauth2 of acme")
    found = x_stand.token(grant_type="refresh_token", refresh_token="refresh of acme").json()
    assert works(x_stand, found["access_token"])


def test_a_refresh_may_be_done_and_its_answer_lost(x_stand):
    x_stand.fault("lost_answer", on="token", seconds=0.1)
    with pytest.raises(requests.RequestException):
        x_stand.token(grant_type="refresh_token", refresh_token="refresh of acme")
    assert [one["ok"] for one in x_stand.state()["refreshes"]] == [True]
    assert x_stand.token(grant_type="refresh_token", refresh_token="refresh of acme").status_code == 400


def test_who_asks_for_tokens_must_be_the_app(x_stand):
    form = {"grant_type": "refresh_token", "refresh_token": "refresh of acme"}
    url = f"{x_stand.url}/2/oauth2/token"
    assert requests.post(url, data=form, auth=("client-of-acme", "wrong"), timeout=5).status_code == 401
    assert requests.post(url, data=form | {"client_id": "client-of-acme"}, timeout=5).status_code == 401
    assert x_stand.token(grant_type="password").status_code == 400
    bearer = requests.post(
        f"{x_stand.url}/oauth2/token", data={"grant_type": "client_credentials"}, auth=("ck", SECRET), timeout=5
    )
    assert bearer.json() == {"token_type": "bearer", "access_token": "AAAAbearer"}


def test_revoking_ends_the_tokens_and_is_told(x_stand):
    form = {"token": "oauth2 of acme", "token_type_hint": "access_token"}
    answer = requests.post(
        f"{x_stand.url}/2/oauth2/revoke", data=form, auth=("client-of-acme", "client secret"), timeout=5
    )
    assert answer.json() == {"revoked": True}
    assert not works(x_stand, "oauth2 of acme")
    told = x_stand.hook.wait("oauth.revoke")
    assert told["filter"] == {}
    assert (told["payload"]["user_id"], told["payload"]["app_id"]) == (BRAND, "29820954")


def test_an_owner_revokes_on_x_itself(x_stand):
    x_stand.adjust(tokens="revoke")
    assert x_stand.hook.wait("oauth.revoke")["payload"]["user_id"] == BRAND
    assert not works(x_stand, "oauth2 of acme")
    x_stand.control("look")
    assert not works(x_stand, "oauth2 of acme")
    fresh = x_stand.adjust(tokens="new")
    assert works(x_stand, fresh["access_token"])
    older = x_stand.adjust(tokens="new1")
    assert older.keys() == {"access_token", "access_token_secret"}


def test_tokens_without_a_refresh_token_are_learnt_beside_others():
    """An app that was let in without offline.access must not hide an account that has only an access token."""
    world = World()
    for id, name in ((BRAND, "Acme"), ("1500000000000000019", "Bare")):
        world.brand(id, name)
    known = tokens.Tokens(world)
    app = connected("http://127.0.0.1:9/")
    known.learn([app])
    known.lend("key", BRAND, frozenset({"tweet.read"}))
    bare = ConnectedPage("1500000000000000019", "Bare", "bare", frozenset({"twitter"}), {"access_token": "bare"})
    known.learn([replace(app, pages=(*app.pages, bare))])
    caller = known.caller(Request("GET", "/2/users/me", headers={"authorization": "Bearer bare"}))
    assert caller.user is world.users[bare.external_id]
