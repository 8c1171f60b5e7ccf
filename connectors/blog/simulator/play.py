"""The trickle: readers who comment by themselves, who answer when they are answered, and other bloggers."""

from __future__ import annotations

from connectors.blog.simulator import cast
from connectors.blog.simulator.deeds import Deeds
from connectors.blog.simulator.hosting import Hosting
from connectors.blog.simulator.refusals import Refusal
from connectors.blog.simulator.world import Comment, Site, World, now
from connectors.simulator.stage import Stage

THINKING = (6.0, 25.0)
ANSWERS, CHATTER = 0.5, 0.15


class Play:
    """`brands` are the sites that are connected."""

    def __init__(self, stage: Stage, world: World, deeds: Deeds, hosting: Hosting) -> None:
        self._stage, self._world, self._deeds, self._hosting = stage, world, deeds, hosting
        self._rng, self._reactions = stage.chance("blog play"), stage.chance("blog reactions")
        self.brands: list[Site] = []
        self._answered: set[int] = set()
        deeds.answered = self._react

    def act(self) -> None:
        """Let one reader comment on a connected site, or another blogger write about its company."""
        if not self.brands:
            return
        site = self._rng.choice(self.brands)
        open_to = [one for one in site.articles.values() if one.open and one.state == "publish"]
        if self._rng.random() < CHATTER:
            self._chatter(site)
        elif open_to:
            self._say(site, self._rng.choice(open_to).id, 0, self._rng.choice(cast.READERS), cast.COMMENTS)

    def reset(self) -> None:
        self._answered.clear()

    def _chatter(self, site: Site) -> None:
        other = self._rng.choice(list(self._world.others.values()))
        title, words = (self._filled(one, site) for one in self._rng.choice(cast.MENTIONS))
        self._world.write(other, title, self._rng.choice(cast.READERS), words, now())
        self._hosting.pushed(other)

    def _say(self, site: Site, article: int, parent: int, name: str, stock: tuple[str, ...]) -> None:
        words = self._filled(self._rng.choice(stock), site)
        try:
            self._deeds.visit(site, site.articles[article], name, words, parent=parent)
        except Refusal:
            # Somebody said just that before.
            return

    def _react(self, site: Site, answer: Comment) -> None:
        """The reader who got an answer says something once, if the trickle runs."""
        if not self._stage.playing or answer.parent in self._answered or self._reactions.random() > ANSWERS:
            return
        self._answered.add(answer.parent)
        asked = site.comments[answer.parent]
        pause = self._reactions.uniform(*THINKING)
        self._stage.later(pause, lambda: self._say(site, asked.article, answer.id, asked.name, cast.BACK))

    def _filled(self, words: str, site: Site) -> str:
        amount = f"{self._rng.randint(9, 180)}.{self._rng.choice(('00', '50', '90'))}"
        order, day = self._rng.randint(104_000, 989_999), self._rng.choice(cast.DAYS)
        return words.format(brand=site.name, order=order, day=day, amount=amount)
