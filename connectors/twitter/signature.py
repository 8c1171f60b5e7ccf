"""What is signed with the consumer secret: webhooks, and the answer to X's challenge."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

from connectors.contract import BadSignature

# The challenge is answered with the very construction that signs webhooks: a token that could be
# the body of one would hand out its signature.
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{8,256}", re.ASCII)
_HEADER = re.compile(r"sha256=[A-Za-z0-9+/]{43}=", re.ASCII)


def sign(body: bytes, secret: str) -> str:
    """The value of x-twitter-webhooks-signature for a body."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def answer_challenge(token: str, secrets: Iterable[str]) -> str | None:
    """The response_token, made with the newest secret; None for what is no token of X's."""
    secret = next((one for one in secrets if one), "")
    return sign(token.encode(), secret) if secret and _TOKEN.fullmatch(token) else None


def verify_signature(body: bytes, header: str, secrets: Iterable[str]) -> None:
    """Raise BadSignature unless one of the secrets signed exactly these bytes."""
    usable = [secret for secret in secrets if secret]
    if not usable:
        raise BadSignature("no consumer secret is set")
    if not header:
        raise BadSignature("no x-twitter-webhooks-signature")
    if not _HEADER.fullmatch(header):
        raise BadSignature("x-twitter-webhooks-signature is malformed")
    # With all of them, so that time does not tell which secret came close.
    if not sum([hmac.compare_digest(header, sign(body, secret)) for secret in usable]):
        raise BadSignature("the signature does not match")
