"""The dashboard and the walls over HTTP: who sees them, what they show, what a link is worth."""

from __future__ import annotations

import itertools
import json
import logging
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inbox import figures
from inbox.actions import boards
from inbox.models import Board, Ticket, Wall
from socialcare import guesses
from socialcare.models import AuditEntry
from socialcare.tenancy import workspace
from socialcare.veil import Veil
from tests.board import Story, told

pytestmark = pytest.mark.django_db
DASHBOARD, SETTINGS = "/w/acme/dashboard/", "/w/acme/settings/board/"


@pytest.fixture
def story(acme, alice, bob, facebook, messenger) -> Story:
    return told(alice, bob, facebook, messenger)


def boot(page: str) -> dict:
    return json.loads(re.search(r'id="boot" type="application/json">(.*?)</script>', page)[1])


def path_of(wall: Wall) -> str:
    return reverse("wall", args=[boards.token_of(wall)])


def test_supervisors_and_admins_see_the_dashboard_agents_and_strangers_do_not(sign_in, alice, bob, carol, mallory):
    assert [sign_in(member).get(DASHBOARD).status_code for member in (alice, bob, carol, mallory)] == [
        403,
        200,
        200,
        404,
    ]
    assert Client().get(DASHBOARD).headers["Location"].startswith("/login/")


def test_the_page_of_an_agent_has_no_way_to_it(sign_in, alice, bob):
    assert DASHBOARD not in sign_in(alice).get("/w/acme/inbox/open/").content.decode()
    assert DASHBOARD in sign_in(bob).get("/w/acme/inbox/open/").content.decode()


