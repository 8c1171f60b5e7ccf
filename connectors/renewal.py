"""Credentials that are used up by using them: exchanged by one at a time, kept before they are used.

The answer of the platform is put down twice: first, encrypted, in Valkey, then in the account's row.
Whoever dies in between leaves it there, and the next one takes it instead of asking with what is used up.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping

import redis
from cryptography.fernet import InvalidToken
from django.db import transaction
from django.utils import timezone

from connectors.contract.leaving import Credentials
from connectors.models import ChannelAccount, Renewal
from socialcare.secrets import ring
from socialcare.valkey import valkey

log = logging.getLogger(__name__)
REMEMBER = 24 * 3600


def renew(account: ChannelAccount, ask: Callable[[Credentials], Credentials]) -> Credentials:
    """New credentials instead of those of `account`, by asking or from whoever just asked."""
    if account.pk is None:
        account.credentials = dict(ask(account.credentials))
        return account.credentials
    Renewal.objects.get_or_create(account=account)
    with transaction.atomic():
        turn = Renewal.objects.select_for_update().get(account=account)
        found: Credentials = ChannelAccount.objects.get(pk=account.pk).credentials
        if found == account.credentials:
            found = _exchange(account.pk, found, ask)
            turn.at = timezone.now()
            turn.save(update_fields=["at"])
    account.credentials = found
    return found


def _exchange(pk: int, used: Credentials, ask: Callable[[Credentials], Credentials]) -> Credentials:
    place = _place(pk, used)
    fresh = _put_down_before(place)
    if fresh is None:
        fresh = dict(ask(used))
        _put_down(place, fresh)
    row = ChannelAccount.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    if row.credentials == used:
        row.credentials = fresh
        row.save(update_fields=["credentials"])
    # Else they were erased or given anew while we asked: that counts.
    return row.credentials  # type: ignore[no-any-return]


def _place(pk: int, used: Credentials) -> str:
    digest = hashlib.sha256(json.dumps(dict(used), sort_keys=True).encode()).hexdigest()
    return f"renewed:{pk}:{digest}"


def _put_down(place: str, fresh: Mapping[str, str]) -> None:
    try:
        valkey().set(place, ring().encrypt(json.dumps(fresh).encode()), ex=REMEMBER)
    except redis.RedisError as error:
        log.warning("renewed credentials stand in the database only: %s", type(error).__name__)


def _put_down_before(place: str) -> dict[str, str] | None:
    try:
        found = valkey().get(place)
        return json.loads(ring().decrypt(found)) if found else None
    except (redis.RedisError, InvalidToken, ValueError):
        return None
