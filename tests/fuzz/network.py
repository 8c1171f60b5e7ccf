"""What a platform knows: everything customers said, everything it published, and how it answers a worker."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from tests import meta
from tests.conftest import PAGE
from tests.graph import Asked, Graph

DONE, LOST, LOST_BUT_DONE, REFUSED, THROTTLED, TOKEN_DEAD = (
    "done",
    "lost",
    "done but lost",
    "refused",
    "throttled",
    "dead",
)
OUTCOMES = (DONE, DONE, DONE, LOST, LOST_BUT_DONE, REFUSED, THROTTLED, TOKEN_DEAD)
SAYS_NO = {
    LOST: (500, b"<html>oops</html>"),
    LOST_BUT_DONE: (500, b"<html>oops</html>"),
    REFUSED: (400, {"error": {"message": "(#551)", "code": 551, "error_subcode": 1545041}}),
    THROTTLED: (400, {"error": {"message": "limit", "code": 613}}),
    TOKEN_DEAD: (400, {"error": {"message": "no", "type": "OAuthException", "code": 190, "error_subcode": 460}}),
}


@dataclass
class Published:
    """Words of ours that are out. `place`: the comment or post they hang on, or the customer they went to."""

    external_id: str
    text: str
    direct: bool
    place: str
    token: str
    at: datetime

    @property
    def node(self) -> dict[str, Any]:
        created = self.at.strftime("%Y-%m-%dT%H:%M:%S+0000")
        return {"id": self.external_id, "from": {"id": PAGE}, "message": self.text, "created_time": created}

    def echo(self, customers_of: dict[str, str]) -> dict[str, Any]:
        if self.direct:
            to = customers_of.get(self.place, self.place)
            return meta.echo(
                self.text, mid=self.external_id, to=to, metadata=self.token, app_id="900111222333", at=self.at
            )
        return meta.comment(
            self.text, who=PAGE, name="Acme", comment_id=self.external_id, parent=self.place, at=self.at,
        )  # fmt: skip


@dataclass
class Network:
    graph: Graph
    published: list[Published] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.graph.answers |= {
            "POST /messages": self._messages,
            "POST /comments": self._comments,
            "GET /conversations": self._conversations,
            "GET /comments": self._below,
        }

    def number(self) -> int:
        return next(self._numbers)

    def _messages(self, asked: Asked) -> tuple[int, Any]:
        said = asked.json
        place = said["recipient"].get("id") or said["recipient"].get("comment_id") or said["recipient"]["post_id"]
        mid = f"m_ours{self.number()}"
        out = Published(mid, said["message"]["text"], True, place, said["message"]["metadata"], timezone.now())
        return self._outcome(out, {"recipient_id": "1", "message_id": mid})

    def _comments(self, asked: Asked) -> tuple[int, Any]:
        external_id = f"700_ours{self.number()}"
        place = asked.path.split("/")[-2]
        out = Published(external_id, asked.form["message"], False, place, "", timezone.now())
        return self._outcome(out, {"id": external_id})

    def _outcome(self, out: Published, answer: dict[str, Any]) -> tuple[int, Any]:
        outcome = self.outcomes.pop(0) if self.outcomes else DONE
        self.tried.append(out.text)
        if outcome in (DONE, LOST_BUT_DONE):
            self.published.append(out)
        return SAYS_NO.get(outcome, (200, answer))

    def _conversations(self, asked: Asked) -> tuple[int, Any]:
        them = asked.query.get("user_id", [""])[-1]
        nodes = [out.node for out in self.published if out.direct and out.place == them]
        return 200, {"data": [{"messages": {"data": nodes}}] if nodes else []}

    def _below(self, asked: Asked) -> tuple[int, Any]:
        above = asked.path.split("/")[-2]
        return 200, {"data": [out.node for out in self.published if not out.direct and out.place == above]}


def varied(payload: dict[str, Any], number: int) -> dict[str, Any]:
    """The same meaning in other bytes, as a platform's second try may be."""
    return {**json.loads(json.dumps(payload)), "number": number}
