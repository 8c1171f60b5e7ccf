"""Every kind of feed the simulator has, read through the product three times."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.blog.simulator import feeds
from inbox.models import Message
from socialcare.models import Workspace
from tests.blog import SETTINGS, feed_of, look
from tests.connectors.blog.simulator_stand import OTHER, Stand, standing

# A drip is read until the wall clock stops it, which the tests of `safe_fetch` wait for.
KINDS = sorted(set(feeds.KINDS) - {"drip"})
UNREADABLE = {"empty", "login", "huge", "bomb", "laughs", "external"}
NEVER = UNREADABLE | {"loop", "inward", "file", "gone", "missing", "busy", "down"}
HOSTNAME = socket.gethostname()


@pytest.fixture
def stand(settings: Any) -> Iterator[Stand]:
    settings.PLATFORMS = {**settings.PLATFORMS, **SETTINGS}
    with standing() as there:
        yield there


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_new_comes_once(acme: Workspace, stand: Stand, kind: str) -> None:
    account = feed_of(acme, f"{stand.url}/blog/others/{OTHER}/feed/{kind}")
    look(account)
    stand.say("publish", title="Acme again", text="Acme never answers, they say.", author="Rosa")
    for _ in range(3):
        look(account)
    texts = Counter(Message.objects.values_list("text", flat=True))
    about = [text for text in texts if "never answers" in text]
    assert len(about) == (kind not in NEVER), (kind, texts)
    assert all(number == 1 for number in texts.values()), texts
    assert not any(HOSTNAME in text for text in texts), "a file of this machine"
