"""Comment feeds and watched blogs, polled from a small host on loopback."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from connectors.blog import apart, feed
from connectors.blog.feeds import Position
from connectors.contract import Refused, Unreadable
from connectors.models import ChannelAccount, Delivery, Exchange
from inbox.models import Message, Ticket
from socialcare.models import Membership, Workspace
from tests.blog import SETTINGS, feed_of, look
from tests.connectors.blog.host import Asked, Host, Says, running

API = "/w/acme/api"
XML = {"Content-Type": "application/rss+xml"}


@pytest.fixture
def host(settings: Any) -> Iterator[Host]:
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    with running() as there:
        yield there


def item(number: int = 1, *, guid: str | None = "", at: datetime | None = None, **more: str) -> str:
    when = format_datetime(at or datetime.now(UTC).replace(microsecond=0))
    said = {
        "title": f"Comment on Parcels by Ada {number}",
        "link": f"https://blog.example.com/parcels/#c{number}",
        "author": f"Ada {number}",
        "description": f"Where is parcel {number}?",
        "pubDate": when,
        **more,
    }
    lines = "".join(f"<{name}>{value}</{name}>" for name, value in said.items() if value)
    identity = "" if guid is None else f'<guid isPermaLink="false">{guid or f"c{number}"}</guid>'
    return f"<item>{lines}{identity}</item>"


def rss(*items: str, head: str = "") -> bytes:
    channel = f"<channel><title>C</title>{head}{''.join(items)}</channel>"
    return f'<?xml version="1.0"?><rss version="2.0">{channel}</rss>'.encode()


def texts() -> list[str]:
    return list(Message.objects.order_by("id").values_list("text", flat=True))


def test_comments_of_a_feed_become_tickets_that_are_answered_there(acme: Workspace, host: Host) -> None:
    account = feed_of(acme, host.url + "/feed")
    host.pages["/feed"] = Says(rss(item(2), item(1)), headers=XML)
    for _ in range(3):
        look(account)
    assert texts() == ["Where is parcel 1?", "Where is parcel 2?"]
    assert Ticket.objects.count() == 2
    assert Delivery.objects.count() == 2


@pytest.mark.behaviour_blog(36)
@pytest.mark.parametrize(
    "documents",
    [
        pytest.param([rss(item(guid=None))] * 3, id="no guid"),
        pytest.param([rss(item(guid=" "))] * 3, id="blank guid"),
        pytest.param([rss(item(1, guid="same"), item(2, guid="same"))] * 3, id="one guid for two"),
        pytest.param(
            [rss(item(guid="a&amp;b")), rss(item(guid="<![CDATA[a&b]]>")), rss(item(guid="a&#38;b"))], id="spelt"
        ),
        pytest.param(
            [rss(item(link="/one")), rss(item(link="https://other.example/two")), rss(item(link=""))], id="link"
        ),
        pytest.param([rss(item(guid=None, link="", pubDate=""))] * 3, id="words only"),
        pytest.param([rss(item(1)), rss(item(2), item(1)), rss(item(2))], id="moving window"),
    ],
)
def test_an_entry_is_the_same_one_in_three_polls(acme: Workspace, host: Host, documents: list[bytes]) -> None:
    account = feed_of(acme, host.url + "/feed")
    host.pages["/feed"] = Says(rss(item(99)), headers=XML)
    look(account)
    for document in documents:
        host.pages["/feed"] = Says(document + b"<!-- changed -->", headers=XML)
        look(account)
    expected = 2 if b"same" in documents[0] or b"c2" in documents[1] else 1
    assert Message.objects.exclude(text__contains="99").count() == expected


@pytest.mark.behaviour_blog(36)
def test_two_companies_read_one_feed(acme: Workspace, globex: Workspace, host: Host) -> None:
    from socialcare.tenancy import workspace

    host.pages["/feed"] = Says(rss(item()), headers=XML)
    look(feed_of(acme, host.url + "/feed"))
    with workspace(globex.pk):
        other = feed_of(globex, host.url + "/feed")
        look(other)
        assert Message.objects.count() == 1
    assert Message.objects.count() == 1


@pytest.mark.behaviour_blog(37)
def test_a_feed_that_did_not_change_is_asked_conditionally(acme: Workspace, host: Host) -> None:
    etag, modified = 'W/"a, b"', "Thu, 26 Nov 2026 09:00:00 GMT"

    def conditional(asked: Asked) -> Says:
        same = asked.headers.get("if-none-match") == etag and asked.headers.get("if-modified-since") == modified
        validators = {"ETag": etag, "Last-Modified": modified}
        return Says(status=304, headers=validators) if same else Says(rss(item()), headers={**XML, **validators})

    account = feed_of(acme, host.url + "/feed")
    host.pages["/feed"] = conditional
    for _ in range(3):
        look(account)
    assert [bool(asked.headers.get("if-none-match")) for asked in host.asked] == [False, True, True]
    assert list(Exchange.objects.order_by("id").values_list("status", flat=True)) == [200, 304, 304]
    assert Message.objects.count() == 1


@pytest.mark.behaviour_blog(37)
def test_validators_of_what_was_not_understood_are_not_kept(acme: Workspace, host: Host) -> None:
    account = feed_of(acme, host.url + "/feed")
    host.pages["/feed"] = Says(b"<html>Please sign in</html>", headers={"ETag": '"page"'})
    assert Position.of(look(account).cursor).etag == ""
    host.pages["/feed"] = Says(rss(item()), headers={**XML, "ETag": '"feed"'})
    assert Position.of(look(account).cursor).etag == '"feed"'


@pytest.mark.behaviour_blog(37)
def test_a_feed_that_moved_for_good_is_asked_there_after_three_looks(acme: Workspace, host: Host) -> None:
    account = feed_of(acme, host.url + "/old")
    host.pages |= {
        "/old": Says(status=301, headers={"Location": "/new"}),
        "/new": Says(rss(item()), headers=XML),
        "/for-now": Says(status=302, headers={"Location": "/new"}),
    }
    for _ in range(4):
        look(account)
    assert host.paths() == ["/old", "/new"] * 3 + ["/new"]
    other = feed_of(acme, host.url + "/for-now")
    for _ in range(4):
        look(other)
    assert host.paths()[7:] == ["/for-now", "/new"] * 4


@pytest.mark.behaviour_blog(37)
def test_a_feed_that_is_gone_asks_for_an_admin(acme: Workspace, host: Host, carol: Membership, sign_in: Any) -> None:
    account = feed_of(acme, host.url + "/feed")
    host.pages["/feed"] = Says(status=410)
    assert look(account).state == ChannelAccount.State.ATTENTION
    page = sign_in(carol).get(f"/w/acme/settings/accounts/{account.pk}/")
    assert "gone for good" in page.content.decode()
    look(account)
    assert len(host.asked) == 1


@pytest.mark.behaviour_blog(37)
@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_for_time_gets_it(acme: Workspace, host: Host, status: int) -> None:
    account = feed_of(acme, host.url + "/feed")
    host.pages["/feed"] = Says(status=status, headers={"Retry-After": "7200"})
    wait = datetime.fromisoformat(Position.of(look(account).cursor).next) - datetime.now(UTC)
    assert timedelta(minutes=119) < wait <= timedelta(minutes=120)
    assert account.state == ChannelAccount.State.CONNECTED


def test_a_feed_is_asked_only_when_it_is_due_and_less_often_when_it_is_quiet(acme: Workspace, host: Host) -> None:
    from inbox import polling

    account = feed_of(acme, host.url + "/feed")
    host.pages["/feed"] = Says(rss(item(), head="<ttl>30</ttl>"), headers=XML)
    look(account)
    asked_at = account.polled_at
    assert asked_at
    polling.poll_account(account.pk)
    account.refresh_from_db()
    assert (len(host.asked), account.polled_at) == (1, asked_at), "who did not ask does not say so"
    minutes = [Position.of(account.cursor).minutes]
    for _ in range(30):
        minutes.append(Position.of(look(account).cursor).minutes)
    assert minutes[0] == 30
    assert minutes == sorted(minutes)
    assert minutes[-1] == 360


def test_no_test_is_made_unasked_of_what_polling_tells(
    acme: Workspace, host: Host, facebook: ChannelAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inbox import polling

    checked: list[int] = []
    monkeypatch.setattr(polling, "ring", lambda task, pk: checked.append(pk))
    feed_of(acme, host.url + "/feed")
    polling.check_accounts()
    assert facebook.pk in checked
    assert len(checked) == ChannelAccount.objects.count() - 1


@pytest.mark.behaviour_blog(38)
def test_a_login_page_is_no_feed_and_after_three_times_a_matter_for_the_admin(acme: Workspace, host: Host) -> None:
    account = feed_of(acme, host.url + "/feed")
    host.pages["/feed"] = Says(b"<html><body>Please sign in</body></html>", headers={"Content-Type": "text/html"})
    states = [look(account).state for _ in range(3)]
    assert states == ["connected", "connected", "attention"]
    assert account.attention == "disconnected:not_a_feed"


@pytest.mark.behaviour_blog(38)
def test_flawed_feeds_are_used_and_flagged(acme: Workspace, host: Host) -> None:
    account = feed_of(acme, host.url + "/feed")
    host.pages["/feed"] = Says(b"\n \n" + rss(item()).replace(b"</channel>", b"&nbsp;</channel>"), headers=XML)
    assert Position.of(look(account).cursor).flaws
    assert texts() == ["Where is parcel 1?"]


@pytest.mark.behaviour_blog(38)
def test_charsets_that_are_wrong_or_untold_are_decoded(acme: Workspace, host: Host) -> None:
    words = "Где моя посылка? Она должна была прийти во вторник, но курьер её не привёз."
    document = (
        rss(item(description=words, title="Вопрос о доставке посылки")).decode().replace('<?xml version="1.0"?>', "")
    )
    for name, body, told in (
        ("koi8-r", document.encode("koi8-r"), "application/xml"),
        ("utf-8", document.encode(), "text/xml; charset=us-ascii"),
        ("utf-16", f'<?xml version="1.0" encoding="utf-16"?>{document}'.encode("utf-16"), "application/xml"),
        ("zipped", gzip.compress(document.encode()), "application/xml"),
    ):
        found = feed.read(body, content_type=told)
        assert found.entries[0].text == words, name


@pytest.mark.behaviour_blog(17)
@pytest.mark.parametrize("body", [b"/etc/hostname", b"local.xml", b"http://127.0.0.1:9/", b"file:///etc/passwd"])
def test_a_body_that_names_a_file_or_an_address_opens_nothing(
    body: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[object] = []
    real = feedparser.parse
    monkeypatch.setattr(feedparser, "parse", lambda what, **more: (given.append(what), real(what, **more))[1])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "local.xml").write_bytes(rss(item()))
    with pytest.raises(Unreadable):
        feed.read(body)
    assert [type(what) for what in given] == [io.BytesIO]


@pytest.mark.behaviour_blog(18)
def test_a_bomb_switches_itself_off_and_nothing_else(
    acme: Workspace, host: Host, carol: Membership, sign_in: Any
) -> None:
    bomb, other = feed_of(acme, host.url + "/bomb"), feed_of(acme, host.url + "/feed")
    host.pages |= {
        "/bomb": Says(gzip.compress(bytes(60_000_000), 9), headers={"Content-Encoding": "gzip"}),
        "/feed": Says(rss(item()), headers=XML),
    }
    look(bomb)
    look(other)
    assert (bomb.state, bomb.attention) == ("attention", "disconnected:too_large")
    assert texts() == ["Where is parcel 1?"]
    assert "It is not read" in sign_in(carol).get(f"/w/acme/settings/accounts/{bomb.pk}/").content.decode()


@pytest.mark.behaviour_blog(18)
def test_a_gzip_that_is_not_announced_is_capped_as_well() -> None:
    with pytest.raises(Unreadable):
        feed.read(gzip.compress(bytes(60_000_000), 9))


@pytest.mark.behaviour_blog(18)
def test_reading_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "WITHIN", 1)
    with pytest.raises(Refused) as raised:
        apart.read(rss(item(description="&lt;a " * 700_000)), content_type="application/rss+xml", url="")
    assert raised.value.code == "too_hard"


@pytest.mark.behaviour_blog(18)
def test_entities_that_multiply_are_no_feed_and_many_entries_are_cut() -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    with pytest.raises((Unreadable, Refused)):
        apart.read(
            f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "ha">{lol}]><r>&l11;</r>'.encode(), content_type="", url=""
        )
    assert len(feed.read(rss(*(item(n) for n in range(700)))).entries) == feed.MAX_ENTRIES


@pytest.mark.behaviour_blog(39)
def test_the_first_look_indexes_and_opens_nothing_old(acme: Workspace, host: Host) -> None:
    account = feed_of(acme, host.url + "/feed")
    old = item(1, at=datetime.now(UTC) - timedelta(days=30))
    undated = item(2, pubDate="")
    host.pages["/feed"] = Says(rss(undated, old), headers=XML)
    look(account)
    assert texts() == []
    host.pages["/feed"] = Says(rss(item(3, pubDate=""), undated, old), headers=XML)
    look(account)
    assert texts() == ["Where is parcel 3?"]
    assert Message.objects.get().dated is False


def test_a_date_in_the_future_is_none(acme: Workspace, host: Host) -> None:
    account = feed_of(acme, host.url + "/feed")
    host.pages["/feed"] = Says(rss(item(9)), headers=XML)
    look(account)
    host.pages["/feed"] = Says(rss(item(1, at=datetime.now(UTC) + timedelta(days=400)), item(9)), headers=XML)
    look(account)
    message = Message.objects.get(text="Where is parcel 1?")
    assert message.dated is False
    assert message.at <= datetime.now(UTC)


def test_what_we_write_under_our_own_name_is_no_question(acme: Workspace, host: Host) -> None:
    account = feed_of(acme, host.url + "/feed", our_names="Acme team, Acme")
    host.pages["/feed"] = Says(rss(item(1), item(2, author="ACME Team")), headers=XML)
    look(account)
    assert texts() == ["Where is parcel 1?"]
