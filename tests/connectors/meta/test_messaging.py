"""What happens in Messenger conversations."""

from datetime import timedelta

import pytest

from connectors.contract import (
    Attachment,
    Author,
    Edited,
    Kind,
    Notice,
    NoticeKind,
    Post,
    Reacted,
    Receipt,
    Removed,
    Unknown,
)

from .conftest import HAPPENED, RECEIVED

PAGE = "101112131415161"
PSID = "8123456789012345"


def test_a_message(only):
    assert only("message-text") == Post(
        channel="messenger",
        account=PAGE,
        external_id="m_text1",
        kind=Kind.DIRECT,
        thread_id=PSID,
        author=Author(PSID),
        text="Bonjour, où est ma commande ?",
        created_at=HAPPENED,
        raw_kind="messaging/message",
    )


@pytest.mark.behaviour(27)
def test_numbers_and_strings_name_the_same_customer_at_the_same_time(only):
    numbers, strings = only("message-numeric-ids"), only("message-text")
    assert (numbers.author, numbers.thread_id, numbers.account) == (strings.author, strings.thread_id, strings.account)
    assert numbers.created_at == strings.created_at


def test_escapes_of_the_wire_become_the_customers_words(only):
    assert only("message-escaped").text == "Ça va ? 👍🏽 « oui/non » 👨‍👩‍👧"


@pytest.mark.behaviour(25)
def test_media(only):
    attachments = only("message-media").attachments
    assert [one.type for one in attachments] == ["image", "video", "audio", "file"]
    assert attachments[3] == Attachment("file", "https://cdn.example.com/v/bill.pdf", "bill.pdf", "file")


@pytest.mark.behaviour(25)
def test_stickers_whatever_they_are_called(parse):
    old, new, twin, bare, heart = (post.attachments for post in parse("message-stickers"))
    cat = "https://cdn.example.com/v/cat.png"
    assert old == (Attachment("sticker", "https://cdn.example.com/v/thumb.png", "👍", "image"),)
    assert new == (Attachment("sticker", cat, raw_type="sticker"),)
    assert twin == new
    assert bare == (Attachment("sticker", title="👍", raw_type="sticker"),)
    assert heart == (Attachment("sticker", title="❤️", raw_type="like_heart"),)


@pytest.mark.behaviour(25)
def test_a_place_opens_a_map(parse):
    (tower,), (nowhere,) = (post.attachments for post in parse("message-location"))
    assert tower.url == "https://www.openstreetmap.org/?mlat=48.858370&mlon=2.294481"
    assert (tower.latitude, tower.longitude, tower.title) == (48.8583701, 2.2944813, "Tour Eiffel")
    assert nowhere == Attachment("location", title="Here", raw_type="location")


@pytest.mark.behaviour(25)
def test_links_wherever_their_address_is_and_never_a_script(only):
    lamp, script, desk = only("message-links").attachments
    assert lamp == Attachment("link", "https://shop.example.com/lamp", "Our lamp", "fallback")
    assert script == Attachment("link", "", "Bare", "fallback")
    assert desk == Attachment("link", "https://shop.example.com/desk", "Desk", "fallback")


@pytest.mark.behaviour(25)
def test_templates_are_readable(only):
    titles = [(one.type, one.title) for one in only("message-templates").attachments]
    assert titles == [
        ("template", "button"),
        ("template", "Lampe Lune"),
        ("template", "Lampe Soleil"),
        ("template", "Rendez-vous mardi"),
    ]


@pytest.mark.behaviour(25)
def test_everything_shared(only):
    shares = only("message-shares").attachments
    assert {one.type for one in shares} == {"share"}
    assert [one.raw_type for one in shares] == [
        "post",
        "reel",
        "ig_reel",
        "ig_post",
        "share",
        "story_mention",
        "ig_story",
    ]
    assert all(one.url.startswith("https://") for one in shares)


