"""What X sends us: one webhook of the app, and for each account the kinds of events we want of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import Account, AlreadyDone, ConnectorError, Forbidden, Refused
from connectors.reading import as_list, as_object, ident, words
from connectors.twitter import tokens
from connectors.twitter.client import XClient

log = logging.getLogger(__name__)
PUBLIC = ("post.mention.create", "post.reply.create", "post.quote.create", "post.create", "post.delete")
PRIVATE = ("dm.received", "dm.sent", "dm.read", "chat.received")
WANTED = PUBLIC + PRIVATE
WEBHOOK = "webhook"
DUPLICATE = frozenset({"duplicate-subscription", "409", "HTTP 409"})
MOST_PAGES = 20
# X replays what is at least ten minutes old and no older than a day.
REPLAYED = timedelta(hours=2)
REPLAY_AGE = (timedelta(hours=24), timedelta(minutes=31), timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Subscription:
    """`webhook`: where its events go, "" where X does not say."""

    external_id: str
    webhook: str

    def comes_to(self, webhook: str) -> bool:
        return self.webhook in ("", webhook)


def wanted(account: Account) -> list[str]:
    """Of the private events only with a token of OAuth 2 that may read them; else messages are polled."""
    if tokens.uses_keys(account.credentials):
        return list(PUBLIC)
    scope = account.credentials.get("scope", "")
    return [*PUBLIC, *(PRIVATE if not scope or "dm.read" in scope.split() else ())]


def present(client: XClient) -> dict[str, Subscription]:
    """The account's subscriptions, by kind. `client` is the app's."""
    found = {}
    for sheet in client.sheets("/2/activity/subscriptions", "pagination_token", most=MOST_PAGES):
        for one in sheet.items:
            if ident(as_object(one.get("filter")).get("user_id")) == client.account.external_id:
                external_id = ident(one.get("subscription_id")) or ident(one.get("id"))
                found[words(one.get("event_type"))] = Subscription(external_id, ident(one.get("webhook_id")))
    return found


def webhook_of(client: XClient) -> Mapping[str, Any] | None:
    """The app's webhook with our address, as X has it. `client` is the app's."""
    listed = map(as_object, as_list(client.get("/2/webhooks").get("data")))
    return next((one for one in listed if one.get("url") == client.account.app.webhook_url), None)


def lacking(account: Account, there: Mapping[str, Subscription], webhook: str) -> list[str]:
    """What of the wanted does not come to this webhook."""
    return [kind for kind in wanted(account) if kind not in there or not there[kind].comes_to(webhook)]


def subscribe(account: Account) -> None:
    """Make what is missing; harmless to repeat. A webhook X had given up is checked anew, and the gap replayed."""
    with XClient(account, as_app=True) as app:
        webhook = _working_webhook(app)
        there = present(app)
        missing = lacking(account, there, webhook)
        for kind in missing:
            if kind in PUBLIC:
                _subscribe(app, kind, webhook, there.get(kind))
    private = [kind for kind in missing if kind in PRIVATE]
    if private:
        with XClient(account) as owner:
            for kind in private:
                _subscribe(owner, kind, webhook, there.get(kind))


def unsubscribe(account: Account) -> None:
    with XClient(account, as_app=True) as app:
        for one in present(app).values():
            try:
                app.send("DELETE", f"/2/activity/subscriptions/{one.external_id}")
            except Refused as error:
                log.info("a subscription of X was gone already: %s", error.code)


def _working_webhook(app: XClient) -> str:
    """The webhook's id; made or checked where that is needed."""
    known = webhook_of(app)
    if known is None:
        try:
            made = as_object(app.send("POST", "/2/webhooks", {"url": app.account.app.webhook_url}).get("data"))
        except (AlreadyDone, Refused):
            # Another account of the app may have made it meanwhile.
            if (known := webhook_of(app)) is None:
                raise
        else:
            return ident(made.get("id"))
    external_id = ident(known.get("id"))
    if known.get("valid") is False:
        app.send("PUT", f"/2/webhooks/{external_id}")
        _replay(app, external_id)
    return external_id


def _replay(app: XClient, webhook: str) -> None:
    """Ask for what was sent while nobody heard; polling fills what cannot be had."""
    now = datetime.now(UTC)
    oldest, begun, ended = (now - age for age in REPLAY_AGE)
    since = max(oldest + timedelta(minutes=1), min(app.account.heard_at or now - REPLAYED, begun))
    until = min(ended, since + REPLAYED)
    span = {"from_date": f"{since:%Y%m%d%H%M}", "to_date": f"{until:%Y%m%d%H%M}"}
    try:
        app.send("POST", "/2/webhooks/replay", {"webhook_id": webhook, **span})
    except ConnectorError as error:
        log.warning("X replays nothing: %s %s", type(error).__name__, error.code)


def _subscribe(client: XClient, kind: str, webhook: str, there: Subscription | None) -> None:
    body = {"event_type": kind, "filter": {"user_id": client.account.external_id}, "webhook_id": webhook, "tag": kind}
    try:
        if there:
            client.send("PUT", f"/2/activity/subscriptions/{there.external_id}", {"webhook_id": webhook, "tag": kind})
        else:
            client.send("POST", "/2/activity/subscriptions", body)
    except AlreadyDone:
        log.info("somebody else subscribed to %s meanwhile", kind)
    except Refused as error:
        if error.code not in DUPLICATE:
            raise
    except Forbidden as error:
        raise Forbidden(f"X takes no subscription to {kind}", code=error.code, trace=error.trace) from None
