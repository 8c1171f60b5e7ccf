"""The fake WordPress, set up like the real one, so that the same tests run against both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from connectors.simulator.serve import beside
from tests.real.wordpress import Blog, Person

SITE = "canal-bakery"
POSTS = {
    "open": {"title": "New hours"},
    "second": {"title": "Winter boots are in"},
    "closed": {"title": "Closed for comments"},
    "draft": {"title": "Not yet", "draft": True},
    "guarded": {"title": "Members only", "guarded": True},
}
NAMES = {"editor": (2, "Canal Bakery Support"), "author": (3, "Ada Writer"), "subscriber": (4, "Sam Reader")}


@dataclass(frozen=True)
class Simulated(Blog):
    control: str = ""

    def order(self, what: str, **order: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.control}/{what}", json={"network": "blog", "page": SITE, **order}, timeout=10)
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def set_rules(self, **rules: bool) -> None:
        self.order("page", rules=rules)

    def set_open(self, post: int, opened: bool) -> None:
        self.order("say", do="open" if opened else "close", to=str(post))

    def mark(self, post: int, kind: str, name: str) -> None:
        self.order("say", do=kind, to=str(post), author=name, text="seen")


@contextmanager
def simulated() -> Iterator[Simulated]:
    with beside(list) as base_url:
        bare = Simulated(f"{base_url}/blog/{SITE}", {}, {}, f"{base_url}/control")
        posts = {
            name: int(bare.order("say", do="article", author="keeper", text="Words.", **given)["id"])
            for name, given in POSTS.items()
        }
        bare.order("say", do="close", to=str(posts["closed"]))
        people = {
            role: Person(id, role, name, bare.order("page", tokens="new", login=role)["password"])
            for role, (id, name) in NAMES.items()
        }
        yield Simulated(bare.url, people, posts, bare.control)
