"""The channel X on a stand: our own code on one side, the fake X on the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import Account, App, Cost, Kind, Post, Raw, Reply, Thread
from connectors.twitter.platform import platform
from connectors.twitter.twitter import twitter
from tests.connectors.twitter.simulator_stand import APP, BRAND, CUSTOMER, OTHER, SECRET, XStand

PRICES = {
    "price_post_read": "0.005",
    "price_user_read": "0.010",
    "price_dm_read": "0.010",
    "price_summoned_reply": "0.010",
    "price_post_create": "0.015",
    "price_post_with_link": "0.200",
    "price_dm_create": "0.015",
    "price_post_delete": "0.010",
    "price_hide": "0.005",
    "price_post_event": "0.005",
    "price_dm_event": "0.010",
}


@dataclass
class Desk:
    """A brand's side: its account, what it cost, and how often its token was renewed."""

    x: XStand
    account: Account
    costs: list[Cost] = field(default_factory=list)

    def received(self) -> list[Post]:
        now = datetime.now(UTC)
        records = [record for body, _ in list(self.x.hook.bodies) for record in platform.parse(Raw(body, now))]
        return [record for record in records if isinstance(record, Post)]

    def polled(self, cursor: str = "") -> tuple[list[Post], str]:
        page = twitter.poll(self.account, cursor)
        now = datetime.now(UTC)
        records = [record for body in page.bodies for record in platform.parse(Raw(body, now))]
        return [record for record in records if isinstance(record, Post)], page.cursor

    def reply(self, to: str, text: str = "We are on it.", **more) -> Reply:
        thread = Thread(Kind(more.pop("kind", "comment")), closed=more.pop("closed", None))
        given = {"thread_id": to, "recipient": self.customer(), "token": "token"} | more
        return Reply(text, to, thread=thread, **given)

    def customer(self) -> str:
        known = (one["id"] for one in self.x.state()["users"] if one["name"] == CUSTOMER)
        return next(known, "1")

    def message(self, text: str = "We are on it.", **more) -> Reply:
        return self.reply("1", text, **{"kind": "direct", "thread_id": self.x.person(), **more})

    def with_options(self, **options: bool | str) -> Account:
        return replace(self.account, options=options)

    def with_credentials(self, **credentials: str) -> Account:
        return replace(self.account, credentials=credentials)


def app_of(x: XStand, **credentials: str) -> App:
    given: Mapping[str, str] = {**APP, "app_id": "29820954", **credentials}
    config = {"api_url": x.url, "site_url": x.url, "timeout": "2,2", **PRICES}
    return App("key", "29820954", (SECRET,), config=config, credentials=given, webhook_url=x.hook.url)


@pytest.fixture
def desk(x_stand: XStand) -> Desk:
    costs: list[Cost] = []
    kept = {"access_token": "oauth2 of acme", "refresh_token": "refresh of acme"}

    def renew(ask):
        fresh = dict(ask(dict(kept)))
        kept.update(fresh)
        return fresh

    since = datetime.now(UTC) - timedelta(minutes=30)
    account = Account(
        "twitter", BRAND, dict(kept), app_of(x_stand), connected_at=since, report_cost=costs.append, renew=renew
    )
    return Desk(x_stand, account, costs)


@pytest.fixture
def globex_keys(desk: Desk) -> Account:
    """With keys of OAuth 1.0a."""
    keys = {"access_token": f"{OTHER}-abc", "access_token_secret": "token secret"}
    return replace(desk.account, external_id=OTHER, credentials=keys)
