"""A webhook that only says that something is there: it is fetched at once, and joins the deliveries."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from contextlib import suppress

import redis
from celery import shared_task
from django.utils import timezone

from connectors import deliveries, gateway
from connectors.contract import ConnectorError, Throttled, Unavailable
from connectors.deliveries import Arrived
from connectors.models import ChannelAccount
from socialcare.background import WorkspaceTask
from socialcare.valkey import valkey

log = logging.getLogger(__name__)
AGAIN_AFTER = (60, 600, 3600)
# Seconds until a look is tried that found another one going on; and after which that one must have died.
TURN, LONGEST = (2.0, 20.0), 120


@shared_task(base=WorkspaceTask)
def look_into(account_id: int, about: Mapping[str, str], tries: int = 0) -> None:
    """Fetch what the notice spoke of; the clock process sees that it waits.

    A feed that fails is left to the next poll. A page that fails is asked again, since nobody else speaks of it.
    """
    account = ChannelAccount.objects.select_related("app").get(pk=account_id)
    if not gateway.may_poll(account):
        return
    if not _my_turn(account_id):
        look_into.apply_async((account_id, dict(about), tries), countdown=random.uniform(*TURN))  # noqa: S311 - jitter
        return
    if not about:
        ChannelAccount.objects.filter(pk=account_id).update(polled_at=timezone.now())
    try:
        page = gateway.look_into(account, about)
    except ConnectorError as error:
        log.info("looking into news of account %s ended: %s", account_id, type(error).__name__)
        if about and tries < len(AGAIN_AFTER) and isinstance(error, Unavailable | Throttled):
            look_into.apply_async((account_id, dict(about), tries + 1), countdown=AGAIN_AFTER[tries])
        return
    finally:
        _done(account_id)
    origin, whose = {"x-origin": "news"}, account.external_id.encode()
    deliveries.keep(Arrived(account.app_id, body, timezone.now(), origin, whose) for body in page.bodies)
    ChannelAccount.objects.filter(pk=account_id, cursor=account.cursor).update(cursor=page.cursor)


def _my_turn(account_id: int) -> bool:
    """One look for each account at a time: whoever speaks of many slow pages holds one thread and not all."""
    with suppress(redis.RedisError):
        return bool(valkey().set(f"looking:{account_id}", 1, nx=True, ex=LONGEST))
    return True


def _done(account_id: int) -> None:
    with suppress(redis.RedisError):
        valkey().delete(f"looking:{account_id}")
