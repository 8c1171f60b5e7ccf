"""How many answer and how many take a break: alice (agent), bob (supervisor) and carol (admin) in every state."""

from __future__ import annotations

import itertools
import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from inbox.actions import people, presence
from inbox.models import Presence

pytestmark = pytest.mark.django_db
STATES = ("present", "break", "away", "silent", "never")


def put(member, state: str) -> None:
    """As somebody's browser does it: a heartbeat, the switch, silence, and that the clock noticed it."""
    if state == "never":
        return
    presence.here(member)
    presence.available(member, state != "break")
    if state in ("away", "silent"):
        Presence.objects.filter(user_id=member.user_id).update(seen_at=timezone.now() - timedelta(seconds=41))
    if state == "away":
        presence.expire()


def team(browser) -> dict[str, int]:
    page = browser.get("/w/acme/dashboard/").content.decode()
    return json.loads(re.search(r'id="boot" type="application/json">(.*?)</script>', page)[1])["figures"]["team"]


@pytest.mark.parametrize("states", list(itertools.product(STATES, repeat=3)))
def test_the_team_is_who_answers(alice, bob, carol, sign_in, states):
    for member, state in zip((alice, bob, carol), states, strict=True):
        put(member, state)
    # A supervisor or an admin who takes no tickets looks on, and is on no break.
    assert team(sign_in(bob)) == {"present": states.count("present"), "pause": int(states[0] == "break")}


def test_whoever_only_looks_at_the_dashboard_is_not_counted(alice, bob, carol, sign_in):
    for member in (alice, bob, carol):
        presence.here(member)
    assert team(sign_in(bob)) == {"present": 1, "pause": 0}


def test_one_of_two_pages_that_closes_changes_nothing(alice, bob, sign_in):
    """The other one is heard every fifteen seconds."""
    presence.here(alice)
    presence.gone(alice)
    Presence.objects.update(seen_at=Presence.objects.get().seen_at - timedelta(seconds=16))
    assert presence.expire() == 0
    assert team(sign_in(bob)) == {"present": 1, "pause": 0}


def test_who_left_the_workspace_or_may_do_less_counts_no_more(alice, bob, carol, sign_in):
    presence.here(alice)
    presence.available(alice, False)
    assert team(sign_in(bob)) == {"present": 0, "pause": 1}
    people.change_role(carol.user, alice.user_id, "supervisor")
    assert team(sign_in(bob)) == {"present": 0, "pause": 0}
    people.let_go(carol.user, alice.user_id)
    assert team(sign_in(bob)) == {"present": 0, "pause": 0}
