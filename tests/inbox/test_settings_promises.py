"""Policies and opening hours, as an admin changes them; and what becomes of clocks that run."""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from inbox import sweeping, watch
from inbox.actions import promises, sorting, sweeps
from inbox.models import Contact, Event, Group, Queue, Tag, Ticket
from sla.models import BusinessHours, Policy, Sweep, Timer
from tests import meta
from tests.conftest import take_in
from tests.inbox import settings_support

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SURE = {"sure": "yes"}
WEEK = {"day_0": "9:00-12:30, 14h-18h", "day_5": "22:00-02:00"}
SHOP = {"name": "Shop", "zone": "Europe/Paris", "country": "FR", "closed": "2026-12-24", **WEEK}
FAST = {"name": "Fast", "first_response": "2", "next_response": "", "resolution": "", "warn_at": "50, 80"}
browser, post = settings_support.browser, settings_support.post


# ------------------------------------------------------------------ policies


def test_a_policy_is_made_changed_and_removed(browser, acme):
    queue, tag = Queue.objects.create(name="Billing"), Tag.objects.create(name="refund")
    group = Group.objects.create(name="Press")
    given = {**FAST, "channel": "messenger", "surface": "direct", "queue_id": queue.pk, "priority": "3",
             "tag_id": tag.pk, "group_id": group.pk, "resolution": "2880", "pause": "on",
             "at_0": "100", "do_0": f"move:{queue.pk}", "at_1": "50", "do_1": "notify:"}  # fmt: skip
    page = post(browser, "policies/add/", given).content.decode()
    assert "“Fast” is saved" in page
    assert "Billing" in page
    assert "2 d" in page
    made = Policy.objects.get(name="Fast")
    assert (made.channel, made.surface, made.queue_id, made.priority) == ("messenger", "direct", queue.pk, 3)
    assert (made.tag_id, made.group_id, made.warn_at, made.position) == (tag.pk, group.pk, [50, 80], 0)
    assert made.resolution == timedelta(days=2)
    assert made.steps == [{"at": 100, "do": "move", "to": queue.pk}, {"at": 50, "do": "notify", "to": None}]
    assert [policy.name for policy in Policy.objects.all()] == ["Fast", "Five minutes"]
    shown = browser.get(f"/w/acme/settings/policies/{made.pk}/").content.decode()
    assert 'value="2880"' in shown
    assert 'value="50, 80"' in shown
    post(browser, f"policies/{made.pk}/", {**FAST, "first_response": "3"})
    made.refresh_from_db()
    assert (made.first_response, made.queue_id, made.steps) == (timedelta(minutes=3), None, [])
    asked = post(browser, f"policies/{made.pk}/remove/", {}).content.decode()
    assert "Remove the policy “Fast”?" in asked
    assert Policy.objects.filter(name="Fast").exists()
    post(browser, f"policies/{made.pk}/remove/", SURE)
    assert not Policy.objects.filter(name="Fast").exists()


def test_a_new_policy_tells_somebody_and_one_that_tells_nobody_says_so(browser, carol):
    silent = "Nobody is told when this promise breaks."
    assert browser.get("/w/acme/settings/policies/").content.decode().count(silent) == 1
    pk = Policy.objects.get().pk
    assert silent in browser.get(f"/w/acme/settings/policies/{pk}/").content.decode()
    page = browser.get("/w/acme/settings/policies/add/")
    assert silent not in page.content.decode()
    given = {name: page.context["form"][name].value() for name in ("at_0", "do_0")}
    assert given == {"at_0": 100, "do_0": "notify:"}
    page = post(browser, "policies/add/", {**FAST, "channel": "messenger", **given}).content.decode()
    made = Policy.objects.get(name="Fast")
    assert made.steps == [{"at": 100, "do": "notify", "to": None}]
    assert page.count(silent) == 1
    assert silent not in browser.get(f"/w/acme/settings/policies/{made.pk}/").content.decode()
    carol.user.language = "fr"
    carol.user.save()
    french = "Personne n’est prévenu quand cette promesse est rompue."
    assert french in browser.get(f"/w/acme/settings/policies/{pk}/").content.decode()


