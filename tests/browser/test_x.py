"""X on the screens: what an answer costs, who reads it, and what may be done about it."""

from __future__ import annotations

import re
import uuid
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connectors.models import ChannelAccount, Spending
from inbox.actions import accounts, outcomes, replies
from inbox.models import Message, Ticket
from tests import x
from tests.conftest import take_in
from tests.connectors.twitter.conftest import handle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def on_x(acme: Any) -> ChannelAccount:
    return handle(acme, x.BRAND)


@pytest.mark.behaviour_x(31)
def test_the_price_of_all_parts_is_shown_before_a_long_answer_leaves(inbox: Any, on_x: Any, bob: Any) -> None:
    take_in(on_x, x.mention())
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    words, price = page.locator("#words"), page.locator("#price")
    expect(price).to_have_text("Costs $0.01")
    words.fill("word " * 100)
    expect(page.locator("#split")).to_have_text("Send as 2 posts")
    expect(price).to_have_text("Costs $0.025 together")
    expect(page.locator("#words-error")).to_have_text("219 too many as X counts")
    words.fill("word " * 100 + "example.com/help")
    expect(page.locator("#split")).to_be_visible()
    expect(price).to_have_text("Costs $0.21 together, because of links")
    words.fill("a" * 600)
    expect(page.locator("#split")).to_be_hidden()
    expect(price).to_have_text("")


@pytest.mark.behaviour_x(27)
def test_a_group_is_no_private_conversation(inbox: Any, on_x: Any, bob: Any) -> None:
    about = {"dm_conversation_id": "4444", "created_at": x.iso(timezone.now()), "sender_id": x.AMELIE}
    joined = {"id": "1", "event_type": "ParticipantsJoin", "participant_ids": [x.AMELIE, x.BRAND, x.KARIM], **about}
    said = {"id": "2", "event_type": "MessageCreate", "text": "All of you", **about}
    for event in (joined, said):
        take_in(on_x, {"polled": {"for_user_id": x.BRAND, "how": "direct", "event": event}})
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    expect(page.locator("#thread-group")).to_have_text("Group: 2 people")
    expect(page.locator("#rule-text")).to_contain_text("A group: all who are in it read this, 2 people")
    expect(page.locator("#tab-reply")).to_contain_text("Reply to the group")
    expect(page.locator("#send-label")).to_have_text("Answer the group")
    expect(page.locator(".entry.message .tag.private")).to_have_text("Group")
    page.locator("#words").fill("Call 06 12 34 56 78")
    page.locator("#send").click()
    expect(page.locator("#held")).to_contain_text("The group will read this")
    assert not Message.objects.filter(origin="agent").exists()
    take_in(on_x, x.direct("Psst"))
    page.goto(urljoin(page.url, f"../{Ticket.objects.latest('id').pk}/"))
    expect(page.locator("#rule-text")).to_have_text("Only the customer sees this.")
    expect(page.locator("#thread-group")).to_be_hidden()


@pytest.mark.behaviour_x(12)
def test_without_credit_the_composer_closes_before_anybody_types_in_vain(inbox: Any, on_x: Any, bob: Any) -> None:
    take_in(on_x, x.mention())
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    expect(page.locator("#rule-text")).to_have_text("Everybody can read this where the customer wrote.")
    ChannelAccount.objects.filter(pk=on_x.pk).update(attention="out_of_credit:credits")
    accounts.retold(on_x)
    expect(page.locator("#rule-text")).to_contain_text("nothing is sent until an admin has paid there")
    expect(page.locator("#words")).to_have_attribute("readonly", "")
    expect(page.locator("#send")).to_be_disabled()
    expect(page.locator("#price")).to_have_text("")
    expect(page.get_by_role("link", name="Open on X")).to_be_visible()
    expect(page.locator("#no-answer")).to_be_hidden()
    paused = ChannelAccount.objects.get(pk=on_x.pk)
    ChannelAccount.objects.filter(pk=on_x.pk).update(attention="")
    accounts.retold(paused)
    expect(page.locator("#price")).to_have_text("Costs $0.01")


