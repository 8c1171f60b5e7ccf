"""Comment feeds of any engine, and other people's blogs that are watched: read only, answered there."""

from __future__ import annotations

import json
import random
from abc import ABC
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

import requests

from connectors.blog import apart, bodies, entries, webmention, websub, words
from connectors.blog.address import canonical, digest, failure, loopback_allowed, name_within, same_host, twin
from connectors.blog.explained import explained, gettext_noop
from connectors.blog.feed import Entry, Feed
from connectors.blog.wordpress import retry_at
from connectors.contract import (
    Account,
    App,
    Channel,
    Disconnected,
    Field,
    Health,
    Kind,
    Page,
    Reason,
    Refused,
    Reply,
    Rule,
    Sent,
    Surface,
    Thread,
    Unavailable,
    Unreadable,
)
from connectors.http import TooLarge
from connectors.reading import as_object, point_in_time
from connectors.safe_fetch import WITHIN, Blocked, Fetched, TooSlow, fetch

SOONEST, LATEST = 5, 360
MOST_SEEN = 1000
# Feeds are often made anew only so often.
CACHED_FOR = timedelta(hours=1)
MOVED_FOR_GOOD = 3
NO_FEED_TRIES = 3
# Seconds; nobody is kept waiting for an address they did not give.
FOR_A_TWIN = 5.0
TRIES = 60
# A feed that answered with such a code harms us; it is switched off at once.
HARMFUL = frozenset({"too_large", "too_slow", "too_hard"})
ACCEPTED = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading a feed stands. `next`: not before; `minutes`: the interval.

    `seen`: digests of entries, the newest last.

    `floor`: entries older than this were there before us; "" before the first look. `looked`: when it was last read.
    """

    url: str = ""
    etag: str = ""
    modified: str = ""
    next: str = ""
    minutes: int = SOONEST
    fails: int = 0
    floor: str = ""
    looked: str = ""
    whole: str = ""
    moved_to: str = ""
    moved: int = 0
    hub: str = ""
    topic: str = ""
    hub_at: str = ""
    flaws: str = ""
    seen: tuple[str, ...] = ()

    @classmethod
    def of(cls, cursor: str) -> Position:
        """Nonsense counts as a first look."""
        try:
            kept = as_object(json.loads(cursor or "{}"))
            known = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept}
            return cls(**{**known, "seen": tuple(known.get("seen", ()))})
        except (ValueError, TypeError, RecursionError):
            return cls()

    def __str__(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value})

    def after(self, minutes: float) -> Position:
        """The next look so many minutes from now, with some spread."""
        spread = random.uniform(0.9, 1.1)  # noqa: S311 - jitter
        return replace(self, next=(datetime.now(UTC) + timedelta(minutes=minutes * spread)).isoformat())


Found = tuple[tuple[bytes, ...], Position]


class FeedChannel(Channel, ABC):
    """A feed at an address. `poll` looks when the feed is due, which its cursor says."""

    account_id = None
    poll_every = timedelta(minutes=1)
    checked_by_polling = True

    def identify(self, app: App, given: Mapping[str, str]) -> str:
        return name_within(app, given)

    def moved(self, cursor: str) -> str:
        """What is newer than the last good look is news at the new address too, and what was seen is not."""
        before = Position.of(cursor)
        looked = point_in_time(before.looked, datetime.now(UTC))
        floor = (looked - CACHED_FOR).replace(microsecond=0).isoformat() if looked else before.floor
        return str(Position(floor=max(floor, before.floor), seen=before.seen)) if before.floor else ""

    def explain(self, code: str) -> str:
        return explained(code)

    def reply_rule(self, account: Account, thread: Thread, now: datetime, *, private: bool = False) -> Rule:
        if private:
            return Rule(False, Reason.NOT_SUPPORTED)
        return Rule(False, Reason.GONE if thread.removed else Reason.ONLY_THERE)

    def send(self, account: Account, reply: Reply) -> Sent:
        raise Refused(Reason.ONLY_THERE)

    def health(self, account: Account) -> Health:
        """Read it once; the id says whether the address is still the one that was connected."""
        url = canonical(account.credentials.get("url", ""))
        answer = _fetched(account, url, {})
        if answer.status == 429 or answer.status >= 500:
            raise Unavailable(f"answered {answer.status}", code=str(answer.status))
        if answer.status != 200:
            raise Refused(Reason.INVALID, f"answered {answer.status}", code=str(answer.status))
        found = _read(answer)
        flawed = gettext_noop("The feed is not well formed. It is read all the same.")
        name = self.identify(account.app, account.credentials)
        called = (*_called(answer, found), *_twins(account, answer, found))
        also = {self.identify(account.app, {"url": url}) for url in called} - {name}
        return Health(name, found.title, warnings=(flawed,) if found.flaws else (), also=tuple(sorted(also)))

    def poll(self, account: Account, cursor: str) -> Page:
        """What is new in the feed. Failures wait ever longer; what harms us or is gone asks for an admin."""
        position, now = Position.of(cursor), datetime.now(UTC)
        due = self.next_look(cursor)
        if due and due > now:
            return Page((), cursor)
        made, after = self._look(account, position, now)
        return Page(
            made, str(replace(after, hub_at=websub.renewed(account, after.hub, after.topic, after.hub_at, now)))
        )

    def next_look(self, cursor: str) -> datetime | None:
        return point_in_time(Position.of(cursor).next, datetime.now(UTC) + timedelta(days=2))

    def _look(self, account: Account, position: Position, now: datetime) -> Found:
        url = position.url or canonical(account.credentials.get("url", ""))
        asked = {"If-None-Match": position.etag, "If-Modified-Since": position.modified}
        try:
            answer = _fetched(account, url, {name: value for name, value in asked.items() if value})
        except Unavailable as error:
            return _failed(position, error.code)
        if answer.status in (429, 503):
            wait = retry_at(answer.headers, timedelta(minutes=min(position.minutes * 2, LATEST))) - now
            return (), replace(position, fails=position.fails + 1, next=(now + wait).isoformat())
        if answer.status == 410:
            raise Disconnected("gone for good", code="feed_gone")
        position = _moved(position, answer)
        if answer.status == 304:
            return (), _quiet(position)
        if answer.status != 200:
            return _failed(position, str(answer.status))
        return self._take(account, position, answer, now)

    def _take(self, account: Account, position: Position, answer: Fetched, now: datetime) -> Found:
        """The validators are kept only once the body was understood."""
        whole = digest(answer.body.decode("latin-1"))[:32]
        if position.whole == whole:
            return (), _quiet(_validated(position, answer))
        try:
            found = _read(answer)
        except Refused as error:
            if error.code in HARMFUL:
                raise Disconnected(error.detail, code=error.code) from None
            return _failed(position, error.code, NO_FEED_TRIES)
        floor = position.floor or (account.connected_at or now).replace(microsecond=0).isoformat()
        fresh = _fresh(found, position, floor)
        wanted = [entry for entry in fresh if self.wants(account, entry)]
        known = set(position.seen)
        after = replace(
            _validated(position, answer),
            whole=whole,
            floor=floor,
            looked=now.isoformat(),
            fails=0,
            flaws=found.flaws,
            hub=found.hub,
            topic=found.topic,
            minutes=_pace(position.minutes, bool(fresh), found.minutes),
            seen=(*position.seen, *(_short(one) for one in found.entries if _short(one) not in known))[-MOST_SEEN:],
        )
        made = tuple(
            bodies.body(account, entry=entry.plain(), ours=self.ours(account, entry)) for entry in reversed(wanted)
        )
        return made, after.after(after.minutes)

    def wants(self, account: Account, entry: Entry) -> bool:
        return True

    def ours(self, account: Account, entry: Entry) -> bool:
        return False

    def look_into(self, account: Account, cursor: str, about: Mapping[str, str]) -> Page:
        if about:
            return Page((), cursor)
        return self.poll(account, str(replace(Position.of(cursor), next="")))

    def unsubscribe(self, account: Account) -> None:
        """The hub's lease ends by itself; its pushes are refused once the account is gone."""


