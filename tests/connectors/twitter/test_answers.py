"""From an agent's words to X and back, with limits, tokens and money in the way."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connections
from django.utils import timezone, translation

from connectors import deliveries, gateway, ledger, limits
from connectors.contract import Disconnected, OutOfCredit, Reason
from connectors.models import ChannelAccount, Charged, Exchange
from inbox import composing, intake, outbox, polling
from inbox.actions import accounts, outcomes
from inbox.actions.refusals import NotAllowed
from inbox.models import Message, Outgoing, Ticket
from inbox.views.settings import wording
from socialcare.tenancy import workspace
from tests import x
from tests.conftest import take_in
from tests.connectors.stand import until
from tests.connectors.twitter.conftest import answer, bring_in, due_now, fresh, posts
from tests.connectors.twitter.simulator_stand import BRAND

# ---------------------------------------------------------------- out, once


@pytest.mark.behaviour_x(6)
def test_an_answer_goes_out_once_and_its_echo_joins_it(asked, acme_on_x, live_x, alice):
    message = answer(alice, "Look at https://example.com/t?a=1&b=2")
    outbox.send_waiting()
    until(lambda: live_x.hook.events("post.create"))
    bring_in(acme_on_x, live_x)
    message.refresh_from_db()
    assert (message.state, message.external_id) == ("sent", posts(live_x)[0]["id"])
    assert asked.messages.count() == 2
    asked.refresh_from_db()
    assert asked.status == "pending"


@pytest.mark.behaviour_x(6)
def test_an_echo_before_the_answer_settles_it(acme_on_x, alice, live_x):
    take_in(acme_on_x, x.direct("Hello?", id="61"))
    message = answer(alice, "Good day")
    outcomes.begin_sending(message.pk)
    take_in(acme_on_x, x.echo("Good day", id="62", app="29820954"))
    message.refresh_from_db()
    assert (message.state, message.external_id) == ("sent", "62")
    assert Message.objects.count() == 2


@pytest.mark.behaviour_x(8)
def test_an_answer_of_unknown_outcome_is_settled_by_looking_and_never_resent(asked, live_x, alice):
    message = answer(alice)
    live_x.fault("done_then_500", on="send")
    outbox.send_waiting()
    message.refresh_from_db()
    assert message.state == "unknown"
    due_now()
    outbox.send_waiting()
    message.refresh_from_db()
    assert (message.state, message.external_id) == ("sent", posts(live_x)[0]["id"])
    assert len(posts(live_x)) == 1


def entry_of(message: Message, browser) -> dict:
    return browser.get(f"/w/acme/api/messages/{message.pk}/").json()["entry"]


@pytest.mark.behaviour_x(8)
@pytest.mark.parametrize(("at_the_last_look", "brought"), [("", "not_found"), ("server_error", "not_seen")])
def test_what_was_looked_for_in_vain_is_told_with_where_and_when(
    asked, live_x, alice, sign_in, at_the_last_look, brought
):
    message, browser = answer(alice), sign_in(alice)
    live_x.fault("server_error", on="send")
    outbox.send_waiting()
    entry = entry_of(message, browser)
    assert (entry["state"], entry["looked"]) == ("unknown", None)
    assert entry["failure_message"].startswith("We do not know yet")
    Outgoing.objects.update(started_at=timezone.now() - timedelta(minutes=2), ready_at=timezone.now())
    if at_the_last_look:
        live_x.fault(at_the_last_look, on="read")
    outbox.send_waiting()
    entry = entry_of(message, browser)
    assert (entry["state"], entry["failure"], bool(entry["looked"])) == ("unknown", brought, True)
    assert entry["look_at"] == Message.objects.get(origin="customer").permalink
    assert not Outgoing.objects.exists()
    again = browser.post(f"/w/acme/api/messages/{message.pk}/retry/").json()["entry"]
    assert (again["state"], again["failure"], again["looked"]) == ("queued", "", None)
    outbox.send_waiting()
    assert (entry_of(message, browser)["state"], len(posts(live_x))) == ("sent", 1)


@pytest.mark.behaviour_x(8)
def test_a_duplicate_that_is_not_ours_asks_for_other_words(asked, live_x, alice):
    message = answer(alice)
    live_x.fault("duplicate", on="send")
    outbox.send_waiting()
    message.refresh_from_db()
    assert (message.state, message.failure) == ("failed", Reason.DUPLICATE)


@pytest.mark.behaviour_x(13)
def test_a_refusal_is_learned_and_told_before_the_next_one_types(asked, live_x, alice):
    message = answer(alice)
    live_x.fault("reply_refused", on="send")
    outbox.send_waiting()
    message.refresh_from_db()
    assert (message.state, message.failure) == ("failed", Reason.NOT_SUMMONED)
    compose = composing.compose(asked)["reply"]
    assert (compose["allowed"], compose["reason"]) == (False, Reason.NOT_SUMMONED)
    assert compose["instead"].startswith("https://x.com/")
    with pytest.raises(NotAllowed):
        answer(alice, "Once more", ticket=Ticket.objects.get())


@pytest.mark.behaviour_x(30)
def test_a_text_that_counts_too_much_is_refused_and_may_go_as_posts_that_hang_together(asked, live_x, alice):
    with pytest.raises(NotAllowed) as refused:
        answer(alice, "漢" * 141)
    assert refused.value.reason == Reason.TOO_LONG
    first = answer(alice, "One 1/2")
    second = answer(alice, "Two 2/2", ticket=Ticket.objects.get(), continues=first.pk)
    outbox.send_waiting()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("sent", "sent")
    parents = {one["id"]: one["parent"] for one in posts(live_x)}
    assert parents[second.external_id] == first.external_id


def test_a_part_stays_here_when_the_one_before_it_does(asked, live_x, alice):
    first = answer(alice, "One 1/2")
    second = answer(alice, "Two 2/2", ticket=Ticket.objects.get(), continues=first.pk)
    live_x.fault("reply_refused", on="send")
    outbox.send_waiting()
    second.refresh_from_db()
    assert (second.state, second.failure) == ("failed", "part_before")
    assert posts(live_x) == []


# ---------------------------------------------------------------- limits


@pytest.mark.behaviour_x(10)
def test_a_limit_waits_for_its_bucket_and_stops_nobody_else(asked, acme_on_x, live_x, alice):
    message = answer(alice)
    live_x.fault("rate_limited", on="send", minutes=10)
    began = time.monotonic()
    outbox.send_waiting()
    assert time.monotonic() - began < 5
    message.refresh_from_db()
    assert (message.state, message.failure) == ("queued", "throttled")
    wait = message.outgoing.ready_at - timezone.now()
    assert timedelta(minutes=9) < wait < timedelta(minutes=11)
    assert gateway.may_poll(acme_on_x)
    polling.poll_account(acme_on_x.pk)
    assert Exchange.objects.filter(purpose="poll", status=200).exists()


# ---------------------------------------------------------------- tokens


@pytest.mark.behaviour_x(11)
@pytest.mark.django_db(transaction=True)
def test_ten_workers_renew_a_token_once(acme_on_x, live_x):
    live_x.adjust(tokens="expire")
    barrier, done = threading.Barrier(10), []

    def work() -> None:
        try:
            with workspace(acme_on_x.workspace_id):
                account = ChannelAccount.objects.select_related("app").get(pk=acme_on_x.pk)
                barrier.wait()
                gateway.health(account)
            done.append(True)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(done) == 10
    assert [one["ok"] for one in live_x.state()["refreshes"]] == [True]
    with workspace(acme_on_x.workspace_id):
        kept = ChannelAccount.objects.get(pk=acme_on_x.pk).credentials
    assert kept["access_token"] != "oauth2 of acme"
    assert kept["refresh_token"] != "refresh of acme"


@pytest.mark.behaviour_x(11)
@pytest.mark.django_db(transaction=True)
def test_a_crash_between_x_s_answer_and_our_commit_does_not_lose_the_account(acme_on_x, live_x, monkeypatch):
    live_x.adjust(tokens="expire")
    save = ChannelAccount.save

    def die(self, *args, **kwargs):
        raise SystemExit("the worker died")

    with workspace(acme_on_x.workspace_id):
        monkeypatch.setattr(ChannelAccount, "save", die)
        with pytest.raises(SystemExit):
            gateway.health(ChannelAccount.objects.select_related("app").get(pk=acme_on_x.pk))
        monkeypatch.setattr(ChannelAccount, "save", save)
        account = ChannelAccount.objects.select_related("app").get(pk=acme_on_x.pk)
        assert account.credentials["refresh_token"] == "refresh of acme"
        assert gateway.health(account).external_id == BRAND
        account.refresh_from_db()
        assert account.credentials["refresh_token"] != "refresh of acme"
    assert [one["ok"] for one in live_x.state()["refreshes"]] == [True]


@pytest.mark.behaviour_x(11)
def test_a_token_that_cannot_be_renewed_asks_for_an_admin(asked, acme_on_x, live_x, alice):
    message = answer(alice)
    live_x.adjust(tokens="kill")
    outbox.send_waiting()
    acme_on_x.refresh_from_db()
    message.refresh_from_db()
    assert (acme_on_x.state, message.state) == ("attention", "queued")
    assert wording.standing(acme_on_x).level == "bad"
    with pytest.raises(Disconnected):
        gateway.poll(acme_on_x)


@pytest.mark.behaviour_x(14)
@pytest.mark.parametrize("dialect", ["activity", "older"])
def test_a_revocation_erases_the_tokens_and_stops_everything(acme_on_x, live_x, alice, dialect):
    live_x.adjust(dialect=dialect)
    live_x.adjust(tokens="revoke")
    until(lambda: live_x.hook.bodies)
    bring_in(acme_on_x, live_x)
    acme_on_x.refresh_from_db()
    assert (acme_on_x.state, acme_on_x.credentials) == ("attention", {})
    assert "anew" in wording.standing(acme_on_x).reasons[0]
    assert not gateway.may_poll(acme_on_x)


# ---------------------------------------------------------------- money


@pytest.mark.behaviour_x(12)
@pytest.mark.parametrize(("fault", "code"), [("no_credits", 0), ("no_credits", 1), ("usage_capped", 0)])
def test_without_credit_the_app_pauses_keeps_the_answers_and_resumes_by_a_probe(
    asked, acme_on_x, live_x, alice, fault, code
):
    message = answer(alice)
    live_x.fault(fault, on="send", code=code)
    outbox.send_waiting()
    message.refresh_from_db()
    assert message.state == "queued"
    calls = Exchange.objects.count()
    due_now()
    outbox.send_waiting()
    polling.poll_account(acme_on_x.pk)
    with pytest.raises(OutOfCredit):
        gateway.profile(acme_on_x, "5")
    assert Exchange.objects.count() == calls
    acme_on_x.refresh_from_db()
    assert "money first" in " ".join(wording.standing(acme_on_x).reasons)
    assert (message.failure, composing.compose(fresh(asked))["reply"]["reason"]) == (Reason.NO_CREDIT, Reason.NO_CREDIT)
    with pytest.raises(NotAllowed):
        answer(alice, "Once more", ticket=fresh(asked))
    limits.unblock(f"app:{acme_on_x.app_id}")
    due_now()
    outbox.send_waiting()
    message.refresh_from_db()
    acme_on_x.refresh_from_db()
    assert (message.state, acme_on_x.attention) == ("sent", "")
    assert composing.compose(fresh(asked))["reply"]["allowed"]


@pytest.mark.behaviour_x(31)
def test_the_ledger_is_what_x_charges_and_a_ceiling_stops_reading_before_writing(asked, acme_on_x, live_x, alice):
    polling.poll_account(acme_on_x.pk)
    gateway.profile(acme_on_x, live_x.person())
    answer(alice, "See example.com")
    outbox.send_waiting()
    names = {"post_with_link": "post_create_url"}
    ours = {names.get(line.kind, line.kind): line.count for line in ledger.lines(acme_on_x)}
    events = ours.pop("post_event")
    assert ours == {one["kind"]: one["count"] for one in live_x.state()["charged"]}
    assert events == 1
    total = ledger.spent(acme_on_x)
    assert total == Decimal("0.2000") + Decimal("0.0050") * 2 + Decimal("0.0100")
    acme_on_x.options = {"monthly_limit": str(total + Decimal("0.01"))}
    acme_on_x.save()
    assert not gateway.may_poll(acme_on_x)
    with pytest.raises(OutOfCredit):
        gateway.look_up(acme_on_x, "5")
    assert composing.compose(Ticket.objects.get())["reply"]["allowed"]
    acme_on_x.options = {"monthly_limit": str(total)}
    acme_on_x.save()
    refused = composing.compose(Ticket.objects.select_related("account__app").get())["reply"]
    assert refused["reason"] == Reason.OVER_BUDGET
    ledger.forget(timezone.now().date() + timedelta(days=9))
    assert not Charged.objects.exists()
    assert ledger.spent(acme_on_x) == total


# ---------------------------------------------------------------- the connection


@pytest.mark.parametrize(
    ("fault", "english", "french"),
    [
        ("locked", "X has locked this account until its owner signs in there", "X a verrouillé ce compte"),
        ("suspended", "X has suspended this account", "X a suspendu ce compte"),
    ],
)
def test_an_account_x_closed_does_not_ask_for_another_token(asked, acme_on_x, live_x, alice, fault, english, french):
    answer(alice)
    live_x.fault(fault, on="send")
    outbox.send_waiting()
    acme_on_x.refresh_from_db()
    assert wording.standing(acme_on_x).reasons[0].startswith(english)
    with translation.override("fr"):
        assert wording.standing(acme_on_x).reasons[0].startswith(french)


@pytest.mark.behaviour_x(32)
@pytest.mark.behaviour_x(33)
def test_the_regular_check_mends_what_x_dropped(acme_on_x, live_x):
    app = acme_on_x.app
    live_x.adjust(dialect="none")
    live_x.hook.secret = "wrong"
    live_x.adjust(check=True)
    until(lambda: not live_x.state()["apps"][0]["valid"])
    live_x.hook.secret = "the consumer secret"
    monkey = type(app).webhook_url
    type(app).webhook_url = property(lambda self: live_x.hook.url)
    try:
        polling.check_account(acme_on_x.pk)
    finally:
        type(app).webhook_url = monkey
    acme_on_x.refresh_from_db()
    assert acme_on_x.health["unsubscribed"] == []
    assert live_x.state()["apps"][0]["valid"]


@pytest.mark.behaviour_x(40)
def test_removing_erases_tokens_and_subscriptions_and_returning_resumes(asked, acme_on_x, live_x, carol):
    assert accounts.remove(carol.user, acme_on_x)
    acme_on_x.refresh_from_db()
    assert (acme_on_x.state, acme_on_x.credentials, acme_on_x.cursor) == ("removed", {}, "")
    assert [one for one in live_x.state()["subscriptions"] if one["filter"]["user_id"] == BRAND] == []
    given = {"credentials": live_x.adjust(tokens="new"), "options": {}, "name": "Acme"}
    live_x.adjust(dialect="activity")
    monkey = type(acme_on_x.app).webhook_url
    type(acme_on_x.app).webhook_url = property(lambda self: live_x.hook.url)
    try:
        back = accounts.connect(carol.user, acme_on_x.app, "twitter", BRAND, **given)
    finally:
        type(acme_on_x.app).webhook_url = monkey
    bring_in(back, live_x)
    polling.poll_account(back.pk)
    while batch := deliveries.claim(100):
        intake.take_in(batch)
    assert back.pk == acme_on_x.pk
    assert Message.objects.count() == Ticket.objects.count() == 1