@pytest.mark.behaviour_x(12)
@pytest.mark.parametrize(
    ("language", "why", "note"),
    [
        ("en", "nothing is sent until an admin has paid there", "Only colleagues see this"),
        ("fr", "rien n’est envoyé tant qu’un administrateur n’y a pas payé", "Seuls les collègues"),
    ],
)
def test_a_ticket_that_opens_on_note_says_why_it_cannot_be_answered(
    inbox: Any, on_x: Any, bob: Any, language: str, why: str, note: str
) -> None:
    bob.user.language = language
    bob.user.save()
    take_in(on_x, x.mention())
    ChannelAccount.objects.filter(pk=on_x.pk).update(attention="out_of_credit:credits")
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    expect(page.locator("#tab-note")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#no-answer")).to_contain_text(why)
    expect(page.locator("#rule-text")).to_contain_text(note)
    expect(page.locator("#words")).to_be_editable()
    before = ChannelAccount.objects.get(pk=on_x.pk)
    ChannelAccount.objects.filter(pk=on_x.pk).update(attention="")
    accounts.retold(before)
    expect(page.locator("#no-answer")).to_be_hidden()


@pytest.mark.behaviour_x(8)
def test_what_was_looked_for_in_vain_says_so_and_leads_there(inbox: Any, on_x: Any, bob: Any) -> None:
    take_in(on_x, x.mention(id="77"))
    ticket = Ticket.objects.get()
    given = {"private": False, "token": uuid.uuid4(), "last_seq": ticket.seq}
    message = replies.reply(ticket.pk, bob.user, "We are on it.", **given)
    outcomes.begin_sending(message.pk)
    outcomes.unknown(message.pk, None, looked=outcomes.NOT_FOUND)
    page = inbox("bob", f"open/{ticket.pk}/")
    bubble = page.locator(".entry.ours")
    expect(bubble).to_contain_text(re.compile("We looked at .+ among our newest answers there, and did not find it"))
    link = bubble.get_by_role("link", name="Look on X")
    expect(link).to_have_attribute("href", "https://x.com/amelie/status/77")
    expect(bubble.get_by_role("button", name="Try again")).to_be_visible()
    bubble.get_by_role("button", name="I see it on the platform").click()
    expect(bubble).to_have_attribute("data-state", "sent")
    expect(link).to_be_hidden()


def test_what_is_done_on_x_is_said_to_be_done_on_x(inbox: Any, on_x: Any, bob: Any) -> None:
    take_in(on_x, x.mention(id="77"), x.own("@amelie Good day", id="78", to="77", conversation="77"))
    ticket = Ticket.objects.get()
    Message.objects.filter(external_id="78").update(origin="agent", agent=bob.user)
    take_in(on_x, x.event("post.reply.create", x.post("@acme thanks", id="79", to="78", conversation="77")))
    page = inbox("bob", f"open/{ticket.pk}/")
    ours = page.locator(".entry.ours")
    ours.hover()
    ours.get_by_role("button", name="Delete from X").click()
    expect(page.locator("#confirm-title")).to_have_text("Delete this from X?")
    expect(page.locator("#confirm-text")).to_contain_text("the customer waits for us again")
    page.keyboard.press("Escape")
    theirs = page.locator(".entry.message", has_text="thanks")
    theirs.hover()
    # X hides only in conversations that the account began.
    expect(theirs.get_by_role("button", name="Hide on X")).to_be_hidden()
    take_in(on_x, x.own("We are open", id="90"))
    take_in(on_x, x.event("post.reply.create", x.post("@acme rubbish", id="91", who=x.KARIM, to="90")))
    page.goto(urljoin(page.url, f"../{Ticket.objects.latest('id').pk}/"))
    theirs = page.locator(".entry.message", has_text="rubbish")
    theirs.hover()
    expect(theirs.get_by_role("button", name="Hide on X")).to_be_visible()
    assert "the page" not in page.locator("#thread-frame").inner_text()


@pytest.mark.behaviour_x(28)
@pytest.mark.parametrize(
    ("language", "kind", "words"),
    [("en", "Private", "Encrypted message"), ("fr", "Privé", "Message chiffré")],
)
def test_the_list_names_what_is_private_and_what_is_encrypted(
    inbox: Any, on_x: Any, bob: Any, language: str, kind: str, words: str
) -> None:
    bob.user.language = language
    bob.user.save()
    take_in(on_x, x.direct("Psst"))
    Ticket.objects.update(preview="", sign="encrypted")
    page = inbox("bob", "open/")
    row = page.locator(f"#t{Ticket.objects.get().pk}")
    expect(row.locator("[data-f=text]")).to_contain_text(words)
    expect(row.locator("[data-f=kind]")).to_have_text(kind)


@pytest.mark.behaviour_x(27)
@pytest.mark.parametrize(("language", "kind"), [("en", "Group"), ("fr", "Groupe")])
def test_the_list_names_a_group(inbox: Any, on_x: Any, bob: Any, language: str, kind: str) -> None:
    bob.user.language = language
    bob.user.save()
    about = {"dm_conversation_id": "4444", "created_at": x.iso(timezone.now()), "sender_id": x.AMELIE}
    said = {"id": "2", "event_type": "MessageCreate", "text": "All of you", **about}
    page = inbox("bob", "open/")
    take_in(on_x, {"polled": {"for_user_id": x.BRAND, "how": "direct", "event": said}})
    row = page.locator(f"#t{Ticket.objects.get().pk}")
    expect(row.locator("[data-f=kind]")).to_have_text(kind)
    page.reload()
    expect(row.locator("[data-f=kind]")).to_have_text(kind)


@pytest.mark.behaviour_x(31)
def test_what_costs_more_than_is_left_cannot_be_sent(inbox: Any, on_x: Any, bob: Any) -> None:
    on_x.options = {"monthly_limit": "0.03"}
    on_x.save()
    take_in(on_x, x.mention())
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    words, send = page.locator("#words"), page.locator("#send")
    words.fill("Tomorrow.")
    expect(send).to_have_attribute("aria-disabled", "false")
    words.fill("See example.com")
    expect(page.locator("#words-error")).to_contain_text("This would cost $0.20, and $0.02")
    expect(send).to_have_attribute("aria-disabled", "true")
    words.fill("word " * 100)
    expect(page.locator("#split")).to_be_visible()
    words.fill("word " * 160)
    expect(page.locator("#split")).to_be_hidden()


def test_a_part_hangs_on_the_part_before_it_and_not_on_the_customer_s_post(inbox: Any, on_x: Any, bob: Any) -> None:
    take_in(on_x, x.mention("@acme my parcel", id="77"), x.mention("@acme and my bill", id="78", conversation="77"))
    page = inbox("bob", f"open/{Ticket.objects.get().pk}/")
    page.locator(".entry.message", has_text="my parcel").hover()
    page.locator(".entry.message", has_text="my parcel").get_by_role("button", name="Answer this").click()
    expect(page.locator("#answer-to-text")).to_contain_text("my parcel")
    page.locator("#words").fill("word " * 100)
    page.locator("#split").press("Enter")
    expect(page.locator("#words")).to_be_focused()
    ours = page.locator(".entry.ours")
    expect(ours).to_have_count(2)
    for _ in ("at once", "after a reload"):
        expect(ours.nth(0).locator(".quote")).to_contain_text("my parcel")
        expect(ours.nth(1).locator(".quote")).to_have_text("")
        page.reload()
    first, second = Message.objects.filter(origin="agent").order_by("seq")
    assert second.continues == first
    take_in(on_x, x.mention("@acme hello?", id="79", conversation="77"))
    outcomes.failed(second.pk, "duplicate")
    Message.objects.filter(pk=second.pk).update(at=timezone.now())
    page.reload()
    expect(ours.nth(1).locator(".quote")).to_contain_text("word word")


@pytest.mark.behaviour_x(31)
def test_earlier_months_are_months_in_the_browser_too(inbox: Any, on_x: Any, carol: Any) -> None:
    """The script that puts moments into the reader's own zone leaves them alone."""
    Spending.objects.create(account=on_x, month=date(2026, 3, 1), kind="post_read", count=3, amount=Decimal("6.05"))
    page = inbox("carol", timezone_id="America/New_York")
    page.goto(urljoin(page.url, f"/w/acme/settings/accounts/{on_x.pk}/"))
    expect(page.get_by_role("row", name="March 2026")).to_have_text(re.compile(r"^\s*March 2026\s*3\s*6\.05\s*$"))
