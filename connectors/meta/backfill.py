"""What came while no webhook did: read from Graph, bounded, resumable, and given back as webhooks.

A cursor is "<since>" or, where the last run stopped at its bound, "<since> <started> <paging>";
times in seconds. The same thing read twice gives the same bytes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from connectors.contract import Forbidden, Page, Reason, Refused
from connectors.meta.graph import PAGING, GraphClient, Sheet, following
from connectors.meta.nodes import (
    COMMENT_FIELDS,
    MESSAGE_FIELDS,
    POST_FIELDS,
    comment_value,
    delivery,
    message_item,
    post_value,
)
from connectors.meta.page import READABLE_MESSAGES, created
from connectors.reading import as_list, as_object, ident, point_in_time

log = logging.getLogger(__name__)
OVERLAP = timedelta(minutes=10)
FIRST_LOOK = timedelta(days=1)
LONGEST_GAP = timedelta(days=7)
LONGEST_CURSOR = 500
MOST_PAGES = 10
ALWAYS_PAGES = 4
MOST_TAGGED = 2
MOST_THREADS = 10
MOST_COMMENT_PAGES = 5
CONVERSATIONS_PAUSE = 0.5
_COMMENTS = f"comments.filter(stream).order(reverse_chronological).limit(50){{{COMMENT_FIELDS}}}"


@dataclass(frozen=True, slots=True)
class Position:
    since: datetime
    started: datetime
    then: dict[str, str] | None

    @classmethod
    def of(cls, cursor: str, now: datetime) -> Position:
        """Nonsense counts as a first look; no gap is followed further back than a week."""
        since, _, rest = cursor.strip().partition(" ")
        started, _, paging = rest.partition(" ")
        then = {name: value for name, value in parse_qsl(paging) if name in PAGING}
        begun = point_in_time(started, now) if started else None
        known = point_in_time(since, now) or now - FIRST_LOOK
        return cls(max(known, now - LONGEST_GAP), begun or now, then if begun and then else None)

    def after(self, then: Mapping[str, str] | None) -> str:
        """The cursor of the next run. Where the paging would not fit, the same stretch is read anew."""
        if not then:
            return str(int(self.started.timestamp()))
        times = f"{int(self.since.timestamp())} {int(self.started.timestamp())}"
        cursor = f"{times} {urlencode(then)}"
        return cursor if len(cursor) <= LONGEST_CURSOR else times.partition(" ")[0]


@dataclass
class Found:
    """What is new since a moment, each thing once, given back oldest first."""

    page: str
    since: datetime
    things: dict[str, tuple[datetime, bytes]] = field(default_factory=dict)

    def change(self, node: Mapping[str, Any], name: str, value: Mapping[str, Any]) -> None:
        at, external_id = created(node), ident(node.get("id"))
        if external_id and at and at >= self.since:
            self.things.setdefault(external_id, (at, delivery(self.page, at, change=(name, value))))

    def message(self, node: Mapping[str, Any]) -> None:
        at, item = created(node), message_item(node, self.page)
        if item and at and at >= self.since:
            self.things.setdefault(item["message"]["mid"], (at, delivery(self.page, at, item=item)))

    def bodies(self) -> tuple[bytes, ...]:
        """Graph lists the newest first and tells time in seconds: within one, the later listed was earlier."""
        things = list(self.things.values())[::-1]
        things.sort(key=lambda thing: thing[0])
        return tuple(body for _, body in things)


def read_feed(graph: GraphClient, page: str, cursor: str) -> Page:
    """Visitors' posts, comments on the newest hundred posts or more, and posts elsewhere that name the page."""
    position = Position.of(cursor, datetime.now(UTC))
    found, threads = Found(page, position.since - OVERLAP), [MOST_THREADS]

    def take(posts: list[dict[str, Any]]) -> bool:
        for post in posts:
            _take_post(graph, found, post, threads)
        return any(_is_since(post, "created_time", found.since) for post in posts)

    def pages(start: Mapping[str, str] | None) -> Iterable[Sheet]:
        fields = f"{POST_FIELDS},{_COMMENTS}"
        return graph.pages(page, "feed", most=MOST_PAGES, start=start, fields=fields, limit=25)

    then = _walk(position, pages, take, at_least=ALWAYS_PAGES)
    if position.then is None:
        _take_tagged(graph, found)
    return Page(found.bodies(), position.after(then))


