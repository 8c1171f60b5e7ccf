"""Posts that can no longer be seen on X, and why: taken back, protected, or their author suspended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.contract import Account, Reason
from connectors.reading import as_list, as_object, ident, words
from connectors.twitter.client import XClient
from connectors.twitter.errors import SUSPENDED
from connectors.twitter.posts import number
from connectors.twitter.prices import cost

AT_ONCE = 100
NOT_SHOWN = "/not-authorized-for-resource"


def gone(account: Account, external_ids: Sequence[str], authors: Mapping[str, str]) -> Mapping[str, Reason]:
    """Those X says it cannot find or show; one it merely leaves out is left alone.

    X may hide what a suspended author wrote with the words it has for a protected one: then only the author tells.
    Authors who are not suspended are paid for, once, because their posts are forgotten and not asked for again.
    """
    with XClient(account) as client:
        missing = {
            _about(error): _why(error) for error in _errors(client, "/2/tweets", "post_read", _numbers(external_ids))
        }
        found = {one: missing[one] for one in external_ids if one in missing}
        hidden = {one: authors[one] for one, why in found.items() if why is Reason.PROTECTED and one in authors}
        people = _numbers(sorted(set(hidden.values())))
        told = {_about(error): _why(error) for error in _errors(client, "/2/users", "user_read", people)}
    return found | {one: told[author] for one, author in hidden.items() if author in told}


def _numbers(given: Sequence[str]) -> list[str]:
    return [one for one in given if number(one)]


def _errors(client: XClient, route: str, kind: str, asked: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """What X says of those it does not show; the others are charged."""
    for start in range(0, len(asked), AT_ONCE):
        answer = client.get(route, ids=",".join(asked[start : start + AT_ONCE]))
        there = [ident(as_object(one).get("id")) for one in as_list(answer.get("data"))]
        client.account.report_cost(cost(client.account.app, kind, there))
        yield from map(as_object, as_list(answer.get("errors")))


def _about(error: Mapping[str, Any]) -> str:
    return ident(error.get("resource_id")) or ident(error.get("value"))


def _why(error: Mapping[str, Any]) -> Reason:
    if words(error.get("detail")).startswith(SUSPENDED):
        return Reason.SUSPENDED
    return Reason.PROTECTED if words(error.get("type")).endswith(NOT_SHOWN) else Reason.GONE
