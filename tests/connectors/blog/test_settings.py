"""What an admin sees of blogs and feeds, and may change."""

from __future__ import annotations

import gzip
import re
import socket
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from connectors.blog.address import canonical
from connectors.blog.feeds import Position
from connectors.contract import Refused
from connectors.models import ChannelAccount
from inbox.models import Message
from socialcare.models import Membership, Workspace
from tests.blog import PASSWORD, SETTINGS, Site, feed_of, look, wordpress
from tests.connectors.blog.host import Host, Says, running
from tests.connectors.blog.test_feeds import XML, item, rss, texts
from tests.inbox.settings_support import text

SETTINGS_OF = "/w/acme/settings"


@pytest.fixture
def host(settings: Any) -> Iterator[Host]:
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    with running() as there:
        there.pages["/feed"] = Says(rss(item(1)), headers=XML)
        yield there


@pytest.fixture
def admin(carol: Membership, sign_in: Any) -> Client:
    signed_in: Client = sign_in(carol)
    return signed_in


def page(admin: Client, path: str) -> str:
    return admin.get(f"{SETTINGS_OF}/{path}").content.decode()


def connect(admin: Client, channel: str, **form: str) -> Any:
    return admin.post(f"{SETTINGS_OF}/accounts/add/0/{channel}/", {"name": "", **form}, follow=True)


def edit(admin: Client, account: ChannelAccount, **form: str) -> Any:
    return admin.post(f"{SETTINGS_OF}/accounts/{account.pk}/edit/", {"name": account.name, **form}, follow=True)


def test_the_address_for_webmentions_stands_with_the_account(blog: ChannelAccount, admin: Client) -> None:
    shown = page(admin, f"accounts/{blog.pk}/")
    values = [unescape(found) for found in re.findall(r'value="([^"]*)"', shown)]
    (address,) = [value for value in values if value.startswith("http")]
    assert f"/hooks/blog/{blog.app.key}/?c=blog&a=" in address
    assert f'<link rel="webmention" href="{address.replace("&", "&amp;")}">' in values
    app = text(page(admin, f"apps/{blog.app_id}/"))
    assert "webmentions stands with each account" in app
    for words in ("Verify token", "Give these two"):
        assert words not in app
    for words in ("Token given", "Token ends", "Repair the subscription", "Events that reach us"):
        assert words not in text(shown)


def test_a_watched_blog_listens_to_no_webmentions(acme: Workspace, host: Host, admin: Client) -> None:
    assert "Webmention" not in page(admin, f"accounts/{feed_of(acme, host.url + '/feed', 'watch').pk}/")


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (Says(b"", 404), "There is nothing at this address (404)"),
        (Says(b"", 403), "forbids us this address"),
        (Says(b"", 401), "wants a user name and a password"),
        (Says(b"", 410), "gone for good (410)"),
        (Says(b"", 418), "refuses this address"),
        (Says(b"", 429, {"Retry-After": "60"}), "asked too often at the moment (429)"),
        (Says(b"", 503), "busy or under maintenance at the moment (503)"),
        (Says(b"", 500), "has a fault of its own"),
        (Says(b"<html>no</html>"), "There is a page, but no feed."),
    ],
)
def test_why_a_feed_cannot_be_connected_is_told_in_its_own_words(
    host: Host, admin: Client, says: Says, words: str
) -> None:
    host.pages["/feed"] = says
    shown = text(connect(admin, "feed", url=host.url + "/feed").content.decode())
    assert words in shown
    assert "Nothing was saved." in shown
    assert not re.search(r"token|the ID", shown.partition("<form")[2] or shown, re.IGNORECASE)
    host.pages["/feed"] = Says(rss(item(1)), headers=XML)
    assert connect(admin, "feed", url=host.url + "/feed").redirect_chain, "and a minute later it works"


def test_address_and_words_are_shown_and_can_be_changed(acme: Workspace, host: Host, admin: Client) -> None:
    account = look(feed_of(acme, host.url + "/feed", "watch", keywords="acme"))
    shown = text(page(admin, f"accounts/{account.pk}/"))
    assert host.url + "/feed" in shown
    assert "Words to look for acme" in shown
    form = page(admin, f"accounts/{account.pk}/edit/")
    assert f'value="{host.url}/feed"' in form
    assert 'value="acme"' in form

    host.asked.clear()
    edit(admin, account, url=host.url + "/feed", keywords="acme, zenith")
    account.refresh_from_db()
    assert (account.options["keywords"], host.asked) == ("acme, zenith", []), "other words need no test"


