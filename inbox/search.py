"""Tickets by words: said on them, in colleagues' notes or customers' names; French or English, accents or none.

All words must stand in one text, in this form or another; the last may be the beginning of one. Words that either
language is full of are not looked for. Removed words are gone from their rows, and so from here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.db import connection

from inbox.models import Ticket
from socialcare.tenancy import current_workspace

WORD = re.compile(r"[^\W_]+")
NUMBER = re.compile(r"#?(\d{1,15})")
MOST_WORDS = 10
# A single letter begins too many words.
SHORTEST_BEGINNING = 2
# Of the customers with such a name, so many of the newest are looked at.
MOST_NAMES = 1000
# So many tickets share a lexeme in the index. They are looked through in windows of such lexemes, the newest first: a
# word of every second ticket is then as quick to find as a rare one.
SHARE = 2_048
WINDOWS = (1, 8)
# What a beginning matches is kept apart by row as far as memory goes. Past it whole pages are read again and each of
# their texts is parsed anew, which takes seconds.
MEMORY = "64MB"

_FORMS = "SELECT inbox_forms(word), inbox_plain(lower(word)) FROM unnest(%s::text[]) word"
# The settings hold for this one statement. OFFSET 0: what matches is sorted; what is sorted is not asked for a match.
_FOR = """
SELECT set_config('socialcare.search', %(sought)s, true), set_config('work_mem', %(memory)s, true);
"""
_SAID = """
SELECT id FROM (
    SELECT ticket_id FROM inbox_message_search WHERE ticket_id < %(below)s AND state <> 'cancelled'
    UNION ALL SELECT ticket_id FROM inbox_note_search WHERE ticket_id < %(below)s OFFSET 0
) said (id) GROUP BY id ORDER BY id DESC LIMIT %(limit)s
"""
_NAMED = """
SELECT id FROM inbox_ticket WHERE id < %(below)s AND contact_id IN (
    SELECT id FROM (SELECT id FROM inbox_contact_search OFFSET 0) named ORDER BY id DESC LIMIT %(names)s
) ORDER BY id DESC LIMIT %(limit)s
"""


def tickets(words: str, *, below: int | None = None, limit: int) -> list[int]:
    """The ids of the newest tickets found, below an id if one is given. A ticket's number finds it too."""
    with connection.cursor() as cursor:
        if below is None:
            cursor.execute("SELECT last_value + 1 FROM inbox_ticket_id_seq")
            below = int(cursor.fetchone()[0])
        found = _numbered(words, below)
        if sought := _sought(cursor, words):
            found |= _asked(cursor, _NAMED, sought=sought, below=below, limit=limit, names=MOST_NAMES)
            said: set[int] = set()
            for where, edge in _windows(below):
                said |= _asked(cursor, _SAID, sought=f"({sought}){where}", below=edge, limit=limit)
                if len(said) >= limit:
                    break
            found |= said
    return sorted(found, reverse=True)[:limit]


def _numbered(words: str, below: int) -> set[int]:
    number = NUMBER.fullmatch(words.strip())
    known = Ticket.objects.filter(pk=int(number[1]), pk__lt=below) if number else Ticket.objects.none()
    return set(known.values_list("id", flat=True))


def _sought(cursor: Any, words: str) -> str:
    """A tsquery in PostgreSQL's spelling; empty where no word is left to look for."""
    cursor.execute(_FORMS, [WORD.findall(unicodedata.normalize("NFC", words))[:MOST_WORDS]])
    heard = [(forms.split(), plain) for forms, plain in cursor.fetchall()]
    parts = [[_lexeme(form) for form in forms] for forms, _ in heard]
    if heard and len(heard[-1][1]) >= SHORTEST_BEGINNING and (parts[-1] or len(heard) == 1):
        forms, plain = heard[-1]
        parts[-1] = [f"{_lexeme(beginning)}:*" for beginning in {*forms, *plain.split()}]
    return " & ".join(f"({' | '.join(part)})" for part in parts if part)


def _lexeme(form: str) -> str:
    escaped = form.replace("\\", "\\\\").replace("'", "''")
    return f"'{current_workspace():d}:{escaped}'"


def _windows(below: int) -> Iterator[tuple[str, int]]:
    """The newest tickets below an id, many before them, then all others: what to add to a tsquery, and the edge."""
    edge, newest = below, (below - 1) // SHARE
    for shares in WINDOWS:
        oldest = max(0, newest - shares + 1)
        yield " & (" + " | ".join(f"'t{share}'" for share in range(oldest, newest + 1)) + ")", edge
        if oldest == 0:
            return
        edge, newest = oldest * SHARE, oldest - 1
    yield "", edge


def _asked(cursor: Any, statement: str, **asked: Any) -> set[int]:
    cursor.execute(_FOR + statement, {**asked, "memory": MEMORY})
    return {pk for (pk,) in cursor.fetchall()}
