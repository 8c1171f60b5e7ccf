"""Real payloads and real conversations that lie beside the project, where they do."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from connectors.contract import Post, Raw, Unknown, Unreadable
from connectors.deliveries import Claimed
from connectors.models import ChannelAccount, Oddity, PlatformApp
from connectors.twitter.platform import platform
from inbox import intake
from inbox.models import Message, Ticket
from tests import x

SHARED = Path(__file__).parents[3] / ".." / "shared"
PAYLOADS, TWEETS = SHARED / "payloads" / "x", SHARED / "data" / "care_tweets_en.csv"
AT_ONCE = 500


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
    """5,000 care tweets: who answered what, and which brand each conversation is with."""

    def __init__(self) -> None:
        with TWEETS.open(newline="") as file:
            self.tweets = {row["tweet_id"]: _tweet(row) for row in csv.DictReader(file)}

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

    def payload(self, one: Tweet) -> dict[str, Any]:
        root = self.root(one.id)
        brand = self.brand_of[root]
        author = one.author if one.inbound else self.brands[one.author]
        said: dict[str, Any] = {"id": one.id, "author_id": author, "text": one.text, "created_at": x.iso(one.at)}
        said |= {"conversation_id": root, "edit_history_tweet_ids": [one.id]}
        said |= {"entities": {"mentions": [{"username": brand, "id": self.brands[brand]}]}}
        said |= {"referenced_tweets": [{"type": "replied_to", "id": one.parent}]} if one.parent else {}
        return said

    def activity(self, one: Tweet) -> dict[str, Any]:
        kind = "post.reply.create" if one.parent else "post.mention.create"
        brand = self.brand_of[self.root(one.id)]
        account = self.brands[brand]
        kind = "post.create" if one.author == brand else kind
        return x.event(kind, self.payload(one), account=account, people=False)

    def polled(self, one: Tweet) -> dict[str, Any]:
        account = self.brands[self.brand_of[self.root(one.id)]]
        return {"polled": {"for_user_id": account, "how": "mentions", "post": self.payload(one)}}

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
        ChannelAccount.objects.create(app=app, channel="twitter", external_id=external_id, name=name)
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


@pytest.mark.shared
@pytest.mark.behaviour_x(20)
@pytest.mark.behaviour_x(4)
def test_five_thousand_care_tweets_become_the_threads_their_links_say(talk):
    replay([talk.activity(one) for one in talk.of_a_brand()])
    right, found = expected(talk), kept()
    counts = (Message.objects.count(), Ticket.objects.count())
    disagreeing = [key for key, ids in right.items() if found.get(key) != ids]
    assert not disagreeing, f"{len(disagreeing)} of {len(right)} threads disagree: {disagreeing[:3]}"
    assert found == right
    replay([talk.activity(one) for one in talk.of_a_brand()])
    replay([talk.polled(one) for one in talk.of_a_brand()])
    assert (Message.objects.count(), Ticket.objects.count()) == counts


@pytest.mark.shared
@pytest.mark.behaviour_x(20)
def test_in_the_older_dialect_without_roots_the_threads_are_the_same(talk):
    replay([talk.older(one) for one in talk.of_a_brand()])
    assert kept() == expected(talk)
