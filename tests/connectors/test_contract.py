"""What every platform must hold to, for each of its fixtures, with no database.

A new folder with a platform.py is picked up unasked. A fixture whose name starts with
"unreadable" must be refused as such.
"""

import json
from dataclasses import FrozenInstanceError, asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import connectors
from connectors.contract import Channel, Inbound, Platform, Post, Raw, Unknown, Unreadable
from connectors.registry import platforms

RECEIVED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FOLDERS = Path(connectors.__file__).parent
PLATFORMS = list(platforms().values())
FIXTURES = [
    (platform, file)
    for platform in PLATFORMS
    for file in sorted((FOLDERS / platform.name / "fixtures").iterdir())
    if file.is_file() and not file.name.startswith(".")
]
READABLE = [(platform, file) for platform, file in FIXTURES if not file.name.startswith("unreadable")]


def named(value: object) -> str:
    return value.name if isinstance(value, Platform | Path) else ""


def parse(platform: Platform, body: bytes, received_at: datetime = RECEIVED) -> list[Inbound]:
    return list(platform.parse(Raw(body, received_at)))


def moments(record: Inbound) -> list[datetime]:
    values = (getattr(record, field.name) for field in fields(record))
    return [value for value in values if isinstance(value, datetime)]


@pytest.mark.parametrize("platform", PLATFORMS, ids=named)
def test_a_platform_introduces_itself(platform):
    assert platform.name
    assert platform.label
    assert platform.channels
    assert all(isinstance(channel, Channel) and channel.name and channel.label for channel in platform.channels)
    assert len({field.name for field in platform.app_fields}) == len(platform.app_fields)


def test_channels_have_names_of_their_own():
    names = [channel.name for platform in PLATFORMS for channel in platform.channels]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("platform", PLATFORMS, ids=named)
def test_a_platform_shows_what_it_reads(platform):
    assert any(
        isinstance(record, Post)
        for one, file in READABLE
        if one is platform
        for record in parse(one, file.read_bytes())
    )


@pytest.mark.parametrize(("platform", "file"), READABLE, ids=named)
def test_a_fixture_means_something(platform, file):
    records = parse(platform, file.read_bytes())
    assert records
    for record in records:
        check(platform, record)


@pytest.mark.parametrize(("platform", "file"), READABLE, ids=named)
def test_the_same_bytes_are_the_same_records(platform, file):
    body = file.read_bytes()
    assert parse(platform, body) == parse(platform, body)


@pytest.mark.parametrize(("platform", "file"), [pair for pair in FIXTURES if pair not in READABLE], ids=named)
def test_an_unreadable_fixture_is_refused(platform, file):
    with pytest.raises(Unreadable):
        parse(platform, file.read_bytes())


def check(platform: Platform, record: Inbound) -> None:
    """Holds for any record of any platform."""
    assert isinstance(record, get_args(Inbound))
    json.dumps(asdict(record), default=str).encode()
    assert "\\u0000" not in json.dumps(asdict(record), default=str)
    assert all(moment.tzinfo is not None for moment in moments(record))
    with pytest.raises(FrozenInstanceError):
        record.account = "another"
    if isinstance(record, Unknown):
        assert 0 < len(record.what) <= 100
        assert len(record.reason) <= 200
        return
    assert record.account
    assert record.channel in {channel.name for channel in platform.channels}
    if hasattr(record, "external_id"):
        assert 0 < len(record.external_id) <= 250
    if isinstance(record, Post):
        check_post(record)


def check_post(post: Post) -> None:
    assert post.thread_id
    assert len(post.thread_id) <= 200
    assert len(post.raw_kind) <= 60
    assert post.text.strip() or post.attachments or post.rating, "an empty bubble"
    assert post.author is None or post.author.external_id
    for address in (post.permalink, *(attachment.url for attachment in post.attachments)):
        assert address == "" or address.lower().startswith(("https://", "http://"))


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["page", "add", "edited", "remove", "comment", "\x00", "\ud800", "javascript:alert(1)", 10**30, ""]
    )
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
)
JSON_FIXTURES = [(platform, json.loads(file.read_bytes())) for platform, file in READABLE if file.suffix == ".json"]


def places(value, path=()):
    """Every place in a JSON value, as the keys that lead to it."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def changed(value, path, new):
    """A copy with another value in one place, or without the place where `new` is `...`."""
    key, *rest = path
    copy = value.copy()
    if rest:
        copy[key] = changed(value[key], rest, new)
    elif new is ...:
        del copy[key]
    else:
        copy[key] = new
    return copy


@st.composite
def mutated(draw):
    platform, body = draw(st.sampled_from(JSON_FIXTURES))
    for _ in range(draw(st.integers(1, 4))):
        if spots := list(places(body)):
            body = changed(body, draw(st.sampled_from(spots)), draw(st.just(...) | anything))
    return platform, json.dumps(body).encode()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_changed_payloads_never_make_us_stumble(given):
    platform, body = given
    try:
        records = parse(platform, body)
    except Unreadable:
        return
    for record in records:
        check(platform, record)
        assert "our reader failed" not in getattr(record, "reason", "")


@pytest.mark.parametrize("platform", PLATFORMS, ids=named)
@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode()))
def test_noise_is_unreadable_or_unknown(platform, body):
    try:
        records = parse(platform, body)
    except Unreadable:
        return
    for record in records:
        check(platform, record)
