"""One call of API v2: what is asked, by whom, with which parameters, and how it is checked."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from connectors.twitter.simulator import shapes
from connectors.twitter.simulator.limits import Allowance
from connectors.twitter.simulator.refusals import Refusal, forbidden, invalid
from connectors.twitter.simulator.tokens import Caller
from connectors.twitter.simulator.world import User

T = TypeVar("T")
OLD_NAMES = {new: old for old, new in shapes.NEWER.items()}
POST_PARAMETERS = frozenset(
    ["expansions", "tweet.fields", "post.fields", "user.fields", "media.fields", "place.fields", "poll.fields"]
)
MESSAGE_PARAMETERS = POST_PARAMETERS | {"dm_event.fields"}


@dataclass(slots=True)
class Call:
    """`headers` and `status` are the answer's; `billed` is what it costs: kinds with the ids of resources."""

    method: str
    ids: tuple[str, ...]
    query: Mapping[str, str]
    body: dict[str, Any]
    caller: Caller
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    billed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def me(self) -> User:
        if self.caller.user is None:
            raise forbidden("A user's token is required.")
        return self.caller.user

    def bill(self, kind: str, ids: Sequence[str]) -> None:
        self.billed += [(kind, id) for id in ids]


Doing = Callable[[Call], Any | Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`path` is a regular expression below /2/. `by`: any, user or app. `parameters` are those of the query."""

    name: str
    method: str
    path: str
    doing: Doing
    allowance: Allowance
    scopes: tuple[str, ...] = ()
    by: str = "any"
    parameters: frozenset[str] = frozenset()
    sends: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields by object and the expansions a caller wants."""

    fields: Mapping[str, frozenset[str]]
    expansions: frozenset[str]


def asked(call: Call, expansions: frozenset[str]) -> Asked:
    """Raises Refusal naming what X does not know."""
    newer = _listed(call, "post.fields", shapes.POST_FIELDS)
    fields = {
        "tweet": _listed(call, "tweet.fields", shapes.POST_FIELDS) | newer,
        "user": _listed(call, "user.fields", shapes.USER_FIELDS),
        "media": _listed(call, "media.fields", shapes.MEDIA_FIELDS),
        "message": _listed(call, "dm_event.fields", shapes.MESSAGE_FIELDS),
    }
    return Asked(fields, _listed(call, "expansions", expansions))


def whole(call: Call, name: str, smallest: int, largest: int, default: int) -> int:
    """A number among the parameters. Raises Refusal."""
    given = call.query.get(name, "")
    if not given:
        return default
    if not given.isdecimal() or not smallest <= int(given) <= largest:
        said = f"The `{name}` query parameter value [{given}] is not between {smallest} and {largest}"
        raise invalid(name, given, said)
    return int(given)


def id_in(call: Call, name: str) -> int | None:
    given = call.query.get(name, "")
    if given and not (given.isdecimal() and len(given) <= 19):
        raise invalid(name, given, f"The `{name}` query parameter value [{given}] is not valid")
    return int(given) if given else None


def moment(call: Call, name: str) -> datetime | None:
    given = call.query.get(name, "")
    if not given:
        return None
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        raise invalid(name, given, f"Invalid '{name}':'{given}'. Must be RFC3339") from None


def text_of(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise invalid(name, value, f"$.{name}: {type(value).__name__} found, string expected")
    return value


def json_body(raw: bytes, content_type: str) -> dict[str, Any]:
    if not raw:
        return {}
    if not content_type.startswith("application/json"):
        raise Refusal(415, {"title": "Unsupported Media Type", "type": "about:blank", "status": 415})
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise invalid("body", "", "The request body is not a JSON object")
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first; `meta` has the tokens to the next and the one before."""

    items: Sequence[Any]
    meta: dict[str, Any]


def page_of(call: Call, items: Sequence[T], size: int, token: str) -> Page:
    """Tokens point at an id, so that what is new meanwhile does not shift the pages. Raises Refusal."""
    given = call.query.get(token, "")
    ids = [int(getattr(one, "id")) for one in items]  # noqa: B009 -- posts and messages have one
    kind, mark = _opened(given, token)
    if kind == "n":
        start = next((place for place, id in enumerate(ids) if id < mark), len(ids))
    elif kind == "p":
        start = max(0, sum(1 for id in ids if id > mark) - size)
    else:
        start = 0
    found = items[start : start + size]
    meta: dict[str, Any] = {"result_count": len(found)}
    if found and start + size < len(items):
        meta["next_token"] = _closed("n", ids[start + len(found) - 1])
    if found and start > 0:
        meta["previous_token"] = _closed("p", ids[start])
    return Page(found, meta)


def _closed(kind: str, mark: int) -> str:
    return base64.b32encode(f"{kind}{mark}".encode()).decode().rstrip("=").lower()


def _opened(given: str, name: str) -> tuple[str, int]:
    if not given:
        return "", 0
    try:
        text = base64.b32decode(given.upper() + "=" * (-len(given) % 8)).decode()
        return text[0], int(text[1:])
    except (ValueError, IndexError):
        raise invalid(name, given, f"The `{name}` query parameter value [{given}] is not valid") from None


def _listed(call: Call, name: str, known: frozenset[str]) -> frozenset[str]:
    given = [OLD_NAMES.get(one, one) for one in call.query.get(name, "").split(",") if one]
    for one in given:
        if one not in known:
            said = f"The `{name}` query parameter value [{one}] is not one of [{','.join(sorted(known))}]"
            raise invalid(name, one, said)
    return frozenset(given)
