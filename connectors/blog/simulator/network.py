"""The fake blogs as one of the simulator's networks: what is connected, what is set how, what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.blog.simulator import cast, feeds, pages, views
from connectors.blog.simulator.customers import Customers, site_of
from connectors.blog.simulator.deeds import Deeds
from connectors.blog.simulator.hosting import Hosting
from connectors.blog.simulator.hub import METHODS, Hub
from connectors.blog.simulator.play import Play
from connectors.blog.simulator.refusals import FAULTS
from connectors.blog.simulator.rest import Rest
from connectors.blog.simulator.world import Person, Site, World, password
from connectors.simulator.asgi import BadRequest, Request, Response, Route, answer
from connectors.simulator.plan import Connected, ConnectedPage
from connectors.simulator.stage import Stage

SPARE = {"canal-bakery": "Canal Bakery", "northside-bikes": "Northside Bikes"}
SLUG = r"(?P<slug>[a-z0-9-]{1,60})"
ALL = "GET|HEAD|POST|PUT|PATCH|DELETE"
RESERVED = frozenset({"pages", "avatars", "hub", "others"})
_NAMED = re.compile(rf"/blog/{SLUG}/?")


class Blogs:
    name = "blog"
    label = "Blogs"
    imitates = "WordPress"
    faults = FAULTS

    def __init__(self, stage: Stage) -> None:
        self._stage, self._world = stage, World(stage.base_url)
        self._deeds, self._hub = Deeds(self._world), Hub(stage)
        self._hosting = Hosting(stage, self._world, self._hub)
        self._rest = Rest(stage, self._deeds)
        self._customers = Customers(stage, self._world, self._deeds, self._hosting)
        self._play = Play(stage, self._world, self._deeds, self._hosting)
        self._apps: Sequence[Connected] = ()
        for slug, name in SPARE.items():
            self._world.site(slug, name, spare=True)

    # ------------------------------------------------------------ what is connected

    def connect(self, apps: Sequence[Connected]) -> None:
        """A site that was connected with an address here is there, and knows the password it was connected with.

        Sites to connect oneself keep to the password they have.
        """
        self._apps = apps
        found = [site for app in apps for page in app.pages if (site := self._learn(page))]
        self._play.brands = list({site.slug: site for site in found}.values())

    def _learn(self, page: ConnectedPage) -> Site | None:
        given = {name: value for name, value in page.credentials.items() if isinstance(value, str)}
        address = next((one for one in (page.external_id, *given.values()) if _NAMED.search(one)), "")
        found = _NAMED.search(address)
        if found is None or found["slug"] in RESERVED:
            return None
        site = self._world.site(found["slug"], page.name)
        secret = next((value for name, value in given.items() if "password" in name), "")
        login = next((value for name, value in given.items() if "user" in name or "login" in name), "")
        person = site.person(login) or site.official()
        if secret and not site.spare and not person.passwords:
            person.passwords.add(re.sub(r"[^A-Za-z0-9]", "", secret))
        return site

    # ------------------------------------------------------------ what is asked of it

    def routes(self) -> Iterator[Route]:
        feed = r"(?P<comments>comments/)?feed(?:/(?P<kind>[a-z0-9]+))?/?"
        yield Route("GET", r"/blog", lambda request, found: Response(301, b"", {"location": "/blog/"}))
        yield Route("GET", r"/blog/", lambda request, found: pages.blogs(self._world))
        yield Route("GET", r"/blog/pages", lambda request, found: answer(self._list()))
        yield Route("GET", rf"/blog/pages/{SLUG}", self._view)
        yield Route("GET", r"/blog/avatars/([0-9a-f]+)", lambda request, found: views.avatar(found[1]))
        yield Route("POST", r"/blog/hub", self._hub.ask)
        yield Route("GET|HEAD", rf"/blog/others/{SLUG}/{feed}", self._hosting.other)
        yield Route("GET|HEAD", rf"/blog/others/{SLUG}/(?P<entry>.*)", self._other)
        yield Route(ALL, rf"/blog/{SLUG}/wp-json(?P<route>/.*)?", self._wp_json)
        yield Route("POST", rf"/blog/{SLUG}/wp-comments-post\.php", self._posted)
        yield Route("GET|HEAD", rf"/blog/{SLUG}/(?:(?P<article>(?!comments)[a-z0-9-]+)/)?{feed}", self._feed)
        yield Route(ALL, rf"/blog/{SLUG}(?P<rest>|/|/index\.php)", self._home)
        yield Route("GET|HEAD", rf"/blog/{SLUG}/(?P<article>[a-z0-9-]+)/?", self._article)

    def has(self, page: str) -> bool:
        return site_of(self._world, page) is not None

    def say(self, order: Mapping[str, Any]) -> dict[str, Any]:
        return self._customers.carry_out(order)

    def adjust(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """`rules` of the site; `tokens` kill or new for its editor, or for who has that `login`; `signing` of the
        hub; `mentions`, the address that takes webmentions for it.
        """
        site = site_of(self._world, str(order.get("page", "")))
        if site is None:
            raise BadRequest("page must be the name or the address of a site here")
        rules, tokens, signing = order.get("rules", {}), order.get("tokens", ""), order.get("signing", "")
        if not isinstance(rules, dict) or any(name not in site.rules or value not in (True, False)
                                              for name, value in rules.items()):  # fmt: skip
            raise BadRequest(f"rules are {', '.join(site.rules)}, each true or false")
        if tokens not in ("", "kill", "new"):
            raise BadRequest("tokens is kill or new")
        if signing and signing not in METHODS:
            raise BadRequest(f"signing is one of {', '.join(METHODS)}")
        site.rules.update(rules)
        site.mentions = str(order.get("mentions", site.mentions))
        self._hub.signing = signing or self._hub.signing
        site.touch()
        person = site.person(str(order.get("login", ""))) or site.official()
        return {"rules": site.rules} | _tokens(person, tokens)

    def play(self) -> None:
        self._play.act()

    def standing(self) -> dict[str, Any]:
        shown = [{"key": app.app_key, "webhook": app.webhook_url, "handshake": "not needed"} for app in self._apps]
        return {"apps": shown, "kinds": list(feeds.KINDS), "signing": self._hub.signing, "methods": list(METHODS)}

    def state(self) -> dict[str, Any]:
        """All of `standing`; every site with its comments, other blogs, the hub, and who asked for feeds how."""
        return self.standing() | {
            "sites": [views.site(site) for site in self._world.sites.values()],
            "others": [views.other(other) for other in self._world.others.values()],
            "hub": self._hub.state(),
            "asked": list(self._hosting.asked),
        }

    def reset(self) -> None:
        self._world.forget()
        self._hub.forget()
        self._hosting.forget()
        self._play.reset()

    # ------------------------------------------------------------ addresses

    def _wp_json(self, request: Request, found: re.Match[str]) -> Response:
        site = self._world.sites.get(found["slug"])
        if site is None or not site.rules["pretty"]:
            return _nothing()
        return self._rest.respond(site, request, found["route"] or "/")

    def _home(self, request: Request, found: re.Match[str]) -> Response:
        site = self._world.sites.get(found["slug"])
        if site is None:
            return _nothing()
        if "rest_route" in request.query:
            return self._rest.respond(site, request, request.query["rest_route"] or "/")
        if not found["rest"]:
            return Response(301, b"", {"location": f"{site.url}/"})
        return pages.home(site)

    def _article(self, request: Request, found: re.Match[str]) -> Response:
        site = self._world.sites.get(found["slug"])
        one = site.article(found["article"]) if site else None
        if site is None or one is None or one.state != "publish":
            return _nothing()
        return pages.article(site, one, request.query)

    def _feed(self, request: Request, found: re.Match[str]) -> Response:
        site = self._world.sites.get(found["slug"])
        about = site.article(found["article"]) if site and found["article"] else None
        if site is None or (found["article"] and about is None) or found["kind"] not in (None, "atom", "rss2"):
            return _nothing()
        kind = "atom" if found["kind"] == "atom" else "rss"
        return self._hosting.site(request, site, about, bool(found["comments"] or about), kind)

    def _other(self, request: Request, found: re.Match[str]) -> Response:
        other = self._world.others.get(found["slug"])
        if other is None:
            return _nothing()
        if not found["entry"]:
            return pages.other_home(other)
        link = f"{other.url}/{found['entry'].strip('/')}/"
        one = next((entry for entry in other.entries if entry.link == link), None)
        return pages.entry(other, one) if one else _nothing()

    def _posted(self, request: Request, found: re.Match[str]) -> Response:
        site = self._world.sites.get(found["slug"])
        return pages.posted(self._deeds, site, request) if site else _nothing()

    def _list(self) -> dict[str, Any]:
        """The sites to choose from, the cast to write as, the sites that wait to be connected."""
        used = {site.slug for site in self._play.brands}
        sites, others = self._world.sites.values(), self._world.others.values()
        shown = [{"id": one.slug, "name": one.name, "connected": one.slug in used} for one in sites]
        return {"pages": shown, "people": list(cast.READERS), "others": [views.blog(one) for one in others]}

    def _view(self, request: Request, found: re.Match[str]) -> Response:
        site = self._world.sites.get(found["slug"])
        if site is None:
            return answer({"error": "no such site"}, 404)
        if request.query.get("since") == str(site.version):
            return Response(204)
        return answer(views.page(site))


def _tokens(person: Person, wanted: str) -> dict[str, str]:
    if wanted == "kill":
        person.passwords.clear()
    if wanted != "new":
        return {}
    fresh = password()
    person.passwords.add(fresh)
    return {"login": person.login, "password": fresh}


def _nothing() -> Response:
    return Response(404, b"<!DOCTYPE html><title>Page not found</title><p>Nothing here.</p>", dict(pages.HEADERS))
