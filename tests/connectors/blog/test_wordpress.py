"""The company's own blog, from a reader's comment to the official answer; a small WordPress on loopback."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from connectors import gateway
from connectors.blog import wordpress as client
from connectors.blog.site import Position
from connectors.contract import Disconnected, Removed
from connectors.models import ChannelAccount, Oddity, PlatformApp
from inbox import enrich, outbox
from inbox.models import Event, Message, Story, Ticket
from sla.models import Timer
from socialcare.models import Membership, Workspace
from tests.blog import ME, PASSWORD, SETTINGS, Site, blog_of, look
from tests.connectors.blog.host import Says

API = "/w/acme/api"


def post(browser: Client, path: str, **body: Any) -> Any:
    return browser.post(f"{API}{path}", json.dumps(body), content_type="application/json")


def answer(browser: Client, ticket: Ticket, text: str = "It is on its way.") -> Message:
    said = post(browser, f"/tickets/{ticket.pk}/replies/", text=text, last_seq=ticket.seq)
    assert said.status_code == 201, said.content
    outbox.send_waiting()
    return Message.objects.get(pk=said.json()["entry"]["id"])


@pytest.mark.behaviour_blog(34)
def test_a_comment_becomes_a_ticket_and_the_answer_stands_below_it(
    blog: ChannelAccount, site: Site, browser: Client
) -> None:
    number = site.write("Where is my <b>parcel</b>?")
    look(blog)
    ticket = Ticket.objects.get()
    message = Message.objects.get()
    assert (message.text, message.external_id, message.hidden) == ("Where is my parcel?", str(number), False)
    assert Timer.objects.get().stopped_at is None

    sent = answer(browser, ticket, "It is on its way & <soon>.")
    written = site.comments[int(sent.external_id or 0)]
    assert (written["parent"], written["post"], written["author"]) == (number, 4, ME)
    assert written["content"]["raw"] == "It is on its way &amp; &lt;soon&gt;."
    assert sent.state == Message.State.SENT
    assert Timer.objects.get().stopped_at is not None

    look(blog)
    assert Message.objects.count() == 2, "our own answer came back and is no second message"
    assert Ticket.objects.count() == 1


@pytest.mark.behaviour_blog(34)
def test_held_comments_are_read_and_marked_and_pings_and_notes_are_none(blog: ChannelAccount, site: Site) -> None:
    site.write("In moderation", status="hold")
    site.write("[…] linked", type="pingback", author_email="")
    site.write("[…] linked", type="trackback", author_email="")
    site.write("An editor's note", type="note", author=ME)
    look(blog)
    assert Message.objects.get().hidden is True
    assert {odd.label for odd in Oddity.objects.all()} == {"comment/pingback", "comment/trackback", "comment/note"}
    site.comments[101]["status"] = "approved"
    look(blog)
    assert Message.objects.get().hidden is False, "approved in WordPress itself"


@pytest.mark.behaviour_blog(34)
@pytest.mark.parametrize(
    ("action", "on", "status", "verb"),
    [
        ("approve", True, "approved", "approved"),
        ("approve", False, "hold", "held_back"),
        ("spam", True, "spam", "spam"),
        ("delete", True, "trash", "trashed"),
    ],
)
def test_moderation_from_the_ticket(
    blog: ChannelAccount, site: Site, browser: Client, action: str, on: bool, status: str, verb: str
) -> None:
    number = site.write("Buy this", status="hold" if on else "approved")
    look(blog)
    message = Message.objects.get()
    offered = browser.get(f"{API}/tickets/{message.ticket_id}/").json()["compose"]["can"]
    assert offered == ["approve", "delete", "restore", "spam"]
    said = post(browser, f"/messages/{message.pk}/act/", action=action, on=on)
    assert said.status_code == 200, said.content
    assert site.comments[number]["status"] == status
    assert Event.objects.filter(verb=verb).exists()
    message.refresh_from_db()
    assert message.hidden is not (action == "approve" and on)
    assert (message.removed_at is not None) is (action == "delete")


@pytest.mark.behaviour_blog(35)
def test_times_without_an_offset_are_utc_and_the_window_overlaps(blog: ChannelAccount, site: Site) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    site.write(at=at, date="2026-11-26T23:59:59")
    look(blog)
    assert Message.objects.get().at == at
    late = site.write("Written before, approved later", at=at - timedelta(minutes=20), author_email="b@example.org")
    look(blog)
    assert Message.objects.filter(external_id=str(late)).exists()
    assert Position.of(blog.cursor, None, datetime.now(UTC)).since <= datetime.now(UTC)


@pytest.mark.behaviour_blog(35)
def test_a_short_page_is_not_the_end(blog: ChannelAccount, site: Site) -> None:
    site.per_page = 4
    numbers = [site.write(f"Comment {n}", author_email=f"p{n}@example.org") for n in range(10)]
    site.hidden = set(numbers[:3]) | set(numbers[4:8])
    look(blog)
    assert set(Message.objects.values_list("external_id", flat=True)) == {str(n) for n in (*numbers[3:4], *numbers[8:])}


def test_a_flood_is_read_to_its_end(blog: ChannelAccount, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_PAGES", 2)
    site.per_page = 3
    start = datetime.now(UTC) - timedelta(minutes=50)
    for number in range(20):
        at = start + timedelta(minutes=2 * number)
        site.write(f"Comment {number}", at=at, author_email=f"p{number}@example.org", status="hold")
    for _ in range(8):
        look(blog)
    assert Message.objects.count() == 20


def test_what_was_no_spam_after_all_is_found_under_its_old_date(blog: ChannelAccount, site: Site) -> None:
    blog.connected_at = datetime.now(UTC) - timedelta(days=10)
    blog.save()
    old = site.write("I am no robot", at=datetime.now(UTC) - timedelta(days=4), status="spam")
    site.write("Newer", author_email="b@example.org")
    look(blog)
    assert Message.objects.count() == 1
    site.comments[old]["status"] = "approved"
    look(blog)
    assert Message.objects.count() == 1, "it looks so far back once an hour"
    position = Position.of(blog.cursor, None, datetime.now(UTC))
    early = datetime.now(UTC) - timedelta(hours=2)
    blog.cursor = str(replace(position, wide_at=early))
    blog.save()
    look(blog)
    assert Message.objects.filter(text="I am no robot").exists()


@pytest.mark.behaviour_blog(35)
def test_the_password_never_travels_in_clear(acme: Workspace, site: Site, settings: Any) -> None:
    account = blog_of(acme, site)
    settings.PLATFORMS = {**settings.PLATFORMS, "blog": {"allow_loopback": ""}}
    with pytest.raises(Disconnected) as raised:
        gateway.health(account)
    assert raised.value.code == "plain_http"
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    account.credentials = {**account.credentials, "url": "http://blog.example.com/"}
    account.state = ChannelAccount.State.CONNECTED
    with pytest.raises(Disconnected):
        gateway.health(account)
    assert site.host.asked == []


@pytest.mark.behaviour_blog(39)
def test_what_was_there_before_us_is_no_ticket(blog: ChannelAccount, site: Site) -> None:
    site.write("Last year", at=datetime.now(UTC) - timedelta(hours=3))
    site.write("Just now")
    look(blog)
    assert [message.text for message in Message.objects.all()] == ["Just now"]


def test_a_failed_poll_keeps_the_place(blog: ChannelAccount, site: Site) -> None:
    site.write("One")
    look(blog)
    before = blog.cursor
    site.fault = Says(b"<html>maintenance</html>", 503)
    site.write("Two", author_email="b@example.org")
    assert look(blog).cursor == before
    site.fault = None
    look(blog)
    assert Ticket.objects.count() == 2


def test_signs_that_turn_the_direction_stay_within_their_line_and_out_of_names(
    blog: ChannelAccount, site: Site
) -> None:
    site.write("Yes \u202eon\nand \u2067more\u2069", author_name="A\u202eda")
    look(blog)
    message = Message.objects.get()
    assert message.text == "Yes \u202eon\u202c\nand \u2067more\u2069"
    assert message.ticket.contact.name == "Ada"


def test_colleagues_who_answer_in_wordpress_stop_the_clock(blog: ChannelAccount, site: Site) -> None:
    number = site.write()
    look(blog)
    site.write("We found it.", author=ME, author_name="Acme team", parent=number)
    look(blog)
    assert Message.objects.get(origin=Message.Origin.OUTSIDE).text == "We found it."
    assert Ticket.objects.get().status == Ticket.Status.PENDING


def test_colleagues_of_other_accounts_are_known_by_name_and_visitors_are_not(acme: Workspace, site: Site) -> None:
    blog = blog_of(acme, site, our_names="Bea Editor, Chris")
    site.write("A visitor who says so", author_name="Bea Editor")
    site.write("A colleague", author=12, author_name="Bea Editor")
    look(blog)
    assert [message.text for message in Message.objects.all()] == ["A visitor who says so"]


@pytest.mark.parametrize("status", ["trash", "spam", "deleted"])
def test_what_is_gone_is_not_answered(blog: ChannelAccount, site: Site, browser: Client, status: str) -> None:
    number = site.write()
    look(blog)
    site.comments[number]["status"] = status
    if status == "deleted":
        del site.comments[number]
    message = answer(browser, Ticket.objects.get())
    assert (message.state, message.failure) == ("failed", "gone" if status == "deleted" else "set_aside")
    assert "POST" not in [one.method for one in site.host.asked]
    asked = Message.objects.get(origin=Message.Origin.CUSTOMER)
    assert asked.standing == ("" if status == "deleted" else status)
    assert bool(asked.text) is (status == "spam"), "what is removed loses its words"
    mode = browser.get(f"{API}/tickets/{message.ticket_id}/").json()["compose"]["reply"]
    assert (mode["allowed"], mode["reason"]) == (False, message.failure)


def test_the_post_above_is_shown(blog: ChannelAccount, site: Site) -> None:
    site.write()
    look(blog)
    enrich.enrich(blog.pk)
    story = Story.objects.get()
    assert (story.text, story.ours) == ("Parcels & more\n\nWe moved.", True)


@pytest.mark.behaviour_blog(34)
@pytest.mark.parametrize(
    ("status", "code", "state", "failure"),
    [
        (403, "rest_comment_closed", "failed", "closed"),
        (403, "rest_comment_trash_post", "failed", "gone"),
        (403, "rest_comment_invalid_post_id", "failed", "gone"),
        (400, "rest_comment_content_invalid", "failed", "empty"),
        (400, "comment_content_column_length", "failed", "too_long"),
        (400, "rest_invalid_param", "failed", "invalid"),
        (403, "rest_cannot_create", "failed", "permission_missing"),
        (401, "rest_comment_login_required", "queued", "disconnected"),
        (410, "rest_post_invalid_id", "failed", "gone"),
        (429, "", "queued", "throttled"),
        (400, "comment_flood", "queued", "throttled"),
        (500, "", "unknown", ""),
        (503, "", "queued", "unavailable"),
    ],
)
def test_refusals_are_readable(
    blog: ChannelAccount, site: Site, browser: Client, status: int, code: str, state: str, failure: str
) -> None:
    site.write()
    look(blog)
    site.host.pages["/wp-json/wp/v2/comments"] = Says({"code": code} if code else b"<html>", status)
    message = answer(browser, Ticket.objects.get())
    assert (message.state, message.failure) == (state, failure)
    shown = browser.get(f"{API}/messages/{message.pk}/").json()
    assert shown["entry"]["failure_message"] if "entry" in shown else shown["failure_message"]


@pytest.mark.behaviour_blog(34)
def test_a_duplicate_is_settled_by_looking(blog: ChannelAccount, site: Site, browser: Client) -> None:
    number = site.write()
    look(blog)
    lost = site.write("It is on its way.", author=ME, author_name="Acme team", parent=number)
    message = answer(browser, Ticket.objects.get())
    assert (message.state, message.external_id) == ("sent", str(lost))
    assert [one.method for one in site.host.asked].count("POST") == 1


def test_the_same_words_of_somebody_else_fail(blog: ChannelAccount, site: Site, browser: Client) -> None:
    site.write()
    look(blog)
    real = site.list_or_add
    site.host.pages["/wp-json/wp/v2/comments"] = lambda asked: (
        Says({"code": "comment_duplicate"}, 409) if asked.method == "POST" else real(asked)
    )
    message = answer(browser, Ticket.objects.get())
    assert (message.state, message.failure) == ("failed", "duplicate")


def test_an_answer_may_approve_what_it_answers(acme: Workspace, site: Site, browser: Client) -> None:
    blog = blog_of(acme, site, approve_when_answered=True)
    number = site.write(status="hold")
    look(blog)
    answer(browser, Ticket.objects.get())
    assert site.comments[number]["status"] == "approved"


# ---------------------------------------------------------------- connecting


def connect(carol: Membership, sign_in: Any, site: Site, **more: str) -> Any:
    form = {"url": site.host.url, "username": "acme", "application_password": PASSWORD, "name": "", **more}
    return sign_in(carol).post("/w/acme/settings/accounts/add/0/blog/", form, follow=True)


def test_an_admin_connects_a_blog_with_no_app_made_before(
    acme: Workspace, carol: Membership, sign_in: Any, site: Site
) -> None:
    offered = sign_in(carol).get("/w/acme/settings/accounts/add/").content.decode()
    assert "/accounts/add/0/blog/" in offered
    page = connect(carol, sign_in, site)
    account = ChannelAccount.objects.get(channel="blog")
    assert page.status_code == 200
    assert (account.name, account.state) == ("Acme team", "connected")
    assert account.external_id == site.host.url.removeprefix("http://")
    assert PlatformApp.objects.own().filter(platform="blog").count() == 1
    assert PASSWORD not in page.content.decode()
    again = connect(carol, sign_in, site)
    assert "connected already" in again.content.decode()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Says({"code": "incorrect_password"}, 401), "The application password is wrong"),
        (Says({"code": "rest_not_logged_in"}, 401), "does not know this user name"),
        (Says({"code": "application_passwords_disabled"}, 401), "switched off on this site"),
        (Says(b"<html>Sign in</html>"), "a page instead of data"),
    ],
)
def test_why_it_cannot_be_connected_is_told(
    acme: Workspace, carol: Membership, sign_in: Any, site: Site, fault: Says, sentence: str
) -> None:
    site.fault = fault
    page = connect(carol, sign_in, site)
    assert sentence in page.content.decode()
    assert not ChannelAccount.objects.filter(channel="blog").exists()
    assert not PlatformApp.objects.own().filter(platform="blog").exists()


def test_a_user_who_may_not_moderate_is_refused(acme: Workspace, carol: Membership, sign_in: Any, site: Site) -> None:
    site.capabilities = {"edit_posts": True}
    assert "moderate_comments" in connect(carol, sign_in, site).content.decode()
    assert not ChannelAccount.objects.filter(channel="blog").exists()


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://169.254.169.254/", "gopher://x/", "https://a:b@c.example/"]
)
def test_an_address_nobody_should_go_to_is_refused_in_words(
    acme: Workspace, carol: Membership, sign_in: Any, site: Site, url: str
) -> None:
    page = connect(carol, sign_in, site, url=url)
    assert page.status_code == 422 or "Nothing was saved" in page.content.decode()
    assert "in clear" not in page.content.decode()
    if "//1" in url:
        assert "leads to a private or special network" in page.content.decode()
    assert site.host.asked == []


@pytest.mark.parametrize("how", ["tag", "guess", "route"])
def test_the_api_is_found_without_the_header(acme: Workspace, site: Site, how: str) -> None:
    url = site.host.url
    pages = site.host.pages
    pages["/"] = Says(b"<html></html>")
    if how == "tag":
        pages["/"] = Says(f"<link rel='https://api.w.org/' href='{url}/wp-json/' />".encode())
    elif how == "guess":
        pages["/wp-json/"] = Says({"namespaces": ["wp/v2"]})
    else:
        routes = {"/": Says({"namespaces": ["wp/v2"]}), "/wp/v2/users/me": site.me}

        def by_query(asked: Any) -> Says:
            found = routes.get(asked.query.get("rest_route", ""), Says(b"<html></html>"))
            return found if isinstance(found, Says) else found(asked)

        pages["/"] = by_query
    assert gateway.health(blog_of(acme, site)).name == "Acme team"


def test_removed_ones_are_found_by_looking(blog: ChannelAccount, site: Site) -> None:
    kept, trashed = site.write(), site.write("Spam", author_email="x@example.org")
    site.comments[trashed]["status"] = "trash"
    found = gateway.look_again(blog, [str(kept), str(trashed), "999"])
    removed = [(one.external_id, one.to_trash) for one in found if isinstance(one, Removed)]
    assert removed == [(str(trashed), True), ("999", False)]
