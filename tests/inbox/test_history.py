"""Whatever happens in whatever order, the clocks kept step by step are those the history gives."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from inbox.actions import work
from inbox.actions.clocks import history_of, waits_for_us
from inbox.models import Ticket
from sla import engine
from sla.models import Policy, Timer
from tests import meta
from tests.conftest import take_in

WROTE, ANSWERED, STANDBY, RESOLVED, REOPENED = "wrote", "answered", "standby", "resolved", "reopened"
STEPS = st.lists(
    st.tuples(st.sampled_from([WROTE, WROTE, ANSWERED, ANSWERED, STANDBY, RESOLVED, REOPENED]), st.integers(1, 60)),
    min_size=1,
    max_size=9,
)


class _Undone(Exception):
    pass


def step(messenger, alice, number, what, at):
    ticket = Ticket.objects.first()
    if what in (RESOLVED, REOPENED):
        if ticket:
            (work.resolve if what == RESOLVED else work.reopen)(ticket.pk, alice.user)
        return
    if what == ANSWERED:
        take_in(messenger, meta.echo(f"{number}", mid=f"m_{number}", app_id=5, at=at))
        return
    words = {"message": {"mid": f"m_{number}", "text": f"{number}"}}
    take_in(messenger, meta.messaging(words, at=at, standby=what == STANDBY))


def agree(ticket):
    """Both as sorted (metric, start, end)."""
    kept = Timer.objects.filter(ticket_id=ticket.pk).values_list("metric", "started_at", "stopped_at")
    said = [(str(wait.metric), wait.started_at, wait.stopped_at) for wait in engine.waits(history_of(ticket.pk))]
    return sorted(kept, key=str), sorted(said, key=str)


@pytest.mark.parametrize("promised", [True, False])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
@example(steps=[(WROTE, 1), (ANSWERED, 1), (WROTE, 1)])
@example(steps=[(WROTE, 1), (RESOLVED, 1), (WROTE, 1), (ANSWERED, 2)])
@example(steps=[(WROTE, 1), (WROTE, 1), (ANSWERED, 1), (RESOLVED, 1), (REOPENED, 1)])
def test_the_clocks_are_what_the_history_says(messenger, alice, promised, steps):
    start = timezone.now().replace(microsecond=0) - timedelta(minutes=2)
    try:
        with transaction.atomic():
            if not promised:
                Policy.objects.all().delete()
            for number, (what, second) in enumerate(steps):
                step(messenger, alice, number, what, start + timedelta(seconds=second))
            for ticket in Ticket.objects.all():
                kept, said = agree(ticket)
                assert kept == (said if promised else [])
                clock = Timer.objects.filter(ticket_id=ticket.pk, stopped_at=None).first()
                if ticket.status == "open":
                    assert ticket.due_at == (clock.due_at if clock else None)
                else:
                    assert not waits_for_us(ticket.pk)
                    assert ticket.due_at is None
            raise _Undone
    except _Undone:
        pass
