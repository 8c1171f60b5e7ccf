"""Fills the gaps webhooks leave: polls accounts, and checks and repairs their subscriptions.

What it finds joins the deliveries, so that webhook and poll of one post make one message.
"""

from __future__ import annotations

import logging
from copy import copy
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from connectors import deliveries, gateway, registry
from connectors.contract import ConnectorError
from connectors.deliveries import Arrived
from connectors.models import ChannelAccount
from inbox import intake
from inbox.actions import accounts, looking
from socialcare.background import WorkspaceTask, ring
from socialcare.tenancy import workspace

log = logging.getLogger(__name__)
JITTER = timedelta(seconds=5)
A_DAY = timedelta(days=1)


@shared_task
def poll_accounts() -> None:
    """Poll the accounts whose channel is due."""
    for account in ChannelAccount.objects.everywhere().filter(state=ChannelAccount.State.CONNECTED):
        every = registry.channel(account.channel).poll_every
        if account.polled_at and timezone.now() - account.polled_at < every - JITTER:
            continue
        with workspace(account.workspace_id):
            ring(poll_account, account.pk)


@shared_task(base=WorkspaceTask)
def poll_account(account_id: int) -> None:
    """Fetch what came since the cursor; the cursor moves only once everything is kept."""
    account = ChannelAccount.objects.select_related("app").get(pk=account_id)
    if not gateway.may_poll(account):
        return
    if (due := gateway.next_look(account)) and due > timezone.now():
        return
    ChannelAccount.objects.filter(pk=account_id).update(polled_at=timezone.now())
    before = copy(account)
    try:
        page = gateway.poll(account)
    except ConnectorError as error:
        log.info("polling account %s ended: %s", account_id, type(error).__name__)
        return
    finally:
        accounts.retold(before)
    now = timezone.now()
    about, whose = {"x-origin": "poll"}, account.external_id.encode()
    new = deliveries.keep(Arrived(account.app_id, body, now, about, whose) for body in page.bodies)
    # An admin may have given it another address meanwhile.
    same = ChannelAccount.objects.filter(pk=account_id, connected_at=account.connected_at)
    same.update(cursor=page.cursor)
    accounts.polled(account, page.unseen)
    if new:
        intake.ring_for_deliveries()


@shared_task
def check_accounts() -> None:
    for account in ChannelAccount.objects.everywhere().filter(state=ChannelAccount.State.CONNECTED):
        if registry.channel(account.channel).checked_by_polling:
            continue
        with workspace(account.workspace_id):
            ring(check_account, account.pk)


@shared_task(base=WorkspaceTask)
def check_account(account_id: int) -> None:
    """Ask the platform whether token and subscription still stand; subscribe again to what was dropped."""
    account = ChannelAccount.objects.select_related("app").get(pk=account_id)
    before = copy(account)
    try:
        found = accounts.check(account)
        if found.unsubscribed:
            gateway.subscribe(account)
            accounts.check(account)
    except ConnectorError as error:
        log.warning("checking account %s ended: %s", account_id, type(error).__name__)
    finally:
        accounts.retold(before)


@shared_task
def look_for_removed(*, often: bool = False) -> None:
    """Nightly, and `often` for the channels where that costs nothing."""
    for account in ChannelAccount.objects.everywhere().filter(state=ChannelAccount.State.CONNECTED):
        if often != (registry.channel(account.channel).look_every < A_DAY):
            continue
        with workspace(account.workspace_id):
            ring(look_for_removed_of, account.pk)


@shared_task(base=WorkspaceTask)
def look_for_removed_of(account_id: int) -> None:
    """What customers took back, or moderators moved, without our hearing of it."""
    account = ChannelAccount.objects.select_related("app").get(pk=account_id)
    before = copy(account)
    try:
        for some in looking.that_still_wait(account):
            looking.look_at(account, some)
    except ConnectorError as error:
        log.info("looking for removed posts of account %s ended: %s", account_id, type(error).__name__)
    finally:
        accounts.retold(before)
