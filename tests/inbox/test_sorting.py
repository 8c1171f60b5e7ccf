"""Priority, queue, tags and groups over HTTP, and both clocks of a wait that we heard of late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inbox.models import Contact, Event, Group, Queue, Tag, Ticket
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import take_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(facebook):
    take_in(facebook, meta.comment())
    return Ticket.objects.get()


def post(browser, path, body, place="acme"):
    return browser.post(f"/w/{place}/api/{path}/", body, content_type="application/json")


def test_an_agent_sorts_a_ticket(ticket, alice, sign_in):
    browser = sign_in(alice)
    queue, tag = Queue.objects.create(name="Billing"), Tag.objects.create(name="refund")
    group = Group.objects.create(name="Press")
    assert post(browser, f"tickets/{ticket.pk}/priority", {"priority": 4}).json()["row"]["prio"] == 4
    assert post(browser, f"tickets/{ticket.pk}/queue", {"queue": queue.pk}).json()["row"]["queue"] == queue.pk
    assert post(browser, f"tickets/{ticket.pk}/tags", {"tags": [tag.pk, tag.pk]}).json()["row"]["tags"] == [tag.pk]
    assert post(browser, f"contacts/{ticket.contact_id}/group", {"group": group.pk}).json() == {"group": group.pk}
    shown = browser.get(f"/w/acme/api/tickets/{ticket.pk}/").json()
    assert (shown["prio"], shown["queue"], shown["tags"], shown["contact"]["group"]) == (
        4,
        queue.pk,
        [tag.pk],
        group.pk,
    )
    assert shown["labels"] == browser.get("/w/acme/api/labels/").json()
    assert shown["labels"]["queues"] == [{"id": queue.pk, "name": "Billing"}]
    verbs = list(Event.objects.filter(actor=alice.user).order_by("id").values_list("verb", flat=True))
    assert verbs == ["prioritised", "moved", "tagged", "grouped"]
    post(browser, f"tickets/{ticket.pk}/priority", {"priority": 4})
    assert Event.objects.filter(verb="prioritised").count() == 1
    said = [item["text"] for item in browser.get(f"/w/acme/api/tickets/{ticket.pk}/entries/").json()["items"]]
    assert "Priority: Urgent" in said


@pytest.mark.parametrize(("what", "body", "status"), [
    ("priority", {"priority": 9}, 400),
    ("priority", {}, 400),
    ("queue", {"queue": 999}, 422),
    ("tags", {"tags": [999]}, 422),
    ("tags", {"tags": "refund"}, 400),
])  # fmt: skip
def test_what_does_not_exist_is_refused(ticket, alice, sign_in, what, body, status):
    before = Ticket.objects.values().get()
    answer = post(sign_in(alice), f"tickets/{ticket.pk}/{what}", body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert Ticket.objects.values().get() == before


def test_a_stranger_s_labels_are_nobody_else_s(ticket, alice, mallory, globex, sign_in):
    with workspace(globex.pk):
        theirs = Queue.objects.create(name="Theirs")
        group = Group.objects.create(name="Theirs")
    browser = sign_in(alice)
    assert post(browser, f"tickets/{ticket.pk}/queue", {"queue": theirs.pk}).status_code == 422
    assert post(browser, f"contacts/{ticket.contact_id}/group", {"group": group.pk}).status_code == 422
    stranger = sign_in(mallory)
    assert post(stranger, f"tickets/{ticket.pk}/priority", {"priority": 4}, "globex").status_code == 404
    assert post(stranger, f"contacts/{ticket.contact_id}/group", {"group": None}, "globex").status_code == 404
    assert (Ticket.objects.get().priority, Contact.objects.get().group_id) == (2, None)


def test_both_clocks_of_a_late_delivery_are_told(facebook, alice, sign_in):
    wrote = timezone.now().replace(microsecond=0) - timedelta(minutes=3)
    take_in(facebook, meta.comment(at=wrote))
    [timer] = sign_in(alice).get(f"/w/acme/api/tickets/{Ticket.objects.get().pk}/").json()["timers"]
    assert timer["started"] == wrote.timestamp() * 1000
    assert timer["noticed"] - timer["started"] >= 180_000
    assert (timer["paused"], timer["still"]) == (0, False)
