"""What is done on a WordPress, by its form, its API or an order: the same rules hold for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.blog.simulator import text
from connectors.blog.simulator.refusals import Refusal, refusal
from connectors.blog.simulator.world import Article, Comment, Person, Site, World, now

FLOOD = timedelta(seconds=15)
# What may be asked for, and what becomes of it; `before` is what it was before spam or trash.
STATUSES = {
    "approve": "approve", "approved": "approve", "1": "approve", "hold": "hold", "0": "hold", "spam": "spam",
    "trash": "trash", "unspam": "before", "untrash": "before",
}  # fmt: skip


class Deeds:
    """`answered` is called with every approved answer that an official person gives to a visitor."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.answered: Callable[[Site, Comment], None] = lambda site, comment: None

    def visit(
        self,
        site: Site,
        article: Article,
        name: str,
        words: str,
        *,
        parent: int = 0,
        email: str = "",
        url: str = "",
        at: datetime | None = None,
        hurried: bool = False,
    ) -> Comment:
        """A visitor comments. `hurried` asks how fast they write, as the site's own form does. Raises Refusal."""
        if not article.open:
            raise refusal("closed")
        kept = text.taken(words).strip()
        email = email or f"{name.split(' ')[0].lower()}@reader.example"
        made = Comment(next(self._world.numbers), article.id, parent, 0, name, email, url, kept, at or now())
        made.status = "hold" if site.rules["moderated"] else "approve"
        return self._put(site, made, hurried=hurried)

    def speak(self, site: Site, person: Person, article: Article, words: str, *, parent: int = 0,
              at: datetime | None = None) -> Comment:  # fmt: skip
        """Somebody who is signed in comments. A moderator's words are kept as they are, markup and all."""
        kept = (words if person.moderates else text.taken(words)).strip()
        made = Comment(
            next(self._world.numbers), article.id, parent, person.id, person.name, person.email, "", kept, at or now()
        )
        made.status = "hold" if site.rules["moderated"] and not person.moderates else "approve"
        self._put(site, made, hurried=not person.moderates)
        if person.moderates and parent in site.comments and site.comments[parent].author == 0:
            self.answered(site, made)
        return made

    def mention(self, site: Site, article: Article, kind: str, name: str, words: str, url: str) -> Comment:
        """A pingback or trackback, or an editor's note; the site itself makes these."""
        made = Comment(next(self._world.numbers), article.id, 0, 0, name, "", url, words, now(), kind=kind)
        site.comments[made.id] = made
        site.touch()
        return made

    def set_status(self, site: Site, comment: Comment, wanted: str) -> None:
        """A word that is not known changes nothing, and nobody is told."""
        became = STATUSES.get(wanted)
        if became == "before":
            became = comment.before or "hold"
        if became is None or became == comment.status:
            return
        if became in ("spam", "trash"):
            comment.before = comment.status
        comment.status = became
        site.touch()

    def change(self, site: Site, comment: Comment, words: str) -> None:
        comment.text = words
        site.touch()

    def remove(self, site: Site, comment: Comment) -> None:
        """For good; answers to it stay."""
        del site.comments[comment.id]
        site.touch()

    def _put(self, site: Site, made: Comment, *, hurried: bool) -> Comment:
        if any(_same(made, one) for one in site.comments.values()):
            raise refusal("duplicate")
        since = now() - FLOOD
        if hurried and any(one.email == made.email and one.typed > since for one in site.comments.values()):
            raise refusal("hasty")
        site.comments[made.id] = made
        site.touch()
        return made


def _same(made: Comment, one: Comment) -> bool:
    """What WordPress calls a duplicate: the same words by the same person in the same place, unless in the trash."""
    place = (made.article, made.parent, made.text) == (one.article, one.parent, one.text)
    return place and one.status != "trash" and (made.name == one.name or made.email == one.email)


def checked(words: str) -> str:
    """A comment's words as the API takes them. Raises Refusal."""
    if not words.strip():
        raise Refusal("rest_comment_content_invalid", "Invalid comment content.", 400)
    if len(words.encode()) > text.LONGEST:
        raise Refusal("comment_content_column_length", "Comment field exceeds maximum length allowed.", 400)
    return words
