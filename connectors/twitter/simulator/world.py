"""What the fake X knows: users, posts with their versions, and direct conversations."""

from __future__ import annotations

import hashlib
import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

SITE = "https://x.com"
EPOCH_MS = 1288834974657
EDITABLE_FOR, EDITS = timedelta(hours=1), 5
HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class User:
    """Anybody on X. `brand`: an account that is connected, or waits to be. `takes_dms`: strangers may write."""

    id: str
    name: str
    username: str
    brand: bool = False
    protected: bool = False
    takes_dms: bool = True
    suspended: bool = False
    blocks: set[str] = field(default_factory=set)
    language: str = "en"
    played: bool = False
    version: int = field(default_factory=time.time_ns)

    def touch(self) -> None:
        self.version += 1


@dataclass(slots=True)
class Post:
    """One version of a post; `history` is shared by all versions, oldest first.

    `text` is what was typed. `shown` and `entities` are what X made of it. `origin` is the app that wrote it.
    """

    id: str
    author: User
    text: str
    at: datetime
    conversation: str
    history: list[str]
    parent: str = ""
    quoted: str = ""
    reply_settings: str = "everyone"
    photos: list[str] = field(default_factory=list)
    hidden: bool = False
    origin: str = ""
    shown: str = ""
    entities: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    long: bool = False
    mentioned: list[str] = field(default_factory=list)
    implied: list[str] = field(default_factory=list)
    edited_at: datetime | None = None

    @property
    def newest(self) -> bool:
        return self.history[-1] == self.id

    @property
    def permalink(self) -> str:
        return f"{SITE}/{self.author.username}/status/{self.id}"

    @property
    def editable_until(self) -> datetime:
        return self.at + EDITABLE_FOR


@dataclass(slots=True)
class Message:
    """One event of a conversation. `kind` is v2's: MessageCreate, ParticipantsJoin or ParticipantsLeave.

    `shown` is the text with short links and escaped, as X gives it out.
    """

    id: str
    kind: str
    sender: str
    text: str
    at: datetime
    photos: list[str] = field(default_factory=list)
    participants: list[str] = field(default_factory=list)
    origin: str = ""
    shown: str = ""
    entities: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    seen: bool = False


@dataclass(slots=True)
class Talk:
    """A conversation; `id` is "<smaller>-<larger>" between two, a plain number for a group."""

    id: str
    members: list[str]
    group: bool = False
    messages: list[Message] = field(default_factory=list)

    @property
    def moved_at(self) -> datetime:
        return max((message.at for message in self.messages), default=datetime.fromtimestamp(0, UTC))

    def others(self, user: str) -> list[str]:
        return [one for one in self.members if one != user]


class Ids:
    """Numbers that carry their time, as X's do, and never come twice, not even after a restart."""

    def __init__(self) -> None:
        self._given: set[int] = set()
        self._steps = count(time.time_ns() % 4096)

    def at(self, moment: datetime) -> str:
        milliseconds = int(moment.timestamp() * 1000) - EPOCH_MS
        while (id := (milliseconds << 22) + next(self._steps) % (1 << 22)) in self._given:
            pass
        self._given.add(id)
        return str(id)

    def next(self) -> str:
        return self.at(now())


