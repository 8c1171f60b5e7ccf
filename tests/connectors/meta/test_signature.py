"""Everything that is signed with an app secret, and the handshake of the webhook."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from connectors.contract import App, BadSignature, Unreadable, Webhook
from connectors.meta.platform import platform
from connectors.meta.signature import SignedRequest, appsecret_proof, parse_signed_request, sign

from .conftest import FIXTURES, RECEIVED

OLD, NEW = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
BODY = (FIXTURES / "feed-comment-escaped.json").read_bytes()


def app(*secrets: str, token: str = "a-verify-token") -> App:
    return App("key", "424242424242424", secrets, token)


def webhook(body: bytes = BODY, header: str | None = None, **others: str) -> Webhook:
    headers = dict(others)
    if header is not None:
        headers["x-hub-signature-256"] = header
    return Webhook(body, headers)


@pytest.mark.behaviour(1)
def test_the_signature_is_of_the_raw_bytes():
    assert b"\\u00e7" in BODY
    assert b"\\/" in BODY
    header = "sha256=" + hmac.new(NEW.encode(), BODY, hashlib.sha256).hexdigest()
    assert len(header) == 71
    platform.verify(app(NEW), webhook(BODY, header))
    with pytest.raises(BadSignature):
        platform.verify(app(NEW), webhook(json.dumps(json.loads(BODY)).encode(), header))


@pytest.mark.behaviour(1)
def test_any_secret_that_is_valid_now_will_do():
    for secret in (OLD, NEW):
        platform.verify(app(NEW, OLD), webhook(BODY, sign(BODY, secret)))


@pytest.mark.behaviour(2)
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        sign(BODY, OLD),
        sign(BODY, NEW).upper(),
        sign(BODY, NEW).replace("sha256", "SHA256"),
        sign(BODY, NEW) + "\n",
        sign(BODY, NEW) + " ",
        sign(BODY, NEW) + "é",
        sign(BODY, NEW)[:-1],
        sign(BODY, NEW).removeprefix("sha256="),
        "sha256=" + "é" * 64,
        "sha1=" + hmac.new(NEW.encode(), BODY, "sha1").hexdigest(),
    ],
)
def test_missing_malformed_or_wrong_signatures_are_refused(header):
    with pytest.raises(BadSignature):
        platform.verify(app(NEW), webhook(BODY, header))


@pytest.mark.behaviour(2)
def test_sha1_alone_is_refused():
    legacy = {"x-hub-signature": "sha1=" + hmac.new(NEW.encode(), BODY, "sha1").hexdigest()}
    with pytest.raises(BadSignature):
        platform.verify(app(NEW), webhook(BODY, None, **legacy))


@pytest.mark.behaviour(2)
@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_no_secret_never_means_no_check(secrets):
    with pytest.raises(BadSignature):
        platform.verify(app(*secrets), webhook(BODY, sign(BODY, "")))


def handshake(**changed: str) -> dict[str, str]:
    asked = {"mode": "subscribe", "verify_token": "a-verify-token", "challenge": "1158201444"} | changed
    return {f"hub.{name}": value for name, value in asked.items()}


@pytest.mark.behaviour(3)
def test_the_handshake_answers_the_right_token():
    assert platform.challenge(app(NEW), handshake()) == "1158201444"


@pytest.mark.behaviour(3)
@pytest.mark.parametrize(
    "query",
    [
        {},
        handshake(mode="unsubscribe"),
        handshake(verify_token="another"),
        handshake(verify_token=""),
        handshake(verify_token="é"),
        handshake(verify_token="\ud800"),
        handshake(challenge=""),
        handshake(challenge="<script>"),
        handshake(challenge="1158201444\n"),
        handshake(challenge="é"),
        handshake(challenge="1" * 129),
    ],
)
def test_the_handshake_refuses_everything_else(query):
    assert platform.challenge(app(NEW), query) is None


@pytest.mark.behaviour(3)
def test_an_app_without_a_verify_token_answers_nobody():
    assert platform.challenge(app(NEW, token=""), handshake(verify_token="")) is None


def test_the_proof_beside_a_token():
    assert appsecret_proof("token", NEW) == hmac.new(NEW.encode(), b"token", hashlib.sha256).hexdigest()


def signed(payload: bytes, secret: str = NEW) -> str:
    encoded = base64.urlsafe_b64encode(payload).rstrip(b"=")
    signature = hmac.new(secret.encode(), encoded, hashlib.sha256).digest()
    return (base64.urlsafe_b64encode(signature).rstrip(b"=") + b"." + encoded).decode()


def request(**changed: object) -> str:
    said = {"algorithm": "HMAC-SHA256", "issued_at": 1795167000, "user_id": "12345", "profile_id": None} | changed
    return signed(json.dumps(said).encode())


@pytest.mark.behaviour(37)
def test_a_signed_request_of_a_person_and_of_a_page():
    issued = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert parse_signed_request(request(), [OLD, NEW], RECEIVED) == SignedRequest("12345", "", issued)
    page = request(user_id=None, profile_id=101112131415161, issued_at="1795167000")
    assert parse_signed_request(page, [NEW], RECEIVED) == SignedRequest("", "101112131415161", issued)


@pytest.mark.behaviour(37)
@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "no dot",
        "a.b",
        "é.é",
        request() + "A",
        "A" + request(),
        request(algorithm="none"),
        signed(b'{"user_id": "1"}'),
        signed(b'{"user_id": "1", "algorithm": "HMAC-SHA256"}', OLD),
        "." + request().partition(".")[2],
    ],
)
def test_a_signed_request_that_is_not_metas(value):
    with pytest.raises(BadSignature):
        parse_signed_request(value, [NEW], RECEIVED)


@pytest.mark.behaviour(37)
@pytest.mark.parametrize("payload", [b"\xff\xfe", b"[]", b"{", b'{"algorithm": "HMAC-SHA256", "user_id": null}'])
def test_a_signed_request_that_says_nothing(payload):
    with pytest.raises(Unreadable):
        parse_signed_request(signed(payload), [NEW], RECEIVED)


@pytest.mark.behaviour(37)
def test_a_signed_request_without_a_secret_to_check_it():
    with pytest.raises(BadSignature):
        parse_signed_request(signed(b"{}", ""), ["", ""], RECEIVED)
