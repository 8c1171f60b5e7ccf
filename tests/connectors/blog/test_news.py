"""Hubs that push and pages that mention us, through the webhook's address."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from connectors import deliveries, gateway
from connectors.blog import websub
from connectors.blog.address import lies_on
from connectors.blog.feeds import Position
from connectors.models import ChannelAccount, Delivery, Oddity
from inbox import hooks, intake, news
from inbox.models import Message, Ticket
from sla.models import Timer
from socialcare.models import Membership, Workspace
from socialcare.valkey import valkey
from tests.blog import SETTINGS, Site, blog_of, feed_of, look, wordpress
from tests.connectors.blog.host import Asked, Host, Says, running
from tests.connectors.blog.test_feeds import XML, item, rss, texts
from tests.inbox.test_hooks import call

pytestmark = pytest.mark.django_db(transaction=True)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def host(settings: Any) -> Iterator[Host]:
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    hooks._apps.clear()
    with running() as there:
        there.pages["/hub"] = Says(b"", 202)
        yield there


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> None:
    """What intake puts off is done at once."""
    monkeypatch.setattr(intake, "ring", lambda task, *args, **_more: task(*args) if "news" in task.name else None)


def take_in_what_waits() -> None:
    """Twice: what was looked into waits then."""
    while batch := deliveries.claim(200):
        intake.take_in(batch)
        deliveries.release(batch)


# ---------------------------------------------------------------- WebSub


@pytest.fixture
def subscribed(acme: Workspace, host: Host) -> tuple[ChannelAccount, Asked]:
    """A comment feed with a hub, polled once; and what its hub was asked."""
    head = f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="{host.url}/hub"/>'
    head += f'<link xmlns="http://www.w3.org/2005/Atom" rel="self" href="{host.url}/feed"/>'
    host.pages["/feed"] = Says(rss(item(1), head=head), headers=XML)
    account = look(feed_of(acme, host.url + "/feed"))
    (asked,) = [one for one in host.asked if one.path == "/hub"]
    return account, asked


def callback(asked: Asked) -> tuple[str, str]:
    parts = urlsplit(asked.form["hub.callback"])
    return parts.path, parts.query


def test_a_feed_with_a_hub_is_subscribed_to_and_the_hubs_question_answered(
    subscribed: tuple[ChannelAccount, Asked], host: Host
) -> None:
    account, asked = subscribed
    assert (asked.form["hub.mode"], asked.form["hub.topic"]) == ("subscribe", host.url + "/feed")
    assert len(asked.form["hub.secret"]) >= 20
    path, query = callback(asked)
    question = {"hub.mode": "subscribe", "hub.topic": host.url + "/feed", "hub.challenge": "abc-123"}
    assert call(path, method="GET", query=f"{query}&{urlencode(question)}") == (200, "abc-123")
    for wrong in ({"hub.topic": host.url + "/other"}, {"hub.mode": "denied"}, {"hub.challenge": "<b>\n"}):
        assert call(path, method="GET", query=f"{query}&{urlencode(question | wrong)}")[0] == 403
    forged = query.replace("s=", "s=0")
    assert call(path, method="GET", query=f"{forged}&{urlencode(question)}")[0] == 403
    assert account.external_id in dict(pair.split("=", 1) for pair in query.split("&"))["a"].replace(
        "%2F", "/"
    ).replace("%3A", ":")


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signed_push_means_look_now(
    subscribed: tuple[ChannelAccount, Asked], host: Host, rung: None, method: str
) -> None:
    _account, asked = subscribed
    path, query = callback(asked)
    body = rss(item(2), item(1))
    key = asked.form["hub.secret"].encode()
    signature = f"{method}={hmac.new(key, body, getattr(hashlib, method)).hexdigest()}"
    host.pages["/feed"] = Says(body, headers=XML)
    assert call(path, body, query=query, x_hub_signature=signature)[0] == 202
    take_in_what_waits()
    assert texts() == ["Where is parcel 1?", "Where is parcel 2?"]
    look(_account)
    assert Message.objects.count() == 2, "the poll finds nothing new"


def test_a_push_that_is_not_signed_by_the_hub_is_refused(
    subscribed: tuple[ChannelAccount, Asked], host: Host, rung: None
) -> None:
    _account, asked = subscribed
    path, query = callback(asked)
    before = len(host.asked)
    for signature in ("", "sha256=00", "md5=00", "sha256", f"sha1={'0' * 40}"):
        assert call(path, b"<rss/>", query=query, x_hub_signature=signature)[0] == 401
    assert call(path, b"<rss/>", x_hub_signature="sha1=00")[0] == 401
    take_in_what_waits()
    assert len(host.asked) == before
    assert Delivery.objects.count() == 1


def test_a_subscription_is_renewed_before_its_lease_ends(subscribed: tuple[ChannelAccount, Asked], host: Host) -> None:
    account, _asked = subscribed
    look(account)
    assert host.paths().count("/hub") == 1
    position = Position.of(account.cursor)
    old = (datetime.now(UTC) - websub.RENEW_AFTER - timedelta(minutes=1)).isoformat()
    account.cursor = account.cursor.replace(position.hub_at, old)
    account.save()
    look(account)
    assert host.paths().count("/hub") == 2


def test_a_hub_that_refuses_does_not_stop_the_polling(acme: Workspace, host: Host) -> None:
    host.pages["/hub"] = Says(status=500)
    head = f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="{host.url}/hub"/>'
    host.pages["/feed"] = Says(rss(item(1), head=head), headers=XML)
    account = feed_of(acme, host.url + "/feed")
    for _ in range(3):
        look(account)
    assert texts() == ["Where is parcel 1?"]
    assert host.paths().count("/hub") == 1


# ---------------------------------------------------------------- Webmention


@pytest.fixture
def mentioned(acme: Workspace, host: Host) -> Iterator[tuple[Site, str]]:
    """The company's blog, and the address for webmentions about it."""
    with wordpress() as site:
        account = blog_of(acme, site)
        yield site, f"/hooks/blog/{account.app.key}/?{urlencode({'c': 'blog', 'a': account.external_id})}"


