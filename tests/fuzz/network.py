"""A platform that remembers: it publishes what we send (or says so wrongly), and tells of it when it likes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from tests import meta
from tests.conftest import PAGE
from tests.graph import Asked

OUR_APP = f"900{PAGE[:9]}"
FOREIGN_APP = 26390203743090


@dataclass(frozen=True)
class Published:
    """Words of the page that are out. `place`: the comment or the person they answer."""

    channel: str
    external_id: str
    place: str
    text: str
    at: datetime
    token: str = ""
    ours: bool = True

    def echo(self) -> dict[str, Any]:
        if self.channel == "facebook":
            return meta.comment(
                self.text, who=PAGE, name="Acme", comment_id=self.external_id, parent=self.place, at=self.at
            )
        more = {"metadata": self.token, "app_id": int(OUR_APP)} if self.ours else {"app_id": FOREIGN_APP}
        return meta.echo(self.text, to=self.place, mid=self.external_id, at=self.at, **more)

    def node(self) -> dict[str, Any]:
        who = {"id": PAGE, "name": "Acme"}
        when = self.at.strftime("%Y-%m-%dT%H:%M:%S+0000")
        return {"id": self.external_id, "from": who, "message": self.text, "created_time": when}


@dataclass
class Network:
    """`mood`: what becomes of the next thing we send: ok, refused, unheard (published, but 500) or broken (500)."""

    mood: str = "ok"
    published: list[Published] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def publish(self, channel: str, place: str, text: str, at: datetime, *, token: str = "", ours: bool = True) -> str:
        number = next(self.numbers)
        external_id = f"700_9{number}" if channel == "facebook" else f"m_out{number}"
        self.published.append(Published(channel, external_id, place, text, at, token, ours))
        return external_id

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.method == "GET":
            return self._look(asked)
        if asked.path.endswith("/messages"):
            body = asked.json
            return self._post("messenger", body["recipient"]["id"], body["message"]["text"],
                              body["message"].get("metadata", ""))  # fmt: skip
        return self._post("facebook", asked.path.split("/")[-2], asked.form["message"], "")

    def _post(self, channel: str, place: str, text: str, token: str) -> tuple[int, Any]:
        self.posts.append(text)
        if self.mood == "refused":
            return 400, {"error": {"message": "(#100)", "code": 100, "error_subcode": 1}}
        if self.mood == "broken":
            return 500, b"<html>oops</html>"
        external_id = self.publish(channel, place, text, timezone.now(), token=token)
        if self.mood == "unheard":
            return 500, b"<html>oops</html>"
        return 200, {"message_id": external_id} if channel == "messenger" else {"id": external_id}

    def _look(self, asked: Asked) -> tuple[int, Any]:
        if asked.path.endswith("/conversations"):
            place = asked.query["user_id"]
            nodes = [one.node() for one in self.published if (one.channel, one.place) == ("messenger", place)]
            return 200, {"data": [{"messages": {"data": nodes}}]}
        place = asked.path.split("/")[-2]
        nodes = [one.node() for one in self.published if (one.channel, one.place) == ("facebook", place)]
        return 200, {"data": nodes}
