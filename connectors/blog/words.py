"""Words parted by commas that an admin gives: what to look for, and names we write under."""

from __future__ import annotations

from connectors.blog.explained import gettext_noop
from connectors.contract import BadInput

LONGEST_WORD = 60
TOO_LONG = gettext_noop("“%(word)s…” is longer than 60 characters. Part the words by commas, and give short ones.")


def parted(given: object) -> list[str]:
    """Each once, whatever its case, as it was first written."""
    once: dict[str, str] = {}
    for word in str(given or "").split(","):
        plain = " ".join(word.split())
        once.setdefault(plain.casefold(), plain)
    return [word for word in once.values() if word]


def tidy(given: str) -> str:
    """As it is kept and shown. Raises BadInput."""
    words = parted(given)
    if long := next((word for word in words if len(word) > LONGEST_WORD), None):
        raise BadInput(TOO_LONG, word=long[:20])
    return ", ".join(words)
