"""Lists of comments: who may ask for what, which are found, and how they are cut into pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.blog.simulator import shapes
from connectors.blog.simulator.refusals import Refusal, invalid
from connectors.blog.simulator.world import MODERATORS, Comment, Person, Site

# WordPress has default values for these; anything else is for those who write on the site.
GUARDED = {"author": "", "author_exclude": "", "author_email": "", "type": "comment", "status": "approve"}
ORDERS: dict[str, Callable[[Comment], Any]] = {
    "date": lambda one: (one.at, one.id),
    "date_gmt": lambda one: (one.at, one.id),
    "id": lambda one: one.id,
    "include": lambda one: one.id,
    "post": lambda one: (one.article, one.id),
    "parent": lambda one: (one.parent, one.id),
    "type": lambda one: (one.kind, one.id),
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?")


@dataclass(frozen=True, slots=True)
class Sheet:
    items: list[dict[str, Any]]
    headers: dict[str, str]


def sheet(site: Site, person: Person | None, query: Mapping[str, str]) -> Sheet:
    """One page of a list. What the person may not read is left out silently. Raises Refusal."""
    edit = query.get("context", "view") == "edit"
    _check_rights(person, query, edit)
    found = _found(site, query)
    size = _whole(query, "per_page", 10, 100)
    number = _whole(query, "page", 1, 0)
    pages = -(-len(found) // size)
    start = int(query["offset"]) if query.get("offset", "").isdecimal() else size * (number - 1)
    readable = [one for one in found[start : start + size] if may_read(site, person, one)]
    return Sheet(
        [shapes.comment(site, one, edit=edit) for one in readable],
        {"x-wp-total": str(len(found)), "x-wp-totalpages": str(pages)} | _neighbours(site, query, number, pages),
    )


def may_read(site: Site, person: Person | None, one: Comment) -> bool:
    article = site.articles.get(one.article)
    if person and person.moderates:
        return True
    public = article is not None and article.state == "publish" and not article.guarded
    return public and (one.status == "approve" or bool(person and one.author == person.id))


def _check_rights(person: Person | None, query: Mapping[str, str], edit: bool) -> None:
    status = 403 if person else 401
    if edit and not (person and person.moderates):
        raise Refusal("rest_forbidden_context", "Sorry, you are not allowed to edit comments.", status)
    if person and person.role in MODERATORS | {"author"}:
        return
    barred = [name for name, usual in GUARDED.items() if name in query and query[name] != usual]
    if barred:
        raise Refusal("rest_forbidden_param", f"Query parameter not permitted: {', '.join(barred)}", status)


def _found(site: Site, query: Mapping[str, str]) -> list[Comment]:
    order, by = query.get("order", "desc"), query.get("orderby", "date_gmt")
    if by not in ORDERS:
        raise invalid("orderby", "rest_not_in_enum", f"orderby is not one of {', '.join(ORDERS)}.")
    if order not in ("asc", "desc"):
        raise invalid("order", "rest_not_in_enum", "order is not one of asc and desc.")
    tests = [*_plain_tests(query), *_time_tests(site, query)]
    found = [one for one in site.comments.values() if all(test(one) for test in tests)]
    return sorted(found, key=ORDERS[by], reverse=order == "desc")


def _plain_tests(query: Mapping[str, str]) -> list[Callable[[Comment], bool]]:
    """An unknown status finds nothing; it is no mistake."""
    status, kind = query.get("status", "approve"), query.get("type", "comment")
    wanted = {"all": ("approve", "hold"), "1": ("approve",), "0": ("hold",)}.get(status, (status,))
    tests: list[Callable[[Comment], bool]] = [lambda one: status == "any" or one.status in wanted]
    if kind != "all":
        tests.append(lambda one: one.kind == kind)
    for name, read in (
        ("post", lambda one: one.article), ("parent", lambda one: one.parent), ("author", lambda one: one.author),
        ("include", lambda one: one.id), ("exclude", lambda one: one.id),
    ):  # fmt: skip
        if query.get(name):
            tests.append(_among(name, read, _numbers(query[name]), name != "exclude"))
    if words := query.get("search", "").lower():
        tests.append(lambda one: words in f"{one.name} {one.email} {one.url} {one.ip} {one.text}".lower())
    return tests


def _among(
    name: str, read: Callable[[Comment], int], numbers: frozenset[int], inside: bool
) -> Callable[[Comment], bool]:
    return lambda one: (read(one) in numbers) is inside


def _time_tests(site: Site, query: Mapping[str, str]) -> list[Callable[[Comment], bool]]:
    """A moment without an offset is in the site's own time, as its clock shows it."""
    tests: list[Callable[[Comment], bool]] = []
    for name in ("after", "before"):
        if name not in query:
            continue
        if not _DATE.fullmatch(query[name]):
            raise invalid(name, "rest_invalid_date", "Invalid date.")
        given = datetime.fromisoformat(query[name].upper())
        moment = given.replace(tzinfo=None) if given.tzinfo is None else _clock(site, given)
        tests.append(_beyond(site, moment, later=name == "after"))
    return tests


def _beyond(site: Site, moment: datetime, *, later: bool) -> Callable[[Comment], bool]:
    whole = moment.replace(microsecond=0)

    def beyond(one: Comment) -> bool:
        at = _clock(site, one.at).replace(microsecond=0)
        return at > whole if later else at < whole

    return beyond


def _clock(site: Site, at: datetime) -> datetime:
    utc = at - (at.utcoffset() or timedelta())
    return utc.replace(tzinfo=None) + timedelta(hours=site.offset)


def _numbers(given: str) -> frozenset[int]:
    return frozenset(int(one) for one in given.split(",") if one.strip().isdecimal())


def _whole(query: Mapping[str, str], name: str, usual: int, most: int) -> int:
    given = query.get(name, str(usual))
    number = int(given) if given.isdecimal() else 0
    if number < 1 or (most and number > most):
        limits = f"between 1 (inclusive) and {most} (inclusive)" if most else "greater than or equal to 1"
        raise invalid(name, "rest_out_of_bounds", f"{name} must be {limits}")
    return number


def _neighbours(site: Site, query: Mapping[str, str], number: int, pages: int) -> dict[str, str]:
    """Where there are other pages, their addresses take the place of the API's own."""
    found = []
    for name, page in (("prev", min(number - 1, pages)), ("next", number + 1)):
        if 1 <= page <= pages:
            joint = "&" if "?" in shapes.root(site) else "?"
            found.append(f'<{shapes.api(site, "comments")}{joint}{urlencode({**query, "page": page})}>; rel="{name}"')
    return {"link": ", ".join(found)} if found else {}
