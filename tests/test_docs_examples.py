"""What the documentation tells to run is run."""

from __future__ import annotations

import ast
import hashlib
import hmac
import json
import re
import shlex
import sys
import textwrap
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client

from connectors import contract, registry
from connectors.contract import (
    App,
    Edited,
    Kind,
    Platform,
    Post,
    Raw,
    Removed,
    Reply,
    Thread,
    Unknown,
    Unreadable,
    Webhook,
)
from connectors.models import ChannelAccount, PlatformApp
from inbox.models import Message, Ticket
from sla.models import Policy
from socialcare.embedded import ROOT
from socialcare.models import Invitation, Role, Workspace
from socialcare.secrets import ring
from socialcare.tenancy import workspace
from tests.conftest import take_in
from tests.connectors.test_contract import changed, check, places

README = (ROOT / "README.md").read_text()
GUIDE = (ROOT / "docs" / "adding-a-channel.md").read_text()
RECEIVED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MAY_IMPORT = {"connectors.contract", "connectors.http", "requests"}


def blocks(text: str, language: str) -> list[str]:
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for block in found]


def manage_words(command: str) -> list[str]:
    """What the README types behind `manage.py` for this command."""
    [found] = re.findall(rf"manage\.py ({command}\b.*)", "\n".join(blocks(README, "sh")))
    return shlex.split(found)


# ---------------------------------------------------------------- another platform


@pytest.fixture(scope="module")
def code() -> str:
    [found] = blocks(GUIDE, "python")
    return found


@pytest.fixture(scope="module")
def pinboard(code) -> Platform:
    module = ModuleType("pinboard_of_the_guide")
    exec(compile(code, "docs/adding-a-channel.md", "exec"), module.__dict__)
    return module.platform


@pytest.fixture(scope="module")
def fixture() -> dict:
    [found] = blocks(GUIDE, "json")
    return json.loads(found)


def parse(platform: Platform, body: object) -> list:
    return list(platform.parse(Raw(json.dumps(body).encode(), RECEIVED)))


def test_the_example_imports_what_it_may(code):
    nodes = list(ast.walk(ast.parse(code)))
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    ours = {name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names}
    assert ours <= MAY_IMPORT


def test_the_example_reads_its_fixture(pinboard, fixture):
    records = parse(pinboard, fixture)
    assert [type(record) for record in records] == [Post, Edited, Post, Removed, Unknown]
    assert [records[0].ours, records[2].ours] == [False, True]
    assert records[0].author.name == "Ada"


def test_the_example_holds_to_the_contract_whatever_comes(pinboard, fixture):
    for path in list(places(fixture)):
        for new in (..., None, True, 10**30, 1.5, "", "\x00", "\ud800", [], {}, [1], {"a": 1}):
            try:
                records = parse(pinboard, changed(fixture, path, new))
            except Unreadable:
                continue
            for record in records:
                check(pinboard, record)
    for body in (b"", b"<html>", b"[]", b"1", b'{"board": 1}', b"[" * 100_000):
        with pytest.raises(Unreadable):
            list(pinboard.parse(Raw(body, RECEIVED)))


def test_the_example_knows_its_platforms_signature(pinboard):
    app, body = App("key", secrets=("new", "old")), b'{"board": "acme"}'
    for secret in app.secrets:
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        pinboard.verify(app, Webhook(body, {"x-pinboard-signature": signature}))
    for headers in ({}, {"x-pinboard-signature": "0" * 64}, {"x-pinboard-signature": "é"}):
        with pytest.raises(contract.BadSignature):
            pinboard.verify(app, Webhook(body, headers))


