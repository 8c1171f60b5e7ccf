"""Everything that is signed with an app secret: webhooks, signed requests, the proof beside a token."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connectors.contract import BadSignature, Unreadable
from connectors.reading import ident, point_in_time

_HEADER = re.compile(r"sha256=[0-9a-f]{64}", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9_-]+={0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """Who took the app away or wants their data deleted: a person or a page, the other is "".

    `user_id` is scoped to the app; it is not the id of a conversation.
    """

    user_id: str
    page_id: str
    issued_at: datetime | None


def sign(body: bytes, secret: str) -> str:
    """The value of X-Hub-Signature-256 for a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify_signature(body: bytes, header: str, secrets: Iterable[str]) -> None:
    """Raise BadSignature unless one of the secrets signed exactly these bytes."""
    usable = [secret for secret in secrets if secret]
    if not usable:
        raise BadSignature("no app secret is set")
    if not header:
        raise BadSignature("no X-Hub-Signature-256")
    if not _HEADER.fullmatch(header):
        raise BadSignature("X-Hub-Signature-256 is malformed")
    if not _any_matches(header, [sign(body, secret) for secret in usable]):
        raise BadSignature("the signature does not match")


def parse_signed_request(value: str, secrets: Iterable[str], received_at: datetime) -> SignedRequest:
    """Read the `signed_request` of a deauthorize or data deletion call.

    The signature covers the payload before it is decoded. Raises BadSignature, or Unreadable
    where the signature holds and the payload still says nothing.
    """
    usable = [secret for secret in secrets if secret]
    if not usable:
        raise BadSignature("no app secret is set")
    signature, dot, payload = value.partition(".")
    if not (dot and _BASE64.fullmatch(signature) and _BASE64.fullmatch(payload)):
        raise BadSignature("signed_request is malformed")
    given = _decode(signature).hex()
    expected = [hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest() for secret in usable]
    if not _any_matches(given, expected):
        raise BadSignature("the signature does not match")
    return _read_payload(_decode(payload), received_at)


def appsecret_proof(token: str, secret: str) -> str:
    """What Graph wants beside a token, to know that the caller holds the app's secret."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _any_matches(given: str, expected: list[str]) -> bool:
    """Compares with all of them, so that time does not tell which secret came close."""
    return sum([hmac.compare_digest(given, one) for one in expected]) > 0


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error:
        raise BadSignature("signed_request is malformed") from None


def _read_payload(payload: bytes, received_at: datetime) -> SignedRequest:
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        raise Unreadable("signed_request holds no JSON") from None
    if not isinstance(said, dict):
        raise Unreadable("signed_request holds no object")
    if str(said.get("algorithm", "")).upper() != "HMAC-SHA256":
        raise BadSignature("signed_request names another algorithm")
    user_id, page_id = ident(said.get("user_id")), ident(said.get("profile_id"))
    if not (user_id or page_id):
        raise Unreadable("signed_request names nobody")
    return SignedRequest(user_id, page_id, point_in_time(said.get("issued_at"), received_at))
