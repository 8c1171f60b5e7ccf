"""The sentences of templates and code that need a translation, found without the gettext programs."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

CODE = ("socialcare", "connectors", "sla", "inbox")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
Message = tuple[str | None, str | tuple[str, ...]]


def needed() -> dict[Message, str]:
    """Every (context, sentence or sentence with its plural) with one place where it stands, "file:line"."""
    found: dict[Message, str] = {}
    for place, line, context, sentence in (*_in_code(), *_in_fields(), *_in_templates()):
        found.setdefault((context, sentence), f"{place}:{line}")
    return found


def catalog(language: str) -> Catalog:
    with po_file(language).open("rb") as lines:
        return read_po(lines, locale=language)


def po_file(language: str) -> Path:
    return Path(settings.BASE_DIR) / "locale" / language / "LC_MESSAGES" / "django.po"


def untranslated(language: str) -> dict[Message, str]:
    """What the catalogue of that language lacks, has marked as fuzzy, or has only partly."""
    known = catalog(language)
    return {message: place for message, place in needed().items() if not _translated(known, *message)}


def _translated(known: Catalog, context: str | None, sentence: str | tuple[str, ...]) -> bool:
    message = known.get(sentence if isinstance(sentence, str) else sentence[0], context)
    if message is None or message.fuzzy:
        return False
    if isinstance(sentence, str):
        return isinstance(message.string, str) and bool(message.string)
    plurals = message.string
    return isinstance(plurals, tuple) and len(plurals) == known.num_plurals and all(plurals)


def _in_code() -> Iterator[tuple[str, int, str | None, str | tuple[str, ...]]]:
    root = Path(settings.BASE_DIR)
    for package in CODE:
        for file in sorted((root / package).rglob("*.py")):
            if "migrations" not in file.parts:
                yield from _messages(file.relative_to(root), "python", file.read_bytes())


def _in_fields() -> Iterator[tuple[str, int, str | None, str | tuple[str, ...]]]:
    """Platforms know no Django: the label and the help of what they ask for are translated where they are shown."""
    root = Path(settings.BASE_DIR)
    for file in sorted((root / "connectors").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Field":
                words = [*call.args[1:2], *(given.value for given in call.keywords if given.arg in ("label", "help"))]
                for word in words:
                    if isinstance(word, ast.Constant) and word.value:
                        yield str(file.relative_to(root)), word.lineno, None, str(word.value)


def _in_templates() -> Iterator[tuple[str, int, str | None, str | tuple[str, ...]]]:
    root = Path(settings.BASE_DIR)
    for file in sorted((root / "templates").rglob("*.html")):
        # What Django makes of a template for xgettext is nearest to JavaScript: calls in between of noise.
        words = templatize(file.read_text(), origin=str(file))
        yield from _messages(file.relative_to(root), "javascript", words.encode())


def _messages(place: Path, method: str, words: bytes) -> Iterator[tuple[str, int, str | None, str | tuple[str, ...]]]:
    options = {"encoding": "utf-8"}
    for line, sentence, _comments, context in extract(method, io.BytesIO(words), KEYWORDS, options=options):
        if sentence and (not isinstance(sentence, tuple) or all(sentence)):
            yield str(place), line, context, sentence
