"""Warnings before a promise runs out, and what policies want done then: each once, and written down."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.contract import Kind, Post
from connectors.models import ChannelAccount
from inbox import live, watch
from inbox.actions import promises, sorting, sweeps, work
from inbox.actions.receive import Arrival, receive
from inbox.models import Event, Message, Notification, Presence, Queue, Ticket
from sla.models import BusinessHours, Policy, Sweep, Timer
from tests import meta
from tests.conftest import person, take_in

MINUTE = timedelta(minutes=1)


def promise(**more):
    Policy.objects.update(warn_at=[50, 80], **more)


def told(verb, key):
    return list(Event.objects.filter(verb=verb).order_by("id").values_list(f"data__{key}", flat=True))


@pytest.fixture
def late():
    """Let so many minutes pass at once."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield lambda minutes: clock.shift(minutes * MINUTE)


def test_each_share_is_told_once(facebook, late):
    promise()
    take_in(facebook, meta.comment())
    assert watch.warn() == 0
    late(2.6)
    assert watch.warn() == 1
    assert watch.warn() == 0
    late(1.5)
    assert watch.warn() == 1
    late(1)
    assert (watch.breach(), watch.breach(), watch.warn()) == (1, 0, 0)
    assert told("warned", "share") == [50, 80]
    assert Event.objects.filter(verb="breached").count() == 1


def test_a_step_is_done_at_its_share_though_nobody_asked_to_be_warned_then(facebook, late):
    promise(steps=[{"at": 20, "do": "raise", "to": None}])
    take_in(facebook, meta.comment())
    before = Ticket.objects.get().priority
    late(1.1)
    assert watch.warn() == 1
    assert Ticket.objects.get().priority != before
    late(1.5)
    assert watch.warn() == 1
    assert told("warned", "share") == [20, 50]


def test_what_is_heard_of_late_is_told_of_as_it_stands(facebook):
    promise()
    take_in(facebook, meta.comment(at=timezone.now() - 4.5 * MINUTE))
    assert (watch.breach(), watch.warn()) == (0, 1)
    assert told("warned", "share") == [80]


def test_it_sleeps_until_the_next_share(facebook, alice):
    promise()
    take_in(facebook, meta.comment())
    Timer.objects.update(warn_at=timezone.now() + timedelta(milliseconds=300))
    assert 0.1 < watch.seconds_until_next() <= 0.3


def test_an_answer_in_time_is_warned_of_no_more(messenger, late):
    promise()
    take_in(messenger, meta.direct(at=timezone.now() - 2 * MINUTE))
    take_in(messenger, meta.echo("Done", mid="m_9", app_id=5))
    assert Timer.objects.get().warn_at is None
    late(9)
    assert watch.warn() == 0


def test_steps_are_done_once_each_at_their_mark(facebook, alice, bob, acme, monkeypatch, late):
    queue = Queue.objects.create(name="Late")
    dora = person(acme, "dora", "agent")
    promise(steps=[
        {"at": 50, "do": "notify", "to": None},
        {"at": 80, "do": "raise", "to": None},
        {"at": 80, "do": "reassign", "to": dora.user_id},
        {"at": 100, "do": "move", "to": queue.pk},
        {"at": 100, "do": "notify", "to": alice.user_id},
    ])  # fmt: skip
    heard = []
    monkeypatch.setattr(live, "publish", lambda events, to=None: heard.append((events[0][0], to)))
    take_in(facebook, meta.comment())
    ticket = Ticket.objects.get()
    work.assign(ticket.pk, bob.user, alice.user_id)
    heard.clear()
    late(2.6)
    watch.warn()
    assert heard == [("notify", alice.user_id), ("notify", bob.user_id)]
    late(1.5)
    watch.warn()
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.assignee_id, ticket.queue_id) == (3, dora.user_id, None)
    late(1)
    heard.clear()
    assert watch.breach() == 1
    watch.breach()
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.queue_id, ticket.breached) == (3, queue.pk, True)
    assert heard == [("notify", alice.user_id)]
    assert told("escalated", "do") == ["notify", "raise", "reassign", "move", "notify"]


def test_all_steps_are_done_when_everything_ran_out_before_we_looked(facebook):
    promise(steps=[{"at": 50, "do": "raise", "to": None}, {"at": 100, "do": "raise", "to": None}])
    take_in(facebook, meta.comment(at=timezone.now() - 6 * MINUTE))
    assert (watch.breach(), watch.warn()) == (1, 0)
    assert Ticket.objects.get().priority == 4
    assert told("escalated", "priority") == [3, 4]


def test_a_step_is_done_once_where_two_clocks_pass_its_mark_together(facebook, bob, late):
    steps = [(80, "notify"), (100, "notify"), (100, "raise")]
    promise(resolution=5 * MINUTE, steps=[{"at": at, "do": do, "to": None} for at, do in steps])
    take_in(facebook, meta.comment())
    late(4.5)
    assert watch.warn() == 2
    late(1)
    assert watch.breach() == 2
    assert sorted(told("breached", "metric")) == ["first_response", "resolution"]
    assert list(zip(told("escalated", "at"), told("escalated", "do"), strict=True)) == steps
    seen = Notification.objects.order_by("id").values_list("user_id", "metric", "share")
    assert list(seen) == [(bob.user_id, "first_response", 100)]
    assert Ticket.objects.get().priority == 3


