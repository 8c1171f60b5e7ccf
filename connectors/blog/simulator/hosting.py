"""Serves the addresses of feeds, keeps a record of who asked how, and tells the hub of news."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.blog.simulator import feeds
from connectors.blog.simulator.hub import Hub
from connectors.blog.simulator.refusals import FAULTS, Refusal, of_fault
from connectors.blog.simulator.world import Article, Entry, Other, Site, World
from connectors.simulator.asgi import Request, Response, answer
from connectors.simulator.faults import break_after, break_before
from connectors.simulator.stage import Stage

SHOWN = 10
PUSHED = ("rss", "atom")
DOINGS = frozenset({"any", "read"})


class Hosting:
    """`asked`: the last requests for feeds, with the validators they came with and what they got."""

    def __init__(self, stage: Stage, world: World, hub: Hub) -> None:
        self._stage, self._world, self._hub = stage, world, hub
        self.asked: deque[dict[str, Any]] = deque(maxlen=300)
        for other in world.others.values():
            hub.topics.update(f"{other.url}/feed/{kind}" for kind in PUSHED)

    # ------------------------------------------------------------ other people's blogs

    def other(self, request: Request, found: re.Match[str]) -> Response:
        other, kind = self._world.others.get(found["slug"]), found["kind"] or "rss"
        if other is None or kind not in feeds.KINDS:
            return answer({"error": "no such feed"}, 404)
        remarks = bool(found["comments"])
        head, entries = self._head(other, kind, remarks), other.comments if remarks else other.entries
        return self._served(request, other.slug, kind, head, entries[:SHOWN])

    def pushed(self, other: Other) -> None:
        for kind in PUSHED:
            head = self._head(other, kind, False)
            response = feeds.KINDS[kind](head, other.entries[:SHOWN])
            self._hub.push(head.address, response.body, response.headers["content-type"])

    def _head(self, other: Other, kind: str, remarks: bool) -> feeds.Head:
        part = "comments/" if remarks else ""
        address = f"{other.url}/{part}feed/{kind}"
        hub = self._hub.address if kind in PUSHED and not remarks else ""
        title = f"Comments for {other.name}" if remarks else other.name
        return feeds.Head(title, f"{other.url}/", address, hub)

    # ------------------------------------------------------------ sites

    def site(self, request: Request, site: Site, article: Article | None, remarks: bool, kind: str) -> Response:
        """What a WordPress offers: its posts, its comments, the comments on one post."""
        path = f"{site.url}/{article.slug}/feed/" if article else f"{site.url}/{'comments/' if remarks else ''}feed/"
        titles = {True: f"Comments on: {article.title}" if article else f"Comments for {site.name}", False: site.name}
        head = feeds.Head(titles[remarks], f"{site.url}/", f"{path}atom/" if kind == "atom" else path)
        entries = _remarks(site, article) if remarks else _posts(site)
        return self._served(request, site.slug, kind, head, entries[:SHOWN])

    def forget(self) -> None:
        self.asked.clear()

    def _served(self, request: Request, page: str, kind: str, head: feeds.Head, entries: Sequence[Entry]) -> Response:
        fault = self._stage.faults.take(page, DOINGS, FAULTS)
        response = break_before(fault) if fault else None
        if response is None and fault and fault.kind in FAULTS:
            try:
                response = of_fault(fault, head.link)
            except Refusal as refusal:
                response = Response(refusal.status, refusal.message.encode(), dict(feeds.HTML))
        if response is None:
            response = feeds.serve(kind, head, entries, request.headers)
            if fault and fault.kind == "slow":
                response.wait = fault.seconds
        self._note(request, response)
        return break_after(fault, response)

    def _note(self, request: Request, response: Response) -> None:
        headers: Mapping[str, str] = request.headers
        self.asked.append({
            "path": request.path,
            "status": response.status,
            "if_none_match": headers.get("if-none-match", ""),
            "if_modified_since": headers.get("if-modified-since", ""),
            "authorization": bool(headers.get("authorization")),
            "agent": headers.get("user-agent", ""),
        })  # fmt: skip


def _posts(site: Site) -> list[Entry]:
    found = [one for one in site.articles.values() if one.state == "publish"]
    return [
        Entry(f"{site.url}/?p={one.id}", one.title, f"{site.url}/{one.slug}/", "keeper", one.text, one.at)
        for one in sorted(found, key=lambda one: one.at, reverse=True)
    ]


def _remarks(site: Site, article: Article | None) -> list[Entry]:
    """Approved ones; pingbacks are among them. The words about a guarded post are kept back."""
    found = []
    for one in sorted(site.comments.values(), key=lambda one: (one.at, one.id), reverse=True):
        about = site.articles[one.article]
        if one.status != "approve" or one.kind == "note" or (article and about is not article):
            continue
        title = f"By: {one.name}" if article else f"Comment on {about.title} by {one.name}"
        words = "Protected Comments: Please enter your password to view comments." if about.guarded else one.text
        found.append(Entry(f"{site.url}/{about.slug}#comment-{one.id}", title, site.link(one), one.name, words, one.at))
    return found
