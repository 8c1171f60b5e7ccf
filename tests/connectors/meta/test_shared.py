"""Real payloads that lie beside the project, where they do: none is lost and none makes us stumble."""

import csv
from pathlib import Path

import pytest

from connectors.contract import Edited, Hidden, Notice, Post, Raw, Reacted, Receipt, Removed, Unknown, Unreadable
from connectors.meta.platform import platform

from .conftest import RECEIVED

PAYLOADS = Path(__file__).parents[3] / ".." / "shared" / "payloads" / "meta"
MEANT = {
    "message-edit": Edited,
    "message-deleted": Removed,
    "message-": Post,
    "delivery": Receipt,
    "reaction": Reacted,
    "postback": Post,
    "optin": Notice,
    "referral": Notice,
    "handover-": Notice,
    "policy-": Notice,
    "account-linking": Notice,
    "feed-comment-add": Post,
    "feed-post-add": Post,
    "feed-photo-add": Post,
    "feed-share-add": Post,
    "feed-status-add": Post,
    "mention-": Post,
    "ratings-comment-add": Post,
}
VERBS = {"-remove": Removed, "-hide": Hidden, "-unhide": Hidden, "-edited": Edited, "-edit": Edited}
NO_ENVELOPE = {
    "messenger-message-location-2.json",
    "messenger-message-request-1.json",
    "messenger-policy-enforcement-3.json",
    "page-deauthorize-1.json",
    "page-deauthorize-2.json",
}
NO_MEANING = {
    "messenger-empty-4.json",
    "messenger-payment-1.json",
    "messenger-postback-2.json",
    "messenger-unknown-messaging-2.json",
    "page-feed-album-add-1.json",
    "page-feed-batch-1.json",
    "page-feed-like-add-3.json",
    "page-feed-video-block-1.json",
    "page-feed-video-unblock-1.json",
    "page-permissions-1.json",
    "page-ratings-comment-edited-1.json",
    "page-unknown-field-1.json",
    "page-user-photos-1.json",
}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the real payloads do not lie beside the project"),
]


def index():
    with (PAYLOADS / "INDEX.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [(row["file"], row["product"], row["event"]) for row in rows if row["product"] != "graph"]


def expected(event: str) -> type | None:
    if event.startswith(("feed-reaction", "feed-like", "ratings-reaction")):
        return Reacted
    by_verb = [kind for ending, kind in VERBS.items() if event.endswith(ending)]
    by_event = [kind for start, kind in MEANT.items() if event.startswith(start)]
    return next(iter(by_event + by_verb), None)


@pytest.mark.behaviour(24)
def test_every_payload_is_read_or_said_to_be_none():
    for name, product, event in index():
        try:
            records = platform.parse(Raw((PAYLOADS / name).read_bytes(), RECEIVED))
        except Unreadable:
            assert name in NO_ENVELOPE, name
            continue
        assert records, name
        kinds = {type(record) for record in records}
        if product in ("instagram", "whatsapp") or name in NO_MEANING:
            assert kinds == {Unknown}, name
        elif wanted := expected(event):
            assert wanted in kinds, (name, kinds)
        else:
            assert event == "standby-mixed", (name, event)
