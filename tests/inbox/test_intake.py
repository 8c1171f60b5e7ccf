"""Deliveries that are too many, too large or not digestible cost nobody else anything."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from connectors import deliveries
from connectors.deliveries import Arrived
from connectors.models import Delivery
from inbox import intake, watch
from inbox.actions import apps
from inbox.models import Message, Ticket
from socialcare.valkey import valkey
from tests import meta
from tests.conftest import PAGE, take_in


def all_in_one(*payloads):
    return {"object": "page", "entry": [entry for payload in payloads for entry in payload["entry"]]}


def nobody_s_comment_with_a_very_long_id():
    """Nobody is known by this comment's id, which the database cannot hold as a person's."""
    payload = meta.comment("the words of a customer", comment_id="7" * 200)
    del payload["entry"][0]["changes"][0]["value"]["from"]
    return payload


def test_what_a_paused_app_received_waits(facebook, carol):
    app = apps.pause_app(carol.user, facebook.app_id, paused=True)
    take_in(facebook, meta.comment())
    valkey().flushdb()
    watch.ring_for_what_waits()
    assert Delivery.objects.get().state == "waiting"
    assert valkey().llen("intake") == 0
    apps.pause_app(carol.user, app.pk, paused=False)
    take_in(facebook)
    assert Ticket.objects.count() == 1


def test_one_bad_record_costs_no_other_of_its_delivery(facebook, monkeypatch, caplog):
    real = intake.receive

    def choke(account, arrivals):
        for words in (arrival.record.text for arrival in arrivals if "poison" in arrival.record.text):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT %s::int", [words])
        real(account, arrivals)

    monkeypatch.setattr(intake, "receive", choke)
    good = [meta.comment(f"good {n}", who=str(n)) for n in range(6)]
    with caplog.at_level(logging.INFO):
        take_in(facebook, all_in_one(*good[:4], meta.comment("poison", who="99"), *good[4:]))
    assert Message.objects.filter(text__startswith="good").count() == 6
    delivery = Delivery.objects.get()
    assert delivery.state == "waiting"
    assert delivery.error.startswith("DataError")
    assert "poison" not in caplog.text
    assert not Message.objects.filter(text="poison").exists()


def test_a_claim_is_no_larger_than_memory(facebook, monkeypatch):
    monkeypatch.setattr(deliveries, "BATCH_BYTES", 1000)
    bodies = [json.dumps({**meta.comment(), "pad": "x" * 600}).encode() for _ in range(5)]
    deliveries.keep(Arrived(facebook.app_id, body, timezone.now()) for body in bodies)
    assert [len(deliveries.claim(200)) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize(("code", "raised"), [("40P01", False), ("54001", False), ("53100", True), ("", True)])
def test_a_deadlock_is_tried_again_at_once_and_a_full_disk_blames_no_delivery(facebook, monkeypatch, code, raised):
    failures = [1]

    def fail_once(account, arrivals, real=intake.receive):
        if failures:
            failures.pop()
            cause = Exception()
            cause.pgcode = code
            raise OperationalError("something of the database") from cause
        real(account, arrivals)

    monkeypatch.setattr(intake, "receive", fail_once)
    payloads = [meta.comment(who=str(n)) for n in range(3)]
    if raised:
        with pytest.raises(OperationalError):
            take_in(facebook, *payloads)
        assert not Delivery.objects.exclude(error="").exists()
    else:
        take_in(facebook, *payloads)
        assert Ticket.objects.count() == 3


def test_a_thousand_records_are_written_in_pieces_under_a_lease_that_goes_on(facebook, monkeypatch):
    monkeypatch.setattr(intake, "AT_ONCE", 10)
    sizes, leases, real = [], [], intake.receive

    def watch_sizes(account, arrivals):
        sizes.append(len(arrivals))
        leases.append(Delivery.objects.get().lease_until)
        real(account, arrivals)

    monkeypatch.setattr(intake, "receive", watch_sizes)
    take_in(facebook, all_in_one(*[meta.comment(f"{n}", who=str(n % 3)) for n in range(25)]))
    assert sizes == [10, 10, 5]
    assert leases == sorted(set(leases))
    assert Message.objects.count() == 25


def test_what_may_have_ended_workers_is_taken_in_alone(facebook, monkeypatch):
    batches = []
    monkeypatch.setattr(intake, "take_in", lambda batch: batches.append([item.id for item in batch]))
    monkeypatch.setattr(intake, "ROUNDS", 1)
    bodies = [json.dumps(meta.comment()).encode() for _ in range(4)]
    deliveries.keep(Arrived(facebook.app_id, body, timezone.now()) for body in bodies)
    first, second, *others = Delivery.objects.order_by("id").values_list("id", flat=True)
    Delivery.objects.filter(id__in=[first, second]).update(
        attempts=2, lease_until=timezone.now() - timedelta(seconds=1)
    )
    intake.drain()
    assert batches == [others, [first], [second]]


def test_an_author_nobody_names_may_have_a_very_long_comment(facebook):
    take_in(facebook, nobody_s_comment_with_a_very_long_id())
    assert Ticket.objects.get().identity.external_id.startswith("unknown:")
    assert Ticket.objects.get().thread_id == f"{PAGE}_700"
