"""A tiny Graph on loopback that answers as told and remembers what it was asked; the real client talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.host import Asked, Says, serving

Answer = tuple[int, Any]


@dataclass
class Graph:
    """`answers` maps "METHOD /path end" to (status, JSON or bytes) or to a function of the request giving one."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Answer | Callable[[Asked], Answer]] = field(default_factory=dict)

    def posts(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == "POST"]

    def says(self, asked: Asked) -> Says:
        self.asked.append(asked)
        status, body = self.answer(asked)
        return Says(body, status, type="text/html" if isinstance(body, bytes) else "application/json")

    def answer(self, asked: Asked) -> Answer:
        for key, answer in self.answers.items():
            method, _, end = key.partition(" ")
            if asked.method == method and asked.path.endswith(end):
                return answer(asked) if callable(answer) else answer
        return 404, {"error": {"message": "unknown", "code": 100, "error_subcode": 33}}


@contextmanager
def graph() -> Iterator[Graph]:
    there = Graph()
    with serving(there.says) as there.url:
        yield there
