"""Adding, changing, pausing and removing developer apps."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from django.db import connection
from django.utils import timezone

from connectors import gateway
from connectors.contract import BadSignature, Webhook
from connectors.models import ChannelAccount, PlatformApp
from tests.connectors.meta.scripted_graph import APP, SECRET
from tests.inbox.settings_support import NEW_SECRET, House, make_house, text

pytestmark = pytest.mark.django_db
FORM = {"name": "Our app", "app_id": APP, "app_secret": SECRET}


@pytest.fixture
def house() -> House:
    return make_house("acme")


def only_app() -> PlatformApp:
    return PlatformApp.objects.everywhere().get()


def accepts(app: PlatformApp, secret: str) -> bool:
    """Whether a webhook signed with that secret is taken for real."""
    body = b'{"object":"page","entry":[]}'
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    try:
        gateway.verify("meta", app.as_app(), Webhook(body, {"x-hub-signature-256": signature}))
    except BadSignature:
        return False
    return True


def test_an_app_is_added_and_its_address_and_token_are_there_to_copy(house: House, settings) -> None:
    settings.PUBLIC_URL = "https://care.acme.example"
    shown = house.post("apps/add/meta/", {**FORM, "app_secret": f"  {SECRET}\n"})
    app = only_app()
    assert (app.workspace_id, app.name, app.settings["app_id"]) == (house.workspace.pk, "Our app", APP)
    assert app.settings["app_secret"] == SECRET
    assert f'value="https://care.acme.example/hooks/meta/{app.key}/" readonly' in shown
    assert f'value="{app.verify_token}" readonly' in shown
    assert SECRET not in shown
    assert "Set on" in shown
    assert house.audit() == [("app.added", "Our app", {"platform": "meta"})]


def test_the_secret_is_encrypted_where_it_is_kept(house: House) -> None:
    house.post("apps/add/meta/", FORM)
    with connection.cursor() as cursor:
        cursor.execute("SELECT settings FROM connectors_platformapp")
        assert SECRET.encode() not in bytes(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("field", "wrong", "says"),
    [
        ("name", "", "“Name” is empty"),
        ("app_id", "", "“App ID” is empty"),
        ("app_id", "my app", "This does not look like “App ID”"),
        ("app_secret", "", "“App secret” is empty"),
        ("app_secret", "too short", "This does not look like “App secret”"),
        ("app_secret", "z" * 32, "This does not look like “App secret”"),
    ],
)
def test_nonsense_is_refused_on_its_field_and_no_secret_comes_back(
    house: House, field: str, wrong: str, says: str
) -> None:
    shown = house.post("apps/add/meta/", {**FORM, field: wrong}, refused=True)
    assert says in text(shown.partition(f'id="id_{field}_error"')[2].partition("</ul>")[0])
    assert SECRET not in shown
    assert not wrong or field != "app_secret" or wrong not in shown
    assert not PlatformApp.objects.everywhere().exists()


def test_empty_secrets_stay_as_they_are(house: House) -> None:
    app = house.app()
    house.post(f"apps/{app.pk}/", {"name": "Renamed", "app_id": "900800700600599", "app_secret": ""})
    after = only_app()
    assert (after.name, after.settings["app_id"]) == ("Renamed", "900800700600599")
    assert after.settings["app_secret"] == SECRET
    changes = {"name": ["Our app", "Renamed"], "app_id": [APP, "900800700600599"]}
    assert house.audit() == [("app.changed", "Renamed", changes)]


def test_while_a_secret_is_rotated_both_are_valid_until_the_old_one_is_forgotten(house: House) -> None:
    app = house.app()
    page = f"apps/{app.pk}/"
    house.post(page, {**FORM, "app_secret": NEW_SECRET, "keep_old": "on"})
    assert accepts(only_app(), SECRET)
    assert accepts(only_app(), NEW_SECRET)
    assert 'name="forget_old"' in house.get(page)
    house.post(page, {**FORM, "app_secret": "", "keep_old": "on", "forget_old": "on"})
    assert not accepts(only_app(), SECRET)
    assert accepts(only_app(), NEW_SECRET)
    assert 'name="forget_old"' not in house.get(page)
    assert [data.get("before") for *_, data in house.audit()] == ["kept", "forgotten"]
    assert SECRET not in str(house.audit())
    assert NEW_SECRET not in str(house.audit())


def test_a_new_secret_can_end_the_old_one_at_once(house: House) -> None:
    app = house.app()
    house.post(f"apps/{app.pk}/", {**FORM, "app_secret": NEW_SECRET})
    assert not accepts(only_app(), SECRET)
    assert accepts(only_app(), NEW_SECRET)


def test_what_was_refused_is_counted_on_the_page(house: House) -> None:
    app = house.app(refused=7, last_refused_at=timezone.now())
    shown = text(house.get(f"apps/{app.pk}/"))
    assert "Refused for a wrong signature 7 · last" in shown
    assert "Address asked and answered never" in shown


def test_pausing_and_resuming(house: House) -> None:
    app = house.app()
    house.account(app)
    assert "its webhooks are kept and wait" in text(house.post(f"apps/{app.pk}/pause/"))
    assert only_app().paused_at is not None
    assert "Its Meta app is paused: webhooks are kept and wait." in text(house.get())
    house.post(f"apps/{app.pk}/resume/")
    assert only_app().paused_at is None
    assert [verb for verb, *_ in house.audit()] == ["app.paused", "app.resumed"]


def test_an_app_in_use_is_not_removed(house: House) -> None:
    app = house.app()
    house.account(app, name="The bakery")
    shown = text(house.post(f"apps/{app.pk}/remove/"))
    assert "“Our app” is still used by The bakery. Remove that account first." in shown
    assert accepts(only_app(), SECRET)


def test_a_removed_app_is_gone_and_its_webhooks_are_refused(house: House) -> None:
    app = house.app()
    house.account(app, state=ChannelAccount.State.REMOVED)
    assert "its webhooks are refused" in text(house.get(f"apps/{app.pk}/remove/"))
    shown = text(house.post(f"apps/{app.pk}/remove/"))
    assert "“Our app” is removed and its secrets are erased." in shown
    assert "No app is there yet." in shown
    assert not accepts(only_app(), SECRET)
    assert only_app().settings == {}
    house.get(f"apps/{app.pk}/", status=404)


def test_the_installations_app_can_be_seen_and_not_changed(house: House) -> None:
    app = house.app(workspace=None, name="Everybody’s app", refused=3)
    shown = house.get(f"apps/{app.pk}/")
    assert "This app belongs to the installation" in shown
    assert app.verify_token not in shown
    assert app.key not in shown
    assert APP not in shown
    browser = house.browser()
    for path in ("", "pause/", "resume/", "remove/"):
        assert browser.post(house.url(f"apps/{app.pk}/{path}"), FORM).status_code == 404
    assert only_app().settings["app_secret"] == SECRET
    assert "of the installation" in house.get("apps/")


def test_a_platform_that_does_not_exist_has_no_form(house: House) -> None:
    house.get("apps/add/friendster/", status=404)
