"""What it costs to tell many browsers something, how late they hear it, and what one that stalls does to the others.

Against a server started by the same command that sends the same bytes to as many sockets and does nothing else.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
from django.test import Client

from bench import bare, sockets
from bench import crowd as companies
from bench.beside import server
from bench.measure import Figure, Size, Wrong
from bench.sockets import Order, Told
from faults.stand import Stand
from inbox import live
from socialcare.models import Membership, Role, User, Workspace
from socialcare.tenancy import workspace

A_SECOND, BYTES = 5, 420
# So much that one that stalls has its outbox full before the end.
STALL_A_SECOND, STALL_BYTES = 9, 20_000
TOO_SLOW = "4429"
SETTLE = 1.0


@dataclass(frozen=True, slots=True)
class Fed:
    """What the sockets told, and the server's seconds of CPU and bytes of memory for that."""

    told: Told
    cpu: float
    memory: float

    @property
    def each(self) -> float:
        """Microseconds of the server's CPU for a delivery."""
        return self.cpu / self.told.frames * 1e6


class Web:
    """The web process, and a workspace whose people have so many browsers open."""

    def __init__(self, place: Stand) -> None:
        self._place = place
        self._company = companies.companies(1, 0)[0]
        self._path = f"/w/{Workspace.objects.get(pk=self._company.workspace).slug}/live/"
        self._cookie = cookie_of_a_supervisor(self._company.workspace)

    def feed(self, number: int, events: int, rate: float, size: int, stalled: int = 0) -> Fed:
        web = self._place.child("web").process
        if web is None:
            raise Wrong("there is no web process")
        before = memory(web.pid)
        with sockets.crowd(Order(self._place.port, self._path, self._cookie, number, stalled)) as crowd:
            held = memory(web.pid) - before
            time.sleep(SETTLE)
            began = cpu(web.pid)
            self._publish(events, rate, size)
            time.sleep(SETTLE)
            used = cpu(web.pid) - began
            return Fed(_checked(crowd.told(events), stalled), used, held)

    def _publish(self, events: int, rate: float, size: int) -> None:
        start = time.monotonic()
        with workspace(self._company.workspace):
            for turn in range(1, events + 1):
                time.sleep(max(0.0, start + turn / rate - time.monotonic()))
                live.publish_now([("ticket", json.loads(bare.event(turn, size)))])


def run(place: Stand, size: Size) -> Iterator[Figure]:
    number, events = size.of(200, 1_000), size.of(4, 20) * A_SECOND
    web = Web(place)
    place.start_processes()
    ours, others = [], []
    with server("bench.bare:application") as (port, pid):
        for _ in range(size.rounds):
            ours.append(web.feed(number, events, A_SECOND, BYTES))
            others.append(_bare(port, pid, number, events))
    many = f"{number:,} sockets, {A_SECOND} frames/s"
    against = "the same bytes without us"
    yield Figure(
        f"CPU of a delivery, {many}", "µs", [fed.each for fed in ours], against, [fed.each for fed in others], most=2
    )
    yield Figure(
        f"delay of a frame, {many}, p95", "ms", [fed.told.lags["95"] for fed in ours],
        against, [fed.told.lags["95"] for fed in others], most=100, of_value=True,
    )  # fmt: skip
    # Later rounds find memory that the first has left behind.
    yield Figure(
        "memory of a socket", "KB", [ours[0].memory / number / 1024], against, [others[0].memory / number / 1024]
    )
    yield _stalled(web, size)


def _stalled(web: Web, size: Size) -> Figure:
    number, events = size.of(30, 100), size.of(4, 20) * STALL_A_SECOND
    without, beside = [], []
    for _ in range(size.rounds):
        without.append(web.feed(number, events, STALL_A_SECOND, STALL_BYTES))
        beside.append(web.feed(number, events, STALL_A_SECOND, STALL_BYTES, stalled=1))
        if size.full and beside[-1].told.closed != {TOO_SLOW: 1}:
            raise Wrong(f"the stalled socket was not closed as too slow: {beside[-1].told.closed}")
    return Figure(
        "delay of the others while one does not read, p95", "ms", [fed.told.lags["95"] for fed in beside],
        "with all reading", [fed.told.lags["95"] for fed in without], most=1.5,
    )  # fmt: skip


def _bare(port: int, pid: int, number: int, events: int) -> Fed:
    before = memory(pid)
    with sockets.crowd(Order(port, "/", "", number)) as crowd:
        held = memory(pid) - before
        time.sleep(SETTLE)
        began = cpu(pid)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/feed/{events}/{1 / A_SECOND}/{BYTES}"):
            pass
        time.sleep(SETTLE)
        used = cpu(pid) - began
        return Fed(_checked(crowd.told(events), 0), used, held)


def _checked(told: Told, stalled: int) -> Told:
    if told.lost:
        raise Wrong(f"{told.lost} events were lost or came out of order")
    if sum(told.closed.values()) > stalled:
        raise Wrong(f"sockets were closed: {told.closed}")
    return told


def cookie_of_a_supervisor(workspace_id: int) -> str:
    """The cookie of somebody who is signed in and gets no tickets."""
    user = User.objects.create_user(f"supervisor@company-{workspace_id}.example", None, name="Supervisor")
    Membership.objects.create(workspace_id=workspace_id, user=user, role=Role.SUPERVISOR)
    return cookie_of(user)


def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


def cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def memory(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss)