class CommentFeed(FeedChannel):
    name = "feed"
    label = gettext_noop("Comment feed")
    account_fields = (
        Field(
            "url",
            "Address of the comment feed",
            help="RSS, Atom or JSON Feed. On WordPress it is the blog’s address with /comments/feed/ behind it.",
            longest=1000,
        ),
    )
    account_options = (
        Field(
            "our_names",
            "Names we comment under",
            required=False,
            words=True,
            tidy=words.tidy,
            longest=500,
            help="Separated by commas. What is written under them is our answer, not a customer’s question.",
        ),
    )
    surfaces = (Surface(Kind.COMMENT), Surface(Kind.MENTION))

    def ours(self, account: Account, entry: Entry) -> bool:
        names = {name.casefold() for name in words.parted(account.options.get("our_names"))}
        return bool(entry.author) and entry.author.casefold() in names

    def mention_address(self, account: Account) -> str:
        return webmention.address(account)

    def look_into(self, account: Account, cursor: str, about: Mapping[str, str]) -> Page:
        return Page(webmention.verified(account, about), cursor) if about else super().look_into(account, cursor, about)


class Watch(FeedChannel):
    name = "watch"
    label = gettext_noop("Watched blog")
    account_fields = (
        Field(
            "url",
            "Address of the feed",
            help="The feed of somebody’s blog, or of a search such as Google Alerts.",
            longest=1000,
        ),
    )
    account_options = (
        Field(
            "keywords",
            "Words to look for",
            required=False,
            words=True,
            tidy=words.tidy,
            longest=500,
            help="Separated by commas, such as the brand’s names. Without any, every post becomes a ticket.",
        ),
    )
    surfaces = (Surface(Kind.MENTION),)

    def wants(self, account: Account, entry: Entry) -> bool:
        return entries.names(entry, words.parted(account.options.get("keywords")))


