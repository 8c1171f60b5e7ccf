"""Meta: one app, one webhook and one signature for Facebook pages and Messenger."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import ClassVar

from connectors.contract import App, Channel, Field, Inbound, Platform, Raw, Webhook
from connectors.meta.delivery import open_envelope, read_entry
from connectors.meta.facebook import facebook
from connectors.meta.messenger import messenger
from connectors.meta.signature import verify_signature

_CHALLENGE = re.compile(r"[\w-]{1,128}", re.ASCII)
_FIRST_ENTRY = re.compile(rb'"entry"\s*:\s*\[\s*\{\s*(?:"time"\s*:\s*\d+\s*,\s*)?"id"\s*:\s*"(\d+)"')
_HEX = r"[0-9a-fA-F]{32}"


class MetaPlatform(Platform):
    name: ClassVar[str] = "meta"
    label: ClassVar[str] = "Meta"
    channels: ClassVar[tuple[Channel, ...]] = (facebook, messenger)
    app_fields: ClassVar[tuple[Field, ...]] = (
        Field("app_id", "App ID", pattern=r"\d{5,20}", help="Meta for Developers → your app → App settings → Basic."),
        Field("app_secret", "App secret", secret=True, pattern=_HEX, help="On the same page. Signs the webhooks."),
        Field(
            "previous_secret",
            "Previous app secret",
            secret=True,
            required=False,
            pattern=_HEX,
            help="While the secret is being reset: webhooks signed with either one are accepted.",
        ),
    )

    def challenge(self, app: App, query: Mapping[str, str]) -> str | None:
        if query.get("hub.mode") != "subscribe" or not app.verify_token:
            return None
        given = query.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(given, app.verify_token.encode()):
            return None
        challenge = query.get("hub.challenge", "")
        return challenge if _CHALLENGE.fullmatch(challenge) else None

    def account_in(self, body: bytes) -> bytes:
        found = _FIRST_ENTRY.search(body, 0, 400)
        return found[1] if found else b""

    def verify(self, app: App, webhook: Webhook) -> None:
        verify_signature(webhook.body, webhook.headers.get("x-hub-signature-256", ""), app.secrets)

    def parse(self, raw: Raw) -> list[Inbound]:
        about, entries = open_envelope(raw.body)
        return [record for entry in entries for record in read_entry(about, entry, raw.received_at)]


platform = MetaPlatform()
