"""What cannot be answered from here, and the answers that were given there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from connectors.models import ChannelAccount
from inbox import watch
from inbox.models import Event, Message, Ticket
from inbox.outbox import send_waiting
from sla.models import Policy, Timer
from socialcare.models import Membership, Workspace
from tests.blog import ME, SETTINGS, Site, feed_of, look
from tests.conftest import person
from tests.connectors.blog.host import Host, Says, running
from tests.connectors.blog.test_feeds import API, XML, item, rss
from tests.connectors.blog.test_moderation import act
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
    assert (said.json()["row"]["sign"], said.json()["row"]["text"]) == ("answer", "b.example")
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


def test_comments_that_are_open_again_are_asked_for_by_who_tries_again(
    blog: ChannelAccount, site: Site, browser: Client
) -> None:
    comments, closed = site.host.pages["/wp-json/wp/v2/comments"], Says({"code": "rest_comment_closed"}, 403)
    for number, who in enumerate(("Ada", "Ben")):
        site.write(f"Question {number}", author_name=who, author_email=f"{who}@example.org")
    look(blog)
    first, second = Ticket.objects.order_by("id")
    site.host.pages["/wp-json/wp/v2/comments"] = closed
    failed, other = answer(browser, first), answer(browser, second)

    def mode(ticket: Ticket) -> Any:
        said = browser.get(f"{API}/tickets/{ticket.pk}/").json()["compose"]["reply"]
        return said["allowed"], said["elsewhere"]

    assert (mode(first), mode(second), other.failure) == ((False, True), (False, True), "closed")
    assert post(browser, f"/messages/{failed.pk}/retry/").status_code == 200
    send_waiting()
    failed.refresh_from_db()
    assert (failed.state, failed.failure, mode(first)) == ("failed", "closed", (False, True))

    site.host.pages["/wp-json/wp/v2/comments"] = comments
    assert post(browser, f"/messages/{failed.pk}/retry/").status_code == 200
    send_waiting()
    failed.refresh_from_db()
    assert failed.state == "sent"
    assert mode(second) == (True, False), "what went out under the post shows that it takes comments"
    assert mode(first) == (True, False)


def test_what_is_gone_is_not_asked_for_again(blog: ChannelAccount, site: Site, browser: Client) -> None:
    site.write()
    look(blog)
    site.host.pages["/wp-json/wp/v2/comments"] = Says({"code": "rest_comment_closed"}, 403)
    failed = answer(browser, Ticket.objects.get())
    Message.objects.filter(origin="customer").update(closed="gone")
    refused = post(browser, f"/messages/{failed.pk}/retry/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "gone")


def test_what_never_stood_under_a_post_is_not_counted_as_a_comment_there(
    blog: ChannelAccount, site: Site, browser: Client
) -> None:
    for number, who in enumerate(("Ada", "Ben")):
        site.write(f"Question {number}", author_name=who, author_email=f"{who}@example.org")
    look(blog)
    first, second = Ticket.objects.order_by("id")
    site.host.pages["/wp-json/wp/v2/comments"] = Says({"code": "rest_comment_closed"}, 403)
    failed = answer(browser, first)
    path = f"/tickets/{first.pk}/answered-there/"
    link = site.host.url + "/parcels/#comment-9"
    assert post(browser, path, link=link, last_seq=Ticket.objects.get(pk=first.pk).seq).status_code == 201
    others = browser.get(f"{API}/tickets/{second.pk}/").json()["others"]
    assert failed.state == "failed"
    assert [one["text"] for one in others] == [first.preview]


def recorded_by(watched: ChannelAccount, browser: Client, **more: Any) -> Message:
    look(watched)
    ticket = Ticket.objects.get()
    given = {"link": "https://b.example/1#c2", "last_seq": ticket.seq, **more}
    said = post(browser, f"/tickets/{ticket.pk}/answered-there/", **given)
    assert said.status_code == 201, said.content
    return Message.objects.get(pk=said.json()["entry"]["id"])


def test_a_record_that_was_wrong_is_taken_back_as_if_it_had_never_been(
    watched: ChannelAccount, alice: Membership, bob: Membership, sign_in: Any
) -> None:
    look(watched)
    ticket, before = Ticket.objects.get(), Timer.objects.get()
    record = recorded_by(watched, sign_in(alice))
    other = sign_in(person(alice.workspace, "anna", "agent"))
    refused = post(other, f"/messages/{record.pk}/take-back/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    assert Timer.objects.get().stopped_at == record.at
    for _ in range(2):
        said = post(sign_in(alice), f"/messages/{record.pk}/take-back/")
        assert said.status_code == 200, said.content
    row = said.json()["row"]
    assert (said.json()["entry"]["state"], row["st"], row["text"]) == ("cancelled", "open", ticket.preview)
    after = Timer.objects.get()
    assert (after.metric, after.stopped_at, after.outcome) == ("first_response", None, "")
    assert (after.started_at, after.due_at) == (before.started_at, before.due_at)
    fresh = Ticket.objects.get()
    assert (fresh.first_answered_at, fresh.last_at, fresh.due_at) == (None, ticket.last_at, before.due_at)
    entries = sign_in(bob).get(f"{API}/tickets/{ticket.pk}/entries/").json()["items"]
    assert [one["id"] for one in entries if one["type"] == "message"] == [Message.objects.order_by("seq")[0].pk]
    told = [one["text"] for one in entries if one["type"] == "event"][-3:]
    assert told == [
        "Recorded: it was answered on the page",
        "Taken back: it was not answered on the page",
        "There is something to answer again: the clock runs on",
    ]


def test_a_supervisor_takes_back_what_somebody_else_recorded_and_another_answer_stands(
    watched: ChannelAccount, alice: Membership, bob: Membership, sign_in: Any
) -> None:
    right = recorded_by(watched, sign_in(alice))
    wrong = recorded_by(watched, sign_in(alice), link="https://b.example/1#c3")
    said = post(sign_in(bob), f"/messages/{wrong.pk}/take-back/")
    assert (said.status_code, said.json()["row"]["st"]) == (200, "pending")
    assert (Timer.objects.get().stopped_at, Ticket.objects.get().first_answered_at) == (right.at, right.at)


def test_who_wrote_again_after_a_wrong_record_waits_since_the_first_words(
    blog: ChannelAccount, site: Site, browser: Client
) -> None:
    closed = Says({"code": "rest_comment_closed"}, 403)
    site.write(at=datetime.now(UTC) - timedelta(minutes=2))
    look(blog)
    first = Timer.objects.get()
    comments, site.host.pages["/wp-json/wp/v2/comments"] = site.host.pages["/wp-json/wp/v2/comments"], closed
    failed = answer(browser, Ticket.objects.get())
    path = f"/tickets/{failed.ticket_id}/answered-there/"
    said = post(browser, path, link=site.host.url + "/parcels/#comment-9", last_seq=Ticket.objects.get().seq)
    site.host.pages["/wp-json/wp/v2/comments"] = comments
    site.write("Nobody answered.", at=datetime.now(UTC) + timedelta(seconds=1))
    look(blog)
    assert sorted(Timer.objects.values_list("metric", flat=True)) == ["first_response", "next_response"]
    back = post(browser, f"/messages/{said.json()['entry']['id']}/take-back/")
    assert (back.json()["row"]["st"], back.json()["row"]["trouble"]) == ("open", True)
    timer = Timer.objects.get()
    assert (timer.metric, timer.started_at, timer.stopped_at) == ("first_response", first.started_at, None)


def test_a_promise_broken_before_a_wrong_record_is_told_of_once_the_record_is_taken_back(
    watched: ChannelAccount, alice: Membership, sign_in: Any
) -> None:
    Policy.objects.update(first_response=timedelta(microseconds=1))
    # The clock process has not seen it yet.
    record = recorded_by(watched, sign_in(alice))
    assert Timer.objects.get().breached_at
    post(sign_in(alice), f"/messages/{record.pk}/take-back/")
    assert watch.breach() == 1
    assert Event.objects.filter(verb="breached").count() == 1
    assert Ticket.objects.get().breached


def test_a_record_whose_question_is_gone_meanwhile_starts_no_clock(
    blog: ChannelAccount, site: Site, browser: Client
) -> None:
    site.write()
    look(blog)
    question = Message.objects.get()
    Message.objects.filter(pk=question.pk).update(closed="closed")
    path = f"/tickets/{question.ticket_id}/answered-there/"
    said = post(browser, path, link=site.host.url + "/parcels/#comment-9", last_seq=1)
    assert said.status_code == 201, said.content
    assert act(browser, question, "delete").status_code == 200
    back = post(browser, f"/messages/{said.json()['entry']['id']}/take-back/")
    assert (back.status_code, back.json()["row"]["st"], back.json()["row"]["due"]) == (200, "pending", None)
    assert Timer.objects.get().outcome == "resolved"


def test_only_a_record_is_taken_back(blog: ChannelAccount, site: Site, browser: Client, bob: Membership) -> None:
    site.write()
    look(blog)
    sent = answer(browser, Ticket.objects.get())
    site.write("Answered in WordPress.", author=ME, parent=int(Message.objects.earliest("id").external_id or 0))
    look(blog)
    for message in Message.objects.all():
        refused = post(browser, f"/messages/{message.pk}/take-back/")
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "not_supported"), message.origin
    assert (Message.objects.count(), sent.state) == (3, "sent")


def test_nobody_takes_back_what_another_company_recorded(
    watched: ChannelAccount, alice: Membership, mallory: Membership, sign_in: Any
) -> None:
    record = recorded_by(watched, sign_in(alice))
    path = f"/w/globex/api/messages/{record.pk}/take-back/"
    assert sign_in(mallory).post(path, "{}", content_type="application/json").status_code == 404
    record.refresh_from_db()
    assert record.state == "sent"
