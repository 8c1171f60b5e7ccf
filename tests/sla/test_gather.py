"""Policies of one metric become policies of all."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

gathered = import_module("sla.migrations.0004_gather").gathered
FIRST, NEXT, FIVE, ONE = "first_response", "next_response", timedelta(minutes=5), timedelta(minutes=1)


def test_two_promises_for_all_become_one():
    assert gathered([("F", "", FIRST, FIVE), ("N", "", NEXT, ONE)]) == [("Promise", "", {FIRST: FIVE, NEXT: ONE})]
    assert gathered([("F", "", FIRST, FIVE)]) == [("F", "", {FIRST: FIVE})]
    assert gathered([]) == []


def test_a_channel_with_promises_of_its_own_keeps_what_fitted_it():
    olds = [("M", "messenger", FIRST, ONE), ("F", "", FIRST, FIVE), ("N", "", NEXT, FIVE)]
    assert gathered(olds) == [
        ("M", "messenger", {FIRST: ONE, NEXT: FIVE}),
        ("Promise", "", {FIRST: FIVE, NEXT: FIVE}),
    ]


def test_one_that_never_applied_is_left_out():
    assert gathered([("F", "", FIRST, FIVE), ("M", "messenger", FIRST, ONE)]) == [("F", "", {FIRST: FIVE})]
