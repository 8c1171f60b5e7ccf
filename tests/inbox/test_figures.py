"""Every figure of the dashboard holds exactly the tickets it opens, and says what was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inbox import figures
from inbox.figures import Only
from inbox.models import Queue, Ticket
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
    record = figures.measure(at)
    assert [(queue["name"], queue["waiting"]) for queue in record["queues"]] == [
        ("Deliveries", 3),
        ("Nothing here", 0),
        ("", record["all"]["waiting"] - 3),
    ]
    for queue in record["queues"]:
        for figure in figures.NAMES:
            assert counted(queue, figure) == Only(figure, queue=queue["id"]).tickets(at).count(), (figure, queue)
    for figure in {*figures.WAITING, *figures.BEGAN, *figures.ENDED}:
        assert sum(queue[figure] for queue in record["queues"]) == record["all"][figure], figure


def test_a_queue_has_its_own_speed_and_longest_wait(story):
    record = figures.measure()
    first, _, none = record["queues"]
    assert (first["median"], first["oldest"]["ticket"]) == (None, story.tickets["Late"].pk)
    assert (none["median"], none["p90"]) == (record["all"]["median"], record["all"]["p90"])
    assert none["oldest"]["ticket"] == story.tickets["Later"].pk


def test_where_there_are_no_queues_none_is_told(story):
    Ticket.objects.update(queue=None)
    Queue.objects.all().delete()
    record = figures.measure()
    assert record["queues"] == []
    assert record["all"]["waiting"] == sum(account["waiting"] for account in record["accounts"]) > 0
    assert record["all"]["oldest"]["ticket"] == story.tickets["Late"].pk


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
