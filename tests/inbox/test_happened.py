"""The history of a ticket as people read it: which clock, which step, and who."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inbox import watch
from inbox.actions import people, work
from inbox.models import Event, Presence, Queue, Ticket
from sla.models import Policy
from tests import meta
from tests.conftest import person, take_in

MINUTE = timedelta(minutes=1)


def promise(*steps, **more):
    Policy.objects.update(warn_at=[50], steps=[{"at": at, "do": do, "to": to} for at, do, to in steps], **more)


def ran_out(account):
    take_in(account, meta.comment(at=timezone.now() - 6 * MINUTE))
    return Ticket.objects.get()


@pytest.fixture
def history(alice, sign_in):
    """The lines of the only ticket's history, in the language asked for."""

    def lines(language="en"):
        alice.user.language = language
        alice.user.save()
        ticket = Ticket.objects.get()
        items = sign_in(alice).get(f"/w/acme/api/tickets/{ticket.pk}/entries/").json()["items"]
        return [item["text"].replace("\xa0", " ") for item in items if item["type"] == "event"]

    return lines


def test_a_step_names_its_clock_its_share_and_the_people(facebook, alice, bob, acme, history):
    dora = person(acme, "dora", "supervisor")
    queue = Queue.objects.create(name="Late")
    promise((50, "notify", None), (80, "reassign", dora.user_id), (100, "raise", None), (100, "move", queue.pk))
    take_in(facebook, meta.comment(at=timezone.now() - 6 * MINUTE))
    work.assign(Ticket.objects.get().pk, bob.user, alice.user_id)
    watch.breach()
    head = "Five minutes (first response, "
    assert history()[-5:] == [
        "The promised time ran out: first response",
        f"{head}50 %): Alice and supervisors Bob and Dora were told",
        f"{head}80 %): given to Dora",
        f"{head}100 %): priority raised to High",
        f"{head}100 %): moved to another queue: Late",
    ]
    head = "Five minutes (première réponse, "
    assert history("fr")[-5:] == [
        "Le délai promis est dépassé : première réponse",
        f"{head}50 %) : prévenus : Alice et superviseurs Bob et Dora",
        f"{head}80 %) : donné à Dora",
        f"{head}100 %) : priorité portée à Haute",
        f"{head}100 %) : déplacé vers une autre file : Late",
    ]


def test_each_clock_is_named(facebook, history):
    promise((100, "raise", None), first_response=5 * MINUTE, resolution=5 * MINUTE)
    ran_out(facebook)
    watch.breach()
    said = [line for line in history() if line.startswith("The promised")]
    assert sorted(said) == ["The promised time ran out: first response", "The promised time ran out: resolution"]
    Policy.objects.update(steps=[], warn_at=[50], first_response=10 * MINUTE, resolution=None)
    Ticket.objects.all().delete()
    ran_out(facebook)
    watch.warn()
    assert history()[-1] == "50 % of the promised time is over: first response"


def test_people_who_have_left_keep_their_names(facebook, alice, bob, carol, history):
    promise((50, "notify", None), (100, "reassign", bob.user_id))
    ran_out(facebook)
    watch.breach()
    people.let_go(carol.user, bob.user_id)
    said = "\n".join(history())
    assert "supervisor Bob was told" in said
    assert "given to Bob" in said
    bob.user.delete()
    said = "\n".join(history())
    assert "supervisor somebody who has left was told" in said
    assert "given to somebody who has left" in said
    assert "?" not in said


def test_a_step_that_could_do_nothing_says_so(facebook, history):
    promise((50, "notify", None), (60, "reassign", None), (70, "move", 999), (80, "raise", None))
    ran_out(facebook)
    Ticket.objects.update(priority=4)
    watch.breach()
    said = "\n".join(history())
    for words in (
        "supervisor",
        "nobody was there to take it",
        "stays in its queue: none",
        "priority is Urgent already",
    ):
        assert words in said


def test_whoever_has_it_keeps_it_where_nobody_else_is_there(facebook, alice, history):
    promise((100, "reassign", None))
    Presence.objects.create(user=alice.user, present=True, available=True)
    ran_out(facebook)
    watch.breach()
    assert history()[-1] == "Five minutes (first response, 100 %): Alice keeps it: nobody else is there"


def test_without_supervisors_the_admins_are_told(facebook, alice, carol, history):
    promise((100, "notify", None))
    ran_out(facebook)
    watch.breach()
    assert history()[-1].endswith("supervisor Carol was told")


def test_lines_of_before_still_say_whom_they_knew(facebook, alice, history):
    ticket = ran_out(facebook)
    for to in (None, alice.user_id):
        Event.objects.create(ticket=ticket, verb="escalated", data={"do": "notify", "policy": "Fast", "to": to})
    assert history()[-2:] == ["Fast: whoever had it and the supervisors were told", "Fast: Alice was told"]


def test_a_queue_is_named(facebook, alice, history):
    from inbox.actions import sorting

    ticket = ran_out(facebook)
    sorting.move(ticket.pk, alice.user, Queue.objects.create(name="Billing").pk)
    sorting.move(ticket.pk, alice.user, None)
    assert [line for line in history() if "ueue" in line] == ["Queue: Billing", "Queue: none"]
