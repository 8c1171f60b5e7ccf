"""The behaviours of blogs, of the forty of X and of blogs: each has a test that names it."""

from __future__ import annotations

import re
from pathlib import Path

BEHAVIOURS = {
    16: "private and special addresses are refused in every spelling, also behind redirects and names that change",
    17: "feedparser never gets a string or bytes: a body that names a file or an address opens nothing",
    18: "size, unpacked size, entries and time have caps; a feed that is a bomb switches itself off, nothing else",
    19: "hostile HTML in comments, titles and names does nothing on any screen; nothing remote loads",
    34: "held and shown comments are read, answered, moderated; notes and pings are no tickets; refusals are told",
    35: "times without an offset are UTC, windows overlap, a short page is not the end, no password in clear",
    36: "an entry is the same one in three polls, whatever its guid and links are; companies are apart",
    37: "conditional requests to the letter; 301, 308, 410, 429 and 503 are heeded; no validators of what failed",
    38: "flawed feeds are used and flagged, charsets are found, a page is no feed after three times",
    39: "what was there before the connection is indexed and opens no ticket",
}


def test_each_behaviour_of_blogs_has_a_test():
    named = {
        int(number)
        for file in Path(__file__).parent.rglob("test_*.py")
        for number in re.findall(r"mark\.behaviour_blog\((\d+)\)", file.read_text())
    }
    assert named == set(BEHAVIOURS)