def test_policies_of_one_name_are_refused(browser, acme):
    """In whatever case; those that are there keep theirs."""
    answer = post(browser, "policies/add/", {**FAST, "name": "FIVE minutes"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"name": ["Another one is called so."]}
    kept = Policy.objects.get()
    assert post(browser, f"policies/{kept.pk}/", {**FAST, "name": "Five minutes"}).redirect_chain


def test_what_is_said_of_the_clocks_that_run_is_true(browser, acme):
    anew = "worked out anew"
    page = post(browser, "policies/add/", {**FAST, "name": "Everything"}).content.decode()
    assert "“Everything” is saved." in page
    assert "Never applies" in page
    assert anew not in page
    assert not Sweep.objects.exists()
    page = post(browser, "policies/add/", {**FAST, "name": "Messenger", "channel": "messenger"}).content.decode()
    assert page.count(anew) == 1
    assert post(browser, f"policies/{Policy.objects.last().pk}/up/", {}).content.decode().count(anew) == 1


def test_a_move_leads_to_the_moved_policy_s_button(browser, acme):
    for channel in ("messenger", "facebook"):
        post(browser, "policies/add/", {**FAST, "name": channel, "channel": channel})
    first, _, last = Policy.objects.all()
    for policy, by, button in (
        (first, "down", "down"),
        (first, "down", "up"),
        (first, "up", "up"),
        (first, "up", "down"),
    ):
        page = post(browser, f"policies/{policy.pk}/{by}/", {})
        assert page.redirect_chain[-1][0].partition("#")[2] == f"{button}-{policy.pk}"
        assert f'id="{button}-{policy.pk}"' in page.content.decode()
    assert list(Policy.objects.all())[0::2] == [first, last]


def order():
    return [policy.name for policy in Policy.objects.all()]


def never_applies(page):
    return [item["policy"].name for item in page.context["policies"] if item["behind"]]


def test_a_new_policy_stands_before_those_that_would_take_all_its_tickets(browser, facebook):
    post(browser, "policies/add/", {**FAST, "name": "Messenger", "channel": "messenger"})
    post(browser, "policies/add/", {**FAST, "name": "Urgent", "priority": "4"})
    both = {"name": "Urgent on Messenger", "channel": "messenger", "priority": "4"}
    page = post(browser, "policies/add/", {**FAST, **both})
    assert order() == ["Urgent on Messenger", "Messenger", "Urgent", "Five minutes"]
    assert never_applies(page) == []
    post(browser, "policies/add/", {**FAST, "name": "Everything", "first_response": "9"})
    assert order()[-2:] == ["Five minutes", "Everything"]
    assert list(Policy.objects.values_list("position", flat=True)) == list(range(5))
    take_in(facebook, meta.comment())
    assert Timer.objects.get().target == timedelta(minutes=5)


def test_a_policy_that_can_never_apply_says_so(browser, acme):
    post(browser, "policies/add/", {**FAST, "name": "Urgent", "priority": "4"})
    urgent = Policy.objects.get(name="Urgent")
    page = post(browser, f"policies/{urgent.pk}/down/", {})
    assert never_applies(page) == ["Urgent"]
    assert "Never applies: “Five minutes” stands before it and takes all its tickets." in page.content.decode()
    page = post(browser, f"policies/{urgent.pk}/up/", {})
    assert never_applies(page) == []
    assert "Never applies" not in page.content.decode()
    page = post(browser, f"policies/{Policy.objects.get(name='Five minutes').pk}/", {**FAST, "priority": "4"})
    page = post(browser, "policies/add/", {**FAST, "name": "Twin", "priority": "4"})
    assert never_applies(page) == ["Fast", "Twin"]


def test_a_step_reads_as_a_whole_sentence_where_it_is_closed(browser, carol):
    queue = Queue.objects.create(name="VIP")
    page = browser.get("/w/acme/settings/policies/add/").content.decode()
    for words in ("Tell Carol", "Give it to Carol", "Move it to VIP"):
        assert f">{words}</option>" in page
    carol.user.language = "fr"
    carol.user.save()
    page = browser.get("/w/acme/settings/policies/add/").content.decode()
    for words in ("Prévenir Carol", "Le donner à Carol", "Le mettre dans la file VIP"):
        assert f">{words}</option>" in page
    assert f'value="move:{queue.pk}"' in page


@pytest.mark.parametrize(("wrong", "field", "words"), [
    ({"first_response": ""}, "first_response", "promises nothing"),
    ({"first_response": "0"}, "first_response", "whole number from 1 to 525599"),
    ({"resolution": "525600"}, "resolution", "whole number from 1 to 525599"),
    ({"next_response": "soon"}, "next_response", "whole number from 1 to 525599"),
    ({"warn_at": "50, 120"}, "warn_at", "from 1 to 99"),
    ({"warn_at": "²"}, "warn_at", "from 1 to 99"),
    ({"channel": "pigeon"}, "channel", "not one of those offered"),
    ({"queue_id": "99999"}, "queue_id", "not one of those offered"),
    ({"at_0": "50"}, "do_0", "needs both"),
    ({"do_1": "raise:"}, "at_1", "needs both"),
    ({"at_0": "101", "do_0": "raise:"}, "at_0", "whole number from 1 to 100"),
    ({"name": ""}, "name", "fill it in"),
])  # fmt: skip
def test_a_bad_policy_is_refused_with_the_field_named(browser, acme, wrong, field, words):
    before = list(Policy.objects.values())
    answer = post(browser, "policies/add/", {**FAST, **wrong})
    assert answer.status_code == 422
    form = answer.context["form"]
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert list(Policy.objects.values()) == before


def test_only_admins_see_them(bob, sign_in):
    browser = sign_in(bob)
    for path in ("policies/", "policies/add/", "hours/", "hours/add/", "labels/"):
        assert browser.get(f"/w/acme/settings/{path}").status_code == 403


def test_another_workspace_s_are_not_there(browser, mallory, globex, sign_in, acme):
    pk = Policy.objects.get().pk
    assert sign_in(mallory).get(f"/w/globex/settings/policies/{pk}/").status_code == 404
    assert sign_in(mallory).post(f"/w/globex/settings/policies/{pk}/remove/").status_code == 404
    assert Policy.objects.filter(pk=pk).exists()


# ------------------------------------------------------------------ opening hours


def test_hours_are_made_and_changed(browser, acme):
    page = post(browser, "hours/add/", SHOP).content.decode()
    assert "09:00-12:30, 14:00-18:00" in page
    hours = BusinessHours.objects.get()
    assert hours.slots == [[0, 540, 750], [0, 840, 1080], [5, 1320, 1560]]
    assert (hours.zone, hours.country, hours.closed) == ("Europe/Paris", "FR", ["2026-12-24"])
    late = datetime(2026, 12, 24, 10, tzinfo=UTC)
    assert hours.calendar().add_working_time(late, HOUR) == datetime(2026, 12, 26, 22, tzinfo=UTC)
    assert "Other closed days: Dec. 24, 2026" in html.unescape(page)
    post(browser, f"hours/{hours.pk}/", {**SHOP, "day_5": ""})
    hours.refresh_from_db()
    assert hours.slots == [[0, 540, 750], [0, 840, 1080]]


def test_the_list_of_hours_shows_their_own_closed_days_that_are_to_come(browser):
    post(browser, "hours/add/", {**SHOP, "country": "", "closed": "2020-05-02\n2999-07-15\n2999-07-14"})
    page = " ".join(browser.get("/w/acme/settings/hours/").content.decode().split())
    assert "Other closed days: July 14, 2999 · July 15, 2999</p>" in page
    assert "2020" not in page


@pytest.mark.parametrize(("wrong", "field", "words"), [
    ({"zone": "Europe/Atlantis"}, "zone", "no time zone of this name"),
    ({"zone": "../../etc/passwd"}, "zone", "no time zone of this name"),
    ({"day_0": "", "day_5": ""}, "day_0", "The week is empty"),
    ({"day_0": "9:00-12:00, 11:59-14:00"}, "day_0", "overlap"),
    ({"day_5": "22:00-02:00", "day_6": "01:00-03:00"}, "day_6", "overlap"),
    ({"day_6": "22:00-09:01"}, "day_0", "overlap"),
    ({"day_0": "nine to five"}, "day_0", "is no slot"),
    ({"day_0": "09:00-09:00"}, "day_0", "from 00:00 to 24:00"),
    ({"day_0": "09:00-25:00"}, "day_0", "from 00:00 to 24:00"),
    ({"closed": "24/12/2026"}, "closed", "is no day"),
    ({"country": "XX"}, "country", "not one of those offered"),
])  # fmt: skip
def test_bad_hours_are_refused_with_the_field_named(browser, acme, wrong, field, words):
    answer = post(browser, "hours/add/", {**SHOP, **wrong})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in answer.context["form"].errors[field][0]
    assert not BusinessHours.objects.exists()


def test_hours_of_one_name_are_refused(browser, acme, carol):
    """In whatever case; those that are there keep theirs."""
    post(browser, "hours/add/", SHOP)
    kept = BusinessHours.objects.get()
    answer = post(browser, "hours/add/", {**SHOP, "name": kept.name.upper()})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"name": ["Another one is called so."]}
    assert post(browser, f"hours/{kept.pk}/", SHOP).redirect_chain
    carol.user.language = "fr"
    carol.user.save()
    assert "déjà" in str(post(browser, "hours/add/", SHOP).context["form"].errors["name"])
    assert BusinessHours.objects.get() == kept


