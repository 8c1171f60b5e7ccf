"""Connecting a handle at X's own door, and what the admin sees of it."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors.models import ChannelAccount, PlatformApp
from inbox.views.settings import wording
from socialcare.models import AuditEntry
from tests import x
from tests.connectors.twitter.simulator_stand import APP, BRAND, OTHER, SECRET


@pytest.fixture
def app(acme, x_stand, settings, monkeypatch) -> PlatformApp:
    there = {"api_url": x_stand.url, "site_url": x_stand.url, "timeout": "2,2"}
    settings.PLATFORMS = {**settings.PLATFORMS, "twitter": {**settings.PLATFORMS["twitter"], **there}}
    settings.PUBLIC_URL = "http://127.0.0.1"
    monkeypatch.setattr(PlatformApp, "webhook_url", property(lambda self: x_stand.hook.url))
    given = {**APP, "app_id": "29820954", "app_secret": SECRET}
    return PlatformApp.objects.create(workspace=acme, platform="twitter", name="X", settings=given)


def go(browser, app: PlatformApp, owner: str, door: str = "") -> str:
    """Through the door and back, as the owner of a handle; the address of the last page."""
    left = browser.get(door or f"/w/acme/settings/accounts/door/{app.pk}/twitter/")
    came = requests.get(f"{left.headers['Location']}&as={owner}", allow_redirects=False, timeout=5)
    back = urlsplit(came.headers["location"])
    onward = browser.get(f"{back.path}?{back.query}")
    return browser.get(onward.headers["Location"]).headers["Location"]


def test_a_handle_is_connected_at_the_door(app, x_stand, carol, sign_in):
    browser = sign_in(carol)
    page = go(browser, app, BRAND)
    account = ChannelAccount.objects.get(channel="twitter")
    assert (account.external_id, account.name, account.state) == (BRAND, "Acme", "connected")
    assert set(account.credentials) == {"access_token", "refresh_token", "scope", "renew_at", "ends_at"}
    assert account.health["unsubscribed"] == []
    shown = browser.get(page).content.decode()
    assert "Reconnect at X" in shown
    assert account.credentials["access_token"] not in shown


@pytest.mark.parametrize(
    ("language", "by_itself", "no_end"),
    [("en", "renewed by itself before", "no end known"), ("fr", "renouvelé de lui-même avant", "pas de fin connue")],
)
def test_the_page_says_when_the_token_ends_and_that_it_is_renewed(app, carol, sign_in, language, by_itself, no_end):
    carol.user.language = language
    carol.user.save()
    browser = sign_in(carol)
    needed = browser.get(f"/w/acme/settings/accounts/add/{app.pk}/twitter/").content.decode()
    assert "<code>offline.access</code>" in needed
    page = go(browser, app, BRAND)
    account = ChannelAccount.objects.get(channel="twitter")
    end = int(account.credentials["ends_at"]) - time.time()
    assert timedelta(minutes=118) < timedelta(seconds=end) <= timedelta(hours=2)
    shown = browser.get(page).content.decode()
    assert by_itself in shown
    assert no_end not in shown
    assert "offline.access" in account.health["granted"]
    assert wording.standing(account).reasons == []
    account.credentials = {"access_token": "a", "access_token_secret": "b"}
    account.health = {**account.health, "expires_at": None, "renews": False}
    account.save()
    assert no_end in browser.get(page).content.decode()


def test_a_handle_is_reconnected_at_the_door_and_its_old_keys_are_forgotten(app, carol, sign_in):
    keys = {"access_token": "old", "access_token_secret": "older"}
    account = ChannelAccount.objects.create(
        app=app, channel="twitter", external_id=BRAND, name="Mine", credentials=keys, state="attention", attention="x"
    )
    go(sign_in(carol), app, BRAND)
    account.refresh_from_db()
    assert (account.state, account.name) == ("connected", "Mine")
    assert "access_token_secret" not in account.credentials


@pytest.fixture
def mine(app) -> ChannelAccount:
    keys = {"access_token": "old", "access_token_secret": "older"}
    return ChannelAccount.objects.create(
        app=app, channel="twitter", external_id=BRAND, name="Mine", credentials=keys, state="attention", attention="x"
    )


def button(browser, account: ChannelAccount) -> str:
    """Where "Reconnect at X" on the account's page leads."""
    shown = browser.get(f"/w/acme/settings/accounts/{account.pk}/").content.decode()
    return re.search(r'href="([^"]*/door/[^"]*)"', shown).group(1)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["You let in “", f"({OTHER})", f"not “Mine” ({BRAND})", "Nothing was changed", "Switch to “Mine” at X"]),
        ("fr", ["Vous avez autorisé", f"({OTHER})", f"({BRAND})", "Rien n’a été modifié"]),
    ],
)
def test_another_handle_than_the_one_to_reconnect_is_refused(app, mine, carol, sign_in, language, words):
    carol.user.language = language
    carol.user.save()
    browser, before = sign_in(carol), ChannelAccount.objects.filter(pk=mine.pk).values().get()
    page = go(browser, app, OTHER, button(browser, mine))
    assert page == f"/w/acme/settings/accounts/{mine.pk}/"
    shown = browser.get(page).content.decode()
    assert [word for word in words if word not in shown] == []
    assert ChannelAccount.objects.filter(channel="twitter").values().get() == before
    assert not AuditEntry.objects.exists()


