"""Where the platforms call us: kept before 200, or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading

import pytest
from django.db import OperationalError

from connectors import deliveries
from connectors.models import Delivery, DeliveryBody, PlatformApp
from inbox import hooks, intake
from tests import meta

pytestmark = pytest.mark.django_db(transaction=True)


def call(path: str, body: bytes = b"", *, method: str = "POST", query: str = "", chunks: int = 1, **headers: str):
    """Call the ASGI function as a server would; returns (status, body)."""
    return asyncio.run(_call(path, body, method, query, chunks, headers))


async def _call(path, body, method, query, chunks, headers):
    size = max(1, -(-len(body) // chunks))
    parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    messages = [
        {"type": "http.request", "body": part, "more_body": index < len(parts) - 1} for index, part in enumerate(parts)
    ]
    sent = []

    async def receive():
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    await hooks.receive(scope, receive, send)
    return sent[0]["status"], sent[1]["body"].decode()


def signed(body: bytes, secret: str = "secret of acme") -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.fixture
def app(acme) -> PlatformApp:
    hooks._apps.clear()
    return PlatformApp.objects.get()


@pytest.fixture
def path(app) -> str:
    return f"/hooks/meta/{app.key}/"


BODY = json.dumps(meta.comment("Où est ma commande\u202f? 😀/")).replace("/", "\\/").encode()


@pytest.mark.behaviour(4)
def test_a_signed_body_is_kept_byte_for_byte(path, app):
    assert call(path, BODY, x_hub_signature_256=signed(BODY)) == (200, "kept")
    assert bytes(DeliveryBody.objects.get().body) == BODY
    assert Delivery.objects.get().state == "waiting"
    app.refresh_from_db()
    assert app.last_verified_at


@pytest.mark.behaviour(8)
def test_fifty_at_once_are_kept_once(path):
    async def storm():
        calls = [_call(path, BODY, "POST", "", 1, {"x_hub_signature_256": signed(BODY)}) for _ in range(50)]
        return await asyncio.gather(*calls)

    assert {status for status, _ in asyncio.run(storm())} == {200}
    assert Delivery.objects.count() == 1


def test_many_at_once_share_their_commits(path, monkeypatch):
    sizes = []
    real = deliveries.keep

    def counting(group):
        group = list(group)
        sizes.append(len(group))
        return real(group)

    monkeypatch.setattr(deliveries, "keep", counting)
    bodies = [json.dumps(meta.comment(f"{n}")).encode() for n in range(100)]

    async def storm():
        return await asyncio.gather(
            *[_call(path, body, "POST", "", 1, {"x_hub_signature_256": signed(body)}) for body in bodies]
        )

    assert {status for status, _ in asyncio.run(storm())} == {200}
    assert Delivery.objects.count() == 100
    assert len(sizes) < 10


@pytest.mark.behaviour(2)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_hub_signature_256": "sha256=" + "0" * 64},
        {"x_hub_signature": "sha1=" + hmac.new(b"secret of acme", BODY, hashlib.sha1).hexdigest()},
        {"x_hub_signature_256": signed(BODY, "another secret")},
        {"x_hub_signature_256": signed(BODY).removeprefix("sha256=")},
    ],
)
def test_what_is_not_signed_is_not_kept(path, app, headers):
    status, _ = call(path, BODY, **headers)
    assert status == 401
    assert not Delivery.objects.exists()
    app.refresh_from_db()


def test_a_flood_of_forgeries_is_counted_in_few_writes(path, app, monkeypatch):
    writes = []
    real = deliveries.saw_refused

    def counting(app_id, at, number):
        writes.append(number)
        real(app_id, at, number)

    monkeypatch.setattr(deliveries, "saw_refused", counting)

    async def flood():
        await asyncio.gather(*[_call(path, BODY, "POST", "", 1, {}) for _ in range(300)])
        await hooks._writer()._counting

    asyncio.run(flood())
    app.refresh_from_db()
    assert app.refused == 300
    assert app.last_refused_at
    assert len(writes) < 30


@pytest.mark.behaviour(2)
def test_an_app_without_a_secret_refuses_everything(path, app):
    app.settings = {"app_id": "1"}
    app.save()
    assert call(path, BODY, x_hub_signature_256=signed(BODY, ""))[0] == 401
    assert not Delivery.objects.exists()


def test_the_old_secret_is_good_while_it_is_being_rotated(path, app):
    app.settings = {**app.settings, "app_secret": "new", "previous_secret": "secret of acme"}
    app.save()
    assert call(path, BODY, x_hub_signature_256=signed(BODY))[0] == 200


def test_a_body_of_eight_megabytes_is_taken_and_more_is_not(path, settings):
    body = b'{"object":"page","entry":[]' + b" " * (settings.WEBHOOK_MAX_BYTES - 28) + b"}"
    assert len(body) == settings.WEBHOOK_MAX_BYTES
    assert call(path, body, chunks=40, x_hub_signature_256=signed(body))[0] == 200
    assert call(path, body + b" ", chunks=40, x_hub_signature_256=signed(body + b" "))[0] == 413
    assert call(path, b"", content_length=str(settings.WEBHOOK_MAX_BYTES + 1))[0] == 413
    assert Delivery.objects.count() == 1


def test_nothing_is_read_for_an_address_that_does_not_exist():
    async def story():
        async def receive():
            pytest.fail("the body was read")

        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/hooks/meta/nobody/", "query_string": b"", "headers": []}
        await hooks.receive(scope, receive, send)
        return sent[0]

    answer = asyncio.run(story())
    assert answer["status"] == 404
    assert (b"connection", b"close") in answer["headers"]


@pytest.mark.parametrize(("limit", "value"), [("DAWDLERS", 5), ("DAWDLERS_BYTES", 600)])
def test_slow_callers_share_a_bounded_room_and_keep_nobody_else_out(path, monkeypatch, limit, value):
    monkeypatch.setattr(hooks, limit, value)
    monkeypatch.setattr(hooks, "BODY_WITHIN", 0.5)
    answers = []

    async def dawdle():
        pieces = [{"type": "http.request", "body": b"x" * 100, "more_body": True}]

        async def receive():
            return pieces.pop() if pieces else await asyncio.Event().wait()

        async def send(message):
            answers.append(message.get("status"))

        headers = [(b"x-hub-signature-256", signed(BODY).encode())]
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
        await hooks.receive(scope, receive, send)

    async def story():
        slow = [asyncio.create_task(dawdle()) for _ in range(20)]
        await asyncio.sleep(0.1)
        honest = await _call(path, BODY, "POST", "", 1, {"x_hub_signature_256": signed(BODY)})
        await asyncio.gather(*slow)
        late = await _call(path, BODY, "POST", "", 3, {"x_hub_signature_256": signed(BODY)})
        return honest, late

    assert asyncio.run(story()) == ((200, "kept"), (200, "kept"))
    told = [status for status in answers if status]
    assert told.count(503) == 20 - told.count(400)
    assert 1 <= told.count(400) <= 6
    assert (hooks._dawdling.number, hooks._dawdling.size) == (0, 0)


def test_a_bell_that_hangs_keeps_no_webhook_waiting(path, monkeypatch):
    rings, hanging = [], threading.Event()

    def hang(lanes):
        rings.append(len(lanes))
        hanging.wait(5)

    monkeypatch.setattr(intake, "ring_for_deliveries", hang)

    async def story():
        for number in range(10):
            body = json.dumps(meta.comment(f"{number}")).encode()
            assert (await _call(path, body, "POST", "", 1, {"x_hub_signature_256": signed(body)}))[0] == 200
        assert rings == [1]
        hanging.set()
        await asyncio.sleep(0.1)

    asyncio.run(story())
    assert len(rings) == 2
    assert Delivery.objects.count() == 10


@pytest.mark.behaviour(5)
def test_when_it_cannot_be_kept_the_platform_is_asked_to_come_again(path, monkeypatch):
    call(path, BODY, x_hub_signature_256="none")

    def down(group):
        raise OperationalError("the database is away")

    monkeypatch.setattr(deliveries, "keep", down)
    assert call(path, BODY, x_hub_signature_256=signed(BODY))[0] == 503


@pytest.mark.behaviour(5)
@pytest.mark.parametrize(
    "statement", ["INSERT INTO nowhere VALUES %s", "SELECT pg_terminate_backend(pg_backend_pid()), %s"]
)
def test_what_the_database_itself_refuses_is_answered_503_at_once(path, monkeypatch, statement):
    """Not only what Django wraps: the driver's own errors as well."""
    monkeypatch.setattr(deliveries, "KEEP", statement)

    async def story():
        call = _call(path, BODY, "POST", "", 1, {"x_hub_signature_256": signed(BODY)})
        return await asyncio.wait_for(call, 5)

    assert asyncio.run(story())[0] == 503


@pytest.mark.behaviour(5)
def test_signed_nonsense_is_taken_and_set_aside(path, acme):
    assert call(path, b"not json", x_hub_signature_256=signed(b"not json"))[0] == 200
    intake.take_in(deliveries.claim(10))
    assert Delivery.objects.get().state == "failed"


@pytest.mark.behaviour(3)
def test_the_handshake_needs_the_token_and_no_database(path, app, monkeypatch):
    token = app.verify_token
    monkeypatch.setattr(hooks, "_find", lambda *_: pytest.fail("asked the database"))
    query = f"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}"
    assert call(path, method="GET", query=query) == (200, "1158201444")
    assert call(path, method="GET", query=query.replace(token, "wrong"))[0] == 403
    assert call(path, method="GET", query=query.replace("subscribe", "other"))[0] == 403
    assert call(path, method="GET", query=query.replace("1158201444", "<script>"))[0] == 403


def test_unknown_addresses_and_methods(path):
    assert call("/hooks/meta/nobody/", BODY, x_hub_signature_256=signed(BODY))[0] == 404
    assert call("/hooks/nothing/x/", BODY)[0] == 404
    assert call(path, BODY, method="PUT")[0] == 405
