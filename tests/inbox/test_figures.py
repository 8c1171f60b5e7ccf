"""Every figure of the dashboard holds exactly the tickets it opens, and says what was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inbox import figures
from inbox.figures import Only
from tests.board import Story, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(acme, alice, bob, facebook, messenger) -> Story:
    return told(alice, bob, facebook, messenger)


def counted(part: dict, figure: str) -> int:
    if figure == "oldest":
        return int(part["oldest"] is not None)
    if figure in figures.FLOW:
        return part[figure][-1]
    return part[figure]


def test_what_a_figure_counts_is_what_it_opens(story):
    at = figures.moment()
    record = figures.measure(at)
    for figure in figures.NAMES:
        assert counted(record["all"], figure) == Only(figure).tickets(at).count(), figure
        for account in record["accounts"]:
            found = Only(figure, account=account["id"]).tickets(at)
            assert counted(account, figure) == found.count(), (figure, account["name"])


def test_the_story_moves_every_figure(story):
    """So that the test above compares more than nothing with nothing."""
    all_of_it = figures.measure()["all"]
    assert [figure for figure in figures.NAMES if not counted(all_of_it, figure)] == []


def test_every_agents_figures_are_their_tickets(story):
    at = figures.moment()
    agents = figures.measure(at)["agents"]
    assert agents
    for user, (held, late) in agents.items():
        assert Only("waiting", agent=int(user)).tickets(at).count() == held
        assert Only("late", agent=int(user)).tickets(at).count() == late


def test_every_queues_figures_are_its_tickets(story):
    at = figures.moment()
    queues = figures.measure(at)["queues"]
    assert [queue["waiting"] for queue in queues] == [3, 0]
    for queue in queues:
        for figure in figures.OF_QUEUE:
            assert Only(figure, queue=queue["id"]).tickets(at).count() == queue[figure]


def test_every_minute_of_the_chart_is_its_tickets(story):
    at = figures.moment()
    record = figures.measure(at)
    first = datetime.fromtimestamp(record["minute"] / 1000, UTC)
    for way in figures.FLOW:
        for place, number in enumerate(record["all"][way]):
            minute = Only(way, minute=first + place * figures.MINUTE)
            assert minute.tickets(at).count() == number
    assert sum(record["all"]["in"]) > 5
    assert sum(record["all"]["out"]) > 2
