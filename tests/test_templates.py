"""Templates and scripts stay inside the strict Content-Security-Policy and load what they import."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))


@pytest.mark.parametrize(
    "forbidden",
    [
        r"\sstyle=",
        r"\son\w+=",
        r"<script(?![^>]*\ssrc=)",
        r"<style",
        r"javascript:",
        r"(?:src|<link[^>]*href)=\"https?:",
    ],
)
def test_no_template_needs_more_than_the_policy_allows(forbidden: str) -> None:
    assert [path.name for path in TEMPLATES if re.search(forbidden, path.read_text())] == []


def test_scripts_build_no_markup_from_text() -> None:
    unsafe = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(\"style"
    )
    assert [path.name for path in SCRIPTS if unsafe.search(path.read_text())] == []


def test_every_module_of_the_inbox_is_fetched_at_once() -> None:
    """What main.js imports, directly or not, is announced in the page: no chain of round trips."""
    wanted, todo = set(), [ROOT / "static/js/inbox/main.js"]
    while todo:
        script = todo.pop()
        for name in re.findall(r'from "([^"]+)"', script.read_text()):
            found = (script.parent / name).resolve()
            if found not in wanted:
                wanted.add(found)
                todo.append(found)
    listed = re.findall(r"static '([^']+)'", (ROOT / "templates/inbox/modules.html").read_text())
    assert {str(path.relative_to(ROOT / "static")) for path in wanted} == set(listed)
