"""Posts become tickets: once each, in the right place, with a clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from connectors.models import ChannelAccount, Delivery, Oddity
from inbox.actions import people, presence, work
from inbox.models import Contact, Event, Identity, Message, Presence, Story, Ticket
from sla.models import Policy, Timer
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import PAGE, take_in


def test_a_comment_becomes_a_ticket_with_a_clock(facebook):
    wrote = timezone.now() - timedelta(seconds=42)
    take_in(facebook, meta.comment("Where is my order?", at=wrote))
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.kind, ticket.preview) == ("open", "comment", "Where is my order?")
    assert ticket.contact.name == "Amélie Petit"
    timer = Timer.objects.get()
    assert timer.metric == "first_response"
    assert timer.started_at.timestamp() == int(wrote.timestamp())
    assert ticket.due_at == timer.due_at == timer.started_at + timedelta(minutes=5)


def test_the_same_delivery_ten_times_is_one_message(facebook):
    payload = meta.comment(comment_id="700_9")
    for number in range(10):
        take_in(facebook, {**payload, "number": number})
    assert Message.objects.count() == 1
    assert Ticket.objects.count() == 1
    assert Delivery.objects.filter(state="done").count() == 10


def test_a_person_has_one_ticket_per_thread_and_one_contact(facebook, messenger):
    take_in(
        facebook, meta.comment("one", who="5"), meta.comment("two", who="5"), meta.comment("other", who="6", name="B")
    )
    take_in(messenger, meta.direct("and here", who="5"))
    assert Ticket.objects.count() == 3
    assert Ticket.objects.get(identity__external_id="5", account=facebook).seq == 2
    assert Contact.objects.count() == 2
    assert Identity.objects.filter(external_id="5").count() == 2


def test_strangers_are_never_one_person(facebook):
    first, second = meta.comment("a"), meta.comment("b")
    for payload in (first, second):
        del payload["entry"][0]["changes"][0]["value"]["from"]
    take_in(facebook, first, second)
    assert Contact.objects.filter(name="").count() == 2


def test_the_page_s_own_post_is_a_story_and_no_ticket(facebook):
    value = {"item": "status", "verb": "add", "from": {"id": PAGE, "name": "Acme"}, "post_id": meta.POST,
             "message": "Our new phone is here", "published": 1, "created_time": meta.seconds()}  # fmt: skip
    take_in(facebook, meta.change(value))
    assert not Ticket.objects.exists()
    assert Story.objects.get().text == "Our new phone is here"


def test_a_returning_customer_reopens_and_later_follows_up(facebook, alice):
    take_in(facebook, meta.comment("one"))
    ticket = Ticket.objects.get()
    work.resolve(ticket.pk, alice.user)
    assert not Timer.objects.filter(stopped_at=None).exists()
    take_in(facebook, meta.comment("again"))
    ticket.refresh_from_db()
    assert ticket.status == "open"
    assert ticket.due_at is not None
    work.resolve(ticket.pk, alice.user)
    Ticket.objects.filter(pk=ticket.pk).update(resolved_at=timezone.now() - timedelta(days=3))
    take_in(facebook, meta.comment("much later"))
    assert Ticket.objects.exclude(pk=ticket.pk).get().follows == ticket


def test_edits_and_removals_keep_the_ticket(facebook):
    take_in(facebook, meta.comment("frist", comment_id="700_1"))
    take_in(facebook, meta.comment("first", comment_id="700_1", verb="edited"))
    message = Message.objects.get()
    assert message.text == "first"
    assert message.revisions[0]["text"] == "frist"
    assert Ticket.objects.get().preview == "first"
    take_in(facebook, meta.comment(comment_id="700_1", verb="remove", message=None))
    message.refresh_from_db()
    assert message.text == ""
    assert message.revisions == []
    assert message.removed_at
    assert Ticket.objects.count() == 1


def test_news_that_overtakes_its_post_waits_for_it(facebook):
    take_in(facebook, meta.comment("second words", comment_id="700_1", verb="edited"))
    assert not Message.objects.exists()
    take_in(facebook, meta.comment("first words", comment_id="700_1"))
    assert Message.objects.get().text == "second words"


def test_a_page_nobody_connected_is_counted_and_reaches_nobody(facebook):
    take_in(facebook, meta.comment(page="123123123123"), meta.comment(page="123123123123"))
    assert not Ticket.objects.exists()
    assert Oddity.objects.get(what="account").count == 2


def test_one_delivery_for_two_tenants_reaches_exactly_the_two(facebook, globex):
    from connectors.models import ChannelAccount

    ChannelAccount.objects.everywhere().filter(workspace=globex).update(app=facebook.app)
    mine, theirs = meta.comment("for acme"), meta.comment("for globex", page="999888777666555")
    take_in(facebook, {"object": "page", "entry": mine["entry"] + theirs["entry"]})
    assert [ticket.preview for ticket in Ticket.objects.all()] == ["for acme"]
    with workspace(globex.pk):
        assert [ticket.preview for ticket in Ticket.objects.all()] == ["for globex"]


def test_a_poisoned_delivery_costs_no_other(facebook, monkeypatch):
    from inbox import intake

    real = intake.receive

    def choke(account, arrivals):
        if any("poison" in getattr(arrival.record, "text", "") for arrival in arrivals):
            raise ValueError("cannot digest this")
        real(account, arrivals)

    monkeypatch.setattr(intake, "receive", choke)
    take_in(facebook, *[meta.comment(f"good {n}", who=str(n)) for n in range(5)], meta.comment("poison", who="9"))
    assert Ticket.objects.count() == 5
    bad = Delivery.objects.get(state="waiting")
    assert "cannot digest" in bad.error
    Delivery.objects.filter(pk=bad.pk).update(lease_until=None, attempts=4)
    take_in(facebook)
    bad.refresh_from_db()
    assert bad.state == "failed"


def test_tickets_go_to_the_least_loaded_who_is_there(facebook, alice, bob):
    take_in(facebook, meta.comment(who="1"))
    assert Ticket.objects.get().assignee is None
    presence.here(alice)
    assert Ticket.objects.get().assignee == alice.user
    presence.here(bob)
    take_in(facebook, meta.comment(who="2"))
    assert Ticket.objects.filter(assignee=alice.user).count() == 2
    presence.available(bob, True)
    take_in(facebook, meta.comment(who="3"), meta.comment(who="4"))
    assert Ticket.objects.filter(assignee=bob.user).count() == 2
    Presence.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    take_in(facebook, meta.comment(who="5"))
    assert Ticket.objects.filter(assignee=None).count() == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_whatever_the_order_the_thread_reads_by_the_platform_s_time(messenger, order):
    start = timezone.now() - timedelta(minutes=1)
    payloads = [meta.direct(f"{n}", at=start + timedelta(seconds=n)) for n in range(3)]
    for index in order:
        take_in(messenger, payloads[index])
    assert [message.text for message in Message.objects.order_by("at", "id")] == ["0", "1", "2"]
    ticket, timer = Ticket.objects.get(), Timer.objects.get()
    assert timer.started_at == start.replace(microsecond=start.microsecond // 1000 * 1000)
    assert ticket.preview == "2"


def test_a_customer_comes_back_to_the_ticket_that_is_open_though_it_is_not_the_newest(facebook, alice):
    take_in(facebook, meta.comment("one"))
    older = Ticket.objects.get()
    work.resolve(older.pk, alice.user)
    Ticket.objects.update(resolved_at=timezone.now() - timedelta(days=3))
    take_in(facebook, meta.comment("two"))
    work.resolve(Ticket.objects.get(follows=older).pk, alice.user)
    work.reopen(older.pk, alice.user)
    take_in(facebook, meta.comment("three"))
    assert Message.objects.get(text="three").ticket == older
    assert not Delivery.objects.exclude(state="done").exists()


def test_hiding_and_reactions_end_as_the_platform_s_last_word_says(facebook):
    start = timezone.now() - timedelta(minutes=1)

    def later(seconds, **what):
        take_in(facebook, meta.comment("x", comment_id="700_1", at=start + timedelta(seconds=seconds), **what))

    later(0)
    later(20, verb="unhide")
    later(10, verb="hide")
    for seconds, verb in ((30, "remove"), (25, "add")):
        value = {"item": "reaction", "verb": verb, "reaction_type": "love", "comment_id": "700_1",
                 "post_id": meta.POST, "from": {"id": "5"}, "created_time": meta.seconds(start) + seconds}  # fmt: skip
        take_in(facebook, meta.change(value))
    later(50, verb="edited", message="x")
    later(40, verb="edited", message="older words")
    message = Message.objects.get()
    assert (message.hidden, message.reactions, message.text) == (False, {}, "x")


def test_a_message_is_said_to_be_removed_once(facebook):
    take_in(facebook, meta.comment("x", comment_id="700_1"))
    take_in(facebook, meta.comment(comment_id="700_1", verb="remove", message=None))
    take_in(facebook, meta.comment(comment_id="700_1", verb="hide"))
    assert Event.objects.filter(verb="removed_by_customer").count() == 1


def test_nobody_gets_a_ticket_who_works_here_no_more(facebook, alice, bob, carol):
    presence.here(alice)
    presence.available(bob, True)
    people.let_go(carol.user, alice.user_id)
    # A browser that has not heard of it.
    presence.here(alice)
    bob.user.is_active = False
    bob.user.save()
    take_in(facebook, meta.comment())
    assert Ticket.objects.get().assignee is None


def test_without_a_promise_what_is_unanswered_stays_open_all_the_same(messenger):
    Policy.objects.all().delete()
    start = timezone.now() - timedelta(minutes=1)
    take_in(messenger, meta.direct("one", at=start))
    take_in(messenger, meta.echo("answer", mid="m_2", app_id=5, at=start + timedelta(seconds=20)))
    assert Ticket.objects.get().status == "pending"
    take_in(messenger, meta.direct("two", at=start + timedelta(seconds=40)))
    take_in(messenger, meta.echo("answer to one", mid="m_1", app_id=5, at=start + timedelta(seconds=10)))
    assert Ticket.objects.get().status == "open"


def test_words_another_app_has_to_answer_start_no_clock_in_any_order(messenger):
    start = timezone.now() - timedelta(minutes=1)
    for second in (9, 3, 6):
        words = {"message": {"mid": f"m_{second}", "text": str(second)}}
        take_in(messenger, meta.messaging(words, at=start + timedelta(seconds=second), standby=True))
    assert Message.objects.count() == 3
    assert not Timer.objects.exists()
    assert Ticket.objects.get().status == "pending"


def test_of_two_edits_in_one_second_an_old_one_that_comes_again_changes_nothing(facebook):
    take_in(facebook, meta.comment("one", comment_id="700_1"))
    at = timezone.now()
    edits = [meta.comment(words, comment_id="700_1", verb="edited", at=at) for words in ("two", "three")]
    take_in(facebook, *edits)
    take_in(facebook, {**edits[0], "again": 1})
    message = Message.objects.get()
    assert message.text == "three"
    assert [revision["text"] for revision in message.revisions] == ["one", "two"]


def test_a_handover_that_comes_again_late_does_not_turn_the_conversation_over(messenger):
    start = timezone.now() - timedelta(minutes=1)
    take_in(messenger, meta.direct(at=start))
    away = meta.messaging({"pass_thread_control": {"new_owner_app_id": "5"}}, at=start + timedelta(seconds=1))
    back = meta.messaging(
        {"pass_thread_control": {"new_owner_app_id": "900111222333"}}, at=start + timedelta(seconds=2)
    )
    take_in(messenger, away)
    assert Ticket.objects.get().owner_app == "5"
    take_in(messenger, back)
    take_in(messenger, {**away, "again": 1})
    assert Ticket.objects.get().owner_app == ""


def test_an_edit_of_older_words_that_came_last_leaves_the_newest_in_the_list(messenger):
    now = timezone.now()
    take_in(messenger, meta.direct("newest", mid="m_2", at=now - timedelta(minutes=1)))
    take_in(messenger, meta.direct("older", mid="m_1", at=now - timedelta(minutes=2)))
    take_in(messenger, meta.messaging({"message_edit": {"mid": "m_1", "text": "older, edited", "num_edit": 1}}))
    assert Ticket.objects.get().preview == "newest"


@pytest.mark.parametrize(("verb", "text"), [("edited", "new words"), ("remove", "")])
def test_news_of_a_post_known_only_above_comments_waits_for_the_post_itself(facebook, verb, text):
    """The post was asked for because of a comment below it, and its own delivery comes last."""
    value = {"item": "post", "from": {"id": "3001", "name": "Amélie Petit"}, "post_id": meta.POST, "published": 1}
    Story.objects.create(account=facebook, external_id=meta.POST, text="old words", author="Amélie Petit")
    later = timezone.now()
    take_in(facebook, meta.change(value | {"verb": verb, "message": "new words"}, at=later))
    wrote = later - timedelta(seconds=30)
    first = {"verb": "add", "message": "old words", "created_time": meta.seconds(wrote)}
    take_in(facebook, meta.change(value | first, at=wrote))
    message = Message.objects.get(external_id=meta.POST)
    assert message.text == text
    assert (message.removed_at is not None) == (verb == "remove")
    assert Story.objects.get().text == text


def test_the_last_message_in_is_a_customers_and_no_answer_of_ours(messenger):
    take_in(messenger, meta.direct("one", mid="m_1"))
    ChannelAccount.objects.update(last_inbound_at=None)
    take_in(messenger, meta.echo("answer", mid="m_2", app_id=5))
    assert ChannelAccount.objects.get(pk=messenger.pk).last_inbound_at is None
    take_in(messenger, meta.direct("two", mid="m_3"))
    assert ChannelAccount.objects.get(pk=messenger.pk).last_inbound_at
