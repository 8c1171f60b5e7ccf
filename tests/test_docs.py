"""The documentation names things that exist, and its arrows are calls that are made."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from connectors import contract
from connectors import models as connector_models
from inbox import models as inbox_models
from sla import models as sla_models
from socialcare import models as people_models
from socialcare import tenancy
from socialcare.embedded import ROOT

FOR_EVERYBODY = [ROOT / "README.md", ROOT / "CHANGELOG.md"]
FOR_PROGRAMMERS = sorted((ROOT / "docs").glob("*.md"))
PAGES = FOR_EVERYBODY + FOR_PROGRAMMERS
# Where a shortened name may begin; the longest first.
ROOMS = ("inbox.actions.", "inbox.api.", "inbox.", "connectors.", "sla.", "socialcare.", "")
FILES = re.compile(r"\.(py|md|json|html|js|css|yml|toml|txt|sh|png|example|in|po)$")
NAME = re.compile(r"`([a-z_]\w*(?:\.\w+)+)`")
# Looked ahead for, so that the middle of a → b → c is both a callee and a caller.
ARROW = re.compile(r"`([a-z_]\w*(?:\.\w+)+)`(?=\s*→\s*`([a-z_]\w*(?:\.\w+)+)`)")
CLASS = re.compile(r"`([A-Z][a-z]\w*)(?:\([^)`]*\))?`")
LINK = re.compile(r"(?:\]\(|(?:src|srcset)=\")([^)\s\"]+)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def names(page: Path) -> list[str]:
    return [name for name in dict.fromkeys(NAME.findall(prose(page))) if not FILES.search(name)]


def places(name: str) -> list[tuple[ModuleType, str, object]]:
    """Every (module, name within it, thing) that a shortened name may mean."""
    found: dict[int, tuple[ModuleType, str, object]] = {}
    parts = name.split(".")
    for room in ROOMS:
        for cut in range(len(parts) - 1, 0, -1):
            if module := imported(room + ".".join(parts[:cut])):
                thing: object = module
                for part in parts[cut:]:
                    thing = getattr(thing, part, None)
                if thing is not None:
                    found.setdefault(id(thing), (module, ".".join(parts[cut:]), thing))
                break
    return list(found.values())


@cache
def imported(name: str) -> ModuleType | None:
    path = ROOT.joinpath(*name.split("."))
    if not (path.with_suffix(".py").exists() or (path / "__init__.py").exists()):
        return None
    return importlib.import_module(name)


@cache
def said_in(module: ModuleType, within: str) -> frozenset[str]:
    """Every name that stands in the body of a function or class, without strings and comments."""
    node: ast.AST = ast.parse(inspect.getsource(module))
    for part in within.split("."):
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        node = next(each for each in ast.iter_child_nodes(node) if isinstance(each, defined) and each.name == part)
    inner = list(ast.walk(node))
    return frozenset(each.id for each in inner if isinstance(each, ast.Name)) | frozenset(
        each.attr for each in inner if isinstance(each, ast.Attribute)
    )


def makes_the_call(caller: str, callee: str) -> bool:
    [(module, within, _thing)] = places(caller)
    return callee.rpartition(".")[2] in said_in(module, within)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_name_means_one_thing(page):
    meant = {name: [f"{module.__name__}:{within}" for module, within, _ in places(name)] for name in names(page)}
    assert {name: found for name, found in meant.items() if len(found) != 1} == {}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_arrow_is_a_call(page):
    arrows = ARROW.findall(prose(page))
    assert [f"{caller} → {callee}" for caller, callee in arrows if not makes_the_call(caller, callee)] == []


def test_the_two_paths_are_told_in_arrows():
    architecture = prose(ROOT / "docs" / "architecture.md")
    assert len(ARROW.findall(architecture)) > 60
    assert makes_the_call("intake.drain", "deliveries.claim")
    assert not makes_the_call("intake.drain", "deliveries.replay")
    assert places("intake.no_such_function") == []


@pytest.mark.parametrize("page", FOR_PROGRAMMERS, ids=name_of)
def test_every_class_exists(page):
    rooms = (connector_models, inbox_models, sla_models, people_models, contract, tenancy)
    known = {name for room in rooms for name in vars(room)}
    assert [name for name in CLASS.findall(prose(page)) if name not in known] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_and_link_exists(page):
    text = prose(page)
    files = [word for word in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if not word.startswith("/")]
    missing = [word for word in files if not (ROOT / word).exists()]
    for link in LINK.findall(text):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if "://" not in link and not (target.exists() and (not anchor or anchor in anchors(target))):
            missing.append(link)
    assert missing == []


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}