def read_conversations(graph: GraphClient, page: str, cursor: str) -> Page:
    """The newest messages of the conversations that moved; Graph shows twenty of each and no more."""
    position = Position.of(cursor, datetime.now(UTC))
    found = Found(page, position.since - OVERLAP)

    def take(conversations: list[dict[str, Any]]) -> bool:
        for conversation in conversations:
            for message in as_list(as_object(conversation.get("messages")).get("data")):
                found.message(as_object(message))
        return all(_is_since(one, "updated_time", found.since) for one in conversations)

    def pages(start: Mapping[str, str] | None) -> Iterable[Sheet]:
        fields = f"id,updated_time,messages.limit({READABLE_MESSAGES}){{{MESSAGE_FIELDS}}}"
        args = {"platform": "messenger", "fields": fields, "limit": 20}
        return graph.pages(page, "conversations", most=MOST_PAGES, start=start, pause=CONVERSATIONS_PAUSE, **args)

    then = _walk(position, pages, take, at_least=1)
    return Page(found.bodies(), position.after(then))


def _walk(
    position: Position,
    pages: Callable[[Mapping[str, str] | None], Iterable[Sheet]],
    take: Callable[[list[dict[str, Any]]], bool],
    at_least: int,
) -> Mapping[str, str] | None:
    """Read page after page while they bring news; where to go on if the bound came first.

    A position Meta no longer knows begins again from the newest.
    """
    try:
        return _read_on(pages(position.then), take, 0 if position.then else at_least)
    except Refused as error:
        if position.then is None or error.reason is not Reason.INVALID:
            raise
    return _read_on(pages(None), take, at_least)


def _read_on(
    sheets: Iterable[Sheet], take: Callable[[list[dict[str, Any]]], bool], at_least: int
) -> Mapping[str, str] | None:
    then = None
    for number, sheet in enumerate(sheets, 1):
        news, then = take(sheet.items), sheet.then
        if not news and number >= at_least:
            return None
    return then


def _take_post(graph: GraphClient, found: Found, post: Mapping[str, Any], threads: list[int]) -> None:
    """The post, unless it is the page's own, and its new comments; `threads` counts down the long ones."""
    post_id = ident(post.get("id"))
    if not post_id:
        return
    if ident(as_object(post.get("from")).get("id")) != found.page:
        found.change(post, "feed", post_value(post))
    shown = as_object(post.get("comments"))
    comments = [as_object(comment) for comment in as_list(shown.get("data"))]
    for comment in comments:
        found.change(comment, "feed", comment_value(comment, post_id))
    more = following(shown) is not None and any(_is_since(one, "created_time", found.since) for one in comments)
    if more and threads[0] > 0:
        threads[0] -= 1
        args: dict[str, Any] = {
            "filter": "stream",
            "order": "reverse_chronological",
            "limit": 100,
            "fields": COMMENT_FIELDS,
        }
        since = int(found.since.timestamp())
        for sheet in graph.pages(post_id, "comments", most=MOST_COMMENT_PAGES, since=since, **args):
            for comment in sheet.items:
                found.change(comment, "feed", comment_value(comment, post_id))


def _take_tagged(graph: GraphClient, found: Found) -> None:
    """Posts elsewhere that name the page. Comments that do cannot be listed."""
    try:
        for sheet in graph.pages(found.page, "tagged", most=MOST_TAGGED, fields=POST_FIELDS, limit=50):
            for post in sheet.items:
                if not ident(post.get("id")).startswith(f"{found.page}_"):
                    found.change(post, "mention", post_value(post))
    except (Forbidden, Refused) as error:
        log.warning("mentions of a page cannot be read: %s %s", type(error).__name__, error.code)


def _is_since(node: Mapping[str, Any], name: str, since: datetime) -> bool:
    at = point_in_time(node.get(name), datetime.now(UTC))
    return at is not None and at >= since
