"""What a reader or another blogger can be told to do, by the page or by a test: orders as JSON objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

from connectors.blog.simulator.deeds import STATUSES, Deeds, checked
from connectors.blog.simulator.hosting import Hosting
from connectors.blog.simulator.refusals import Refusal
from connectors.blog.simulator.world import Article, Comment, Other, Site, World, now
from connectors.simulator.asgi import BadRequest
from connectors.simulator.stage import Stage

MAX_TEXT = 100_000
MARKS = ("pingback", "trackback", "note")


class Customers:
    """Carries out an order: `page` (a site's name in addresses, or its address), `do`, and what goes with it.

    On a site: comment (`author`, `text`, `to` a post's or comment's id, else the newest post; `"as": "page"` is the
    company itself), edit, remove, approve, hold, spam, trash (`to` a comment), pingback, trackback, note, article
    (`title`, `text`, `draft` or `guarded` true), close, open (`to` a post).
    On other blogs, `blog` names one: publish (`title`, `author`, `text`, `html` true leaves markup in), remark (a
    comment there, `to` an entry's id, else the newest), webmention (publishes a post that links to `target`, and
    tells `endpoint`; `linked` false leaves the link out). `age` is how many seconds ago.
    """

    def __init__(self, stage: Stage, world: World, deeds: Deeds, hosting: Hosting) -> None:
        self._stage, self._world, self._deeds, self._hosting = stage, world, deeds, hosting

    def carry_out(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Raises BadRequest naming what is wrong."""
        here: dict[str, Callable[[Order], int]] = {
            "comment": self._comment,
            "edit": self._edit,
            "remove": self._remove,
            "article": self._article,
            "open": lambda order: self._set_open(order, True),
            "close": lambda order: self._set_open(order, False),
            **dict.fromkeys(("approve", "hold", "spam", "trash"), self._moderate),
            **dict.fromkeys(MARKS, self._mark),
        }
        elsewhere = {"publish": self._publish, "remark": self._remark, "webmention": self._webmention}
        what = _text(order, "do")
        found = Order(self._world, order)
        try:
            if what in elsewhere:
                return elsewhere[what](found)
            if what in here:
                number = here[what](found)
                return {"id": str(number)} | self._shown(found.site, number)
        except Refusal as refusal:
            raise BadRequest(refusal.message) from refusal
        raise BadRequest(f"do must be one of {', '.join([*here, *elsewhere])}")

    def _shown(self, site: Site, number: int) -> dict[str, Any]:
        one = site.comments.get(number)
        return {"link": site.link(one), "status": one.status} if one else {}

    # ------------------------------------------------------------ on a site

    def _comment(self, order: Order) -> int:
        article, above = order.place()
        words, parent = checked(order.words), above.id if above else 0
        if order.given.get("as") == "page":
            return self._deeds.speak(order.site, order.site.official(), article, words, parent=parent, at=order.at).id
        return self._deeds.visit(order.site, article, order.author, words, parent=parent, at=order.at).id

    def _edit(self, order: Order) -> int:
        one = order.comment()
        self._deeds.change(order.site, one, checked(order.words))
        return one.id

    def _remove(self, order: Order) -> int:
        one = order.comment()
        self._deeds.remove(order.site, one)
        return one.id

    def _moderate(self, order: Order) -> int:
        one, wanted = order.comment(), _text(order.given, "do")
        if wanted in STATUSES:
            self._deeds.set_status(order.site, one, wanted)
        return one.id

    def _mark(self, order: Order) -> int:
        article, _ = order.place()
        kind, url = _text(order.given, "do"), _text(order.given, "url")
        return self._deeds.mention(order.site, article, kind, order.author, order.words, url).id

    def _article(self, order: Order) -> int:
        title = _text(order.given, "title") or "A new post"
        made = self._world.publish(order.site, title, order.words, order.at)
        made.state = "draft" if order.given.get("draft") is True else "publish"
        made.guarded = order.given.get("guarded") is True
        return made.id

    def _set_open(self, order: Order, opened: bool) -> int:
        article, _ = order.place()
        article.open = opened
        order.site.touch()
        return article.id

    # ------------------------------------------------------------ on other blogs

    def _publish(self, order: Order) -> dict[str, Any]:
        other = order.other
        title = _text(order.given, "title") or "A new post"
        made = self._world.write(other, title, order.author, order.html, order.at)
        self._hosting.pushed(other)
        return {"id": made.id, "link": made.link}

    def _remark(self, order: Order) -> dict[str, Any]:
        other, wanted = order.other, _text(order.given, "to")
        entry = next((one for one in other.entries if not wanted or wanted in (one.id, one.link)), None)
        if entry is None:
            raise BadRequest("to must be the id of an entry of that blog")
        made = self._world.remark(other, entry, order.author, order.html, order.at)
        return {"id": made.id, "link": made.link}

    def _webmention(self, order: Order) -> dict[str, Any]:
        target, endpoint = _text(order.given, "target"), _text(order.given, "endpoint")
        if not (target and endpoint):
            raise BadRequest("webmention needs a target and an endpoint")
        linked = f' <a href="{escape(target)}">{escape(target)}</a>' if order.given.get("linked", True) else ""
        title = _text(order.given, "title") or "Seen elsewhere"
        made = self._world.write(order.other, title, order.author, order.html + linked, order.at)
        body = urlencode({"source": made.link, "target": target}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        self._stage.courier.send("webmention", endpoint, body, headers, 0.0)
        return {"id": made.id, "link": made.link}


class Order:
    """An order read piece by piece; each piece raises BadRequest where it is missing or makes no sense."""

    def __init__(self, world: World, given: Mapping[str, Any]) -> None:
        self._world, self.given = world, given

    @property
    def site(self) -> Site:
        found = site_of(self._world, _text(self.given, "page"))
        if found is None:
            raise BadRequest("page must be the name or the address of a site here")
        return found

    @property
    def other(self) -> Other:
        wanted = _text(self.given, "blog") or next(iter(self._world.others))
        if wanted not in self._world.others:
            raise BadRequest(f"blog must be one of {', '.join(self._world.others)}")
        return self._world.others[wanted]

    @property
    def author(self) -> str:
        name = _text(self.given, "author").strip()
        if not 0 < len(name) <= 245:
            raise BadRequest("author must be a name")
        return name

    @property
    def words(self) -> str:
        words = _text(self.given, "text")
        if not words.strip():
            raise BadRequest("text is empty")
        return words

    @property
    def html(self) -> str:
        return self.words if self.given.get("html") is True else escape(self.words, quote=False)

    @property
    def at(self) -> datetime:
        age = self.given.get("age", 0)
        if isinstance(age, bool) or not isinstance(age, int | float) or not 0 <= age <= 10**9:
            raise BadRequest("age must be a number of seconds")
        return now() - timedelta(seconds=age)

    def place(self) -> tuple[Article, Comment | None]:
        """The post that `to` names or belongs to, and the comment, if it is one."""
        site, number = self.site, _number(self.given)
        if not number:
            return max(site.articles.values(), key=lambda one: (one.at, one.id)), None
        if number in site.articles:
            return site.articles[number], None
        one = self.comment()
        return site.articles[one.article], one

    def comment(self) -> Comment:
        found = self.site.comments.get(_number(self.given))
        if found is None:
            raise BadRequest("to must be the id of a comment or post of that site")
        return found


def site_of(world: World, page: str) -> Site | None:
    """By its name in addresses, or by its address in whatever spelling."""
    if page in world.sites:
        return world.sites[page]
    _, found, rest = page.partition("/blog/")
    return world.sites.get(rest.strip("/").split("/")[0]) if found else None


def _number(given: Mapping[str, Any]) -> int:
    value = given.get("to", "")
    text = str(value) if isinstance(value, int | str) else ""
    if text and not (text.isdecimal() and len(text) < 16):
        raise BadRequest("to must be an id")
    return int(text or 0)


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise BadRequest(f"{name} must be a text")
    return value
