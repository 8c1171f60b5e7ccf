"""Requests made up from the API's schema: nothing breaks, answers are as promised, strangers get nothing."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from typing import Any

import requests
import schemathesis
import yaml
from django.conf import settings
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import validate
from schemathesis import GenerationMode

from inbox.actions import replies, work
from inbox.models import Message, Ticket
from tests import meta
from tests.conftest import take_in
from tests.fuzz.effort import effort

SCHEMA = yaml.safe_load((settings.BASE_DIR / "openapi.yml").read_text())
OPERATIONS = [found.ok() for found in schemathesis.openapi.from_dict(SCHEMA).get_all_operations()]
ERROR = {**SCHEMA, "$ref": "#/components/schemas/ErrorShape"}
# What any request may be told, whether or not its own place in the schema says so.
REFUSALS = frozenset({400, 403, 404, 405, 409, 415, 422})
IDS = ("ticket_id", "message_id")
tried = Counter()


@st.composite
def asked(draw: Any, ids: dict[str, list[int]]) -> schemathesis.Case:
    """A request as the schema allows, or with something in it that it forbids, mostly about what is there."""
    operation = draw(st.sampled_from(OPERATIONS))
    takes = operation.body or operation.query
    mode = draw(
        st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE] if takes else [GenerationMode.POSITIVE])
    )
    places = {"slug": "acme"}
    for parameter in operation.path_parameters:
        if parameter.name in IDS:
            odd = [0, 10**9, 2**31, 2**63, 10**30]
            places[parameter.name] = draw(st.sampled_from(ids[parameter.name] * 3 + odd))
    return draw(operation.as_strategy(generation_mode=mode, path_parameters=places))


def ask(client: Client, case: schemathesis.Case) -> tuple[Any, schemathesis.Response]:
    """The answer, as our client has it and as the schema's judge wants it."""
    sent = requests.Request(**{**case.as_transport_kwargs(base_url="http://testserver"), "cookies": None}).prepare()
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent.headers.items()
               if name.lower() not in ("content-type", "content-length", "cookie")}  # fmt: skip
    kind = sent.headers.get("Content-Type", "application/json")
    answer = client.generic(case.method.upper(), sent.path_url, body, kind, **headers)
    told = {name.lower(): [value] for name, value in answer.headers.items()}
    seen = schemathesis.Response(answer.status_code, told, answer.content, sent, elapsed=0.0, verify=False)
    return answer, seen


def test_whoever_asks_whatever_gets_a_promised_answer(
    acme, facebook, messenger, alice, bob, carol, mallory, graph, sign_in, record_property
):
    take_in(facebook, meta.comment(who="1"), meta.comment(who="2"))
    take_in(messenger, meta.direct("secret words", who="3"))
    for ticket in Ticket.objects.all():
        work.note(ticket.pk, alice.user, "secret note")
        replies.reply(ticket.pk, alice.user, "secret answer", private=False, token=uuid.uuid4(), last_seq=ticket.seq)
    ids = {
        "ticket_id": list(Ticket.objects.values_list("id", flat=True)),
        "message_id": list(Message.objects.values_list("id", flat=True)),
    }
    clients = {member.user.name: sign_in(member) for member in (alice, bob, carol, mallory)}

    @effort(150, 50_000)
    @given(asked(ids), st.sampled_from(sorted(clients)))
    def try_requests(case: schemathesis.Case, who: str) -> None:
        with transaction.atomic():
            answer, seen = ask(clients[who], case)
            transaction.set_rollback(True)
        tried["requests"] += 1
        tried[f"answered {answer.status_code}"] += 1
        assert answer.status_code < 500
        if who == "Mallory":
            assert answer.status_code in (403, 404)
            assert b"secret" not in answer.content
        if answer.status_code >= 400:
            assert answer.status_code in REFUSALS
            validate(json.loads(answer.content), ERROR)
        else:
            assert str(answer.status_code) in case.operation.definition.raw["responses"]
            case.operation.validate_response(seen)

    try_requests()
    for name, number in tried.items():
        record_property(name, number)
