"""The words an account searches X for, as one question in X's language."""

from __future__ import annotations

import re
import unicodedata

from connectors.contract import BadInput
from connectors.twitter.explained import gettext_noop

LONGEST = 512
LONGEST_ID = "9" * 19
_SIGNS = re.compile(r"[:()]|^-")
_PARTING = str.maketrans({"\n": ",", '"': " ", "\\": " "})
_PLAIN = re.compile(r"[\w#@]+")
_RESERVED = frozenset({"OR", "AND", "NOT"})
_SAYS_SOMETHING = ("L", "N", "S")

SIGNS = gettext_noop(
    "“%(word)s” holds a sign of X’s own search language. Give plain words: leave out : ( ) and a - in front."
)
NOTHING = gettext_noop("X cannot search for “%(word)s”: it holds no letter and no digit.")
TOO_LONG = gettext_noop("Together that is too long for one search at X, by %(over)s characters. Leave some words out.")


def words_of(given: str) -> list[str]:
    """A comma or a new line parts them, a blank joins words to a phrase."""
    parts = given.translate(_PARTING).split(",")
    return [word for part in parts if (word := " ".join(part.split()))]


def question(words: list[str], account_id: str) -> str:
    """Posts with one of these that others wrote themselves; "" where there are none. Signs stand in quotation marks."""
    terms = [word if _PLAIN.fullmatch(word) and word.upper() not in _RESERVED else f'"{word}"' for word in words]
    return f"({' OR '.join(terms)}) -from:{account_id} -is:retweet" if terms else ""


def tidy(given: str) -> str:
    """The words as they are kept. Raises BadInput for what X would refuse."""
    words = words_of(given)
    for word in words:
        if _SIGNS.search(word):
            raise BadInput(SIGNS, word=word)
        if not any(unicodedata.category(letter).startswith(_SAYS_SOMETHING) for letter in word):
            raise BadInput(NOTHING, word=word)
    if (over := len(question(words, LONGEST_ID)) - LONGEST) > 0:
        raise BadInput(TOO_LONG, over=str(over))
    return ", ".join(words)
