"""What a policy tells people is kept until they have seen it, for them alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from inbox import live, upkeep, watch
from inbox.actions import notifications, people
from inbox.models import Event, Notification, Presence, Ticket
from sla.models import Policy
from tests import meta
from tests.conftest import take_in
from tests.sockets import Socket, cookie_of, in_workspace

MINUTE = timedelta(minutes=1)
LATE = [{"at": 100, "do": "notify", "to": None}]


def ran_out(account, number=1):
    Policy.objects.update(steps=LATE)
    late = timezone.now() - 6 * MINUTE
    take_in(account, *(meta.comment(comment_id=f"7_{n}", who=str(n), name=f"C {n}", at=late) for n in range(number)))
    watch.breach()


def ask(browser):
    return browser.get("/w/acme/api/notifications/").json()


def test_who_is_away_finds_it_later_and_once_seen_it_is_not_new(facebook, alice, bob, carol, sign_in):
    ran_out(facebook)
    browser, ticket = sign_in(bob), Ticket.objects.get()
    found = ask(browser)
    assert found["unseen"] == 1
    (item,) = found["items"]
    about = {
        "ticket": ticket.pk,
        "ch": "facebook",
        "name": "C 0",
        "text": ticket.preview,
        "policy": "Five minutes",
        "metric": "first_response",
        "share": 100,
    }
    assert {name: item[name] for name in about} == about
    assert item["seen"] is False
    assert ask(sign_in(alice)) == ask(sign_in(carol)) == {"unseen": 0, "items": []}
    for _ in range(2):
        answer = browser.post("/w/acme/api/notifications/seen/", {"upto": item["id"]}, content_type="application/json")
        assert answer.json() == {"unseen": 0, "items": [{**item, "seen": True}]}
    watch.breach()
    assert ask(browser)["unseen"] == 0


def test_nobody_marks_or_sees_another_s(facebook, alice, bob, mallory, sign_in):
    ran_out(facebook)
    pk = Notification.objects.get().pk
    sign_in(alice).post("/w/acme/api/notifications/seen/", {"upto": pk}, content_type="application/json")
    assert sign_in(mallory).get("/w/acme/api/notifications/").status_code == 404
    assert sign_in(mallory).get("/w/globex/api/notifications/").json() == {"unseen": 0, "items": []}
    assert ask(sign_in(bob))["unseen"] == 1


def test_with_a_ticket_all_that_was_told_of_it_is_seen_and_nothing_else(facebook, bob, sign_in):
    Policy.objects.update(steps=[{"at": share, "do": "notify", "to": None} for share in (50, 100)])
    late = timezone.now() - 6 * MINUTE
    take_in(facebook, *(meta.comment(comment_id=f"7_{who}", who=who, at=late) for who in "12"))
    watch.breach()
    browser, (ticket, _) = sign_in(bob), Ticket.objects.order_by("id")
    assert [item["share"] for item in ask(browser)["items"]] == [100, 100]
    first = Notification.objects.filter(ticket=ticket).earliest("id")
    for upto, left in ((first.pk - 1, 2), (2**62, 1), (2**62, 1)):
        asked = {"upto": upto, "ticket": ticket.pk}
        answer = browser.post("/w/acme/api/notifications/seen/", asked, content_type="application/json").json()
        assert (answer["unseen"], len(answer["items"])) == (left, 2)
    assert {item["ticket"]: item["seen"] for item in answer["items"]}[ticket.pk]
    assert sum(item["seen"] for item in answer["items"]) == 1
    assert answer == ask(browser)


def test_what_was_not_seen_yields_to_what_tells_more_of_the_same_clock(facebook, bob, sign_in, monkeypatch):
    heard = []
    monkeypatch.setattr(live, "publish", lambda events, to=None: heard.extend(events if to == bob.user_id else ()))
    Policy.objects.update(steps=[{"at": share, "do": "notify", "to": None} for share in (50, 80, 100)])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        take_in(facebook, meta.comment())
        for share, see in ((50, False), (80, True), (100, False)):
            clock.shift(MINUTE * (2.6 if share == 50 else 1.45 if share == 80 else 1))
            watch.breach()
            watch.warn()
            found = ask(sign_in(bob))
            assert found["unseen"] == 1
            assert found["items"][0]["share"] == share
            if see:
                notifications.seen(bob.user_id, 2**60)
    assert [item["share"] for item in found["items"]] == [100, 80]
    told = [row for kind, row in heard if kind == "notify"]
    assert [row["share"] for row in told] == [50, 80, 100]
    assert [row["instead"] for row in told] == [[], [told[0]["id"]], []]


def test_of_what_is_heard_of_too_late_only_that_it_ran_out_is_told(facebook, bob, sign_in):
    """Also where it is taken in after the clock looked for what ran out, and before it looks for what runs short."""
    Policy.objects.update(warn_at=[50], steps=[{"at": share, "do": "notify", "to": None} for share in (50, 100)])
    take_in(facebook, meta.comment(at=timezone.now() - 6 * MINUTE))
    assert (watch.warn(), watch.breach(), watch.warn()) == (0, 1, 0)
    assert [item["share"] for item in ask(sign_in(bob))["items"]] == [100]
    told = Event.objects.filter(verb="escalated").values_list("data__at", flat=True)
    assert list(told) == [100]


def test_of_more_than_a_list_shows_none_is_out_of_reach(facebook, bob, sign_in):
    ran_out(facebook, 40)
    browser, asked = sign_in(bob), []
    for left in range(40, 0, -1):
        found = ask(browser)
        assert (found["unseen"], len(found["items"])) == (left, 30)
        item = next(item for item in found["items"] if not item["seen"])
        asked.append(item["id"])
        seen = {"upto": item["id"], "ticket": item["ticket"]}
        browser.post("/w/acme/api/notifications/seen/", seen, content_type="application/json")
    assert asked == sorted(Notification.objects.values_list("id", flat=True), reverse=True)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "upto"),
        ({"upto": -1}, "upto"),
        ({"upto": "all"}, "upto"),
        ({"upto": 2**70}, "upto"),
        ({"upto": 1, "ticket": "all"}, "ticket"),
        ({"upto": 1, "ticket": 2**70}, "ticket"),
    ],
)
def test_what_cannot_be_seen_is_refused_with_the_field_named(bob, sign_in, wrong, field):
    answer = sign_in(bob).post("/w/acme/api/notifications/seen/", wrong, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]


def test_the_pages_that_live_begin_with_them(facebook, bob, sign_in):
    ran_out(facebook, 40)
    browser = sign_in(bob)
    for path in ("dashboard/", "inbox/open/"):
        page = browser.get(f"/w/acme/{path}")
        assert page.context["boot"]["notifications"]["unseen"] == 40
        assert len(page.context["boot"]["notifications"]["items"]) == 30
        assert 'id="bell"' in page.content.decode()


PAGES = (
    "inbox/open/", "dashboard/", "reports/", "reports/badge/", "settings/", "settings/policies/", "settings/history/",
)  # fmt: skip


@pytest.mark.parametrize(
    ("who", "path"), [*(("carol", path) for path in PAGES), ("bob", "settings/board/"), ("alice", "me/")]
)
def test_every_page_has_one_bell(who, path, request, sign_in):
    page = sign_in(request.getfixturevalue(who)).get(f"/w/acme/{path}").content.decode()
    assert [page.count(f'id="{name}"') for name in ("bell", "notifications", "strings")] == [1, 1, 1]
    assert page.count("js/core/bell") == (path not in ("inbox/open/", "dashboard/"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_hub")
def test_a_bell_hears_its_owner_s_news_alone_and_makes_nobody_present(acme, facebook, alice, bob):
    Presence.objects.all().delete()
    cookie = cookie_of(bob)

    async def story():
        async with Socket("acme", cookie, path="/w/acme/live/bell/") as socket:
            await socket.hello()
            await socket.say({"see": 1, "ping": 1, "figures": True})
            await in_workspace(acme, ran_out, facebook)
            heard, item = await socket.event("notify")
            assert (item["name"], item["metric"]) == ("C 0", "first_response")
            assert "s" not in heard
            assert await socket.kinds(1.5) == []

    asyncio.run(story())
    assert not Presence.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_hub")
@pytest.mark.parametrize(("who", "code"), [("", 4401), ("mallory", 4403)])
def test_a_bell_is_refused_to_strangers(who, code, acme, mallory):
    cookie = cookie_of(mallory) if who else b""

    async def story():
        async with Socket("acme", cookie, path="/w/acme/live/bell/") as socket:
            assert await socket.closed_with() == code

    asyncio.run(story())


def test_a_flood_is_told_as_a_number(facebook, bob, monkeypatch):
    heard = []
    monkeypatch.setattr(live, "publish", lambda events, to=None: heard.extend(events if to == bob.user_id else ()))
    ran_out(facebook, 31)
    assert heard == [("notify", {"new": 31})]
    assert Notification.objects.count() == 31


def test_old_ones_go(facebook, bob, acme):
    ran_out(facebook, 4)
    now = timezone.now()
    kept, read, read_long_ago, ancient = Notification.objects.order_by("id")
    for one, at, seen_at in (
        (kept, now - timedelta(days=80), None),
        (read, now - timedelta(days=8), now - timedelta(days=6)),
        (read_long_ago, now - timedelta(days=9), now - timedelta(days=8)),
        (ancient, now - timedelta(days=91), None),
    ):
        Notification.objects.filter(pk=one.pk).update(at=at, seen_at=seen_at)
    upkeep.purge()
    assert set(Notification.objects.all()) == {kept, read}


def test_whoever_leaves_leaves_none(facebook, bob, carol):
    ran_out(facebook)
    people.let_go(carol.user, bob.user_id)
    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_hub")
def test_who_is_there_hears_of_it_at_once_and_other_windows_hear_that_it_was_seen(acme, facebook, alice, bob, sign_in):
    cookies = [cookie_of(bob), cookie_of(alice)]

    async def story():
        async with Socket("acme", cookies[0]) as his, Socket("acme", cookies[1]) as hers:
            for socket in (his, hers):
                await socket.hello()
            await in_workspace(acme, ran_out, facebook)
            _, told = await his.event("notify")
            assert told["share"] == 100
            browser = await in_workspace(acme, sign_in, bob)
            path = "/w/acme/api/notifications/seen/"
            await in_workspace(acme, lambda: browser.post(path, {"upto": told["id"]}, content_type="application/json"))
            assert (await his.event("notified"))[1] == {}
            await in_workspace(acme, take_in, facebook, meta.comment("later", comment_id="9_9", who="9"))
            heard: list[str] = []
            while "ticket" not in heard:
                heard += [kind for kind, _ in (await hers.frame()).get("e", ())]
            assert not {"notify", "notified"} & set(heard)

    asyncio.run(story())
