"""What the fake Facebook knows: pages, the people around them, what is written on them, and conversations."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

SITE = "https://www.facebook.com"
TYPING_FADES = timedelta(seconds=20)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Person:
    """Somebody as one page knows them. `blocked`: they take no messages. `secret`: no profile is given out."""

    id: str
    name: str
    language: str = "en"
    played: bool = False
    blocked: bool = False
    secret: bool = False


@dataclass(slots=True)
class Words:
    """A post, comment or review. `author` None is the page itself. `post` is the id of the post it stands under.

    `kind`: post, comment, review or mention. `origin` is the app that wrote it for the page.
    """

    id: str
    kind: str
    page: str
    author: Person | None
    text: str
    at: datetime
    post: str = ""
    parent: str = ""
    photos: list[str] = field(default_factory=list)
    edited_at: datetime | None = None
    hidden: bool = False
    liked: bool = False
    published: bool = True
    private_reply: str = ""
    rating: int | None = None
    origin: str = ""
    reactions: dict[str, str] = field(default_factory=dict)

    @property
    def story(self) -> str:
        """The number of a review, without its author in front."""
        return self.id.rpartition("_")[2]

    @property
    def permalink(self) -> str:
        post, _, comment = (self.post or self.id), "", self.id.rpartition("_")[2]
        url = f"{SITE}/{post.replace('_', '/posts/')}"
        return f"{url}?comment_id={comment}" if self.kind == "comment" else url


@dataclass(slots=True)
class Message:
    """One message of a conversation. `ours`: the page wrote it, by the app `origin`."""

    mid: str
    ours: bool
    text: str
    at: datetime
    attachments: list[dict[str, Any]] = field(default_factory=list)
    reply_to: str = ""
    metadata: str = ""
    origin: str = ""
    edits: int = 0
    removed: bool = False
    delivered: bool = False
    seen: bool = False
    reactions: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Conversation:
    """`opened_at`: the customer's last sign, from which the windows are counted; None while they never wrote."""

    id: str
    person: Person
    messages: list[Message] = field(default_factory=list)
    opened_at: datetime | None = None
    typing_at: datetime | None = None
    seen_at: datetime | None = None

    @property
    def typing(self) -> bool:
        return self.typing_at is not None and now() - self.typing_at < TYPING_FADES

    @property
    def moved_at(self) -> datetime:
        return max((message.at for message in self.messages), default=datetime.fromtimestamp(0, UTC))

    def message(self, mid: str) -> Message | None:
        return next((message for message in self.messages if message.mid == mid), None)


@dataclass(slots=True)
class Page:
    """`tokens`: what opens this page, and for which app key ("" for any). `apps`: the fields each app hears of.

    `lacking`: permissions its tokens do not have. `human_agent`: whether Meta granted that feature.
    `given`: tokens made here, which nobody connected yet.
    """

    id: str
    name: str
    tokens: dict[str, str] = field(default_factory=dict)
    given: list[str] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)
    apps: dict[str, list[str]] = field(default_factory=dict)
    lacking: set[str] = field(default_factory=set)
    human_agent: bool = True
    words: dict[str, Words] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    version: int = field(default_factory=time.time_ns)

    @property
    def offered(self) -> str:
        """The newest token made here that still works, "" where there is none."""
        return next((token for token in reversed(self.given) if token not in self.dead), "")

    def touch(self) -> None:
        self.version += 1

    def below(self, id: str) -> list[Words]:
        """The comments of a post or the replies of a comment, oldest first."""
        return [words for words in self.words.values() if words.parent == id]

    def under(self, post: str) -> list[Words]:
        """All comments and replies below a post."""
        return [words for words in self.words.values() if words.post == post]

    def remove(self, id: str) -> None:
        for child in self.below(id) if id in self.words else []:
            self.remove(child.id)
        self.words.pop(id, None)

    def find_message(self, mid: str) -> tuple[Conversation, Message] | None:
        for conversation in self.conversations.values():
            if message := conversation.message(mid):
                return conversation, message
        return None


class Ids:
    """Ids that never come twice, not even after a restart: they are counted up from the time."""

    def __init__(self) -> None:
        self._last = 0

    def number(self) -> str:
        """Seventeen digits, too many for a JavaScript number."""
        self._last = max(self._last + 1, time.time_ns() // 100)
        return str(self._last)

    def mid(self) -> str:
        digest = hashlib.sha256(f"mid {self.number()}".encode()).digest()
        return "m_" + base64.urlsafe_b64encode(digest * 2).decode().rstrip("=")

    def trace(self) -> str:
        return "A" + base64.urlsafe_b64encode(hashlib.sha256(self.number().encode()).digest())[:22].decode()


class World:
    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.ids = Ids()

    def person(self, page: Page, name: str, language: str = "en", played: bool = False) -> Person:
        """The one person of that name whom a page knows; the same id for the same name after a restart too."""
        digest = hashlib.sha256(f"{page.id} {name.strip().casefold()}".encode()).digest()
        id = str(10**15 + int.from_bytes(digest[:8], "big") % (9 * 10**16))
        return page.people.setdefault(id, Person(id, name.strip(), language, played))

    def conversation(self, page: Page, person: Person) -> Conversation:
        if person.id not in page.conversations:
            page.conversations[person.id] = Conversation(f"t_{self.ids.number()}", person)
        return page.conversations[person.id]

    def find(self, id: str) -> tuple[Page, Words] | None:
        """A post, comment or review on any page; a review also by the number of its story alone."""
        for page in self.pages.values():
            found = page.words.get(id) or next((one for one in page.words.values() if _is_story(one, id)), None)
            if found:
                return page, found
        return None

    def holders(self, token: str) -> Iterator[tuple[Page, str]]:
        """The pages a token opens and the app key it was made for."""
        for page in self.pages.values():
            if token in page.tokens:
                yield page, page.tokens[token]
            elif token in page.given:
                yield page, ""


def _is_story(words: Words, id: str) -> bool:
    return words.kind == "review" and words.story == id