def test_the_handle_to_reconnect_is_reconnected(app, mine, carol, sign_in):
    browser = sign_in(carol)
    assert go(browser, app, BRAND, button(browser, mine)) == f"/w/acme/settings/accounts/{mine.pk}/"
    mine.refresh_from_db()
    assert (mine.state, mine.name) == ("connected", "Mine")


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            [
                "changed “Mine” (X)",
                "Ceiling a month, in dollars: – → 150",
                "Words to search for: – → acme",
                "Refresh token: replaced",
            ],
        ),
        ("fr", ["a modifié « Mine » (X)", "Plafond par mois, en dollars", "Jeton de renouvellement : remplacé"]),
    ],
)
def test_the_history_names_the_channel_and_what_changed_as_the_form_does(app, mine, carol, sign_in, language, lines):
    carol.user.language = language
    carol.user.save()
    browser = sign_in(carol)
    given = {"name": "Mine", "monthly_limit": "150", "keywords": "acme"}
    assert browser.post(f"/w/acme/settings/accounts/{mine.pk}/edit/", given).status_code == 302
    go(browser, app, BRAND, button(browser, mine))
    page = browser.get("/w/acme/settings/history/").content.decode().replace("\xa0", " ")
    assert [line for line in lines if line not in page] == []
    assert [raw for raw in ("monthly_limit", "renew_at", "ends_at", "scope", "refresh_token") if raw in page] == []


def test_a_refusal_at_x_leads_back_to_the_account_that_was_to_be_reconnected(app, mine, carol, sign_in):
    browser = sign_in(carol)
    page = go(browser, app, "", button(browser, mine))
    assert page == f"/w/acme/settings/accounts/{mine.pk}/"
    assert "not let in" in browser.get(page).content.decode()


def test_only_an_account_of_that_app_can_be_reconnected_through_its_door(app, facebook, carol, sign_in):
    browser, door = sign_in(carol), f"/w/acme/settings/accounts/door/{app.pk}/twitter/"
    for wrong in (facebook.pk, 987654321, "9" * 30, "one"):
        assert browser.get(f"{door}?account={wrong}").status_code == 404


def test_nobody_let_in_changes_nothing(app, carol, sign_in):
    browser = sign_in(carol)
    page = go(browser, app, "")
    assert "not let in" in browser.get(page).content.decode()
    assert not ChannelAccount.objects.filter(channel="twitter").exists()


def test_a_state_counts_once_and_only_in_its_session(app, carol, bob, sign_in):
    browser = sign_in(carol)
    left = browser.get(f"/w/acme/settings/accounts/door/{app.pk}/twitter/").headers["Location"]
    state = parse_qs(urlsplit(left).query)["state"][0]
    assert sign_in(carol).get(f"/connect/twitter/back/?state={state}&code=x").status_code == 404
    assert browser.get("/connect/twitter/back/?state=made-up&code=x").status_code == 404
    answer = browser.get(f"/w/acme/settings/accounts/door/twitter/back/?state={state}&code=spoilt")
    assert answer.status_code == 302
    assert browser.get(f"/w/acme/settings/accounts/door/twitter/back/?state={state}&code=x").status_code == 404
    assert sign_in(bob).get(f"/w/acme/settings/accounts/door/{app.pk}/twitter/").status_code == 403


def test_the_forms_ask_for_what_x_needs_and_keep_options_of_words(app, x_stand, carol, sign_in):
    browser = sign_in(carol)
    page = browser.get(f"/w/acme/settings/accounts/add/{app.pk}/twitter/").content.decode()
    assert "/connect/twitter/back/" in page
    assert "What X tells by webhook becomes a ticket and is charged all the same." in page
    assert "Add an app on X" in browser.get("/w/acme/settings/apps/").content.decode()
    carol.user.language = "fr"
    carol.user.save()
    assert (
        "devient tout de même un ticket et reste facturé"
        in browser.get(f"/w/acme/settings/accounts/add/{app.pk}/twitter/").content.decode()
    )
    given = {"external_id": OTHER, "name": "", "access_token": f"{OTHER}-abc", "access_token_secret": "token secret"}
    wrong = browser.post(f"/w/acme/settings/accounts/add/{app.pk}/twitter/", {**given, "monthly_limit": "lots"})
    assert wrong.status_code == 422
    options = {"monthly_limit": "155.50", "keywords": "acme shoes, acme", "enterprise": "on"}
    right = browser.post(f"/w/acme/settings/accounts/add/{app.pk}/twitter/", {**given, **options})
    assert right.status_code == 302, re.findall(r'class="errorlist"[^>]*>(.*?)</ul>', right.content.decode())
    account = ChannelAccount.objects.get(channel="twitter")
    kept = {"monthly_limit": "155.50", "keywords": "acme shoes, acme", "enterprise": True, "automatic_apps": ""}
    assert account.options == kept
    assert account.external_id != x.BRAND
