"""A Graph that answers by a script and remembers what it was asked, to the byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from connectors.contract import Account, App, Usage
from connectors.meta.graph import GraphClient
from tests.host import Asked, Says, serving

TOKEN = "EAAGsecretPAGEtoken0123456789"
SECRET = "0123456789abcdef0123456789abcdef"
PAGE = "111222333444555"
APP = "900800700600500"


def error(code: Any = None, subcode: Any = None, *, status: int = 400, headers: Any = (), **more: Any) -> Says:
    said = {"message": "Something in Meta's words", "type": "OAuthException", "fbtrace_id": "AbCdEf123_-", **more}
    said |= {name: value for name, value in (("code", code), ("error_subcode", subcode)) if value is not None}
    return Says({"error": said}, status, headers)


class ScriptedGraph:
    """Answers in the order of `script`; a callable is asked with the request. An empty script answers 599."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: list[Says | Callable[[Asked], Says]] = []
        self.always: Callable[[Asked], Says] | None = None
        self.usage: list[Usage] = []
        self.url = ""

    def says(self, *answers: Says | Callable[[Asked], Says]) -> None:
        self.script += answers

    def account(self, **changes: Any) -> Account:
        config = {"graph_url": self.url, "graph_version": "v25.0", "timeout": "1,0.5", **changes.pop("config", {})}
        app = App("key", APP, changes.pop("secrets", (SECRET,)), config=config)
        known: dict[str, Any] = {"channel": "facebook", "external_id": PAGE, "credentials": {"access_token": TOKEN}}
        return Account(**{**known, "app": app, "report_usage": self.usage.append, **changes})

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        if self.always:
            return self.always(asked)
        if not self.script:
            return Says({"unexpected": asked.target}, 599)
        answer = self.script.pop(0)
        return answer(asked) if callable(answer) else answer


@contextmanager
def running_graph() -> Iterator[ScriptedGraph]:
    graph = ScriptedGraph()
    with serving(graph.answer, patience=1.2) as graph.url:
        yield graph


HTML = Says(b"<html>502 Bad Gateway</html>", 502, type="text/html")


def read(graph: ScriptedGraph, **account: object) -> dict[str, object]:
    with GraphClient(graph.account(**account)) as client:
        return client.get_object("123_456", fields="id,message")


def write(graph: ScriptedGraph, **account: object) -> dict[str, object]:
    with GraphClient(graph.account(**account)) as client:
        return client.put_comment("123_456", "Bonjour")
