"""The fake Facebook as one of the simulator's networks: who is connected, what is sent to whom, what is shown."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.meta.simulator import cast, refusals, views
from connectors.meta.simulator.customers import Customers
from connectors.meta.simulator.deeds import Deeds
from connectors.meta.simulator.events import Event, body_of, headers_of
from connectors.meta.simulator.graph import PATH, SCOPES, Graph
from connectors.meta.simulator.play import Play
from connectors.meta.simulator.world import Page, Words, World, now
from connectors.simulator.asgi import BadRequest, Request, Response, Route, answer
from connectors.simulator.plan import Connected
from connectors.simulator.stage import Stage

log = logging.getLogger("connectors.simulator")

HEARD = {
    "facebook": ("feed", "mention", "ratings"),
    "messenger": (
        "messages",
        "message_edits",
        "message_echoes",
        "message_deliveries",
        "message_reads",
        "message_reactions",
        "messaging_postbacks",
        "messaging_referrals",
        "messaging_optins",
        "messaging_handovers",
        "standby",
        "messaging_policy_enforcement",
    ),
}
SPARE_PAGES = ("Boulangerie du Canal", "Northside Bikes")
HANDSHAKE_PAUSE, HANDSHAKES = 2.0, 60


class Meta:
    name = "meta"
    label = "Pages and Messenger of Meta"
    imitates = "Facebook"
    faults = refusals.FAULTS

    def __init__(self, stage: Stage) -> None:
        self._stage, self._world = stage, World()
        self._deeds = Deeds(stage, self._world, self.emit)
        self._customers = Customers(self._world, self._deeds, stage.base_url)
        self._graph = Graph(stage, self._world, self._deeds)
        self._play = Play(stage, self._world, self._deeds)
        self._held: dict[str, list[Event]] = {}
        self._greeted: dict[str, tuple[str, str]] = {}
        self._met: set[tuple[str, str, str]] = set()
        self._begun = False
        self.handshakes: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        for name in SPARE_PAGES:
            self._spare(name)

    # ------------------------------------------------------------ what is connected

    def connect(self, apps: Sequence[Connected]) -> None:
        """Pages stay when they are no longer connected; only nobody hears of them."""
        known = {app.app_key for app in apps}
        self._graph.apps = {app.app_key: app for app in apps}
        for page in self._world.pages.values():
            page.tokens.clear()
            page.apps = {key: names for key, names in page.apps.items() if key in known}
        for app in apps:
            self._connect_pages(app)
            if app.webhook_url and self._greeted.get(app.app_key) != (app.webhook_url, app.verify_token):
                self._greeted[app.app_key] = (app.webhook_url, app.verify_token)
                task = asyncio.get_running_loop().create_task(self._shake_hands(app))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _connect_pages(self, app: Connected) -> None:
        for connected in app.pages:
            page = self._world.pages.get(connected.external_id)
            if page is None:
                page = self._world.pages[connected.external_id] = Page(connected.external_id, connected.name)
                self._furnish(page)
            page.name = connected.name or page.name
            page.tokens[connected.token] = app.app_key
            for channel in sorted(connected.channels):
                self._introduce(app.app_key, page, channel)
            page.touch()
        self._begun = True

    def _introduce(self, app_key: str, page: Page, channel: str) -> None:
        """What was connected before we looked is subscribed already; the pages we lend must be subscribed to."""
        meeting = (app_key, page.id, channel)
        if meeting not in self._met and not (self._begun and page.given):
            names = page.apps.setdefault(app_key, [])
            names += [name for name in HEARD.get(channel, ()) if name not in names]
        self._met.add(meeting)

    async def _shake_hands(self, app: Connected) -> None:
        """Ask the webhook who it is, until it answers or two minutes are over."""
        self.handshakes[app.app_key] = "waiting"
        for _ in range(HANDSHAKES):
            challenge = self._world.ids.number()
            query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": app.verify_token}
            status, text = await self._stage.courier.ask(app.webhook_url, query)
            if status == 200:
                self.handshakes[app.app_key] = "verified" if text == challenge else "wrong answer"
                return
            if status == 403:
                break
            await asyncio.sleep(HANDSHAKE_PAUSE)
        self.handshakes[app.app_key] = f"refused ({status})"
        log.warning("the webhook at %s refused the handshake (%s)", app.webhook_url, status)

    # ------------------------------------------------------------ what is sent

    def emit(self, event: Event) -> None:
        """To every app that subscribed to the field; alone, or with what else happens in the next moments."""
        for key, names in self._world.pages[event.page].apps.items():
            if event.field not in names or key not in self._graph.apps:
                continue
            if not self._stage.batch:
                self._deliver(key, [event])
                continue
            held = self._held.setdefault(key, [])
            held.append(event)
            if len(held) == 1:
                self._stage.later(self._stage.batch, lambda key=key: self._flush(key))  # type: ignore[misc]

    def _flush(self, key: str) -> None:
        self._deliver(key, self._held.pop(key, []))

    def _deliver(self, key: str, events: Sequence[Event]) -> None:
        app = self._graph.apps.get(key)
        if app and events:
            body = body_of(events)
            self._stage.courier.send(key, app.webhook_url, body, headers_of(body, app.secret))

    # ------------------------------------------------------------ what is asked of it

    def routes(self) -> Iterator[Route]:
        yield Route("GET|POST|DELETE", PATH, self._graph.respond)
        yield Route("GET", r"/meta/pages", lambda request, found: answer(self._list_pages()))
        yield Route("GET", r"/meta/pages/(\d+)", self._view)
        yield Route("GET", r"/meta/pictures/([a-z]+)\.svg", _picture)

    def has(self, page: str) -> bool:
        return page in self._world.pages

    def say(self, order: Mapping[str, Any]) -> dict[str, Any]:
        return self._customers.carry_out(order)

    def adjust(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """page, and: lacking (permissions its tokens shall not have), human_agent, usage (percent), tokens.

        tokens "kill" ends every token the page has; "new" answers one that works.
        """
        page = self._world.pages.get(str(order.get("page", "")))
        if page is None:
            raise BadRequest("page must be the id of a page here")
        lacking, human_agent = order.get("lacking", sorted(page.lacking)), order.get("human_agent", page.human_agent)
        if not isinstance(lacking, list) or not set(lacking) <= set(SCOPES) or not isinstance(human_agent, bool):
            raise BadRequest(f"lacking is a list of {', '.join(SCOPES)}; human_agent is true or false")
        usage = order.get("usage", self._graph.usage.extra.get(page.id, 0))
        if isinstance(usage, bool) or not isinstance(usage, int | float) or not 0 <= usage <= 1000:
            raise BadRequest("usage must be a number of percent")
        page.lacking, page.human_agent = set(lacking), human_agent
        self._graph.usage.extra[page.id] = float(usage)
        return {"token": self._new_token(page, order.get("tokens", ""))}

    def play(self) -> None:
        self._play.act()

    def standing(self) -> dict[str, Any]:
        apps = self._graph.apps.items()
        return {
            "apps": [
                {"key": key, "webhook": app.webhook_url, "handshake": self.handshakes.get(key, "none")}
                for key, app in apps
            ],
            "scopes": list(SCOPES),
        }

    def state(self) -> dict[str, Any]:
        return self.standing() | {"pages": [views.everything(page) for page in self._world.pages.values()]}

    def reset(self) -> None:
        self._held.clear()
        self._play.reset()
        self._graph.usage.extra.clear()
        for page in self._world.pages.values():
            page.words.clear()
            page.people.clear()
            page.conversations.clear()
            page.dead.clear()
            page.lacking.clear()
            page.human_agent = True
            self._furnish(page)
            page.touch()

    def _list_pages(self) -> dict[str, Any]:
        """The pages to choose from; the people of the cast to write as; the pages that wait to be connected."""
        pages = [
            {"id": page.id, "name": page.name, "connected": bool(page.apps)} for page in self._world.pages.values()
        ]
        people = sorted(name for names in cast.PEOPLE.values() for name in names)
        lent = [page for page in self._world.pages.values() if page.offered]
        return {
            "pages": pages,
            "people": people,
            "spare": [{"id": page.id, "name": page.name, "token": page.offered} for page in lent],
        }

    def _view(self, request: Request, found: re.Match[str]) -> Response:
        page = self._world.pages.get(found[1])
        if page is None:
            return answer({"error": "no such page"}, 404)
        if request.query.get("since") == str(page.version):
            return Response(204)
        return answer(views.page_view(page))

    def _furnish(self, page: Page) -> None:
        """The stories a company has on its page before the first customer comes."""
        for age, text in zip((50, 26, 3), cast.STORIES, strict=True):
            id = f"{page.id}_{self._world.ids.number()}"
            page.words[id] = Words(id, "post", page.id, None, text, now() - timedelta(hours=age))

    def _spare(self, name: str) -> None:
        digest = hashlib.sha256(f"spare {name}".encode()).hexdigest()
        page = Page(str(10**14 + int(digest[:12], 16) % (9 * 10**14)), name)
        page.given.append(f"SIM{digest[12:52]}")
        self._world.pages[page.id] = page
        self._furnish(page)

    def _new_token(self, page: Page, what: Any) -> str | None:
        if what not in ("", "kill", "new"):
            raise BadRequest("tokens must be kill or new")
        if what == "kill":
            page.dead |= {*page.tokens, *page.given}
        elif what == "new":
            token = f"SIM{hashlib.sha256(self._world.ids.number().encode()).hexdigest()[:40]}"
            page.given.append(token)
            return token
        return None


def _picture(request: Request, found: re.Match[str]) -> Response:
    drawing = views.PICTURES.get(found[1])
    if drawing is None:
        return answer({"error": "no such picture"}, 404)
    return Response(200, drawing.encode(), {"content-type": "image/svg+xml"})