class World:
    """`posts` holds every version by its id; only `keep` and `remove` change it."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.posts: dict[str, Post] = {}
        self.talks: dict[str, Talk] = {}
        self.ids = Ids()
        self._called: dict[str, User] = {}
        self._handles: dict[str, User] = {}
        self._threads: defaultdict[str, dict[str, Post]] = defaultdict(dict)
        self._replies: defaultdict[str, dict[str, Post]] = defaultdict(dict)
        self._quotes: defaultdict[str, dict[str, Post]] = defaultdict(dict)

    def forget(self) -> None:
        """All that was said, and everybody but the brands."""
        brands = self.brands()
        for known in (self.users, self.posts, self.talks, self._called, self._handles):
            known.clear()
        for hung in (self._threads, self._replies, self._quotes):
            hung.clear()
        for user in brands:
            self._welcome(user)

    # ------------------------------------------------------------ people

    def person(self, name: str, language: str = "en", played: bool = False) -> User:
        """The one customer of that name or @handle; the same id for the same name after a restart too."""
        wanted = name.strip().removeprefix("@")
        if found := self._called.get(wanted.casefold()) or self.named(wanted):
            return found
        username = wanted if HANDLE.fullmatch(wanted) else self._free(_slug(wanted))
        return self._welcome(User(_number_of(wanted), wanted, username, language=language, played=played))

    def brand(self, id: str, name: str) -> User:
        """A connected account. A name that is a handle says its username, otherwise that is made of the name."""
        user = self.users.get(id)
        if user is None:
            bare = name.strip().removeprefix("@") or f"brand{id[-8:]}"
            username = bare if HANDLE.fullmatch(bare) else self._free(_slug(bare))
            user = self._welcome(User(id, bare, username))
        user.brand = True
        return user

    def named(self, username: str) -> User | None:
        return self._handles.get(username.removeprefix("@").casefold())

    def brands(self) -> list[User]:
        return [user for user in self.users.values() if user.brand]

    def _free(self, slug: str) -> str:
        numbered = (f"{slug[:11]}{number}" for number in count(2))
        return slug if not self.named(slug) else next(one for one in numbered if not self.named(one))

    def _welcome(self, user: User) -> User:
        self.users[user.id] = user
        self._called.setdefault(user.name.casefold(), user)
        self._handles[user.username.casefold()] = user
        return user

    # ------------------------------------------------------------ posts

    def newest(self) -> Iterator[Post]:
        """The present version of every post, newest first."""
        found = (post for post in self.posts.values() if post.newest)
        return iter(sorted(found, key=lambda post: int(post.id), reverse=True))

    def below(self, id: str) -> list[Post]:
        """The direct replies to any version of a post, oldest first."""
        return _present(self._replies, self.posts[id].history if id in self.posts else [id])

    def quotes(self, one: Post) -> list[Post]:
        """Those who quote any version of a post, oldest first."""
        return _present(self._quotes, one.history)

    def thread(self, conversation: str) -> list[Post]:
        """All versions of all posts of a conversation."""
        return list(self._threads[conversation].values())

    def current(self, id: str) -> Post | None:
        """A post by the id of any of its versions, in its present version."""
        found = self.posts.get(id)
        return self.posts.get(found.history[-1]) if found else None

    def keep(self, post: Post) -> None:
        self.posts[post.id] = post
        self._threads[post.conversation][post.id] = post
        self._replies[post.parent][post.id] = post
        self._quotes[post.quoted][post.id] = post

    def remove(self, post: Post) -> None:
        """Deleting one version deletes them all."""
        for id in post.history:
            self.posts.pop(id, None)
            for known in (self._threads[post.conversation], self._replies[post.parent], self._quotes[post.quoted]):
                known.pop(id, None)

    # ------------------------------------------------------------ conversations

    def between(self, one: str, other: str) -> Talk:
        smaller, larger = sorted((one, other), key=int)
        return self.talks.setdefault(f"{smaller}-{larger}", Talk(f"{smaller}-{larger}", [one, other]))

    def message(self, id: str) -> tuple[Talk, Message] | None:
        for talk in self.talks.values():
            if found := next((message for message in talk.messages if message.id == id), None):
                return talk, found
        return None


def _present(hung: Mapping[str, dict[str, Post]], ids: Sequence[str]) -> list[Post]:
    found = [post for id in ids for post in hung.get(id, {}).values() if post.newest]
    return sorted(found, key=lambda post: int(post.id))


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:15] or "somebody"


def _number_of(name: str) -> str:
    digest = hashlib.sha256(f"x {name.casefold()}".encode()).digest()
    return str(10**18 + int.from_bytes(digest[:8], "big") % (9 * 10**17))
