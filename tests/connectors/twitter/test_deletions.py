"""What is deleted: our answers and the customers' words, here, at X, and found only when we answer."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from connectors import ledger
from inbox import enrich, live, outbox, polling, records
from inbox.models import Message, Story, Ticket
from sla.models import Timer
from socialcare.valkey import valkey
from tests import x
from tests.conftest import take_in
from tests.connectors.twitter.conftest import answer, posts


def delete(browser, message: Message):
    given = {"action": "delete", "on": True}
    return browser.post(f"/w/acme/api/messages/{message.pk}/act/", given, content_type="application/json")


def listed(ticket: Ticket) -> tuple[str, str]:
    row = records.row(ticket.pk)
    return row["text"], row["sign"]


def running() -> list[Timer]:
    return list(Timer.objects.filter(stopped_at=None, metric="next_response"))


@pytest.mark.behaviour_x(24)
def test_an_answer_that_was_deleted_answers_nobody_from_then_on(asked, live_x, alice, sign_in):
    message = answer(alice, "Tomorrow.")
    outbox.send_waiting()
    row = records.row(asked.pk)
    assert (row["st"], row["text"], running()) == ("pending", "Tomorrow.", [])
    first = Timer.objects.get(metric="first_response")
    given = delete(sign_in(alice), message)
    assert given.status_code == 200
    row = given.json()["row"]
    assert (row["st"], row["text"]) == ("open", "@Acme where is it?")
    assert posts(live_x) == []
    (timer,) = running()
    message.refresh_from_db()
    assert (message.text, timer.started_at) == ("", message.removed_at)
    assert timer.due_at == message.removed_at + timedelta(minutes=5)
    again = Timer.objects.get(metric="first_response")
    assert (again.stopped_at, again.outcome) == (first.stopped_at, "answered")
    answer(alice, "In three days.", ticket=Ticket.objects.get())
    outbox.send_waiting()
    assert running() == []
    assert records.row(asked.pk)["st"] == "pending"


def test_of_two_parts_one_still_answers(asked, live_x, alice, sign_in):
    first = answer(alice, "One 1/2")
    second = answer(alice, "Two 2/2", ticket=Ticket.objects.get(), continues=first.pk)
    outbox.send_waiting()
    row = delete(sign_in(alice), second).json()["row"]
    assert (row["st"], row["text"], running()) == ("pending", "One 1/2", [])
    assert delete(sign_in(alice), first).json()["row"]["st"] == "open"


@pytest.mark.behaviour_x(24)
def test_an_answer_deleted_at_x_is_told_and_nothing_that_was_resolved_wakes_up(acme_on_x):
    asked = x.new_id(timezone.now() - timedelta(minutes=3))
    take_in(acme_on_x, x.mention("@acme hello", id=asked, at=timezone.now() - timedelta(minutes=3)))
    take_in(acme_on_x, x.own("@amelie Good day", id="81", to=asked, conversation=asked))
    ticket = Ticket.objects.get()
    assert ticket.status == "pending"
    take_in(acme_on_x, x.event("post.delete", {"id": "81", "author_id": x.BRAND}))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.preview, len(running())) == ("open", "@acme hello", 1)
    assert ticket.events.filter(verb="answer_removed").count() == 1
    assert ticket.events.filter(verb="removed_by_customer").count() == 0
    take_in(acme_on_x, x.event("post.delete", {"id": asked, "author_id": x.AMELIE}))
    ticket.refresh_from_db()
    assert (listed(ticket), running()) == (("", "removed"), [])


def test_deleting_an_answer_of_a_resolved_ticket_wakes_nobody(asked, live_x, alice, sign_in):
    message = answer(alice, "Tomorrow.")
    outbox.send_waiting()
    sign_in(alice).post(f"/w/acme/api/tickets/{asked.pk}/resolve/")
    row = delete(sign_in(alice), message).json()["row"]
    assert (row["st"], row["text"], running()) == ("resolved", "@Acme where is it?", [])


@pytest.mark.behaviour_x(24)
def test_what_a_customer_deleted_unheard_is_found_when_we_answer_it(asked, acme_on_x, live_x, alice, sign_in):
    theirs = Message.objects.get()
    live_x.adjust(dialect="none")
    live_x.say("remove", to=theirs.external_id)
    message = answer(alice)
    outbox.send_waiting()
    for one in (message, theirs):
        one.refresh_from_db()
    assert (message.state, message.failure, posts(live_x)) == ("failed", "gone", [])
    assert (theirs.text, theirs.removed_at is not None) == ("", True)
    assert listed(asked) == ("", "removed")
    shown = sign_in(alice).get(f"/w/acme/api/tickets/{asked.pk}/entries/").json()["items"]
    (failed,) = (one for one in shown if one.get("origin") == "agent")
    assert failed["failure_message"].startswith("The customer’s message was removed from the platform")
    compose = sign_in(alice).get(f"/w/acme/api/tickets/{asked.pk}/").json()["compose"]["reply"]
    assert (compose["allowed"], compose["reason"]) == (False, "gone")


@pytest.mark.behaviour_x(24)
def test_an_author_who_became_protected_did_not_remove_anything(asked, acme_on_x, live_x, alice, sign_in):
    live_x.say("protect")
    message = answer(alice)
    outbox.send_waiting()
    message.refresh_from_db()
    theirs = Message.objects.get(origin="customer")
    assert (message.state, message.failure) == ("failed", "protected")
    assert (theirs.text, theirs.closed) == ("", "protected")
    assert listed(asked) == ("", "protected")
    compose = sign_in(alice).get(f"/w/acme/api/tickets/{asked.pk}/").json()["compose"]
    assert (compose["reply"]["reason"], compose["private"]["allowed"]) == ("protected", True)
    shown = sign_in(alice).get(f"/w/acme/api/tickets/{asked.pk}/entries/").json()["items"]
    assert "The customer’s posts are protected now" in [one["text"] for one in shown]


@pytest.mark.behaviour_x(24)
def test_the_nightly_look_tells_protected_from_removed(acme_on_x, live_x):
    first, second = live_x.say("post", "@Acme one"), live_x.say("post", "@Acme two", author="Karim Haddad")
    amelie, karim = live_x.person(), live_x.person("Karim Haddad")
    take_in(acme_on_x, x.mention("@acme one", id=first, who=amelie), x.mention("@acme two", id=second, who=karim))
    live_x.adjust(dialect="none")
    live_x.say("protect")
    live_x.say("remove", to=second, author="Karim Haddad")
    polling.look_for_removed_of(acme_on_x.pk)
    found = {one.external_id: (one.text, one.closed) for one in Message.objects.all()}
    assert found == {first: ("", "protected"), second: ("", "")}


@pytest.mark.behaviour_x(24)
def test_a_suspended_author_is_told_from_a_protected_one(asked, acme_on_x, live_x, alice, sign_in):
    live_x.say("suspend")
    message = answer(alice)
    outbox.send_waiting()
    message.refresh_from_db()
    theirs = Message.objects.get(origin="customer")
    assert (message.state, message.failure) == ("failed", "suspended")
    assert (theirs.text, theirs.closed, theirs.removed_at is not None) == ("", "suspended", True)
    assert listed(asked) == ("", "suspended")
    alice.user.language = "fr"
    alice.user.save()
    browser = sign_in(alice)
    compose = browser.get(f"/w/acme/api/tickets/{asked.pk}/").json()["compose"]
    for mode in ("reply", "private"):
        assert (compose[mode]["allowed"], compose[mode]["reason"]) == (False, "suspended")
        assert compose[mode]["message"].startswith("La plateforme a suspendu l’auteur")
    shown = browser.get(f"/w/acme/api/tickets/{asked.pk}/entries/").json()["items"]
    assert "La plateforme a suspendu le client" in [one["text"] for one in shown]
    assert ledger.spent(acme_on_x) == Decimal("0.005")


@pytest.mark.behaviour_x(24)
def test_the_nightly_look_tells_suspended_from_protected(acme_on_x, live_x):
    first, second = live_x.say("post", "@Acme one"), live_x.say("post", "@Acme two", author="Karim Haddad")
    amelie, karim = live_x.person(), live_x.person("Karim Haddad")
    take_in(acme_on_x, x.mention("@acme one", id=first, who=amelie), x.mention("@acme two", id=second, who=karim))
    live_x.adjust(dialect="none")
    live_x.say("suspend")
    live_x.say("protect", author="Karim Haddad")
    polling.look_for_removed_of(acme_on_x.pk)
    found = {one.external_id: (one.text, one.closed) for one in Message.objects.all()}
    assert found == {first: ("", "suspended"), second: ("", "protected")}
    charged = {line.kind: line.count for line in ledger.lines(acme_on_x)}
    assert charged["user_read"] == 1


def test_a_part_whose_own_part_before_is_gone_closes_nobody_s_words(asked, live_x, alice, sign_in):
    first = answer(alice, "One 1/2")
    outbox.send_waiting()
    first.refresh_from_db()
    live_x.adjust(dialect="none")
    live_x.say("remove", to=first.external_id, **{"as": "page"})
    second = answer(alice, "Two 2/2", ticket=Ticket.objects.get(), continues=first.pk)
    outbox.send_waiting()
    second.refresh_from_db()
    theirs = Message.objects.get(origin="customer")
    assert (second.state, second.failure) == ("failed", "part_before")
    assert (theirs.closed, theirs.removed_at) == ("", None)


@pytest.mark.behaviour_x(23)
@pytest.mark.behaviour_x(24)
def test_above_the_answers_of_others_a_post_changes_and_goes_as_on_its_own_ticket(
    acme_on_x, live_x, alice, sign_in, django_capture_on_commit_callbacks
):
    root = live_x.say("post", "@Acme call me at 0612")
    amelie, later = live_x.person(), x.new_id()
    take_in(acme_on_x, x.mention("@acme call me at 0612", id=root, who=amelie))
    take_in(acme_on_x, x.event("post.reply.create", x.post("@acme me too", id="79", who=x.KARIM, to=root)))
    theirs, other = Message.objects.get(external_id=root), Message.objects.get(external_id="79").ticket
    assert other.pk != theirs.ticket_id
    enrich.enrich(acme_on_x.pk)
    assert Story.objects.get(external_id=root).text == "@Acme call me at 0612"
    browser = sign_in(alice)
    assert "hide" not in browser.get(f"/w/acme/api/tickets/{other.pk}/").json()["compose"]["can"]
    given = {"action": "hide", "on": True}
    address = f"/w/acme/api/messages/{Message.objects.get(external_id='79').pk}/act/"
    assert browser.post(address, given, content_type="application/json").status_code == 422
    assert live_x.state()["charged"] == [one for one in live_x.state()["charged"] if one["kind"] != "hide"]

    def above() -> str:
        return browser.get(f"/w/acme/api/tickets/{other.pk}/").json()["story"]["text"]

    valkey().delete(live.stream(acme_on_x.workspace_id))
    newer = x.post("@acme call me", id=later, who=amelie, history=(root, later), conversation=root)
    with django_capture_on_commit_callbacks(execute=True):
        take_in(acme_on_x, x.event("post.mention.create", newer))
    assert above() == "@acme call me"
    with django_capture_on_commit_callbacks(execute=True):
        take_in(acme_on_x, x.event("post.delete", {"id": root, "author_id": amelie}))
    theirs.refresh_from_db()
    assert (theirs.text, above(), Story.objects.get(external_id=root).text) == ("", "", "")
    entries = [entry for _, entry in valkey().xrange(live.stream(acme_on_x.workspace_id))]
    told = [json.loads(entry[b"p"]) for entry in entries if entry[b"k"] == b"story"]
    assert told.count({"ticket": other.pk}) == 2
    Story.objects.all().delete()
    enrich.enrich(acme_on_x.pk)
    assert above() == ""
