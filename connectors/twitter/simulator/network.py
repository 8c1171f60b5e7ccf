"""The fake X as one of the simulator's networks: who is connected, what is set how, what is shown."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.simulator.asgi import Request, Response, Route, answer
from connectors.simulator.plan import Connected
from connectors.simulator.stage import Stage
from connectors.twitter.simulator import api, cast, doors, refusals, views
from connectors.twitter.simulator.activity import Activity
from connectors.twitter.simulator.customers import Customers
from connectors.twitter.simulator.deeds import Deeds
from connectors.twitter.simulator.direct import Direct
from connectors.twitter.simulator.events import CARE
from connectors.twitter.simulator.hooks import Hook, Hooks
from connectors.twitter.simulator.play import Play
from connectors.twitter.simulator.reading import Reading
from connectors.twitter.simulator.rules import Rules
from connectors.twitter.simulator.settings import Settings
from connectors.twitter.simulator.tokens import SCOPES, Tokens
from connectors.twitter.simulator.world import User, World, now
from connectors.twitter.simulator.writing import Writing

SPARE = ("Canal Bakery", "Northside Bikes")
CHECK_PAUSE, CHECKS = 2.0, 60


class X:
    name = "twitter"
    label = "X"
    imitates = "X"
    faults = refusals.FAULTS

    def __init__(self, stage: Stage) -> None:
        self._stage, self._world, self._rules = stage, World(), Rules()
        self._tokens = Tokens(self._world)
        self._hooks = Hooks(stage, self._world, self._rules)
        self._deeds = Deeds(stage, self._world, self._hooks.emit)
        self._api = api.Api(stage, self._world, self._tokens, self._hooks, self._rules)
        self._api.offer(Reading(self._world).endpoints())
        self._api.offer(Writing(self._world, self._deeds, self._rules).endpoints())
        self._api.offer(Direct(self._world, self._deeds, self._rules).endpoints())
        self._api.offer(Activity(self._world, self._hooks).endpoints())
        self._doors = doors.Doors(self._world, self._tokens)
        self._customers = Customers(self._world, self._deeds, self._hooks, stage.base_url)
        self._play = Play(stage, self._world, self._deeds, self._hooks)
        self._settings = Settings(self._world, self._rules, self._tokens, self._hooks, self._api)
        self._settings.check = self._check_soon
        self._met: set[tuple[str, str]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._checking = False
        for name in SPARE:
            self._spare(name)

    # ------------------------------------------------------------ what is connected

    def connect(self, apps: Sequence[Connected]) -> None:
        """An app's webhook and what a care desk subscribes to are there from the first meeting on.

        What the app then changes through the API stays changed.
        """
        self._hooks.apps = {app.app_key: app for app in apps}
        for app in apps:
            for page in app.pages:
                user = self._world.brand(page.external_id, page.name)
                if (app.app_key, user.id) not in self._met:
                    self._met.add((app.app_key, user.id))
                    self._furnish(user)
                    self._hooks.furnish(app.app_key, user.id)
            urls = {hook.url for hook in self._hooks.of(app.app_key)}
            if app.webhook_url and app.webhook_url not in urls and (app.app_key, app.webhook_url) not in self._met:
                self._met.add((app.app_key, app.webhook_url))
                self._begin(self._greet(self._hooks.register(app, app.webhook_url)))
        self._tokens.learn(apps)
        if not self._checking:
            self._checking = True
            self._begin(self._hooks.keep_checking())

    async def _greet(self, hook: Hook) -> None:
        """The first check, until the app answers or two minutes are over."""
        for _ in range(CHECKS):
            if await self._hooks.check(hook) or hook.checked == "wrong answer" or hook.id not in self._hooks.hooks:
                return
            await asyncio.sleep(CHECK_PAUSE)

    def _check_soon(self, user: str) -> None:
        keys = {app.app_key for app in self._hooks.apps.values() for page in app.pages if page.external_id == user}
        for hook in list(self._hooks.hooks.values()):
            if hook.app in keys:
                self._begin(self._hooks.check(hook))

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ------------------------------------------------------------ what is asked of it

    def routes(self) -> Iterator[Route]:
        yield Route("POST", api.TOKEN_PATH, self._api.token)
        yield Route("POST", api.REVOKE_PATH, self._api.revoke)
        yield Route("GET", doors.AUTHORIZE, self._doors.authorize)
        yield Route("GET|POST|PUT|DELETE|PATCH", api.PATH, self._api.respond)
        yield Route("GET", r"/twitter/pages", lambda request, found: answer(self._list()))
        yield Route("GET", r"/twitter/pages/(\d+)", self._view)
        yield Route("GET", r"/twitter/pictures/([a-z]+)\.svg", lambda request, found: _picture(found[1]))

    def has(self, page: str) -> bool:
        user = self._world.users.get(page)
        return bool(user and user.brand)

    def say(self, order: Mapping[str, Any]) -> dict[str, Any]:
        return self._customers.carry_out(order)

    def adjust(self, order: Mapping[str, Any]) -> dict[str, Any]:
        return self._settings.adjust(order)

    def play(self) -> None:
        self._play.act()

    def standing(self) -> dict[str, Any]:
        hooks = self._hooks.hooks.values()
        shown = [
            {"key": hook.app, "webhook": hook.url, "handshake": hook.checked, "valid": hook.valid, "id": hook.id}
            for hook in hooks
        ]
        return {"apps": shown, "scopes": list(SCOPES)} | self._settings.standing()

    def state(self) -> dict[str, Any]:
        """All of `standing`; posts, messages, subscriptions, refreshes, limits, and what was charged."""
        subscriptions = [one.shown() | {"app": one.app} for one in self._hooks.subscriptions.values()]
        return self.standing() | {
            "users": [views.person(user) for user in self._world.users.values()],
            "posts": [views.post(self._world, post) for post in self._world.posts.values()],
            "messages": [
                views.message(self._world, talk, one) for talk in self._world.talks.values() for one in talk.messages
            ],
            "subscriptions": subscriptions,
            "refreshes": self._tokens.refreshes,
            "limits": self._api.limits.state(),
            "charged": [{"app": app, "kind": kind, "count": n} for (app, kind), n in self._api.billed.items()],
            "events": len(self._hooks.billed),
        }

    def reset(self) -> None:
        self._settings.reset()
        self._world.forget()
        self._hooks.forget()
        self._api.forget()
        self._play.reset()
        for user in self._world.brands():
            user.blocks.clear()
            self._furnish(user)

    def _list(self) -> dict[str, Any]:
        """The accounts to choose from, the cast to write as, the accounts that wait to be connected."""
        heard = {one.user for one in self._hooks.subscriptions.values()}
        pages = [{"id": user.id, "name": user.name, "connected": user.id in heard} for user in self._world.brands()]
        return {"pages": pages, "people": sorted(name for names in cast.PEOPLE.values() for name in names)}

    def _view(self, request: Request, found: Any) -> Response:
        user = self._world.users.get(found[1])
        if user is None or not user.brand:
            return answer({"error": "no such account"}, 404)
        if request.query.get("since") == str(user.version):
            return Response(204)
        heard = sorted(one.type for one in self._hooks.subscriptions.values() if one.user == user.id)
        lacking = sorted(self._api.lacking.get(user.id, ()))
        return answer(views.page(self._world, user) | {"heard": heard, "lacking": lacking, "known": list(CARE)})

    def _furnish(self, user: User) -> None:
        """What a company posted before the first customer comes; nobody is told of it any more."""
        for age, words in zip((50, 26, 3), cast.STORIES, strict=True):
            self._deeds.post(user, words, now() - timedelta(hours=age), quiet=True)

    def _spare(self, name: str) -> None:
        digest = hashlib.sha256(f"spare {name}".encode()).hexdigest()
        self._furnish(self._world.brand(str(10**18 + int(digest[:12], 16)), name))


def _picture(name: str) -> Response:
    drawing = views.PICTURES.get(name)
    if drawing is None:
        return answer({"error": "no such picture"}, 404)
    return Response(200, drawing.encode(), {"content-type": "image/svg+xml"})
