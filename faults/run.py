"""One run from beginning to end. Imports models: only after Django is set up."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import get_random_string

from connectors.contract import ConnectorError
from connectors.meta.simulator.world import Page
from connectors.models import ChannelAccount, Delivery, PlatformApp
from connectors.simulator.plan import Connected, ConnectedPage
from faults import figures, schedule
from faults.agents import Agents
from faults.annoying import ANNOYING
from faults.breaking import BREAKING
from faults.checker import Checker
from faults.courier import Courier, fingerprint
from faults.network import Network
from faults.scene import Feed, Scene, asked
from faults.schedule import Lane
from faults.stand import Stand
from faults.story import Story
from faults.watcher import Watcher
from inbox import outbox
from inbox.actions import accounts
from inbox.management.commands.seed_demo import connect_page, promise
from inbox.models import Outgoing, Ticket
from socialcare.models import Membership, Role, User, Workspace
from socialcare.tenancy import workspace

SLUG, NAME, PAGE = "acme", "Acme Mobile", "1018273645546372"
QUIET_SECONDS = 1.5
DUPLICATES = 0.25
AGAIN = 40


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds`: how long customers write. `limit`: seconds a recovery may take. `patience`: to wait for quiet."""

    count: int
    deliveries: int
    answers: int
    seed: int
    seconds: float
    limit: float
    patience: float


class _Lasting:
    """True once something has been so for a while."""

    def __init__(self, so: Callable[[], bool]) -> None:
        self._so, self._since = so, time.monotonic()

    def __call__(self) -> bool:
        if not self._so():
            self._since = time.monotonic()
        return time.monotonic() - self._since > QUIET_SECONDS


