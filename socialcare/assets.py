"""Translations and static files as the browsers get them: compiled, hashed, compressed; made anew when changed."""

import fcntl
import hashlib
import io
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

SOURCES = ("static", "locale", "requirements.txt", "socialcare/settings.py", "socialcare/staticfiles.py")


def bring_up_to_date() -> None:
    """Takes seconds where a source changed since the last time, else none; one caller at a time."""
    stamp = Path(settings.STATIC_ROOT) / ".made-from"
    stamp.parent.mkdir(exist_ok=True)
    with stamp.open("a+") as made_from:
        fcntl.flock(made_from, fcntl.LOCK_EX)
        call_command("compile_translations", stdout=io.StringIO())
        digest = _digest_of_sources()
        made_from.seek(0)
        if made_from.read() != digest:
            call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["rest_framework"])
            made_from.truncate(0)
            made_from.write(digest)


def _digest_of_sources() -> str:
    digest = hashlib.sha256()
    for name in SOURCES:
        source = Path(settings.BASE_DIR) / name
        files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
        for path in files:
            if path.suffix != ".mo":
                digest.update(str(path.relative_to(settings.BASE_DIR)).encode() + path.read_bytes())
    return digest.hexdigest()