def test_hours_in_use_stay(browser, acme):
    hours = BusinessHours.objects.create(name="Shop", zone="UTC", slots=[[0, 0, 60]])
    Policy.objects.update(hours=hours)
    assert "Policies count by these hours" in post(browser, f"hours/{hours.pk}/remove/", SURE).content.decode()
    Policy.objects.update(hours=None)
    assert "Remove the opening hours “Shop”?" in post(browser, f"hours/{hours.pk}/remove/", {}).content.decode()
    assert BusinessHours.objects.exists()
    post(browser, f"hours/{hours.pk}/remove/", SURE)
    assert not BusinessHours.objects.exists()


@pytest.mark.parametrize(
    ("language", "country", "name"), [("fr", "FR", "Jour de l"), ("en", "FR", "New Year"), ("fr", "DE", "Neujahr")]
)
def test_public_holidays_are_named_in_the_reader_s_language_or_the_country_s(browser, carol, language, country, name):
    BusinessHours.objects.create(name="Shop", zone="Europe/Paris", slots=[[0, 540, 1080]], country=country)
    carol.user.language = language
    carol.user.save()
    assert name in html.unescape(browser.get("/w/acme/settings/hours/").content.decode())


# ------------------------------------------------------------------ what runs follows


def test_a_changed_policy_moves_the_clocks_that_run_and_says_why(browser, facebook, carol):
    wrote = timezone.now().replace(microsecond=0) - timedelta(minutes=1)
    take_in(facebook, *(meta.comment(comment_id=f"700_{n}", who=str(n), at=wrote) for n in range(3)))
    policy = Policy.objects.get()
    sweeps.AT_ONCE, before = 2, sweeps.AT_ONCE
    try:
        post(browser, f"policies/{policy.pk}/", {**FAST, "first_response": "30"})
        assert Sweep.objects.count() == 1
        sweeping.sweep()
    finally:
        sweeps.AT_ONCE = before
    assert not Sweep.objects.exists()
    assert set(Timer.objects.values_list("due_at", flat=True)) == {wrote + timedelta(minutes=30)}
    assert set(Ticket.objects.values_list("due_at", flat=True)) == {wrote + timedelta(minutes=30)}
    told = Event.objects.filter(verb="recomputed")
    assert told.count() == 3
    assert told[0].data["why"] == "policy"
    assert told[0].data["after"] == (wrote + timedelta(minutes=30)).isoformat()


