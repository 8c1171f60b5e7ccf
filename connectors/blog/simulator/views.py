"""What the simulator's own page shows of a site, and what those who check the app may know of it."""

from __future__ import annotations

from typing import Any

from connectors.blog.simulator import text
from connectors.blog.simulator.world import Article, Comment, Entry, Other, Site
from connectors.simulator.asgi import Response

_AVATAR = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="96" height="96">'
    '<rect width="48" height="48" fill="#{back}"/><circle cx="24" cy="19" r="9" fill="#fff"/>'
    '<path d="M8 46c2-12 30-12 32 0z" fill="#fff"/></svg>'
)


def page(site: Site) -> dict[str, Any]:
    """The articles, newest first, each with its thread in order."""
    newest = sorted(site.articles.values(), key=lambda one: one.at, reverse=True)
    editor = site.official()
    return {
        "version": site.version,
        "id": site.slug,
        "name": site.name,
        "url": site.url,
        "path": f"/blog/{site.slug}/",
        "rules": site.rules,
        "login": editor.login,
        "passwords": sorted(editor.passwords) if site.spare else [],
        "posts": [article(site, one) for one in newest],
    }


def article(site: Site, one: Article) -> dict[str, Any]:
    below = [comment(site, c) for c in site.comments.values() if c.article == one.id]
    below.sort(key=lambda c: (c["at"], c["id"]))
    return {
        "id": one.id,
        "title": one.title,
        "text": one.text,
        "at": int(one.at.timestamp() * 1000),
        "open": one.open,
        "path": f"/blog/{site.slug}/{one.slug}/",
        "comments": below,
    }


def comment(site: Site, one: Comment) -> dict[str, Any]:
    """Times in milliseconds."""
    person = site.people.get(one.author)
    return {
        "id": one.id,
        "post": one.article,
        "parent": one.parent,
        "author": one.name,
        "ours": bool(person and person.moderates),
        "kind": one.kind,
        "status": one.status,
        "raw": one.text,
        "text": text.plain(one.text),
        "link": site.link(one),
        "at": int(one.at.timestamp() * 1000),
    }


def site(one: Site) -> dict[str, Any]:
    return {
        "id": one.slug,
        "name": one.name,
        "url": one.url,
        "rules": one.rules,
        "articles": [article(one, post) | {"comments": []} for post in one.articles.values()],
        "comments": [comment(one, c) for c in one.comments.values()],
    }


def blog(one: Other) -> dict[str, Any]:
    return {"id": one.slug, "name": one.name, "url": one.url, "path": f"/blog/others/{one.slug}/"}


def other(one: Other) -> dict[str, Any]:
    return blog(one) | {
        "entries": [_entry(entry) for entry in one.entries],
        "comments": [_entry(entry) for entry in one.comments],
    }


def _entry(one: Entry) -> dict[str, Any]:
    return {"id": one.id, "title": one.title, "link": one.link, "author": one.author, "text": one.text}


def avatar(digest: str) -> Response:
    return Response(200, _AVATAR.format(back=digest[:6].ljust(6, "7")).encode(), {"content-type": "image/svg+xml"})
