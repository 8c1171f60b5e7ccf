"""Real payloads and real conversations that lie beside the project, where they do."""

from __future__ import annotations

import csv
import json
import logging
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import requests
from django.utils import timezone

from connectors import deliveries, gateway
from connectors.contract import Post, Raw, Unknown, Unreadable
from connectors.deliveries import Arrived, Claimed
from connectors.models import ChannelAccount, Delivery, Oddity, PlatformApp
from connectors.simulator.plan import Connected, ConnectedPage
from connectors.simulator.serve import beside
from connectors.twitter.platform import platform
from connectors.twitter.signature import verify_signature
from inbox import intake, polling
from inbox.models import Message, Ticket
from tests.connectors.stand import until
from tests.connectors.twitter.simulator_stand import APP, Hook, hooked

log = logging.getLogger(__name__)

SHARED = Path(__file__).parents[3] / ".." / "shared"
PAYLOADS, TWEETS = SHARED / "payloads" / "x", SHARED / "data" / "care_tweets_en.csv"
AT_ONCE = 500
# The fake X lets nobody have written longer ago, in seconds.
OLDEST = 9 * 10**7


@pytest.mark.shared
@pytest.mark.skipif(not PAYLOADS.exists(), reason="no shared payloads here")
def test_no_payload_makes_us_stumble():
    outcomes: Counter[str] = Counter()
    for file in sorted(PAYLOADS.iterdir()):
        try:
            records = list(platform.parse(Raw(file.read_bytes(), datetime.now(UTC))))
        except Unreadable:
            outcomes["unreadable"] += 1
            continue
        assert records
        reasons = [record.reason for record in records if isinstance(record, Unknown)]
        assert not any("our reader failed" in reason for reason in reasons)
        outcomes.update(type(record).__name__ for record in records)
        if file.name.startswith("xaa_") and ("dm_" in file.name or "reply" in file.name):
            assert any(isinstance(record, Post) for record in records)
    assert outcomes["Post"] >= 6


@dataclass(frozen=True)
class Tweet:
    id: str
    author: str
    inbound: bool
    at: datetime
    text: str
    parent: str


class Talk:
    """Care tweets: who answered what, and which brand each conversation is with. WHOLE=1 takes all 5,000."""

    def __init__(self) -> None:
        with TWEETS.open(newline="") as file:
            rows = islice(csv.DictReader(file), None if os.environ.get("WHOLE") else 600)
            self.tweets = {row["tweet_id"]: _tweet(row) for row in rows}

    @cached_property
    def brands(self) -> dict[str, str]:
        """The id of each brand's account."""
        names = sorted({one.author for one in self.tweets.values() if not one.inbound})
        return {name: str(9 * 10**9 + number) for number, name in enumerate(names)}

    def root(self, id: str) -> str:
        while id in self.tweets and self.tweets[id].parent:
            id = self.tweets[id].parent
        return id

    @cached_property
    def brand_of(self) -> dict[str, str]:
        """The brand each conversation is with, by its root: who answers in it, else who is named."""
        found: dict[str, str] = {}
        for one in self.tweets.values():
            if not one.inbound:
                found.setdefault(self.root(one.id), one.author)
        handles = {name.lower(): name for name in self.brands}
        for one in self.tweets.values():
            named = (word.strip("@.,:!?").lower() for word in one.text.split() if word.startswith("@"))
            brand = next((handles[word] for word in named if word in handles), None)
            if one.inbound and brand:
                found.setdefault(self.root(one.id), brand)
        return found

    def of_a_brand(self) -> Iterator[Tweet]:
        """In the order they were written."""
        for one in sorted(self.tweets.values(), key=lambda one: (one.at, int(one.id))):
            if self.root(one.id) in self.brand_of:
                yield one

    def older(self, one: Tweet) -> dict[str, Any]:
        account = self.brands[self.brand_of[self.root(one.id)]]
        said: dict[str, Any] = {"id_str": one.id, "text": one.text, "timestamp_ms": str(int(one.at.timestamp() * 1000))}
        said |= {"user": {"id_str": one.author if one.inbound else self.brands[one.author], "name": one.author}}
        said |= {"in_reply_to_status_id_str": one.parent} if one.parent else {}
        return {"for_user_id": account, "tweet_create_events": [said]}


