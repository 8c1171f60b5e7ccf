"""The company's own blog on WordPress: its comments, answers under the official author, and moderation."""

from __future__ import annotations

import html
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.blog import bodies, comments, markup, webmention, words
from connectors.blog.address import name_within, short_name
from connectors.blog.explained import explained, gettext_noop
from connectors.blog.wordpress import WordPress
from connectors.contract import (
    Account,
    App,
    Author,
    Can,
    Channel,
    ConnectorError,
    Field,
    Forbidden,
    Health,
    Inbound,
    Kind,
    Page,
    Post,
    Reason,
    Refused,
    Removed,
    Reply,
    Rule,
    Sent,
    Standing,
    Surface,
    Thread,
    UnknownOutcome,
)
from connectors.reading import as_list, as_object, ident, link, point_in_time

OVERLAP = timedelta(hours=24)
BEHIND = timedelta(minutes=2)
WIDE, WIDE_EVERY = timedelta(days=15), timedelta(hours=1)
STAFF_KNOWN_FOR = timedelta(hours=24)
CLOCKS_DIFFER = timedelta(minutes=2)
MAX_LENGTH = 10_000
PER_LOOK, ASKED_SINGLY = 100, 20
WANTED = {
    (Can.APPROVE, True): "approve",
    (Can.APPROVE, False): "hold",
    (Can.SPAM, True): "spam",
    (Can.SPAM, False): "unspam",
    (Can.DELETE, True): "trash",
    (Can.DELETE, False): "untrash",
}
BECOMES = {
    "approve": Standing.SHOWN,
    "hold": Standing.HELD,
    "spam": Standing.SPAM,
    "trash": Standing.TRASH,
}
BACK = {"unspam": Standing.SPAM, "untrash": Standing.TRASH}
NEEDED = ("moderate_comments", "edit_posts")
# Where WordPress shows its comments as a feed; each address with the slash and without.
FEEDS = tuple(
    f"comments/feed{kind}{slash}" for kind in ("", "/rss2", "/rdf", "/rss", "/atom") for slash in ("/", "")
) + tuple(f"?feed=comments-{kind}" for kind in ("rss2", "atom", "rdf", "rss"))
COMMENTS, USERS, POSTS = "wp/v2/comments", "wp/v2/users", "wp/v2/posts"


@dataclass(frozen=True, slots=True)
class Position:
    """Where polling stands. `floor`: what is older was there before us. `staff`: ids of who speaks for it.

    `user`: as whom they were asked for. `behind`: the last look did not reach the end. `wide_at`: when we looked far
    back.
    """

    floor: datetime
    since: datetime
    staff: tuple[int, ...]
    staff_at: datetime | None
    user: str = ""
    behind: bool = False
    wide_at: datetime | None = None

    @classmethod
    def of(cls, cursor: str, connected_at: datetime | None, now: datetime) -> Position:
        try:
            kept = as_object(json.loads(cursor or "{}"))
        except (ValueError, RecursionError):
            kept = {}
        # WordPress writes down whole seconds.
        floor = point_in_time(kept.get("floor"), now) or (connected_at or now).replace(microsecond=0)
        since = point_in_time(kept.get("since"), now) or floor
        staff = tuple(one for one in as_list(kept.get("staff")) if isinstance(one, int))
        return cls(
            floor,
            max(since, floor),
            staff,
            point_in_time(kept.get("staff_at"), now),
            ident(kept.get("user")),
            kept.get("behind") is True,
            point_in_time(kept.get("wide_at"), now),
        )

    def __str__(self) -> str:
        times = {"floor": self.floor, "since": self.since, "staff_at": self.staff_at, "wide_at": self.wide_at}
        said = {name: at.isoformat() for name, at in times.items() if at}
        return json.dumps({**said, "staff": self.staff, "user": self.user, "behind": self.behind})


