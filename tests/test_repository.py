"""What holds for the files of this repository, whatever they say."""

import ast
import re
import shutil
import subprocess
from importlib.metadata import packages_distributions

import pytest

from socialcare.embedded import ROOT

ENOUGH_FOR_EVERY_PLATFORM = 20
BROWSER_FILES = (".html", ".css", ".js")
COMPILED = ("psycopg2-binary", "uvloop", "httptools", "orjson", "cryptography", "cffi", "websockets")


def tracked():
    if not (shutil.which("git") and (ROOT / ".git").exists()):
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def texts(*suffixes):
    """(path relative to the root, its text) of the files with one of `suffixes`; of all text files without."""
    for path in tracked():
        if not suffixes or path.suffix in suffixes:
            try:
                yield path.relative_to(ROOT), path.read_text()
            except UnicodeDecodeError:
                continue


def findings(pattern, files):
    return [f"{path}: {match[0]}" for path, text in files for match in re.finditer(pattern, text)]


def test_scripts_are_short_and_runnable():
    scripts = [path for path in (ROOT / "bin").iterdir() if path.name != "environment"]
    assert {"demo", "test"} <= {path.name for path in scripts}
    for path in scripts:
        assert path.stat().st_mode & 0o111, path
        assert len(path.read_text().splitlines()) < 60, path
        assert subprocess.run(["sh", "-n", path]).returncode == 0


def test_files_are_short():
    written = ((path, text) for path, text in texts(".py", ".js", ".css", ".html") if "migrations" not in path.parts)
    assert [(str(path), lines) for path, text in written if (lines := len(text.splitlines())) > 400] == []


def test_functions_are_short():
    found = []
    for path, text in texts(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= 40:
                found.append(f"{path}: {node.name}")
    assert found == []


def test_nothing_names_a_machine():
    places = r"(?<![\w.~$}\])-])/(?:work|root|home|Users|opt)/[\w.-]+"
    files = [(path, text) for path, text in texts() if path.name != "test_repository.py"]
    assert findings(places, files) == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-embedded.txt", "requirements-dev.txt"])
def test_a_lock_file_names_versions_and_hashes_and_no_place(name):
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.]+( ; [^\\\n]+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\\n|$))+$", entry), entry[
            :80
        ]
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links|trusted-host", text)


def test_the_lock_files_hold_for_every_platform():
    text = (ROOT / "requirements.txt").read_text()
    for package in COMPILED:
        entry = re.search(rf"^{package}==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)[0]
        assert entry.count("--hash") > ENOUGH_FOR_EVERY_PLATFORM, package


def test_the_lock_files_agree_with_each_other_and_hold_what_is_asked_for():
    locked = {}
    for name in ("requirements", "requirements-embedded", "requirements-dev"):
        pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / f"{name}.txt").read_text(), re.MULTILINE))
        asked = re.findall(r"^([\w.-]+)", (ROOT / f"{name}.in").read_text(), re.MULTILINE)
        assert {normal(each) for each in asked} <= {normal(each) for each in pins}, name
        for package, version in pins.items():
            assert locked.setdefault(package, version) == version, package


def test_the_application_imports_only_what_production_installs():
    locks = (ROOT / name for name in ("requirements.txt", "requirements-embedded.txt"))
    installed = {normal(name) for lock in locks for name in re.findall(r"^([\w.-]+)==", lock.read_text(), re.MULTILINE)}
    homes = packages_distributions()
    missing = set()
    for path, text in texts(".py"):
        if path.parts[0] in ("socialcare", "connectors", "inbox", "sla") and path.name != "tests.py":
            for module in imported(ast.parse(text)):
                owners = {normal(owner) for owner in homes.get(module, [])}
                if owners and not owners & installed:
                    missing.add(f"{path}: {module}")
    assert missing == set()


def imported(tree):
    """The top-level names of the modules that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def normal(package):
    return re.sub(r"[-_.]+", "-", package).lower()


def test_pages_carry_no_inline_style_or_script():
    markup = [(path, re.sub(r"{%.*?%}|{{.*?}}", "", text)) for path, text in texts(".html", ".svg")]
    assert markup
    assert findings(r"(?i)\s(?:style|on[a-z]+)\s*=|<style\b|<script(?![^>]*\bsrc=)[^>]*>|javascript:", markup) == []


def test_browsers_load_nothing_from_elsewhere():
    files = [(path, text) for path, text in texts(*BROWSER_FILES) if path.parts[0] != "tests"]
    elsewhere = r"""(?ix) (?:\b(?:src|srcset|action|poster|data)\s*=\s*["']|<link\b[^>]*href\s*=\s*["']|url\(\s*["']?
        |@import\s+["']|\bfrom\s+["']|\bimport\s*\(?\s*["']|\bfetch\(\s*["']) (?:https?:)?//[^"'\s)]+"""
    assert findings(elsewhere, files) == []


def test_a_worker_knows_every_task_without_having_seen_a_page():
    from socialcare.celery import app

    homes = {str(path.with_suffix("")).replace("/", ".") for path, text in texts(".py") if "\n@shared_task" in text}
    homes -= {home for home in homes if home.startswith("tests.")}
    assert homes
    assert homes == set(app.conf.imports)
