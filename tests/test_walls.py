"""Nobody sees or writes another workspace's rows, whichever way they try."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from celery import shared_task
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from inbox.models import Contact, Message, Ticket
from socialcare.background import WorkspaceTask, after_commit
from socialcare.checks import role_problems
from socialcare.tenancy import NoWorkspace, WrongWorkspace, current_workspace, workspace
from tests import meta
from tests.conftest import take_in
from tests.sockets import Socket, cookie_of

seen: list[object] = []


@shared_task(base=WorkspaceTask)
def names_of_contacts() -> None:
    seen.append([contact.name for contact in Contact.objects.all()])


@pytest.fixture
def stranger(acme, globex) -> Contact:
    with workspace(globex.pk):
        return Contact.objects.create(name="Stranger")


def test_outside_any_workspace_nothing_answers(db):
    with pytest.raises(NoWorkspace):
        Contact.objects.all()
    with pytest.raises(NoWorkspace), transaction.atomic():
        Contact(name="Nobody's").save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inbox_contact")
        assert cursor.fetchone() == (0,)


def test_raw_sql_and_the_base_manager_see_nothing(stranger):
    Contact.objects.create(name="Mine")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM inbox_contact")
        assert cursor.fetchall() == [("Mine",)]
    assert [contact.name for contact in Contact._base_manager.all()] == ["Mine"]


def test_a_reverse_relation_sees_nothing(facebook, globex):
    take_in(facebook, meta.comment("secret of acme"))
    ticket = Ticket.objects.get()
    with workspace(globex.pk):
        assert list(ticket.messages.all()) == []
        assert not Message._base_manager.filter(ticket_id=ticket.pk).exists()


def test_a_strangers_row_cannot_be_written(stranger):
    with pytest.raises(WrongWorkspace), transaction.atomic():
        stranger.save()
    with pytest.raises(WrongWorkspace):
        Contact.objects.bulk_create([Contact(name="x", workspace_id=stranger.workspace_id)])
    with pytest.raises(WrongWorkspace):
        Contact.objects.bulk_update([stranger], ["name"])
    stranger.name = "Mine now"
    with pytest.raises(DatabaseError), transaction.atomic():
        stranger.save(update_fields=["name"])
    assert Contact._base_manager.update(name="all of them") == 0
    assert Contact._base_manager.all().delete()[0] == 0


def test_the_database_refuses_a_foreign_row_that_goes_around_our_code(stranger):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox_contact (workspace_id, name, avatar_url, created_at) VALUES (%s, 'x', '', now())",
            [stranger.workspace_id],
        )


@pytest.mark.django_db(transaction=True)
def test_what_a_connection_was_told_is_true_whatever_becomes_of_a_transaction(acme, stranger):
    def seen() -> list[str]:
        return [contact.name for contact in Contact._base_manager.all()]

    def told() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('socialcare.workspace', true)")
            return cursor.fetchone()[0]

    Contact.objects.create(name="Mine")
    for end in (RuntimeError, None):
        with suppress(RuntimeError), transaction.atomic():
            with suppress(DatabaseError), transaction.atomic(), workspace(stranger.workspace_id):
                assert seen() == ["Stranger"]
                connection.cursor().execute("SELECT 1/0")
            assert seen() == ["Mine"]
            with workspace(stranger.workspace_id):
                assert seen() == ["Stranger"]
                if end:
                    raise end
        assert (told(), seen()) == (str(acme.pk), ["Mine"])
        with workspace(stranger.workspace_id):
            assert seen() == ["Stranger"]
        assert seen() == ["Mine"]
    with workspace(stranger.workspace_id):
        connection.close()
        with workspace(stranger.workspace_id):
            assert seen() == ["Stranger"]
    assert seen() == ["Mine"]


def test_the_wall_stands_again_after_a_rollback(acme, stranger):
    def boom() -> None:
        with transaction.atomic(), workspace(stranger.workspace_id), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    with pytest.raises(DatabaseError):
        boom()
    assert current_workspace() == acme.pk
    assert not Contact._base_manager.filter(name="Stranger").exists()


def test_a_task_runs_in_the_workspace_it_was_called_from(stranger, settings):
    Contact.objects.create(name="Mine")
    names_of_contacts.apply(headers={"workspace": current_workspace()})
    with workspace(stranger.workspace_id):
        names_of_contacts.apply(headers={"workspace": current_workspace()})
    assert seen[-2:] == [["Mine"], ["Stranger"]]


def test_a_task_cannot_be_called_from_nowhere(db):
    with pytest.raises(NoWorkspace):
        names_of_contacts.delay()


def test_work_after_the_commit_stays_where_it_was_put_off(stranger, django_capture_on_commit_callbacks):
    found = []
    with django_capture_on_commit_callbacks(execute=True):
        with workspace(stranger.workspace_id):
            after_commit(lambda: found.append(list(Contact.objects.values_list("name", flat=True))))
    assert found == [["Stranger"]]


def test_the_role_is_ordinary(db):
    assert role_problems() == []
    call_command("check", databases=["default"])


def test_every_table_with_customers_words_is_walled(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE 'inbox\\_%%' AND relkind = 'r'"
            " AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
        assert {name for (name,) in cursor.fetchall()} == {
            "inbox_board",
            "inbox_outgoing",
            "inbox_presence",
            "inbox_stale",
            "inbox_stalehour",
            "inbox_wall",
        }


def test_another_workspaces_addresses_do_not_exist(facebook, mallory, alice, sign_in):
    take_in(facebook, meta.comment("secret of acme"))
    ticket = Ticket.objects.get()
    message = Message.objects.get()
    client = sign_in(mallory)
    for path in (
        "/w/acme/",
        "/w/acme/inbox/open/",
        "/w/acme/settings/",
        "/w/acme/api/tickets/",
        f"/w/globex/inbox/open/{ticket.pk}/",
        f"/w/globex/api/tickets/{ticket.pk}/",
        f"/w/globex/api/tickets/{ticket.pk}/entries/",
        f"/w/globex/api/messages/{message.pk}/",
        "/w/nowhere/",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert b"secret of acme" not in answer.content
    for path, body in (
        (f"tickets/{ticket.pk}/replies/", {"text": "hi", "last_seq": 9}),
        (f"tickets/{ticket.pk}/notes/", {"text": "hi"}),
        (f"tickets/{ticket.pk}/assign/", {"assignee": mallory.user_id}),
        (f"tickets/{ticket.pk}/resolve/", {}),
        (f"tickets/{ticket.pk}/reopen/", {}),
        (f"tickets/{ticket.pk}/seen/", {"seq": 1}),
        (f"messages/{message.pk}/act/", {"action": "hide"}),
        (f"messages/{message.pk}/retry/", {}),
        (f"messages/{message.pk}/undo/", {}),
        (f"messages/{message.pk}/confirm/", {}),
    ):
        answer = client.post(f"/w/globex/api/{path}", body, content_type="application/json")
        assert answer.status_code == 404, path
    assert Message.objects.count() == 1


def test_a_ticket_cannot_be_given_to_a_stranger(facebook, alice, mallory, sign_in):
    take_in(facebook, meta.comment())
    path = f"/w/acme/api/tickets/{Ticket.objects.get().pk}/assign/"
    answer = sign_in(alice).post(path, {"assignee": mallory.user_id}, content_type="application/json")
    assert answer.status_code == 422
    assert Ticket.objects.get().assignee is None


async def knock(slug: str, cookie: bytes) -> int | None:
    async with Socket(slug, cookie) as socket:
        return await socket.closed_with()


@pytest.mark.django_db(transaction=True)
def test_a_socket_opens_only_for_members(acme, alice, mallory):
    mine, theirs = cookie_of(alice), cookie_of(mallory)
    assert asyncio.run(knock("acme", b"")) == 4401
    assert asyncio.run(knock("acme", theirs)) == 4403
    assert asyncio.run(knock("globex", theirs)) is None
    assert asyncio.run(knock("acme", mine)) is None


def test_what_the_database_refuses_of_a_bulk_update_is_an_error_of_django_s(acme):
    """Whoever takes posts in tells by it whether the database failed or the data."""
    contact = Contact.objects.create(name="short")
    contact.name = None
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.bulk_update([contact], ["name"])