def test_a_feed_that_went_elsewhere_is_read_there_from_where_it_was(acme: Workspace, host: Host, admin: Client) -> None:
    account = look(feed_of(acme, host.url + "/feed"))
    before = account.external_id
    host.pages["/new"] = Says(rss(item(2), item(1)), headers=XML)
    edit(admin, account, url=host.url + "/new", our_names="")
    account.refresh_from_db()
    assert account.credentials["url"] == host.url + "/new"
    assert (account.external_id != before, account.state) == (True, "connected")
    assert Position.of(account.cursor).url == ""
    look(account)
    assert texts() == ["Where is parcel 1?", "Where is parcel 2?"]
    assert Message.objects.count() == 2


def test_an_address_that_is_wrong_or_anothers_changes_nothing(acme: Workspace, host: Host, admin: Client) -> None:
    host.pages["/other"] = Says(rss(item(3)), headers=XML)
    account, other = feed_of(acme, host.url + "/feed"), feed_of(acme, host.url + "/other")
    for url, words in (
        (other.credentials["url"], "This account is connected already"),
        (host.url + "/nothing", "There is nothing at this address"),
        ("gopher://x", "This is no web address."),
        ("", "is empty"),
    ):
        refused = edit(admin, account, url=url, our_names="")
        assert (refused.status_code, words in text(refused.content.decode())) == (422, True), url
    account.refresh_from_db()
    assert account.credentials["url"] == host.url + "/feed"


def test_another_blogs_address_is_another_account(blog: ChannelAccount, admin: Client, host: Host) -> None:
    refused = edit(admin, blog, url=host.url, username="acme", application_password="", our_names="")
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://127.0.0.1:8000/feed", "http://0x7f.1:8000/feed"),
        ("http://127.0.0.1/feed", "http://2130706433/feed"),
        ("http://127.0.0.1/feed", "HTTP://0177.0.0.01:80/feed"),
        ("http://127.0.0.1/feed", "http://[::ffff:127.0.0.1]/feed"),
        ("http://127.0.0.1/feed", "http://１２７.0.0.1/feed"),
        ("https://[2001:db8::1]/feed", "https://[2001:0DB8:0:0::1]:443/feed"),
        ("https://blog.example.com/feed", "https://Blog.Example.COM./feed"),
        ("https://xn--caf-dma.example/feed", "https://café.example/feed"),
    ],
)
def test_one_address_in_two_spellings_is_one(one: str, other: str) -> None:
    assert canonical(other) == canonical(one) == one


@pytest.mark.parametrize(
    "url", ["http://999.1.1.1/", "http://0x7f.0x1ffffff/", "http://a b/", "http://a%2eb/", "http:///"]
)
def test_what_is_no_host_is_no_address(url: str) -> None:
    with pytest.raises(Refused):
        canonical(url)


def test_the_same_feed_in_another_spelling_is_connected_already(host: Host, admin: Client) -> None:
    connect(admin, "feed", url=host.url + "/feed")
    again = connect(admin, "feed", url=host.url.replace("127.0.0.1", "0x7f.1") + "/feed")
    assert "connected already" in again.content.decode()
    assert ChannelAccount.objects.filter(channel="feed").count() == 1


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "feeds.localhost", "127.0.0.2", "[::1]"])
def test_all_names_of_this_machine_are_one(host: Host, admin: Client, name: str) -> None:
    connect(admin, "feed", url=host.url + "/feed")
    again = connect(admin, "feed", url=host.url.replace("127.0.0.1", name) + "/feed")
    assert "connected already" in again.content.decode()
    assert ChannelAccount.objects.filter(channel="feed").count() == 1


SELF = '<link xmlns="http://www.w3.org/2005/Atom" rel="self" href="{}"/>'


