"""The commands people type."""

from __future__ import annotations

import json

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import CommandError, call_command
from django.db import connection

from connectors.models import ChannelAccount, Delivery, PlatformApp
from inbox import worker
from inbox.models import Ticket
from sla.models import Policy
from socialcare import watchdog
from socialcare.models import Invitation, Workspace
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import take_in


def test_parse_prints_a_record_a_line(tmp_path, capsys):
    file = tmp_path / "one.json"
    file.write_text(json.dumps(meta.comment("hello")))
    call_command("parse", "meta", str(file))
    line = json.loads(capsys.readouterr().out)
    assert (line["record"], line["channel"], line["text"]) == ("Post", "facebook", "hello")


def test_parse_says_what_it_cannot_read_and_reads_the_rest(tmp_path, capsys):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(meta.direct("hello")))
    bad.write_bytes(b"\xff\xfe nonsense")
    with pytest.raises(SystemExit) as stopped:
        call_command("parse", "meta", str(bad), str(good), str(tmp_path / "missing.json"))
    assert stopped.value.code == 1
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 1
    assert [line.split(":")[0].rsplit("/")[-1] for line in told.err.splitlines()] == ["bad.json", "missing.json"]
    with pytest.raises(CommandError, match="unknown platform"):
        call_command("parse", "myspace", str(good))
    with pytest.raises(CommandError, match="--headers"):
        call_command("parse", "meta", str(good), "--headers", "x")


def test_replay_takes_in_again_what_was_set_aside(facebook, capsys):
    take_in(facebook, meta.comment())
    delivery = Delivery.objects.get()
    Delivery.objects.update(state="failed", error="once")
    call_command("replay", "--failed")
    assert "1 deliveries" in capsys.readouterr().out
    take_in(facebook)
    delivery.refresh_from_db()
    assert (delivery.state, Ticket.objects.count()) == ("done", 1)
    with pytest.raises(CommandError, match="nothing was replayed"):
        call_command("replay", str(delivery.pk), "999999")
    with pytest.raises(CommandError, match="give delivery ids"):
        call_command("replay")


def test_a_new_workspace_and_its_first_admin(db, capsys):
    call_command("new_workspace", "initech", "Initech", "Peter@Initech.example")
    place = Workspace.objects.get(slug="initech")
    with workspace(place.pk):
        invitation = Invitation.objects.get()
        assert (invitation.email, invitation.role) == ("peter@initech.example", "admin")
        assert [policy.silent for policy in Policy.objects.all()] == [False]
    assert f"/join/{invitation.code}/" in capsys.readouterr().out
    for words in (["initech", "Again", "a@b.example"], ["in tech", "X", "a@b.example"], ["ok", "X", "nobody"]):
        with pytest.raises(CommandError):
            call_command("new_workspace", *words)


def test_keys_are_rotated(facebook, settings):
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    settings.FIELD_KEYS = [new, old]
    call_command("rotate_keys")
    settings.FIELD_KEYS = [new]
    facebook.refresh_from_db()
    assert facebook.credentials == {"access_token": "TOKEN"}
    assert PlatformApp.objects.get().settings["app_secret"] == "secret of acme"
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM connectors_channelaccount")
        kept = bytes(cursor.fetchone()[0])
    with pytest.raises(InvalidToken):
        Fernet(old).decrypt(kept)
    assert b"TOKEN" not in kept
    assert ChannelAccount.objects.count() == 2


def test_a_worker_that_went_deaf_is_noticed(monkeypatch):
    yes, no = (lambda: True), (lambda: False)
    watchdog.alive()
    assert not watchdog.is_deaf(yes, yes)
    monkeypatch.setattr(watchdog, "_heard_at", watchdog.time.monotonic() - 60)
    assert watchdog.is_deaf(yes, yes)
    watchdog.began()
    monkeypatch.setattr(watchdog, "_heard_at", watchdog.time.monotonic() - 60)
    assert not watchdog.is_deaf(yes, yes), "it waits for a platform"
    watchdog.ended()
    monkeypatch.setattr(watchdog, "_heard_at", watchdog.time.monotonic() - 60)
    assert watchdog.is_deaf(yes, yes)
    assert not watchdog.is_deaf(no, yes)
    assert not watchdog.is_deaf(yes, no)

    def away():
        raise ConnectionError

    assert not watchdog.is_deaf(away, yes)


def test_what_the_watchdog_asks(facebook, monkeypatch):
    monkeypatch.setattr(worker.connection, "close", lambda: None)
    both = ("intake", "outbox")
    assert not worker.work_waits(both)
    take_in(facebook, meta.comment())
    Delivery.objects.update(state="waiting", received_at="2026-01-01T00:00Z")
    assert worker.work_waits(both)
    assert not worker.work_waits(["outbox"])
    assert worker.broker_answers()


def test_ready_and_healthy(acme, client, settings):
    assert client.get("/healthz").content == b"ok"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"], answer.json()["broker"]) == (200, "ok", "ok")
    Delivery.objects.create(app=PlatformApp.objects.get(), fingerprint=b"x", received_at="2026-01-01T00:00Z")
    assert client.get("/readyz").status_code == 503