def mention(address: str, source: str, target: str, kind: str = FORM) -> int:
    path, _, query = address.partition("?")
    body = urlencode({"source": source, "target": target}).encode()
    status, _words = call(path, body, query=query, content_type=kind)
    take_in_what_waits()
    return int(status)


PAGE = """<html><head><title>Lost &amp; found</title></head><body><article class="h-entry">
<span class="p-author h-card">Brook <script>alert(1)</script></span>
<time class="dt-published" datetime="2026-11-20T10:00:00+00:00">then</time>
<div class="e-content"><p>Acme <a href="{target}">wrote</a> that &lt;b&gt;parcels&lt;/b&gt; are fast.</p></div>
</article></body></html>"""


def test_a_page_that_links_to_ours_becomes_a_ticket(mentioned: tuple[Site, str], host: Host, rung: None) -> None:
    site, address = mentioned
    target = f"{site.host.url}/parcels/"
    host.pages["/post"] = Says(PAGE.format(target=target).encode(), headers={"Content-Type": "text/html"})
    assert mention(address, host.url + "/post", target) == 202
    message = Message.objects.get()
    assert (message.kind, message.permalink) == ("mention", host.url + "/post")
    (ours,) = message.attachments
    assert (ours["type"], ours["url"], ours["title"]) == ("target", target, target[7:].rstrip("/"))
    assert message.text == "Lost & found\n\nAcme wrote that parcels are fast."
    assert message.at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert "<" not in message.ticket.identity.name
    mention(address, host.url + "/post", target)
    assert Ticket.objects.count() == 1


PARAGRAPHS = """<html><head><title>Brook\u2019s diary</title></head><body>
<header>Brook's diary. <a href="/about">About</a></header><h1>A day in May</h1><time datetime="2026-05-02">2 May</time>
<p>It rained.</p><p>Then I read what <a href="{target}">Acme wr<b>ote</b></a> and
laughed<br>out loud.</p><p>Then I slept.</p><footer>Imprint</footer></body></html>"""
LISTED = """<body class="h-feed"><p class="h-card">A club</p>
<div class="h-entry"><h2 class="p-name">Yesterday</h2><div class="e-content">No link.</div></div>
<div class="h-entry"><h2 class="p-name">Today</h2><a class="p-author h-card" href="/">Brook</a>
<div class="e-content"><p>I like <a class="h-card" href="/ada">Ada</a>.</p><ul><li>And <a href="{target}">this</a>.</ul>
</div></div><div class="h-entry"><h2 class="p-name">Tomorrow</h2></div></body>"""
LONG = """<body><div class="h-entry"><div class="e-content">{long}
<p>See <a href="{target}">there</a>.</p></div></div></body>"""
TURNED = """<title>Invoice \u202egpj.exe</title><p class="h-card">Ad\u202ea\u2066</p>
<p>Good \u202ebad and <a href="{target}">this</a></p>"""


