"""An account whose platform hangs does not keep the other accounts' answers waiting."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.utils import timezone

from inbox import outbox
from inbox.actions import replies
from inbox.models import Outgoing, Ticket
from tests import meta
from tests.conftest import take_in


@pytest.fixture
def waiting(acme, alice, facebook, messenger):
    """Four answers in line for Messenger's customers, then one for a comment."""
    for number in range(4):
        take_in(messenger, meta.direct("Hello?", who=f"40{number}"))
    take_in(facebook, meta.comment())
    for ticket in Ticket.objects.order_by("id"):
        replies.reply(ticket.pk, alice.user, "hi", private=False, token=uuid.uuid4(), last_seq=ticket.seq)
    Outgoing.objects.update(ready_at=timezone.now() - timedelta(seconds=1))


def claim(stack):
    """The channel of the next answer in line; "" where there is none for us. Held until the stack ends."""
    found = stack.enter_context(outbox.claimed())
    return Outgoing.objects.get(message_id=found[1]).account.channel if found else ""


def test_an_account_has_few_calls_at_a_time(waiting):
    with ExitStack() as stack:
        assert sorted(claim(stack) for _ in range(4)) == ["", "facebook", "messenger", "messenger"]
    with ExitStack() as stack:
        assert [claim(stack) for _ in range(3)] == ["messenger", "messenger", ""]


def test_what_a_dead_worker_held_keeps_no_other_answer_waiting(waiting):
    """Leases of others do not count: theirs may have ended a minute ago."""
    late = timezone.now() + timedelta(seconds=60)
    held = Outgoing.objects.filter(account__channel="messenger").order_by("id")[:2]
    Outgoing.objects.filter(pk__in=list(held.values_list("pk", flat=True))).update(lease_until=late)
    with ExitStack() as stack:
        assert sorted(claim(stack) for _ in range(4)) == ["", "facebook", "messenger", "messenger"]
