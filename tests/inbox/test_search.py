"""Words find tickets: said, noted or a customer's name, in two languages, with or without accents."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from inbox.actions import work
from inbox.models import Message, Ticket
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import take_in

JSON = "application/json"


@pytest.fixture
def client(alice, sign_in):
    return sign_in(alice)


@pytest.fixture
def find(client):
    def found(words, **more):
        answer = client.get("/w/acme/api/tickets/", {"q": words, **more})
        assert answer.status_code == 200, answer.content
        return [row["text"] for row in answer.json()["items"]]

    return found


def say(account, *texts, **more):
    take_in(account, *[meta.comment(text, who=f"9{n}", **more) for n, text in enumerate(texts)])


def test_a_word_finds_what_was_said(facebook, find):
    say(facebook, "My parcel never arrived", "The invoice is wrong")
    assert find("parcel") == ["My parcel never arrived"]
    assert find("PARCEL arrived") == ["My parcel never arrived"]
    assert find("parcel invoice") == []
    assert find("giraffe") == []


@pytest.mark.parametrize(
    ("said", "sought"),
    [
        ("Ma commande a été expédiée hier", "expediee"),
        ("Ma commande a été expédiée hier", "expédié"),
        ("Mes colis sont livrés ?", "livré colis"),
        ("Remboursement demandé", "rembours"),
        ("L'été dernier, à l’hôtel", "hotel"),
        ("Un bébé, un cœur", "coeur"),
        ("Two deliveries were cancelled", "delivery"),
        ("I am complaining again", "complain"),
        ("the order 20481234 is late", "20481234"),
        ("the order AB-20481234 is late", "ab-2048"),
        ("write to me at zoe@example.com", "zoe@example.com"),
        ("see https://example.com/help?id=7", "example.com/help"),
        ("where is the <b>modem</b> & co", "modem"),
        ("注文 はどこ", "注文"),
        ("where is my parcel", "where is my parcel"),
    ],
)
def test_forms_accents_beginnings_and_numbers(facebook, find, said, sought):
    say(facebook, said, "Something else")
    assert find(sought) == [said]


def test_a_decomposed_accent_is_an_accent(facebook, find):
    say(facebook, "Réseau en panne")
    assert find("re\u0301seau") == ["Réseau en panne"]


def test_only_the_last_word_may_be_a_beginning(facebook, find):
    say(facebook, "Livraison jamais reçue")
    assert find("jamais livr") == ["Livraison jamais reçue"]
    assert find("liv jamais") == []


def test_names_notes_and_numbers_find_too(facebook, client, find):
    take_in(
        facebook, meta.comment("Hello", who="1", name="Gaëlle Dupont"), meta.comment("Bonjour", who="2", name="Tom")
    )
    ticket = Ticket.objects.get(contact__name="Tom")
    client.post(f"/w/acme/api/tickets/{ticket.pk}/notes/", {"text": "Knows our zeppelin"}, content_type=JSON)
    assert find("gaelle dup") == ["Hello"]
    assert find("zeppelins") == ["Bonjour"]
    assert find(f"#{ticket.pk}") == find(str(ticket.pk)) == ["Bonjour"]
    assert find("#999999999999999") == []


def test_every_status_is_looked_through_whatever_the_view(facebook, alice, find):
    say(facebook, "My parcel never arrived")
    work.resolve(Ticket.objects.get().pk, alice.user)
    assert find("parcel", view="unassigned") == ["My parcel never arrived"]


def test_pages_of_what_was_found_have_no_gap_and_no_double(facebook, client, monkeypatch):
    monkeypatch.setattr("inbox.search.WINDOWS", (1, 2))
    take_in(facebook, *[meta.comment(f"parcel {n}", who=str(n % 15)) for n in range(30)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('inbox_ticket_id_seq', %s)", [Ticket.objects.latest("id").pk + 40_000])
    take_in(facebook, *[meta.comment(f"parcel {n}", who=str(100 + n)) for n in range(10)])
    ids, after = [], ""
    while after is not None:
        page = client.get("/w/acme/api/tickets/", {"q": "parcel", "limit": 7, "after": after}).json()
        ids += [row["id"] for row in page["items"]]
        after = page["next"]
    assert ids == sorted(Ticket.objects.values_list("id", flat=True), reverse=True)
    assert len(ids) == 25


def test_what_was_removed_or_taken_back_is_found_no_more(facebook, find):
    take_in(facebook, meta.comment("My secret password", comment_id="700_1"))
    assert find("password") == ["My secret password"]
    take_in(facebook, meta.comment(comment_id="700_1", verb="remove", message=None))
    assert find("password") == []
    take_in(facebook, meta.comment("My parcel", comment_id="700_2"))
    Message.objects.filter(external_id="700_2").update(state="cancelled")
    assert find("parcel") == []


def test_an_edit_is_found_by_its_new_words_only(facebook, find):
    take_in(facebook, meta.comment("My parcel", comment_id="700_1"))
    take_in(facebook, meta.comment("My suitcase", comment_id="700_1", verb="edited"))
    assert find("parcel") == []
    assert len(find("suitcase")) == 1


def test_another_companys_words_are_never_found(facebook, globex, find):
    say(facebook, "My parcel never arrived")
    with workspace(globex.pk), connection.cursor() as cursor:
        for sought in ("'1:parcel'", f"'{facebook.workspace_id}:parcel'", "!'x'"):
            cursor.execute("SELECT set_config('socialcare.search', %s, false)", [sought])
            cursor.execute("SELECT count(*) FROM inbox_message_search")
            assert cursor.fetchone() == (0,)
        cursor.execute("SELECT set_config('socialcare.search', '', false)")
    assert len(find("parcel")) == 1


def test_without_words_the_searched_tables_show_nothing_and_take_nothing(facebook):
    say(facebook, "My parcel never arrived")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inbox_message_search")
        assert cursor.fetchone() == (0,)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            cursor.execute(
                "INSERT INTO inbox_message_search (id, workspace_id) VALUES (1, %s)", [facebook.workspace_id]
            )


@pytest.mark.parametrize(
    "words",
    ["'", "''", "\\", "' | '", "a & | !", ":*", "<->", "(((", "%", "_", "the", "de la", "½", "\u2019", "'t0'",
     "t0", "1:t0", "x" * 100, "a " * 50, "\U0001f600", "&amp; <b>", "\u0301"],
)  # fmt: skip
def test_odd_words_find_nothing_and_break_nothing(facebook, find, words):
    say(facebook, "My parcel never arrived")
    assert find(words) == []


@pytest.mark.parametrize("words", ["x" * 101, "word " * 20_000, "nul\x00byte"])
def test_what_cannot_be_searched_is_refused_by_name(client, words):
    answer = client.get("/w/acme/api/tickets/", {"q": words})
    assert answer.status_code == 400
    assert "q" in answer.json()["error"]["fields"]


def test_any_text_can_be_kept_and_found(facebook, find):
    texts = ["'" * 400 + " needle", "needle " + " ".join(f"w{n}" for n in range(9000)), "needle " + "é" * 9000,
             "needle ’½＇ʼ ' \\ '1:x' a:b:c", "needle \u00ad\u200b\u0301 ﬀ ＇ ´"]  # fmt: skip
    say(facebook, *texts)
    assert len(find("needle")) == len(texts)


def test_a_search_costs_a_handful_of_queries(facebook, client, django_assert_max_num_queries):
    take_in(facebook, *[meta.comment("parcel", who=str(n)) for n in range(60)])
    with django_assert_max_num_queries(16):
        assert len(client.get("/w/acme/api/tickets/?q=parcel").json()["items"]) == 60
