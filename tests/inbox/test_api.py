"""The API the browser uses: what it answers, what it refuses, and that it repeats itself when asked twice."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from inbox.models import Message, Note, Ticket
from tests import meta
from tests.conftest import take_in

JSON = "application/json"


@pytest.fixture
def client(alice, sign_in):
    return sign_in(alice)


@pytest.fixture
def ticket(facebook) -> Ticket:
    take_in(facebook, meta.comment("Where is my order?", comment_id="700_1"))
    return Ticket.objects.get()


def post(client, path, body=None, key=""):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/w/acme/api/{path}", body or {}, content_type=JSON, headers=headers)


def test_a_view_is_read_page_by_page_without_gap_or_double(facebook, client):
    now = timezone.now()
    take_in(facebook, *[meta.comment(who=str(n), at=now - timedelta(seconds=n % 7)) for n in range(25)])
    ids, after = [], ""
    while after is not None:
        page = client.get(f"/w/acme/api/tickets/?view=open&limit=7&after={after}").json()
        ids += [row["id"] for row in page["items"]]
        after = page["next"]
    assert len(ids) == len(set(ids)) == 25
    due = list(Ticket.objects.filter(pk__in=ids).order_by("order_at", "id").values_list("id", flat=True))
    assert ids == due


def test_a_page_costs_a_handful_of_queries(facebook, client, django_assert_max_num_queries):
    take_in(facebook, *[meta.comment(who=str(n)) for n in range(60)])
    with django_assert_max_num_queries(12):
        assert len(client.get("/w/acme/api/tickets/?view=open").json()["items"]) == 60
    with django_assert_max_num_queries(22):
        assert client.get("/w/acme/inbox/open/").status_code == 200


def test_a_thread_costs_a_handful_of_queries(ticket, client, facebook, django_assert_max_num_queries):
    take_in(facebook, *[meta.comment(f"more {n}") for n in range(40)])
    with django_assert_max_num_queries(16):
        assert len(client.get(f"/w/acme/api/tickets/{ticket.pk}/entries/").json()["items"]) == 42
    with django_assert_max_num_queries(26):
        assert client.get(f"/w/acme/api/tickets/{ticket.pk}/").status_code == 200


def test_entries_are_read_backwards_without_gap_or_double(ticket, client, facebook):
    start = timezone.now() - timedelta(hours=1)
    take_in(facebook, *[meta.comment(f"{n}", at=start + timedelta(seconds=n)) for n in range(23)])
    found, before = [], ""
    while before is not None:
        page = client.get(f"/w/acme/api/tickets/{ticket.pk}/entries/?limit=5&before={before}").json()
        found = [item["text"] for item in page["items"] if item["type"] == "message"] + found
        before = page["before"]
    assert found == [*[str(n) for n in range(23)], "Where is my order?"]


def test_the_compose_rules_are_told_before_typing(ticket, client, facebook):
    compose = client.get(f"/w/acme/api/tickets/{ticket.pk}/").json()["compose"]
    assert compose["reply"]["allowed"]
    assert compose["reply"]["public"]
    assert compose["reply"]["max"] == 8000
    assert compose["private"]["allowed"]
    assert compose["private"]["until"] == pytest.approx(
        (timezone.now() + timedelta(days=7)).timestamp() * 1000, abs=5e3
    )
    assert compose["can"] == ["delete", "hide", "like"]
    facebook.state = "paused"
    facebook.save()
    compose = client.get(f"/w/acme/api/tickets/{ticket.pk}/").json()["compose"]
    assert (compose["reply"]["allowed"], compose["reply"]["reason"]) == (False, "paused")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "An admin removed the account"), ("fr", "Un administrateur a retiré le compte")],
)
def test_the_composer_says_that_the_account_was_removed(ticket, client, facebook, alice, language, words):
    facebook.state = "removed"
    facebook.save()
    alice.user.language = language
    alice.user.save()
    compose = client.get(f"/w/acme/api/tickets/{ticket.pk}/").json()["compose"]
    for mode in (compose["reply"], compose["private"]):
        assert (mode["allowed"], mode["reason"]) == (False, "removed")
        assert words in mode["message"]
    refused = post(client, f"tickets/{ticket.pk}/replies/", {"text": "Sorry", "last_seq": 1})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "removed")


def test_a_reply_twice_with_one_key_is_one_reply(ticket, client):
    key = str(uuid.uuid4())
    body = {"text": "On its way", "last_seq": 1}
    first = post(client, f"tickets/{ticket.pk}/replies/", body, key)
    again = post(client, f"tickets/{ticket.pk}/replies/", body, key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.json()["entry"]["client_id"] == key
    other = post(client, f"tickets/{ticket.pk}/replies/", {**body, "text": "another"}, key)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "key_reused")
    assert Message.objects.filter(origin="agent").count() == 1


def test_a_refused_write_leaves_no_key_behind(ticket, client):
    key = str(uuid.uuid4())
    assert post(client, f"tickets/{ticket.pk}/replies/", {"text": "x" * 8001, "last_seq": 1}, key).status_code == 422
    assert post(client, f"tickets/{ticket.pk}/replies/", {"text": "short", "last_seq": 1}, key).status_code == 201


def test_a_note_twice_with_one_key_is_one_note(ticket, client):
    key = str(uuid.uuid4())
    for _ in range(2):
        assert post(client, f"tickets/{ticket.pk}/notes/", {"text": "check the depot"}, key).status_code == 201
    assert Note.objects.count() == 1
    assert not Message.objects.filter(origin="agent").exists()


def test_news_holds_the_reply_and_says_what_is_new(ticket, client, facebook):
    take_in(facebook, meta.comment("never mind"))
    answer = post(client, f"tickets/{ticket.pk}/replies/", {"text": "hm", "last_seq": 1})
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["code"] == "newer_messages"
    assert [entry["text"] for entry in error["details"]["entries"]] == ["never mind"]


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("tickets/{}/replies/", {"last_seq": 1}, 400, "text"),
        ("tickets/{}/replies/", {"text": "a", "last_seq": -1}, 400, "last_seq"),
        ("tickets/{}/replies/", {"text": "a\x00b", "last_seq": 1}, 400, "text"),
        ("tickets/{}/notes/", {"text": ""}, 400, "text"),
        ("tickets/{}/assign/", {"assignee": "bob"}, 400, "assignee"),
        ("tickets/{}/seen/", {"seq": "many"}, 400, "seq"),
    ],
)
def test_nonsense_names_its_field(ticket, client, path, body, status, field):
    answer = post(client, path.format(ticket.pk), body)
    assert answer.status_code == status
    assert field in answer.json()["error"]["fields"]


@pytest.mark.parametrize("path", ["", "nothing/", "tickets/false/", "contacts/false/group/", "tickets/1/nothing/"])
def test_an_address_that_is_none_is_told_in_the_apis_own_words(client, path):
    for ask in (client.get, client.post):
        answer = ask(f"/w/acme/api/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("query", ["view=nothing", "limit=0", "limit=9999", "after=%%%", "after=bm9wZQ"])
def test_a_nonsense_page_is_refused(client, query):
    answer = client.get(f"/w/acme/api/tickets/?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_what_is_not_there_is_404_in_the_one_shape(client, acme):
    for path in ("tickets/999/", "tickets/999/entries/", "messages/999/"):
        answer = client.get(f"/w/acme/api/{path}")
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"


def test_errors_come_in_the_reader_s_language(alice, sign_in):
    alice.user.language = "fr"
    alice.user.save()
    answer = sign_in(alice).get("/w/acme/api/tickets/999/")
    assert answer.json()["error"]["message"] == "Il n’y a rien ici."


def test_signed_out_is_401_and_a_csrf_hole_is_closed(ticket, alice, client):
    from django.test import Client

    assert Client().get("/w/acme/api/tickets/").status_code == 401
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice.user)
    assert strict.post(f"/w/acme/api/tickets/{ticket.pk}/resolve/", {}, content_type=JSON).status_code == 403


def test_resolve_and_reopen(ticket, client):
    assert post(client, f"tickets/{ticket.pk}/resolve/").json()["row"]["st"] == "resolved"
    assert client.get("/w/acme/api/tickets/?view=open").json()["items"] == []
    assert len(client.get("/w/acme/api/tickets/?view=resolved").json()["items"]) == 1
    assert post(client, f"tickets/{ticket.pk}/reopen/").json()["row"]["st"] == "open"


def test_unread_is_mine_alone(ticket, client, bob, sign_in):
    post(client, f"tickets/{ticket.pk}/seen/", {"seq": 1})
    assert client.get("/w/acme/api/tickets/").json()["seen"] == {str(ticket.pk): 1}
    assert sign_in(bob).get("/w/acme/api/tickets/").json()["seen"] == {}


def test_moderation_reaches_the_platform_and_the_thread(ticket, client, graph):
    graph.answers["POST /700_1"] = (200, {"success": True})
    message = Message.objects.get()
    entry = post(client, f"messages/{message.pk}/act/", {"action": "hide", "on": True}).json()["entry"]
    assert entry["hidden"]
    assert graph.posts()[0].form["is_hidden"].lower() == "true"


def test_a_platform_that_is_down_is_a_clear_502(ticket, client, graph):
    graph.answers["POST /700_1"] = (500, b"<html>")
    message = Message.objects.get()
    answer = post(client, f"messages/{message.pk}/act/", {"action": "hide"})
    assert answer.status_code == 502
    assert not Message.objects.get().hidden


def test_my_preferences(client, alice):
    answer = client.patch("/w/acme/api/me/", {"shortcuts": False, "theme": "dark"}, content_type=JSON)
    assert (answer.json()["shortcuts"], answer.json()["theme"]) == (False, "dark")
    assert client.patch("/w/acme/api/me/", {"theme": "pink"}, content_type=JSON).status_code == 400


def test_the_schema_is_the_committed_one(tmp_path, db):
    from pathlib import Path

    fresh = tmp_path / "openapi.yml"
    call_command("spectacular", "--file", str(fresh), "--validate", "--fail-on-warn")
    committed = Path(__file__).parents[2] / "openapi.yml"
    assert fresh.read_text() == committed.read_text(), "run: bin/manage spectacular --file openapi.yml"