@pytest.fixture
def stands_still(story):
    """Time, so that no figure moves between the page and its lists."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


def test_every_figure_on_the_page_opens_a_list_with_exactly_its_tickets(stands_still, sign_in, bob):
    browser = sign_in(bob)
    shown = boot(browser.get(DASHBOARD).content.decode())["figures"]
    parts = [
        (shown["all"], {}),
        *((part, {"account": part["id"]}) for part in shown["accounts"]),
        *((part, {"queue": part["id"]}) for part in shown["queues"]),
    ]
    for figure, (part, more) in itertools.product(figures.NAMES, parts):
        asked = {"only": figure, **more}
        if figure in figures.FLOW:
            asked["minute"] = shown["minute"] + figures.MINUTES * 60_000
        rows = browser.get("/w/acme/api/tickets/", asked).json()["items"]
        page = boot(browser.get("/w/acme/inbox/open/", asked).content.decode())
        counted = {"oldest": int(part["oldest"] is not None)} | {way: part[way][-1] for way in figures.FLOW}
        assert len(rows) == counted.get(figure, part.get(figure)), asked
        assert [row["id"] for row in page["list"]["items"]] == [row["id"] for row in rows]
        assert page["only"]


def test_an_agents_figures_open_their_tickets(story, sign_in, bob):
    browser = sign_in(bob)
    for user, (held, late) in boot(browser.get(DASHBOARD).content.decode())["figures"]["agents"].items():
        for figure, number in (("waiting", held), ("late", late)):
            rows = browser.get("/w/acme/api/tickets/", {"only": figure, "agent": user}).json()["items"]
            assert len(rows) == number
            assert {row["who"] for row in rows} <= {int(user)}


@pytest.mark.parametrize("figure", ["waiting", "in_hour", "decided_hour", "out_hour"])
def test_a_long_list_of_a_figure_comes_in_pages(story, sign_in, bob, figure):
    browser, cursor, found = sign_in(bob), "", []
    while cursor is not None:
        page = browser.get("/w/acme/api/tickets/", {"only": figure, "limit": 2, "after": cursor}).json()
        found += [row["id"] for row in page["items"]]
        cursor = page["next"]
    whole = figures.Only(figure).tickets().order_by("order_at", "id")
    assert len(found) > 2
    assert found == list(whole.values_list("id", flat=True))


def test_a_figure_is_narrowed_to_a_priority_and_the_list_says_so(story, sign_in, bob):
    urgent = [story.tickets[name].pk for name in ("Late", "Three")]
    Ticket.objects.filter(pk__in=urgent).update(priority=4)
    browser = sign_in(bob)
    page = browser.get("/w/acme/api/tickets/", {"only": "waiting", "priority": 4}).json()
    assert [row["id"] for row in page["items"]] == urgent
    page = browser.get("/w/acme/api/tickets/", {"only": "late", "priority": 4}).json()
    assert [row["id"] for row in page["items"]] == urgent[:1]
    shown = browser.get("/w/acme/inbox/open/?only=late&priority=4").content.decode()
    assert boot(shown)["only"] == "Late · priority: Urgent"


@pytest.mark.parametrize(
    "asked",
    [
        "only=nonsense",
        "only=late&account=x",
        "only=late&agent=-1",
        "only=late&priority=5",
        f"only=in&minute={'9' * 18}",
    ],
)
def test_what_cannot_be_asked_is_refused(sign_in, bob, asked):
    browser = sign_in(bob)
    assert browser.get(f"/w/acme/inbox/open/?{asked}").status_code == 404
    answer = browser.get(f"/w/acme/api/tickets/?{asked}")
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"]


def test_a_supervisor_sets_goals_and_makes_and_revokes_a_wall_and_the_history_says_so(sign_in, bob):
    browser = sign_in(bob)
    given = {"goal": 90, "alarm": 70, "risk_seconds": 60}
    assert browser.post(SETTINGS, given).status_code == 302
    assert {name: getattr(Board.objects.get(), name) for name in given} == given
    assert boot(browser.get(DASHBOARD).content.decode())["figures"]["goal"] == 90
    browser.post("/w/acme/settings/walls/", {"name": "Second floor", "language": "fr", "turns": "both"})
    wall = Wall.objects.get()
    assert wall.turns == "both"
    assert path_of(wall) in browser.get(SETTINGS).content.decode()
    assert Client().get(path_of(wall)).status_code == 200
    there, yes = f"/w/acme/settings/walls/{wall.pk}/revoke/", {"sure": "yes"}
    assert "Revoke the link of “Second floor”?" in browser.post(there).content.decode()
    assert Client().get(path_of(wall)).status_code == 200, "without scripts a page asks first"
    assert browser.post(there, yes).status_code == 302
    assert Client().get(path_of(wall)).status_code == 410
    assert browser.post(there, yes).status_code == 404
    said = AuditEntry.objects.order_by("id").values_list("verb", "target")
    assert list(said) == [("board.changed", ""), ("wall.made", "Second floor"), ("wall.revoked", "Second floor")]
    assert boards.token_of(wall) not in "".join(str(entry.data) for entry in AuditEntry.objects.all())


def test_a_supervisor_chooses_the_pages_of_a_wall(story, sign_in, bob):
    browser, wall = sign_in(bob), boards.make_wall(bob.user, "Hall", "en")
    assert boot(Client().get(path_of(wall)).content.decode())["turns"] == "queues"
    there = f"/w/acme/settings/walls/{wall.pk}/"
    assert browser.post(there, {"turns": "channels"}).status_code == 302
    assert boot(Client().get(path_of(wall)).content.decode())["turns"] == "channels"
    assert "is not one of those offered" in browser.post(there, {"turns": "x"}, follow=True).content.decode()
    said = AuditEntry.objects.get(verb="wall.changed")
    assert (said.target, said.data) == ("Hall", {"turns": ["queues", "channels"]})
    boards.revoke_wall(bob.user, wall.pk)
    assert browser.post(there, {"turns": "both"}).status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"goal": 0}, "Goal, in percent"),
        ({"goal": 101}, "Goal, in percent"),
        ({"alarm": 95}, "The alarm cannot lie above the goal"),
        ({"risk_seconds": 0}, "At risk, in seconds"),
        ({"risk_seconds": 31_536_000}, "At risk, in seconds"),
    ],
)
def test_goals_that_make_no_sense_are_refused_with_the_field_named(sign_in, bob, given, field):
    whole = {"goal": 90, "alarm": 70, "risk_seconds": 60, **given}
    answer = sign_in(bob).post(SETTINGS, whole)
    assert answer.status_code == 422
    assert field in answer.content.decode()
    assert not Board.objects.exists()


def test_agents_cannot_make_or_revoke_walls_nor_can_another_workspace(sign_in, alice, bob, mallory):
    wall = boards.make_wall(bob.user, "Hall", "en")
    turning, revoking = (f"/w/acme/settings/walls/{wall.pk}/{what}" for what in ("", "revoke/"))
    for path in (SETTINGS, "/w/acme/settings/walls/", turning, revoking):
        assert sign_in(alice).post(path).status_code == 403
        assert sign_in(mallory).post(path).status_code == 404
    there = f"/w/globex/settings/walls/{wall.pk}/revoke/"
    assert sign_in(mallory).post(there).status_code == 404
    wall.refresh_from_db()
    assert wall.revoked_at is None


def test_a_wall_shows_figures_without_a_name_a_word_or_a_cookie(story, bob):
    answer = Client().get(path_of(boards.make_wall(bob.user, "Hall", "fr")))
    page = answer.content.decode()
    assert boot(page)["figures"]["all"]["waiting"] == figures.measure()["all"]["waiting"] > 0
    for hidden in ("Words of", "Clockless", "Alice", "Bob", '"ticket"', '"agents"', '"people"'):
        assert hidden not in page
    assert "Premières réponses à temps" in page
    assert not answer.cookies
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_wall_shows_its_own_workspace_and_no_other(story, acme, globex, mallory, bob):
    with workspace(globex.pk):
        theirs = boards.make_wall(mallory.user, "Theirs", "en")
        token = boards.token_of(theirs)
    page = Client().get(reverse("wall", args=[token])).content.decode()
    assert boot(page)["figures"]["all"]["waiting"] == 0
    assert "Globex" in page
    assert "Acme" not in page


def test_a_guessed_token_opens_nothing_and_guessing_ends(acme, bob):
    wall = boards.make_wall(bob.user, "Hall", "en")
    pk, nonce_and_seal = boards.token_of(wall).split("-", 1)
    guessed = [f"{int(pk) + 1}-{nonce_and_seal}", f"{pk}-{nonce_and_seal[:-1]}", "x", f"{pk}-{wall.nonce}", "é" * 40]
    assert {Client().get(reverse("wall", args=[token])).status_code for token in guessed} == {404}
    answers = [Client().get("/wall/nonsense/").status_code for _ in range(guesses.ALLOWED)]
    assert answers[-1] == 429
    assert Client().get(path_of(wall)).status_code == 200, "who has the link comes in all the same"


def test_a_token_does_not_reach_the_logs():
    record = logging.LogRecord("django.request", 40, "", 0, "Internal Server Error: %s", ("/wall/12-abc.def/",), None)
    assert Veil().filter(record)
    assert record.getMessage() == "Internal Server Error: /wall/…/"
