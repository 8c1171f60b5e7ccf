"""The trickle: customers who write by themselves, and who answer when they are answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from connectors.meta.simulator import cast
from connectors.meta.simulator.cast import Line
from connectors.meta.simulator.customers import picture, sticker
from connectors.meta.simulator.deeds import Deeds
from connectors.meta.simulator.world import Conversation, Message, Page, Person, Words, World, now
from connectors.simulator.stage import Stage

T = TypeVar("T")

MOST_PEOPLE_A_PAGE = 24
THINKING = (6.0, 25.0)
ANSWERS = 0.6


@dataclass(slots=True)
class Mood:
    """What a played customer may still say after an answer."""

    more: list[str] = field(default_factory=list)
    thanked: bool = False


class Play:
    def __init__(self, stage: Stage, world: World, deeds: Deeds) -> None:
        self._stage, self._world, self._deeds = stage, world, deeds
        self._rng, self._reactions = stage.chance("play"), stage.chance("reactions")
        self._unsaid: defaultdict[str, list[object]] = defaultdict(list)
        self._moods: dict[tuple[str, str], Mood] = {}
        deeds.answered = self._answered

    def act(self) -> None:
        """Let one customer do one thing on one of the pages that are connected."""
        pages = [page for page in self._world.pages.values() if page.apps]
        if not pages:
            return
        page = self._rng.choice(pages)
        channels = self._doings(page)
        self._rng.choices([doing for doing, _ in channels], [weight for _, weight in channels])[0](page)

    def reset(self) -> None:
        self._unsaid.clear()
        self._moods.clear()

    def _doings(self, page: Page) -> list[tuple[Callable[[Page], None], int]]:
        heard = {name for names in page.apps.values() for name in names}
        doings: list[tuple[Callable[[Page], None], int]] = []
        if "feed" in heard:
            doings += [(self._comment, 36), (self._join_in, 8), (self._post, 8), (self._second_thoughts, 4)]
        if "ratings" in heard:
            doings.append((self._review, 4))
        if "messages" in heard:
            doings.append((self._message, 40))
        return doings or [(self._comment, 1)]

    def _comment(self, page: Page) -> None:
        stories = [words for words in page.words.values() if words.kind == "post" and words.author is None]
        if not stories:
            return
        person, story = self._person(page), self._rng.choice(stories[-5:])
        line: Line = self._fresh(f"comments {person.language}", cast.COMMENTS[person.language])
        self._deeds.comment(page, story, person, self._filled(person, line.text), now())
        self._moods[page.id, person.id] = Mood(list(line.more))

    def _join_in(self, page: Page) -> None:
        """Somebody has the same trouble as an earlier commenter."""
        comments = [words for words in page.words.values() if words.kind == "comment" and words.author]
        if not comments:
            return self._comment(page)
        person, above = self._person(page), self._rng.choice(comments[-10:])
        text = self._rng.choice(cast.AGREEING[person.language])
        self._deeds.comment(page, above, person, self._filled(person, text), now())
        return None

    def _post(self, page: Page) -> None:
        person = self._person(page)
        line: Line = self._fresh(f"posts {person.language}", cast.POSTS[person.language])
        photos = [picture(self._stage.base_url, "parcel")] if self._rng.random() < 0.3 else []
        self._deeds.post(page, person, self._filled(person, line.text), photos, now())

    def _review(self, page: Page) -> None:
        person = self._person(page)
        rating, text = self._fresh(f"reviews {person.language}", cast.REVIEWS[person.language])
        self._deeds.review(page, person, text, rating, now())

    def _second_thoughts(self, page: Page) -> None:
        """Somebody mends what they wrote, or takes it back."""
        own = [words for words in page.words.values() if words.author and words.author.played]
        own = [words for words in own if words.kind == "comment" and not page.below(words.id)]
        if not own:
            return self._comment(page)
        words = self._rng.choice(own[-10:])
        if self._rng.random() < 0.25:
            self._deeds.remove(page, words)
        else:
            self._deeds.edit(
                page,
                words,
                words.text + (" (edit)" if words.author and words.author.language == "en" else " (modifié)"),
            )
        return None

    def _message(self, page: Page) -> None:
        person = self._person(page)
        conversation = self._world.conversation(page, person)
        line: Line = self._fresh(f"messages {person.language}", cast.MESSAGES[person.language])
        self._deeds.write(page, conversation, self._filled(person, line.text), now())
        self._moods[page.id, person.id] = Mood(list(line.more))
        if self._rng.random() < 0.15:
            photo = {"type": "image", "payload": {"url": picture(self._stage.base_url, "parcel")}}
            self._stage.later(4, lambda: self._add(page, conversation, photo))

    def _add(self, page: Page, conversation: Conversation, attachment: dict[str, Any]) -> None:
        self._deeds.write(page, conversation, "", now(), attachments=[attachment])

    # ------------------------------------------------------------ reacting

    def _answered(self, page: Page, person: Person, words: Words | Message) -> None:
        """The page answered a played customer: perhaps they ask further, perhaps they say thanks."""
        if not (self._stage.playing and person.played) or self._reactions.random() > ANSWERS:
            return
        mood = self._moods.setdefault((page.id, person.id), Mood())
        if mood.thanked and not mood.more:
            return
        seconds = self._reactions.uniform(*THINKING)
        self._stage.later(seconds, lambda: self._reply(page, person, words, mood))

    def _reply(self, page: Page, person: Person, words: Words | Message, mood: Mood) -> None:
        text = mood.more.pop(0) if mood.more else self._reactions.choice(cast.THANKS[person.language])
        mood.thanked = mood.thanked or not mood.more
        if isinstance(words, Message):
            self._reply_in_messenger(page, person, text)
        elif words.id in page.words:
            self._deeds.comment(page, words, person, self._filled(person, text, self._reactions), now())

    def _reply_in_messenger(self, page: Page, person: Person, text: str) -> None:
        conversation = self._world.conversation(page, person)
        self._deeds.see(page, conversation)
        if self._reactions.random() < 0.15:
            thumb = sticker(self._stage.base_url)
            self._deeds.write(page, conversation, "", now(), attachments=[thumb])
        else:
            self._deeds.write(page, conversation, self._filled(person, text, self._reactions), now())

    # ------------------------------------------------------------ chance

    def _person(self, page: Page) -> Person:
        """Mostly somebody new until the page knows enough people, then one of them again."""
        known = [person for person in page.people.values() if person.played]
        if len(known) >= MOST_PEOPLE_A_PAGE or (known and self._rng.random() < 0.25):
            return self._rng.choice(known)
        language = self._rng.choice(("fr", "en"))
        return self._world.person(
            page, self._fresh(f"people {page.id} {language}", cast.PEOPLE[language]), language, True
        )

    def _fresh(self, key: str, stock: Sequence[T]) -> T:
        """One of the stock at random, none twice until all had their turn."""
        left = self._unsaid[key]
        if not left:
            left.extend(self._rng.sample(list(stock), len(stock)))
        found: T = left.pop()  # type: ignore[assignment]  # each key has its own stock
        return found

    def _filled(self, person: Person, text: str, rng: Random | None = None) -> str:
        rng = rng or self._rng
        amount = f"{rng.randint(9, 180)}.{rng.choice(('00', '50', '90'))}"
        amount = amount.replace(".", ",") if person.language == "fr" else amount
        return text.format(
            order=rng.randint(104_000, 989_999), day=rng.choice(cast.DAYS[person.language]), amount=amount
        )