class Site(Channel):
    name = "blog"
    label = gettext_noop("WordPress blog")
    account_id = None
    account_fields = (
        Field(
            "url",
            "Address of the blog",
            help="As a reader types it, with https:// in front. The blog itself must be WordPress 5.6 or newer.",
            longest=500,
        ),
        Field("username", "User name", help="The user that answers are written by: the official author."),
        Field(
            "application_password",
            "Application password",
            secret=True,
            help="Made by that user in WordPress: Users → Profile → Application Passwords. Not the login password.",
        ),
    )
    account_options = (
        Field(
            "approve_when_answered",
            "Approve a held comment when it is answered",
            required=False,
            help="Otherwise the answer stands on the blog and the question may not.",
        ),
        Field(
            "our_names",
            "Colleagues who answer in WordPress",
            required=False,
            words=True,
            tidy=words.tidy,
            longest=500,
            help="The names they are shown under, separated by commas. What they write is our answer, not a customer’s "
            "question.",
        ),
    )
    permissions = NEEDED
    poll_every = timedelta(minutes=1)
    look_every = timedelta(minutes=10)
    surfaces = (
        Surface(Kind.COMMENT, frozenset({Can.REPLY, Can.APPROVE, Can.SPAM, Can.DELETE, Can.RESTORE}), MAX_LENGTH),
        Surface(Kind.MENTION),
    )

    def reply_rule(self, account: Account, thread: Thread, now: datetime, *, private: bool = False) -> Rule:
        """What another page says about the blog stands there and is answered there. `Rule.tag`: see wording."""
        if thread.kind is Kind.MENTION and not private:
            return Rule(False, Reason.GONE if thread.removed else Reason.ONLY_THERE)
        if thread.standing in (Standing.SPAM, Standing.TRASH):
            return Rule(False, Reason.SET_ASIDE)
        rule = super().reply_rule(account, thread, now, private=private)
        if rule.allowed and thread.standing is Standing.HELD:
            return replace(rule, tag="approves" if account.options.get("approve_when_answered") else "held")
        return rule

    def identify(self, app: App, given: Mapping[str, str]) -> str:
        return short_name(given.get("url", ""))

    def mention_address(self, account: Account) -> str:
        return webmention.address(account)

    def explain(self, code: str) -> str:
        return explained(code)

    def health(self, account: Account) -> Health:
        """A changed address gives another id: its comments would be mixed up with the old ones."""
        wordpress = WordPress(account)
        me = as_object(wordpress.get(f"{USERS}/me", context="edit"))
        may = as_object(me.get("capabilities"))
        front = wordpress.front()
        name, found = self.identify(account.app, account.credentials), short_name(front)
        feeds = (f"feed:{name_within(account.app, {'url': front + way})}" for way in FEEDS)
        return Health(
            name,
            markup.line(me.get("name")),
            also=(*((found,) if found != name else ()), *feeds),
            granted=tuple(name for name in NEEDED if may.get(name) is True),
            missing=tuple(name for name in NEEDED if may.get(name) is not True),
        )

    def poll(self, account: Account, cursor: str) -> Page:
        """Held and shown comments since a day before the last look; WordPress does not tell what changed.

        Once an hour since so long before as spam is kept: what was none is shown under its old date.
        """
        now = datetime.now(UTC)
        position = Position.of(cursor, account.connected_at, now)
        wordpress = WordPress(account)
        position = _with_staff(wordpress, position, now)
        wide = not position.behind and (position.wide_at is None or now - position.wide_at >= WIDE_EVERY)
        overlap = BEHIND if position.behind else WIDE if wide else OVERLAP
        found: dict[str, Mapping[str, Any]] = {}
        ends: list[datetime] = []
        for status in ("hold", "approve"):
            some, whole = _since(wordpress, status, position.since - overlap)
            found |= {ident(comment.get("id")): comment for comment in some}
            if not whole and (last := max(filter(None, map(comments.written_at, some)), default=None)):
                ends.append(last)
        fresh = [one for one in found.values() if (comments.written_at(one) or now) >= position.floor]
        fresh.sort(key=lambda one: (comments.written_at(one) or now, _number(one.get("id"))))
        made = tuple(
            bodies.body(account, comment=bodies.comment(one), ours=_is_ours(account, position, one)) for one in fresh
        )
        newest = max((at for one in fresh if (at := comments.written_at(one))), default=position.since)
        if wide:
            position = replace(position, wide_at=now)
        if wide and ends:
            return Page(made, str(position))
        # Of a list that was too long to be read to its end the rest comes next, without going back so far again.
        since = max(min(newest, *ends) if ends else newest, position.since)
        return Page(made, str(replace(position, since=since, behind=bool(ends))))

    def send(self, account: Account, reply: Reply) -> Sent:
        """Comment under `reply.to` as the account's user. What WordPress would read as markup is escaped."""
        if not reply.text.strip():
            raise Refused(Reason.EMPTY)
        post, parent = _number(reply.thread_id.removeprefix("post:")), _number(reply.to)
        if not post:
            raise Refused(Reason.GONE, "the post is unknown")
        wordpress = WordPress(account)
        if parent:
            _prepare(wordpress, parent, approve=bool(account.options.get("approve_when_answered")))
        made = as_object(
            wordpress.post(COMMENTS, post=post, parent=parent, content=html.escape(reply.text.strip(), quote=False))
        )
        external_id = ident(made.get("id"))
        if not external_id:
            raise UnknownOutcome("WordPress took it and gave no id")
        return Sent(external_id, comments.written_at(made), link(made.get("link"), 1000))

    def settle(self, account: Account, reply: Reply, since: datetime) -> Sent | None:
        """Our own comment with these words under this one, among the newest of ours."""
        wordpress = WordPress(account)
        me = _number(as_object(wordpress.get(f"{USERS}/me", context="edit")).get("id"))
        post, parent = _number(reply.thread_id.removeprefix("post:")), _number(reply.to)
        for status in ("approve", "hold"):
            query = {"context": "edit", "post": post, "status": status, "order": "desc", "orderby": "date_gmt"}
            for one in as_list(wordpress.get(COMMENTS, per_page=100, **query)):
                said = as_object(one)
                at = comments.written_at(said)
                ours = _number(said.get("author")) == me and _number(said.get("parent")) == parent
                if ours and at and at >= since - CLOCKS_DIFFER and _same(comments.raw_words(said), reply.text):
                    return Sent(ident(said.get("id")), at, link(said.get("link"), 1000))
        return None

    def act(self, account: Account, action: Can, external_id: str, *, on: bool = True) -> Standing | None:
        """Approve (off: hold), spam and trash (off: as it was before)."""
        wanted = WANTED.get((action, on))
        if wanted is None:
            return super().act(account, action, external_id, on=on)
        wordpress, path = WordPress(account), f"{COMMENTS}/{_number(external_id)}"
        if wanted in BACK:
            # Taken out of where it is not, a comment would be held back.
            before = comments.standing(as_object(wordpress.get(path, context="edit")))
            if before is not BACK[wanted]:
                return before
        try:
            became = wordpress.post(path, status=wanted)
        except UnknownOutcome:
            # WordPress answers 500 where a comment is in that state already.
            became = wordpress.get(path, context="edit")
            if comments.standing(as_object(became)) is not BECOMES.get(wanted):
                raise
        return comments.standing(as_object(became))

    def look_up(self, account: Account, external_id: str) -> Post | None:
        """The blog post above comments."""
        number = _number(external_id.removeprefix("post:"))
        if not number:
            return None
        try:
            found = as_object(WordPress(account).get(f"{POSTS}/{number}"))
        except Refused:
            return None
        now = datetime.now(UTC)
        heading = markup.line(as_object(found.get("title")).get("rendered"))
        body = markup.read(str(as_object(found.get("excerpt")).get("rendered") or ""))
        return Post(
            channel=self.name,
            account=account.external_id,
            external_id=external_id,
            kind=Kind.POST,
            thread_id=external_id,
            author=Author(f"user:{ident(found.get('author'))}"),
            text=f"{heading}\n\n{body.text}".strip() or "…",
            created_at=point_in_time(found.get("date_gmt"), now) or now,
            permalink=link(found.get("link"), 1000),
            ours=True,
            context_only=True,
        )

    def look_again(
        self, account: Account, external_ids: Sequence[str], authors: Mapping[str, str]
    ) -> Sequence[Inbound]:
        """One call for a hundred. What is not listed is asked for by itself: lists leave out what we may not read."""
        wanted = [one for one in external_ids if _number(one)][:PER_LOOK]
        if not wanted:
            return []
        wordpress, at, found = WordPress(account), datetime.now(UTC), list[Inbound]()
        query = {"include": ",".join(wanted), "status": "any", "context": "edit", "per_page": PER_LOOK}
        there = {ident(as_object(one).get("id")): as_object(one) for one in as_list(wordpress.get(COMMENTS, **query))}
        for one in wanted:
            if one in there:
                found += comments.again(account.external_id, there[one], at)
        for one in [one for one in wanted if one not in there][:ASKED_SINGLY]:
            try:
                said = as_object(wordpress.get(f"{COMMENTS}/{one}", context="edit"))
            except Forbidden:
                continue
            except Refused as error:
                if error.reason is Reason.GONE:
                    found.append(Removed(self.name, account.external_id, one, at, "gone"))
                continue
            found += comments.again(account.external_id, said, at)
        return found

    def look_into(self, account: Account, cursor: str, about: Mapping[str, str]) -> Page:
        if about:
            return Page(webmention.verified(account, about), cursor)
        return self.poll(account, cursor)


