"""What the report says is what a recomputation in Python says."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from inbox.models import Ticket
from sla.models import Metric, Outcome, Timer
from sla.reports import Kept, first_responses
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import take_in

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def timer(ticket_id: int, account_id: int, chance: random.Random, metric: Metric = Metric.FIRST_RESPONSE) -> Timer:
    started = NOON + timedelta(seconds=chance.randrange(3 * 86_400))
    due, took = started + timedelta(minutes=5), timedelta(seconds=chance.randrange(1, 900))
    outcome = chance.choice([Outcome.ANSWERED, Outcome.ANSWERED, Outcome.RESOLVED])
    return Timer(
        ticket_id=ticket_id,
        account_id=account_id,
        metric=metric,
        started_at=started,
        noticed_at=started,
        due_at=due,
        stopped_at=started + took,
        outcome=outcome,
        breached_at=due if started + took > due else None,
    )


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def recomputed(timers: list[Timer], since: datetime, until: datetime, account_id: int | None) -> Kept:
    mine = [each for each in timers if since <= each.started_at < until and account_id in (None, each.account_id)]
    mine = [each for each in mine if each.metric == Metric.FIRST_RESPONSE]
    answered = [each for each in mine if each.outcome == Outcome.ANSWERED]
    late = [each for each in mine if each.outcome != Outcome.ANSWERED and each.breached_at]
    seconds = [(each.stopped_at - each.started_at).total_seconds() for each in answered]
    kept = sum(each.stopped_at <= each.due_at for each in answered)
    return Kept(len(answered) + len(late), kept, percentile(seconds, 0.5), percentile(seconds, 0.9))


@pytest.fixture
def timers(facebook, messenger, globex) -> list[Timer]:
    take_in(facebook, meta.comment())
    ticket, chance = Ticket.objects.get(), random.Random(7)
    Timer.objects.all().delete()
    made = [timer(ticket.pk, chance.choice([facebook.pk, messenger.pk]), chance) for _ in range(300)]
    made += [timer(ticket.pk, facebook.pk, chance, Metric.NEXT_RESPONSE) for _ in range(20)]
    Timer.objects.bulk_create(made)
    with workspace(globex.pk):
        Timer.objects.bulk_create([timer(ticket.pk, facebook.pk, chance) for _ in range(20)])
    return made


def test_the_report_is_what_the_timers_say(timers, facebook):
    for since, until in ((NOON, NOON + 3 * DAY), (NOON + DAY, NOON + 2 * DAY)):
        for account_id in (None, facebook.pk):
            said = first_responses(since, until, account_id)
            true = recomputed(timers, since, until, account_id)
            assert (said.decided, said.kept) == (true.decided, true.kept)
            assert said.median == pytest.approx(true.median)
            assert said.p90 == pytest.approx(true.p90)
            assert 0 < said.share < 1


def test_what_still_runs_in_time_is_not_decided(timers, facebook):
    Timer.objects.all().delete()
    Timer.objects.create(
        ticket_id=Ticket.objects.get().pk,
        account_id=facebook.pk,
        metric=Metric.FIRST_RESPONSE,
        started_at=NOON,
        noticed_at=NOON,
        due_at=NOON + timedelta(minutes=5),
    )
    assert first_responses(NOON, NOON + DAY) == Kept(0, 0, None, None)
    assert first_responses(NOON, NOON + DAY).share is None
    Timer.objects.update(breached_at=NOON + timedelta(minutes=5))
    assert first_responses(NOON, NOON + DAY).share == 0


def test_a_period_without_waits_has_nothing_to_say(acme):
    assert first_responses(NOON, NOON + DAY).share is None
