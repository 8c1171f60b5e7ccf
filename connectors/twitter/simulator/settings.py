"""How X is set towards one account and altogether: the switches of its page and of tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from connectors.simulator.asgi import BadRequest
from connectors.twitter.simulator.api import Api
from connectors.twitter.simulator.events import CARE
from connectors.twitter.simulator.hooks import Hooks
from connectors.twitter.simulator.limits import QUARTER
from connectors.twitter.simulator.rules import Rules
from connectors.twitter.simulator.tokens import ACCESS_SECONDS, SCOPES, Tokens
from connectors.twitter.simulator.world import User, World

DIALECTS = ("activity", "older", "both", "none")
TOKENS = ("", "kill", "expire", "revoke", "new", "new1")
NAMES = frozenset(["page", "lacking", "dialect", "tokens", "limits", "quarter", "lifetime", "check", "rules"])


class Settings:
    """`check` begins a challenge of an account's webhooks."""

    def __init__(self, world: World, rules: Rules, tokens: Tokens, hooks: Hooks, api: Api) -> None:
        self._world, self._rules, self._tokens, self._hooks, self._api = world, rules, tokens, hooks, api
        self.check: Callable[[str], None] = lambda user: None

    def adjust(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """page, and what shall be otherwise; all is checked before anything changes.

        lacking: scopes its tokens shall not have. dialect: in which form it gets events. tokens: "kill" ends them
        all, "expire" only the access tokens, "revoke" is the owner's own end, "new" answers some that work, "new1"
        those of OAuth 1.0a. limits: calls per 15 minutes by the name of an endpoint. quarter: how many seconds those
        15 minutes last. lifetime: seconds of an access token. check: true challenges the webhooks. rules: see Rules.
        """
        user = self._known(order)
        rules, limits = self._checked_rules(order), self._checked_limits(order)
        quarter, lifetime = _seconds(order, "quarter"), _seconds(order, "lifetime")
        for name, value in rules.items():
            setattr(self._rules, name, value)
        self._api.limits.override |= limits
        self._api.limits.quarter = quarter or self._api.limits.quarter
        self._tokens.lifetime = lifetime or self._tokens.lifetime
        if "lacking" in order:
            self._api.lacking[user.id] = set(order["lacking"])
        if "dialect" in order:
            self._speak(user, order["dialect"])
        if order.get("check"):
            self.check(user.id)
        user.touch()
        return self._change_tokens(user, order.get("tokens", ""))

    def standing(self) -> dict[str, Any]:
        rules = {one.name: getattr(self._rules, one.name) for one in fields(Rules)}
        return {"rules": rules, "endpoints": self._api.names()}

    def reset(self) -> None:
        for one in fields(Rules):
            setattr(self._rules, one.name, one.default)
        self._tokens.lifetime = ACCESS_SECONDS
        self._api.limits.quarter = QUARTER

    def _known(self, order: Mapping[str, Any]) -> User:
        """The account an order is about, when all its words are known."""
        user = self._world.users.get(str(order.get("page", "")))
        if user is None or not user.brand:
            raise BadRequest("page must be the id of an account here")
        if odd := sorted(order.keys() - NAMES):
            raise BadRequest(f"an account has no {odd[0]!r}; it has {', '.join(sorted(NAMES))}")
        lacking = order.get("lacking", [])
        if not (isinstance(lacking, list) and set(lacking) <= set(SCOPES)):
            raise BadRequest(f"lacking is a list of {', '.join(SCOPES)}")
        if order.get("dialect", "none") not in DIALECTS:
            raise BadRequest(f"dialect is one of {', '.join(DIALECTS)}")
        if order.get("tokens", "") not in TOKENS:
            raise BadRequest(f"tokens must be one of {', '.join(TOKENS[1:])}")
        if order.get("tokens") in ("new", "new1") and not self._hooks.apps:
            raise BadRequest("no app is connected that tokens could be for")
        return user

    def _checked_rules(self, order: Mapping[str, Any]) -> dict[str, Any]:
        given = order.get("rules", {})
        types = {one.name: type(one.default) for one in fields(Rules)}
        if not isinstance(given, dict) or not given.keys() <= types.keys():
            raise BadRequest(f"rules are {', '.join(types)}")
        for name, value in given.items():
            number = types[name] is float and isinstance(value, int | float) and not isinstance(value, bool)
            if not (number or isinstance(value, types[name])):
                raise BadRequest(f"{name} must be a {types[name].__name__}")
        return given

    def _checked_limits(self, order: Mapping[str, Any]) -> dict[str, int]:
        given = order.get("limits", {})
        if not isinstance(given, dict) or not set(given) <= set(self._api.names()):
            raise BadRequest(f"limits are numbers by endpoint: {', '.join(self._api.names())}")
        if not all(type(value) is int and value > 0 for value in given.values()):
            raise BadRequest("a limit is a whole number from 1")
        return given

    def _speak(self, user: User, dialect: str) -> None:
        for key in self._apps_of(user):
            self._hooks.unsubscribe(key, user.id, [*CARE, "older"])
            if dialect in ("activity", "both"):
                self._hooks.furnish(key, user.id)
            if dialect in ("older", "both"):
                self._hooks.subscribe(key, "older", user.id)

    def _apps_of(self, user: User) -> list[str]:
        apps = self._hooks.apps.values()
        return [app.app_key for app in apps if user.id in {page.external_id for page in app.pages}]

    def _change_tokens(self, user: User, what: str) -> dict[str, Any]:
        if what in ("kill", "revoke"):
            self._tokens.end_all(user.id)
        if what == "revoke":
            for key in self._apps_of(user):
                self._hooks.emit(self._api.end_of(user.id, self._hooks.apps[key].app_id))
        if what == "expire":
            self._tokens.expire(user.id)
        if what in ("new", "new1"):
            key = next(iter([*self._apps_of(user), *self._hooks.apps]))
            if what == "new1":
                return self._tokens.lend_1(key, user.id)
            return self._tokens.lend(key, user.id, frozenset(SCOPES))
        return {}


def _seconds(order: Mapping[str, Any], name: str) -> float:
    value = order.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10**6:
        raise BadRequest(f"{name} must be a number of seconds")
    return float(value)
