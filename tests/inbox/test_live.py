"""Every browser learns of every change once, in order, also after it was away."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import orjson
import pytest
import redis.asyncio
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from inbox import consumers, hub, live, records
from inbox.actions import announce, presence, work
from inbox.models import Presence, Ticket
from socialcare.tenancy import workspace
from socialcare.valkey import valkey
from tests import meta
from tests.conftest import take_in
from tests.sockets import Socket, cookie_of, in_workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_hub")]


def test_a_post_reaches_the_browser(acme, alice, facebook):
    cookie = cookie_of(alice)

    async def story():
        async with Socket("acme", cookie) as socket:
            await socket.say({"hello": {"since": None}})
            frame, welcome = await socket.event("welcome")
            assert welcome == {"resumed": False}
            await in_workspace(acme, take_in, facebook, meta.comment("hello there"))
            news, row = await socket.event("ticket")
            assert news["s"][0] == frame["s"][1] + 1
            assert row["text"] == "hello there"
            assert row["who"] == alice.user_id
            _, counts = await socket.event("counts")
            assert (counts["open"], counts["by"]) == (1, {str(alice.user_id): 1})

    asyncio.run(story())


def test_a_browser_that_was_away_gets_what_it_missed_once(acme, alice, facebook):
    cookie = cookie_of(alice)

    async def story():
        async with Socket("acme", cookie) as socket:
            await socket.hello()
            await in_workspace(acme, take_in, facebook, meta.comment("one"))
            frame, _ = await socket.event("ticket")
            last = frame["s"][1]
        await in_workspace(acme, take_in, facebook, meta.comment("two", who="2"))
        await in_workspace(acme, take_in, facebook, meta.comment("three", who="3"))
        async with Socket("acme", cookie) as socket:
            await socket.say({"hello": {"since": last}})
            _, welcome = await socket.event("welcome")
            assert welcome == {"resumed": True}
            missed = await socket.frame()
            assert missed["s"][0] == last + 1
            assert [row["text"] for kind, row in missed["e"] if kind == "ticket"] == ["two", "three"]

    asyncio.run(story())


def test_what_is_too_old_or_of_another_stream_means_reload(acme, alice, facebook):
    cookie = cookie_of(alice)

    async def story(since):
        async with Socket("acme", cookie) as socket:
            await socket.say({"hello": {"since": since}})
            _, welcome = await socket.event("welcome")
            return welcome["resumed"]

    with workspace(acme.pk):
        take_in(facebook, meta.comment())
    now = live.sequence(acme.pk)
    assert asyncio.run(story(now))
    consumers.hub.cache_clear()
    assert not asyncio.run(story(now + 1000))
    consumers.hub.cache_clear()
    assert not asyncio.run(story(5))
    valkey().flushdb()
    with workspace(acme.pk):
        take_in(facebook, meta.comment(who="9"))
    assert live.sequence(acme.pk) > now
    consumers.hub.cache_clear()
    assert not asyncio.run(story(now))


def test_nothing_of_another_workspace_is_told(acme, alice, globex, mallory, facebook):
    cookie = cookie_of(mallory)

    async def story():
        async with Socket("globex", cookie) as socket:
            await socket.hello()
            await in_workspace(acme, take_in, facebook, meta.comment("secret of acme"))
            await asyncio.sleep(1.5)
            while not await socket._there.receive_nothing(0.1):
                assert "secret" not in str(await socket.frame())

    asyncio.run(story())


def test_who_looks_and_who_types_is_told_and_forgotten(acme, alice, bob, facebook):
    take_in(facebook, meta.comment())
    ticket = Ticket.objects.get()
    mine, theirs = cookie_of(alice), cookie_of(bob)

    async def story():
        async with Socket("acme", theirs) as watching:
            await watching.hello()
            async with Socket("acme", mine) as looking:
                await looking.say({"hello": {"since": None}})
                await looking.say({"see": ticket.pk})
                _, who = await watching.event("viewing")
                assert who == {"id": ticket.pk, "viewing": [alice.user_id], "typing": []}
                await looking.say({"typing": {"ticket": ticket.pk, "on": True}})
                _, who = await watching.event("viewing")
                assert who["typing"] == [alice.user_id]
            _, who = await watching.event("viewing")
            assert who["viewing"] == []

    asyncio.run(story())


def test_a_member_who_was_removed_is_shown_out(acme, alice):
    cookie = cookie_of(alice)

    async def story():
        async with Socket("acme", cookie) as socket:
            await socket.hello()
            await sync_to_async(alice.delete)()
            await in_workspace(acme, lambda: live.publish_now([("you", {"role": None})], to=user_id))
            _, told = await socket.event("you")
            assert told == {"role": None}
            assert await socket.closed_with() == 4403

    user_id = alice.user_id
    asyncio.run(story())


@pytest.mark.parametrize("end", ["sign out", "new password", "switched off"])
def test_a_silent_browser_hears_nothing_more_once_its_session_ended(acme, alice, facebook, monkeypatch, end):
    monkeypatch.setattr(consumers, "MEMBER_AGAIN_EVERY", 0.0)
    cookie = cookie_of(alice)

    def finish():
        if end == "sign out":
            Session.objects.all().delete()
        elif end == "new password":
            alice.user.set_password("something else entirely")
        alice.user.is_active = end != "switched off"
        alice.user.save()

    async def story():
        async with Socket("acme", cookie) as socket:
            await socket.say({"hello": {"since": None}})
            await socket.event("counts")
            await sync_to_async(finish)()
            await in_workspace(acme, take_in, facebook, meta.comment("not for these eyes"))
            assert await socket.closed_with() == 4401

    asyncio.run(story())


def test_coming_hands_out_what_waited(acme, alice, facebook):
    take_in(facebook, meta.comment())
    assert Ticket.objects.get().assignee is None
    cookie = cookie_of(alice)

    async def story():
        async with Socket("acme", cookie) as socket:
            await socket.hello()

    asyncio.run(story())
    assert Ticket.objects.get().assignee_id == alice.user_id


def test_presence_ends_with_silence(acme, alice):
    presence.here(alice)
    Presence.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    assert presence.expire() == 1
    assert presence.expire() == 0
    assert not Presence.objects.get().present


def test_without_valkey_work_goes_on(acme, alice, facebook, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    valkey.cache_clear()
    try:
        take_in(facebook, meta.comment("still taken in"))
        work.resolve(Ticket.objects.get().pk, alice.user)
    finally:
        valkey.cache_clear()
        live._silent_until = 0.0
    assert Ticket.objects.get().status == "resolved"


def test_many_changes_of_one_ticket_are_told_as_one():
    rows = [("ticket", orjson.dumps({"id": number % 2, "v": number})) for number in range(10)]
    told = hub.coalesced([*rows, ("said", b'{"id":1}'), ("said", b'{"id":1}')])
    assert [orjson.loads(payload).get("v") for _, payload in told] == [8, 9, None, None]


def test_news_is_gathered_for_longer_the_more_browsers_there_are():
    every = [hub.frame_every(sockets) for sockets in (1, 100, 500, 1_000, 10_000)]
    assert every == sorted(every)
    assert every[0] == hub.QUICKEST
    assert every[-1] == hub.SLOWEST
    assert hub.QUICKEST < every[2] < hub.SLOWEST


def test_a_stalled_browser_is_closed_and_costs_no_other():
    async def story():
        stalled = hub.Socket(1, 1)
        for _ in range(hub.OUTBOX + 5):
            stalled.put(b"x")
        drained = [stalled.outbox.get_nowait() for _ in range(stalled.outbox.qsize())]
        assert drained[-1] is None
        assert stalled.overflowed

    asyncio.run(story())


def test_two_batches_at_once_do_not_give_everything_to_one_agent(acme, alice, facebook, messenger):
    """The claim of the least loaded is atomic, also between processes."""
    from tests.conftest import person

    presence.here(alice)
    presence.here(person(acme, "amir", "agent"))

    def batch(account, make, start):
        from django.db import connection

        with workspace(acme.pk):
            for number in range(20):
                take_in(account, make(who=str(start + number)))
        connection.close()

    threads = [
        threading.Thread(target=batch, args=(facebook, meta.comment, 1000)),
        threading.Thread(target=batch, args=(messenger, meta.direct, 2000)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = [Ticket.objects.filter(assignee_id=user).count() for user in presence.routing.present()]
    assert held == [20, 20]


def test_browsers_are_told_when_news_cannot_come_and_when_it_can_again(acme, alice, facebook):
    cookie = cookie_of(alice)

    async def story():
        async with Socket("acme", cookie) as socket:
            await socket.hello()
            there = consumers.hub()._valkey
            consumers.hub()._valkey = redis.asyncio.Redis(port=1)
            while "offline" not in (frame := await socket.frame()):
                assert "e" in frame
            await in_workspace(acme, take_in, facebook, meta.comment("missed"))
            consumers.hub()._valkey = there
            while "resync" not in await socket.frame():
                pass
            await socket.say({"ping": 1})
            assert "t" in await socket.frame()

    asyncio.run(story())


def test_what_could_not_be_told_leaves_a_gap_that_shows(acme, settings):
    live.publish_now([("people", [])])
    before = live.sequence(acme.pk)
    settings.REDIS_URL, there = "redis://127.0.0.1:1/0", settings.REDIS_URL
    valkey.cache_clear()
    live.publish_now([("people", [])])
    settings.REDIS_URL = there
    valkey.cache_clear()
    live._silent_until = 0.0
    live.publish_now([("people", [])])
    assert live.sequence(acme.pk) == before + 2


def test_a_gap_among_what_was_missed_means_reload(acme, alice, facebook):
    cookie = cookie_of(alice)
    live.publish_now([("people", [])])
    since = live.sequence(acme.pk)
    live.publish_now([("people", [])])
    live.lost(acme.pk)

    async def story():
        async with Socket("acme", cookie) as socket:
            await socket.say({"hello": {"since": since}})
            _, welcome = await socket.event("welcome")
            return welcome["resumed"]

    assert not asyncio.run(story())


def test_a_gap_in_the_middle_of_what_is_read_shows(acme, alice, facebook):
    cookie = cookie_of(alice)

    def tell():
        live.publish_now([("people", [])])
        live.lost(acme.pk)
        live.publish_now([("people", [])])

    async def story():
        async with Socket("acme", cookie) as socket:
            await socket.hello()
            await in_workspace(acme, tell)
            while "resync" not in await socket.frame():
                pass

    asyncio.run(story())


def test_a_change_the_database_keeps_us_from_telling_leaves_a_gap_and_no_error(acme, alice, facebook, monkeypatch):
    take_in(facebook, meta.comment())
    before = live.sequence(acme.pk)

    def down(_tickets):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(records, "rows", down)
    work.resolve(Ticket.objects.get().pk, alice.user)
    assert Ticket.objects.get().status == "resolved"
    assert live.sequence(acme.pk) == before + 2


def test_a_process_that_starts_lets_every_browser_look_again(acme, globex):
    before = {}
    for place in (acme, globex):
        with workspace(place.pk):
            live.publish_now([("people", [])])
        before[place.pk] = live.sequence(place.pk)
    announce.begun()
    assert {pk: live.sequence(pk) for pk in before} == {pk: seq + 2 for pk, seq in before.items()}