def test_a_change_that_nobody_rang_for_is_found_by_the_clock(facebook, carol, monkeypatch):
    rung = []
    monkeypatch.setattr(sweeping, "ring", lambda task, **_: rung.append(task))
    watch.ring_for_what_waits()
    assert rung == []
    promises.save_policy(carol.user, Policy(name="Fast", channel="facebook", first_response=HOUR))
    watch.ring_for_what_waits()
    assert rung == [sweeping.sweep]


def test_changed_hours_move_the_clocks_that_run_and_what_is_over_stays(facebook, alice, carol):
    hours = BusinessHours.objects.create(name="Always", zone="UTC", slots=[[day, 0, 1440] for day in range(7)])
    Policy.objects.update(hours=hours)
    take_in(facebook, meta.comment(comment_id="700_1", who="1"), meta.comment(comment_id="700_2", who="2"))
    over = Ticket.objects.order_by("id")[0]
    from inbox.actions import work

    work.resolve(over.pk, alice.user)
    due = Timer.objects.get(ticket_id=over.pk).due_at
    hours.slots = []
    promises.save_hours(carol.user, hours)
    sweeping.sweep()
    assert Timer.objects.get(ticket_id=over.pk).due_at == due
    runs, ticket = Timer.objects.get(stopped_at=None), Ticket.objects.order_by("id")[1]
    # Never open: no loop, no moment, and the ticket says which promise it is that never runs out.
    assert runs.due_at is None
    assert (ticket.due_at, ticket.metric, ticket.breached) == (None, "first_response", False)
    assert watch.breach() == watch.warn() == 0
    assert Event.objects.get(verb="recomputed").data["after"] is None


