"""The simulator's own addresses: its page, and the API by which tests write as customers and break things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from connectors.simulator.asgi import BadRequest, Request, Response, Route, Site, answer
from connectors.simulator.faults import TRANSPORT
from connectors.simulator.plan import Network
from connectors.simulator.simulator import Simulator

HTML = {"content-type": "text/html; charset=utf-8"}
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
SHELL = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulator</title>
<link rel="icon" href="/static/simulator/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/simulator/simulator.css">
<script type="module" src="/static/simulator/simulator.js"></script>
</head>
<body>
<header class="top">
<h1>Simulator</h1>
<p class="not">{labels} are played here. This is not {imitated}: nothing leaves this machine.</p>
</header>
<main id="main" data-networks="{networks}"></main>
<footer>All of this lives in memory: a restart of the simulator forgets what was said. Ids never come twice.</footer>
<noscript>This page needs JavaScript.</noscript>
</body>
</html>
"""


def site(simulator: Simulator) -> Site:
    """The ASGI application. The networks' own addresses come after the control API."""
    theirs = (route for network in simulator.networks.values() for route in network.routes())
    return Site([*_routes(simulator), *theirs], simulator.start, simulator.stop)


def _routes(simulator: Simulator) -> Iterator[Route]:
    control = _Control(simulator)
    yield Route("GET", r"/", lambda request, found: Response(200, shell(simulator.networks.values()), dict(HTML)))
    yield Route("GET", r"/static/([a-z]+)/([a-z_]+\.(?:js|css|svg))", _static)
    yield Route("GET", r"/control/state", lambda request, found: answer(control.state()))
    yield Route("GET", r"/control/standing", lambda request, found: answer(control.standing()))
    yield Route("POST", r"/control/say", lambda request, found: answer(control.say(request), 201))
    yield Route("POST", r"/control/page", lambda request, found: answer(control.adjust(request)))
    yield Route("POST", r"/control/faults", lambda request, found: answer(control.add_fault(request), 201))
    yield Route("DELETE", r"/control/faults(?:/(\d+))?", lambda request, found: answer(control.clear(found[1])))
    yield Route("POST", r"/control/webhooks", lambda request, found: answer(control.set_webhooks(request)))
    yield Route("POST", r"/control/trickle", lambda request, found: answer(control.set_trickle(request)))
    yield Route("POST", r"/control/look", control.look)
    yield Route("POST", r"/control/reset", lambda request, found: answer(control.reset(request)))


class _Control:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator, self._stage = simulator, simulator.stage

    def standing(self) -> dict[str, Any]:
        """How everything is set and what waits, without what was said."""
        return {
            "trickle": self._simulator.per_minute,
            "faults": self._stage.faults.standing(),
            "fault_kinds": {
                name: {**TRANSPORT, **network.faults} for name, network in self._simulator.networks.items()
            },
            "webhooks": self._stage.courier.state() | {"batch": self._stage.batch},
            "networks": {name: network.standing() for name, network in self._simulator.networks.items()},
        }

    def state(self) -> dict[str, Any]:
        """All of `standing`, and everything the networks know."""
        networks = {name: network.state() for name, network in self._simulator.networks.items()}
        return self.standing() | {"networks": networks}

    def say(self, request: Request) -> dict[str, Any]:
        order = request.json()
        return self._network(order).say(order)

    def adjust(self, request: Request) -> dict[str, Any]:
        order = request.json()
        return self._network(order).adjust(order)

    def add_fault(self, request: Request) -> dict[str, Any]:
        return {"id": self._stage.faults.add(request.json()).id}

    def clear(self, number: str | None) -> dict[str, Any]:
        self._stage.faults.clear(int(number) if number else None)
        return {"faults": self._stage.faults.standing()}

    def set_webhooks(self, request: Request) -> dict[str, Any]:
        """duplicates: 0 to 1; batch: seconds; reorder and paused: true or false."""
        order, courier = request.json(), self._stage.courier
        if odd := order.keys() - {"duplicates", "batch", "reorder", "paused"}:
            raise BadRequest(f"webhooks have no {min(odd)!r}")
        courier.duplicates = _number(order, "duplicates", courier.duplicates, 1)
        self._stage.batch = _number(order, "batch", self._stage.batch, 60)
        courier.reorder = _switch(order, "reorder", courier.reorder)
        courier.pause(_switch(order, "paused", courier.paused))
        return courier.state() | {"batch": self._stage.batch}

    def set_trickle(self, request: Request) -> dict[str, Any]:
        self._simulator.set_rhythm(_number(request.json(), "per_minute", 0, 600))
        return {"per_minute": self._simulator.per_minute}

    async def look(self, request: Request, found: re.Match[str]) -> Response:
        await self._simulator.look()
        return answer({"apps": len(self._simulator.connected)})

    def reset(self, request: Request) -> dict[str, Any]:
        request.json()
        self._simulator.reset()
        return {}

    def _network(self, order: dict[str, Any]) -> Network:
        """The network an order names, or the one that knows its page."""
        networks, page = self._simulator.networks, str(order.get("page", ""))
        owners = [name for name, network in networks.items() if network.has(page)]
        name = order.pop("network", owners[0] if owners else next(iter(networks)))
        if name not in networks:
            raise BadRequest(f"network must be one of {', '.join(networks)}")
        return networks[name]


def shell(networks: Iterable[Network]) -> bytes:
    found = list(networks)
    labels = " and ".join(network.label for network in found)
    names = " ".join(network.name for network in found)
    imitated = " and not ".join(network.imitates for network in found)
    return SHELL.format(labels=escape(labels), networks=escape(names), imitated=escape(imitated)).encode()


def _static(request: Request, found: re.Match[str]) -> Response:
    """A file of the shared part, or of a network's `static` folder."""
    name = "connectors.simulator" if found[1] == "simulator" else f"connectors.{found[1]}.simulator"
    try:
        folder = Path(import_module(name).__file__ or "").parent / "static"
        return Response(200, (folder / found[2]).read_bytes(), {"content-type": TYPES[Path(found[2]).suffix]})
    except (ImportError, OSError):
        return answer({"error": "not found"}, 404)


def _number(order: dict[str, Any], name: str, default: float, largest: float) -> float:
    value = order.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= largest:
        raise BadRequest(f"{name} must be a number from 0 to {largest:g}")
    return float(value)


def _switch(order: dict[str, Any], name: str, default: bool) -> bool:
    value = order.get(name, default)
    if not isinstance(value, bool):
        raise BadRequest(f"{name} must be true or false")
    return value