@pytest.mark.parametrize(
    ("page", "says", "name"),
    [
        (PARAGRAPHS, "Brook’s diary\n\nThen I read what Acme wrote and laughed out loud.", "127.0.0.1"),
        (LISTED, "Today\n\nI like Ada. And this.", "Brook"),
        (LONG, "See there.", "127.0.0.1"),
        (TURNED, "Invoice gpj.exe\n\nGood \u202ebad and this\u202c", "Ada"),
    ],
)
def test_of_a_page_the_words_around_the_link_are_read(
    mentioned: tuple[Site, str], host: Host, rung: None, page: str, says: str, name: str
) -> None:
    site, address = mentioned
    target = f"{site.host.url}/parcels/"
    html = page.replace("{target}", target).replace("{long}", "<p>Many words.</p>" * 300)
    host.pages["/post"] = Says(html.encode(), headers={"Content-Type": "text/html"})
    mention(address, host.url + "/post", target)
    message = Message.objects.get()
    assert (message.text, message.ticket.identity.name) == (says, name)


def test_a_mention_is_answered_there_and_recorded(
    mentioned: tuple[Site, str], host: Host, rung: None, alice: Membership, sign_in: Any
) -> None:
    site, address = mentioned
    target = f"{site.host.url}/parcels/"
    host.pages["/post"] = Says(PAGE.format(target=target).encode(), headers={"Content-Type": "text/html"})
    mention(address, host.url + "/post", target)
    ticket, browser = Ticket.objects.get(), sign_in(alice)
    mode = browser.get(f"/w/acme/api/tickets/{ticket.pk}/").json()["compose"]["reply"]
    assert (mode["allowed"], mode["reason"], mode["elsewhere"]) == (False, "only_there", True)
    assert mode["instead"] == host.url + "/post"
    given = json.dumps({"link": host.url + "/post#c3", "last_seq": 1})
    path = f"/w/acme/api/tickets/{ticket.pk}/answered-there/"
    said = browser.post(path, given, content_type="application/json")
    assert said.status_code == 201, said.content
    assert Timer.objects.get().outcome == "answered"
    assert said.json()["row"]["st"] == "pending"


@pytest.mark.parametrize(
    ("page", "asked"),
    [
        (Says(b"<a href='https://elsewhere.example/'>no</a>"), True),
        (Says(b"https://blog/parcels/ only as words"), True),
        (Says(b"", 404), True),
        (Says(bytes(3_000_000)), True),
        (Says(status=302, headers={"Location": "http://10.0.0.1/"}), True),
        (Says(status=302, headers={"Location": "{site}/links/"}), True),
    ],
)
def test_a_page_that_does_not_link_is_not_believed(
    mentioned: tuple[Site, str], host: Host, rung: None, page: Says, asked: bool
) -> None:
    site, address = mentioned
    headers = {name: value.replace("{site}", site.host.url) for name, value in dict(page.headers).items()}
    host.pages["/post"] = replace(page, headers=headers)
    site.host.pages["/links/"] = Says(f"<a href='{site.host.url}/parcels/'>ours</a>".encode())
    assert mention(address, host.url + "/post", f"{site.host.url}/parcels/") == 202
    assert Message.objects.count() == 0
    assert ("/post" in host.paths()) is asked


