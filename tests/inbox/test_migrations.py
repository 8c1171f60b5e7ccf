"""What the migrations make of a database that had rows before: nobody is inside a workspace then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from connectors.models import ChannelAccount
from inbox.models import Message, Stale, Tag, Tally, Ticket, Wall
from sla.models import Policy, Sweep
from socialcare.models import Workspace
from socialcare.tenancy import workspace
from tests import meta, x
from tests.conftest import PAGE, company, take_in
from tests.connectors.twitter.conftest import handle

OTHER_PAGE = "999888777666555"
SAID = """
INSERT INTO inbox_message (workspace_id, ticket_id, account_id, seq, origin, state, kind, private, parent_id, text,
    attachments, revisions, reactions, moved, permalink, raw_kind, at, dated, standby, received_at, hidden, liked,
    failure, failure_detail)
SELECT workspace_id, id, account_id, %s, %s, %s, %s, %s, %s, 'Words',
    '[]', '[]', '{}', '{}', '', '', now(), true, false, now(), false, false, '', '' FROM inbox_ticket WHERE id = %s
"""
COUNTED = """
INSERT INTO inbox_tally (workspace_id, span, at, dimension, key, figure, number, kept, measured, took, buckets, counts)
VALUES (%s, 'day', now(), 'tag', %s, 'opened', 1, 0, 0, 0, '{}', '{}')
"""


def migrate(targets: list[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(targets)


@pytest.fixture
def inbox_at(transactional_db: None) -> Iterator[Callable[[str], None]]:
    """Lets the inbox stand at a migration, or at the newest with ""; there it ends as well."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield lambda name: migrate([("inbox", name)] if name else newest)
    migrate(newest)


def do(statement: str, *given: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchone()[0] if cursor.description else None


def asked(place: Workspace, page: str) -> Ticket:
    """A customer's comment on Facebook."""
    with workspace(place.pk):
        take_in(ChannelAccount.objects.get(channel="facebook"), meta.comment(comment_id=f"{page}_1", page=page))
        return Ticket.objects.get()


def answers(ticket: Ticket) -> dict[int, bool]:
    """Whether they are the one private answer their post takes, by their place."""
    found = Message.objects.filter(ticket=ticket, origin="agent").order_by("seq")
    return dict(found.values_list("seq", "once"))


def test_private_answers_from_before_keep_their_comment_to_themselves(inbox_at):
    acme, globex = company("acme", PAGE), company("globex", OTHER_PAGE)
    on_facebook, theirs = asked(acme, PAGE), asked(globex, OTHER_PAGE)
    on_x = handle(acme, x.BRAND)
    with workspace(acme.pk):
        take_in(on_x, x.mention(id="77"))
        named_on_x = Ticket.objects.get(account=on_x)
        wall = Wall.objects.create(name="Hall", language="en", turns="nothing")
    inbox_at("0011_queue_of_an_account")
    comment, mention = f"{PAGE}_1", "77"
    with workspace(acme.pk):
        do(SAID, 11, "agent", "sent", "comment", True, comment, on_facebook.pk)
        do(SAID, 12, "agent", "failed", "comment", True, comment, on_facebook.pk)
        do(SAID, 13, "agent", "sent", "comment", False, comment, on_facebook.pk)
        do(SAID, 14, "agent", "sent", "direct", True, "", on_facebook.pk)
        do(SAID, 11, "agent", "sent", "mention", True, mention, named_on_x.pk)
        with pytest.raises(IntegrityError), transaction.atomic():
            do(SAID, 15, "agent", "queued", "comment", True, comment, on_facebook.pk)
    with workspace(globex.pk):
        do(SAID, 11, "agent", "sent", "comment", True, f"{OTHER_PAGE}_1", theirs.pk)
    inbox_at("")
    with workspace(acme.pk):
        assert answers(on_facebook) == {11: True, 12: True, 13: False, 14: False}
        assert answers(named_on_x) == {11: False}
        assert set(Message.objects.values_list("standing", "looked_at")) == {("", None)}
        assert Wall.objects.get(pk=wall.pk).turns == "queues"
        again = {"origin": "agent", "state": "queued", "private": True, "seq": 21, "at": on_facebook.last_at}
        facebook = {"ticket": on_facebook, "account_id": on_facebook.account_id, "parent_id": comment, "once": True}
        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.create(kind="comment", **facebook, **again)
        Message.objects.create(kind="mention", ticket=named_on_x, account=on_x, parent_id=mention, **again)
    with workspace(globex.pk):
        assert answers(theirs) == {11: True}


def test_tags_that_differ_in_their_case_alone_become_the_first_of_them(inbox_at):
    acme, globex = company("acme", PAGE), company("globex", OTHER_PAGE)
    ticket, theirs = asked(acme, PAGE), asked(globex, OTHER_PAGE)
    with workspace(acme.pk):
        promise = Policy.objects.create(name="Delivery")
    inbox_at("0014_pages_of_walls")
    tags, spelt = {}, {acme: ("Delivery", "DELIVERY", "delivery", "Other"), globex: ("delivery",)}
    for place, names in spelt.items():
        with workspace(place.pk):
            for name in names:
                add = "INSERT INTO inbox_tag (workspace_id, name) VALUES (%s, %s) RETURNING id"
                tags[place.slug, name] = do(add, place.pk, name)
    mine = {name: key for (slug, name), key in tags.items() if slug == "acme"}
    with workspace(acme.pk):
        put = [mine["DELIVERY"], mine["delivery"], mine["Other"]]
        do("UPDATE inbox_ticket SET tag_ids = %s::bigint[] WHERE id = %s", put, ticket.pk)
        do("UPDATE sla_policy SET tag_id = %s WHERE id = %s", mine["delivery"], promise.pk)
        for name in ("Delivery", "delivery", "Other"):
            do(COUNTED, acme.pk, mine[name])
        do("DELETE FROM inbox_stale WHERE workspace_id = %s", acme.pk)
    with workspace(globex.pk):
        do("UPDATE inbox_ticket SET tag_ids = %s::bigint[] WHERE id = %s", [tags["globex", "delivery"]], theirs.pk)
        do("DELETE FROM inbox_stale WHERE workspace_id = %s", globex.pk)
    inbox_at("")
    with workspace(acme.pk):
        assert set(Tag.objects.values_list("name", flat=True)) == {"Delivery", "Other"}
        ticket.refresh_from_db()
        assert ticket.tag_ids == sorted([mine["Delivery"], mine["Other"]])
        promise.refresh_from_db()
        assert promise.tag_id == mine["Delivery"]
        assert set(Tally.objects.values_list("key", flat=True)) == {mine["Delivery"], mine["Other"]}
        assert list(Stale.objects.values_list("ticket_id", "at")) == [(None, None)]
        with pytest.raises(IntegrityError), transaction.atomic():
            Tag.objects.create(name="deliverY")
    with workspace(globex.pk):
        assert list(Tag.objects.values_list("name", flat=True)) == ["delivery"]
        assert not Stale.objects.exists()


def test_what_was_left_to_do_of_a_change_is_left_of_its_sweep(inbox_at):
    acme = company("acme", PAGE)
    migrate([("sla", "0006_timers_running")])
    do("INSERT INTO sla_change (workspace_id, why, what, upto, at) VALUES (%s, 'tag', '7', 41, now())", acme.pk)
    inbox_at("")
    with workspace(acme.pk):
        assert list(Sweep.objects.values_list("why", "what", "upto")) == [(Sweep.Why.TAG, "7", 41)]
