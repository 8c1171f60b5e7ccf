"""The two ends of a measurement: the fake network, where customers write, and an agent's screen."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import requests
from playwright.sync_api import BrowserContext

from connectors.http import Session

AGENT, SLUG = "alice@acme.example", "acme"
WITHIN = 20.0
# The event comes as the row enters the document; the message comes after the frame that shows it.
WATCH = """
document.addEventListener("socialcare:painted", ({ detail }) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => console.debug(`painted ${detail.ticket} ${performance.timeOrigin + performance.now()}`);
  port2.postMessage(null);
}));
"""
PAINTED = re.compile(r"painted (\d+) ([\d.]+)")


class NeverHappened(Exception):
    """Something that is measured did not come; the text says what."""


class Network:
    """The simulator: what customers write there, and what is seen there of answers."""

    def __init__(self, url: str, page: str) -> None:
        self._url, self._page, self._session = url, page, Session()

    def wait_until_up(self) -> None:
        """Up, knowing the page, and greeted by the application."""
        give_up = time.monotonic() + WITHIN
        while time.monotonic() < give_up:
            try:
                self._session.post(f"{self._url}/control/look", json={})
                apps = self._session.get(f"{self._url}/control/standing").json()["networks"]["meta"]["apps"]
            except (requests.RequestException, LookupError):
                apps = []
            if apps and all(app["handshake"] == "verified" for app in apps):
                return
            time.sleep(0.2)
        raise NeverHappened("the simulator did not come up")

    def write(self, kind: str, author: str, text: str) -> float:
        """A customer nobody knows writes; returns when (seconds since 1970) that began."""
        order = {"page": self._page, "do": kind, "author": author, "text": text}
        if kind == "comment":
            order["to"] = self._view()["posts"][0]["id"]
        began = time.time()
        self._session.post(f"{self._url}/control/say", json=order).raise_for_status()
        return began

    def wait_for(self, text: str) -> float:
        """When an answer was seen."""
        give_up, version = time.monotonic() + WITHIN, ""
        while time.monotonic() < give_up:
            answer = self._session.get(f"{self._url}/meta/pages/{self._page}", params={"since": version})
            if answer.status_code == 200:
                if text in answer.text:
                    return time.time()
                version = str(answer.json()["version"])
            time.sleep(0.003)
        raise NeverHappened("an answer never came to the network")

    def _view(self) -> dict[str, Any]:
        found: dict[str, Any] = self._session.get(f"{self._url}/meta/pages/{self._page}").json()
        return found


class Screen:
    """An agent's open inbox in Chromium, and the API with the same sign-in."""

    def __init__(self, context: BrowserContext, url: str, password: str) -> None:
        context.add_init_script(WATCH)
        self._url, self.page = url, context.new_page()
        self.page.goto(f"{url}/login/")
        self.page.fill("[name=username]", AGENT)
        self.page.fill("[name=password]", password)
        self.page.click("form button.primary")
        self.page.goto(f"{url}/w/{SLUG}/inbox/open/")
        self.page.wait_for_selector('#connection[data-state="live"]', state="attached")
        self._session = Session()
        for cookie in context.cookies():
            self._session.cookies.set(cookie["name"], cookie["value"])
        token = self.page.get_attribute('meta[name="csrf-token"]', "content")
        self._session.headers["X-CSRFToken"] = token or ""

    def clock_differs(self) -> float:
        """How far the browser's clock is ahead of ours, in milliseconds: the best of some looks."""
        found = []
        for _ in range(20):
            before = time.time()
            there = self.page.evaluate("performance.timeOrigin + performance.now()")
            after = time.time()
            found.append((after - before, there - (before + after) * 500))
        return float(min(found)[1])

    def painted(self, write: Callable[[], float]) -> tuple[float, int, float]:
        """Let `write` be called; what it returned, the ticket painted next, and when."""
        rows = self.page.expect_console_message(lambda said: bool(PAINTED.fullmatch(said.text)), timeout=WITHIN * 1000)
        with rows as told:
            began = write()
        found = PAINTED.fullmatch(told.value.text)
        if found is None:
            raise NeverHappened("no row was painted")
        return began, int(found[1]), float(found[2]) / 1000

    def answer(self, ticket: int, text: str) -> float:
        """Post an answer; returns when that began."""
        api = f"{self._url}/w/{SLUG}/api/tickets/{ticket}/"
        seq = self._session.get(api).json()["seq"]
        began = time.time()
        body = {"text": text, "private": False, "last_seq": seq}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        self._session.post(f"{api}replies/", json=body, headers=key).raise_for_status()
        return began
