"""What cannot be answered from here, and the answers that were given there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from connectors.models import ChannelAccount
from inbox.models import Message, Ticket
from sla.models import Timer
from socialcare.models import Membership, Workspace
from tests.blog import SETTINGS, Site, feed_of, look
from tests.connectors.blog.host import Host, Says, running
from tests.connectors.blog.test_feeds import API, XML, item, rss
from tests.connectors.blog.test_wordpress import answer


@pytest.fixture
def host(settings: Any) -> Iterator[Host]:
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    with running() as there:
        yield there


@pytest.fixture
def watched(acme: Workspace, host: Host) -> ChannelAccount:
    posts = [
        item(1, title="Never again Acme Mobile", description="They lost my parcel. acme!", link="https://b.example/1"),
        item(2, title="My holidays", description="Sun, and macmerry people", link="https://b.example/2"),
    ]
    host.pages["/blog"] = Says(rss(*posts), headers=XML)
    return feed_of(acme, host.url + "/blog", "watch", keywords="acme, Acme Mobile")


def test_a_post_that_names_the_brand_opens_a_ticket(watched: ChannelAccount) -> None:
    for _ in range(3):
        look(watched)
    message = Message.objects.get()
    assert (message.kind, message.parent_id, message.permalink) == ("mention", "", "https://b.example/1")
    assert message.text.startswith("Never again Acme Mobile")
    assert Ticket.objects.get().preview == "Never again Acme Mobile · They lost my parcel. acme!"


def test_it_cannot_be_answered_from_here_and_the_answer_given_there_is_recorded(
    watched: ChannelAccount, alice: Membership, sign_in: Any
) -> None:
    look(watched)
    ticket, browser = Ticket.objects.get(), sign_in(alice)
    mode = browser.get(f"{API}/tickets/{ticket.pk}/").json()["compose"]["reply"]
    assert (mode["allowed"], mode["elsewhere"], mode["instead"]) == (False, True, "https://b.example/1")
    assert "cannot be answered from here" in mode["message"]
    assert post(browser, f"/tickets/{ticket.pk}/replies/", text="Hello", last_seq=1).status_code == 422

    late = post(browser, f"/tickets/{ticket.pk}/answered-there/", link="https://b.example/1#c2", last_seq=0)
    assert late.status_code == 409
    key = {"HTTP_IDEMPOTENCY_KEY": "0b9f5b0e-7a37-4d8b-9a55-3f8f8f0f6f10"}
    for _ in range(2):
        said = post(browser, f"/tickets/{ticket.pk}/answered-there/", key, link="https://b.example/1#c2", last_seq=1)
        assert said.status_code == 201
    recorded = Message.objects.get(origin=Message.Origin.OUTSIDE)
    assert (recorded.permalink, recorded.agent_id) == ("https://b.example/1#c2", alice.user_id)
    assert said.json()["entry"]["who"] == "Alice"
    assert said.json()["row"]["text"] == "[answer] b.example"
    ticket.refresh_from_db()
    assert (ticket.status, ticket.due_at) == ("pending", None)
    assert Timer.objects.get().stopped_at == recorded.at


def test_what_can_be_answered_from_here_is_not_recorded_as_answered_there(
    acme: Workspace, alice: Membership, sign_in: Any, facebook: ChannelAccount
) -> None:
    from tests import meta
    from tests.conftest import take_in

    take_in(facebook, meta.comment())
    said = post(
        sign_in(alice), f"/tickets/{Ticket.objects.get().pk}/answered-there/", link="https://b.example/", last_seq=1
    )
    assert said.status_code == 422
    assert Message.objects.count() == 1


def post(browser: Client, path: str, headers: dict[str, str] | None = None, /, **body: Any) -> Any:
    return browser.post(f"{API}{path}", json.dumps(body), content_type="application/json", **(headers or {}))


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("javascript:alert(1)", "This is no link."),
        ("not a link", "This is no link."),
        ("https:///x", "This is no link."),
        ("https://b.example/a b", "This is no link."),
        ("https://b.example:99999/", "This is no link."),
        ("https://b.example\\@evil.example/", "This is no link."),
        ("https://b..example/", "This is no link."),
        ("https://b.example/\u202egpj.exe", "This is no link."),
        ("ftp://b.example/1", "This is no link."),
        ("https://ada:secret@b.example/1", "holds a name or a password"),
        ("https://b.example@evil.example/1", "holds a name or a password"),
        ("https://evil.example/b.example", "leads to evil.example, and the post stands on b.example"),
        ("https://b.example.evil.example/", "leads to b.example.evil.example"),
        ("https://notb.example/", "leads to notb.example"),
        ("https://b.example", "front page"),
        ("https://www.b.example/", "front page"),
    ],
)
def test_a_link_that_is_none_or_leads_elsewhere_is_refused_by_its_field(
    watched: ChannelAccount, alice: Membership, sign_in: Any, link: str, says: str
) -> None:
    look(watched)
    path = f"/tickets/{Ticket.objects.get().pk}/answered-there/"
    refused = post(sign_in(alice), path, link=link, last_seq=1)
    assert refused.status_code == 400
    assert says in refused.json()["error"]["fields"]["link"][0]
    assert (Message.objects.count(), Timer.objects.get().stopped_at) == (1, None)


@pytest.mark.parametrize(
    "link",
    [
        "HTTP://www.b.example/1?c=2#c3",
        "https://m.b.example./1",
        "https://b.example:8443/2",
        "https://b.example/?p=3",
        "https://b.example/#c4",
    ],
)
def test_a_link_on_the_posts_site_is_taken(watched: ChannelAccount, alice: Membership, sign_in: Any, link: str) -> None:
    look(watched)
    path = f"/tickets/{Ticket.objects.get().pk}/answered-there/"
    assert post(sign_in(alice), path, link=link, last_seq=1).status_code == 201


def test_an_account_that_needs_attention_does_not_keep_an_answer_from_being_recorded(
    watched: ChannelAccount, alice: Membership, sign_in: Any
) -> None:
    look(watched)
    ChannelAccount.objects.filter(pk=watched.pk).update(state=ChannelAccount.State.ATTENTION)
    path = f"/tickets/{Ticket.objects.get().pk}/answered-there/"
    assert post(sign_in(alice), path, link="https://b.example/1", last_seq=1).status_code == 201


def test_an_answer_given_there_settles_the_one_that_failed(blog: ChannelAccount, site: Site, browser: Client) -> None:
    site.write()
    look(blog)
    site.host.pages["/wp-json/wp/v2/comments"] = Says({"code": "rest_comment_closed"}, 403)
    failed = answer(browser, Ticket.objects.get())
    assert (failed.failure, Ticket.objects.get().trouble) == ("closed", True)
    path = f"/tickets/{failed.ticket_id}/answered-there/"
    said = post(browser, path, link=site.host.url + "/parcels/#comment-9", last_seq=Ticket.objects.get().seq)
    assert said.status_code == 201, said.content
    assert (said.json()["row"]["trouble"], said.json()["row"]["st"]) == (False, "pending")
