"""The search language, as far as a brand's keywords need it: words, phrases, OR, brackets, operators, not."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from connectors.twitter.simulator.refusals import invalid
from connectors.twitter.simulator.world import Post, World

LONGEST = 512
_TOKEN = re.compile(r'-?\(|\)|-?(?:[a-z_]+:)?"[^"]*"|[^\s()]+')
_STANDALONE = ("from:", "to:", "conversation_id:", "url:", "in_reply_to_tweet_id:", "quotes_of_tweet_id:")
_FAILED = "There were errors processing your request"

Test = Callable[[Post], bool]


def parse(world: World, query: str) -> Test:
    """Raises Refusal where X would."""
    if not query.strip():
        raise invalid("query", query, "The `query` query parameter can not be empty")
    if len(query) > LONGEST:
        raise invalid("query", query, f"The `query` query parameter is longer than {LONGEST} characters")
    tokens = _TOKEN.findall(query)
    found = _Parser(world, tokens, query)
    test = found.any_of()
    if found.place != len(tokens):
        raise invalid("query", query, f"{_FAILED}: brackets do not match")
    if not found.stands_alone:
        raise invalid("query", query, f"{_FAILED}: needs at least one standalone operator")
    return test


class _Parser:
    def __init__(self, world: World, tokens: list[str], query: str) -> None:
        self._world, self._tokens, self._query = world, tokens, query
        self.place, self.stands_alone = 0, False

    def any_of(self) -> Test:
        options = [self._all_of()]
        while self._next() == "OR":
            self.place += 1
            options.append(self._all_of())
        return lambda post: any(option(post) for option in options)

    def _all_of(self) -> Test:
        tests: list[Test] = []
        while (token := self._next()) not in ("", "OR", ")"):
            self.place += 1
            tests.append(self._one(token))
        if not tests:
            raise invalid("query", self._query, f"{_FAILED}: nothing beside an operator")
        return lambda post: all(test(post) for test in tests)

    def _one(self, token: str) -> Test:
        negated, token = token.startswith("-"), token.removeprefix("-")
        if token == "(":  # noqa: S105 -- a bracket
            inner = self.any_of()
            if self._next() != ")":
                raise invalid("query", self._query, f"{_FAILED}: missing )")
            self.place += 1
            test = inner
        else:
            test = self._operator(token)
            self.stands_alone |= not negated and (":" not in token or token.startswith(_STANDALONE))
        return (lambda post: not test(post)) if negated else test

    def _operator(self, token: str) -> Test:
        name, _, value = token.partition(":")
        value = value.strip('"').removeprefix("@").casefold()
        world = self._world
        operators: dict[str, Test] = {
            "from": lambda post: value in (post.author.username.casefold(), post.author.id),
            "to": lambda post: _answers(world, post, value),
            "conversation_id": lambda post: post.conversation == value,
            "in_reply_to_tweet_id": lambda post: post.parent == value,
            "quotes_of_tweet_id": lambda post: post.quoted == value,
            "lang": lambda post: post.author.language == value,
            "url": lambda post: any(value in str(one["expanded_url"]).casefold() for one in _links(post)),
            "is": lambda post: {"reply": bool(post.parent), "quote": bool(post.quoted)}.get(value, False),
            "has": lambda post: bool(post.photos) if value in ("media", "images") else value in post.entities,
        }
        if ":" in token and "//" not in token:
            if name not in operators:
                raise invalid("query", token, f"{_FAILED}: Reference to invalid operator '{name}'")
            return operators[name]
        return _words(token)

    def _next(self) -> str:
        return self._tokens[self.place] if self.place < len(self._tokens) else ""


def _links(post: Post) -> list[dict[str, object]]:
    return post.entities.get("urls", [])


def _words(token: str) -> Test:
    wanted = token.strip('"').casefold()
    pattern = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)")
    return lambda post: bool(pattern.search(unescape(post.shown).casefold()))


def _answers(world: World, post: Post, username: str) -> bool:
    above = world.posts.get(post.parent)
    return bool(above and username in (above.author.username.casefold(), above.author.id))
