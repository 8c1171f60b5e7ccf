"""WebSub: a hub tells us that a feed changed, and we look. What it sends along is not read.

The address a hub calls names the account and the feed, with a proof made from the app's verify token: so the hub's
question can be answered without a database, and only for what we asked. The secret that signs is made the same way.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import requests

from connectors.blog.address import loopback_allowed
from connectors.contract import Account, App, BadSignature, Webhook
from connectors.reading import point_in_time
from connectors.safe_fetch import fetch

log = logging.getLogger(__name__)
LEASE = timedelta(days=10)
# A hub may grant less than was asked for, and does not tell us where we could keep it: so long before.
RENEW_AFTER = timedelta(hours=12)
TRY_AGAIN_AFTER = timedelta(hours=1)
METHODS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_CHALLENGE = re.compile(r"[\x21-\x7e]{1,512}")


def renewed(account: Account, hub: str, topic: str, asked_at: str, now: datetime) -> str:
    """Ask the hub anew when the lease may end; returns when it was asked, "" without a hub."""
    if not hub or not topic or not _reachable(account.app):
        return ""
    before = point_in_time(asked_at, now)
    if before and now - before < RENEW_AFTER:
        return asked_at
    form = {
        "hub.mode": "subscribe",
        "hub.topic": topic,
        "hub.callback": callback(account, topic),
        "hub.secret": secret(account.app, account.channel, account.external_id, topic),
        "hub.lease_seconds": str(int(LEASE.total_seconds())),
    }
    try:
        answer = fetch(
            hub, method="POST", data=form, within=10, max_bytes=100_000, loopback=loopback_allowed(account.app)
        )
        taken = 200 <= answer.status < 300
    except requests.RequestException as error:
        log.info("a hub could not be asked: %s", type(error).__name__)
        taken = False
    # Polling goes on all the same; a hub that refuses is asked again in an hour.
    return (now if taken else now - RENEW_AFTER + TRY_AGAIN_AFTER).astimezone(UTC).isoformat()


def callback(account: Account, topic: str) -> str:
    names = {"c": account.channel, "a": account.external_id, "t": topic}
    return f"{account.app.webhook_url}?{urlencode({**names, 's': proof(account.app, **names)})}"


def proof(app: App, c: str, a: str, t: str) -> str:
    return _mac(app, "callback", c, a, t)[:32]


def secret(app: App, channel: str, account: str, topic: str) -> str:
    return _mac(app, "secret", channel, account, topic)


def is_push(app: App, query: Mapping[str, str]) -> bool:
    """Whether the address is one we gave to a hub."""
    names = {name: query.get(name, "") for name in ("c", "a", "t")}
    given = query.get("s", "").encode("utf-8", "replace")
    return bool(names["t"]) and hmac.compare_digest(given, proof(app, **names).encode())


def challenge(app: App, query: Mapping[str, str]) -> str | None:
    """The hub's question, answered only for a feed we asked for."""
    if not is_push(app, query) or query.get("hub.topic") != query["t"]:
        return None
    said = query.get("hub.challenge", "")
    asks = query.get("hub.mode") in ("subscribe", "unsubscribe")
    return said if asks and _CHALLENGE.fullmatch(said) else None


def verify(app: App, webhook: Webhook) -> None:
    """Raises BadSignature unless the hub signed these bytes with our secret."""
    method, _, given = webhook.headers.get("x-hub-signature", "").partition("=")
    made = METHODS.get(method.strip().lower())
    if made is None:
        raise BadSignature("no signature we know")
    key = secret(app, webhook.query.get("c", ""), webhook.query.get("a", ""), webhook.query.get("t", ""))
    right = hmac.new(key.encode(), webhook.body, made).hexdigest()
    if not hmac.compare_digest(given.strip().lower().encode("utf-8", "replace"), right.encode()):
        raise BadSignature("the signature does not fit")


def _reachable(app: App) -> bool:
    """Hubs call over the network: an address on this machine is of use only where that is set."""
    parts = urlsplit(app.webhook_url)
    return bool(app.verify_token) and (parts.scheme == "https" or loopback_allowed(app))


def _mac(app: App, *parts: str) -> str:
    return hmac.new(app.verify_token.encode(), "\n".join(parts).encode("utf-8", "replace"), hashlib.sha256).hexdigest()
