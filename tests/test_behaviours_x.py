"""The forty behaviours of X and of blogs: those of X have a test that names them, or a reason why not yet."""

from __future__ import annotations

import re
from pathlib import Path

BEHAVIOURS = {
    1: "a webhook without the right signature over raw bytes is 401 and stores nothing",
    2: "the challenge is answered exactly, and signs nothing that could be a body",
    3: "a webhook is answered when it is kept, with no worker there",
    4: "webhook and poll of one post, at once and twice, are one message and one ticket",
    5: "every element of every list is processed, a bad one costs no other, poison is set aside with its body",
    6: "own posts and messages are never tickets; an echo joins the answer it repeats",
    7: "events go to the tenant they are of; unknown accounts are counted",
    8: "a POST of unknown outcome is settled by looking, never repeated",
    9: "the watermark is the first page's and is kept after the last; empty pages keep it",
    10: "a limit waits for its bucket, without sleeping, and stops nobody else",
    11: "ten workers renew a token once; a crash keeps the new one; a failure asks for an admin",
    12: "no credit pauses the app, keeps the answers, tells the admin, and resumes by a probe",
    13: "what cannot be answered says so before typing, and X's refusals are lasting and readable",
    14: "a revocation erases the tokens and stops polling",
    15: "any HTTP answer is a typed error, and no token is logged at DEBUG",
    20: "replies join their ticket, messages by person or group, whichever comes first",
    21: "late and early events stand in X's order; the clock begins at X's time, never later than ours",
    22: "words arrive whole, unescaped once, and survive storage",
    23: "an edit with a new id is the same message with its earlier words",
    24: "what was taken back loses its words and keeps its ticket",
    25: "both vocabularies are read alike; the unknown is counted",
    26: "messages with media only are named and linked",
    27: "groups are answered as groups, people alone; joining and leaving are notes",
    28: "an encrypted message opens a ticket that says so",
    29: "typing and reading are no messages and reopen nothing",
    30: "the count is X's, alike in the browser, and not slowed by hostile texts",
    31: "prices are shown before sending, the ledger is what X charges, the ceiling stops reading first",
    32: "a webhook X gave up is checked anew and replayed",
    33: "subscriptions are made once, duplicates are success, limits are readable",
    39: "what is older than the connection is indexed and opens no ticket",
    40: "removing erases tokens and subscriptions; returning resumes without doubles",
}
OF_BLOGS = {16, 17, 18, 19, 34, 35, 36, 37, 38}


def test_each_behaviour_of_x_has_a_test():
    here = Path(__file__).parent
    named = {
        int(number)
        for file in here.rglob("test_*.py")
        for number in re.findall(r"mark\.behaviour_x\((\d+)\)", file.read_text())
    }
    assert named == set(BEHAVIOURS)
    assert set(BEHAVIOURS) | OF_BLOGS == set(range(1, 41))
