"""How a WordPress shows what it has, as JSON."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.blog.simulator import text
from connectors.blog.simulator.world import Article, Comment, Person, Site

STATUS = {"approve": "approved"}
_ABLE = {
    "administrator": ("moderate_comments", "unfiltered_html", "edit_others_posts", "edit_posts", "read"),
    "editor": ("moderate_comments", "unfiltered_html", "edit_others_posts", "edit_posts", "read"),
    "author": ("edit_posts", "read"),
    "subscriber": ("read",),
}


def root(site: Site) -> str:
    """Where the API is reached."""
    return f"{site.url}/wp-json/" if site.rules["pretty"] else f"{site.url}/?rest_route=/"


def api(site: Site, path: str) -> str:
    return f"{root(site)}wp/v2/{path}"


def local(site: Site, at: datetime) -> str:
    """The site's own time. Neither this nor the one in UTC says so."""
    return _bare(at.astimezone(UTC) + timedelta(hours=site.offset))


def comment(site: Site, one: Comment, *, edit: bool) -> dict[str, Any]:
    private = {"author_email": one.email, "author_url": one.url, "author_ip": one.ip, "author_user_agent": one.agent}
    return {
        "id": one.id,
        "post": one.article,
        "parent": one.parent,
        "author": one.author,
        "author_name": one.name,
        **(private if edit else {"author_url": one.url}),
        "date": local(site, one.at),
        "date_gmt": _bare(one.at.astimezone(UTC)),
        "content": {"rendered": text.shown(one.text)} | ({"raw": one.text} if edit else {}),
        "link": site.link(one),
        "status": STATUS.get(one.status, one.status),
        "type": one.kind,
        "author_avatar_urls": avatars(site, one.email),
        "meta": [],
        "_links": _links(site, one),
    }


def person(site: Site, one: Person, *, edit: bool) -> dict[str, Any]:
    able = dict.fromkeys([*_ABLE[one.role], one.role], True)
    private = {"username": one.login, "email": one.email, "roles": [one.role], "capabilities": able}
    return {
        "id": one.id,
        "name": one.name,
        "url": "",
        "description": "",
        "link": f"{site.url}/author/{one.login}/",
        "slug": one.login,
        "avatar_urls": avatars(site, one.email),
        **(private if edit else {}),
        "meta": [],
        "_links": {"self": [{"href": api(site, f"users/{one.id}")}]},
    }


def article(site: Site, one: Article) -> dict[str, Any]:
    words = "" if one.guarded else text.shown(one.text)
    return {
        "id": one.id,
        "date": local(site, one.at),
        "date_gmt": _bare(one.at.astimezone(UTC)),
        "slug": one.slug,
        "status": one.state,
        "type": "post",
        "link": f"{site.url}/{one.slug}/",
        "title": {"rendered": text.shown(one.title)[3:-5]},
        "content": {"rendered": words, "protected": one.guarded},
        "excerpt": {"rendered": words, "protected": one.guarded},
        "author": 1,
        "comment_status": "open" if one.open else "closed",
        "_links": {"self": [{"href": api(site, f"posts/{one.id}")}]},
    }


def index(site: Site) -> dict[str, Any]:
    """Without application passwords, what says so is an empty list and not an object."""
    door = {"application-passwords": {"endpoints": {"authorization": f"{site.url}/wp-admin/authorize-application.php"}}}
    return {
        "name": site.name,
        "description": "",
        "url": site.url,
        "home": site.url,
        "gmt_offset": site.offset,
        "timezone_string": "",
        "namespaces": ["oembed/1.0", "wp/v2", "wp-site-health/v1", "wp-block-editor/v1"],
        "authentication": door if site.rules["local"] else [],
        "routes": {"/wp/v2/comments": {"namespace": "wp/v2", "methods": ["GET", "POST"]}},
        "_links": {"help": [{"href": "https://developer.wordpress.org/rest-api/"}]},
    }


def avatars(site: Site, email: str) -> dict[str, str]:
    digest = hashlib.md5(email.encode(), usedforsecurity=False).hexdigest()
    base = site.url.rpartition("/")[0]
    return {size: f"{base}/avatars/{digest}?s={size}&d=mm&r=g" for size in ("24", "48", "96")}


def _links(site: Site, one: Comment) -> dict[str, Any]:
    up = {"embeddable": True, "post_type": "post", "href": api(site, f"posts/{one.article}")}
    found: dict[str, Any] = {
        "self": [{"href": api(site, f"comments/{one.id}")}],
        "collection": [{"href": api(site, "comments")}],
        "up": [up],
    }
    if one.author:
        found["author"] = [{"embeddable": True, "href": api(site, f"users/{one.author}")}]
    if one.parent:
        found["in-reply-to"] = [{"embeddable": True, "href": api(site, f"comments/{one.parent}")}]
    return found


def _bare(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S")
