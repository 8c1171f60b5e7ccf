"""Queues, tags and groups, as an admin names and removes them."""

from __future__ import annotations

from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from inbox import sweeping
from inbox.actions import sorting, sweeps
from inbox.actions.refusals import NoSuchLabel
from inbox.models import Group, Queue, Stale, Tag, Tally, Ticket
from inbox.reports import figures, rollup
from inbox.reports.periods import preset
from sla.models import Policy, Sweep
from socialcare.models import AuditEntry
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import take_in
from tests.inbox import settings_support

pytestmark = pytest.mark.django_db
browser, post = settings_support.browser, settings_support.post


def test_queues_tags_and_groups_are_named(browser, acme):
    for kind, model in (("queue", Queue), ("tag", Tag), ("group", Group)):
        post(browser, f"labels/{kind}/add/", {"name": "One"})
        twice = post(browser, f"labels/{kind}/add/", {"name": "One"})
        assert twice.status_code == 422
        assert "Another one is called so" in twice.content.decode()
        pk = model.objects.get().pk
        post(browser, f"labels/{kind}/{pk}/", {"name": "Two"})
        assert model.objects.get().name == "Two"
        again = post(browser, f"labels/{kind}/add/", {"name": "tWO"})
        assert again.status_code == 422
        assert model.objects.get().name == "Two"
        post(browser, f"labels/{kind}/{pk}/", {"name": "TWO"})
        assert model.objects.get().name == "TWO"
    assert post(browser, "labels/pigeon/add/", {"name": "x"}).status_code == 404


def test_a_tag_is_removed_from_everywhere_after_a_question(browser, facebook, carol, bob, sign_in):
    gone, kept = Tag.objects.create(name="Gone"), Tag.objects.create(name="Kept")
    take_in(facebook, meta.comment())
    ticket = sorting.tag(Ticket.objects.get().pk, carol.user, [gone.pk, kept.pk])
    rollup.catch_up()
    there, yes = f"labels/tag/{gone.pk}/remove/", {"sure": "yes"}
    assert sign_in(bob).post(f"/w/acme/settings/{there}", yes).status_code == 403
    assert "Remove the tag “Gone”?" in post(browser, there, {}).content.decode()
    policy = Policy.objects.get()
    Policy.objects.update(tag_id=gone.pk)
    assert "Policies ask for this tag" in post(browser, there, yes).content.decode()
    assert Ticket.objects.get().tag_ids == [gone.pk, kept.pk]
    Policy.objects.filter(pk=policy.pk).update(tag_id=None)
    assert "“Gone” is removed" in post(browser, there, yes).content.decode()
    with pytest.raises(NoSuchLabel):
        sorting.tag(ticket.pk, carol.user, [gone.pk])
    rollup.catch_up()
    assert set(figures.report(preset("today", timezone.now(), ZoneInfo("UTC"))).parts["tag"]) == {kept.pk}
    sweeping.sweep()
    now = Ticket.objects.get()
    assert (now.tag_ids, now.version) == ([kept.pk], ticket.version + 1)
    assert list(Tag.objects.values_list("name", flat=True)) == ["Kept"]
    assert not Tally.objects.filter(dimension="tag", key=gone.pk).exists()
    assert AuditEntry.objects.filter(verb="tag.removed", target="Gone").count() == 1
    assert post(browser, there, yes).status_code == 404


def test_a_removed_tag_is_taken_off_some_tickets_at_a_time_and_goes_on_where_it_stopped(browser, facebook, monkeypatch):
    monkeypatch.setattr(sweeps, "AT_ONCE", 2)
    gone, kept = Tag.objects.create(name="Gone"), Tag.objects.create(name="Kept")
    take_in(facebook, *(meta.comment(comment_id=f"700_{n}", who=str(n)) for n in range(7)))
    pks = list(Ticket.objects.order_by("id").values_list("pk", flat=True))
    for pk in pks[1:]:
        Ticket.objects.filter(pk=pk).update(tag_ids=[gone.pk, kept.pk])
    post(browser, f"labels/tag/{gone.pk}/remove/", {"sure": "yes"})
    assert "worked out anew" not in browser.get("/w/acme/settings/policies/").content.decode()
    sweep = Sweep.objects.get()
    assert sweeps.go_on(sweep.pk)
    sweep.refresh_from_db()
    assert sweep.upto == pks[2]
    assert [pk for pk in pks if gone.pk in Ticket.objects.get(pk=pk).tag_ids] == pks[3:]
    sweeping.sweep()
    assert not Sweep.objects.exists()
    assert [ticket.tag_ids for ticket in Ticket.objects.order_by("id")] == [[], *[[kept.pk]] * 6]


def test_a_tag_of_another_workspace_cannot_be_removed(mallory, acme, sign_in):
    mine = Tag.objects.create(name="Mine")
    path = f"/w/globex/settings/labels/tag/{mine.pk}/remove/"
    assert sign_in(mallory).post(path, {"sure": "yes"}).status_code == 404
    assert Tag.objects.exists()


def test_tags_that_differ_in_case_alone_become_the_first_of_them(facebook, globex):
    """What the migration does to what was there before."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_tag")
    names = ("VIP", "refund", "vip", "Vip", "Refund")
    vip, refund, small, mixed, big = (Tag.objects.create(name=name) for name in names)
    with workspace(globex.pk):
        Tag.objects.create(name="vip")
    take_in(facebook, *(meta.comment(comment_id=f"900_{n}", who=str(n)) for n in range(3)))
    first, second, third = Ticket.objects.order_by("id")
    for ticket, tags in ((first, [vip, small, mixed]), (second, [mixed, big]), (third, [refund])):
        Ticket.objects.filter(pk=ticket.pk).update(tag_ids=[tag.pk for tag in tags])
    Policy.objects.update(tag_id=small.pk)
    Stale.objects.all().delete()
    import_module("inbox.migrations.0015_merge_tags").merge(apps, None)
    assert list(Tag.objects.order_by("id").values_list("name", flat=True)) == ["VIP", "refund"]
    assert list(Ticket.objects.order_by("id").values_list("tag_ids", flat=True)) == [
        [vip.pk],
        [vip.pk, refund.pk],
        [refund.pk],
    ]
    assert Policy.objects.get().tag_id == vip.pk
    assert Stale.objects.filter(ticket_id=None, at=None).count() == 1
    with workspace(globex.pk):
        assert Tag.objects.get().name == "vip"
        assert not Stale.objects.exists()


def test_the_database_knows_a_tag_in_any_case(acme):
    Tag.objects.create(name="VIP")
    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.create(name="vip")
