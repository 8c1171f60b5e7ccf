"""Behaviours of Meta's platforms that only the whole path can show."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from connectors import gateway, limits, registry
from connectors.contract import Throttled, Usage
from connectors.models import ChannelAccount, Delivery
from inbox import composing, polling
from inbox.actions import replies
from inbox.actions.refusals import NotAllowed
from inbox.models import Contact, Message, Ticket
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import PAGE, take_in


@pytest.mark.behaviour(10)
@pytest.mark.behaviour(8)
@pytest.mark.django_db(transaction=True)
def test_simultaneous_first_messages_of_one_person_are_one_ticket(acme, messenger):
    payloads = [meta.direct(f"{n}", who="77", mid=f"m_same{n}") for n in range(3)] * 3
    barrier = threading.Barrier(len(payloads))

    def deliver(number, payload):
        barrier.wait()
        with workspace(acme.pk):
            take_in(messenger, {**payload, "delivery": number})
        connection.close()

    threads = [threading.Thread(target=deliver, args=pair) for pair in enumerate(payloads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    take_in(messenger)
    assert Ticket.objects.count() == Contact.objects.count() == 1
    assert sorted(Message.objects.values_list("text", flat=True)) == ["0", "1", "2"]
    assert sorted(Message.objects.values_list("seq", flat=True)) == [1, 2, 3]


@pytest.mark.behaviour(17)
def test_only_the_customer_moves_the_window(messenger, alice):
    wrote = timezone.now() - timedelta(hours=30)
    take_in(messenger, meta.direct(at=wrote, mid="m_1"))
    take_in(messenger, meta.echo("from elsewhere", mid="m_2", app_id=5, at=wrote + timedelta(hours=29)))
    take_in(messenger, meta.messaging({"read": {"watermark": meta.seconds() * 1000}}))
    ticket = Ticket.objects.get()
    assert not composing.compose(ticket)["reply"]["allowed"]
    with pytest.raises(NotAllowed):
        replies.reply(ticket.pk, alice.user, "too late", private=False, token=uuid.uuid4(), last_seq=99)
    reaction = {"mid": "m_2", "action": "react", "reaction": "love", "emoji": "❤"}
    take_in(messenger, meta.messaging({"reaction": reaction}))
    ticket.refresh_from_db()
    mode = composing.compose(ticket)["reply"]
    assert mode["allowed"]
    assert mode["until"] == pytest.approx((timezone.now() + timedelta(hours=24)).timestamp() * 1000, abs=5e3)


@pytest.mark.behaviour(29)
def test_a_pause_holds_its_account_only_and_for_the_time_said(facebook, messenger, graph):
    until = timezone.now() + timedelta(minutes=7)
    gateway.opened(messenger).report_usage(Usage(f"messenger:{PAGE}", 100.0, until))
    with pytest.raises(Throttled) as refused:
        gateway.profile(messenger, "1")
    assert abs(refused.value.retry_at - until) < timedelta(seconds=1)
    graph.answers["GET /1"] = (200, {"id": "1", "name": "Someone"})
    assert gateway.profile(facebook, "1").name == "Someone"
    assert len(graph.asked) == 1


@pytest.mark.behaviour(29)
def test_polling_yields_long_before_answers_do(facebook):
    assert gateway.may_poll(facebook)
    limits.note(f"facebook:{PAGE}", Usage("app", 81.0))
    assert not gateway.may_poll(facebook)
    assert limits.blocked_until(f"facebook:{PAGE}") is None


@pytest.mark.behaviour(33)
def test_what_polling_finds_joins_what_webhooks_brought(facebook, graph):
    take_in(facebook, meta.comment("by webhook", comment_id="700_5", name="Ann", who="31"))
    node = {
        "id": "700_5",
        "message": "by webhook",
        "from": {"id": "31", "name": "Ann"},
        "created_time": timezone.now().strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "permalink_url": "https://facebook.example/700_5",
    }
    missed = {**node, "id": "700_6", "message": "missed by webhook"}
    post = {
        "id": meta.POST,
        "message": "Our news",
        "from": {"id": PAGE, "name": "Acme"},
        "created_time": node["created_time"],
        "updated_time": node["created_time"],
        "is_published": True,
        "comments": {"data": [node, missed]},
    }
    graph.answers["GET /feed"] = (200, {"data": [post]})
    graph.answers["GET /tagged"] = graph.answers["GET /visitor_posts"] = (200, {"data": []})
    for _ in range(2):
        polling.poll_account.apply(args=[facebook.pk], headers={"workspace": facebook.workspace_id})
        take_in(facebook)
    assert sorted(Message.objects.values_list("text", flat=True)) == ["by webhook", "missed by webhook"]
    assert Ticket.objects.count() == 1
    assert not Delivery.objects.exclude(state="done").exists()


@pytest.mark.behaviour(33)
def test_a_dropped_subscription_is_repaired_unasked(facebook, graph):
    subscribed = {"data": [{"id": facebook.app.as_app().external_id, "subscribed_fields": ["mention"]}]}
    graph.answers["GET /me"] = (200, {"id": PAGE, "name": "Acme"})
    scopes = {
        "is_valid": True,
        "scopes": [*registry.channel("facebook").permissions],
        "expires_at": 0,
        "profile_id": PAGE,
    }
    graph.answers["POST /debug_token"] = (200, {"data": scopes})
    graph.answers["GET /subscribed_apps"] = lambda asked: (200, subscribed)

    def subscribe(asked):
        subscribed["data"][0]["subscribed_fields"] = asked.form["subscribed_fields"].split(",")
        return 200, {"success": True}

    graph.answers["POST /subscribed_apps"] = subscribe
    polling.check_account.apply(args=[facebook.pk], headers={"workspace": facebook.workspace_id})
    assert {"feed", "mention", "ratings"} <= set(subscribed["data"][0]["subscribed_fields"])
    facebook.refresh_from_db()
    assert facebook.health["unsubscribed"] == []


@pytest.mark.behaviour(20)
def test_what_the_platform_says_and_what_we_did_end_alike(facebook, alice, graph):
    from connectors.contract import Can
    from inbox.actions import work

    graph.answers["POST /700_1"] = (200, {"success": True})
    take_in(facebook, meta.comment(comment_id="700_1"))
    message = Message.objects.get()
    work.moderate(message.pk, alice.user, Can.HIDE, on=True)
    now = timezone.now()
    for after, (verb, hidden) in enumerate([("hide", True), ("hide", True), ("unhide", False), ("hide", True)]):
        take_in(facebook, meta.comment(comment_id="700_1", verb=verb, at=now + timedelta(seconds=after)))
        message.refresh_from_db()
        assert message.hidden is hidden


def test_whoever_deletes_the_last_words_that_wait_stops_the_clock(facebook, alice, graph):
    from connectors.contract import Can
    from inbox.actions import work
    from sla.models import Timer

    graph.answers["DELETE /700_1"] = (200, {"success": True})
    take_in(facebook, meta.comment(comment_id="700_1"))
    assert Timer.objects.get().stopped_at is None
    work.moderate(Message.objects.get().pk, alice.user, Can.DELETE, on=True)
    assert Timer.objects.get().stopped_at is not None


@pytest.mark.behaviour(35)
def test_a_conversation_of_another_app_waits_until_it_is_ours(messenger, alice):
    said = {"message": {"mid": "m_s", "text": "talking to a bot"}}
    take_in(messenger, meta.messaging({"pass_thread_control": {"new_owner_app_id": "5"}}, who="4001"))
    take_in(messenger, meta.messaging(said, standby=True))
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.due_at) == ("pending", None)
    take_in(messenger, meta.messaging({"pass_thread_control": {"new_owner_app_id": "5"}}))
    ticket.refresh_from_db()
    assert composing.compose(ticket)["reply"]["reason"] == "other_app_owns_thread"
    ours = messenger.app.as_app().external_id
    back = {"previous_owner_app_id": "5", "new_owner_app_id": ours}
    take_in(messenger, meta.messaging({"pass_thread_control": back}))
    ticket.refresh_from_db()
    assert ticket.status == "open"
    assert ticket.due_at
    assert composing.compose(ticket)["reply"]["allowed"]


@pytest.mark.behaviour(36)
def test_receipts_go_forward_only(messenger, alice, graph):
    from inbox import outbox

    graph.answers["POST /messages"] = (200, {"message_id": "m_out"})
    take_in(messenger, meta.direct())
    ticket = Ticket.objects.get()
    message = replies.reply(ticket.pk, alice.user, "yes", private=False, token=uuid.uuid4(), last_seq=1)
    outbox.send_waiting()
    later = int((timezone.now() + timedelta(seconds=5)).timestamp() * 1000)
    take_in(messenger, meta.messaging({"delivery": {"mids": ["m_out"], "watermark": later}}))
    message.refresh_from_db()
    assert message.delivered_at
    assert message.read_at is None
    take_in(messenger, meta.messaging({"read": {"watermark": later}}))
    message.refresh_from_db()
    read = message.read_at
    assert abs(read - timezone.now()) < timedelta(seconds=10)
    take_in(messenger, meta.messaging({"read": {"watermark": later - 60_000}}))
    message.refresh_from_db()
    assert message.read_at == read


@pytest.mark.behaviour(6)
@pytest.mark.behaviour(11)
def test_a_token_is_nowhere_in_clear(facebook, caplog):
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM connectors_channelaccount")
        assert all(b"TOKEN" not in bytes(kept) for (kept,) in cursor.fetchall())
    assert "TOKEN" not in repr(gateway.opened(ChannelAccount.objects.get(pk=facebook.pk)))
