"""The fake Graph of a run: the simulator's, on loopback, with answers that go wrong after the deed was done."""

from __future__ import annotations

import random
import re
import socket
import threading
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime

import uvicorn

from connectors.meta.simulator.deeds import Deeds
from connectors.meta.simulator.events import Event
from connectors.meta.simulator.graph import PATH, Graph
from connectors.meta.simulator.world import Message, Page, Person, Words, World
from connectors.simulator.asgi import Request, Response, Route, Site, answer
from connectors.simulator.plan import Connected
from connectors.simulator.stage import Stage
from faults.courier import Courier
from faults.story import Item, body_of

START_SECONDS = 10.0
TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
# What becomes of a call that writes, in percent; the rest is answered as it should be.
FATES = {
    "slow": 8,
    "done, answered late": 6,
    "done, then 500": 6,
    "done, then hung up": 6,
    "500, not done": 2,
}
ERROR = {"error": {"code": 2, "message": "An unexpected error has occurred.", "is_transient": True}}


def _expired() -> Response:
    return answer({"error": {"code": 190, "error_subcode": 463, "type": "OAuthException", "message": "Expired."}}, 400)


def _too_many() -> Response:
    response = answer({"error": {"code": 4, "message": "Application request limit reached"}}, 429)
    response.headers["retry-after"] = "2"
    return response


# What every call meets for a while; nothing is done.
WEATHER = {
    "429 with Retry-After": _too_many,
    "500": lambda: answer(ERROR, 500),
    "502 in HTML": lambda: Response(502, b"<html><h1>Bad Gateway</h1>", {"content-type": "text/html"}),
    "a hang": lambda: Response(200, b"{}", {"content-type": "application/json"}, wait=6.0),
    "a reset in the body": lambda: Response(
        200, b'{"id":"1234567890"}', {"content-type": "application/json"}, cut=True
    ),
    "an expired token": _expired,
}


class Network:
    """`weather`: what every call meets now, of `WEATHER`; none in peace.

    `received`: the ids under which answers were published, by the token in their words.

    `fates`: how often each kind of trouble befell one. Which answer suffers what follows from seed and token.
    """

    def __init__(self, page: Page, app: Connected, courier: Courier, seed: int) -> None:
        self._page, self._courier, self._seed = page, courier, seed
        world = World()
        world.pages[page.id] = page
        page.tokens = {connected.token: app.app_key for connected in app.pages}
        stage = Stage("http://127.0.0.1", seed)
        deeds = Deeds(stage, world, self._emit)
        deeds.answered = self._answered
        self._graph = Graph(stage, world, deeds)
        self._graph.apps = {app.app_key: app}
        self.received: defaultdict[str, list[str]] = defaultdict(list)
        self.fates: Counter[str] = Counter()
        self._met: set[str] = set()
        self.weather = ""

    def serve(self, port: int) -> uvicorn.Server:
        """Serve in a thread of its own until `should_exit` is set."""
        site = Site([Route("GET|POST|DELETE", PATH, self._respond)], _nothing, _nothing)
        # Cut answers are meant here; uvicorn would report each as a mistake of ours.
        config = uvicorn.Config(site, log_level="critical", access_log=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        listener = socket.create_server(("127.0.0.1", port))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        give_up = time.monotonic() + START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > give_up:
                raise RuntimeError("the fake network did not start")
            time.sleep(0.01)
        return server

    def _respond(self, request: Request, found: re.Match[str]) -> Response:
        if self.weather:
            self.fates[f"weather: {self.weather}"] += 1
            return WEATHER[self.weather]()
        fate = self._fate(request)
        if fate == "500, not done":
            return answer(ERROR, 500)
        response = self._graph.respond(request, found)
        if fate in ("slow", "done, answered late"):
            response.wait = random.Random(f"{self._seed} {request.body!r}").uniform(0.5, 3)  # noqa: S311
        elif fate == "done, then 500":
            return answer(ERROR, 500)
        elif fate == "done, then hung up":
            response.cut = True
        return response

    def _fate(self, request: Request) -> str:
        """Only the first call for an answer has one: what is tried again by a person shall get through."""
        token = TOKEN.search(request.body.decode(errors="replace"))
        if request.method != "POST" or token is None or token[0] in self._met:
            return ""
        self._met.add(token[0])
        dice = random.Random(f"{self._seed} fate {token[0]}")  # noqa: S311 -- no secrets
        fate = dice.choices([*FATES, ""], weights=[*FATES.values(), 100 - sum(FATES.values())])[0]
        self.fates[fate or "as it should be"] += 1
        return fate

    def _answered(self, page: Page, person: Person, said: Words | Message) -> None:
        token = TOKEN.search(said.text)
        external_id = said.mid if isinstance(said, Message) else said.id
        self.received[token[0] if token else said.text].append(external_id)

    def _emit(self, event: Event) -> None:
        """Echoes and receipts are deliveries like any other."""
        self._courier.send(body_of([Item(event, datetime.now(UTC), "", adds=True)]))


async def _nothing() -> None:
    """There is nothing to start or to stop."""