def test_priority_tag_queue_and_group_choose_the_policy(facebook, alice):
    queue, tag = Queue.objects.create(name="Billing"), Tag.objects.create(name="refund")
    group = Group.objects.create(name="Press")
    for number, condition in enumerate([{"priority": 4}, {"tag_id": tag.pk}, {"queue_id": queue.pk},
                                        {"group_id": group.pk}], start=1):  # fmt: skip
        Policy.objects.create(name=str(number), position=number, first_response=number * HOUR, **condition)
    Policy.objects.filter(name="Five minutes").update(position=9)
    take_in(facebook, meta.comment())
    ticket, contact = Ticket.objects.get(), Contact.objects.get()
    start = Timer.objects.get().started_at
    for act, hours in [
        (lambda: sorting.group(contact.pk, alice.user, group.pk), 4),
        (lambda: sorting.move(ticket.pk, alice.user, queue.pk), 3),
        (lambda: sorting.tag(ticket.pk, alice.user, [tag.pk]), 2),
        (lambda: sorting.prioritise(ticket.pk, alice.user, 4), 1),
    ]:
        act()
        assert Timer.objects.get().due_at == Ticket.objects.get().due_at == start + hours * HOUR
    whys = Event.objects.filter(verb="recomputed").order_by("id").values_list("data__why", flat=True)
    assert list(whys) == ["grouped", "moved", "tagged", "prioritised"]
    take_in(facebook, meta.comment("again", comment_id="700_2"))
    assert Timer.objects.get().due_at == start + HOUR
