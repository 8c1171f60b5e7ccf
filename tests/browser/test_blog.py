"""Blogs on the screens: hostile words do nothing, and what cannot be answered from here is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from connectors.blog import wordpress as client
from connectors.models import ChannelAccount, Delivery
from inbox import outbox
from inbox.models import Message, Ticket
from tests import xss
from tests.blog import SETTINGS, blog_of, feed_of, look, wordpress
from tests.browser.conftest import eventually
from tests.browser.test_inbox import clean
from tests.conftest import person
from tests.connectors.blog.host import Host, Says, running
from tests.connectors.blog.test_feeds import XML, item, rss

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def host(settings: Any) -> Iterator[Host]:
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    client._roots.clear()
    with running() as there:
        yield there


def watched(page: Page, url: str) -> tuple[list[str], list[str]]:
    """Dialogs that open, and requests that go elsewhere, from now on."""
    dialogs: list[str] = []
    elsewhere: list[str] = []

    def dismiss(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("request", lambda asked: None if asked.url.startswith((url, "data:")) else elsewhere.append(asked.url))
    return dialogs, elsewhere


def sent_from_everywhere(acme: Any, host: Host) -> tuple[ChannelAccount, ChannelAccount]:
    """Each string as a comment, and as title, author, link and words of a watched post."""
    entries = [
        item(
            number,
            title=escape(string),
            author=escape(string),
            link=escape(string),
            description=escape(string),
        )
        for number, string in enumerate(xss.STRINGS)
    ]
    mentions = feed_of(acme, host.url + "/feed", "watch")
    for start in range(0, len(entries), 400):
        host.pages["/feed"] = Says(rss(*entries[start : start + 400], head=escape(xss.STRINGS[0])), headers=XML)
        look(mentions)
    with wordpress() as site:
        blog = blog_of(acme, site)
        for string in xss.STRINGS:
            site.write(string, author_name=string, author_url=string, link=string)
        look(blog)
    for account in (mentions, blog):
        ChannelAccount.objects.filter(pk=account.pk).update(name=xss.STRINGS[0])
    return mentions, blog


@pytest.mark.behaviour_blog(19)
def test_no_hostile_words_run_load_or_lead_anywhere(
    inbox: Any, site: Any, host: Host, acme: Any, bob: Any, carol: Any
) -> None:
    assert len(xss.STRINGS) >= 300
    mentions, blog = sent_from_everywhere(acme, host)
    assert Message.objects.filter(account=blog).count() == len(xss.STRINGS)
    assert Message.objects.filter(account=mentions).count() >= 300
    page = inbox("carol")
    dialogs, elsewhere = watched(page, site.url)
    through_the_list(page)
    thread = Ticket.objects.get(account=blog)
    through_the_thread(page, f"{site.url}/w/acme/inbox/open/{thread.pk}/", len(xss.STRINGS))
    through_some_tickets(page, site.url, mentions)
    for path in settings_pages(mentions, blog):
        page.goto(f"{site.url}/w/acme/settings/{path}")
        assert page.locator("h1").count() == 1
    assert (dialogs, elsewhere) == ([], [])


def through_the_list(page: Page) -> None:
    for _ in range(60):
        page.locator("#rows").evaluate("(rows) => { rows.parentElement.scrollTop += 700; rows.scrollTop += 700 }")
        page.wait_for_timeout(15)
    hover_and_click_what_is_there(page, "#rows .row")


def through_the_thread(page: Page, address: str, length: int) -> None:
    page.goto(address)
    expect(page.locator(".entry.message").first).to_be_visible()

    def all_there() -> bool:
        # The button may go just as it is pressed.
        page.locator("#older button").dispatch_event("click")
        return page.locator(".entry.message").count() == length

    eventually(all_there, seconds=60, every=0.3)
    unsafe_links(page)


def through_some_tickets(page: Page, url: str, account: ChannelAccount) -> None:
    for ticket in Ticket.objects.filter(account=account).order_by("id")[::32]:
        page.goto(f"{url}/w/acme/inbox/open/{ticket.pk}/")
        expect(page.locator(".entry.message").first).to_be_visible()
        unsafe_links(page)


def unsafe_links(page: Page) -> None:
    schemes = page.evaluate(
        "() => [...document.querySelectorAll('a[href], img, iframe, object, embed, form[action]')]"
        ".map((one) => one.href || one.src || one.data || one.action || '').map((to) => to.split(':')[0])"
    )
    assert set(schemes) <= {"http", "https", ""}
    assert page.locator("#entries img, #entries iframe, #entries object, #entries embed, #entries form").count() == 0


def hover_and_click_what_is_there(page: Page, selector: str) -> None:
    for row in page.locator(selector).all()[:10]:
        row.hover()


def settings_pages(*accounts: ChannelAccount) -> list[str]:
    of_accounts = [f"accounts/{account.pk}/{more}" for account in accounts for more in ("", "edit/", "remove/")]
    raw = [f"deliveries/{pk}/" for pk in Delivery.objects.order_by("-pk").values_list("pk", flat=True)[:10]]
    return ["", "accounts/add/", "apps/", "deliveries/", "history/", *of_accounts, *raw]


def test_what_cannot_be_answered_from_here_is_answered_there(inbox: Any, acme: Any, host: Host, bob: Any) -> None:
    host.pages["/feed"] = Says(rss(item(1, title="Acme again", link="https://b.example/acme")), headers=XML)
    look(feed_of(acme, host.url + "/feed", "watch"))
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    composer = page.locator("#composer")
    expect(composer.get_by_text("This cannot be answered from here.")).to_be_visible()
    expect(composer.get_by_role("link", name="Open the page")).to_have_attribute("href", "https://b.example/acme")
    expect(composer.locator("#words")).to_be_hidden()
    link = composer.get_by_label("Link to the answer you gave there")
    link.fill("over there")
    link.press("Enter")
    expect(composer.get_by_text("This is no link.")).to_be_visible()
    link.fill("https://b.example/acme#comment-9")
    composer.get_by_role("button", name="Record the answer").click()
    recorded = page.locator(".entry.message").nth(1)
    expect(recorded.locator(".attachment")).to_have_attribute("href", "https://b.example/acme#comment-9")
    expect(recorded.locator(".attachment")).to_contain_text("Answer given there")
    expect(page.get_by_text("Recorded: it was answered on the page")).to_be_visible()
    eventually(lambda: Ticket.objects.get().status == Ticket.Status.PENDING)
    expect(inbox("bob", "pending/").locator("#rows .row-text")).to_have_text("Answered there: b.example")
    composer.get_by_role("tab", name="Note").click()
    expect(composer.locator("#words")).to_be_visible()
    expect(link).to_be_hidden()


def test_a_wrong_record_is_taken_back_by_keys_and_every_browser_sees_it(
    inbox: Any, acme: Any, host: Host, alice: Any, bob: Any
) -> None:
    host.pages["/feed"] = Says(rss(item(1, title="Acme again", link="https://b.example/acme")), headers=XML)
    look(feed_of(acme, host.url + "/feed", "watch"))
    person(acme, "anna", "agent")
    ticket = f"open/{Ticket.objects.get().pk}/"
    page, supervisor, colleague = inbox("alice", ticket), inbox("bob", ticket), inbox("anna", ticket)
    link = page.locator("#composer").get_by_label("Link to the answer you gave there")
    link.fill("https://b.example/acme#comment-9")
    link.press("Enter")
    for reader, may in ((page, True), (supervisor, True), (colleague, False)):
        record = reader.locator(".entry.message.outside")
        button = record.get_by_text("Take back", exact=True).and_(record.locator('[data-do="takeBack"]'))
        expect(button).to_be_visible(visible=may)
    clean(page)
    page.locator("#messages").focus()
    taking_back = page.locator('.entry.outside [data-do="takeBack"]')
    for _ in range(12):
        page.keyboard.press("Tab")
        if taking_back.evaluate("(button) => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    for reader in (page, supervisor, colleague):
        expect(reader.locator(".entry.message.outside")).to_have_count(0)
        expect(reader.get_by_text("Taken back: it was not answered on the page")).to_be_visible()
        expect(reader.locator("#thread-sla")).to_be_visible()
        expect(reader.locator("#rows .row-text")).to_have_text("Acme again · Where is parcel 1?")
    expect(link).to_be_focused()
    expect(link).to_have_value("https://b.example/acme#comment-9")
    expect(page.locator("#announcer")).to_contain_text("Taken back. The clock runs on")
    assert Ticket.objects.get().status == Ticket.Status.OPEN


def test_the_focus_goes_to_the_record_where_a_failed_answer_closes_the_words(
    inbox: Any, acme: Any, host: Host, bob: Any
) -> None:
    with wordpress() as site:
        site.write()
        look(blog_of(acme, site))
        comments = site.host.pages["/wp-json/wp/v2/comments"]
        site.host.pages["/wp-json/wp/v2/comments"] = Says({"code": "rest_comment_closed"}, 403)
        page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
        words, link = page.locator("#words"), page.locator("#elsewhere-link")
        expect(page.locator("#rule-text")).to_contain_text("Everybody can read this")
        page.keyboard.press("r")
        page.keyboard.type("It left today.")
        page.keyboard.press("Control+Enter")
        eventually(Message.objects.filter(origin="agent", state="queued").exists)
        outbox.send_waiting()
        expect(link).to_be_focused()
        expect(words).to_be_hidden()

        site.host.pages["/wp-json/wp/v2/comments"] = comments
        page.locator(".entry.ours").get_by_role("button", name="Try again").click()
        eventually(Message.objects.filter(origin="agent", state="queued").exists)
        expect(words).to_be_visible()
        outbox.send_waiting()
        expect(page.locator('.entry.ours[data-state="sent"]')).to_be_visible()
        expect(page.locator("#rule-text")).to_contain_text("Everybody can read this")


def test_a_held_comment_is_approved_from_the_ticket(inbox: Any, acme: Any, host: Host, bob: Any) -> None:
    with wordpress() as site:
        number = site.write("In moderation", status="hold")
        look(blog_of(acme, site))
        Message.objects.get()
        page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
        entry = page.locator(".entry.message")
        expect(entry.get_by_text("Not public yet: waits for approval")).to_be_visible()
        composer = page.locator("#composer")
        expect(composer.get_by_text("The question is not public yet")).to_be_visible()
        offers(entry, "Approve: show it to everybody", "Mark as spam", "Move to the trash")
        assert site.comments[number]["status"] == "hold"
        composer.get_by_role("button", name="Approve it").click()
        expect(composer.get_by_text("Everybody can read this")).to_be_visible()
        assert site.comments[number]["status"] == "approved"
        offers(entry, "Hold: show it to moderators only", "Mark as spam", "Move to the trash")

        entry.get_by_role("button", name="Mark as spam").click()
        page.locator("#confirm-yes").click()
        expect(entry.get_by_text("Marked as spam: nobody can read it")).to_be_visible()
        expect(page.locator("#side-timers")).to_contain_text("no answer needed")
        expect(page.locator(".entry.event", has_text="Marked as spam")).to_contain_text("· Bob ·")
        expect(page.locator(".entry.event").last).to_contain_text("Nothing is left to answer: the clock stops")
        offers(entry, "This is no spam: put it back", "Move to the trash")
        entry.get_by_role("button", name="This is no spam: put it back").click()
        offers(entry, "Hold: show it to moderators only", "Mark as spam", "Move to the trash")

        entry.get_by_role("button", name="Move to the trash").click()
        expect(page.get_by_text("It disappears from the page, and its clock stops. It can be restored")).to_be_visible()
        page.locator("#confirm-yes").click()
        expect(entry.get_by_text("In the page’s trash")).to_be_visible()
        offers(entry, "Restore it from the trash")
        entry.get_by_role("button", name="Restore it from the trash").click()
        expect(entry.get_by_text("In moderation")).to_be_visible()
        assert site.comments[number]["status"] == "approved"


def test_of_several_comments_one_is_chosen_and_each_says_whether_it_has_its_answer(
    inbox: Any, acme: Any, host: Host, bob: Any
) -> None:
    now = datetime.now(UTC)
    with wordpress() as site:
        asked = site.write("Where is my parcel?", at=now - timedelta(minutes=3))
        site.write("And may I send it back?", at=now - timedelta(minutes=2))
        look(blog_of(acme, site))
        page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
        first, second = page.locator(".entry.message").first, page.locator(".entry.message").nth(1)
        goes_to, words = page.locator("#answer-to"), page.locator("#words")
        expect(goes_to).to_have_text("Answer to Ada: And may I send it back?")
        for entry in (first, second):
            expect(entry.get_by_text("No answer to this one yet")).to_be_visible()
        expect(second.locator('[data-do="answer"]')).to_be_hidden()
        first.get_by_role("button", name="Answer this one").press("Enter")
        expect(goes_to).to_have_text("Answer to Ada: Where is my parcel?")
        expect(words).to_be_focused()
        page.keyboard.type("It left today.")

        site.write("Hello?", at=now - timedelta(minutes=1))
        look(ChannelAccount.objects.get(channel="blog"))
        expect(page.locator(".entry.message", has_text="Hello?")).to_be_visible()
        expect(goes_to).to_have_text("Answer to Ada: Where is my parcel?")
        page.get_by_role("tab", name="Note").click()
        expect(goes_to).to_be_hidden()
        page.get_by_role("tab", name="Public reply").click()
        page.keyboard.press("r")
        page.keyboard.press("Control+Enter")
        eventually(Message.objects.filter(origin="agent", state="queued").exists)
        outbox.send_waiting()
        eventually(lambda: any(one["parent"] == asked for one in site.comments.values()))
        expect(first.get_by_text("Answered at")).to_be_visible()
        expect(page.locator(".entry.ours .quote")).to_have_text("Ada : Where is my parcel?")
        expect(goes_to).to_have_text("Answer to Ada: Hello?")
        eventually(lambda: Ticket.objects.get().status == Ticket.Status.PENDING)
        for entry in (second, page.locator(".entry.message", has_text="Hello?")):
            expect(entry.get_by_text("No answer to this one yet")).to_be_visible()


@contextmanager
def drafted(inbox: Any, acme: Any, host: Host) -> Iterator[tuple[Any, Message]]:
    """A page with words for the first of two questions, after a look at another ticket; and that question."""
    now = datetime.now(UTC)
    with wordpress() as site:
        asked = site.write("Where is my parcel?", at=now - timedelta(minutes=3))
        site.write("And may I send it back?", at=now - timedelta(minutes=2))
        look(blog_of(acme, site))
        ticket = Ticket.objects.get()
        host.pages["/feed"] = Says(rss(item(1, title="Another ticket", link="https://b.example/acme")), headers=XML)
        look(feed_of(acme, host.url + "/feed", "watch"))
        page = inbox("bob", f"open/{ticket.pk}/")
        expect(page.locator("#answer-to")).to_have_text("Answer to Ada: And may I send it back?")
        page.locator(".entry.message").first.get_by_role("button", name="Answer this one").press("Enter")
        expect(page.locator("#words")).to_be_focused()
        page.keyboard.type("It left today.")
        page.locator("#rows .row", has_text="Another ticket").click()
        expect(page.get_by_text("This cannot be answered from here.")).to_be_visible()
        page.locator("#rows .row", has_text="send it back").click()
        yield page, Message.objects.get(external_id__endswith=str(asked))


def test_the_choice_is_kept_with_the_draft(inbox: Any, acme: Any, host: Host, bob: Any) -> None:
    with drafted(inbox, acme, host) as (page, question):
        goes_to, words = page.locator("#answer-to"), page.locator("#words")
        for _ in range(2):
            expect(words).to_have_value("It left today.")
            expect(goes_to).to_have_text("Answer to Ada: Where is my parcel?")
            page.reload()
        page.locator("#send").click()
        eventually(Message.objects.filter(origin="agent", parent_id=question.external_id).exists)
        expect(goes_to).to_have_text("Answer to Ada: And may I send it back?")


def test_a_draft_whose_message_is_gone_says_so(inbox: Any, acme: Any, host: Host, bob: Any) -> None:
    with drafted(inbox, acme, host) as (page, question):
        kept, other = question.ticket, Ticket.objects.exclude(pk=question.ticket_id).get()
        Message.objects.filter(pk=question.pk).update(removed_at=datetime.now(UTC))
        page.reload()
        expect(page.locator("#words")).to_have_value("It left today.")
        expect(page.get_by_text("cannot be answered any more")).to_be_visible()
        expect(page.locator("#send")).to_have_attribute("aria-disabled", "true")
        Message.objects.filter(pk=question.pk).update(ticket=other, seq=99)
        page.reload()
        expect(page.locator("#answer-to")).to_have_text(
            "The message this draft was for is gone. It would now go to Ada: And may I send it back?"
        )
        Message.objects.filter(pk=question.pk).update(ticket=kept, seq=question.seq, removed_at=None)
        page.reload()
        expect(page.locator("#answer-to")).to_have_text("Answer to Ada: Where is my parcel?")


def offers(entry: Locator, *names: str) -> None:
    entry.hover()
    expect(entry.locator(".acts button:visible")).to_have_count(len(names))
    for name in names:
        expect(entry.get_by_role("button", name=name)).to_be_visible()
