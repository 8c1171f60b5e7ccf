"""From X's webhooks to tickets."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.utils import timezone

from connectors import deliveries, gateway
from connectors.contract import Reason
from connectors.deliveries import Arrived
from connectors.ledger import lines
from connectors.models import ChannelAccount, Delivery, DeliveryBody, Oddity
from connectors.twitter.signature import sign
from inbox import composing, intake, polling, reading
from inbox.models import Event, Message, Story, Ticket
from sla.models import Timer
from socialcare.tenancy import workspace
from tests import x
from tests.conftest import take_in
from tests.connectors.twitter.conftest import handle
from tests.inbox.test_hooks import call

NOW = datetime.now(UTC)


def polled(post: dict, how: str = "mentions", **more) -> dict:
    return {"polled": {"for_user_id": x.BRAND, "how": how, "post": post, "includes": {}, **more}}


def put_in(account: ChannelAccount, *payloads: dict) -> None:
    take_in(account, *payloads)
    assert not Delivery.objects.exclude(state="done").exists()


# ---------------------------------------------------------------- the door


@pytest.mark.behaviour_x(1)
@pytest.mark.django_db(transaction=True)
def test_only_what_x_signed_is_kept(acme_on_x):
    path, body = f"/hooks/twitter/{acme_on_x.app.key}/", json.dumps(x.mention()).encode()
    for header in ("", "sha256=AAAA", sign(body, "another secret"), sign(body + b" ", x.SECRET)):
        assert call(path, body, x_twitter_webhooks_signature=header)[0] == 401
    assert call(path, body)[0] == 401
    assert not Delivery.objects.exists()
    assert call(path, body, x_twitter_webhooks_signature=sign(body, x.SECRET)) == (200, "kept")
    assert bytes(DeliveryBody.objects.get().body) == body


@pytest.mark.behaviour_x(2)
@pytest.mark.django_db(transaction=True)
def test_the_challenge_is_answered_and_signs_nothing_else(acme_on_x):
    path = f"/hooks/twitter/{acme_on_x.app.key}/"
    status, words = call(path, method="GET", query="crc_token=abcDEF-123_token")
    assert status == 200
    assert json.loads(words) == {"response_token": sign(b"abcDEF-123_token", x.SECRET)}
    for odd in ("", "short", '{"data":1}', "a" * 257, "with blank in it", "%7B%22data%22%3A%7B%7D%7D"):
        assert call(path, method="GET", query=f"crc_token={odd}")[0] == 403
    assert call("/hooks/twitter/unknown/", method="GET", query="crc_token=abcDEF-123_token")[0] == 404


@pytest.mark.behaviour_x(3)
@pytest.mark.django_db(transaction=True)
def test_a_delivery_is_kept_with_no_worker_there_and_understood_later(acme_on_x):
    body = json.dumps(x.mention()).encode()
    call(f"/hooks/twitter/{acme_on_x.app.key}/", body, x_twitter_webhooks_signature=sign(body, x.SECRET))
    assert (Delivery.objects.get().state, Ticket.objects.count()) == ("waiting", 0)
    intake.take_in(deliveries.claim(10))
    assert Ticket.objects.count() == 1


@pytest.mark.behaviour_x(7)
@pytest.mark.parametrize("separators", [(",", ":"), (" , ", " : ")])
def test_a_glance_finds_the_account(separators):
    older = {"for_user_id": x.BRAND, "tweet_create_events": []}
    for payload in (x.mention(), x.direct(), older):
        assert gateway.account_in("twitter", json.dumps(payload, separators=separators).encode()) == x.BRAND.encode()
    quoted = {"data": {"filter": {}, "payload": {"text": '"for_user_id":"12"'}}}
    for body in (b"", b"\xff", json.dumps(quoted).encode()):
        assert gateway.account_in("twitter", body) == b""


# ---------------------------------------------------------------- once, and all of it


@pytest.mark.behaviour_x(4)
@pytest.mark.django_db(transaction=True)
def test_webhook_and_poll_of_the_same_post_at_once_are_one_message(acme_on_x):
    said = x.post()
    bodies = [x.event("post.mention.create", said), polled(said), x.event("post.mention.create", said), polled(said)]
    barrier = threading.Barrier(len(bodies))

    def deliver(number: int, payload: dict) -> None:
        try:
            barrier.wait()
            body = json.dumps(payload | {"n": number}).encode()
            deliveries.keep([Arrived(acme_on_x.app_id, body, timezone.now())])
            while batch := deliveries.claim(1):
                intake.take_in(batch)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=deliver, args=pair) for pair in enumerate(bodies)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with workspace(acme_on_x.workspace_id):
        assert Message.objects.count() == Ticket.objects.count() == 1


@pytest.mark.behaviour_x(5)
def test_every_element_of_every_list_is_taken_in_and_a_bad_one_costs_no_other(acme_on_x):
    older = {
        "for_user_id": x.BRAND,
        "tweet_create_events": [
            {"id_str": str(20 + number), "user": {"id_str": x.AMELIE, "name": "A"}, "text": "@acme hi"}
            for number in range(3)
        ]
        + [None, {"text": "no id"}],
        "direct_message_events": [x.message("one", x.AMELIE, x.BRAND), x.message("two", x.KARIM, x.BRAND)],
    }
    put_in(acme_on_x, older)
    assert Message.objects.count() == 5
    assert Oddity.objects.filter(what="event").count() == 1
    take_in(acme_on_x, ["nothing of X's"])
    dead = Delivery.objects.get(state="failed")
    assert b"nothing of X's" in bytes(dead.raw.body)


@pytest.mark.behaviour_x(7)
def test_events_go_to_the_tenant_they_are_of(acme_on_x, globex):
    other = handle(globex, x.KARIM)
    put_in(acme_on_x, x.direct("for acme", who=x.KARIM))
    between = {"direct_message_events": [x.message("for acme", x.KARIM, x.BRAND, "77")]}
    put_in(other, x.event("dm.sent", between, account=x.KARIM))
    put_in(other, x.event("post.mention.create", x.post(), account=x.BRAND))
    put_in(acme_on_x, x.event("post.mention.create", x.post(), account="999"))
    assert [message.text for message in Message.objects.all()] == ["for acme"]
    assert Oddity.objects.filter(what="account", label="999").get().count == 1
    assert Oddity.objects.filter(what="account", label=x.BRAND).get().app_id == other.app_id


# ---------------------------------------------------------------- ours and theirs


@pytest.mark.behaviour_x(6)
def test_own_posts_are_never_tickets(acme_on_x):
    root = x.new_id()
    put_in(acme_on_x, x.own("Our winter hours are out.", id=root))
    assert not Ticket.objects.exists()
    assert Story.objects.get().text == "Our winter hours are out."
    put_in(acme_on_x, x.mention("@acme when on Sunday?", to=root))
    ticket = Ticket.objects.get()
    put_in(acme_on_x, x.own("@amelie At ten.", to=Message.objects.get().external_id, conversation=root))
    said = list(ticket.messages.order_by("seq").values_list("origin", "text"))
    assert said == [("customer", "@acme when on Sunday?"), ("outside", "@amelie At ten.")]
    ticket.refresh_from_db()
    assert ticket.status == "pending"


@pytest.mark.behaviour_x(20)
def test_a_reply_joins_its_ticket_by_conversation_and_messages_by_person(acme_on_x):
    first = x.new_id()
    put_in(acme_on_x, x.mention("@acme and still", to="900", conversation=first))
    put_in(acme_on_x, x.mention("@acme it began here", id=first))
    put_in(acme_on_x, x.direct("psst"), x.direct("again"))
    assert Ticket.objects.count() == 2
    assert Ticket.objects.get(thread_id=first).messages.count() == 2


@pytest.mark.behaviour_x(20)
def test_in_the_older_dialect_a_reply_joins_its_parent_whichever_comes_first(acme_on_x):
    def older(id: str, to: str = "") -> dict:
        said = {"id_str": id, "user": {"id_str": x.AMELIE, "name": "A"}, "text": f"@acme {id}"}
        said |= {"in_reply_to_status_id_str": to} if to else {}
        return {"for_user_id": x.BRAND, "tweet_create_events": [said]}

    put_in(acme_on_x, older("101"))
    put_in(acme_on_x, older("102", "101"))
    put_in(acme_on_x, older("103", "102"))
    put_in(acme_on_x, older("203", "202"))
    put_in(acme_on_x, older("202", "201"))
    put_in(acme_on_x, older("201"))
    assert Ticket.objects.get(thread_id="101").messages.count() == 3
    joined = Ticket.objects.get(thread_id="202")
    assert set(joined.messages.values_list("external_id", flat=True)) == {"202", "203"}


@pytest.mark.behaviour_x(20)
def test_who_answers_the_second_post_of_our_own_thread_joins_the_first(acme_on_x):
    def older(id: str, who: str, to: str) -> dict:
        said = {"id_str": id, "user": {"id_str": who}, "text": f"@acme {id}", "in_reply_to_status_id_str": to}
        return {"for_user_id": x.BRAND, "tweet_create_events": [said]}

    put_in(acme_on_x, older("302", x.BRAND, "301"))
    put_in(acme_on_x, older("303", x.BRAND, "302"))
    put_in(acme_on_x, older("304", x.AMELIE, "303"))
    assert Ticket.objects.get().thread_id == "301"


@pytest.mark.behaviour_x(21)
def test_late_and_early_events_stand_in_x_s_order_and_the_clock_begins_then(acme_on_x):
    put_in(acme_on_x, x.mention("@acme second", conversation="55", id="57", at=NOW - timedelta(minutes=2)))
    put_in(acme_on_x, x.mention("@acme first", conversation="55", id="56", at=NOW - timedelta(minutes=4)))
    put_in(acme_on_x, x.mention("@acme from tomorrow", conversation="55", id="58", at=NOW + timedelta(hours=20)))
    ticket = Ticket.objects.get()
    shown = [item["text"] for item in reading.entries(ticket.pk)["items"] if item["type"] == "message"]
    assert shown == ["@acme first", "@acme second", "@acme from tomorrow"]
    timer = Timer.objects.filter(ticket_id=ticket.pk).order_by("started_at").first()
    assert abs(timer.started_at - (NOW - timedelta(minutes=4))) < timedelta(seconds=1)
    assert Message.objects.get(external_id="58").at <= timezone.now()


@pytest.mark.behaviour_x(22)
def test_words_arrive_whole_and_plain_and_survive_storage(acme_on_x):
    long = "@acme " + "word " * 100 + "&lt;3 &amp;amp; 😀 שלום 漢字 \x00\ud800!"
    put_in(acme_on_x, x.mention("@acme word… https://t.co/x", note_tweet={"text": long}))
    said = Message.objects.get().text
    assert said.startswith("@acme word word")
    assert "<3 &amp; 😀 שלום 漢字" in said


# ---------------------------------------------------------------- what changes later


@pytest.mark.behaviour_x(23)
def test_an_edit_with_a_new_id_is_the_same_message(acme_on_x):
    first, second = x.new_id(), x.new_id()
    put_in(acme_on_x, x.mention("@acme my parcle", id=first))
    put_in(acme_on_x, x.mention("@acme my parcel", id=second, history=(first, second)))
    put_in(acme_on_x, x.mention("@acme my parcle", id=first))
    message = Message.objects.get()
    assert (message.external_id, message.text) == (first, "@acme my parcel")
    assert [revision["text"] for revision in message.revisions] == ["@acme my parcle"]
    put_in(acme_on_x, x.event("post.delete", {"id": second, "author_id": x.AMELIE}))
    message.refresh_from_db()
    assert (message.text, message.removed_at is not None) == ("", True)


@pytest.mark.behaviour_x(23)
def test_an_edit_that_comes_first_makes_one_ticket_too(acme_on_x):
    first, second = x.new_id(NOW - timedelta(minutes=9)), x.new_id()
    put_in(acme_on_x, x.mention("@acme my parcel", id=second, history=(first, second)))
    put_in(acme_on_x, x.mention("@acme my parcle", id=first, at=NOW - timedelta(minutes=9)))
    message = Message.objects.get()
    assert (message.external_id, message.text) == (first, "@acme my parcel")
    assert abs(message.at - (NOW - timedelta(minutes=9))) < timedelta(seconds=1)


@pytest.mark.behaviour_x(24)
def test_what_was_taken_back_loses_its_words_and_keeps_its_ticket(acme_on_x):
    put_in(acme_on_x, x.mention("@acme my secret", id="31"), x.mention("@acme other", id="32", conversation="31"))
    put_in(acme_on_x, x.event("post.delete", {"id": "31", "author_id": x.AMELIE}))
    assert list(Message.objects.order_by("external_id").values_list("text", flat=True)) == ["", "@acme other"]
    assert Ticket.objects.count() == 1
    assert Event.objects.filter(verb="removed_by_customer").count() == 1


@pytest.mark.behaviour_x(24)
def test_what_nobody_told_us_is_gone_is_found_by_looking(acme_on_x, live_x):
    gone, there = live_x.say("post", "@Acme one"), live_x.say("post", "@Acme two")
    live_x.adjust(dialect="none")
    put_in(acme_on_x, x.mention("@acme one", id=gone), x.mention("@acme two", id=there))
    live_x.say("remove", to=gone)
    polling.look_for_removed_of(acme_on_x.pk)
    assert Message.objects.get(external_id=gone).text == ""
    assert Message.objects.get(external_id=there).text == "@acme two"


# ---------------------------------------------------------------- shapes


@pytest.mark.behaviour_x(25)
def test_both_vocabularies_and_the_unknown(acme_on_x):
    said = x.post("@acme hello")
    newer = {("edit_history_post_ids" if name == "edit_history_tweet_ids" else name): it for name, it in said.items()}
    newer |= {"note_post": {"text": "@acme hello &amp; more"}, "new_field": None}
    wrapped = x.event("post.mention.create", newer)
    wrapped["data"]["includes"] = {"users": {x.AMELIE: {"data": x.user(x.AMELIE)}}}
    put_in(acme_on_x, wrapped)
    assert Message.objects.get().text == "@acme hello & more"
    assert Ticket.objects.get().contact.name == "Amélie Petit"
    put_in(acme_on_x, x.event("moon.phase", {}), x.event("post.create", {"id": None, "author_id": "-1"}))
    assert set(Oddity.objects.values_list("label", flat=True)) == {"moon.phase", "post.create"}


@pytest.mark.behaviour_x(26)
def test_pictures_and_films_are_named_and_linked_beside_the_words(acme_on_x):
    media = {
        "id_str": "3",
        "type": "photo",
        "media_url_https": "https://pbs.twimg.com/a.jpg",
        "url": "https://t.co/pic",
    }
    put_in(acme_on_x, x.direct(" https://t.co/pic", attachment={"type": "media", "media": media}))
    message = Message.objects.get()
    assert (message.text, message.attachments[0]["type"]) == ("", "image")
    put_in(acme_on_x, x.direct("", attachment={"type": "sticker"}))
    assert Message.objects.order_by("-id").first().attachments[0]["type"] == "unknown"


@pytest.mark.behaviour_x(27)
def test_joining_and_leaving_a_group_are_notes_in_its_history(acme_on_x):
    def event(id: str, kind: str, **more) -> dict:
        said = {"id": id, "event_type": kind, "dm_conversation_id": "4444", "created_at": x.iso(NOW), **more}
        return {"polled": {"for_user_id": x.BRAND, "how": "direct", "event": said}}

    put_in(acme_on_x, event("1", "MessageCreate", sender_id=x.AMELIE, text="All of you"))
    put_in(acme_on_x, event("2", "ParticipantsJoin", sender_id=x.AMELIE, participant_ids=[x.KARIM]))
    ticket = Ticket.objects.get()
    assert ticket.thread_id == "group:4444"
    assert Event.objects.filter(verb="participants").count() == 1
    assert ticket.messages.count() == 1


@pytest.mark.behaviour_x(28)
def test_an_encrypted_message_opens_a_ticket_that_says_so(acme_on_x):
    chat = {"id": "0f5e1a44-1c1d", "sender_id": x.AMELIE, "conversation_id": f"{x.AMELIE}:{x.BRAND}"}
    chat |= {"created_at_msec": "1795180800000", "encoded_event": "CwABAAAA"}
    put_in(acme_on_x, x.event("chat.received", chat))
    ticket, message = Ticket.objects.get(), Message.objects.get()
    assert (message.text, message.attachments[0]["type"]) == ("", "encrypted")
    compose = composing.compose(ticket)["reply"]
    assert (compose["allowed"], compose["reason"]) == (False, Reason.ENCRYPTED)
    assert compose["instead"] == "https://x.com/messages"


@pytest.mark.behaviour_x(28)
def test_an_encrypted_chat_hides_no_message_that_can_be_read(acme_on_x):
    put_in(acme_on_x, x.direct("Where is it?"))
    chat = {"id": "0f5e1a44-1c1d", "sender_id": x.AMELIE, "conversation_id": f"{x.BRAND}:{x.AMELIE}"}
    put_in(acme_on_x, x.event("chat.received", chat), x.event("chat.received", {**chat, "id": "0f5e1a44-1c1e"}))
    readable, encrypted = Ticket.objects.order_by("id")
    assert (readable.preview, encrypted.preview, encrypted.sign) == ("Where is it?", "", "encrypted")
    assert encrypted.messages.count() == 2
    assert composing.compose(readable)["reply"]["allowed"]
    put_in(acme_on_x, x.event("chat.sent", {**chat, "id": "0f5e1a44-1c1f", "sender_id": x.BRAND}))
    encrypted.refresh_from_db()
    assert encrypted.status == "pending"


@pytest.mark.behaviour_x(29)
def test_typing_and_reading_are_no_messages_and_reopen_nothing(acme_on_x):
    put_in(acme_on_x, x.direct("Hello"), x.echo("Good day", id="71"))
    ticket = Ticket.objects.get()
    Ticket.objects.update(status="resolved", resolved_at=timezone.now())
    events = Event.objects.count()
    moment = {"created_timestamp": str(int(datetime.now(UTC).timestamp() * 1000)), "sender_id": x.AMELIE}
    seen = moment | {"target": {"recipient_id": x.BRAND}, "last_read_event_id": "71"}
    put_in(acme_on_x, x.event("dm.read", {"direct_message_mark_read_events": [seen]}))
    put_in(acme_on_x, x.event("dm.indicate_typing", {"direct_message_indicate_typing_events": [seen]}))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.messages.count(), Event.objects.count()) == ("resolved", 2, events)
    assert Message.objects.get(external_id="71").read_at is not None


# ---------------------------------------------------------------- before and after


@pytest.mark.behaviour_x(39)
def test_what_is_older_than_the_connection_is_indexed_and_opens_no_ticket(acme_on_x, live_x):
    for number in range(4):
        live_x.say("post", f"@Acme old {number}", age=86400 * (number + 1))
    live_x.adjust(dialect="none")
    polling.poll_account(acme_on_x.pk)
    while batch := deliveries.claim(100):
        intake.take_in(batch)
    assert not Ticket.objects.exists()
    assert not Timer.objects.exists()
    assert Story.objects.count() == 4


@pytest.mark.behaviour_x(31)
def test_events_are_charged_once_a_day_in_the_ledger(acme_on_x):
    said = x.post("@acme hello")
    put_in(acme_on_x, x.event("post.mention.create", said), x.event("post.reply.create", said), x.direct("psst"))
    put_in(acme_on_x, x.echo("our own is free"), polled(said))
    assert {line.kind: (line.count, str(line.amount)) for line in lines(acme_on_x)} == {
        "post_event": (1, "0.0050"),
        "dm_event": (1, "0.0100"),
    }