@pytest.mark.behaviour(24)
def test_attachments_we_do_not_know_leave_a_placeholder(only):
    odd = only("message-odd-attachments").attachments
    assert [(one.type, one.raw_type) for one in odd[:3]] == [
        ("unknown", "ephemeral"),
        ("unknown", "unsupported_type"),
        ("unknown", "hologram"),
    ]
    assert odd[3:] == (Attachment("unknown"), Attachment("unknown"))


@pytest.mark.behaviour(23)
def test_an_unsupported_message_shows_a_placeholder(only):
    assert only("message-unsupported").attachments == (Attachment("unknown", raw_type="unsupported"),)


def test_a_quick_reply_is_what_the_customer_saw(only):
    assert only("message-quick-reply").text == "Oui"


def test_replies_name_what_they_answer(parse):
    message, story = parse("message-reply")
    assert message.parent_id == "m_text1"
    assert story.parent_id == ""
    assert story.attachments == (Attachment("share", "https://cdn.example.com/v/story.jpg", raw_type="story"),)


def test_a_referral_inside_a_message_is_news_besides_it(parse):
    post, notice = parse("message-referral")
    assert post.text == "Hi from the ad"
    assert (notice.kind, notice.thread_id) == (NoticeKind.REFERRAL, PSID)
    assert dict(notice.data) == {
        "ref": "winter",
        "source": "ADS",
        "type": "OPEN_THREAD",
        "ad_id": "600000000000001",
        "ad_title": "Winter lamps",
        "post_id": "12",
        "product_id": "LAMP-1",
    }


@pytest.mark.behaviour(21)
def test_unsent_and_edited(only):
    assert only("message-deleted") == Removed("messenger", PAGE, "m_text1", HAPPENED, "messaging/message")
    text = "Bonjour, où est ma commande 4711 ?"
    assert only("message-edit") == Edited("messenger", PAGE, "m_text1", text, HAPPENED, "messaging/message_edit")


def test_echoes_are_ours_and_stand_in_the_customers_thread(parse):
    ours, inbox, unswapped = parse("message-echoes")
    assert all(post.ours and post.author is None and post.thread_id == PSID for post in (ours, inbox, unswapped))
    assert (ours.token, ours.app_id) == ("4b825dc6-42cb-4d5e-9f0c-2f5a3d0a7b11", "424242424242424")
    assert (inbox.token, inbox.app_id) == ("", "263902037430900")


def test_messages_of_the_dashboards_test_button(parse):
    message, standby, echo, empty = parse("message-test-button")
    assert (message.account, message.thread_id, message.text) == ("0", "12334", "test_message")
    assert (message.created_at, message.standby) == (HAPPENED, False)
    assert standby.standby
    assert (echo.ours, echo.thread_id) == (True, "12334")
    assert empty == Unknown("messenger", "0", "messaging/empty", "no event")


def test_postbacks(parse):
    pressed, old, referral, guest = parse("postbacks")
    assert (pressed.kind, pressed.external_id, pressed.text) == (Kind.DIRECT, "m_postback", "Suivre ma commande")
    assert (old.text, old.author) == ("GET_STARTED", Author(PSID))
    assert old.external_id == "postback:8123456789012345:1795167000000:a09381a2b97f"
    assert (referral.kind, referral.data["ref"]) == (NoticeKind.REFERRAL, "qr-code")
    assert guest == Unknown("messenger", PAGE, "messaging/postback", "no customer is named")


def test_reactions(parse):
    loved, other, taken_back, odd = parse("reactions")
    assert loved == Reacted("messenger", PAGE, "m_echo_ours", Author(PSID), "❤️", True, HAPPENED, "messaging/reaction")
    assert (other.reaction, other.on) == ("other", True)
    assert (taken_back.reaction, taken_back.on) == ("", False)
    assert odd.what == "messaging/reaction"


