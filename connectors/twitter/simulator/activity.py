"""The endpoints by which an app manages its webhooks, its subscriptions, and replays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.twitter.simulator.calls import Call, Endpoint, text_of
from connectors.twitter.simulator.events import KNOWN, PRIVATE
from connectors.twitter.simulator.hooks import MOST_SUBSCRIPTIONS, Hook, Hooks, Subscription
from connectors.twitter.simulator.limits import Allowance
from connectors.twitter.simulator.refusals import Refusal, forbidden, invalid, not_found, problem
from connectors.twitter.simulator.shapes import iso
from connectors.twitter.simulator.world import User, World, now

MOST_HOOKS = 5
REPLAY = (timedelta(hours=24), timedelta(minutes=31), timedelta(minutes=10))
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Activity:
    def __init__(self, world: World, hooks: Hooks) -> None:
        self._world, self._hooks = world, hooks

    def endpoints(self) -> Iterator[Endpoint]:
        some = Allowance(450, 450)
        one = r"webhooks/(\d{1,19})"
        yield Endpoint("webhooks", "POST", r"webhooks", self.register, some, by="app")
        listed = frozenset({"webhook_config.fields"})
        yield Endpoint("webhooks", "GET", r"webhooks", self.registered, some, by="app", parameters=listed)
        yield Endpoint("webhooks", "PUT", one, self.check, some, by="app")
        yield Endpoint("webhooks", "DELETE", one, self.remove, some, by="app")
        yield Endpoint("replay", "POST", r"webhooks/replay", self.replay, some, by="app")
        many, path = Allowance(500, 500), r"activity/subscriptions"
        paging = frozenset({"max_results", "pagination_token"})
        yield Endpoint("subscriptions", "POST", path, self.subscribe, many)
        yield Endpoint("subscriptions", "GET", path, self.subscriptions, many, by="app", parameters=paging)
        yield Endpoint("subscriptions", "PUT", rf"{path}/(\d{{1,19}})", self.change, many, by="app")
        yield Endpoint("subscriptions", "DELETE", rf"{path}/(\d{{1,19}})", self.unsubscribe, many, by="app")
        older = rf"account_activity/{one}/subscriptions"
        yield Endpoint("older", "POST", rf"{older}/all", self.older_subscribe, many, by="user")
        yield Endpoint("older", "GET", rf"{older}/all", self.older_subscribed, many, by="user")
        yield Endpoint("older", "GET", rf"{older}/all/list", self.older_list, many, by="app")
        yield Endpoint("older", "DELETE", rf"{older}/(\d{{1,19}})/all", self.older_unsubscribe, many, by="app")

    # ------------------------------------------------------------ webhooks

    async def register(self, call: Call) -> Any:
        url, app = text_of(call.body, "url"), call.caller.app
        self._check_url(url)
        mine = self._hooks.of(app.app_key)
        if any(hook.url == url for hook in mine):
            raise _refused("DuplicateUrlFailed", "A webhook with this url exists already.")
        if len(mine) >= MOST_HOOKS:
            raise _refused("WebhookLimitExceeded", "The app has as many webhooks as it may have.")
        hook = self._hooks.register(app, url)
        if not await self._hooks.check(hook):
            self._hooks.remove(hook)
            raise _refused("CrcValidationFailed", f"The challenge was not answered as it should be: {hook.checked}.")
        return {"data": hook.shown()}

    def registered(self, call: Call) -> Any:
        found = [hook.shown() for hook in self._hooks.of(call.caller.app.app_key)]
        return {"data": found, "meta": {"result_count": len(found)}}

    async def check(self, call: Call) -> Any:
        hook = self._hook(call, call.ids[0])
        if not await self._hooks.check(hook):
            raise _refused("CrcValidationFailed", f"The challenge was not answered as it should be: {hook.checked}.")
        return {"data": {"attempted": True}}

    def remove(self, call: Call) -> Any:
        self._hooks.remove(self._hook(call, call.ids[0]))
        return {"data": {"deleted": True}}

    def replay(self, call: Call) -> Any:
        hook = self._hook(call, text_of(call.body, "webhook_id"))
        start, end = _minute(call.body, "from_date"), _minute(call.body, "to_date")
        oldest, before, until = (now() - span for span in REPLAY)
        if not (oldest <= start <= before and start < end <= until):
            said = "A replay is of the last 24 hours and at least 10 minutes old."
            raise invalid("from_date", call.body.get("from_date"), said)
        job = self._hooks.resend(hook, start, end)
        return {"data": {"job_id": job, "created_at": iso(now())}}

    def _check_url(self, url: str) -> None:
        """Public, encrypted, without a port; loopback is free of this."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _refused("UrlValidationFailed", "The url is not valid.") from None
        if parts.hostname in LOOPBACK and parts.scheme in ("http", "https"):
            return
        if parts.scheme != "https" or port is not None or not parts.hostname:
            raise _refused("UrlValidationFailed", "The url must be https and name no port.")

    def _hook(self, call: Call, id: str) -> Hook:
        hook = self._hooks.hooks.get(id)
        if hook is None or hook.app != call.caller.app.app_key:
            raise _refused("WebhookIdInvalid", f"The webhook id [{id}] is not one of this app.")
        return hook

    # ------------------------------------------------------------ X Activity

    def subscribe(self, call: Call) -> Any:
        """Private events need the token of the user they are of."""
        type, tag = text_of(call.body, "event_type"), text_of(call.body, "tag")
        if type not in KNOWN:
            raise invalid("event_type", type, "$.event_type: does not have a value in the enumeration")
        filter = call.body.get("filter")
        id = filter.get("user_id") if isinstance(filter, dict) else None
        if not (isinstance(id, str) and id in self._world.users):
            raise invalid("filter.user_id", id, "$.filter.user_id: must be the id of a user")
        if type in PRIVATE and (call.caller.user is None or call.caller.user.id != id):
            raise forbidden(f"Subscribing to {type} needs the token of that user.")
        app, hook = call.caller.app.app_key, text_of(call.body, "webhook_id")
        if hook:
            self._hook(call, hook)
        if self._hooks.subscribed(app, type, id):
            raise problem(409, "DuplicateSubscription", "The subscription exists already.", "duplicate-subscription")
        mine = self._mine(call)
        if len(mine) >= MOST_SUBSCRIPTIONS:
            raise problem(403, "SubscriptionLimitExceeded", "The app has as many subscriptions as it may have.")
        made = self._hooks.subscribe(app, type, id, hook, tag)
        return {"data": made.shown(), "meta": {"total_subscriptions": len(mine) + 1}}

    def subscriptions(self, call: Call) -> Any:
        mine = [one.shown() for one in self._mine(call)]
        return ({"data": mine} if mine else {}) | {"meta": {"total_subscriptions": len(mine)}}

    def change(self, call: Call) -> Any:
        one, hook = self._subscription(call), text_of(call.body, "webhook_id")
        if hook:
            one.hook = self._hook(call, hook).id
        one.tag, one.updated_at = text_of(call.body, "tag") or one.tag, now()
        return {"data": one.shown(), "meta": {"total_subscriptions": len(self._mine(call))}}

    def unsubscribe(self, call: Call) -> Any:
        del self._hooks.subscriptions[self._subscription(call).id]
        return {"data": {"deleted": True}, "meta": {"total_subscriptions": len(self._mine(call))}}

    def _subscription(self, call: Call) -> Subscription:
        one = self._hooks.subscriptions.get(call.ids[0])
        if one is None or one.app != call.caller.app.app_key:
            raise not_found("subscription", call.ids[0])
        return one

    def _mine(self, call: Call) -> list[Subscription]:
        key = call.caller.app.app_key
        return [one for one in self._hooks.subscriptions.values() if one.app == key and one.type != "older"]

    # ------------------------------------------------------------ the older Account Activity

    def older_subscribe(self, call: Call) -> Any:
        hook = self._hook(call, call.ids[0])
        if self._hooks.subscribed(hook.app, "older", call.me.id):
            raise problem(409, "DuplicateSubscriptionFailed", "Subscription already exists.", "duplicate-subscription")
        self._hooks.subscribe(hook.app, "older", call.me.id, hook.id)
        return {"data": {"subscribed": True}}

    def older_subscribed(self, call: Call) -> Any:
        hook = self._hook(call, call.ids[0])
        return {"data": {"subscribed": self._hooks.subscribed(hook.app, "older", call.me.id) is not None}}

    def older_list(self, call: Call) -> Any:
        hook, app = self._hook(call, call.ids[0]), call.caller.app
        users: list[User] = [self._world.users[one.user] for one in self._olders(hook)]
        found = [{"user_id": user.id} for user in users]
        data = {"application_id": app.app_id, "webhook_id": hook.id, "webhook_url": hook.url, "subscriptions": found}
        return {"data": data}

    def older_unsubscribe(self, call: Call) -> Any:
        hook = self._hook(call, call.ids[0])
        self._hooks.unsubscribe(hook.app, call.ids[1], ["older"])
        return {"data": {"subscribed": False}}

    def _olders(self, hook: Hook) -> list[Subscription]:
        return [one for one in self._hooks.subscriptions.values() if one.type == "older" and one.app == hook.app]


def _refused(reason: str, detail: str) -> Refusal:
    return problem(400, reason, detail, "invalid-request")


def _minute(body: dict[str, Any], name: str) -> datetime:
    try:
        return datetime.strptime(text_of(body, name), "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        raise invalid(name, body.get(name), f"$.{name}: must be yyyymmddHHMM") from None