def _since(wordpress: WordPress, status: str, since: datetime) -> tuple[list[Mapping[str, Any]], bool]:
    """Oldest first, so that what comes meanwhile does not shift the pages; and whether that was all."""
    after = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    query = {"context": "edit", "status": status, "orderby": "date_gmt", "order": "asc", "after": after}
    pages = list(wordpress.pages(COMMENTS, **query))
    return [one for page, _more in pages for one in page], not pages[-1][1]


def _prepare(wordpress: WordPress, parent: int, *, approve: bool) -> None:
    """WordPress takes an answer to what is gone as well: so look first. Raises Refused."""
    asked = as_object(wordpress.get(f"{COMMENTS}/{parent}", context="edit"))
    status = ident(asked.get("status"))
    if status in ("trash", "spam"):
        raise Refused(Reason.SET_ASIDE, f"the comment is {status}", code=status)
    if approve and status == "hold":
        wordpress.post(f"{COMMENTS}/{parent}", status="approve")


def _is_ours(account: Account, position: Position, comment: Mapping[str, Any]) -> bool:
    """A visitor can give any name: only that of somebody who signed in counts."""
    author = _number(comment.get("author"))
    names = {name.casefold() for name in words.parted(account.options.get("our_names"))}
    return author in position.staff or (author > 0 and markup.line(comment.get("author_name")).casefold() in names)


def _with_staff(wordpress: WordPress, position: Position, now: datetime) -> Position:
    """Who speaks for the blog: our own user, and where we may list them the editors and administrators."""
    user = wordpress.account.credentials.get("username", "")
    if position.user == user and position.staff_at and now - position.staff_at < STAFF_KNOWN_FOR:
        return position
    staff = {_number(as_object(wordpress.get(f"{USERS}/me", context="edit")).get("id"))}
    try:
        listed = wordpress.get(USERS, context="edit", roles="administrator,editor", per_page=100)
        staff |= {_number(as_object(one).get("id")) for one in as_list(listed)}
    except ConnectorError:
        pass
    return replace(position, staff=tuple(sorted(staff - {0})), staff_at=now, user=user)


def _number(value: Any) -> int:
    text = ident(value, 18)
    return int(text) if text.isascii() and text.isdigit() else 0


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    """WordPress escapes a few signs and trims."""
    return unicodedata.normalize("NFC", html.unescape(text).replace("\r\n", "\n")).strip()


site = Site()
