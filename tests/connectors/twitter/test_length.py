"""How long a text is to X: the rules' own cases, hostile texts, and the browser's count beside the server's."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from connectors.twitter import length
from connectors.twitter.length import has_link, links, weight
from connectors.twitter.simulator import text as fake

ROOT = Path(__file__).parents[3]
FAMILY, ENGLAND = "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"
LONG_PATH = "http://example.com/" + "a" * 200
CASES = [
    ("", 0),
    ("Hello", 5),
    ("a" * 280, 280),
    ("é", 1),
    ("e\u0301", 1),
    ("\u10ff", 1),
    ("\u1100", 2),
    ("漢字", 4),
    ("한국어", 6),
    ("‘quoted’ – “so”…", 17),
    ("\u2010\u201f\u2032\u2037", 4),
    ("\u2028", 2),
    ("😀", 2),
    ("👍🏽", 2),
    (FAMILY, 2),
    (ENGLAND, 2),
    ("🇫🇷🇩🇪", 4),
    ("1️⃣#️⃣", 4),
    ("❤️", 2),
    ("😀😀😀 ok", 9),
    ("http://example.com", 23),
    ("HTTPS://EXAMPLE.COM", 23),
    (LONG_PATH, 23),
    ("example.fr", 23),
    ("See example.fr.", 4 + 23 + 1),
    ("(https://example.com/a_(b))", 1 + 23 + 1),
    ("https://example.com/?q=a&b=2, next", 23 + 6),
    ("https://t.co/abcDEF123,", 24),
    ("example.com and example.org", 23 + 5 + 23),
    ("日本語example.com日本語", 6 + 23 + 6),
    ("http://例え.テスト.com", 23),
    ("foo@example.com", 15),
    ("@example.com", 12),
    ("$example.com", 12),
    ("file.notatld", 12),
    ("1.2.3", 5),
    ("http://a_b.com", 14),
    ("https://acme.example", 20),
    ("https://acme.example/help?q=1", 29),
    ("http://sub_domain.example.com", 23),
    ("a\r\nb", 3),
]


@pytest.mark.behaviour_x(30)
@pytest.mark.parametrize(("text", "counted"), CASES, ids=[str(number) for number in range(len(CASES))])
def test_the_count_is_x_s(text, counted):
    assert weight(text) == counted


@pytest.mark.behaviour_x(31)
def test_the_fake_x_takes_money_for_the_links_we_count():
    """Also where somebody types https:// before a name that leads nowhere: X makes no link of it."""
    assert not has_link("See https://acme.example and http://acme.invalid/help")
    for text in [*generated(500), *(text for text, _ in CASES), "https://acme.example", "https://acme.example.com"]:
        spans = links(text)
        assert bool(spans) == has_link(text) == fake.has_link(text)
        assert [place["expanded_url"].partition("://")[2] for place in urls_of(text)] == [
            text[start:end].partition("://")[2] or text[start:end] for start, end in spans
        ]


def urls_of(text: str) -> list[dict]:
    return fake.write(text, lambda name: None).entities.get("urls", [])


@pytest.mark.behaviour_x(30)
@pytest.mark.parametrize(
    "text",
    [
        "a." * 12_000,
        "http://" * 3_000,
        "a.com" * 4_000,
        "x.com/" + "(" * 4_000,
        "(" * 24_000,
        "😀" * 12_000,
        "\u200d😀" * 9_000,
        "é\u0301" * 8_000,
        "a.b.c.d " * 3_000,
    ],
    ids=str.__len__,
)
def test_a_hostile_text_takes_no_longer_than_an_honest_one(text):
    """Measured against plain words of the same length, because machines differ."""
    honest = ("words and example.com 漢 " * 1_200)[: len(text)]
    spent = {}
    for name, given in (("honest", honest), ("hostile", text)):
        runs = []
        for _ in range(5):
            began = time.perf_counter()
            weight(given)
            runs.append(time.perf_counter() - began)
        spent[name] = min(runs)
    assert spent["hostile"] < spent["honest"] * 10


def test_what_holds_a_link_is_known():
    assert has_link("See example.com/help")
    assert not has_link("See example.notatld, or mail me@example.com")


def test_the_browser_has_the_same_domains():
    script = (ROOT / "static/js/core/tlds.js").read_text()
    assert set(re.search(r"`(.*)`", script, re.DOTALL)[1].split()) == length.TLDS


PIECES = [
    "hello", "http://example.com", "https://x.com/a_(b)", "example.fr", "example.fr.", "www.a.co.uk/p?q=1&b=2,", "😀",
    FAMILY, "🇫🇷", "👍🏽", "❤️", "❤", "©", "™", "1️⃣", "漢字", "한국", "é", "e\u0301", "@user", "#tag", "foo@example.com",
    "$AAPL", "…", "‘q’", "http://例え.テスト", "https://t.co/abcDEF123,", "a.b", "file.py", "(example.com)", "http://a_b.com",
    "\u200b", ENGLAND, "🧑🏽‍🚀", "example.museum", "https://example.com/путь", "x.com#frag", "a.com-b",
    "日本語example.com日本語",
    "xn--p1ai.xn--p1ai", "\u00a0", "\r\n", "\t",
]  # fmt: skip


def generated(number: int) -> list[str]:
    """Texts of pieces that matter, and of letters from everywhere."""
    chance, texts = random.Random(17), []
    for turn in range(number):
        if turn % 3:
            pieces = chance.choices(PIECES, k=chance.randint(1, 7))
            texts.append("".join(piece + chance.choice(["", "", " ", "\n", ", ", "(", ")"]) for piece in pieces))
        else:
            planes = [(0x20, 0x2FF), (0x2000, 0x2FFF), (0x1F000, 0x1FFFF), (0x4E00, 0x9FFF), (0x2E, 0x3A)]
            texts.append("".join(chr(chance.randint(*chance.choice(planes))) for _ in range(40)))
    return texts
