"""Another site: pages by their paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.host import Asked, Says, serving


class Host:
    """`pages`: what is at a path; a callable is asked with the request."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.pages: dict[str, Says | Callable[[Asked], Says]] = {}
        self.url = ""

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        page = self.pages.get(asked.path, Says({"code": "rest_no_route"}, 404))
        return page if isinstance(page, Says) else page(asked)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


@contextmanager
def running() -> Iterator[Host]:
    host = Host()
    with serving(host.answer) as host.url:
        yield host
