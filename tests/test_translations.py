"""Everything a person reads is there in French, and in French typography."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils import translation

from inbox.views.strings import strings
from socialcare import messages

PLACE = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def sentences(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text)  # type: ignore[call-overload]


def test_extraction_finds_code_templates_plurals_and_the_fields_of_platforms() -> None:
    needed = {sentence for _, sentence in messages.needed()}
    assert "Please sign in." in needed
    assert "Nobody is waiting" in needed
    assert ("{n} new ticket.", "{n} new tickets.") in needed
    assert "App secret" in needed


def test_french_lacks_nothing() -> None:
    assert messages.untranslated("fr") == {}


def test_french_holds_nothing_that_is_no_longer_needed() -> None:
    needed = {(context, sentences(text)[0]) for context, text in messages.needed()}
    known = {(message.context, sentences(message.id)[0]) for message in messages.catalog("fr") if message.id}
    assert known - needed == set()


def test_translations_keep_the_places_to_fill() -> None:
    for message in messages.catalog("fr"):
        if not message.id:
            continue
        wanted = set(PLACE.findall(sentences(message.id)[-1]))
        for french in sentences(message.string):
            assert set(PLACE.findall(french)) <= wanted, french
        assert set(PLACE.findall(sentences(message.string)[-1])) == wanted, message.id


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (re.compile(r"'"), "the apostrophe is ’"),
        (re.compile(r" [!?;]"), "a narrow no-break space stands before ! ? ;"),
        (re.compile(r"(?<=\w) :|« | »"), "a no-break space stands before : and inside « »"),
        (re.compile(r"\.\.\."), "the ellipsis is one sign"),
    ],
)
def test_french_typography(wrong: re.Pattern[str], why: str) -> None:
    faults = [text for message in messages.catalog("fr") for text in sentences(message.string) if wrong.search(text)]
    assert not faults, why


def test_pages_and_scripts_speak_french() -> None:
    with translation.override("fr"):
        assert strings()["send_note"] == "Ajouter la note"
        assert strings()["tickets_new_other"] == "{n} nouveaux tickets."
        page = Template("{% load i18n %}{% translate 'Nobody is waiting' %}").render(Context())
    assert page == "Personne n’attend"


def test_scripts_ask_only_for_sentences_that_exist() -> None:
    """t("name") and count("name", n) in static/js name a sentence of `strings()`."""
    known = set(strings())
    asked, counted = set(), set()
    for script in (Path(settings.BASE_DIR) / "static" / "js").rglob("*.js"):
        words = script.read_text()
        asked |= set(re.findall(r'\bt\("(\w+)"', words))
        counted |= set(re.findall(r'\bcount\("(\w+)"', words))
    assert asked - known == set()
    assert {f"{name}_{form}" for name in counted for form in ("one", "other")} - known == set()