@pytest.mark.parametrize("first", ["/feed", "/old"])
@pytest.mark.parametrize("how", ["redirect", "self"])
def test_the_same_feed_under_another_address_is_refused_whichever_came_first(
    acme: Workspace, host: Host, admin: Client, how: str, first: str
) -> None:
    host.pages["/feed"] = Says(rss(item(1), head=SELF.format(host.url + "/feed")), headers=XML)
    sent_on = Says(b"", 302, {"Location": host.url + "/feed"})
    host.pages["/old"] = sent_on if how == "redirect" else host.pages["/feed"]
    second = {"/feed": "/old", "/old": "/feed"}[first]
    assert connect(admin, "feed", url=host.url + first).redirect_chain
    refused = connect(admin, "feed", url=host.url + second)
    assert refused.status_code == 422
    shown = text(refused.content.decode())
    assert "This leads to what is connected already, as “C”: it is the same under another address." in shown
    assert ChannelAccount.objects.filter(channel="feed").count() == 1
    assert connect(admin, "watch", url=host.url + second).redirect_chain, "as another channel it is something else"

    account = ChannelAccount.objects.get(channel="feed")
    host.pages["/third"] = Says(rss(item(2)), headers=XML)
    assert connect(admin, "feed", url=host.url + "/third").redirect_chain
    third = ChannelAccount.objects.get(channel="feed", external_id__contains="third")
    refused = edit(admin, third, url=host.url + second, our_names="")
    assert (refused.status_code, "leads to what is connected already" in text(refused.content.decode())) == (422, True)
    assert edit(admin, account, url=host.url + second, our_names="").redirect_chain, "its own other address it may have"


@pytest.mark.parametrize("way", ["/comments/feed/", "/comments/feed", "/comments/feed/atom/", "/?feed=comments-rss2"])
@pytest.mark.parametrize("first", ["blog", "feed"])
def test_comments_of_one_blog_come_by_one_way(
    acme: Workspace, settings: Any, admin: Client, first: str, way: str
) -> None:
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    with wordpress() as site:
        url = site.host.url
        front, feed = site.host.pages["/"], Says(rss(item(1)), headers=XML)
        site.host.pages[way.partition("?")[0]] = feed
        site.host.pages["/"] = lambda asked: feed if "feed" in asked.query else front
        forms = {
            "blog": {"url": url, "username": "acme", "application_password": PASSWORD, "our_names": ""},
            "feed": {"url": url + way, "our_names": ""},
        }
        assert connect(admin, first, **forms.pop(first)).redirect_chain
        ((second, form),) = forms.items()
        refused = connect(admin, second, **form)
        assert refused.status_code == 422
        assert "Its comments come in already, through “" in text(refused.content.decode())
        assert "each would come twice" in text(refused.content.decode())
        assert ChannelAccount.objects.filter(channel__in=("blog", "feed")).count() == 1
        site.host.pages["/posts"] = feed
        assert connect(admin, "watch", url=url + "/posts", keywords="").redirect_chain, "its posts are something else"


def test_when_a_feed_was_asked_and_will_be_is_shown(acme: Workspace, host: Host, admin: Client) -> None:
    account = look(feed_of(acme, host.url + "/feed"))
    shown = page(admin, f"accounts/{account.pk}/")
    assert "Will be read again" in shown
    due = datetime.fromisoformat(Position.of(account.cursor).next)
    assert f'datetime="{due.isoformat()}"' in shown
    assert account.polled_at
    assert f'datetime="{account.polled_at.isoformat()}"' in shown


def test_words_to_look_for_are_kept_tidy(acme: Workspace, host: Host, admin: Client) -> None:
    connect(admin, "watch", url=host.url + "/feed", keywords="Acme, phone,, acme ,  big   phone,")
    account = ChannelAccount.objects.get(channel="watch")
    assert account.options["keywords"] == "Acme, phone, big phone"
    refused = edit(admin, account, url=host.url + "/feed", keywords="acme, " + "x" * 61)
    assert refused.status_code == 422
    assert "is longer than 60 characters" in text(refused.content.decode())
    edit(admin, account, url=host.url + "/feed", keywords=" , ,")
    account.refresh_from_db()
    assert account.options["keywords"] == ""


def test_a_feed_that_is_not_well_formed_is_not_called_healthy(acme: Workspace, host: Host, admin: Client) -> None:
    host.pages["/feed"] = Says(rss(item(1)).replace(b"</channel>", b"&nbsp;</channel>"), headers=XML)
    assert connect(admin, "feed", url=host.url + "/feed", our_names="").redirect_chain
    account = ChannelAccount.objects.get(channel="feed")
    for path in ("", f"accounts/{account.pk}/"):
        shown = text(page(admin, path))
        assert shown.count("The feed is not well formed. It is read all the same.") == 1
        assert "Works in part" in shown


