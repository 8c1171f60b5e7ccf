"""Who may see the settings, and what they must never show."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern

from connectors.models import Delivery, DeliveryBody
from inbox.actions import boards
from inbox.models import Queue
from inbox.views.settings import urls
from sla.models import BusinessHours, Policy
from socialcare.tenancy import workspace
from tests.connectors.meta.scripted_graph import SECRET, TOKEN
from tests.inbox.settings_support import House, make_house

pytestmark = pytest.mark.django_db
MANY = 40
# Pages that only send on: to a platform, or to what came of it there.
LEAD_AWAY = ("door", "door_back")
FOR_SUPERVISORS = {"board", "wall_make", "wall_revoke", "wall_turn"}


def every_path(house: House) -> dict[str, str]:
    """A URL of every route below the settings, of things that exist, by the route's name."""
    app = house.app()
    account = house.account(app)
    delivery = Delivery.objects.create(app=app, fingerprint=b"1" * 16, received_at=app.created_at, state="failed")
    DeliveryBody.objects.create(delivery=delivery, body=b'{"object":"page"}')
    with workspace(house.workspace.pk):
        wall = boards.make_wall(house.admin, "Hall", "en")
        policy = Policy.objects.create(name="Soon", first_response=timedelta(minutes=5))
        hours = BusinessHours.objects.create(name="Office", zone="Europe/Paris", slots=[[0, 540, 1020]])
        queue = Queue.objects.create(name="Deliveries")
    owner = {
        "walls": wall.pk,
        "policies": policy.pk,
        "hours": hours.pk,
        "labels": queue.pk,
        "apps": app.pk,
        "accounts": account.pk,
        "people": house.agent.pk,
        "deliveries": delivery.pk,
    }
    found = {}
    for route in urls.urlpatterns:
        assert isinstance(route, URLPattern)
        pattern, section = str(route.pattern), str(route.pattern).partition("/")[0]
        path = (
            pattern.replace("<int:app>", str(app.pk))
            .replace("<slug:channel>", "messenger")
            .replace("<slug:kind>", "queue")
        )
        path = path.replace("<slug:platform>", "meta").replace("<int:pk>", str(owner.get(section, "")))
        assert "<" not in path
        found[str(route.name)] = house.url(path)
    return found


@pytest.fixture
def house() -> House:
    return make_house("acme")


def test_an_agent_and_a_supervisor_are_told_that_their_role_does_not_allow_it(house: House) -> None:
    paths = every_path(house)
    for user in (house.agent, house.supervisor):
        browser = house.browser(user)
        for name, path in paths.items():
            if user == house.supervisor and name in FOR_SUPERVISORS:
                continue
            for ask in (browser.get, browser.post):
                answer = ask(path)
                if answer.status_code == 405:
                    continue
                assert answer.status_code == 403, (name, answer.status_code)
                assert "Your role does not allow this." in answer.content.decode()


def test_a_stranger_is_sent_to_sign_in_and_a_neighbour_finds_nothing(house: House) -> None:
    neighbour = make_house("globex").browser()
    for path in every_path(house).values():
        assert Client().get(path).headers["Location"].startswith("/login/")
        assert neighbour.get(path).status_code == 404
        assert neighbour.post(path).status_code == 404


def test_the_things_of_another_workspace_are_not_found_by_their_ids(house: House) -> None:
    theirs, ours = every_path(make_house("globex")), house.browser()
    guessed = {name: path.replace("/globex/", "/acme/") for name, path in theirs.items() if re.search(r"/\d+/", path)}
    assert len(guessed) > 12
    for name, path in guessed.items():
        answers = {ours.get(path).status_code, ours.post(path).status_code}
        assert answers <= {404, 405}, (name, answers)
        assert 404 in answers, name


def test_no_page_shows_a_secret_or_asks_the_database_much(house: House, django_assert_max_num_queries) -> None:
    browser, shown = house.browser(), 0
    for name, path in every_path(house).items():
        if name in LEAD_AWAY:
            continue
        with django_assert_max_num_queries(18, info=name):
            answer = browser.get(path)
        if answer.status_code == 405:
            continue
        shown += 1
        page = answer.content.decode()
        assert answer.status_code == 200, path
        assert TOKEN not in page
        assert SECRET not in page
        assert "<title>" in page
    assert shown > 12


def test_a_page_does_not_ask_more_for_more_accounts(house: House) -> None:
    app = house.app()
    browser = house.browser()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(house.url()).status_code == 200
        return len(captured)

    house.account(app)
    few = queries()
    for number in range(MANY):
        house.account(app, external_id=str(90000 + number))
    assert queries() == few


def test_nothing_is_changed_without_the_forms_own_token(house: House) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(house.admin)
    assert browser.post(house.url("workspace/"), {"name": "Taken over"}).status_code == 403
    assert browser.post(house.url("people/"), {"email": "eve@example.com", "role": "admin"}).status_code == 403
    assert house.audit() == []


@pytest.mark.parametrize("path", ["/join/a%00b/", "/w/%00/", "/w/acme%00/settings/", "/w/acme%00/api/boot/"])
def test_an_address_with_a_nul_in_it_leads_nowhere(house: House, path: str) -> None:
    assert house.browser().get(path).status_code == 404
