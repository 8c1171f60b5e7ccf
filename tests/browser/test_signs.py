"""The list names what has no words, in the reader's language, and leaves alone what customers write in brackets."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from connectors.models import ChannelAccount
from inbox.actions import replies
from inbox.models import Message, Ticket
from tests import meta
from tests.browser.looking import minutes_ago
from tests.conftest import take_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BRACKETS = ["[removed]", "[image]", "[answer] b.example"]
SAID = {
    "en": ["Removed", "Picture", "Answered there: b.example"],
    "fr": ["Retiré", "Image", "Répondu là-bas : b.example"],
}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_signs_have_words_and_words_are_no_signs(inbox: Any, facebook: ChannelAccount, bob: Any, language: str) -> None:
    bob.user.language = language
    bob.user.save()
    for who, words in enumerate(BRACKETS * 3):
        take_in(facebook, meta.comment(words, who=str(who), comment_id=f"700_{who}"))
    tickets = list(Ticket.objects.order_by("id").values_list("pk", flat=True))
    for pk, (text, sign) in zip(tickets[3:], [("", "removed"), ("", "image"), ("b.example", "answer")], strict=False):
        Ticket.objects.filter(pk=pk).update(preview=text, sign=sign)
    # As they were written before signs had a column.
    Ticket.objects.filter(pk__in=tickets[6:]).update(sign=None)
    page = inbox("bob", "open/")
    for pk, words in zip(tickets, [*BRACKETS, *SAID[language], *SAID[language]], strict=True):
        expect(page.locator(f"#t{pk} .row-text")).to_have_text(words)


@pytest.mark.parametrize(("language", "sign"), [("en", "Picture"), ("fr", "Image")])
def test_a_quote_of_what_has_no_words_names_it(
    inbox: Any, facebook: ChannelAccount, bob: Any, language: str, sign: str
) -> None:
    bob.user.language = language
    bob.user.save()
    take_in(facebook, meta.comment("", name="Jean Petit", comment_id="700_1", at=minutes_ago(3)))
    take_in(facebook, meta.comment("Look", name="Jean Petit", comment_id="700_2", at=minutes_ago(2)))
    picture = {"type": "image", "url": "https://pictures.example/1.png", "title": ""}
    Message.objects.filter(external_id="700_1").update(text="", attachments=[picture])
    ticket = Ticket.objects.get()
    replies.reply(
        ticket.pk, bob.user, "Ah.", private=False, token=uuid4(), last_seq=99, to=Message.objects.earliest("id").pk
    )
    page = inbox("bob", f"open/{ticket.pk}/")
    expect(page.locator(".entry.ours .quote")).to_have_text(f"Jean Petit : {sign}")
