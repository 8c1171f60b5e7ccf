"""Scripted trouble: what shall go wrong, where, and how often."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, fields
from itertools import count
from typing import Any

from connectors.simulator.asgi import BadRequest, Response

# What every HTTP interface can suffer. A network adds its own kinds.
TRANSPORT = {
    "html": "502 with an HTML page, nothing done",
    "hang": "Answers nothing for some seconds, then 504; nothing done",
    "cut": "Nothing done, connection lost in the middle of the answer",
    "slow": "Waits some seconds, then does it",
    "late_answer": "Does it, answers some seconds later",
    "lost_answer": "Does it, never answers: the connection drops after some seconds",
}
AFTERWARDS = frozenset({"slow", "late_answer", "lost_answer"})
WHERE = ("any", "read", "write", "send", "token")
GATEWAY_PAGE = b"<!DOCTYPE html><html><head><title>Error</title></head><body>Sorry, something went wrong.</body></html>"


@dataclass(slots=True)
class Fault:
    """`times`: how many calls it still hits, 0 for all until it is cleared. `page` "" means every page.

    `on` is any, read (GET), write (all else), send (messages, comments and posts only) or token (asking for one).
    `seconds` belongs to
    the faults that wait, `minutes` to throttling, `code`, `subcode`, `status`, `message` to written errors.
    """

    kind: str
    page: str = ""
    on: str = "any"
    times: int = 1
    seconds: float = 30.0
    minutes: int = 5
    status: int = 0
    code: int = 0
    subcode: int = 0
    message: str = ""
    id: int = 0

    def hits(self, page: str, doings: frozenset[str]) -> bool:
        return self.page in ("", page) and self.on in doings


class Faults:
    def __init__(self) -> None:
        self.kinds: dict[str, str] = dict(TRANSPORT)
        self._standing: list[Fault] = []
        self._numbers = count(1)

    def add(self, order: Mapping[str, Any]) -> Fault:
        """Script a fault, given as a Fault's fields. Raises BadRequest naming what is wrong."""
        fault = Fault(**_checked(order, self.kinds), id=next(self._numbers))
        self._standing.append(fault)
        return fault

    def take(self, page: str, doings: frozenset[str], known: Container[str]) -> Fault | None:
        """The fault that hits this call, if one does; that uses up one of its times.

        `known` are the kinds the network has besides those of the transport; others are not meant for it.
        """
        hits = (one for one in self._standing if one.kind in TRANSPORT or one.kind in known)
        found = next((fault for fault in hits if fault.hits(page, doings)), None)
        if found and found.times:
            found.times -= 1
            if not found.times:
                self._standing.remove(found)
        return found

    def clear(self, number: int | None = None) -> None:
        self._standing = [] if number is None else [fault for fault in self._standing if fault.id != number]

    def standing(self) -> list[dict[str, Any]]:
        return [{one.name: getattr(fault, one.name) for one in fields(Fault)} for fault in self._standing]


def break_before(fault: Fault) -> Response | None:
    """The answer of a transport fault that keeps the call from being done."""
    html = {"content-type": "text/html; charset=utf-8"}
    if fault.kind == "html":
        return Response(502, GATEWAY_PAGE, html)
    if fault.kind == "hang":
        return Response(504, GATEWAY_PAGE, html, wait=fault.seconds)
    if fault.kind == "cut":
        return Response(200, b'{"id":"1', {"content-type": "application/json"}, cut=True)
    return None


def break_after(fault: Fault | None, response: Response) -> Response:
    """Delay or lose the answer of a call that was done."""
    if fault and fault.kind in ("late_answer", "lost_answer"):
        response.wait = fault.seconds
        response.cut = fault.kind == "lost_answer"
    return response


def _checked(order: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    types = {one.name: type(one.default) for one in fields(Fault) if one.name not in ("id", "kind")} | {"kind": str}
    checked: dict[str, Any] = {}
    for name, value in order.items():
        if name not in types:
            raise BadRequest(f"a fault has no {name!r}")
        fits = isinstance(value, types[name]) or (types[name] is float and isinstance(value, int))
        if not fits or isinstance(value, bool) or (isinstance(value, int | float) and value < 0):
            raise BadRequest(f"{name!r} must be a {types[name].__name__}")
        checked[name] = value
    if checked.get("kind") not in kinds:
        raise BadRequest(f"kind must be one of {', '.join(sorted(kinds))}")
    if checked.get("on", "any") not in WHERE:
        raise BadRequest(f"on must be one of {', '.join(WHERE)}")
    return checked