def _tweet(row: dict[str, str]) -> Tweet:
    at = datetime.strptime(row["created_at"], "%a %b %d %H:%M:%S %z %Y").astimezone(UTC)
    parent = row["in_response_to_tweet_id"]
    return Tweet(row["tweet_id"], row["author_id"], row["inbound"] == "True", at, row["text"], parent)


@pytest.fixture
def talk(acme) -> Talk:
    if not TWEETS.exists():
        pytest.skip("no shared tweets here")
    found = Talk()
    app = PlatformApp.objects.create(workspace=acme, platform="twitter", name="X", settings={"app_secret": "s"})
    for name, external_id in found.brands.items():
        token = {"access_token": f"token {external_id}"}
        ChannelAccount.objects.create(app=app, channel="twitter", external_id=external_id, name=name, credentials=token)
    return found


def replay(payloads: list[dict[str, Any]]) -> None:
    """As a worker would take them in, some at a time; the queue itself has tests of its own."""
    app = PlatformApp.objects.get(platform="twitter")
    now = timezone.now()
    for start in range(0, len(payloads), AT_ONCE):
        some = payloads[start : start + AT_ONCE]
        raws = [Raw(json.dumps(payload).encode(), now) for payload in some]
        claimed = [Claimed(0, 0, app.pk, "twitter", 1, raw) for raw in raws]
        intake._hand_over(app.pk, [(one, list(platform.parse(one.raw))) for one in claimed], [])
    assert not Oddity.objects.exists()


