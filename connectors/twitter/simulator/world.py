"""What the fake X knows: users, posts with their versions, and direct conversations."""

from __future__ import annotations

import hashlib
import re
import time
import unicodedata
from collections.abc import Iterator
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
    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.posts: dict[str, Post] = {}
        self.gone: set[str] = set()
        self.talks: dict[str, Talk] = {}
        self.ids = Ids()

    # ------------------------------------------------------------ people

    def person(self, name: str, language: str = "en", played: bool = False) -> User:
        """The one customer of that name or @handle; the same id for the same name after a restart too."""
        wanted = name.strip().removeprefix("@")
        if found := next((user for user in self.users.values() if wanted.casefold() in _names(user)), None):
            return found
        username = wanted if HANDLE.fullmatch(wanted) else self._free(_slug(wanted))
        user = User(_number_of(wanted), wanted, username, language=language, played=played)
        self.users[user.id] = user
        return user

    def brand(self, id: str, name: str) -> User:
        """A connected account. A name that is a handle says its username, otherwise that is made of the name."""
        user = self.users.get(id)
        if user is None:
            bare = name.strip().removeprefix("@") or f"brand{id[-8:]}"
            username = bare if HANDLE.fullmatch(bare) else self._free(_slug(bare))
            user = self.users[id] = User(id, bare, username)
        user.brand = True
        return user

    def named(self, username: str) -> User | None:
        wanted = username.removeprefix("@").casefold()
        return next((user for user in self.users.values() if user.username.casefold() == wanted), None)

    def brands(self) -> list[User]:
        return [user for user in self.users.values() if user.brand]

    def _free(self, slug: str) -> str:
        taken = {user.username.casefold() for user in self.users.values()}
        numbered = (f"{slug[:13]}{number}" for number in count(2))
        return slug if slug.casefold() not in taken else next(one for one in numbered if one.casefold() not in taken)

    # ------------------------------------------------------------ posts

    def newest(self) -> Iterator[Post]:
        """The present version of every post, newest first."""
        found = (post for post in self.posts.values() if post.newest)
        return iter(sorted(found, key=lambda post: int(post.id), reverse=True))

    def below(self, id: str) -> list[Post]:
        """The direct replies to any version of a post, oldest first."""
        above = set(self.posts[id].history if id in self.posts else [id])
        return [post for post in reversed(list(self.newest())) if post.parent in above]

    def current(self, id: str) -> Post | None:
        """A post by the id of any of its versions, in its present version."""
        found = self.posts.get(id)
        return self.posts.get(found.history[-1]) if found else None

    def remove(self, post: Post) -> None:
        """Deleting one version deletes them all."""
        for id in post.history:
            self.posts.pop(id, None)
            self.gone.add(id)

    # ------------------------------------------------------------ conversations

    def between(self, one: str, other: str) -> Talk:
        smaller, larger = sorted((one, other), key=int)
        return self.talks.setdefault(f"{smaller}-{larger}", Talk(f"{smaller}-{larger}", [one, other]))

    def message(self, id: str) -> tuple[Talk, Message] | None:
        for talk in self.talks.values():
            if found := next((message for message in talk.messages if message.id == id), None):
                return talk, found
        return None


def _names(user: User) -> tuple[str, str]:
    return user.name.casefold(), user.username.casefold()


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:15] or "somebody"


def _number_of(name: str) -> str:
    digest = hashlib.sha256(f"x {name.casefold()}".encode()).digest()
    return str(10**18 + int.from_bytes(digest[:8], "big") % (9 * 10**17))
