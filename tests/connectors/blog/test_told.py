"""What a look at a blog changes about its account reaches the open browsers at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connectors.models import ChannelAccount
from inbox import polling
from socialcare.models import Membership, Workspace
from tests.blog import SETTINGS, Site, blog_of, feed_of, look, wordpress
from tests.connectors.blog.host import Says, running
from tests.sockets import Socket, cookie_of, in_workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_hub")]


def told_while(place: Workspace, member: Membership, look_there: Any, *given: Any) -> dict[str, Any]:
    cookie = cookie_of(member)

    async def story() -> dict[str, Any]:
        async with Socket("acme", cookie) as socket:
            await socket.say({"hello": {"since": None}})
            await socket.event("welcome")
            await in_workspace(place, look_there, *given)
            _, told = await socket.event("account")
            return dict(told)

    return asyncio.run(story())


def test_a_feed_that_is_gone_is_told_when_a_poll_finds_out(acme: Workspace, alice: Membership, settings: Any) -> None:
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    with running() as host:
        host.pages["/feed"] = Says(b"", 410)
        feed = feed_of(acme, host.url + "/feed")
        told = told_while(acme, alice, polling.poll_account, feed.pk)
    assert told == {"id": feed.pk, "state": "attention", "attention": "disconnected:feed_gone"}


def test_a_password_that_was_revoked_is_told_when_we_look_for_removed_comments(
    acme: Workspace, alice: Membership, settings: Any
) -> None:
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    with wordpress() as site:
        blog = with_a_comment(acme, site)
        site.fault = Says({"code": "incorrect_password"}, 401)
        told = told_while(acme, alice, polling.look_for_removed_of, blog.pk)
    assert (told["id"], told["state"]) == (blog.pk, "attention")


def with_a_comment(place: Workspace, site: Site) -> ChannelAccount:
    blog = blog_of(place, site)
    site.write()
    return look(blog)