@pytest.mark.behaviour(36)
def test_receipts_by_watermark_and_by_message(parse):
    delivered, read, one, nothing, text = parse("receipts")
    assert delivered == Receipt(
        channel="messenger",
        account=PAGE,
        thread_id=PSID,
        read=False,
        at=HAPPENED - timedelta(seconds=1),
        until=HAPPENED - timedelta(seconds=1),
        external_ids=("m_echo_ours", "m_echo_inbox"),
        raw_kind="messaging/delivery",
    )
    assert (read.read, read.until, read.at) == (True, HAPPENED - timedelta(milliseconds=500), HAPPENED)
    assert (one.read, one.until, one.external_ids) == (True, None, ("m_echo_ours",))
    assert nothing == Unknown("messenger", PAGE, "messaging/read", "neither a watermark nor a message")
    assert text.until == HAPPENED - timedelta(seconds=1)


def test_news_that_nobody_wrote(parse):
    referral, guest, restock, linked = parse("referral-optin")
    assert (referral.kind, referral.data["referer_uri"]) == (NoticeKind.REFERRAL, "https://example.com/")
    assert (guest.kind, guest.thread_id, guest.data["user_ref"]) == (NoticeKind.OPT_IN, "", "ref-1234")
    assert dict(restock.data) == {"type": "notification_messages", "title": "Restock"}
    assert (linked.kind, dict(linked.data)) == (NoticeKind.ACCOUNT_LINKING, {"status": "linked"})


def test_codes_and_tokens_of_customers_are_not_carried_on(parse):
    said = repr(parse("referral-optin"))
    assert "one-time-code" not in said
    assert "123456'" not in said


@pytest.mark.behaviour(35)
def test_who_owns_a_conversation(parse):
    notices = parse("handover")
    assert {notice.kind for notice in notices} == {NoticeKind.HANDOVER}
    assert {notice.thread_id for notice in notices} == {PSID}
    passed, released, taken, taken_back, asked, roles = (dict(notice.data) for notice in notices)
    assert passed == {"owner": "263902037430900", "previous_owner": "424242424242424"}
    assert released["owner"] == ""
    assert taken == {"owner": "unknown", "previous_owner": "424242424242424"}
    assert taken_back["owner"] == "424242424242424"
    assert asked == {"requested_by": "515151515151515"}
    assert roles == {"roles": "424242424242424: primary_receiver"}


@pytest.mark.behaviour(35)
def test_standby_beside_the_other_lanes(parse):
    comment, live, waiting, button, bare, empty = parse("standby-mixed")
    assert comment.channel == "facebook"
    assert [post.standby for post in (live, waiting, button, bare)] == [False, True, True, True]
    assert (button.text, button.raw_kind) == ("Suivre", "standby/postback")
    assert bare.attachments == (Attachment("unknown", raw_type="postback"),)
    assert bare.external_id != button.external_id
    assert empty == Unknown("messenger", PAGE, "standby/empty", "no event")


def test_both_spellings_of_a_policy_notice(parse):
    blocked, unblocked = parse("policy")
    assert dict(blocked.data) == {"action": "block", "reason": "Too many messages"}
    assert dict(unblocked.data) == {"action": "unblock", "reason": ""}
    assert {(notice.kind, notice.thread_id) for notice in (blocked, unblocked)} == {(NoticeKind.POLICY, "")}


@pytest.mark.behaviour(24)
def test_events_we_have_no_meaning_for(parse):
    request, *unknown = parse("message-request")
    assert (type(request), dict(request.data)) == (Notice, {"message_request": "accept"})
    assert [record.what for record in unknown] == [
        "messaging/payment",
        "messaging/hologram",
        "messaging/empty",
        "messaging/empty",
    ]


@pytest.mark.behaviour(26)
def test_the_same_instant_in_every_spelling_and_nonsense_is_the_receipt(parse):
    posts = parse("odd-times")
    assert [(post.created_at, post.dated) for post in posts[:8]] == [(HAPPENED, True)] * 8
    assert [(post.created_at, post.dated) for post in posts[8:]] == [(RECEIVED, False)] * 9
