"""What customers do in a run, as webhooks of Meta, and what must be true of it in the end.

Everything follows from the seed, so that a run can be played again. Built on the simulator's world, which
later answers our calls about the same people, posts and conversations.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, groupby

from connectors.meta.simulator import events
from connectors.meta.simulator.events import Event
from connectors.meta.simulator.world import Conversation, Message, Page, Person, Words, World

PEOPLE, STORIES = 100, 12
# How long before its first delivery something happened; the five minutes run out in the middle of a run.
AGE = timedelta(seconds=270)
WINDOW = 50
BATCHED = 0.15
EDIT_AFTER = timedelta(seconds=3)
# What may still be edited or removed are the last so many.
CHANGEABLE = 2000
DOINGS = {"comment": 34, "reply": 12, "post": 8, "message": 32, "edit": 9, "remove": 5}
PHRASES = (
    "Où est mon colis, commande {n} ?",
    "My parcel {n} is late / again 😡",
    "Facture n° {n} : « montant » erroné <b>deux fois</b>",
    'No answer since Monday about "{n}" \\ please',
    "Merci beaucoup 🙏 pour le dossier {n}",
    "Ça ne marche toujours pas, cf. https://example.com/aide/{n}",
)


@dataclass(slots=True)
class Truth:
    """A customer's message as it must stand in the end. `at` as precise as Meta tells it."""

    external_id: str
    channel: str
    person: str
    thread: str
    at: datetime
    text: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A webhook item, when Meta says it sent it, and the message it is about."""

    event: Event
    at: datetime
    about: str
    adds: bool


@dataclass(slots=True)
class _Said:
    """Something that can still be edited or removed."""

    truth: Truth
    thing: Words | tuple[Conversation, Message]
    touched: datetime


class Story:
    """`deliveries`: bodies to POST in this order, duplicates among them. `truth`: by external id."""

    def __init__(self, seed: int, page: Page, size: int, duplicates: float, start: datetime, seconds: float) -> None:
        self._rng = random.Random(f"{seed} story")  # noqa: S311 -- no secrets
        self._numbers = count(10**16 + self._rng.randrange(10**15))
        self._page, self._seed = page, seed
        self._at = start - AGE
        # Events are a little more than deliveries, because some deliveries carry several.
        self._step = timedelta(seconds=seconds / (size * (1 + BATCHED * 2)))
        self.truth: dict[str, Truth] = {}
        self._said: list[_Said] = []
        self._below: dict[str, list[Words]] = {}
        self._people = self._populate()
        self._posts = self._furnish()
        fresh = [self._batch() for _ in range(size)]
        self.unique = len(fresh)
        self.deliveries = self._mix(fresh, duplicates)

    # ------------------------------------------------------------ the company and its customers

    def _populate(self) -> list[Person]:
        world = World()
        return [world.person(self._page, f"Client {number} d’Aujourd’hui") for number in range(PEOPLE)]

    def _furnish(self) -> list[Words]:
        """The company's own posts, under which most is written."""
        posts = []
        for number in range(STORIES):
            post = self._new_words("post", None, f"News {number} of the company", self._page.id)
            post.at -= timedelta(hours=number + 1)
            posts.append(post)
        return posts

    # ------------------------------------------------------------ what happens

    def _batch(self) -> list[Item]:
        """The items of one delivery."""
        size = self._rng.randint(2, 4) if self._rng.random() < BATCHED else 1
        return [self._happen() for _ in range(size)]

    def _happen(self) -> Item:
        self._at += self._step
        doing = self._rng.choices(list(DOINGS), weights=list(DOINGS.values()))[0]
        if doing in ("edit", "remove"):
            settled = [said for said in self._said if said.touched + EDIT_AFTER <= self._at]
            if settled:
                said = self._rng.choice(settled[-400:])
                return self._edit(said) if doing == "edit" else self._remove(said)
            doing = "message"
        person = self._rng.choice(self._people)
        if doing == "message":
            return self._write(person)
        return self._publish(person, doing)

    def _write(self, person: Person) -> Item:
        conversation = self._page.conversations.setdefault(person.id, Conversation(f"t_{person.id}", person))
        digest = hashlib.sha256(f"{self._seed} {next(self._numbers)}".encode()).digest()
        mid = "m_" + base64.urlsafe_b64encode(digest * 2).decode().rstrip("=")
        message = Message(mid, False, self._phrase(), self._at)
        conversation.messages.append(message)
        conversation.opened_at = self._at
        at = self._at.replace(microsecond=self._at.microsecond // 1000 * 1000)
        truth = Truth(mid, "messenger", person.id, person.id, at, message.text)
        self._keep(_Said(truth, (conversation, message), self._at))
        return self._item(events.said(self._page, conversation, message), truth, adds=True)

    def _publish(self, person: Person, kind: str) -> Item:
        """A visitor's post, a comment below a post, or an answer to somebody's comment."""
        if kind == "post":
            words = self._new_words("post", person, self._phrase(), self._page.id)
            self._posts.append(words)
            event = events.post(self._page, words, "add")
        else:
            above = self._rng.choice(self._posts[-60:])
            below = self._below.setdefault(above.id, [])
            words = self._new_words("comment", person, self._phrase(), above.id.rpartition("_")[2])
            words.post = above.id
            words.parent = self._rng.choice(below).id if kind == "reply" and below else above.id
            if words.parent == above.id:
                below.append(words)
            event = events.comment(self._page, words, "add")
        truth = Truth(
            words.id, "facebook", person.id, words.post or words.id, self._at.replace(microsecond=0), words.text
        )
        self._keep(_Said(truth, words, self._at))
        return self._item(event, truth, adds=True)

    def _edit(self, said: _Said) -> Item:
        said.touched = self._at
        said.truth.text = self._phrase()
        if isinstance(said.thing, tuple):
            conversation, message = said.thing
            message.text, message.edits = said.truth.text, message.edits + 1
            return self._item(events.message_edit(self._page, conversation, message, self._at), said.truth)
        said.thing.text = said.truth.text
        return self._item(self._told(said.thing, "edited"), said.truth)

    def _remove(self, said: _Said) -> Item:
        self._said.remove(said)
        said.truth.text, said.truth.removed = "", True
        if isinstance(said.thing, tuple):
            conversation, message = said.thing
            return self._item(events.unsent(self._page, conversation, message, self._at), said.truth)
        return self._item(self._told(said.thing, "remove"), said.truth)

    def _told(self, words: Words, verb: str) -> Event:
        teller = events.post if words.kind == "post" else events.comment
        return teller(self._page, words, verb)

    def _item(self, event: Event, truth: Truth, adds: bool = False) -> Item:
        return Item(event, self._at, truth.external_id, adds)

    def _keep(self, said: _Said) -> None:
        self.truth[said.truth.external_id] = said.truth
        self._said.append(said)
        del self._said[:-CHANGEABLE]

    def _new_words(self, kind: str, author: Person | None, text: str, place: str) -> Words:
        words = Words(f"{place}_{next(self._numbers)}", kind, self._page.id, author, text, self._at)
        self._page.words[words.id] = words
        return words

    def _phrase(self) -> str:
        return self._rng.choice(PHRASES).format(n=next(self._numbers) % 10**6)

    # ------------------------------------------------------------ how it is delivered

    def _mix(self, fresh: Sequence[Sequence[Item]], duplicates: float) -> list[bytes]:
        """Duplicates come later, as the very same bytes or with something else in one delivery; then all is shuffled.

        Nothing moves further than a window, besides the duplicates.
        """
        placed = [(float(place), body_of(items)) for place, items in enumerate(fresh)]
        for place in self._rng.sample(range(len(fresh)), round(duplicates * len(fresh))):
            again = list(fresh[place])
            if self._rng.random() < 0.5:
                again += fresh[self._rng.randrange(max(0, place - WINDOW), place + 1)]
            later = self._rng.uniform(1, 80) if self._rng.random() < 0.8 else self._rng.uniform(1, len(fresh))
            placed.append((place + later, body_of(again)))
        ordered = [body for _, body in sorted(placed)]
        mixed: list[bytes] = []
        for begin in range(0, len(ordered), WINDOW):
            window = ordered[begin : begin + WINDOW]
            self._rng.shuffle(window)
            mixed += window
        return mixed


def body_of(items: Sequence[Item]) -> bytes:
    """One delivery with Meta's escaping. New things of a kind share an entry; an edit has one with its own time."""
    entries = []
    for (lane, adds), group in groupby(items, key=lambda item: (item.event.lane, item.adds)):
        found = list(group)
        for part in [found] if adds else [[item] for item in found]:
            at = part[-1].at.timestamp() * (1 if lane == "changes" else 1000)
            entries.append({"id": part[0].event.page, "time": int(at), lane: [item.event.item for item in part]})
    text = json.dumps({"object": "page", "entry": entries}, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").encode("ascii")
