"""The queue's lanes: one worker at a time on an account, and a flood at one company is not another's."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from connectors import deliveries, gateway
from connectors.deliveries import LANES, Arrived
from connectors.models import Delivery
from inbox import intake
from inbox.models import Message
from tests import meta
from tests.conftest import PAGE


def arrive(account, *accounts):
    """A delivery for each name, waiting in its lane."""
    bodies = [json.dumps(meta.comment(f"{name} {number}")).encode() for number, name in enumerate(accounts)]
    deliveries.keep(
        Arrived(account.app_id, body, timezone.now(), account=name) for body, name in zip(bodies, accounts, strict=True)
    )


def elsewhere(call):
    """What another worker's connection would get."""

    def there():
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(there).result()


@pytest.mark.django_db(transaction=True)
def test_a_lane_is_one_worker_s_until_its_batch_is_done_and_others_take_the_rest(facebook):
    arrive(facebook, *[b"flood"] * 5, b"other")
    flood, other = (Arrived(facebook.app_id, b"", timezone.now(), account=name).lane for name in (b"flood", b"other"))
    Delivery.objects.filter(lane=other).update(lease_until=timezone.now() + deliveries.LEASE)
    ours = deliveries.claim(3)
    assert [one.lane for one in ours] == [flood] * 3
    Delivery.objects.filter(lane=other).update(lease_until=None)
    theirs = elsewhere(lambda: deliveries.claim(10))
    assert [one.lane for one in theirs] == [other]
    assert elsewhere(lambda: deliveries.claim(10)) == [], "two deliveries wait, in a lane that is taken"
    deliveries.release(ours)
    assert [one.lane for one in elsewhere(lambda: deliveries.claim(10))] == [flood] * 2


@pytest.mark.django_db(transaction=True)
def test_a_lane_is_let_go_whatever_becomes_of_its_batch(facebook, monkeypatch):
    def fail(batch):
        raise RuntimeError("no")

    arrive(facebook, b"flood")
    with monkeypatch.context() as broken:
        broken.setattr(intake, "take_in", fail)
        with pytest.raises(RuntimeError):
            intake.drain()
    Delivery.objects.update(lease_until=None)
    elsewhere(intake.drain)
    assert Delivery.objects.get().state == "done"


@pytest.mark.django_db(transaction=True)
def test_a_lane_is_let_go_where_the_database_refuses_the_claim(facebook, monkeypatch):
    arrive(facebook, b"flood")
    with monkeypatch.context() as broken:
        broken.setattr(deliveries, "CLAIM", "SELECT 1 / 0, %s, %s, %s, %s")
        with pytest.raises(DatabaseError):
            deliveries.claim(10)
    assert len(elsewhere(lambda: deliveries.claim(10))) == 1, "this connection lives on without its lock"


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_leaves_its_lane_to_others(facebook):
    arrive(facebook, b"flood", b"flood")
    assert len(elsewhere(lambda: deliveries.claim(1))) == 1, "and its connection is gone"
    # The database notices a moment later.
    left = next(found for _ in range(200) if (found := deliveries.claim(10)) or time.sleep(0.02))
    assert len(left) == 1
    deliveries.release(left)


@pytest.mark.django_db
def test_all_lanes_are_taken_in_by_one_worker(facebook, messenger):
    arrive(facebook, *(str(number).encode() for number in range(40)))
    intake.drain()
    assert not Delivery.objects.exclude(state="done").exists()
    assert Message.objects.count() == 40


@pytest.mark.parametrize(
    "body",
    [
        meta.comment(page=PAGE),
        meta.direct(page=PAGE),
        {"entry": [{"time": 1, "id": PAGE, "changes": []}], "object": "page"},
    ],
)
@pytest.mark.parametrize("separators", [(",", ":"), (" , ", " : ")])
def test_a_glance_finds_the_page(body, separators):
    assert gateway.account_in("meta", json.dumps(body, separators=separators).encode()) == PAGE.encode()


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b'{"entry": [{"changes": [{"id": "12"}], "id": "7"}]}'])
def test_what_a_glance_does_not_tell_stays_open(body):
    assert gateway.account_in("meta", body) == b""


def test_an_account_is_always_in_one_lane():
    lanes = {Arrived(7, str(number).encode(), timezone.now(), account=b"page").lane for number in range(50)}
    assert len(lanes) == 1
    spread = {Arrived(7, b"", timezone.now(), account=str(number).encode()).lane for number in range(2000)}
    assert spread <= set(range(LANES))
    assert len(spread) > LANES * 0.9
