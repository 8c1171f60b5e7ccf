"""X: one app, one webhook and one consumer secret for all handles."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import ClassVar

from connectors.contract import App, Channel, Field, Inbound, Platform, Raw, Webhook
from connectors.twitter.events import read_delivery
from connectors.twitter.signature import answer_challenge, verify_signature
from connectors.twitter.twitter import twitter

_KEY = r"[\x21-\x7e]{5,200}"
_ACCOUNT = re.compile(rb'"(?:filter"\s*:\s*\{\s*"user_id|for_user_id)"\s*:\s*"?(\d{1,19})')
_GLANCE = 400


class XPlatform(Platform):
    name: ClassVar[str] = "twitter"
    label: ClassVar[str] = "X"
    channels: ClassVar[tuple[Channel, ...]] = (twitter,)
    challenge_needs_secret: ClassVar[bool] = True
    app_fields: ClassVar[tuple[Field, ...]] = (
        Field("app_id", "App ID", pattern=r"\d{3,20}", help="X developer console → your app: the number of the app."),
        Field("consumer_key", "API key", pattern=_KEY, help="X developer console → your app → Keys and tokens."),
        Field("app_secret", "API key secret", secret=True, pattern=_KEY, help="Beside it. Signs the webhooks."),
        Field(
            "previous_secret",
            "Previous API key secret",
            secret=True,
            required=False,
            pattern=_KEY,
            help="While the secret is being changed: webhooks signed with either one are accepted.",
        ),
        Field("bearer_token", "Bearer token", secret=True, pattern=r"[\x21-\x7e]{5,400}", help="On the same page."),
        Field(
            "client_id",
            "OAuth 2.0 client ID",
            pattern=_KEY,
            help="Beside the keys. It is needed to connect accounts at X.",
        ),
        Field(
            "client_secret",
            "OAuth 2.0 client secret",
            secret=True,
            required=False,
            pattern=_KEY,
            help="On the same page.",
        ),
    )

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        answer = answer_challenge(query.get("crc_token", ""), app.secrets)
        return json.dumps({"response_token": answer}) if answer else None

    def account_in(self, body: bytes) -> bytes:
        found = _ACCOUNT.search(body, 0, _GLANCE)
        return found[1] if found else b""

    def verify(self, app: App, webhook: Webhook) -> None:
        verify_signature(webhook.body, webhook.headers.get("x-twitter-webhooks-signature", ""), app.secrets)

    def parse(self, raw: Raw) -> list[Inbound]:
        return read_delivery(raw.body, raw.received_at)


platform = XPlatform()
