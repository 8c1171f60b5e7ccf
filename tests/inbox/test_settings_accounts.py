"""Connecting, testing, changing and removing pages, against a Graph on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from connectors.meta import graph as client
from connectors.meta.facebook import facebook
from connectors.meta.messenger import messenger
from connectors.models import ChannelAccount, Exchange
from inbox.actions import accounts as actions
from inbox.models import Outgoing
from socialcare.tenancy import workspace
from tests.connectors.meta.scripted_graph import APP, PAGE, TOKEN, Asked, Says, ScriptedGraph, error, running_graph
from tests.inbox.settings_support import FakePage, House, announced, fields_of, make_house, queued, text

pytestmark = pytest.mark.django_db
State = ChannelAccount.State
NEW_TOKEN = "EAAGanotherPAGEtoken9876543210"
FORM = {"external_id": PAGE, "name": "", "access_token": TOKEN}


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch, settings) -> Iterator[ScriptedGraph]:
    monkeypatch.setattr(client, "WAITS", (0.01, 0.02))
    with running_graph() as running:
        settings.PLATFORMS = {"meta": {"graph_url": running.url, "graph_version": "v25.0", "timeout": "1,0.5"}}
        yield running


@pytest.fixture
def page(graph: ScriptedGraph) -> FakePage:
    return FakePage().on(graph)


@pytest.fixture
def house() -> House:
    return make_house("acme")


def add(house: House, channel: str = "facebook") -> str:
    return f"accounts/add/{house.app().pk}/{channel}/"


# ---------------------------------------------------------------- connecting


def test_a_page_is_tested_subscribed_and_stored(
    house: House, page: FakePage, django_capture_on_commit_callbacks
) -> None:
    with announced(house, django_capture_on_commit_callbacks) as told:
        shown = text(house.post(add(house), FORM))
    (account,) = house.accounts()
    assert (account.name, account.state, account.external_id) == ("Boulangerie Zoé", State.CONNECTED, PAGE)
    assert account.credentials == {"access_token": TOKEN}
    assert sorted(page.subscribed) == sorted(fields_of(facebook))
    assert account.health["granted"] == list(facebook.permissions)
    assert account.health["subscribed"] == fields_of(facebook)
    assert account.health["unsubscribed"] == account.health["missing"] == []
    assert "“Boulangerie Zoé” is connected." in shown
    assert "Healthy" in shown
    assert house.audit() == [("account.connected", "Boulangerie Zoé", {"channel": "facebook", "page": PAGE})]
    assert ("", "account", {"id": account.pk, "state": "connected", "attention": ""}) in told


def test_the_calls_of_the_test_are_kept_without_the_token(house: House, page: FakePage) -> None:
    house.post(add(house), FORM)
    with workspace(house.workspace.pk):
        calls = list(Exchange.objects.all())
    assert {call.path for call in calls} == {"/v25.0/me", "/v25.0/debug_token", f"/v25.0/{PAGE}/subscribed_apps"}
    assert all(call.status == 200 for call in calls)
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM connectors_channelaccount")
        assert TOKEN.encode() not in bytes(cursor.fetchone()[0])


REFUSALS = [
    (FakePage(id="42", name="Chez Paul"), "This token belongs to “Chez Paul” (42)."),
    (
        FakePage(scopes=("pages_read_engagement", "pages_manage_metadata")),
        "This token lacks permissions: pages_read_user_content, pages_manage_engagement",
    ),
    (FakePage(fault=error(190, 463), fault_at="/me"), "Meta does not accept this token (190/463)."),
    (FakePage(token={"is_valid": False}), "Meta does not accept this token"),
    (FakePage(fault=error(200), fault_at="/subscribed_apps"), "Meta says a permission is missing (200)."),
    (FakePage(fault=error(2, status=503), fault_at="/me"), "Meta does not answer at the moment."),
    (FakePage(fault=Says(then="hang"), fault_at="/me"), "Meta does not answer at the moment."),
    (FakePage(fault=Says(b"<html>", 502, type="text/html"), fault_at="/me"), "Meta does not answer at the moment."),
    (FakePage(fault=error(4, status=400), fault_at="/me"), "Meta asks us to wait until"),
    (FakePage(fault=error(100, 33), fault_at="/me"), "Meta refused (100/33)."),
]


@pytest.mark.parametrize(("page", "sentence"), REFUSALS)
def test_what_is_wrong_with_the_token_is_said_and_nothing_is_stored(
    house: House, graph: ScriptedGraph, page: FakePage, sentence: str
) -> None:
    page.on(graph)
    shown = text(house.post(add(house), {**FORM, "name": "Ours"}, refused=True))
    assert sentence in shown
    assert house.accounts() == []
    assert house.audit() == []
    assert page.subscribed == []


def test_a_missing_permission_is_named_on_the_tokens_field(house: House, graph: ScriptedGraph) -> None:
    FakePage(scopes=()).on(graph)
    shown = house.post(add(house), FORM, refused=True)
    complaint = shown.partition('id="id_access_token_error"')[2].partition("</ul>")[0]
    assert all(permission in complaint for permission in facebook.permissions)
    assert 'aria-invalid="true"' in shown


@pytest.mark.parametrize("wrong", ["my-page", "12", "https://facebook.com/boulangerie", "1" * 40, "", "１２３４５６"])
def test_an_id_of_another_shape_is_refused_before_any_call(house: House, graph: ScriptedGraph, wrong: str) -> None:
    shown = house.post(add(house), {**FORM, "external_id": wrong}, refused=True)
    assert "Page ID" in shown.partition('id="id_external_id_error"')[2].partition("</ul>")[0]
    assert graph.asked == []


def test_a_page_that_is_connected_already_is_named(house: House, graph: ScriptedGraph) -> None:
    path = add(house)
    house.account(house.app(), name="The bakery")
    shown = text(house.post(path, FORM, refused=True))
    assert "This account is connected already, as “The bakery”." in shown
    assert graph.asked == []


def test_a_page_of_another_workspace_is_refused_without_a_word_of_whose(house: House, page: FakePage) -> None:
    globex = make_house("globex")
    globex.account(globex.app(), name="Secret project")
    shown = text(house.post(add(house), FORM, refused=True))
    assert "connected in another workspace" in shown
    assert "Secret project" not in shown
    assert "lobex" not in shown
    assert page.subscribed == []
    assert house.accounts() == []


@pytest.mark.parametrize("stranger", [FakePage(id="42"), FakePage(fault=error(190, 463)), FakePage(scopes=())])
def test_without_the_pages_token_nobody_learns_that_others_have_it(
    house: House, graph: ScriptedGraph, stranger: FakePage
) -> None:
    stranger.on(graph)
    path = add(house)
    alone = text(house.post(path, FORM, refused=True))
    globex = make_house("globex")
    globex.account(globex.app())
    assert text(house.post(path, FORM, refused=True)) == alone
    assert "another workspace" not in alone


def test_a_page_with_an_endless_name_is_connected(house: House, page: FakePage) -> None:
    page.name = "Zoé " * 100
    house.post(add(house), FORM)
    assert house.accounts()[0].name == page.name[:200]


def test_the_same_page_may_be_connected_for_messenger_too(house: House, page: FakePage) -> None:
    page.scopes = (*facebook.permissions, *messenger.permissions)
    app = house.app()
    first = house.account(app)
    shown = house.get(f"accounts/{first.pk}/")
    offered = f"accounts/add/{app.pk}/messenger/?id={PAGE}"
    assert offered in shown
    assert f'value="{PAGE}"' in house.get(offered)
    house.post(f"accounts/add/{app.pk}/messenger/", {**FORM, "human_agent": "on"})
    assert [(item.channel, item.options) for item in house.accounts()] == [
        ("facebook", {}),
        ("messenger", {"human_agent": True, "automatic_apps": ""}),
    ]
    assert "Connect Messenger of the same page" not in text(house.get(f"accounts/{first.pk}/"))


def test_a_removed_page_comes_back_with_its_tickets(house: House, page: FakePage) -> None:
    before = house.account(house.app(), state=State.REMOVED)
    house.post(add(house), FORM)
    (account,) = house.accounts()
    assert account.pk == before.pk
    assert (account.state, account.credentials) == (State.CONNECTED, {"access_token": TOKEN})


def test_a_page_connected_meanwhile_by_somebody_else_is_not_stored_twice(house: House, graph: ScriptedGraph) -> None:
    globex = make_house("globex")
    page = FakePage()
    app = globex.app()

    def race(asked: Asked) -> Says:
        if asked.method == "POST" and asked.path.endswith("/subscribed_apps"):
            races.append(1)
        return page.answer(asked)

    races: list[int] = []
    graph.always = race
    path = add(house)
    real = actions.gateway.subscribe

    def subscribe(account: ChannelAccount) -> None:
        real(account)
        globex.account(app)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions.gateway, "subscribe", subscribe)
        shown = text(house.post(path, FORM, refused=True))
    assert races == [1]
    assert "connected in another workspace" in shown
    assert house.accounts() == []


# ---------------------------------------------------------------- testing


def test_a_test_shows_what_is_missing_and_a_repair_mends_it(house: House, page: FakePage) -> None:
    account = house.account(house.app())
    page.subscribed, page.scopes = ["feed"], facebook.permissions[:1]
    page.token = {"expires_at": int((datetime.now(UTC) + timedelta(days=3)).timestamp())}
    shown = text(house.post(f"accounts/{account.pk}/test/"))
    assert "Works in part" in shown
    assert "Some events do not reach us: mention, ratings." in shown
    assert f"Permissions are missing: {', '.join(facebook.permissions[1:])}." in shown
    assert "The token ends on" in shown
    page.scopes = facebook.permissions
    shown = text(house.post(f"accounts/{account.pk}/subscribe/"))
    assert "Subscribed: all events reach us." in shown
    assert "Some events do not reach us" not in shown
    assert ("account.subscribed", "Boulangerie Zoé", {"channel": "facebook"}) in house.audit()


def test_a_dead_token_needs_attention_and_the_browsers_hear_of_it(
    house: House, graph: ScriptedGraph, django_capture_on_commit_callbacks
) -> None:
    account = house.account(house.app())
    FakePage(fault=error(190, 460), fault_at="/me").on(graph)
    with announced(house, django_capture_on_commit_callbacks) as told:
        shown = text(house.post(f"accounts/{account.pk}/test/"))
    assert "Needs attention" in shown
    assert "Meta no longer accepts the token (190/460). Replies wait." in shown
    assert ("", "account", {"id": account.pk, "state": "attention", "attention": "disconnected:190/460"}) in told
    assert "190/460" in text(house.get())


def test_a_passing_fault_is_shown_and_changes_no_state(house: House, graph: ScriptedGraph) -> None:
    account = house.account(house.app())
    FakePage(fault=error(2, status=500), fault_at="/me").on(graph)
    shown = text(house.post(f"accounts/{account.pk}/test/"))
    assert "Meta does not answer at the moment." in shown
    after = house.reload(account)
    assert (after.state, after.attention) == (State.CONNECTED, "")
    assert after.health["failure"]["code"] == "2"
    assert after.checked_at is not None


@pytest.mark.parametrize(
    ("language", "failed", "title"),
    [
        ("en", "The last test failed: Unavailable, code 2", "What the last test found"),
        ("fr", "Le dernier test a échoué", "Ce que le dernier test a trouvé"),
    ],
)
def test_a_failed_test_shows_no_marks_of_the_one_before(
    house: House, graph: ScriptedGraph, language: str, failed: str, title: str
) -> None:
    house.admin.language = language
    house.admin.save()
    account, page = house.account(house.app()), FakePage(subscribed=["feed"], scopes=facebook.permissions[:1])
    page.on(graph)
    shown = house.post(f"accounts/{account.pk}/test/").partition(title)[2].partition("</section>")[0]
    assert f"<code>{facebook.permissions[0]}</code>" in shown
    page.fault, page.fault_at = error(2, status=500), "/me"
    shown = house.post(f"accounts/{account.pk}/test/")
    found = shown.partition(title)[2].partition("</section>")[0]
    assert text(found).strip().startswith(failed)
    assert 'class="marks"' not in found
    assert facebook.permissions[0] not in found
    reasons = shown.partition('<ul class="banner reasons')[2].partition("</li>")[0]
    assert "(2)" in reasons


def test_a_token_that_works_again_heals_the_account(house: House, page: FakePage) -> None:
    account = house.account(house.app(), state=State.ATTENTION, attention="disconnected:190")
    house.post(f"accounts/{account.pk}/test/")
    assert (house.reload(account).state, house.reload(account).attention) == (State.CONNECTED, "")


@pytest.mark.django_db(transaction=True)
def test_a_test_that_ran_with_the_old_token_does_not_undo_a_reconnect(house: House, graph: ScriptedGraph) -> None:
    account = house.account(house.app())

    def reconnected_meanwhile(asked: Asked) -> Says:
        try:
            ChannelAccount.objects.everywhere().filter(pk=account.pk).update(connected_at=timezone.now())
        finally:
            connections.close_all()
        return error(190, 460)

    graph.always = reconnected_meanwhile
    shown = text(house.post(f"accounts/{account.pk}/test/"))
    assert "Meta does not accept this token (190/460)." in shown
    after = house.reload(account)
    assert (after.state, after.attention, after.checked_at) == (State.CONNECTED, "", None)


# ---------------------------------------------------------------- changing


def test_a_new_token_reconnects_and_what_waited_leaves(house: House, page: FakePage) -> None:
    account = house.account(house.app(), state=State.ATTENTION, attention="disconnected:190/460")
    line = queued(house, account)
    before = timezone.now()
    shown = text(house.post(f"accounts/{account.pk}/edit/", {"name": "Bakery", "access_token": NEW_TOKEN}))
    after = house.reload(account)
    assert (after.state, after.attention, after.name) == (State.CONNECTED, "", "Bakery")
    assert after.credentials == {"access_token": NEW_TOKEN}
    assert after.connected_at >= before
    assert sorted(page.subscribed) == sorted(fields_of(facebook))
    assert "Healthy" in shown
    with workspace(house.workspace.pk):
        assert Outgoing.objects.get(pk=line.pk).ready_at <= timezone.now()
    change = {"channel": "facebook", "name": ["Boulangerie Zoé", "Bakery"], "access_token": "changed"}
    assert house.audit() == [("account.changed", "Bakery", change)]


def test_a_bad_new_token_changes_nothing(house: House, graph: ScriptedGraph) -> None:
    account = house.account(house.app(), state=State.ATTENTION, attention="disconnected:190")
    FakePage(id="42", name="Chez Paul").on(graph)
    shown = text(house.post(f"accounts/{account.pk}/edit/", {"name": "X", "access_token": NEW_TOKEN}, refused=True))
    assert "This token belongs to “Chez Paul” (42)." in shown
    after = house.reload(account)
    assert (after.name, after.state) == ("Boulangerie Zoé", State.ATTENTION)
    assert after.credentials == {"access_token": TOKEN}


def test_renaming_makes_no_call_and_keeps_the_token(house: House, graph: ScriptedGraph) -> None:
    account = house.account(house.app(), channel="messenger", options={"human_agent": True})
    assert 'name="human_agent"' in house.get(f"accounts/{account.pk}/edit/")
    house.post(f"accounts/{account.pk}/edit/", {"name": "Zoé", "access_token": ""})
    after = house.reload(account)
    kept = {"human_agent": False, "automatic_apps": ""}
    assert (after.name, after.options, after.credentials) == ("Zoé", kept, {"access_token": TOKEN})
    assert graph.asked == []


def test_an_empty_name_is_refused_with_the_fields_name(house: House) -> None:
    account = house.account(house.app())
    shown = house.post(f"accounts/{account.pk}/edit/", {"name": ""}, refused=True)
    assert "“Name” is empty: please fill it in." in shown


# ---------------------------------------------------------------- where there is nothing yet


def test_a_workspace_without_channels_is_led_through_the_first_steps(house: House) -> None:
    shown = text(house.get())
    assert "1. Make a Meta app" in shown
    assert "2. Subscribe its webhook" in shown
    assert "3. Connect a page" in shown
    assert "done" not in shown
    app = house.app(challenged_at=timezone.now())
    shown = house.get()
    assert text(shown).count(" done ") == 2
    assert f"/settings/apps/{app.pk}/" in shown
    assert f"/settings/accounts/add/{app.pk}/facebook/" in house.get("accounts/add/")


def test_an_app_of_another_platform_or_workspace_cannot_be_connected_through(house: House) -> None:
    theirs = make_house("globex").app()
    house.get(f"accounts/add/{theirs.pk}/facebook/", status=404)
    house.get(f"accounts/add/{house.app().pk}/nonsense/", status=404)
    shared = house.app(workspace=None, name="Everybody’s app")
    assert "Everybody’s app" in house.get(f"accounts/add/{shared.pk}/facebook/")
    assert APP not in house.get(f"accounts/add/{shared.pk}/facebook/")
