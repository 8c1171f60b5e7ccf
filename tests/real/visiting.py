"""What the tests of a WordPress share: a visitor who comments, and what the API says."""

from __future__ import annotations

import itertools
import re
from typing import Any

import requests

from tests.real.wordpress import Blog

# Visitors come from other addresses each time, because WordPress counts how often one of them writes.
hosts = itertools.count(10)


def visit(blog: Blog, text: str, name: str = "", post: str = "open", **more: Any) -> int:
    """A visitor's comment; its id."""
    host = next(hosts)
    answer = blog.comment(blog.posts[post], name or f"Visitor{host} Smith", text, host=host, **more)
    assert answer.status_code == 302, answer.text
    return int(re.search(r"#comment-(\d+)$", answer.headers["location"])[1])


def said(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def read(blog: Blog, id: int) -> dict[str, Any]:
    found: dict[str, Any] = blog.call("GET", f"comments/{id}", params={"context": "edit"}).json()
    return found


def listed(blog: Blog, person: str | None = "editor", **query: Any) -> list[dict[str, Any]]:
    answer = blog.call("GET", "comments", person, params={"per_page": 100, **query})
    assert answer.ok, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found
