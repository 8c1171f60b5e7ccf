"""A month's ceiling, and what is told of it before anything is queued."""

from __future__ import annotations

import threading
import time
import uuid
from decimal import Decimal

import pytest
from django.db import connections

from connectors import gateway, ledger
from connectors.contract import Reason
from inbox import outbox
from inbox.actions import answering, outcomes
from inbox.actions.refusals import NotAllowed
from inbox.models import Message, Outgoing, Ticket
from socialcare.tenancy import workspace
from tests import x
from tests.conftest import take_in
from tests.connectors.twitter.conftest import answer, posts


@pytest.mark.behaviour_x(31)
def test_one_dear_answer_does_not_break_the_ceiling(asked, acme_on_x, live_x, alice, sign_in):
    acme_on_x.options = {"monthly_limit": str(ledger.spent(acme_on_x) + Decimal("0.05"))}
    acme_on_x.save()
    browser, address = sign_in(alice), f"/w/acme/api/tickets/{asked.pk}/"

    def sent(text: str):
        given = {"text": text, "private": False, "last_seq": Ticket.objects.get().seq}
        headers = {"idempotency-key": str(uuid.uuid4())}
        return browser.post(f"{address}replies/", given, content_type="application/json", headers=headers)

    refused = sent("See example.com")
    assert (refused.status_code, "costs more than the month’s ceiling" in refused.content.decode()) == (422, True)
    assert not Message.objects.filter(origin="agent").exists()
    assert Decimal(browser.get(address).json()["compose"]["reply"]["left"]) == Decimal("0.05")
    message = answer(alice, "Tomorrow.")
    Message.objects.filter(pk=message.pk).update(text="See example.com")
    outbox.send_waiting()
    assert posts(live_x) == []
    assert answer(alice, "Tomorrow.", ticket=Ticket.objects.get()).pk
    acme_on_x.options = {"monthly_limit": str(ledger.spent(acme_on_x) + Decimal("0.005"))}
    acme_on_x.save()
    rule = browser.get(address).json()["compose"]["reply"]
    assert (rule["allowed"], rule["reason"]) == (False, "too_dear")


def test_what_costs_nothing_is_not_too_dear_whatever_waits_in_line(asked, acme_on_x, settings):
    free = {name: "0" if name.startswith("price_") else value for name, value in settings.PLATFORMS["twitter"].items()}
    settings.PLATFORMS = {**settings.PLATFORMS, "twitter": free}
    acme_on_x.options = {"monthly_limit": str(ledger.spent(acme_on_x) + Decimal("0.01"))}
    thread = answering.thread_of(asked, answering.answerable(asked))
    assert gateway.reply_rule(acme_on_x, thread, text="Tomorrow.", waiting=Decimal("0.03")).allowed


@pytest.mark.behaviour_x(31)
def test_what_waits_in_line_counts_against_the_ceiling_before_it_is_paid(asked, acme_on_x, alice, sign_in):
    acme_on_x.options = {"monthly_limit": str(ledger.spent(acme_on_x) + Decimal("0.03"))}
    acme_on_x.save()
    browser, api = sign_in(alice), "/w/acme/api"

    def sent(text: str, **more: object):
        given = {"text": text, "private": False, "last_seq": Ticket.objects.get().seq, **more}
        headers = {"idempotency-key": str(uuid.uuid4())}
        return browser.post(
            f"{api}/tickets/{asked.pk}/replies/", given, content_type="application/json", headers=headers
        )

    def left() -> Decimal:
        return Decimal(browser.get(f"{api}/tickets/{asked.pk}/").json()["compose"]["reply"]["left"])

    first = sent("One.")
    assert (first.status_code, left()) == (201, Decimal("0.02"))
    part = sent("Two.", continues=first.json()["entry"]["id"])
    assert part.status_code == 201
    refused = sent("Three.")
    assert (refused.status_code, "what still waits to be sent" in refused.content.decode()) == (422, True)
    rule = browser.get(f"{api}/tickets/{asked.pk}/").json()["compose"]["reply"]
    assert (rule["allowed"], rule["reason"]) == (False, "too_dear")
    assert browser.post(f"{api}/messages/{part.json()['entry']['id']}/undo/").status_code == 200
    assert left() == Decimal("0.03")
    failed = outcomes.failed(sent("Once more.").json()["entry"]["id"], Reason.DUPLICATE)
    assert left() == Decimal("0.03")
    assert browser.post(f"{api}/messages/{failed.pk}/retry/").status_code == 200
    assert left() == Decimal("0.02")


@pytest.mark.behaviour_x(31)
@pytest.mark.django_db(transaction=True)
def test_two_agents_at_once_do_not_both_get_the_last_of_it(acme_on_x, alice, bob, monkeypatch):
    """Each on a ticket of their own."""
    take_in(acme_on_x, x.mention(id="77"), x.mention(id="88", who=x.KARIM))
    acme_on_x.options = {"monthly_limit": str(ledger.spent(acme_on_x) + Decimal("0.015"))}
    acme_on_x.save()
    rule, told = gateway.reply_rule, []
    barrier = threading.Barrier(2)

    def slowly(*args, **more):
        time.sleep(0.3)
        return rule(*args, **more)

    monkeypatch.setattr(gateway, "reply_rule", slowly)
    tickets = list(Ticket.objects.all())

    def work(agent, ticket) -> None:
        try:
            with workspace(acme_on_x.workspace_id):
                barrier.wait()
                answer(agent, ticket=ticket)
                told.append("queued")
        except NotAllowed as refused:
            told.append(str(refused.reason))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work, args=pair) for pair in zip((alice, bob), tickets, strict=True)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(told) == ["queued", "too_dear"]
    assert Outgoing.objects.count() == 1
