"""Reading posts and users: look-ups, mentions, timelines, search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from connectors.twitter.simulator import query, shapes
from connectors.twitter.simulator.calls import (
    POST_PARAMETERS,
    Asked,
    Call,
    Endpoint,
    asked,
    id_in,
    moment,
    page_of,
    whole,
)
from connectors.twitter.simulator.limits import Allowance
from connectors.twitter.simulator.refusals import Refusal, hidden, invalid, missing
from connectors.twitter.simulator.world import Post, User, World, now

LIST = POST_PARAMETERS | {
    "max_results",
    "since_id",
    "until_id",
    "start_time",
    "end_time",
    "pagination_token",
    "exclude",
}
SEARCH = LIST | {"query", "next_token", "sort_order"}
USER_PARAMETERS = frozenset(["expansions", "tweet.fields", "post.fields", "user.fields"])
READ = ("tweet.read", "users.read")
SEARCHABLE = timedelta(days=7)


class Reading:
    def __init__(self, world: World) -> None:
        self._world = world

    def endpoints(self) -> Iterator[Endpoint]:
        one, many = Allowance(3500, 5000), Allowance(450, 300)
        yield Endpoint("me", "GET", r"users/me", self.me, Allowance(0, 75), READ, "user", USER_PARAMETERS)
        by_name = r"users/by/username/([A-Za-z0-9_]{1,15})"
        few, more = Allowance(300, 900), USER_PARAMETERS | {"ids"}
        yield Endpoint("user_by_name", "GET", by_name, self.user_by_name, few, READ, "any", USER_PARAMETERS)
        yield Endpoint("user", "GET", r"users/(\d{1,19})", self.user, few, READ, "any", USER_PARAMETERS)
        yield Endpoint("users", "GET", r"users", self.users, few, READ, "any", more)
        yield Endpoint("mentions", "GET", r"users/(\d{1,19})/mentions", self.mentions, many, READ, "any", LIST)
        own = Allowance(10_000, 900)
        yield Endpoint("timeline", "GET", r"users/(\d{1,19})/tweets", self.timeline, own, READ, "any", LIST)
        yield Endpoint("search", "GET", r"tweets/search/recent", self.search, many, READ, "any", SEARCH)
        yield Endpoint("post", "GET", r"tweets/(\d{1,19})", self.post, one, READ, "any", POST_PARAMETERS)
        yield Endpoint("posts", "GET", r"tweets", self.posts, one, READ, "any", POST_PARAMETERS | {"ids"})
        quotes = r"tweets/(\d{1,19})/quote_tweets"
        yield Endpoint("quotes", "GET", quotes, self.quotes, Allowance(75, 75), READ, "any", LIST)
        yield Endpoint("usage", "GET", r"usage/tweets", self.usage, Allowance(50), (), "app", frozenset({"days"}))

    # ------------------------------------------------------------ users

    def me(self, call: Call) -> Any:
        return self._user(call, call.me, "id", call.me.id)

    def user(self, call: Call) -> Any:
        return self._user(call, self._world.users.get(call.ids[0]), "id", call.ids[0])

    def user_by_name(self, call: Call) -> Any:
        return self._user(call, self._world.named(call.ids[0]), "username", call.ids[0])

    def users(self, call: Call) -> Any:
        wanted = asked(call, frozenset({"pinned_tweet_id"}))
        ids = _ids(call)
        found = [user for id in ids if (user := self._world.users.get(id)) and not user.suspended]
        call.bill("user_read", [user.id for user in found])
        answer: dict[str, Any] = {}
        if found:
            answer["data"] = [shapes.user(self._world, user, wanted.fields["user"], call.caller.user) for user in found]
        lost = sorted(set(ids) - {user.id for user in found})
        return answer | ({"errors": [self._lost(id, "ids", id) for id in lost]} if lost else {})

    def _user(self, call: Call, user: User | None, parameter: str, value: str) -> Any:
        wanted = asked(call, frozenset({"pinned_tweet_id"}))
        if user is None:
            return {"errors": [missing("user", parameter, value)]}
        if user.suspended:
            return {"errors": [self._lost(user.id, parameter, value)]}
        call.bill("user_read", [user.id])
        return {"data": shapes.user(self._world, user, wanted.fields["user"], call.caller.user)}

    def _lost(self, id: str, parameter: str, value: str) -> dict[str, Any]:
        """Why somebody is not shown."""
        user, error = self._world.users.get(id), missing("user", parameter, value)
        if user is None or not user.suspended:
            return error
        return error | {"detail": f"User has been suspended: [{value}].", "title": "Forbidden"}

    # ------------------------------------------------------------ posts

    def post(self, call: Call) -> Any:
        wanted = asked(call, shapes.POST_EXPANSIONS)
        found, errors = self._look_up([call.ids[0]], "id")
        answer = self._answer(call, found, wanted)
        if found:
            answer["data"] = answer["data"][0]
        return answer | ({"errors": errors} if errors else {})

    def posts(self, call: Call) -> Any:
        wanted = asked(call, shapes.POST_EXPANSIONS)
        found, errors = self._look_up(_ids(call), "ids")
        return self._answer(call, found, wanted) | ({"errors": errors} if errors else {})

    def mentions(self, call: Call) -> Any:
        """Also the names a reply only implies, since they stand in its text."""
        user = self._known(call)
        posts = [post for post in self._public() if user.id in post.mentioned]
        return self._list(call, posts, 5, 100, "pagination_token")

    def timeline(self, call: Call) -> Any:
        user = self._known(call)
        own = [post for post in self._world.newest() if post.author is user]
        return self._list(call, own, 5, 100, "pagination_token")

    def quotes(self, call: Call) -> Any:
        above = self._world.posts.get(call.ids[0])
        quoting = self._world.quotes(above) if above else []
        found = [post for post in reversed(quoting) if not (post.author.protected or post.author.suspended)]
        return self._list(call, found, 10, 100, "pagination_token")

    def search(self, call: Call) -> Any:
        test = query.parse(self._world, call.query.get("query", ""))
        oldest = now() - SEARCHABLE
        found = [post for post in self._public() if post.at > oldest and test(post)]
        token = "pagination_token" if call.query.get("pagination_token") else "next_token"
        return self._list(call, found, 10, 100, token)

    def usage(self, call: Call) -> Any:
        return {"data": {"project_id": "1", "project_cap": "3000000", "project_usage": "0", "cap_reset_day": 1}}

    # ------------------------------------------------------------ what they share

    def _public(self) -> Iterator[Post]:
        return (post for post in self._world.newest() if not (post.author.protected or post.author.suspended))

    def _known(self, call: Call) -> User:
        user = self._world.users.get(call.ids[0])
        if user is None:
            raise Refusal(200, {"errors": [missing("user", "id", call.ids[0])]})
        return user

    def _look_up(self, ids: Sequence[str], parameter: str) -> tuple[list[Post], list[dict[str, Any]]]:
        """An older version of a post is shown as it was."""
        found, errors = [], []
        for id in ids:
            post = self._world.posts.get(id)
            if post is None:
                errors.append(missing("tweet", parameter, id))
            elif post.author.protected or post.author.suspended:
                errors.append(hidden("tweet", parameter, id))
            else:
                found.append(post)
        return found, errors

    def _list(self, call: Call, posts: Sequence[Post], smallest: int, largest: int, token: str) -> Any:
        wanted = asked(call, shapes.POST_EXPANSIONS)
        size = whole(call, "max_results", smallest, largest, 10)
        since, until = id_in(call, "since_id"), id_in(call, "until_id")
        start, end = moment(call, "start_time"), moment(call, "end_time")
        kept = [
            post
            for post in posts
            if (since is None or int(post.id) > since)
            and (until is None or int(post.id) < until)
            and (start is None or post.at >= start)
            and (end is None or post.at < end)
        ]
        page = page_of(call, kept, size, token)
        meta = dict(page.meta)
        if page.items:
            meta |= {"newest_id": page.items[0].id, "oldest_id": page.items[-1].id}
        return self._answer(call, page.items, wanted) | {"meta": meta}

    def _answer(self, call: Call, posts: Sequence[Post], wanted: Asked) -> dict[str, Any]:
        """Nothing found has no `data`."""
        if not posts:
            return {}
        call.bill("post_read", [post.id for post in posts])
        includes = shapes.with_posts(self._world, posts, wanted.expansions, wanted.fields, call.caller.user)
        data = [shapes.post(self._world, post, wanted.fields["tweet"]) for post in posts]
        return {"data": data} | ({"includes": includes} if includes else {})


def _ids(call: Call) -> list[str]:
    ids = [id for id in call.query.get("ids", "").split(",") if id]
    if not ids or len(ids) > 100:
        said = "The number of values in the `ids` query parameter list must be 1 to 100"
        raise invalid("ids", call.query.get("ids", ""), said)
    for id in ids:
        if not (id.isdecimal() and len(id) <= 19):
            raise invalid("ids", id, f"The `ids` query parameter value [{id}] is not valid")
    return ids
