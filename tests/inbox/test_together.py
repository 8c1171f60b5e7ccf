"""Several processes at the same rows: nobody waits for somebody who waits for them."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from inbox import routing
from inbox.actions import announce, people, presence, promises, sweeps, work
from inbox.models import Ticket
from sla.models import Policy, Sweep, Timer
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import take_in

pytestmark = pytest.mark.django_db(transaction=True)


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        return bool(cursor.fetchone()[0])


def test_what_is_routed_to_somebody_just_as_they_are_let_go_is_taken_from_them(acme, facebook, alice, carol):
    take_in(facebook, meta.comment())
    presence.here(alice)
    Ticket.objects.update(assignee=None)

    def let_go():
        with workspace(acme.pk):
            people.let_go(carol.user, alice.user_id)
        connection.close()

    other = threading.Thread(target=let_go)
    with transaction.atomic():
        ticket = announce.locked(Ticket.objects.get().pk)
        (ticket.assignee_id,) = routing.choose([None])
        assert ticket.assignee_id == alice.user_id
        other.start()
        while not somebody_waits_for_a_lock():
            time.sleep(0.01)
        announce.save([ticket])
    other.join()
    assert Ticket.objects.get().assignee is None


def test_handing_out_never_holds_a_ticket_while_it_waits_for_its_turn(acme, facebook, alice):
    take_in(facebook, meta.comment())
    presence.here(alice)
    Ticket.objects.update(assignee=None)

    def hand_out():
        with workspace(acme.pk):
            work.hand_out()
        connection.close()

    other = threading.Thread(target=hand_out)
    with transaction.atomic(), connection.cursor() as cursor:
        routing.lock()
        other.start()
        while not somebody_waits_for_a_lock():
            time.sleep(0.01)
        # As a batch does that has routed new tickets and now settles an echo on this one.
        cursor.execute("SET LOCAL lock_timeout = '300ms'")
        announce.locked(Ticket.objects.get().pk)
    other.join()
    assert Ticket.objects.get().assignee == alice.user


def test_a_promise_that_changes_while_words_come_in_counts_for_them(acme, facebook, carol):
    minute = timedelta(minutes=1)

    def change():
        with workspace(acme.pk):
            promises.save_policy(carol.user, Policy(name="Strict", channel="facebook", first_response=minute))
            while sweeps.go_on(Sweep.objects.get().pk):
                pass
        connection.close()

    other = threading.Thread(target=change)
    with transaction.atomic():
        take_in(facebook, meta.comment())
        assert Timer.objects.get().target == 5 * minute
        other.start()
        while not somebody_waits_for_a_lock():
            assert other.is_alive(), "it did not wait for the words that are being written"
            time.sleep(0.01)
    other.join()
    assert Timer.objects.get().target == minute
    assert not Sweep.objects.exists()
