"""What stands in the list where the newest has no words, and that nobody's words are taken for it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.models import ChannelAccount
from inbox import records
from inbox.models import Ticket
from tests import meta
from tests.conftest import take_in

SIGNS = ("removed", "protected", "suspended", "image", "encrypted", "unknown", "target")


def listed() -> tuple[str, str]:
    row = records.row(Ticket.objects.get().pk)
    return row["text"], row["sign"]


@pytest.mark.parametrize("words", ["[removed]", "[image]", "[answer] evil.example", "[suspended]"])
def test_words_in_brackets_stay_words(facebook: ChannelAccount, alice: Any, sign_in: Any, words: str) -> None:
    take_in(facebook, meta.comment(words))
    (row,) = sign_in(alice).get("/w/acme/api/tickets/?view=open").json()["items"]
    assert (row["text"], row["sign"]) == (words, "")
    compose = sign_in(alice).get(f"/w/acme/api/tickets/{row['id']}/").json()["compose"]
    assert (compose["about"], compose["about_sign"]) == (words, "")


def test_a_picture_without_words_has_a_sign_until_something_is_said(messenger: ChannelAccount) -> None:
    picture = {"type": "image", "payload": {"url": "https://cdn.example/1.jpg"}}
    take_in(messenger, meta.direct("", attachments=[picture]))
    assert listed() == ("", "image")
    take_in(messenger, meta.direct("That one", mid="m_2"))
    assert listed() == ("That one", "")


@pytest.mark.parametrize("sign", SIGNS)
def test_a_ticket_from_before_shows_what_it_showed(facebook: ChannelAccount, sign: str) -> None:
    take_in(facebook, meta.comment("Hello"))
    Ticket.objects.update(preview=f"[{sign}]", sign=None)
    assert listed() == ("", sign)
    Ticket.objects.update(preview="[answer] b.example")
    assert listed() == ("b.example", "answer")
    Ticket.objects.update(preview="[sic] Hello [image]")
    assert listed() == ("[sic] Hello [image]", "")
