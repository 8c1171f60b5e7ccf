"""How long a customer's words take from our 200 until a browser's live socket tells of them, and whether that lasts.

Through the web process, the Celery worker, the live stream and the hub; with nobody there and with two agents who
get the tickets. Every webhook is a new customer's, so each must be told of once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from statistics import median
from urllib.parse import urlsplit

from bench import crowd
from bench.crowd import Company
from bench.heard import Order, Told
from bench.live import cookie_of, cookie_of_a_supervisor
from bench.measure import Figure, Size, Wrong, percentile
from connectors.models import Delivery, PlatformApp
from faults.stand import Stand
from inbox.models import Message, Presence, Ticket
from sla.models import Policy
from socialcare.models import User, Workspace
from socialcare.tenancy import workspace
from socialcare.valkey import valkey

SLOW, FAST = 100, 1_000
# By rate: milliseconds for half of all, and for 99 of 100.
GOALS = {SLOW: (30, 120), FAST: (60, 250)}
AGENTS = 2
WARM_UP = 3.0
PINGS, EVERY = 20, 1.0


@dataclass(slots=True)
class Heard:
    """One run. `waiting`: deliveries not taken in, each second while webhooks came. `pings`: of Valkey, ms."""

    told: Told
    waiting: list[int] = field(default_factory=list)
    pings: list[float] = field(default_factory=list)


def run(place: Stand, size: Size) -> Iterator[Figure]:
    places = crowd.companies(2, AGENTS)
    for company in places:
        # No clock runs out meanwhile: that would tell of tickets once more.
        with workspace(company.workspace):
            Policy.objects.update(first_response=timedelta(hours=8), next_response=timedelta(hours=8))
    with workspace(places[0].workspace):
        Presence.objects.all().delete()
    place.start_processes()
    races = ((Race(place, places[0], []), "nobody there"), (Race(place, *_with_agents(places[1])), f"{AGENTS} there"))
    for race, _ in races:
        race.run(SLOW, WARM_UP)
    for rate, seconds in ((SLOW, size.of(4.0, 20.0)), (FAST, size.of(8.0, 60.0))):
        for race, who in races:
            rounds = [race.run(rate, seconds) for _ in range(size.rounds)]
            if size.full and min(_growth(one.waiting) for one in rounds) > rate:
                raise Wrong(f"the queue grew at {rate} webhooks a second: {[one.waiting for one in rounds]}")
            yield from _figures(rounds, rate, who)


def _with_agents(company: Company) -> tuple[Company, list[str]]:
    return company, [cookie_of(User.objects.get(pk=pk)) for pk in company.agents]


class Race:
    """One company: its webhooks' address, and somebody who watches its tickets come."""

    def __init__(self, place: Stand, company: Company, agents: Sequence[str]) -> None:
        app = PlatformApp.objects.everywhere().get(pk=company.app)
        self._place, self._company = place, company
        self._hook, self._secret = urlsplit(app.webhook_url).path, app.as_app().secrets[0]
        self._live = f"/w/{Workspace.objects.get(pk=company.workspace).slug}/live/"
        self._watcher = cookie_of_a_supervisor(company.workspace)
        self._agents = list(agents)
        self._next = 1

    def run(self, rate: int, seconds: float) -> Heard:
        """Post so many webhooks a second for so long. Raises Wrong unless each was kept and told of once."""
        order = Order(
            self._place.port, self._hook, self._company.page, self._secret,
            self._live, self._watcher, self._agents, self._next, rate, seconds,
        )  # fmt: skip
        self._next += int(rate * seconds)
        words = [sys.executable, "-m", "bench.heard"]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        try:
            result = self._look_on(process, json.dumps(asdict(order)))
        finally:
            process.kill()
            process.wait()
        self._check(result.told, int(rate * seconds))
        return result

    def _look_on(self, process: subprocess.Popen[str], order: str) -> Heard:
        """Look at the queue and ask Valkey for nothing once a second, until the other process has told."""
        result = Heard(Told({}))
        answer: list[str] = []
        other = threading.Thread(target=lambda: answer.append(process.communicate(order)[0]))
        other.start()
        while other.is_alive():
            self._place.look()
            result.waiting.append(Delivery.objects.filter(state=Delivery.State.WAITING).count())
            result.pings += [_ping() for _ in range(PINGS)]
            other.join(EVERY)
        if process.returncode:
            raise Wrong("the browser's side of the measurement failed")
        result.told = Told(**json.loads(answer[0]))
        return result

    def _check(self, told: Told, number: int) -> None:
        if told.answers != {"200": number}:
            raise Wrong(f"{number} webhooks were answered with {told.answers}")
        if told.told != {"1": number}:
            raise Wrong(f"of {number} messages, so many were told of so often: {told.told}")
        with workspace(self._company.workspace):
            kept = Message.objects.count(), Ticket.objects.count()
            unassigned = Ticket.objects.filter(assignee=None).count()
        if kept != (self._next - 1, self._next - 1):
            raise Wrong(f"{self._next - 1} messages of new customers made {kept[0]} messages on {kept[1]} tickets")
        if unassigned != (0 if self._agents else kept[1]):
            raise Wrong(f"{unassigned} of {kept[1]} tickets have no agent, with {len(self._agents)} agents there")


def _ping() -> float:
    began = time.perf_counter()
    valkey().ping()
    return (time.perf_counter() - began) * 1000


def _growth(waiting: Sequence[int]) -> float:
    """By how many deliveries the queue is longer in the last third of the seconds than in the first."""
    third = max(1, len(waiting) // 3)
    return median(waiting[-third:]) - median(waiting[:third])


def _figures(rounds: Sequence[Heard], rate: int, who: str) -> Iterator[Figure]:
    name = f"200 to frame, {rate:,}/s, {who}"
    for percent, most in zip((50, 99), GOALS[rate], strict=True):
        yield Figure(
            f"{name}, p{percent}", "ms", [percentile(one.told.lags, percent) for one in rounds],
            f"Valkey round trip, p{percent}", [percentile(one.pings, percent) for one in rounds],
            most=most, of_value=True, note=f"the other side took {max(one.told.cpu for one in rounds):.0%} of a core",
        )  # fmt: skip
    grown = [_growth(one.waiting) for one in rounds]
    yield Figure(
        f"growth of the queue, {rate:,}/s, {who}", "", grown, most=rate, note="up and down by a second's is fine"
    )
