"""Single values as Meta may send them."""

import pytest

from connectors.reading import clean, degrees, ident, label, link, person, title, words


@pytest.mark.behaviour(27)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (10201978818232600, "10201978818232600"),
        ("10201978818232600", "10201978818232600"),
        (9223372036854775807, "9223372036854775807"),
        (" 12 ", "12"),
        (0, "0"),
        ("a\x00b", "ab"),
        (None, ""),
        (True, ""),
        (1.0201978818232601e16, ""),
        ([], ""),
        ("x" * 201, ""),
    ],
)
def test_ids_are_strings_without_loss(value, expected):
    assert ident(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("e\u0301te\u0301", "été"),
        ("a\x00b", "ab"),
        ("half \ud83d surrogate", "half \ufffd surrogate"),
        ("\ud83d\ude00", "😀"),
        ("مرحبا \u200f👩‍🚀", "مرحبا \u200f👩‍🚀"),
    ],
)
def test_words_can_be_stored_and_compared(value, expected):
    assert clean(value) == expected
    assert clean(value).encode()


def test_words_are_nothing_but_strings():
    assert [words(value) for value in (None, 7, [], {}, True)] == [""] * 5


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "data:text/html,x", "//example.com", "https://a b", 'https://a"b', None, 3]
)
def test_only_web_addresses_are_links(value):
    assert link(value) == ""


def test_links_are_bounded():
    assert link("https://example.com/" + "a" * 3000)
    assert link("https://example.com/" + "a" * 5000) == ""


@pytest.mark.parametrize(
    ("value", "expected"), [("48.85", 48.85), (91, None), ("nan", None), ("here", None), (True, None), (10**400, None)]
)
def test_degrees(value, expected):
    assert degrees(value, 90) == expected


@pytest.mark.behaviour(24)
def test_labels_for_counting_stay_short_and_plain():
    assert label("feed", "Comment", "add") == "feed/comment/add"
    assert label("feed", None, "<script>") == "feed/_script_"
    assert len(label("a" * 500, "b" * 500)) <= 60
    assert label(None, 3) == "unnamed"


def test_names_are_one_bounded_line():
    assert person(1, "Léa\n  Fontaine").name == "Léa Fontaine"
    assert len(person(1, "x" * 999).name) == 200
    assert person(None, "Léa") is None
    assert title(7) == ""