def test_what_a_feed_calls_itself_on_another_host_says_nothing(host: Host, admin: Client) -> None:
    for path in ("/feed", "/other"):
        head = SELF.format("https://blog.example.com/feed/")
        host.pages[path] = Says(rss(item(1), head=head), headers=XML)
        assert connect(admin, "feed", url=host.url + path).redirect_chain


def test_one_wordpress_is_connected_once_whichever_address_is_given(
    blog: ChannelAccount, site: Site, admin: Client
) -> None:
    site.host.pages["/blog"] = site.host.pages["/"]
    given = {"username": "acme", "application_password": PASSWORD, "our_names": ""}
    refused = connect(admin, "blog", url=site.host.url + "/blog", **given)
    assert refused.status_code == 422
    assert f"connected already, as “{blog.name}”" in text(refused.content.decode())


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "This is no web address. It should look like https://blog.example.com."),
        ("two words", "This is no web address."),
        ("https://ada:secret@blog.example.com/feed", "a user name or a password, before an @. Leave that out"),
        ("ada@example.com", "a user name or a password, before an @. Leave that out"),
        ("http://127.0.0.1:22/", "Only the ports 80, 443, 8080 and 8443 are gone to. Give one of these"),
        ("https://blog.example.com:22/feed", "Only the ports 80, 443, 8080 and 8443 are gone to."),
        ("https://blog.exmaple.com/feed", "No site has this name. Check each letter"),
    ],
)
@pytest.mark.parametrize("channel", ["feed", "blog"])
def test_an_address_that_cannot_be_gone_to_is_told_what_is_wrong_with_it(
    host: Host, admin: Client, monkeypatch: pytest.MonkeyPatch, channel: str, url: str, words: str
) -> None:
    real = socket.getaddrinfo

    def resolve(name: Any, *args: Any, **more: Any) -> Any:
        if name in ("blog.exmaple.com", b"blog.exmaple.com"):
            raise socket.gaierror(socket.EAI_NONAME, "nobody's name")
        return real(name, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    given = {"username": "acme", "application_password": PASSWORD} if channel == "blog" else {}
    refused = connect(admin, channel, url=url, **given)
    assert refused.status_code == 422
    assert words in text(refused.content.decode())
    assert "secret" not in text(refused.content.decode())
    assert host.asked == []


@pytest.mark.parametrize("announced", [True, False])
def test_a_bomb_is_called_too_large_and_nothing_was_switched_off(host: Host, admin: Client, announced: bool) -> None:
    headers = {"Content-Encoding": "gzip"} if announced else {}
    host.pages["/feed"] = Says(gzip.compress(bytes(60_000_000), 9), headers={**XML, **headers})
    shown = text(connect(admin, "feed", url=host.url + "/feed").content.decode())
    assert "What is there is too large, at least once it is unpacked." in shown
    assert "switched off" not in shown
    assert "Nothing was saved." in shown


def test_a_feed_speaks_french(acme: Workspace, host: Host, admin: Client, carol: Membership) -> None:
    host.pages["/feed"] = Says(rss(item(1)) + b"<oops", headers=XML)
    account = feed_of(acme, host.url + "/feed", "watch")
    admin.post(f"{SETTINGS_OF}/accounts/{account.pk}/test/")
    shown = text(admin.get(f"{SETTINGS_OF}/accounts/{account.pk}/", HTTP_ACCEPT_LANGUAGE="fr").content.decode())
    for english in ("Watched blog", "not well formed", "Words to look for", "Connected on", "It can be read."):
        assert english not in shown
    host.pages["/feed"] = Says(b"", 404)
    url = f"{SETTINGS_OF}/accounts/add/0/watch/"
    refused = admin.post(url, {"url": host.url + "/feed?2", "name": ""}, HTTP_ACCEPT_LANGUAGE="fr").content.decode()
    for english in ("Nothing was saved", "Watched blog", "There is nothing"):
        assert english not in text(refused)


def test_a_platform_that_needs_an_app_is_not_connected_without_one(carol: Membership, sign_in: Any) -> None:
    assert sign_in(carol).get("/w/acme/settings/accounts/add/0/facebook/").status_code == 404


@pytest.mark.parametrize("channel", ["blog", "feed", "watch"])
def test_the_form_to_connect_one_asks_for_what_it_needs(carol: Membership, sign_in: Any, channel: str) -> None:
    page = sign_in(carol).get(f"/w/acme/settings/accounts/add/0/{channel}/")
    assert page.status_code == 200
    assert 'name="url"' in page.content.decode()
    assert 'name="external_id"' not in page.content.decode()
