"""Figures over the socket: for supervisors who ask and for walls, fresh every second, and nothing else for a wall."""

from __future__ import annotations

import asyncio
import json

import pytest

from inbox import consumers
from inbox.actions import boards, people
from inbox.models import Wall
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import take_in
from tests.sockets import Socket, cookie_of, in_workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_hub")]
WALL = "/wall/live/"


def token_for(place, member) -> str:
    with workspace(place.pk):
        return boards.token_of(boards.make_wall(member.user, "Hall", "en"))


def test_a_supervisor_who_asks_gets_figures_and_news_move_them(acme, bob, facebook):
    cookie = cookie_of(bob)

    async def story():
        async with Socket("acme", cookie) as socket:
            await socket.hello()
            await socket.say({"figures": True})
            _, before = await socket.event("figures")
            assert before["all"]["waiting"] == 0
            await in_workspace(acme, take_in, facebook, meta.comment())
            async with asyncio.timeout(8):
                while (await socket.event("figures"))[1]["all"]["waiting"] != 1:
                    pass
            _, first = await socket.event("figures")
            _, second = await socket.event("figures")
            assert second["at"] - first["at"] > 900, "once a second, no oftener"
            await socket.say({"figures": False})
            await socket.kinds(2)
            assert "figures" not in await socket.kinds(2)

    asyncio.run(story())


def test_an_agent_gets_none(acme, alice, facebook):
    cookie = cookie_of(alice)

    async def story():
        async with Socket("acme", cookie) as socket:
            await socket.hello()
            await socket.say({"figures": True})
            await in_workspace(acme, take_in, facebook, meta.comment())
            heard = await socket.kinds(4)
            assert "ticket" in heard
            assert "figures" not in heard

    asyncio.run(story())


def test_a_supervisor_who_becomes_an_agent_gets_no_more(acme, bob, carol):
    cookie = cookie_of(bob)

    async def story():
        async with Socket("acme", cookie) as socket:
            await socket.hello()
            await socket.say({"figures": True})
            await socket.event("figures")
            await in_workspace(acme, people.change_role, carol.user, bob.user_id, "agent")
            await socket.event("you")
            await socket.kinds(2)
            assert "figures" not in await socket.kinds(4)

    asyncio.run(story())


def test_a_wall_hears_the_figures_of_its_workspace_and_nothing_else(acme, bob, facebook, globex, mallory):
    ours, theirs = token_for(acme, bob), token_for(globex, mallory)

    async def story():
        async with Socket("", path=WALL) as socket, Socket("", path=WALL) as other:
            await socket.say({"wall": ours})
            await other.say({"wall": theirs})
            await socket.event("version")
            await in_workspace(acme, take_in, facebook, meta.comment("secret words", name="Secret Name"))
            async with asyncio.timeout(8):
                while (await socket.event("figures"))[1]["all"]["waiting"] != 1:
                    pass
            _, record = await socket.event("figures")
            assert set(await socket.kinds(3)) == {"figures"}
            words = json.dumps(record)
            assert "ecret" not in words
            assert not {"agents", "people", "ticket"} & {*record, *record["all"]["oldest"]}
            _, elsewhere = await other.event("figures")
            assert elsewhere["all"]["waiting"] == 0
            assert {account["name"] for account in elsewhere["accounts"]} == {"Globex"}

    asyncio.run(story())


def test_a_revoked_link_closes_its_socket_within_seconds_and_opens_none(acme, bob):
    token = token_for(acme, bob)

    async def story():
        async with Socket("", path=WALL) as socket:
            await socket.say({"wall": token})
            await socket.event("figures")
            await in_workspace(acme, lambda: boards.revoke_wall(bob.user, Wall.objects.get().pk))
            async with asyncio.timeout(6):
                while (answer := await socket._there.receive_output(5))["type"] == "websocket.send":
                    pass
            assert answer["code"] == consumers.NO_SUCH_WALL
        async with Socket("", path=WALL) as socket:
            await socket.say({"wall": token})
            assert await socket.closed_with() == consumers.NO_SUCH_WALL

    asyncio.run(story())


def test_a_wall_whose_pages_are_chosen_anew_is_told_so(acme, bob):
    token = token_for(acme, bob)

    async def story():
        async with Socket("", path=WALL) as socket:
            await socket.say({"wall": token})
            assert (await socket.event("turns"))[1] == "queues"
            await in_workspace(acme, lambda: boards.turn_wall(bob.user, Wall.objects.get().pk, "channels"))
            assert (await socket.event("turns"))[1] == "channels"
            await socket.event("figures")
            assert "turns" not in await socket.kinds(3)

    asyncio.run(story())


@pytest.mark.parametrize("said", ["nonsense", "1-abc.def", ""])
def test_a_wrong_token_opens_nothing(acme, said):
    async def story():
        async with Socket("", path=WALL) as socket:
            await socket.say({"wall": said})
            assert await socket.closed_with() == consumers.NO_SUCH_WALL

    asyncio.run(story())


def test_who_says_nothing_or_comes_from_elsewhere_is_sent_away(acme, monkeypatch):
    monkeypatch.setattr(consumers, "SAY_WITHIN", 0.3)

    async def story():
        async with Socket("", path=WALL) as socket:
            for words in ([], {"hello": {}}, {"wall": 5}, {"ping": 1}):
                await socket.say(words)
            assert await socket.closed_with() == consumers.NO_SUCH_WALL
        async with Socket("", path=WALL, origin=b"http://evil.example") as socket:
            assert socket.opened["type"] == "websocket.close"

    asyncio.run(story())
