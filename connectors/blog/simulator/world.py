"""What there is: WordPress sites with people, posts and comments, and other people's blogs. Lives in memory."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from connectors.blog.simulator import cast

MODERATORS = frozenset({"administrator", "editor"})
# As WordPress begins, except that who reads the demo shall not have to approve first.
RULES = {
    "moderated": False,
    "local": True,
    "tells_wrong_password": False,
    "pretty": True,
    "trash": True,
    "strips_authorization": False,
}


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Person:
    """Somebody with an account on a site. `passwords` are application passwords, without spaces."""

    id: int
    login: str
    name: str
    role: str
    passwords: set[str] = field(default_factory=set)

    @property
    def email(self) -> str:
        return f"{self.login}@blog.example"

    @property
    def moderates(self) -> bool:
        return self.role in MODERATORS


@dataclass(slots=True)
class Article:
    """What a blog is about. `state` is publish or draft; a `guarded` one asks for a password."""

    id: int
    slug: str
    title: str
    text: str
    at: datetime
    open: bool = True
    state: str = "publish"
    guarded: bool = False


@dataclass(slots=True)
class Comment:
    """`status`: approve, hold, spam or trash; `before` is what it was before spam or trash. `author` 0 is a visitor.

    `kind`: comment, pingback, trackback or note (what editors tell each other).
    """

    id: int
    article: int
    parent: int
    author: int
    name: str
    email: str
    url: str
    text: str
    at: datetime
    status: str = "approve"
    kind: str = "comment"
    before: str = ""
    ip: str = "198.51.100.23"
    agent: str = "Mozilla/5.0"
    typed: datetime = field(default_factory=now)


@dataclass(slots=True)
class Site:
    """A WordPress. `offset` is its clock against UTC, in hours."""

    slug: str
    name: str
    url: str
    rules: dict[str, bool] = field(default_factory=lambda: dict(RULES))
    offset: int = 1
    spare: bool = False
    version: int = 1
    people: dict[int, Person] = field(default_factory=dict)
    articles: dict[int, Article] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    mentions: str = ""

    def touch(self) -> None:
        self.version += 1

    def person(self, login: str) -> Person | None:
        """By login or address, as WordPress does."""
        return next((one for one in self.people.values() if login in (one.login, one.email)), None)

    def official(self) -> Person:
        return next(one for one in self.people.values() if one.role == "editor")

    def article(self, slug: str) -> Article | None:
        return next((one for one in self.articles.values() if one.slug == slug), None)

    def link(self, comment: Comment) -> str:
        return f"{self.url}/{self.articles[comment.article].slug}/#comment-{comment.id}"

    def shown(self, article: Article) -> Iterator[Comment]:
        """What stands below an article, for everybody to read."""
        return (one for one in self.comments.values() if one.article == article.id and one.status == "approve")


@dataclass(slots=True)
class Entry:
    """One post on another blog, or one comment there: what feeds are made of."""

    id: str
    title: str
    link: str
    author: str
    text: str
    at: datetime


@dataclass(slots=True)
class Other:
    """Somebody else's blog."""

    slug: str
    name: str
    url: str
    entries: list[Entry] = field(default_factory=list)
    comments: list[Entry] = field(default_factory=list)


class World:
    """Numbers go on over the whole world and never come twice, so that nothing is taken for something older."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.numbers = count(int(now().timestamp()) % 10**8 * 10)
        self.sites: dict[str, Site] = {}
        self.others: dict[str, Other] = {}
        for slug, name in cast.OTHERS.items():
            self.others[slug] = Other(slug, name, f"{base_url}/blog/others/{slug}")
        self.furnish_others()

    def site(self, slug: str, name: str, *, spare: bool = False) -> Site:
        """The site of that name in addresses, with a few articles; made where it is not there yet."""
        if slug in self.sites:
            return self.sites[slug]
        made = Site(slug, name, f"{self.base_url}/blog/{slug}", spare=spare)
        made.people = {
            1: Person(1, "keeper", "keeper", "administrator"),
            2: Person(2, "editor", f"{name} Support", "editor"),
            3: Person(3, "author", "Ada Writer", "author"),
            4: Person(4, "subscriber", "Sam Reader", "subscriber"),
        }
        if spare:
            made.people[2].passwords.add(password())
        self.sites[slug] = made
        self.furnish(made)
        return made

    def furnish(self, site: Site) -> None:
        site.articles.clear()
        site.comments.clear()
        for age, (title, words) in zip((24 * 9, 24 * 4, 5), cast.ARTICLES, strict=True):
            self.publish(site, title, words.format(name=site.name), now() - timedelta(hours=age))
        site.touch()

    def publish(self, site: Site, title: str, text: str, at: datetime) -> Article:
        number = next(self.numbers)
        slug = slug_of(title)
        made = Article(number, slug if site.article(slug) is None else f"{slug}-{number}", title, text, at)
        site.articles[number] = made
        site.touch()
        return made

    def write(self, other: Other, title: str, author: str, text: str, at: datetime) -> Entry:
        """A post on somebody else's blog; the newest comes first."""
        number = next(self.numbers)
        link = f"{other.url}/{slug_of(title)}-{number}/"
        made = Entry(f"tag:{other.slug}.example,2026:{number}", title, link, author, text, at)
        other.entries.insert(0, made)
        return made

    def remark(self, other: Other, entry: Entry, author: str, text: str, at: datetime) -> Entry:
        """A comment on somebody else's blog."""
        number = next(self.numbers)
        link = f"{entry.link}#comment-{number}"
        made = Entry(f"{entry.link}#{number}", f"Comment on {entry.title} by {author}", link, author, text, at)
        other.comments.insert(0, made)
        return made

    def furnish_others(self) -> None:
        for other in self.others.values():
            other.entries.clear()
            other.comments.clear()
            for days, (title, author, text) in zip((12, 6, 2), cast.CHATTER, strict=True):
                self.write(other, title, author, text, now() - timedelta(days=days))

    def forget(self) -> None:
        for site in self.sites.values():
            site.rules = dict(RULES)
            self.furnish(site)
        self.furnish_others()


def slug_of(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "post"


def password() -> str:
    """24 letters and digits, as WordPress makes them."""
    return "".join(secrets.choice("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(24))
