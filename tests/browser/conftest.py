"""A real server and a real Chromium: `site` is the server, `inbox` opens somebody's browser on it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import flush
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from socialcare.models import User, Workspace
from tests.chromium import find_chromium
from tests.conftest import PASSWORD

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
SERVER = "-m uvicorn socialcare.asgi:application --host 127.0.0.1 --log-level warning --no-access-log"
READY_SECONDS = 60
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1440, "height": 900}}
Inbox = Callable[..., Page]


class Server:
    """The application as production runs it, on the database and the Valkey of this test process."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        there, _, _name = os.environ["DATABASE_URL"].rpartition("/")
        database = f"{there}/{connection.settings_dict['NAME']}"
        ours = {"DATABASE_URL": database, "PUBLIC_URL": self.url, "BLOG_ALLOW_LOOPBACK": "1"}
        command = [sys.executable, *SERVER.split(), "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ | ours)
        give_up = time.monotonic() + READY_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                assert time.monotonic() < give_up, "the server did not start"
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.1)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None


@dataclass
class Site:
    url: str
    slug: str
    server: Server

    def login(self, page: Page, email: str) -> None:
        """By the form, as a person does."""
        page.goto(f"{self.url}/login/")
        page.fill("[name=username]", email)
        page.fill("[name=password]", PASSWORD)
        page.click("form button.primary")
        page.wait_for_url("**/inbox/**")

    def enter(self, there: BrowserContext, email: str) -> None:
        """Without the form, in a fraction of its time."""
        client = Client()
        client.force_login(User.objects.get(email=email))
        there.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.url}])


def _empty_patiently(self: flush.Command, **options: Any) -> None:
    """Between tests the tables are emptied; the server may just be writing down that a browser left."""
    for _ in range(5):
        with contextlib.suppress(CommandError):
            return _empty(self, **options)
        time.sleep(0.5)
    return _empty(self, **options)


_empty = flush.Command.handle
flush.Command.handle = _empty_patiently


@pytest.fixture(scope="session")
def _server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def site(_server: Server, acme: Workspace) -> Site:
    """The server, with the workspace acme; the test is inside that workspace."""
    if _server.process is None:
        _server.start()
    return Site(_server.url, acme.slug, _server)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, in which Django would refuse to ask the database.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        running = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def inbox(chromium: Browser, site: Site) -> Iterator[Inbox]:
    """`inbox("alice", "open/12/", **context)`: her page, ready and live. No script may fail, the CSP never be hit."""
    opened, problems = [], []

    def open_inbox(who: str, path: str = "open/", **context: Any) -> Page:
        there = chromium.new_context(**{**DESK, **context})
        opened.append(there)
        page = there.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if "Content Security" in said.text else None)
        site.enter(there, f"{who}@{site.slug}.example")
        page.goto(f"{site.url}/w/{site.slug}/inbox/{path}")
        page.wait_for_selector('#connection[data-state="live"]', state="attached")
        return page

    yield open_inbox
    for there in opened:
        there.close()
    assert problems == []


def eventually(true: Callable[[], bool], seconds: float = 10, every: float = 0.05) -> None:
    """Polls from here: the CSP forbids Playwright's wait_for_function."""
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(every)
