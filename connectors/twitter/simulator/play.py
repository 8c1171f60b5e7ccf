"""The trickle: customers who write by themselves on X, and who answer when they are answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from connectors.simulator.stage import Stage
from connectors.twitter.simulator import cast
from connectors.twitter.simulator.cast import Line
from connectors.twitter.simulator.customers import picture
from connectors.twitter.simulator.deeds import Deeds
from connectors.twitter.simulator.hooks import Hooks
from connectors.twitter.simulator.world import Message, Post, User, World, now

T = TypeVar("T")

THINKING = (6.0, 25.0)
ANSWERS = 0.6


class Play:
    def __init__(self, stage: Stage, world: World, deeds: Deeds, hooks: Hooks) -> None:
        self._stage, self._world, self._deeds, self._hooks = stage, world, deeds, hooks
        self._rng, self._reactions = stage.chance("x play"), stage.chance("x reactions")
        self._unsaid: defaultdict[str, list[object]] = defaultdict(list)
        self._more: dict[tuple[str, str], list[str]] = {}
        self._thanked: set[tuple[str, str]] = set()
        deeds.answered = self._answered

    def act(self) -> None:
        """Let one customer do one thing towards one of the brands that are connected."""
        connected = {page.external_id for app in self._hooks.apps.values() for page in app.pages}
        brands = [user for user in self._world.brands() if user.id in connected]
        if not brands:
            return
        doings: list[tuple[Callable[[User], None], int]] = [
            (self._mention, 40),
            (self._message, 30),
            (self._reply, 18),
            (self._quote, 6),
            (self._second_thoughts, 6),
        ]
        doing = self._rng.choices([one for one, _ in doings], [weight for _, weight in doings])[0]
        doing(self._rng.choice(brands))

    def reset(self) -> None:
        self._unsaid.clear()
        self._more.clear()
        self._thanked.clear()

    def _mention(self, brand: User) -> None:
        person = self._person()
        line: Line = self._fresh(f"mentions {person.language}", cast.MENTIONS[person.language])
        photos = [picture(self._stage.base_url)] if self._rng.random() < 0.12 else []
        self._deeds.post(person, self._filled(brand, person, line.text), now(), photos=photos)
        self._more[brand.id, person.id] = list(line.more)

    def _reply(self, brand: User) -> None:
        person, above = self._person(), self._story(brand)
        if above:
            words = self._fresh(f"replies {person.language}", cast.REPLIES[person.language])
            self._deeds.post(person, self._filled(brand, person, words), now(), above=above)

    def _quote(self, brand: User) -> None:
        person, quoted = self._person(), self._story(brand)
        if quoted:
            words = self._fresh(f"quotes {person.language}", cast.QUOTES[person.language])
            self._deeds.post(person, self._filled(brand, person, words), now(), quoted=quoted)

    def _message(self, brand: User) -> None:
        person = self._person()
        line: Line = self._fresh(f"messages {person.language}", cast.MESSAGES[person.language])
        talk = self._world.between(person.id, brand.id)
        self._deeds.write(person, talk, self._filled(brand, person, line.text), now())
        self._more[brand.id, person.id] = list(line.more)

    def _second_thoughts(self, brand: User) -> None:
        """Somebody mends what they wrote, or takes it back."""
        own = [one for one in self._world.newest() if one.author.played and brand.id in one.mentioned]
        own = [one for one in own[:10] if not one.parent and len(one.history) == 1 and not self._world.below(one.id)]
        if not own:
            return self._mention(brand)
        one = self._rng.choice(own)
        if self._rng.random() < 0.3:
            self._deeds.remove(one)
        else:
            self._deeds.edit(one, f"{one.text} (edit)")
        return None

    # ------------------------------------------------------------ reacting

    def _answered(self, brand: User, person: User, words: Post | Message) -> None:
        """The brand answered a played customer: perhaps they ask further, perhaps they say thanks."""
        key = (brand.id, person.id)
        if not (self._stage.playing and person.played) or self._reactions.random() > ANSWERS:
            return
        if key in self._thanked and not self._more.get(key):
            return
        seconds = self._reactions.uniform(*THINKING)
        self._stage.later(seconds, lambda: self._react(brand, person, words))

    def _react(self, brand: User, person: User, words: Post | Message) -> None:
        more = self._more.get((brand.id, person.id), [])
        text = more.pop(0) if more else self._reactions.choice(cast.THANKS[person.language])
        if not more:
            self._thanked.add((brand.id, person.id))
        text = self._filled(brand, person, text, self._reactions)
        if isinstance(words, Message):
            self._deeds.write(person, self._world.between(person.id, brand.id), text, now())
        elif above := self._world.current(words.id):
            self._deeds.post(person, text, now(), above=above)

    # ------------------------------------------------------------ chance

    def _story(self, brand: User) -> Post | None:
        stories = [one for one in self._world.newest() if one.author is brand and not one.parent][:5]
        return self._rng.choice(stories) if stories else None

    def _person(self) -> User:
        language = self._rng.choice(("fr", "en"))
        return self._world.person(self._fresh(f"people {language}", cast.PEOPLE[language]), language, True)

    def _fresh(self, key: str, stock: Sequence[T]) -> T:
        """One of the stock at random, none twice until all had their turn."""
        left = self._unsaid[key]
        if not left:
            left.extend(self._rng.sample(list(stock), len(stock)))
        found: T = left.pop()  # type: ignore[assignment]  # each key has its own stock
        return found

    def _filled(self, brand: User, person: User, text: str, rng: Random | None = None) -> str:
        rng = rng or self._rng
        amount = f"{rng.randint(9, 180)}.{rng.choice(('00', '50', '90'))}"
        amount = amount.replace(".", ",") if person.language == "fr" else amount
        day, order = rng.choice(cast.DAYS[person.language]), rng.randint(104_000, 989_999)
        return text.format(brand=f"@{brand.username}", order=order, day=day, amount=amount)