class Run:
    def __init__(self, stand: Stand, options: Options, say: Callable[[str], None]) -> None:
        self._stand, self._options, self._say = stand, options, say
        self._workspace, self._app = _company()
        self._page = Page(PAGE, NAME)
        self._load = [os.getloadavg()[0]]
        self._said: list[str] = []

    def play(self) -> dict[str, Any]:
        """Everything that is known of the run; "violations" says what is wrong, by check."""
        options, stand = self._options, self._stand
        stand.start_processes()
        start_at = datetime.now(UTC)
        story = Story(options.seed, self._page, options.deliveries, DUPLICATES, start_at, options.seconds)
        app, cookies = self._connected(), _sign_in()
        with ExitStack() as ending:
            courier = ending.enter_context(Courier(app.webhook_url, app.secret))
            network = Network(self._page, app, courier, options.seed)
            server = network.serve(stand.network_port)
            ending.callback(setattr, server, "should_exit", True)
            agents = Agents(f"{stand.url}/w/{SLUG}/api/", cookies, self._dues(), options.seed)
            watcher = Watcher(f"{stand.url}/w/{SLUG}", cookies)
            feed = Feed(courier, story.deliveries, options.seconds)
            scene = Scene(
                stand, courier, network, feed, app.webhook_url, app.secret, PAGE, self._admin, watcher.drop
            )  # fmt: skip
            broken, annoyed = schedule.plan(options.seed, options.count)
            lanes = [Lane(scene, broken, BREAKING), Lane(scene, annoyed, ANNOYING, options.seconds / len(annoyed))]
            ending.callback(watcher.stop)
            ending.callback(agents.stop)
            watcher.start()
            quiet = self._carry_out(scene, lanes, agents)
            return self._judge(story, scene, lanes, agents, watcher, quiet)

    def _carry_out(self, scene: Scene, lanes: list[Lane], agents: Agents) -> bool:
        """Let customers write, agents answer and things break; then wait until all is quiet. False if it never was."""
        agents.start()
        for lane in lanes:
            lane.start()
        while any(lane.is_alive() for lane in lanes):
            scene.feed.pump()
            self._look()
        scene.feed.finish()
        quiet = _Lasting(lambda: not (scene.courier.left() or agents.busy() or asked(_waiting, True)))
        give_up = time.monotonic() + self._options.patience
        while not quiet():
            self._look()
            if time.monotonic() > give_up:
                return False
        return True

    def _look(self) -> None:
        self._stand.look()
        for line in self._stand.said():
            self._say(line)
        time.sleep(0.02)

    def _judge(
        self, story: Story, scene: Scene, lanes: list[Lane], agents: Agents, watcher: Watcher, quiet: bool
    ) -> dict[str, Any]:
        courier = scene.courier
        poisons = [fingerprint(body) for body in scene.poisons]
        checker = Checker(self._workspace.pk, story.truth, agents.replies, scene.network.received, poisons)
        violations = checker.violations()
        violations["the API"] = agents.problems
        violations["faults"] = scene.problems
        violations["faults"] += [f"{one.kind} was never tried" for lane in lanes for one in lane.faults if not one.over]
        violations["odd times"] = list(checker.odd_times(self._workspace.pk, scene.odd))
        with workspace(self._workspace.pk):
            open_ones = dict(Ticket.objects.filter(status=Ticket.Status.OPEN).values_list("id", "version"))
        violations["the browser"] = list(watcher.differences(open_ones))
        theirs = {fingerprint(body) for body in story.deliveries}
        violations["lost"] += [f"delivery {name.hex()} never got its 200" for name in theirs - courier.accepted.keys()]
        if not quiet:
            violations["left over"].append(f"it was not quiet after {self._options.patience:g} s")
        found = figures.lags({name: at for name, at in courier.accepted.items() if name in theirs})
        broken = [fault for fault in lanes[0].faults if fault.over]
        figures.recoveries(broken, found)
        limit = self._options.limit
        violations["recovery"] = [f"{one.kind}: {one.recovery:.1f} s" for one in broken if one.recovery > limit]
        return {
            "options": asdict(self._options),
            "deliveries": {"distinct": story.unique, "posted": len(story.deliveries), **courier.answers},
            "lag": figures.spread([one.seconds for one in found]),
            "lag undisturbed": figures.spread(figures.undisturbed(found, broken)),
            "load": [*self._load, os.getloadavg()[0]],
            "faults": [asdict(fault) for lane in lanes for fault in lane.faults],
            "network": dict(scene.network.fates),
            "agents": dict(agents.answers),
            "browser": {"connected": watcher.connected, "resumed": watcher.resumed, "reloaded": watcher.reloaded},
            "figures": scene.figures,
            **checker.figures,
            "violations": violations,
        }

    def _dues(self) -> list[float]:
        """When agents answer, on the monotonic clock."""
        rng = random.Random(f"{self._options.seed} answers")  # noqa: S311 -- no secrets
        now = time.monotonic()
        return sorted(now + rng.uniform(1, self._options.seconds) for _ in range(self._options.answers))

    def _connected(self) -> Connected:
        """The app and its page as the network must know them."""
        account = ChannelAccount.objects.everywhere().filter(app=self._app).order_by("id")[0]
        opened = self._app.as_app()
        token = account.credentials["access_token"]
        page = ConnectedPage(PAGE, NAME, token, frozenset({"facebook", "messenger"}))
        address = self._app.webhook_url
        return Connected("meta", self._app.key, opened.external_id, opened.secrets[0], address, "", (page,))

    def _admin(self) -> None:
        """Reconnect what lost its token, as an admin does in the settings; as often as it takes."""
        for _ in range(AGAIN):
            if asked(self._reconnect, False):
                return
            time.sleep(0.5)
        raise RuntimeError("the accounts could not be reconnected")

    def _reconnect(self) -> bool:
        admin = User.objects.get(email="carol@acme.example")
        with workspace(self._workspace.pk):
            for account in ChannelAccount.objects.select_related("app").filter(state=ChannelAccount.State.ATTENTION):
                given = {"access_token": account.credentials["access_token"]}
                try:
                    row = accounts.change(
                        admin, account, name=account.name, options=account.options, credentials=given
                    )  # fmt: skip
                except (ConnectorError, accounts.Lacking):
                    return False
                outbox.account_is_back(row)
            return not ChannelAccount.objects.filter(state=ChannelAccount.State.ATTENTION).exists()


def _company() -> tuple[Workspace, PlatformApp]:
    place = Workspace.objects.create(name=NAME, slug=SLUG, undo_seconds=0)
    with workspace(place.pk):
        promise(steps=())
        connect_page(place, NAME, PAGE)
    return place, PlatformApp.objects.everywhere().get()


def _sign_in() -> dict[str, str]:
    """The cookies of an agent's browser; there is an admin as well."""
    place = Workspace.objects.get(slug=SLUG)
    people = {Role.AGENT: "alice@acme.example", Role.ADMIN: "carol@acme.example"}
    for role, email in people.items():
        user = User.objects.create_user(email, get_random_string(20), name=email.split("@")[0].title())
        Membership.objects.create(workspace=place, user=user, role=role)
    user = User.objects.get(email=people[Role.AGENT])
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {settings.SESSION_COOKIE_NAME: session.session_key or "", settings.CSRF_COOKIE_NAME: get_random_string(32)}


def _waiting() -> bool:
    """Whether a delivery or an answer still has a way to go."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
    return waiting.exists() or Outgoing.objects.everywhere().exists()
