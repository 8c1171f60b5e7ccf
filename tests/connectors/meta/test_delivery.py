"""Envelopes: many pages, many items, odd ones among them."""

import json

import pytest

from connectors.contract import Post, Raw, Unknown, Unreadable
from connectors.meta import messaging
from connectors.meta.platform import platform

from .conftest import FIXTURES, RECEIVED

PAGE, OTHER = "101112131415161", "202122232425262"


@pytest.mark.behaviour(6)
def test_every_record_names_its_own_page(parse):
    assert [(post.account, post.channel, post.text) for post in parse("two-pages")] == [
        (PAGE, "messenger", "2/2"),
        (PAGE, "messenger", "1/2"),
        (OTHER, "messenger", "Another page"),
        (OTHER, "facebook", "On the other page"),
    ]


@pytest.mark.behaviour(9)
def test_items_out_of_order_carry_their_own_times(parse):
    second, first, *_ = parse("two-pages")
    assert first.created_at < second.created_at


@pytest.mark.behaviour(7)
def test_odd_items_cost_the_others_nothing(parse):
    records = parse("odd-items")
    assert [post.external_id for post in records if isinstance(post, Post)] == [
        "m_good",
        "m_strange",
        "555000111222333_901000000000001",
    ]
    assert [(odd.what, odd.reason) for odd in records if isinstance(odd, Unknown)] == [
        ("messaging/item", "the item is not an object"),
        ("messaging/item", "the item is not an object"),
        ("messaging/item", "the item is not an object"),
        ("messaging/message", "no mid"),
        ("messaging/message", "no mid"),
        ("messaging/reaction", "neither react nor unreact"),
        ("messaging/message_edit", "an edit without the new words"),
        ("messaging/message", "no customer is named"),
        ("page/changes", "not a list of items"),
        ("page/entry", "the entry is not an object"),
        ("page/entry", "the entry holds no items"),
        ("changes/item", "the entry names no page"),
        ("page/changed_fields", "the entry holds no items"),
    ]


@pytest.mark.behaviour(7)
def test_a_defect_of_ours_costs_one_item(monkeypatch, parse):
    def fails_on_the_first(item, event):
        if item.value["message"]["mid"] == "m_b":
            raise KeyError("a bug")
        yield from genuine(item, event)

    genuine = messaging.READERS["message"]
    monkeypatch.setitem(messaging.READERS, "message", fails_on_the_first)
    broken, *others = parse("two-pages")
    assert broken == Unknown("messenger", PAGE, "messaging/message", "our reader failed: KeyError")
    assert [type(other) for other in others] == [Post] * 3


@pytest.mark.behaviour(24)
@pytest.mark.parametrize(
    ("name", "records"),
    [
        (
            "instagram",
            [
                ("instagram", "instagram/comments"),
                ("instagram", "instagram/mentions"),
                ("instagram", "instagram/messaging"),
            ],
        ),
        ("whatsapp", [("whatsapp", "whatsapp_business_account/messages")]),
        ("permissions", [("", "permissions/pages_messaging")]),
    ],
)
def test_objects_we_have_no_channel_for(parse, name, records):
    assert [(record.channel, record.what) for record in parse(name)] == records


@pytest.mark.behaviour(5)
@pytest.mark.parametrize("body", [b"", b"null", b"\xff\xfe\x00", b'{"entry":', b"[" * 100_000, b"9" * 5000])
def test_what_is_no_delivery_is_unreadable(body):
    with pytest.raises(Unreadable):
        platform.parse(Raw(body, RECEIVED))


def test_a_thousand_items_are_all_read():
    body = json.loads((FIXTURES / "message-text.json").read_bytes())
    (item,) = body["entry"][0]["messaging"]
    body["entry"][0]["messaging"] = [
        {**item, "message": {"mid": f"m_{number}", "text": "Bonjour"}} for number in range(1000)
    ]
    posts = platform.parse(Raw(json.dumps(body).encode(), RECEIVED))
    assert [post.external_id for post in posts] == [f"m_{number}" for number in range(1000)]
