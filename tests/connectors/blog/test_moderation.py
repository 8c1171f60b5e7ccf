"""Comments that moderators hold, approve, call spam and throw away, here and in WordPress; and their clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from connectors.models import ChannelAccount
from inbox import figures, polling
from inbox.models import Event, Message, Stale, Ticket
from inbox.reports import rollup
from inbox.reports.figures import report
from inbox.reports.periods import Period
from sla.models import Timer
from socialcare.models import Workspace
from tests.blog import ME, Site, blog_of, look
from tests.connectors.blog.host import Says
from tests.connectors.blog.test_wordpress import API, answer, post


def act(browser: Client, message: Message, action: str, on: bool = True) -> Any:
    return post(browser, f"/messages/{message.pk}/act/", action=action, on=on)


@pytest.mark.parametrize("action", ["spam", "delete"])
def test_what_is_set_aside_waits_no_more_and_waits_from_its_own_moment_when_it_is_back(
    blog: ChannelAccount, site: Site, browser: Client, action: str
) -> None:
    site.write("Where is my parcel?", at=datetime.now(UTC) - timedelta(minutes=2))
    look(blog)
    message, before = Message.objects.get(), Timer.objects.get()
    said = act(browser, message, action)
    assert said.status_code == 200, said.content
    assert Timer.objects.get().stopped_at is not None
    assert (said.json()["row"]["due"], said.json()["entry"]["standing"]) == (
        None,
        {"delete": "trash"}.get(action, action),
    )
    refused = browser.get(f"{API}/tickets/{message.ticket_id}/").json()["compose"]["reply"]
    assert (refused["allowed"], refused["reason"]) == (False, "set_aside")

    said = act(browser, message, action, on=False)
    assert said.status_code == 200, said.content
    timer = Timer.objects.get()
    assert (timer.stopped_at, timer.started_at, timer.due_at) == (None, before.started_at, before.due_at)
    entry = said.json()["entry"]
    assert (entry["text"], entry["removed"], entry["standing"]) == ("Where is my parcel?", False, "")
    assert said.json()["row"]["due"] is not None
    assert said.json()["row"]["text"] == "Where is my parcel?"
    verbs = list(Event.objects.order_by("id").values_list("verb", flat=True))
    assert verbs.count("undeleted") + verbs.count("no_spam") == 1
    answer(browser, Ticket.objects.get())
    assert Timer.objects.get().outcome == "answered"


def test_spam_that_was_answered_waits_for_nothing_when_it_is_back(
    blog: ChannelAccount, site: Site, browser: Client
) -> None:
    site.write()
    look(blog)
    answer(browser, Ticket.objects.get())
    stopped = Timer.objects.get().stopped_at
    message = Message.objects.get(origin=Message.Origin.CUSTOMER)
    for on in (True, False):
        assert act(browser, message, "spam", on=on).status_code == 200
        assert (Timer.objects.get().stopped_at, Ticket.objects.get().due_at) == (stopped, None)


def test_of_two_comments_only_the_one_that_is_back_waits(blog: ChannelAccount, site: Site, browser: Client) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for text, minutes in (("One", 3), ("Two", 2)):
        site.write(text, at=now - timedelta(minutes=minutes))
    look(blog)
    one, two = Message.objects.order_by("at")
    act(browser, one, "spam")
    assert Timer.objects.get().stopped_at is None, "the other still waits"
    act(browser, two, "spam")
    assert Timer.objects.get().stopped_at is not None
    act(browser, two, "spam", on=False)
    assert [timer.started_at for timer in Timer.objects.filter(stopped_at=None)] == [two.at]


def history(browser: Client, ticket_id: int) -> list[tuple[str, str]]:
    """What the thread tells of its history, and whose doing it was, as it is read."""
    items = browser.get(f"{API}/tickets/{ticket_id}/entries/").json()["items"]
    assert items == sorted(items, key=lambda item: (item["at"], item["type"] == "event", item["id"]))
    return [(item["text"], item["who"]) for item in items if item["type"] == "event"]


@pytest.mark.parametrize(
    ("action", "done", "undone"),
    [
        ("spam", "Marked as spam", "No longer marked as spam"),
        ("delete", "Moved to the trash", "Restored: it is out of the trash"),
    ],
)
def test_the_history_tells_the_cause_before_what_follows_and_that_the_clock_runs_on(
    blog: ChannelAccount, site: Site, browser: Client, action: str, done: str, undone: str
) -> None:
    site.write()
    look(blog)
    message = Message.objects.get()
    before = len(history(browser, message.ticket_id))
    act(browser, message, action)
    act(browser, message, action, on=False)
    assert history(browser, message.ticket_id)[before:] == [
        (done, "Alice"),
        ("Nothing is left to answer: the clock stops", ""),
        (undone, "Alice"),
        ("There is something to answer again: the clock runs on", "Alice"),
    ]


def test_what_moderators_do_over_there_is_told_in_the_same_order(
    blog: ChannelAccount, site: Site, browser: Client
) -> None:
    number = site.write()
    look(blog)
    ticket = Ticket.objects.get()
    before = len(history(browser, ticket.pk))
    for status in ("trash", "approved", "spam"):
        site.comments[number]["status"] = status
        polling.look_for_removed_of(blog.pk)
    stops = "Nothing is left to answer: the clock stops"
    told = ["Moved to the trash", stops, "Restored: it is out of the trash"]
    told += ["There is something to answer again: the clock runs on", "Marked as spam", stops]
    assert history(browser, ticket.pk)[before:] == [(one, "") for one in told]


def test_the_clock_of_words_that_were_answered_does_not_run_on(
    blog: ChannelAccount, site: Site, browser: Client
) -> None:
    site.write()
    look(blog)
    message = Message.objects.get()
    act(browser, message, "spam")
    site.write("Thanks anyway", author=ME, author_name="Acme team", parent=int(message.external_id or 0))
    look(blog)
    act(browser, message, "spam", on=False)
    assert "the clock runs on" not in history(browser, message.ticket_id)[-1][0]


@pytest.mark.parametrize(("minutes", "missed"), [(2, 0), (9, 1)])
def test_a_wait_that_was_withdrawn_counts_nowhere_as_an_answer(
    blog: ChannelAccount, site: Site, browser: Client, minutes: int, missed: int
) -> None:
    now = datetime.now(UTC)
    site.write("Buy this", at=now - timedelta(minutes=minutes))
    look(blog)
    act(browser, Message.objects.get(), "spam")
    ticket = Ticket.objects.get()
    (told,) = browser.get(f"{API}/tickets/{ticket.pk}/").json()["timers"]
    assert (told["stopped"] is not None, told["outcome"], told["breached"]) == (True, "resolved", missed == 1)
    assert ticket.first_answered_at is None

    board = figures.measure()["all"]
    assert (board["answered_hour"], board["median"], board["p90"]) == (0, None, None)
    assert (board["decided_hour"], board["missed_hour"]) == (missed, missed)
    # One hour is read from the rows, the other from what was added up.
    for back in (timedelta(0), timedelta(hours=3)):
        Timer.objects.update(started_at=told_at(told["started"]) - back, stopped_at=told_at(told["stopped"]) - back)
        Stale.objects.create(ticket_id=ticket.pk)
        rollup.catch_up()
        at = now - back
        first = report(Period(at - timedelta(hours=1), at + timedelta(hours=1), ZoneInfo("UTC"))).totals.first_response
        assert (first.decided, first.kept, first.measured, first.mean, first.median) == (missed, 0, 0, None, None)


def told_at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def test_a_ticket_that_was_resolved_because_of_spam_is_open_again_when_it_was_none(
    blog: ChannelAccount, site: Site, browser: Client
) -> None:
    number = site.write()
    look(blog)
    message = Message.objects.get()
    act(browser, message, "spam")
    post(browser, f"/tickets/{message.ticket_id}/resolve/")
    assert Ticket.objects.get().status == "resolved"
    site.comments[number]["status"] = "approved"
    polling.look_for_removed_of(blog.pk)
    assert Ticket.objects.get().status == "open"
    assert Timer.objects.get().stopped_at is None


def test_what_moderators_do_over_there_is_found_by_looking(blog: ChannelAccount, site: Site, browser: Client) -> None:
    number = site.write("Is anybody there?")
    look(blog)
    steps = [("spam", "spam", True), ("approved", "", True), ("hold", "held", True), ("trash", "trash", False)]
    for status, standing, words in [*steps, ("approved", "", True)]:
        site.comments[number]["status"] = status
        polling.look_for_removed_of(blog.pk)
        message = Message.objects.get()
        assert (message.standing, bool(message.text)) == (standing, words)
        assert standing == "trash" or message.hidden is (standing != "")
        waits = standing in ("", "held")
        assert Timer.objects.filter(stopped_at=None).exists() is waits, status
    before = Message.objects.get().moved
    polling.look_for_removed_of(blog.pk)
    assert Message.objects.get().moved == before, "a look that finds nothing writes nothing"

    del site.comments[number]
    polling.look_for_removed_of(blog.pk)
    message = Message.objects.get()
    assert (message.text, message.standing) == ("", "")
    assert message.removed_at is not None
    assert act(browser, message, "delete", on=False).status_code == 422


def test_one_call_looks_at_a_hundred_and_a_site_that_is_down_removes_nothing(blog: ChannelAccount, site: Site) -> None:
    for number in range(5):
        site.write(f"Comment {number}", author_email=f"p{number}@example.org")
    look(blog)
    site.host.asked.clear()
    polling.look_for_removed_of(blog.pk)
    assert len([one for one in site.host.asked if "comments" in one.path]) == 1
    site.host.pages["/wp-json/wp/v2/comments"] = Says([])
    for number in site.comments:
        site.host.pages[f"/wp-json/wp/v2/comments/{number}"] = Says(b"<html>maintenance</html>", 404)
    polling.look_for_removed_of(blog.pk)
    assert not Message.objects.exclude(removed_at=None).exists()


def test_what_is_gone_for_good_is_learnt_when_moderated(blog: ChannelAccount, site: Site, browser: Client) -> None:
    number = site.write("Delete me")
    look(blog)
    del site.comments[number]
    refused = act(browser, Message.objects.get(), "approve", on=False)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "gone")
    message = Message.objects.get()
    assert (message.text, message.removed_at is None) == ("", False)
    assert Timer.objects.get().stopped_at is not None


def test_a_state_that_is_there_already_is_no_fault(blog: ChannelAccount, site: Site, browser: Client) -> None:
    number = site.write()
    look(blog)
    message = Message.objects.get()
    site.comments[number]["status"] = "spam"
    assert act(browser, message, "spam").status_code == 200
    site.comments[number]["status"] = "approved"
    said = act(browser, message, "spam", on=False)
    assert (said.status_code, said.json()["entry"]["standing"]) == (200, "")
    assert site.comments[number]["status"] == "approved"


@pytest.mark.parametrize(("option", "held"), [(False, True), (True, False)])
def test_an_answer_to_what_is_not_public_yet_is_warned_of(
    acme: Workspace, site: Site, browser: Client, option: bool, held: bool
) -> None:
    blog = blog_of(acme, site, approve_when_answered=option)
    site.write(status="hold")
    look(blog)
    message = Message.objects.get()
    mode = browser.get(f"{API}/tickets/{message.ticket_id}/").json()["compose"]["reply"]
    assert (mode["allowed"], mode["held"]) == (True, held)
    assert "not public yet" in mode["message"]
    act(browser, message, "approve")
    mode = browser.get(f"{API}/tickets/{message.ticket_id}/").json()["compose"]["reply"]
    assert (mode["held"], "Everybody can read this" in mode["message"]) == (False, True)
