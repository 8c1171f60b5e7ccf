"""How long a text is to X: links 23, emoji 2, most of Latin 1, all else 2.

The browser counts the same way in static/js/core/weight.js; change both. Links and emoji never span
white space, so words are looked at one by one, and a word made to be slow counts as plain letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

# The browser has the same list in static/js/core/tlds.js.
TLDS = frozenset((Path(__file__).parent / "tlds.txt").read_text().split())
LONGEST = 280
LINK = 23
MOST_DOTS = 25
LONGEST_WORD = 4096
LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))

_NAME = r"0-9A-Za-z\u00a1-\u02ff\u0370-\u1fff\u2c00-\u2fef\u3040-\ud7ff\uf900-\ufdcf\U00010000-\U0001efff"
_WORD = r"[0-9A-Za-z][0-9A-Za-z_-]*"
_HOST = re.compile(
    rf"([Hh][Tt][Tt][Pp][Ss]?://)([{_NAME}][{_NAME}_-]*(?:\.[{_NAME}][{_NAME}_-]*)+)|(?<![0-9A-Za-z_-])({_WORD}(?:\.{_WORD})+)"
)
_LATIN = re.compile(r"[0-9A-Za-z-]*")
_NO_LINK_AFTER = re.compile(r"[0-9A-Za-z@＠$#＃_]")
_NO_BARE_LINK_AFTER = re.compile(r"[-./]")
_GOES_ON = re.compile(r"[0-9A-Za-z@+-]")
_PORT = re.compile(r":[0-9]+")
_PATH = re.compile(r"/[0-9A-Za-z\u00c0-\u024f\u0400-\u04ff!*';:=+,.$/%#\[\]–_~@|&()-]*")
_PATH_END = re.compile(r"[0-9A-Za-z\u00c0-\u024f\u0400-\u04ff=_#/+)-]")
_QUERY = re.compile(r"\?[0-9A-Za-z!?*'@();:&=+$/%#\[\]_.,~|-]*")
_QUERY_END = re.compile(r"[0-9A-Za-z\-_&=#/]")
_SHORT_PATH = re.compile(r"/[0-9A-Za-z]+")
_PICTURE = (
    "\u00a9\u00ae\u2122\u203c\u2049\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf"
    "\u23e9-\u23f3\u23f8-\u23fa\u24c2"
    "\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615\u2618\u261d\u2620\u2622\u2623"
    "\u2626\u262a\u262e\u262f\u2638-\u263a\u2640\u2642\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b"
    "\u267e\u267f\u2692-\u2697\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4"
    "\u26c5\u26c8\u26ce\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705"
    "\u2708-\u270d\u270f\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755"
    "\u2757\u2763\u2764\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030"
    "\u303d\u3297\u3299\U0001f004\U0001f0cf\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f18e"
    "\U0001f191-\U0001f19a\U0001f201\U0001f202\U0001f21a\U0001f22f\U0001f232-\U0001f23a\U0001f250\U0001f251"
    "\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7eb\U0001f7f0\U0001f90c-\U0001f9ff"
    "\U0001fa70-\U0001faff"
)
_ONE = rf"[{_PICTURE}]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
_EMOJI = re.compile(
    r"[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3|\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
    rf"|{_ONE}(?:\u200d{_ONE})*"
)
_BREAK = re.compile(r"[ \t\n\r\f\v\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")


def weight(text: str) -> int:
    """The length X counts."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    total = sum(_letters(gap) for gap in _BREAK.findall(plain))
    return total + sum(_word(word) for word in _BREAK.split(plain))


def has_link(text: str) -> bool:
    return any(next(_links(word), None) for word in _BREAK.split(text) if not _is_hostile(word))


def links(text: str) -> list[tuple[int, int]]:
    """Where X makes links of what was typed. A name without a top-level domain that exists is none, even with https."""
    found, start = [], 0
    for end, then in [*((gap.start(), gap.end()) for gap in _BREAK.finditer(text)), (len(text), 0)]:
        word = text[start:end]
        if not _is_hostile(word):
            found += [(start + begin, start + stop) for begin, stop in _links(word)]
        start = then
    return found


def _word(word: str) -> int:
    if _is_hostile(word):
        return _letters(word)
    total = last = 0
    for start, end in _links(word):
        total += _without_links(word[last:start]) + LINK
        last = end
    return total + _without_links(word[last:])


def _is_hostile(word: str) -> bool:
    return len(word) > LONGEST_WORD or word.count(".") > MOST_DOTS


def _without_links(text: str) -> int:
    """Text with emoji, whatever they are made of, as two."""
    if text.isascii():
        return len(text)
    bare, found = _EMOJI.subn("", text)
    return _letters(bare) + 2 * found


def _letters(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(1 if any(first <= ord(letter) <= last for first, last in LIGHT) else 2 for letter in text)


def _links(word: str) -> Iterator[tuple[int, int]]:
    """Where links begin and end."""
    if "." not in word:
        return
    place = 0
    while found := _HOST.search(word, place):
        span = _link(word, found)
        if span:
            yield span
        place = span[1] if span else _next_try(found)


def _next_try(found: re.Match[str]) -> int:
    """Behind `https://` the same host may still be a bare one; else behind the first label."""
    return found.start(2) if found[1] else found.start() + found[0].index(".")


def _link(word: str, found: re.Match[str]) -> tuple[int, int] | None:
    scheme, host, start = found[1] or "", found[2] or found[3], found.start()
    before = word[start - 1 : start]
    if _NO_LINK_AFTER.match(before) or (not scheme and _NO_BARE_LINK_AFTER.match(before)):
        return None
    labels = host.split(".")
    for count in range(len(labels) - 1, 0, -1):
        begin = start + len(scheme) + len(".".join(labels[:count])) + 1
        end = _end_of_domain(word, labels[count], begin)
        if end and "_" not in labels[count - 1]:
            if any(label.endswith(("-", "_")) for label in labels[:count]):
                return None
            return start, _behind_host(word, end, is_short=bool(scheme) and host.lower() == "t.co")
    return None


def _end_of_domain(word: str, label: str, begin: int) -> int:
    """Where a top-level domain that begins there ends, 0 where none does; other letters may follow a Latin one."""
    for name in (label, latin[0] if (latin := _LATIN.match(label)) else ""):
        domain = name.lower()
        if (domain in TLDS or domain.startswith("xn--")) and not _GOES_ON.match(word, begin + len(name)):
            return begin + len(name)
    return 0


def _behind_host(word: str, end: int, *, is_short: bool) -> int:
    if is_short:
        return found.end() if (found := _SHORT_PATH.match(word, end)) else end
    if found := _PORT.match(word, end):
        end = found.end()
    end = _trimmed(word, end, _PATH, _PATH_END)
    return _trimmed(word, end, _QUERY, _QUERY_END)


def _trimmed(word: str, start: int, run: re.Pattern[str], ending: re.Pattern[str]) -> int:
    """Without the sentence's own marks at the end; a bracket stays where the link opened it."""
    found = run.match(word, start)
    if not found:
        return start
    end, opened, closed = found.end(), found[0].count("("), found[0].count(")")
    while end > start:
        letter = word[end - 1]
        if ending.match(letter) and not (letter == ")" and closed > opened):
            return end
        closed -= letter == ")"
        opened -= letter == "("
        end -= 1
    return start
