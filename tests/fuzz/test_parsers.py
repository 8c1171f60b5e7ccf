"""Hostile payloads for every platform's reader: it says Unreadable or gives records, soon and the same ones again.

The readers and their samples are found as tests/connectors/test_contract.py finds them, which tries milder changes.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from connectors import deliveries
from connectors.contract import Platform, Raw, Unreadable
from connectors.deliveries import Arrived
from connectors.models import Delivery
from inbox import intake
from tests.connectors.test_contract import FOLDERS, JSON_FIXTURES, PLATFORMS, READABLE, check, places
from tests.fuzz.effort import effort

RECEIVED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BODIES = [(platform, file.read_bytes()) for platform, file in READABLE]
# A reader does more than json.loads does, and the least time that can be told apart is long for it.
TIMES_SLOWER, TIMES_LARGER, START_SECONDS, START_BYTES = 60, 30, 0.1, 1_000_000
tried = Counter()

nasty = st.sampled_from(
    [None, True, -1, 0, 10**18, -(10**18), 10**400, 1e308, float("nan"), float("inf"), -0.0, "", " ", "\x00", "a\x00b",
     "\ud800", "\udfff\ud800", "\u202e", "e\u0301" * 50, "x" * 5000, "9" * 400, "2026-13-45T99:99:99Z", "0001-01-01",
     "9999-12-31T23:59:59+23:59", "-1", "1e999", "NaN", "javascript:alert(1)", "http://[", "https://a/\x00",
     "٣٤٥", [], {}, [[]], [None], {"": ""}, {"id": {"id": {}}}]
)  # fmt: skip
others = st.recursive(
    nasty | st.text(max_size=30) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8) | st.just("id"), inner, max_size=5),
    max_leaves=20,
)
DEEDS = ("drop", "replace", "twice", "nest", "deep", "rename", "swap", "wrap", "many")


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def deep(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = [value]
    return value


def do(draw: Any, deed: str, body: Any) -> Any:
    """The body, changed in place, or another one."""
    spots = list(places(body))
    if not spots:
        return copy(draw(others))
    if deed == "wrap":
        return {"object": "page", "entry": [body]}
    path = draw(st.sampled_from(spots))
    holder, key = at(body, path[:-1]), path[-1]
    if deed == "drop":
        del holder[key]
    elif deed == "rename" and isinstance(holder, dict):
        holder[draw(st.text(max_size=8) | st.sampled_from([str(spot[-1]) for spot in spots]))] = holder.pop(key)
    else:
        holder[key] = another(draw, deed, body, holder[key], spots)
    return body


def another(draw: Any, deed: str, body: Any, value: Any, spots: list[Any]) -> Any:
    match deed:
        case "nest":
            return draw(st.sampled_from([[value], {"id": value}, [[[value]]]]))
        case "deep":
            return deep(value, draw(st.sampled_from([10, 90, 300])))
        case "swap":
            return copy(at(body, draw(st.sampled_from(spots))))
        case "twice" if isinstance(value, list):
            return copy(value) * draw(st.integers(2, 20))
        case "many":
            return [copy(value) for _ in range(draw(st.sampled_from([50, 400])))]
    return copy(draw(others))


@st.composite
def twisted(draw: Any) -> tuple[Platform, bytes]:
    """A sample of a platform, twisted in its structure; at times then in its very bytes."""
    platform, sample = draw(st.sampled_from(JSON_FIXTURES))
    body = copy(sample)
    for deed in draw(st.lists(st.sampled_from(DEEDS), min_size=1, max_size=6)):
        body = do(draw, deed, body)
        if len(json.dumps(body)) > 400_000:
            break
    raw = json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 4)) == 0:
        cut = draw(st.integers(0, len(raw)))
        raw = raw[:cut] + draw(st.binary(max_size=6)) + raw[cut + draw(st.integers(0, 3)) :]
    if draw(st.integers(0, 9)) == 0:
        # JSON with the same key twice, which no dict can say.
        raw = raw.replace(b'{"', b'{"id": 1, "id": "2", "', 3)
    return platform, raw


@st.composite
def bytes_of_any_kind(draw: Any) -> tuple[Platform, bytes]:
    platform = draw(st.sampled_from(PLATFORMS))
    kind = st.sampled_from(
        [b"[" * 100_000, b'{"a":' * 50_000, b"[" * 100_000 + b"]" * 100_000, b"9" * 100_000, b"-" * 1000,
         b"\xff\xfe" * 9, b'"' + b"\\ud800" * 9000 + b'"', b"\xef\xbb\xbf{}",
         b'{"object":"page","entry":' + b"[" * 5000 + b"]" * 5000 + b"}",
         b'{"object":"page","entry":[{"id":' + b"1" * 5000 + b',"time":1e400,"changes":[{}]}]}', b"", b"null", b"NaN"]
    )  # fmt: skip
    return platform, draw(kind | st.binary(max_size=400) | others.map(lambda value: json.dumps(value).encode()))


def read(platform: Platform, body: bytes) -> list[Any] | str:
    try:
        return list(platform.parse(Raw(body, RECEIVED)))
    except Unreadable as error:
        return str(error)


def loaded(body: bytes) -> None:
    with suppress(ValueError, RecursionError):
        json.loads(body)


def spent(call: Any, *args: Any) -> tuple[float, int]:
    """Seconds of the processor (the best of two) and the most bytes held, but for what is loaded the first time."""
    call(*args)
    tracemalloc.start()
    call(*args)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    seconds = []
    for _ in range(2):
        began = time.process_time()
        call(*args)
        seconds.append(time.process_time() - began)
    return min(seconds), most


def look(platform: Platform, body: bytes) -> None:
    tried["payloads"] += 1
    records = read(platform, body)
    assert read(platform, body) == records
    assert isinstance(platform.account_in(body), bytes)
    for record in records if isinstance(records, list) else ():
        check(platform, record)
        assert "our reader failed" not in getattr(record, "reason", "")


@effort(300, 200_000)
@given(twisted())
def try_twisted_samples(given: tuple[Platform, bytes]) -> None:
    look(*given)


@effort(120, 50_000)
@given(bytes_of_any_kind())
def try_anything(given: tuple[Platform, bytes]) -> None:
    look(*given)


def test_readers_read_or_refuse(record_property):
    try_twisted_samples()
    try_anything()
    record_property("payloads", tried["payloads"])


@effort(40, 5000)
@given(twisted() | bytes_of_any_kind())
def test_no_payload_costs_much_more_than_reading_it_as_json(given: tuple[Platform, bytes]):
    platform, body = given
    seconds, held = spent(read, platform, body)
    base_seconds, base_held = spent(loaded, body)
    assert held <= START_BYTES + TIMES_LARGER * max(base_held, len(body))
    assert seconds <= START_SECONDS + TIMES_SLOWER * base_seconds


@effort(25, 5000)
@given(st.lists(twisted() | bytes_of_any_kind(), min_size=1, max_size=4))
def try_intake(facebook: Any, given: list[tuple[Platform, bytes]]) -> None:
    now = timezone.now()
    with transaction.atomic():
        deliveries.keep(Arrived(facebook.app_id, body, now) for platform, body in given if platform.name == "meta")
        while batch := deliveries.claim(200):
            intake.take_in(batch)
            deliveries.release(batch)
        strange = list(Delivery.objects.exclude(state="done").values_list("state", "error"))
        tried["taken in"] += len(given)
        transaction.set_rollback(True)
    assert all(state == "failed" and error.startswith("unreadable: ") for state, error in strange), strange


def test_all_of_it_is_taken_in_or_set_aside_as_unreadable(facebook, messenger, record_property):
    try_intake(facebook)
    record_property("payloads taken in", tried["taken in"])


def test_every_platform_has_samples_to_twist():
    assert {platform.name for platform, _ in JSON_FIXTURES} == {platform.name for platform in PLATFORMS}
    assert all((FOLDERS / platform.name).is_dir() for platform in PLATFORMS)
