"""One feed at the address with www. and at the one without, where neither leads to the other."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from django.test import Client

from connectors.models import ChannelAccount
from socialcare.models import Membership
from tests.connectors.blog.host import Asked, Host, Says
from tests.connectors.blog.test_feeds import XML, item, rss
from tests.connectors.blog.test_settings import SELF, connect, edit, host
from tests.inbox.settings_support import text

__all__ = ["host"]

PLAIN, WWW = "blog.example", "www.blog.example"


@pytest.fixture
def admin(carol: Membership, sign_in: Any) -> Client:
    signed_in: Client = sign_in(carol)
    return signed_in


@pytest.fixture(autouse=True)
def both_names_are_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def resolve(name: Any, *args: Any, **more: Any) -> Any:
        said = name.decode() if isinstance(name, bytes) else name
        return real("127.0.0.1" if said in (PLAIN, WWW) else said, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def url(host: Host, name: str) -> str:
    return host.url.replace("127.0.0.1", name) + "/feed"


def its_own_self(host: Host, number: int) -> Any:
    """Each address calls itself the feed's own."""

    def answer(asked: Asked) -> Says:
        head = SELF.format(f"http://{asked.headers['host']}/feed")
        return Says(rss(item(number), head=head), headers=XML)

    return answer


@pytest.mark.parametrize("channel", ["feed", "watch"])
@pytest.mark.parametrize(("first", "second"), [(PLAIN, WWW), (WWW, PLAIN)])
def test_the_second_is_refused_whichever_came_first(
    host: Host, admin: Client, channel: str, first: str, second: str
) -> None:
    host.pages["/feed"] = its_own_self(host, 1)
    assert connect(admin, channel, url=url(host, first)).redirect_chain
    refused = connect(admin, channel, url=url(host, second))
    assert refused.status_code == 422
    shown = text(refused.content.decode())
    assert "This leads to what is connected already, as “C”: it is the same under another address." in shown
    account = ChannelAccount.objects.get(channel=channel)
    assert edit(admin, account, url=url(host, second)).redirect_chain, "its own other address it may have"


def test_one_connected_before_its_twin_was_there_is_known_all_the_same(host: Host, admin: Client) -> None:
    gone = Says(b"", 404)
    host.pages["/feed"] = lambda asked: gone if WWW in asked.headers["host"] else its_own_self(host, 1)(asked)
    assert connect(admin, "feed", url=url(host, PLAIN)).redirect_chain
    assert ChannelAccount.objects.get(channel="feed").health["also"] == []
    host.pages["/feed"] = its_own_self(host, 1)
    assert connect(admin, "feed", url=url(host, WWW)).status_code == 422


@pytest.mark.parametrize(
    "other", [Says(rss(item(2)), headers=XML), Says(b"no feed"), Says(b"", 503), Says(then="reset")]
)
def test_what_is_something_else_or_cannot_be_read_is_no_twin(host: Host, admin: Client, other: Says) -> None:
    mine = Says(rss(item(1)), headers=XML)
    host.pages["/feed"] = lambda asked: other if WWW in asked.headers["host"] else mine
    assert connect(admin, "feed", url=url(host, PLAIN)).redirect_chain
    assert ChannelAccount.objects.get(channel="feed").health["also"] == []
    if other.status == 200 and other.headers:
        assert connect(admin, "feed", url=url(host, WWW)).redirect_chain