def _fetched(account: Account, url: str, headers: Mapping[str, str], within: float = WITHIN) -> Fetched:
    """Raises Unavailable where trying again may help, Disconnected where the address harms us or is forbidden."""
    try:
        sent, loopback = {"Accept": ACCEPTED, **headers}, loopback_allowed(account.app)
        return fetch(url, headers=sent, loopback=loopback, within=within)
    except (TooLarge, TooSlow) as error:
        code = "too_large" if isinstance(error, TooLarge) else "too_slow"
        raise Disconnected(type(error).__name__, code=code) from None
    except Blocked as error:
        raise Disconnected(error.why, code=f"blocked_{error.why}") from None
    except requests.RequestException as error:
        raise failure(error) from None


def _read(answer: Fetched) -> Feed:
    """Raises Refused: not_a_feed, too_large or too_hard."""
    try:
        return apart.read(answer.body, content_type=answer.headers.get("content-type", ""), url=answer.url)
    except Unreadable as error:
        code = "too_large" if str(error) == "too large" else "not_a_feed"
        raise Refused(Reason.INVALID, str(error), code=code) from None


def _called(answer: Fetched, found: Feed) -> Iterator[str]:
    """Where the feed was in the end, and what it calls itself; a name on another host may be anybody's."""
    for url in (answer.url, found.topic):
        try:
            address = canonical(url)
        except Refused:
            continue
        if same_host(address, canonical(answer.url)):
            yield address


def _twins(account: Account, answer: Fetched, found: Feed) -> Iterator[str]:
    """The address with www., or without, where the same feed is there and neither leads to the other."""
    url = twin(canonical(answer.url))
    if not url:
        return
    try:
        there = _fetched(account, url, {}, within=FOR_A_TWIN)
        other = _read(there)
    except (Unavailable, Disconnected, Refused):
        return
    known = {entry.id for entry in found.entries}
    if there.status == 200 and (other.topic == found.topic or any(entry.id in known for entry in other.entries)):
        yield url


def _fresh(found: Feed, position: Position, floor: str) -> list[Entry]:
    """Entries not seen before. At the first look what has no date, and always what is older than we are, is known."""
    seen, first = set(position.seen), not position.floor
    unseen = [entry for entry in found.entries if _short(entry) not in seen]
    return [entry for entry in unseen if (entry.at >= floor if entry.at else not first)]


def _short(entry: Entry) -> str:
    return digest(entry.id)[:10]


def _validated(position: Position, answer: Fetched) -> Position:
    """What the server wants to hear next time, to the letter."""
    return replace(
        position, etag=answer.headers.get("etag", "")[:1000], modified=answer.headers.get("last-modified", "")[:100]
    )


def _moved(position: Position, answer: Fetched) -> Position:
    """Only what several looks in a row were sent to for good is the new address."""
    if not answer.moved_to:
        return replace(position, moved_to="", moved=0)
    times = position.moved + 1 if answer.moved_to == position.moved_to else 1
    if times < MOVED_FOR_GOOD:
        return replace(position, moved_to=answer.moved_to, moved=times)
    return replace(position, url=answer.moved_to, moved_to="", moved=0)


def _quiet(position: Position) -> Position:
    looked = datetime.now(UTC).isoformat()
    after = replace(position, fails=0, looked=looked, minutes=_pace(position.minutes, False, 0))
    return after.after(after.minutes)


def _pace(minutes: int, news: bool, said: int) -> int:
    """Sooner where there is news, ever later where there is none, and not sooner than the feed itself says."""
    after = minutes // 2 if news else minutes + max(1, minutes // 4)
    return max(SOONEST, min(max(after, min(said, 60)), LATEST))


def _failed(position: Position, code: str, tries: int = TRIES) -> Found:
    """Later, and ever later. Raises Disconnected after so many in a row."""
    fails = position.fails + 1
    if fails >= tries:
        raise Disconnected("fails again and again", code=code if tries != TRIES else "keeps_failing")
    after = replace(position, fails=fails)
    return (), after.after(min(SOONEST * 2 ** min(fails, 8), LATEST))


comment_feed, watch = CommentFeed(), Watch()
