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
        row = ChannelAccount.objects.get(pk=account.pk)
        if row.credentials == account.credentials:
            _exchange(row, turn, ask)
        account.credentials = row.credentials
    return account.credentials  # type: ignore[no-any-return]


def _exchange(row: ChannelAccount, turn: Renewal, ask: Callable[[Credentials], Credentials]) -> None:
    place = _place(row)
    fresh = _put_down_before(place)
    if fresh is None:
        fresh = dict(ask(row.credentials))
        _put_down(place, fresh)
    row.credentials, turn.at = fresh, timezone.now()
    row.save(update_fields=["credentials"])
    turn.save(update_fields=["at"])


def _place(row: ChannelAccount) -> str:
    used = json.dumps(row.credentials, sort_keys=True).encode()
    return f"renewed:{row.pk}:{hashlib.sha256(used).hexdigest()}"


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