def test_a_page_that_does_not_answer_is_asked_again(
    mentioned: tuple[Site, str], host: Host, rung: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    later: list[Any] = []
    monkeypatch.setattr(news.look_into, "apply_async", lambda args, **more: later.append((args, more["countdown"])))
    site, address = mentioned
    target = f"{site.host.url}/parcels/"
    host.pages["/post"] = Says(b"", 503)
    mention(address, host.url + "/post", target)
    while len(later) < 3:
        news.look_into(*later[-1][0])
    news.look_into(*later[-1][0])
    assert [wait for _, wait in later] == [60, 600, 3600], "and then no more"
    host.pages["/post"] = Says(PAGE.format(target=target).encode())
    news.look_into(*later[0][0])
    take_in_what_waits()
    assert Message.objects.get().permalink == host.url + "/post"


def test_one_page_at_a_time_is_looked_at(
    mentioned: tuple[Site, str], host: Host, rung: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    later: list[Any] = []
    monkeypatch.setattr(news.look_into, "apply_async", lambda args, **more: later.append(args))
    site, address = mentioned
    target = f"{site.host.url}/parcels/"
    host.pages["/post"] = Says(PAGE.format(target=target).encode())
    account = ChannelAccount.objects.get(channel="blog")
    valkey().set(f"looking:{account.pk}", 1, ex=60)
    mention(address, host.url + "/post", target)
    assert (host.asked, len(later)) == ([], 1)
    valkey().delete(f"looking:{account.pk}")
    news.look_into(*later.pop())
    take_in_what_waits()
    assert (later, Message.objects.count()) == ([], 1)


def test_a_form_makes_nobody_poll(subscribed: tuple[ChannelAccount, Asked], host: Host, rung: None) -> None:
    account, _asked = subscribed
    before = len(host.asked)
    query = urlencode({"c": "feed", "a": account.external_id, "t": host.url + "/feed"})
    mention(f"/hooks/blog/{account.app.key}/?{query}", "https://b.example/1", "https://b.example/2")
    assert len(host.asked) == before


def test_an_address_that_is_none_stops_nothing(acme: Workspace, host: Host) -> None:
    head = '<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="http://[::1"/>'
    host.pages["/feed"] = Says(rss(item(1), head=head), headers=XML)
    look(feed_of(acme, host.url + "/feed"))
    assert texts() == ["Where is parcel 1?"]


def test_only_pages_about_the_accounts_own_site_are_looked_at(
    mentioned: tuple[Site, str], host: Host, rung: None
) -> None:
    site, address = mentioned
    target = "https://other.example/"
    host.pages["/post"] = Says(PAGE.format(target=target).encode())
    mention(address, host.url + "/post", target)
    mention(address, f"{site.host.url}/post", f"{site.host.url}/parcels/")
    assert host.asked == []
    assert Message.objects.count() == 0


def test_a_page_of_another_site_on_the_same_host_counts_and_one_of_ours_does_not(
    acme: Workspace, host: Host, rung: None
) -> None:
    account = feed_of(acme, host.url + "/blog/acme/comments/feed/")
    address = f"/hooks/blog/{account.app.key}/?{urlencode({'c': 'feed', 'a': account.external_id})}"
    target = host.url + "/blog/acme/parcels/"
    paths = ["/blog/acme2/post", "/elsewhere/post", "/blog/acme/../brook/post", "/blog/acme/own", "/blog/%61cme/own"]
    for path in paths:
        page = PAGE.format(target=target).encode()
        host.pages[path.replace("acme/../", "")] = Says(page, headers={"Content-Type": "text/html"})
        mention(address, host.url + path, target)
    found = {message.permalink.removeprefix(host.url) for message in Message.objects.all()}
    assert found == set(paths[:3])
    for wrong in ("/blog/acme2/parcels/", "/blog/acme/../other/", "/blog/", "/blog/acme%2F..%2Fother/"):
        host.pages["/elsewhere/wrong"] = Says(PAGE.format(target=host.url + wrong).encode())
        mention(address, host.url + "/elsewhere/wrong", host.url + wrong)
    assert Message.objects.count() == 3


@pytest.mark.parametrize(
    ("site", "url", "lies"),
    [
        ("https://b.example", "http://b.example/x", True),
        ("https://b.example/blog", "https://b.example/blog", True),
        ("https://b.example/blog/", "https://b.example/blog/x?y#z", True),
        ("https://b.example/blog/", "https://b.example/blog2/x", False),
        ("https://b.example/blog", "https://b.example/blog/../x", False),
        ("https://b.example/blog", "https://b.example/blog/%2e%2e/x", False),
        ("https://b.example/blog", "https://b.example:8443/blog/x", False),
        ("https://b.example/blog/index.php", "https://b.example/blog/x", True),
        ("https://b.example/", "https://b.example.evil.example/", False),
        ("https://b.example/", "https://b.example@evil.example/", False),
    ],
)
def test_what_lies_on_a_site(site: str, url: str, lies: bool) -> None:
    assert lies_on(url, site) is lies


def test_what_is_no_webmention_is_refused(mentioned: tuple[Site, str], host: Host, rung: None) -> None:
    site, address = mentioned
    ours = f"{site.host.url}/parcels/"
    assert mention(address, "javascript:alert(1)", ours) == 401
    assert mention(address, ours, ours) == 401
    assert mention(address, host.url, "x" * 9000) == 401
    assert mention(address, host.url + "/post", ours, "text/plain") == 401
    assert mention(address.partition("?")[0], host.url + "/post", ours) == 202
    assert Oddity.objects.get().label == "news"
    assert host.asked == []


def test_news_of_an_account_that_is_paused_waits_for_the_poll(
    subscribed: tuple[ChannelAccount, Asked], host: Host
) -> None:
    account, _asked = subscribed
    before = len(host.asked)
    account.state = ChannelAccount.State.PAUSED
    account.save()
    news.look_into(account.pk, {})
    assert len(host.asked) == before
    assert gateway.may_poll(account) is False
