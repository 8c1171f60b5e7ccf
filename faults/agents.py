"""Agents who answer through the REST API while everything around them breaks."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

import requests

from connectors.http import Session

TIMEOUT = (3.05, 15.0)
# An agent goes on for half a minute: a web process that starts takes some seconds.
TRIES = 150
PRESENT_EVERY = 10.0
TWICE, PRIVATELY, RESOLVE = 0.15, 0.15, 0.08


@dataclass(slots=True)
class Reply:
    """An answer an agent gave. `message` is the id the API called it, None while it took none."""

    token: str
    ticket: int
    text: str
    private: bool
    message: int | None = None


class Agents:
    """One thread that answers at seeded moments. `replies`: by token. `problems`: what the API should not have said."""

    def __init__(self, base: str, cookies: dict[str, str], dues: list[float], seed: int) -> None:
        self._base, self._dues = base, dues
        # Whom to answer depends on who is there; what is said does not.
        self._rng = random.Random(f"{seed} agents")  # noqa: S311 -- no secrets
        self._picks = random.Random(f"{seed} picks")  # noqa: S311 -- no secrets
        self._session = Session(timeout=TIMEOUT)
        self._session.cookies.update(cookies)
        self._session.headers.update({"X-CSRFToken": cookies["csrftoken"]})
        self.replies: dict[str, Reply] = {}
        self.answers: Counter[str] = Counter()
        self.problems: list[str] = []
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._stop = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def busy(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(sum(TIMEOUT))

    def _work(self) -> None:
        """Each moment one answer; what finds no ticket to answer waits for one."""
        present_at = 0.0
        for due in self._dues:
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return
            if time.monotonic() > present_at:
                self._call("POST", "presence/", {"available": True})
                present_at = time.monotonic() + PRESENT_EVERY
            while not self._stop.is_set() and not self._answer_somebody():
                self._stop.wait(0.3)

    def _answer_somebody(self) -> bool:
        page = self._call("GET", "tickets/?view=open&limit=60")
        if not page or not page["items"]:
            return False
        ticket = self._picks.choice(page["items"])["id"]
        token = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        private, twice, resolve = (self._rng.random() < share for share in (PRIVATELY, TWICE, RESOLVE))
        reply = Reply(token, ticket, f"Bonjour, we look into it. ({token})", private)
        body = self._say(reply, None)
        if twice and reply.message:
            self._say(reply, body)
        if resolve:
            self._call("POST", f"tickets/{ticket}/resolve/", {}, key=str(uuid.uuid5(uuid.UUID(token), "resolve")))
        return True

    def _say(self, reply: Reply, body: dict[str, Any] | None) -> dict[str, Any] | None:
        """Write the answer; `body` is what was sent before, None to look at the ticket first. Returns what was sent."""
        for _ in range(TRIES):
            body = body or self._look(reply)
            if body is None:
                return None
            self.replies[reply.token] = reply
            status, answer = self._ask("POST", f"tickets/{reply.ticket}/replies/", body, reply.token)
            if status == 201:
                self._note(reply, answer["entry"]["id"])
                return body
            code = answer.get("error", {}).get("code", "") if answer else ""
            self.answers[f"{status} {code}".strip()] += 1
            if code == "key_reused":
                self.problems.append(f"the same request with the same key was refused: {reply.token}")
            if status == 422:
                return None
            # What got no answer is sent again as it was; what came too late is written anew.
            body = None if status == 409 else body
            self._stop.wait(0.2)
        self.problems.append(f"the answer {reply.token} was not taken in {TRIES} tries")
        return None

    def _look(self, reply: Reply) -> dict[str, Any] | None:
        seen = self._call("GET", f"tickets/{reply.ticket}/")
        if not seen:
            return None
        mode = seen["compose"]["private"]
        reply.private = reply.private and bool(mode and mode["allowed"])
        return {"text": reply.text, "private": reply.private, "last_seq": seen["seq"]}

    def _note(self, reply: Reply, message: int) -> None:
        self.answers["201"] += 1
        if reply.message not in (None, message):
            self.problems.append(f"the same key made two messages: {reply.message} and {message}")
        reply.message = message

    def _call(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """The JSON of a successful answer, after some tries; None without one."""
        for _ in range(TRIES):
            status, answer = self._ask(method, path, body, key)
            if 200 <= status < 300:
                return answer
            self.answers[f"{method} {path.split('/')[0]} {status}"] += 1
            if self._stop.wait(0.2):
                break
        return None

    def _ask(self, method: str, path: str, body: Any, key: str) -> tuple[int, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        try:
            response = self._session.request(method, f"{self._base}{path}", json=body, headers=headers)
            return response.status_code, response.json()
        except (requests.RequestException, ValueError) as error:
            self.answers[type(error).__name__] += 1
            return 0, {}