def test_a_step_is_done_for_each_of_two_clocks_that_run_out_one_after_the_other(facebook, bob, late):
    promise(resolution=10 * MINUTE, steps=[{"at": 100, "do": "notify", "to": None}])
    take_in(facebook, *(meta.comment(comment_id=f"7_{who}", who=who) for who in "12"))
    for _ in range(2):
        late(5.5)
        assert watch.breach() == 2
    assert list(Notification.objects.order_by("id").values_list("metric", flat=True)) == [
        *["first_response"] * 2,
        *["resolution"] * 2,
    ]


def test_a_step_that_moves_to_a_stricter_policy_ends(facebook):
    """Each raise finds a shorter promise; what is broken already stays with the one that was broken."""
    raising = {"warn_at": [], "steps": [{"at": 100, "do": "raise", "to": None}]}
    for priority, minutes in ((3, 4), (4, 3)):
        Policy.objects.create(
            name=str(priority), priority=priority, position=priority, first_response=minutes * MINUTE, **raising
        )
    Policy.objects.update_or_create(name="Five minutes", defaults={"position": 9, **raising})
    take_in(facebook, meta.comment(at=timezone.now() - 6 * MINUTE))
    for _ in range(5):
        watch.breach()
    assert told("escalated", "do") == ["raise"]
    assert Ticket.objects.get().priority == 3
    assert told("recomputed", "why") == []


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_broken_promise_stays_broken_wherever_the_ticket_goes(facebook, bob, late, by_hand):
    fast, slow = Queue.objects.create(name="Fast"), Queue.objects.create(name="Slow")
    promise(queue_id=fast.pk, steps=[] if by_hand else [{"at": 100, "do": "move", "to": slow.pk}])
    Policy.objects.create(name="Slow", first_response=60 * MINUTE, next_response=60 * MINUTE, position=9)
    take_in(facebook, meta.comment(comment_id="700_1"))
    ticket = sorting.move(Ticket.objects.get().pk, bob.user, fast.pk)
    due = ticket.due_at
    late(5.1)
    assert watch.breach() == 1
    if by_hand:
        sorting.move(ticket.pk, bob.user, slow.pk)
    ticket.refresh_from_db()
    assert (ticket.queue_id, ticket.breached, ticket.due_at) == (slow.pk, True, due)
    late(1)
    take_in(facebook, meta.comment("It left", who=meta.PAGE, parent="700_1"))
    assert Timer.objects.get().breached_at == due
    take_in(facebook, meta.comment("And now?"))
    ticket.refresh_from_db()
    assert (ticket.breached, ticket.due_at > timezone.now() + 59 * MINUTE) == (False, True)


def test_a_promise_that_an_admin_corrects_was_never_broken(facebook, carol, late):
    promise()
    take_in(facebook, meta.comment())
    late(6)
    assert watch.breach() == 1
    policy = Policy.objects.get()
    policy.first_response = 60 * MINUTE
    promises.save_policy(carol.user, policy)
    for sweep in Sweep.objects.all():
        sweeps.go_on(sweep.pk)
    assert not Ticket.objects.get().breached


def test_somebody_who_is_gone_gets_nothing(facebook, alice, mallory):
    promise(steps=[{"at": 100, "do": "reassign", "to": mallory.user_id}, {"at": 100, "do": "move", "to": 999}])
    take_in(facebook, meta.comment(at=timezone.now() - 6 * MINUTE))
    assert watch.breach() == 1
    ticket = Ticket.objects.get()
    assert (ticket.assignee_id, ticket.queue_id) == (None, None)


def test_tickets_taken_away_are_spread_over_those_who_are_there(facebook, alice, bob):
    promise(steps=[{"at": 100, "do": "reassign", "to": None}])
    take_in(
        facebook, *(meta.comment(comment_id=f"7_{n}", who=str(n), at=timezone.now() - 6 * MINUTE) for n in range(4))
    )
    Presence.objects.bulk_create(Presence(user=member.user, present=True, available=True) for member in (alice, bob))
    assert watch.breach() == 4
    assert sorted(Ticket.objects.values_list("assignee_id", flat=True)) == sorted([alice.user_id, bob.user_id] * 2)


# ------------------------------------------------------------------ what counts as an answer


def test_an_automatic_answer_answers_nobody(messenger):
    take_in(messenger, meta.direct(at=timezone.now() - MINUTE))
    post = Post("messenger", messenger.external_id, "m_auto", Kind.DIRECT, "4001", None, "We will be back soon",
                timezone.now(), ours=True, automatic=True)  # fmt: skip
    receive(messenger, [Arrival(post, timezone.now())])
    ticket = Ticket.objects.get()
    assert Message.objects.get(external_id="m_auto").automatic
    assert (ticket.status, ticket.first_answered_at) == ("open", None)
    assert Timer.objects.get().stopped_at is None
    take_in(messenger, meta.echo("A human", mid="m_9", app_id=5))
    assert Timer.objects.get().outcome == "answered"


