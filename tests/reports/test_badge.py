"""Facebook's badge, against the plainest possible way to say its rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.reports.badge import RULES, Conversation, forecast, standing
from tests.fuzz.effort import effort

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
FIFTEEN, FIVE = RULES["fifteen"], RULES["five"]


def conversation(pk: int, ago: float, took: float | None = None, **more: bool) -> Conversation:
    """Began so many minutes before NOW, answered so many minutes later."""
    began = NOW - timedelta(minutes=ago)
    return Conversation(pk, began, None if took is None else began + timedelta(minutes=took), **more)


@st.composite
def weeks(draw: st.DrawFn) -> list[Conversation]:
    """Most are answered soon: pages near the line are the interesting ones."""
    took = st.one_of(st.floats(0, 30), st.floats(0, 30), st.floats(0, 3000), st.none())
    number = draw(st.integers(0, 40))
    ago = st.floats(0, 11 * 1440)
    made = [conversation(pk, draw(ago), draw(took), closed=draw(st.booleans())) for pk in range(number)]
    # Nobody answers in the future.
    return [
        each if not each.answered_at or each.answered_at <= NOW else conversation(each.ticket_id, 1) for each in made
    ]


@given(weeks(), st.sampled_from([FIFTEEN, FIVE]))
@effort(200, 3000)
def test_where_we_stand_is_the_rule_said_plainly(found, rule):
    said = standing(found, rule, NOW, PARIS)
    mine = [each for each in found if NOW - timedelta(days=7) < each.began_at]
    good = [each for each in mine if each.answered_at and day(each.answered_at) == day(each.began_at)]
    today = [each for each in mine if not each.answered_at and not each.closed and day(each.began_at) == day(NOW)]
    took = sorted((each.answered_at - each.began_at).total_seconds() for each in mine if each.answered_at)
    assert (said.answered, said.open, said.missed) == (len(good), len(today), len(mine) - len(good) - len(today))
    if took:
        seconds = median(took) if rule is FIVE else mean(took[: -(-len(took) * 9 // 10)])
        assert said.seconds == pytest.approx(seconds)
        enough = len(good) * 10 >= (len(mine) - len(today)) * 9 and len(mine) > len(today)
        assert said.held == (enough and said.seconds <= rule.seconds)
    else:
        assert not said.held


@given(weeks())
@effort(200, 3000)
def test_the_margin_is_what_one_finds_by_trying(found):
    said = standing(found, FIFTEEN, NOW, PARIS)
    if said.share is None:
        return
    misses = [conversation(1000 + number, 1440 * 2) for number in range(60)]
    answers = [conversation(2000 + number, 1440 * 2, 1) for number in range(400)]

    def share(extra: list[Conversation]) -> bool:
        return standing([*found, *extra], FIFTEEN, NOW, PARIS).share * 10 >= 9 - 1e-9

    if share([]):
        assert said.needed == 0
        assert share(misses[: said.spare])
        assert not share(misses[: said.spare + 1])
    else:
        assert said.spare < 0
        assert share(answers[: said.needed])
        assert not share(answers[: said.needed - 1])


@given(weeks(), st.sampled_from([FIFTEEN, FIVE]))
@effort(100, 1000)
def test_midnight_lies_between_the_best_and_the_worst(found, rule):
    said = forecast(found, rule, NOW, PARIS)
    assert (said.best.open, said.worst.open) == (0, 0)
    assert said.best.answered - said.worst.answered == said.worst.missed - said.best.missed
    for each in said.waiting:
        assert each.answered.answered == said.now.answered + 1
        assert each.missed.missed == said.now.missed + 1
        assert each.keeps == (each.answered.held and not each.missed.held)


def test_the_one_that_keeps_it_is_named():
    week = [conversation(pk, 2000 + pk, 4) for pk in range(9)]
    waits = conversation(100, 30)
    said = forecast([*week, waits, conversation(101, 2500)], FIFTEEN, NOW, PARIS)
    # Nine of ten are answered: not one more may be missed.
    assert said.now.held
    assert (said.now.spare, said.now.needed) == (0, 0)
    assert [each.conversation.ticket_id for each in said.waiting if each.keeps] == [100]
    assert said.best.held
    assert not said.worst.held
    assert said.midnight == datetime(2026, 11, 25, 23, 0, tzinfo=UTC)


def test_an_answer_after_midnight_is_a_missed_one_however_quick():
    late = Conversation(1, datetime(2026, 11, 24, 22, 58, tzinfo=UTC), datetime(2026, 11, 24, 23, 3, tzinfo=UTC))
    assert (standing([late], FIFTEEN, NOW, PARIS).missed, standing([late], FIFTEEN, NOW, UTC_ZONE).answered) == (1, 1)


def test_slow_answers_lose_it_though_all_are_answered():
    week = [conversation(pk, 1500 + pk, 20) for pk in range(10)]
    said = standing(week, FIFTEEN, NOW, PARIS)
    assert said.share == 1
    assert not said.held


UTC_ZONE = ZoneInfo("UTC")


def day(moment: datetime) -> object:
    return moment.astimezone(PARIS).date()
