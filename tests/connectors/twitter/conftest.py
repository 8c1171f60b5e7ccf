"""A workspace's handle on X."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.utils import timezone

from connectors import deliveries
from connectors.models import ChannelAccount, PlatformApp
from connectors.twitter.backfill import read_cursor, write_cursor
from inbox import hooks, intake, polling
from inbox.actions import replies
from inbox.models import Message, Outgoing, Ticket
from socialcare.models import Workspace
from socialcare.tenancy import workspace
from tests import x
from tests.connectors.stand import until
from tests.connectors.twitter.simulator_stand import APP, BRAND, SECRET, XStand

TOKENS = {"access_token": "oauth2 of acme", "refresh_token": "refresh of acme"}


def handle(place: Workspace, external_id: str, secret: str = x.SECRET, **more: str) -> ChannelAccount:
    with workspace(place.pk):
        settings = {**APP, "app_id": "29820954", "app_secret": secret, **more}
        app = PlatformApp.objects.create(workspace=place, platform="twitter", name="X", settings=settings)
        return ChannelAccount.objects.create(
            app=app, channel="twitter", external_id=external_id, name=place.name, credentials=dict(TOKENS)
        )


@pytest.fixture
def acme_on_x(acme: Workspace) -> ChannelAccount:
    hooks._apps.clear()
    return handle(acme, x.BRAND)


@pytest.fixture
def live_x(x_stand: XStand, acme_on_x: ChannelAccount, settings) -> Iterator[XStand]:
    """The fake X as the installation's, for the account of `acme_on_x`."""
    there = {"api_url": x_stand.url, "site_url": x_stand.url, "timeout": "2,2"}
    settings.PLATFORMS = {**settings.PLATFORMS, "twitter": {**settings.PLATFORMS["twitter"], **there}}
    app = acme_on_x.app
    app.settings = {**app.settings, "app_secret": SECRET}
    app.save()
    return x_stand


def due(cursor: str) -> str:
    """The cursor as if its pauses were over."""
    return write_cursor({name: replace(place, due=0) for name, place in read_cursor(cursor).items()})


def answer(agent, text="We are on it.", ticket=None, **more) -> Message:
    ticket = ticket or Ticket.objects.get()
    given = {"private": False, "token": uuid.uuid4(), "last_seq": ticket.seq} | more
    return replies.reply(ticket.pk, agent.user, text, **given)


def bring_in(account: ChannelAccount, live_x) -> None:
    """What the fake X has sent so far is taken in."""
    now = timezone.now()
    arrived = [deliveries.Arrived(account.app_id, body, now) for body, _ in list(live_x.hook.bodies)]
    deliveries.keep(arrived)
    while batch := deliveries.claim(200):
        intake.take_in(batch)


def taken_in(account: ChannelAccount) -> None:
    """What polling brings now, whatever its pauses."""
    account.refresh_from_db()
    account.cursor = due(account.cursor)
    account.save(update_fields=["cursor"])
    polling.poll_account(account.pk)
    while batch := deliveries.claim(200):
        intake.take_in(batch)


@pytest.fixture
def asked(acme_on_x, live_x) -> Ticket:
    """A customer's public question, on both sides."""
    live_x.say("post", "@Acme where is it?")
    until(lambda: live_x.hook.events("post.mention.create"))
    bring_in(acme_on_x, live_x)
    return Ticket.objects.get()


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("account__app").get(pk=ticket.pk)


def posts(live_x):
    return [one for one in live_x.state()["posts"] if one["author_id"] == BRAND and one["parent"]]


def due_now() -> None:
    Outgoing.objects.update(ready_at=timezone.now(), lease_until=None)