def test_the_echo_of_an_app_that_answers_by_itself_stops_no_clock(messenger, alice, carol, sign_in):
    browser, edit = sign_in(carol), f"/w/acme/settings/accounts/{messenger.pk}/edit/"
    for wrong in ("the bot", "5;6", "5,", "1" * 21):
        answer = browser.post(edit, {"name": "Acme", "automatic_apps": wrong})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["automatic_apps"])
    assert browser.post(edit, {"name": "Acme", "automatic_apps": "5 , 263902037430900"}).status_code == 302
    messenger.refresh_from_db()
    take_in(messenger, meta.direct(at=timezone.now() - MINUTE))
    take_in(messenger, meta.echo("We are closed", mid="m_auto", app_id=263902037430900))
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.first_answered_at) == ("open", None)
    assert Timer.objects.get().stopped_at is None
    assert Message.objects.get(external_id="m_auto").automatic
    take_in(messenger, meta.echo("Hello, this is Zoé", mid="m_human", app_id=26390203743090))
    assert Timer.objects.get().outcome == "answered"
    items = sign_in(alice).get(f"/w/acme/api/tickets/{ticket.pk}/entries/").json()["items"]
    said = [item["text"] for item in items if item["type"] == "event"]
    assert "An automatic answer, which stops no clock (app 263902037430900)" in said
    assert "Answered with another tool (app 26390203743090)" in said


# ------------------------------------------------------------------ resolution


def test_the_resolution_waits_with_the_customer_and_ends_with_the_ticket(messenger, alice):
    promise(resolution=30 * MINUTE)
    start = timezone.now().replace(microsecond=0) - 20 * MINUTE
    take_in(messenger, meta.direct("one", mid="m_1", at=start))
    request = Timer.objects.filter(metric="resolution")
    assert request.get().due_at == start + 30 * MINUTE
    take_in(messenger, meta.echo("answer", mid="m_2", app_id=5, at=start + 2 * MINUTE))
    assert request.get().due_at is None
    assert request.get().stands_still
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.due_at) == ("pending", None)
    take_in(messenger, meta.direct("two", mid="m_3", at=start + 12 * MINUTE))
    timer = request.get()
    assert (timer.due_at, timer.paused) == (start + 40 * MINUTE, 10 * MINUTE)
    work.resolve(ticket.pk, alice.user)
    timer = request.get()
    assert (timer.outcome, timer.breached_at, timer.paused) == ("resolved", None, 10 * MINUTE)
    take_in(messenger, meta.direct("three", mid="m_4"))
    assert request.count() == 2
    assert request.get(stopped_at=None).paused == timedelta()


# ------------------------------------------------------------------ how much a batch asks


def test_a_batch_asks_the_same_number_of_questions_whatever_its_size(facebook):
    hours = BusinessHours.objects.create(name="o", zone="Europe/Paris", slots=[[d, 0, 1440] for d in range(7)])
    promise(hours=hours, resolution=60 * MINUTE)

    def asked(number, first, again=0):
        said = [meta.comment(comment_id=f"7_{n + again}", who=str(n)) for n in range(first, first + number)]
        # Otherwise noted every few seconds.
        ChannelAccount.objects.update(last_inbound_at=None)
        with CaptureQueriesContext(connection) as queries:
            take_in(facebook, *said)
        return len(queries)

    assert asked(3, 1) == asked(60, 100)
    assert Timer.objects.count() == 2 * 63
    # On tickets that are there, too.
    for ticket in Ticket.objects.all():
        ticket.tag_ids = [ticket.pk] * (ticket.pk % 3)
        ticket.save()
    assert asked(3, 1, 1000) == asked(60, 100, 2000)
    assert {len(ticket.tag_ids) for ticket in Ticket.objects.all()} == {0, 1, 2}


def test_a_batch_reads_the_running_clocks_once(facebook, messenger):
    promise(resolution=60 * MINUTE)

    def read(account, *payloads):
        with CaptureQueriesContext(connection) as queries:
            take_in(account, *payloads)
        for ticket in Ticket.objects.all():
            first = Timer.objects.filter(ticket_id=ticket.pk, stopped_at=None).order_by("due_at").first()
            assert (ticket.due_at, ticket.metric) == (first.due_at, first.metric)
        return sum('FROM "sla_timer"' in query["sql"] for query in queries)

    assert read(facebook, *(meta.comment(comment_id=f"7_{n}", who=str(n)) for n in range(3))) == 0
    assert read(facebook, *(meta.comment(comment_id=f"8_{n}", who=str(n)) for n in range(4))) == 1
    take_in(messenger, meta.direct("one", mid="m_1", at=timezone.now() - 9 * MINUTE))
    take_in(messenger, meta.echo("answer", mid="m_2", app_id=5, at=timezone.now() - 8 * MINUTE))
    # One clock stands still: its history is read, and with it the clocks.
    assert read(messenger, meta.direct("two", mid="m_3")) > 1
