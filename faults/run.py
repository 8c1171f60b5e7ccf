"""One run from beginning to end. Imports models: only after Django is set up."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from django.utils.crypto import get_random_string

from connectors.meta.simulator.world import Page
from connectors.models import ChannelAccount, Delivery, PlatformApp
from connectors.simulator.plan import Connected, ConnectedPage
from faults import figures, schedule
from faults.agents import Agents
from faults.checker import Checker
from faults.courier import Courier, fingerprint
from faults.network import Network
from faults.stand import Stand
from faults.story import Story
from inbox.management.commands.seed_demo import connect_page, promise
from inbox.models import Outgoing
from socialcare.models import Membership, Role, User, Workspace
from socialcare.tenancy import workspace

SLUG, NAME, PAGE = "acme", "Acme Mobile", "1018273645546372"
QUIET_SECONDS = 1.5
# How long after a slot the next one waits for what is late.
CALM_WITHIN = 30.0
DUPLICATES = 0.25


@dataclass(frozen=True, slots=True)
class Options:
    """`every`: seconds between faults. `limit`: seconds a recovery may take. `patience`: seconds to wait for quiet."""

    deliveries: int
    answers: int
    seed: int
    worker_kills: int
    valkey_restarts: int
    every: float
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
        self._slots = schedule.plan(options.seed, options.worker_kills, options.valkey_restarts, options.every)
        self._seconds = len(self._slots) * options.every
        self.faults: list[schedule.Fault] = []

    def play(self) -> dict[str, Any]:
        """Everything that is known of the run; "violations" says what is wrong, by check."""
        options, stand = self._options, self._stand
        stand.start_processes()
        start_at = datetime.now(UTC)
        story = Story(options.seed, self._page, options.deliveries, DUPLICATES, start_at, self._seconds)
        app = self._connected()
        with Courier(app.webhook_url, app.secret) as courier:
            network = Network(self._page, app, courier, options.seed)
            server = network.serve(stand.network_port)
            agents = Agents(f"{stand.url}/w/{SLUG}/api/", _sign_in(), self._dues(), options.seed)
            try:
                quiet = self._carry_out(story, courier, agents)
            finally:
                agents.stop()
                server.should_exit = True
        told = self._judge(story, courier, network, agents)
        if not quiet:
            told["violations"]["left over"].append(f"it was not quiet after {options.patience:g} s")
        struck = options.worker_kills + options.valkey_restarts - len(self.faults)
        if struck:
            told["violations"]["left over"].append(f"{struck} faults could not be tried: the worker did not come back")
        return told

    def _carry_out(self, story: Story, courier: Courier, agents: Agents) -> bool:
        """Play slot by slot, then wait until all is quiet; False where that took too long."""
        rng = random.Random(f"{self._options.seed} moments")  # noqa: S311 -- no secrets
        breaker = schedule.Breaker(self._stand)
        share = -(-len(story.deliveries) // len(self._slots))
        agents.start()
        for number, slot in enumerate(self._slots):
            bodies = story.deliveries[number * share : (number + 1) * share]
            breaker.begin(slot)
            start = time.monotonic()
            for body, moment in zip(bodies, schedule.moments(rng, slot, len(bodies), self._options.every), strict=True):
                courier.send(body, start + moment)
            self._go_on(breaker, partial(_over, breaker, start + self._options.every), CALM_WITHIN)
        self.faults = breaker.done
        quiet = _Lasting(lambda: not (courier.left() or agents.busy() or _waiting()))
        return self._go_on(breaker, quiet, self._options.patience)

    def _go_on(self, breaker: schedule.Breaker, enough: Callable[[], bool], patience: float) -> bool:
        """Until it is `enough`; False where that took longer than `patience` and a slot."""
        give_up = time.monotonic() + patience + self._options.every
        while time.monotonic() < give_up:
            breaker.act()
            self._tell(breaker)
            if enough():
                return True
            time.sleep(0.02)
        return False

    def _tell(self, breaker: schedule.Breaker) -> None:
        self._stand.look()
        for line in self._stand.said():
            self._say(line)
            if breaker.done:
                breaker.done[-1].said.append(line)

    def _judge(self, story: Story, courier: Courier, network: Network, agents: Agents) -> dict[str, Any]:
        checker = Checker(self._workspace.pk, story.truth, agents.replies, network.received)
        violations = checker.violations()
        violations["the API"] = agents.problems
        theirs = {fingerprint(body) for body in story.deliveries}
        violations["lost"] += [f"delivery {name.hex()} never got its 200" for name in theirs - courier.accepted.keys()]
        found = figures.lags({name: at for name, at in courier.accepted.items() if name in theirs})
        figures.recoveries(self.faults, found)
        violations["recovery"] = [
            f"{fault.kind}: {fault.recovery:.1f} s" for fault in self.faults if fault.recovery > self._options.limit
        ]
        return {
            "options": asdict(self._options),
            "deliveries": {"distinct": story.unique, "posted": len(story.deliveries), **courier.answers},
            "lag": figures.spread([one.seconds for one in found]),
            "lag undisturbed": figures.spread(figures.undisturbed(found, self.faults)),
            "load": [*self._load, os.getloadavg()[0]],
            "faults": [asdict(fault) for fault in self.faults],
            "network": dict(network.fates),
            "agents": dict(agents.answers),
            **checker.figures,
            "violations": violations,
        }

    def _dues(self) -> list[float]:
        """When agents answer, on the monotonic clock."""
        rng = random.Random(f"{self._options.seed} answers")  # noqa: S311 -- no secrets
        now = time.monotonic()
        return sorted(now + rng.uniform(1, self._seconds) for _ in range(self._options.answers))

    def _connected(self) -> Connected:
        """The app and its page as the network must know them."""
        account = ChannelAccount.objects.everywhere().filter(app=self._app).order_by("id")[0]
        opened = self._app.as_app()
        token = account.credentials["access_token"]
        page = ConnectedPage(PAGE, NAME, token, frozenset({"facebook", "messenger"}))
        address = self._app.webhook_url
        return Connected("meta", self._app.key, opened.external_id, opened.secrets[0], address, "", (page,))


def _company() -> tuple[Workspace, PlatformApp]:
    place = Workspace.objects.create(name=NAME, slug=SLUG, undo_seconds=0)
    with workspace(place.pk):
        promise()
        connect_page(place, NAME, PAGE)
    return place, PlatformApp.objects.everywhere().get()


def _sign_in() -> dict[str, str]:
    """The cookies of an agent's browser."""
    user = User.objects.create_user("alice@acme.example", get_random_string(20), name="Alice Martin")
    Membership.objects.create(workspace=Workspace.objects.get(slug=SLUG), user=user, role=Role.AGENT)
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


def _over(breaker: schedule.Breaker, at: float) -> bool:
    """Whether a slot that lasts until `at` is done with, and nothing of it late."""
    return breaker.finished() and time.monotonic() > at and not _behind()


def _behind() -> bool:
    """Whether a delivery is late."""
    late = timezone.now() - timedelta(seconds=figures.BEHIND)
    return Delivery.objects.filter(state=Delivery.State.WAITING, received_at__lt=late).exists()
