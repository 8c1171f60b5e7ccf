"""The forty behaviours of Meta's platforms: each has a test that names it, or a reason why not yet."""

from __future__ import annotations

import re
from pathlib import Path

BEHAVIOURS = {
    1: "the signature is checked over raw bytes, escapes included",
    2: "a missing, malformed, SHA-1-only or wrong signature is 401 and stores nothing",
    3: "the handshake echoes only for the right token, also with the database down",
    4: "a verified delivery is stored before 200, and worked on afterwards",
    5: "what cannot be stored is a 5xx; what cannot be understood is a 200 and set aside",
    6: "a delivery of two tenants reaches exactly the two",
    7: "every item of every entry is processed, a bad one costs no other",
    8: "one delivery many times at once is one message and one ticket",
    9: "out-of-order items end in the order of their times, states never go back",
    10: "three simultaneous first messages of one person open one ticket",
    11: "a page token is never in a URL, log, exception or page, and encrypted at rest",
    12: "a dead token stops the channel, holds the outbox, and sends nothing twice afterwards",
    13: "a POST of unknown outcome is settled by the echo or by looking, never repeated",
    14: "an echo of our own message makes no second bubble, before or after the answer",
    15: "an echo of another app is an outside answer and stops the clock",
    16: "RESPONSE within 24 h, HUMAN_AGENT within 7 days, nothing after; dead tags never leave",
    17: "only the customer's items move the window",
    18: "the clock starts at the customer's time, not at receipt",
    19: "a private reply goes once per comment, within 7 days",
    20: "hide, unhide, delete and like end alike by webhook and by action",
    21: "an edit keeps the old words, a removal forgets them, the ticket stays",
    22: "a missing author is an unknown contact of its own",
    23: "a missing text is an attachment or a placeholder, never an empty bubble",
    24: "the unknown is kept, shown and counted",
    25: "every kind of attachment has a meaning",
    26: "seconds, milliseconds, strings and ISO are the same instant; nonsense is the receipt",
    27: "ids as numbers or strings are the same contact",
    28: "the page's own and unpublished posts are never tickets",
    29: "a rate error pauses its bucket for the time said; answers outrank polling",
    30: "usage headers are read on each answer, also on errors, also garbled",
    31: "errors are classed by code and subcode, never by text",
    32: "retries are for what is transient, bounded and spread",
    33: "the subscription is checked and repaired; polling fills gaps without duplicates",
    34: "backfill is bounded and resumable and ends on a repeated cursor",
    35: "standby conversations wait until control is ours",
    36: "delivery and read receipts update, and never go back",
    37: "signed requests are verified in constant time and survive garbage",
    40: "the version is configuration, and its expiry warns",
}
OUT_OF_REACH = {
    38: "attachments are linked, not downloaded: nothing remote is fetched until there is a safe proxy for it",
    39: "a text over the limit is refused with the numbers instead of being split: the agent decides where to cut",
}


def test_each_behaviour_has_a_test_or_a_reason():
    here = Path(__file__).parent
    named = {
        int(number)
        for file in here.rglob("test_*.py")
        for number in re.findall(r"mark\.behaviour\((\d+)\)", file.read_text())
    }
    assert named == set(BEHAVIOURS)
    assert set(BEHAVIOURS) | set(OUT_OF_REACH) == set(range(1, 41))
