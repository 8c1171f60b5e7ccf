"""Priority, queue, tags and groups over HTTP, and both clocks of a wait that we heard of late."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from connectors.contract import Sent
from inbox.actions import outcomes, replies, sorting, work
from inbox.models import Contact, Event, Group, Queue, Tag, Ticket
from sla.models import Policy, Timer
from socialcare.models import AuditEntry
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


# ------------------------------------------------------------------ where an account's tickets go


def test_new_tickets_of_an_account_stand_in_its_queue_from_the_first_moment(facebook, messenger, carol, sign_in):
    queue, browser = Queue.objects.create(name="Billing"), sign_in(carol)
    Policy.objects.create(name="Billing", queue_id=queue.pk, first_response=timedelta(minutes=2), position=0)
    Policy.objects.filter(name="Five minutes").update(position=1)
    take_in(facebook, meta.comment(comment_id="7_1", who="1"))
    chosen = {f"account_{facebook.pk}": queue.pk, f"account_{messenger.pk}": ""}
    page = browser.post("/w/acme/settings/labels/accounts/", chosen, follow=True)
    assert "New tickets go there from now on." in page.content.decode()
    facebook.refresh_from_db()
    take_in(facebook, meta.comment(comment_id="7_2", who="2"))
    take_in(messenger, meta.direct())
    before, sorted_, direct = Ticket.objects.order_by("id")
    assert [ticket.queue_id for ticket in (before, sorted_, direct)] == [None, queue.pk, None]
    assert Timer.objects.get(ticket_id=sorted_.pk).target == timedelta(minutes=2)
    items = browser.get(f"/w/acme/api/tickets/{sorted_.pk}/entries/").json()["items"]
    assert "Queue: Billing, where the tickets of this account go" in [item["text"] for item in items]
    row = browser.get("/w/acme/api/tickets/", {"only": "waiting", "queue": queue.pk}).json()["items"]
    assert [item["id"] for item in row] == [sorted_.pk]
    entry = AuditEntry.objects.get(verb="account.queue")
    assert entry.data == {"channel": "facebook", "queue_id": [None, "Billing"]}
    history = browser.get("/w/acme/settings/history/").content.decode()
    assert "changed where the tickets of “Acme” go (Facebook)" in history


def test_a_follow_up_goes_to_the_queue_and_a_reopened_ticket_stays_where_it_was(facebook, alice, acme):
    facebook.queue_id = Queue.objects.create(name="Billing").pk
    facebook.save()
    take_in(facebook, meta.comment())
    ticket = Ticket.objects.get()
    sorting.move(ticket.pk, alice.user, None)
    work.resolve(ticket.pk, alice.user)
    take_in(facebook, meta.comment("again", comment_id="700_2"))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.queue_id) == ("open", None)
    work.resolve(ticket.pk, alice.user)
    Ticket.objects.update(resolved_at=timezone.now() - timedelta(days=90))
    take_in(facebook, meta.comment("much later", comment_id="700_3"))
    assert Ticket.objects.latest("id").queue_id == facebook.queue_id


def test_a_queue_that_is_not_ours_is_refused_and_nothing_changes(facebook, carol, bob, globex, sign_in):
    Queue.objects.create(name="Ours")
    with workspace(globex.pk):
        theirs = Queue.objects.create(name="Theirs")
    answer = sign_in(carol).post("/w/acme/settings/labels/accounts/", {f"account_{facebook.pk}": theirs.pk})
    assert answer.status_code == 422
    assert list(answer.context["queues"].errors) == [f"account_{facebook.pk}"]
    assert sign_in(bob).post("/w/acme/settings/labels/accounts/", {}).status_code == 403
    facebook.refresh_from_db()
    assert facebook.queue_id is None


def test_a_resolution_promised_while_the_ticket_waits_for_the_customer_stands_still_and_is_told(
    facebook, alice, sign_in
):
    """It has a row of its own and a line that says that it began and why, with what is left of it."""
    queue = Queue.objects.create(name="Billing")
    Policy.objects.update(position=9)
    Policy.objects.create(name="Bills", resolution=timedelta(minutes=5), queue_id=queue.pk)
    wrote = timezone.now().replace(microsecond=0) - timedelta(minutes=4)
    take_in(facebook, meta.comment(at=wrote))
    ticket = Ticket.objects.get()
    said = replies.reply(
        ticket.pk, alice.user, "We look into it.", private=False, token=uuid.uuid4(), last_seq=ticket.seq
    )
    outcomes.begin_sending(said.pk)
    outcomes.sent(said.pk, Sent("700_9", wrote + timedelta(minutes=1)))
    browser = sign_in(alice)
    post(browser, f"tickets/{ticket.pk}/queue", {"queue": queue.pk})
    shown = browser.get(f"/w/acme/api/tickets/{ticket.pk}/").json()["timers"][-1]
    assert (shown["metric"], shown["due"], shown["still"], shown["left"]) == ("resolution", None, True, 4 * 60_000)
    assert "A promise began, resolution, and stands still until the customer writes: the queue changed" in lines(
        browser
    )
    post(browser, f"tickets/{ticket.pk}/queue", {"queue": None})
    assert len(browser.get(f"/w/acme/api/tickets/{ticket.pk}/").json()["timers"]) == 1
    assert "A promise ended, resolution: the queue changed" in lines(browser)


def test_a_clock_worked_out_anew_says_when_it_is_due_and_was(facebook, alice, sign_in):
    Policy.objects.update(position=9)
    Policy.objects.create(name="Urgent", first_response=timedelta(minutes=2), resolution=timedelta(hours=1), priority=4)
    wrote = timezone.now().replace(microsecond=0)
    take_in(facebook, meta.comment(at=wrote))
    browser, ticket = sign_in(alice), Ticket.objects.get()
    post(browser, f"tickets/{ticket.pk}/priority", {"priority": 4})
    told = [item for item in entries(browser) if "due" in item]
    start = round(wrote.timestamp() * 1000)
    assert [(item["text"], item["due"]) for item in told] == [
        (
            "The clock was worked out anew, first response: the priority changed",
            {"before": start + 300_000, "after": start + 120_000},
        ),
        ("A promise began, resolution: the priority changed", {"before": None, "after": start + 3_600_000}),
    ]
    alice.user.language = "fr"
    alice.user.save()
    assert "Une promesse a commencé, résolution : la priorité a changé" in [
        line.replace("\xa0", " ") for line in lines(sign_in(alice))
    ]


def entries(browser):
    return browser.get(f"/w/acme/api/tickets/{Ticket.objects.get().pk}/entries/").json()["items"]


def lines(browser):
    return [item["text"] for item in entries(browser)]