def expected(talk: Talk) -> dict[tuple[str, str], set[str]]:
    """What others said to each brand in each conversation, by brand and root; another brand is somebody else."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in talk.of_a_brand():
        root = talk.root(one.id)
        if one.author != talk.brand_of[root]:
            found[talk.brands[talk.brand_of[root]], root].add(one.id)
    return found


def kept() -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    said = Message.objects.filter(origin="customer")
    for account, thread, id in said.values_list("account__external_id", "ticket__thread_id", "external_id"):
        found[account, thread].add(id)
    return found


@dataclass
class Replayed:
    """The conversations as they were had on the fake X.

    `told`: the webhooks, by account and post. `threads`: what begins the conversation of each post, as the links say.
    """

    told: dict[tuple[str, str], bytes]
    threads: dict[str, str]
    ours: set[tuple[str, str]]


@pytest.fixture
def replayed(talk, settings) -> Iterator[Replayed]:
    """Every tweet is written on the fake X, answers below what they answer, as long ago as they lie apart."""
    with hooked("s") as hook, beside(lambda: [brands(talk, hook.url)], seed=1) as url:
        there = {"api_url": url, "site_url": url}
        settings.PLATFORMS = {**settings.PLATFORMS, "twitter": {**settings.PLATFORMS["twitter"], **there}}
        requests.post(f"{url}/control/look", json={}, timeout=30)
        until(lambda: hook.challenges)
        tweets = list(talk.of_a_brand())
        ids: dict[str, str] = {}
        threads: dict[str, str] = {}
        ours = set()
        with requests.Session() as session:
            for one in tweets:
                ids[one.id] = write(session, url, talk, one, ids.get(one.parent, ""), tweets[-1].at)
                threads[ids[one.id]] = threads.get(ids.get(one.parent, ""), ids[one.id])
                ours.add((talk.brands.get(one.author, ""), ids[one.id]))
        yield Replayed(heard(hook, len(tweets)), threads, ours)


def brands(talk: Talk, url: str) -> Connected:
    """The app that all brands let in."""
    pages = [
        ConnectedPage(id, name, f"token {id}", frozenset({"twitter"}), {"access_token": f"token {id}"})
        for name, id in talk.brands.items()
    ]
    return Connected("twitter", "key", "29820954", "s", url, "verify", tuple(pages), {**APP, "app_secret": "s"})


def write(session: requests.Session, url: str, talk: Talk, one: Tweet, to: str, newest: datetime) -> str:
    age = min((newest - one.at).total_seconds() + 60, OLDEST)
    order: dict[str, Any] = {"do": "reply" if to else "post", "text": one.text, "to": to, "age": age}
    if one.author in talk.brands:
        order |= {"page": talk.brands[one.author], "as": "page"}
    else:
        order |= {"page": next(iter(talk.brands.values())), "author": one.author}
    answer = session.post(f"{url}/control/say", json=order, timeout=30)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def heard(hook: Hook, least: int) -> dict[tuple[str, str], bytes]:
    """What came, by account and post."""
    before = -1
    while len(hook.bodies) != before or before < least // 2:
        before = len(hook.bodies)
        time.sleep(3)
    found = {}
    for body, headers in hook.bodies:
        verify_signature(body, headers["x-twitter-webhooks-signature"], ["s"])
        data = json.loads(body)["data"]
        found[data["filter"]["user_id"], data["payload"]["id"]] = body
    return found


def deliver(bodies: Iterable[bytes], mark: bytes = b"") -> None:
    """Through the queue; `mark` makes the same events other bytes."""
    app = PlatformApp.objects.get(platform="twitter")
    now = timezone.now()
    deliveries.keep(
        Arrived(app.pk, body + mark, now, account=gateway.account_in("twitter", body + mark)) for body in bodies
    )
    drain()


def drain() -> None:
    while deliveries.free().exists():
        intake.drain()
    assert not Delivery.objects.exclude(state="done").exists()
    assert not Oddity.objects.exists()


@pytest.mark.shared
@pytest.mark.behaviour_x(20)
@pytest.mark.behaviour_x(4)
@pytest.mark.django_db(transaction=True)
def test_care_tweets_become_the_threads_their_links_say(talk, replayed):
    right = {key: replayed.threads[key[1]] for key in replayed.told if key not in replayed.ours}
    deliver(replayed.told.values())
    found = threads_by_post()
    numbers = f"{len(replayed.threads)} tweets, {len(right)} told to brands, {len({*right.values()})} threads"
    log.info("%s: %d of them agree", numbers, sum(found.get(key) == thread for key, thread in right.items()))
    assert found == right
    counts = (Message.objects.count(), Ticket.objects.count())
    deliver(replayed.told.values())
    deliver(replayed.told.values(), b" ")
    assert (Message.objects.count(), Ticket.objects.count()) == counts
    poll_everything()
    found = threads_by_post()
    log.info("%d more by polling", len(found) - len(right))
    assert found.items() >= right.items()
    assert found == {key: replayed.threads[key[1]] for key in found}
    assert not found.keys() & replayed.ours
    assert Message.objects.filter(origin="customer").count() == len(found)
    counts = (Message.objects.count(), Ticket.objects.count())
    ChannelAccount.objects.update(cursor="")
    poll_everything()
    assert (Message.objects.count(), Ticket.objects.count()) == counts


def threads_by_post() -> dict[tuple[str, str], str]:
    """In which thread each post of a customer stands, by account and post."""
    said = Message.objects.filter(origin="customer")
    names = ("account__external_id", "external_id", "ticket__thread_id")
    return {(account, id): thread for account, id, thread in said.values_list(*names)}


def poll_everything() -> None:
    """As after an outage that began before all of it."""
    on_x = ChannelAccount.objects.filter(channel="twitter")
    on_x.update(connected_at=timezone.now() - timedelta(seconds=OLDEST + 3600))
    for account in on_x:
        for _ in range(5):
            polling.poll_account(account.pk)
    drain()


@pytest.mark.shared
@pytest.mark.behaviour_x(20)
def test_in_the_older_dialect_without_roots_the_threads_are_the_same(talk):
    replay([talk.older(one) for one in talk.of_a_brand()])
    assert kept() == expected(talk)
