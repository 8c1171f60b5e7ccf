"""Every regular expression of ours on very long words: twice the words cost about twice the time, not four times."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time

import pytest

import connectors
import inbox
import sla
import socialcare

# The words are doubled until they are so long: a pattern that is slow shows itself while it still ends.
SHORTEST, LENGTH = 1_600, 200_000
# Quadratic doubles twice; what is done at once says nothing.
TIMES, AT_ONCE = 3.3, 0.02
SHAPES = [
    "a",
    " ",
    "0",
    ".",
    "https://a",
    "http:",
    "<",
    "\\",
    "é",
    "0.",
    "a ",
    "-",
    "_",
    "\n",
    "1" * 18 + ".",
    "@a",
    "%20",
]


def patterns() -> dict[str, re.Pattern[str] | re.Pattern[bytes]]:
    """Those that modules keep by name."""
    found = {}
    for house in (connectors, inbox, sla, socialcare):
        for module in pkgutil.walk_packages(house.__path__, f"{house.__name__}."):
            if "migrations" in module.name or module.name.endswith(("asgi", "wsgi", "demo")):
                continue
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, re.Pattern):
                    found[f"{module.name}.{name}"] = value
    return found


def seconds(pattern: re.Pattern, words: str | bytes) -> float:
    began = time.process_time()
    for way in (pattern.fullmatch, pattern.search, pattern.match):
        way(words)
    pattern.sub(words[:0], words)
    return time.process_time() - began


@pytest.mark.parametrize("name", sorted(patterns()))
def test_no_pattern_is_slow_on_long_words(name):
    pattern = patterns()[name]
    for shape in SHAPES:
        for end in ("", "!", "\x00"):
            length = SHORTEST
            while length < LENGTH:
                once, twice = (words_of(pattern, shape, size, end) for size in (length, 2 * length))
                if seconds(pattern, twice) > AT_ONCE:
                    best = min(seconds(pattern, once) for _ in range(3))
                    assert min(seconds(pattern, twice) for _ in range(3)) <= TIMES * best, (shape, length, end)
                length *= 2


def words_of(pattern: re.Pattern, shape: str, length: int, end: str) -> str | bytes:
    words = (shape * length)[:length] + end
    return words.encode() if isinstance(pattern.pattern, bytes) else words


def test_a_slow_pattern_is_found():
    slow = re.compile(r"\s*([a-z_]+)")
    once, twice = (words_of(slow, " ", length, "!") for length in (3_200, 6_400))
    assert seconds(slow, twice) > AT_ONCE
    assert min(seconds(slow, twice) for _ in range(3)) > TIMES * min(seconds(slow, once) for _ in range(3))