class There(BaseHTTPRequestHandler):
    answer = (201, b'{"id": "n-9"}')
    asked: list[tuple[str, str, dict]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.asked.append((self.path, self.headers["authorization"], body))
        status, words = self.answer
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("content-length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def account() -> Iterator[contract.Account]:
    """On a Pinboard of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), There)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    There.asked.clear()
    app = App("key", config={"url": f"http://127.0.0.1:{server.server_port}"})
    yield contract.Account("pinboard", "acme", {"token": "secret"}, app)
    server.shutdown()
    server.server_close()


REPLY = Reply("We come.", to="n-1", thread_id="n-1", recipient="u-7", thread=Thread(Kind.POST), token="t-1")


def test_the_example_sends(pinboard, account, monkeypatch):
    monkeypatch.setattr(There, "answer", (201, b'{"id": "n-9"}'))
    assert pinboard.channels[0].send(account, REPLY).external_id == "n-9"
    assert There.asked == [("/pins/n-1/answers", "Bearer secret", {"text": "We come.", "reference": "t-1"})]


@pytest.mark.parametrize(
    ("status", "words", "error"),
    [
        (401, b"", contract.Disconnected),
        (403, b"", contract.Forbidden),
        (404, b"", contract.Refused),
        (418, b"", contract.Refused),
        (429, b"", contract.Throttled),
        (500, b"", contract.UnknownOutcome),
        (201, b"<html>", contract.UnknownOutcome),
        (201, b"[]", contract.UnknownOutcome),
        (0, b"", contract.UnknownOutcome),
    ],
)
def test_the_example_says_what_went_wrong(pinboard, account, monkeypatch, status, words, error):
    monkeypatch.setattr(There, "answer", (status, words))
    with pytest.raises(error):
        pinboard.channels[0].send(account, REPLY)


def test_one_folder_is_enough_to_receive(pinboard, fixture, acme, monkeypatch):
    """Only finding the folder is done by hand here."""
    monkeypatch.setattr(registry, "platforms", lambda: {"pinboard": pinboard})
    monkeypatch.setattr(registry, "channels", lambda: {"pinboard": (pinboard, pinboard.channels[0])})
    app = PlatformApp.objects.create(workspace=acme, platform="pinboard", name="Pinboard", settings={"app_secret": "s"})
    board = ChannelAccount.objects.create(
        app=app, channel="pinboard", external_id="acme", name="Board", credentials={"token": "secret"}
    )
    take_in(board, {**fixture, "events": fixture["events"][:2]})
    assert Ticket.objects.get().status == Ticket.Status.OPEN
    assert Message.objects.get().text == "The front door is stuck."


# ---------------------------------------------------------------- the README


def test_the_first_workspace_can_be_made_as_the_readme_says(db, capsys, settings):
    call_command(*manage_words("new_workspace"))
    company = Workspace.objects.get()
    [link] = re.findall(r"http\S+", capsys.readouterr().out)
    with workspace(company.pk):
        assert {policy.first_response.total_seconds() for policy in Policy.objects.all()} == {300}
        assert link == f"{settings.PUBLIC_URL}/join/{Invitation.objects.get().code}/"
    path, browser = link.removeprefix(settings.PUBLIC_URL), Client()
    assert browser.get(path).status_code == 200
    browser.post(path, {"name": "Carol", "password": "correct horse battery"})
    assert [member.role for member in company.memberships.all()] == [Role.ADMIN]


def test_keys_are_changed_as_the_readme_says(acme, settings):
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    settings.FIELD_KEYS = [new]
    with pytest.raises(ImproperlyConfigured):
        ChannelAccount.objects.first()
    settings.FIELD_KEYS = [new, old]
    call_command(*manage_words("rotate_keys"))
    settings.FIELD_KEYS = [new]
    assert PlatformApp.objects.get().settings["app_secret"] == "secret of acme"
    assert {account.credentials["access_token"] for account in ChannelAccount.objects.all()} == {"TOKEN"}
    with pytest.raises(InvalidToken):
        ring().decrypt(Fernet(old).encrypt(b"{}"))


def test_the_readme_names_every_setting():
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    read = set(re.findall(r"""env(?:\.\w+)?\(\s*"([A-Z_]+)\"""", (ROOT / "socialcare" / "settings.py").read_text()))
    example = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert table == read | example


def test_the_change_log_tells_of_this_version():
    project = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]
    assert re.search(rf"^## \[{re.escape(project)}\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_pictures_are_small():
    pictures = list((ROOT / "docs").glob("*.png"))
    assert pictures
    assert [picture.name for picture in pictures if picture.stat().st_size > 250_000] == []
