"""`manage.py compile_translations`: .po to .mo by Babel, no gettext programs needed."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.conf import settings
from django.core.management.base import BaseCommand

from socialcare import messages


class Command(BaseCommand):
    help = "Compile the translations that changed; --missing lists what is not translated yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--missing", action="store_true", help="print untranslated sentences and where they stand")

    def handle(self, *args: Any, **options: Any) -> None:
        for language, _name in settings.LANGUAGES:
            if not messages.po_file(language).exists():
                continue
            catalog = messages.catalog(language)
            target = messages.po_file(language).with_suffix(".mo")
            if not target.exists() or target.stat().st_mtime < messages.po_file(language).stat().st_mtime:
                _write(catalog, target)
            if options["missing"]:
                for (_context, sentence), place in messages.untranslated(language).items():
                    self.stdout.write(f"{language} {place} {sentence!r}")


def _write(catalog: Catalog, target: Path) -> None:
    """Whole or not at all: another process may be reading it."""
    unfinished = target.with_suffix(f".{os.getpid()}")
    with unfinished.open("wb") as file:
        write_mo(file, catalog)
    unfinished.replace(target)
