"""Money and tokens, where several do the same at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connections

from connectors import ledger, renewal
from connectors.contract import Cost, Kind, OutOfCredit, Reply, Thread
from connectors.gateway import act, send
from connectors.models import ChannelAccount
from socialcare.tenancy import workspace


def at_once(account: ChannelAccount, work: Callable[[ChannelAccount], object], number: int) -> None:
    barrier, done = threading.Barrier(number), []

    def run() -> None:
        try:
            with workspace(account.workspace_id):
                own = ChannelAccount.objects.select_related("app").get(pk=account.pk)
                barrier.wait()
                work(own)
            done.append(True)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == number


@pytest.mark.behaviour_x(31)
@pytest.mark.django_db(transaction=True)
def test_what_many_charge_at_once_is_charged_once(acme_on_x):
    posts = [str(number) for number in range(200)]
    given = [Cost("post_read", posts, Decimal("0.005")), Cost("post_read", posts[:50], Decimal("0.005"))]
    at_once(acme_on_x, lambda account: ledger.charge(account, given), 6)
    with workspace(acme_on_x.workspace_id):
        assert [(line.kind, line.count, line.amount) for line in ledger.lines(acme_on_x)] == [
            ("post_read", 200, Decimal("1.0000"))
        ]


@pytest.mark.behaviour_x(31)
def test_at_the_ceiling_nothing_is_written_and_no_call_is_made(acme_on_x):
    ledger.charge(acme_on_x, [Cost("post_with_link", ["1"], Decimal("0.2"))])
    acme_on_x.options = {"monthly_limit": "0.20"}
    reply = Reply("Yes", "5", "5", "1", Thread(Kind.COMMENT), token="")
    for write in (lambda: act(acme_on_x, "hide", "5"), lambda: send(acme_on_x, reply)):
        with pytest.raises(OutOfCredit, match="ceiling"):
            write()


@pytest.mark.behaviour_x(14)
@pytest.mark.parametrize("meanwhile", [{}, {"access_token": "by hand", "refresh_token": "another"}])
def test_what_changes_while_a_token_is_renewed_is_not_written_over(acme_on_x, meanwhile):
    def ask(used):
        ChannelAccount.objects.filter(pk=acme_on_x.pk).update(credentials=meanwhile)
        return {"access_token": "fresh", "refresh_token": "fresh too"}

    assert renewal.renew(acme_on_x, ask) == meanwhile
    assert ChannelAccount.objects.get(pk=acme_on_x.pk).credentials == meanwhile
