"""What bin/faults found in taking posts in."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from connectors import deliveries
from connectors.deliveries import Arrived
from connectors.models import Delivery
from inbox import intake
from inbox.actions import presence, work
from inbox.models import Event, Message, Ticket
from sla.models import Timer
from tests import meta
from tests.conftest import take_in


def test_of_words_from_a_clock_ahead_of_ours_the_first_received_start_the_clock(messenger):
    now = timezone.now()
    ahead = now + timedelta(hours=1)
    later, first = (meta.direct(str(step), who="4001", at=ahead + timedelta(seconds=step)) for step in (1, 0))
    arrived = [(later, now - timedelta(seconds=9)), (first, now - timedelta(seconds=1))]
    deliveries.keep(Arrived(messenger.app_id, json.dumps(body).encode(), at) for body, at in arrived)
    intake.take_in(deliveries.claim(10))
    assert Timer.objects.get().started_at == min(Message.objects.values_list("at", flat=True)) == arrived[0][1]


def test_a_waiting_ticket_that_gets_an_agent_with_new_words_says_so(messenger, alice):
    take_in(messenger, meta.direct("one", who="4001"))
    assert Ticket.objects.get().assignee is None
    presence.Presence.objects.update_or_create(user=alice.user, defaults={"available": True, "present": True})
    take_in(messenger, meta.direct("two", who="4001"))
    assert Ticket.objects.get().assignee_id == alice.user_id
    assert Event.objects.get(verb="routed").data["to"] == alice.user_id


def test_a_ticket_reopened_behind_another_apps_words_says_so(messenger, alice):
    take_in(messenger, meta.direct("one", who="4001"))
    ticket = Ticket.objects.get()
    work.resolve(ticket.pk, alice.user)
    now = timezone.now()
    words = {"mid": "m_standby", "text": "to the other app"}
    bodies = [meta.messaging({"message": words}, who="4001", at=now, standby=True)]
    bodies += [meta.direct("to you", who="4001", at=now + timedelta(seconds=1))]
    arrived = [Arrived(messenger.app_id, json.dumps(body).encode(), now + timedelta(seconds=2)) for body in bodies]
    deliveries.keep(arrived)
    intake.take_in(deliveries.claim(10))
    assert Event.objects.filter(ticket=ticket, verb="reopened_by_customer").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_nothing_is_not_the_delivery_s_fault(acme, messenger):
    deliveries.keep([Arrived(messenger.app_id, json.dumps(meta.direct("one")).encode(), timezone.now())])
    batch = deliveries.claim(10)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        with pytest.raises(Exception, match="read-only"):
            intake.take_in(batch)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
    assert Delivery.objects.get().error == ""
    intake.take_in(batch)
    assert Message.objects.count() == 1
