"""What a ticket's history says about its clocks, without any database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sla.engine import Moment, What, requests, waits

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def moment(what: What, second: int, *, seq: int = 1) -> Moment:
    at = NOON + timedelta(seconds=second)
    return Moment(at, at, what, seq)


def told(*moments: Moment) -> list[tuple[str, int, int | None, str]]:
    """(metric, start, end, outcome) of each wait, in seconds after noon."""
    return [
        (
            str(wait.metric),
            round((wait.started_at - NOON).total_seconds()),
            round((wait.stopped_at - NOON).total_seconds()) if wait.stopped_at else None,
            str(wait.outcome or ""),
        )
        for wait in waits(moments)
    ]


def test_the_first_words_start_it_and_the_first_answer_ends_it():
    said = [moment(What.WROTE, 0), moment(What.WROTE, 5), moment(What.ANSWERED, 9), moment(What.ANSWERED, 11)]
    assert told(*said) == [("first_response", 0, 9, "answered")]
    assert told(*said, moment(What.WROTE, 20)) == [
        ("first_response", 0, 9, "answered"),
        ("next_response", 20, None, ""),
    ]


def test_the_order_in_which_it_is_told_does_not_matter():
    said = [moment(What.WROTE, 0), moment(What.ANSWERED, 9), moment(What.WROTE, 20), moment(What.RESOLVED, 30)]
    assert told(*reversed(said)) == told(*said)


def test_a_resolution_settles_what_was_known_and_no_more():
    before, resolved = moment(What.WROTE, 0), moment(What.RESOLVED, 10)
    assert told(before, resolved) == [("first_response", 0, 10, "resolved")]
    assert told(before, moment(What.WROTE, 4, seq=2), resolved) == [
        ("first_response", 0, 10, "resolved"),
        ("first_response", 4, None, ""),
    ]


def test_words_heard_after_a_resolution_wait_for_an_answer_even_if_they_were_the_first():
    late = moment(What.WROTE, 0, seq=2)
    said = [late, moment(What.WROTE, 4), moment(What.RESOLVED, 10)]
    assert told(*said) == [("first_response", 4, 10, "resolved"), ("first_response", 0, None, "")]
    assert told(*said, moment(What.ANSWERED, 15))[-1] == ("first_response", 0, 15, "answered")


def test_an_answer_settles_all_that_was_written_before_it_whenever_we_heard_of_it():
    assert told(moment(What.WROTE, 0), moment(What.WROTE, 4, seq=3), moment(What.ANSWERED, 10, seq=2)) == [
        ("first_response", 0, 10, "answered")
    ]


def test_whom_only_a_deleted_answer_had_answered_waits_anew_from_its_deletion_on():
    said = [moment(What.WROTE, 0), moment(What.ANSWERED, 9, seq=2), moment(What.RETRACTED, 60, seq=2)]
    first = ("first_response", 0, 9, "answered")
    assert told(*said) == [first, ("next_response", 60, None, "")]
    assert told(*said, moment(What.ANSWERED, 70, seq=3)) == [first, ("next_response", 60, 70, "answered")]
    assert told(*said, moment(What.WROTE, 65, seq=3))[-1] == ("next_response", 60, None, "")
    assert told(*said, moment(What.RESOLVED, 80, seq=2))[-1] == ("next_response", 60, 80, "resolved")


def test_a_deleted_answer_beside_another_or_before_newer_words_leaves_nobody_waiting():
    both = [moment(What.WROTE, 0), moment(What.ANSWERED, 9, seq=2), moment(What.ANSWERED, 10, seq=3)]
    first = ("first_response", 0, 9, "answered")
    assert told(*both, moment(What.RETRACTED, 60, seq=2)) == [first]
    gone = [*both, moment(What.RETRACTED, 60, seq=2), moment(What.RETRACTED, 61, seq=3)]
    assert told(*gone) == [first, ("next_response", 61, None, "")]
    later = [moment(What.WROTE, 20, seq=4), moment(What.ANSWERED, 30, seq=5), moment(What.RETRACTED, 60, seq=3)]
    assert told(*both, *later) == [first, ("next_response", 20, 30, "answered")]
    assert told(*both[:2], moment(What.RESOLVED, 20, seq=2), moment(What.RETRACTED, 60, seq=2)) == [first]


def test_a_request_goes_on_when_its_answer_is_deleted():
    said = [moment(What.WROTE, 0), moment(What.ANSWERED, 9, seq=2), moment(What.RETRACTED, 60, seq=2)]
    (request,) = requests(said)
    assert request.pauses == ((NOON + timedelta(seconds=9), NOON + timedelta(seconds=60)),)
