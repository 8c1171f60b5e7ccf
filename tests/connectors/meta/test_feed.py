"""What the changes of a page mean: posts, comments, mentions, ratings."""

from datetime import timedelta

import pytest

from connectors.contract import Attachment, Author, Edited, Hidden, Kind, Post, Reacted, Removed, Unknown

from .conftest import HAPPENED

PAGE = "101112131415161"
ROOT = "101112131415161_555000111222333"
COMMENT = "555000111222333_901000000000001"
REPLY = "555000111222333_901000000000002"
VISITOR = "101112131415161_555000444555666"
STORY = "777000000000001"
LEA = Author("7612345678901234", "Léa Fontaine")
TOM = Author("7698765432109876", "Tom Baker")


@pytest.mark.behaviour(28)
def test_a_comment(only):
    assert only("feed-comment-add") == Post(
        channel="facebook",
        account=PAGE,
        external_id=COMMENT,
        kind=Kind.COMMENT,
        thread_id=ROOT,
        author=LEA,
        text="Ma lampe clignote depuis hier, que faire ?",
        created_at=HAPPENED,
        parent_id=ROOT,
        permalink="https://www.facebook.com/101112131415161/posts/555000111222333",
        raw_kind="feed/comment/add",
    )


def test_a_reply_to_a_comment_stays_in_the_thread_of_the_post(only):
    reply = only("feed-comment-reply")
    assert (reply.thread_id, reply.parent_id, reply.external_id) == (ROOT, COMMENT, REPLY)


def test_escapes_of_the_wire_become_the_customers_words(only):
    assert only("feed-comment-escaped").text == "Reçue cassée 😡 voir https://example.com/photo … مرحبا"


@pytest.mark.behaviour(23)
def test_a_picture_without_words(only):
    post = only("feed-comment-photo-only")
    url = "https://scontent.example.com/v/broken-lamp.jpg?oh=1"
    assert (post.text, post.attachments) == ("", (Attachment("image", url, raw_type="comment"),))


@pytest.mark.behaviour(23)
def test_a_comment_with_nothing_in_it_shows_a_placeholder(only):
    assert only("feed-comment-empty").attachments == (Attachment("unknown", raw_type="comment"),)


@pytest.mark.behaviour(22)
def test_a_comment_without_author(only):
    post = only("feed-comment-no-author")
    assert (post.author, post.text, post.ours) == (None, "Is the shop open on Sunday?", False)


@pytest.mark.behaviour(27)
def test_the_old_numeric_author_is_the_same_person(only):
    assert only("feed-comment-old-author").author == TOM == only("feed-comment-reply").author


@pytest.mark.behaviour(28)
def test_the_pages_own_comment_is_ours_and_may_be_our_reply_coming_back(only):
    post = only("feed-comment-own")
    assert (post.ours, post.context_only, post.token) == (True, False, "")


@pytest.mark.behaviour(21)
def test_an_edit_brings_the_new_words_and_its_own_time(only):
    after = HAPPENED + timedelta(minutes=10)
    assert only("feed-comment-edited") == Edited(
        "facebook", PAGE, COMMENT, "Ma lampe clignote depuis lundi.", after, "feed/comment/edited"
    )


@pytest.mark.behaviour(21)
@pytest.mark.parametrize(
    ("name", "target"), [("feed-comment-remove", COMMENT), ("feed-post-remove", VISITOR), ("ratings-remove", STORY)]
)
def test_removed(only, name, target):
    removed = only(name)
    assert isinstance(removed, Removed)
    assert (removed.external_id, removed.at) == (target, HAPPENED + timedelta(seconds=2))


@pytest.mark.behaviour(20)
@pytest.mark.parametrize(("name", "hidden"), [("feed-comment-hide", True), ("feed-comment-unhide", False)])
def test_hidden_and_shown_again(only, name, hidden):
    record = only(name)
    assert isinstance(record, Hidden)
    assert (record.external_id, record.hidden) == (COMMENT, hidden)


@pytest.mark.behaviour(28)
@pytest.mark.parametrize(
    ("name", "author", "attachments"),
    [
        ("feed-post-add", TOM, ()),
        ("feed-photo-add", TOM, (Attachment("image", "https://scontent.example.com/v/shade.jpg", raw_type="photo"),)),
        ("feed-share-add", LEA, (Attachment("link", "https://example.org/review", raw_type="share"),)),
    ],
)
def test_what_visitors_post_is_for_us(only, name, author, attachments):
    post = only(name)
    assert (post.kind, post.author, post.attachments) == (Kind.POST, author, attachments)
    assert post.thread_id == post.external_id
    assert (post.ours, post.context_only) == (False, False)
    assert post.parent_id == ""


@pytest.mark.behaviour(26)
def test_a_post_without_a_time_of_its_own_has_the_entrys(only):
    post = only("feed-post-add")
    assert (post.created_at, post.dated) == (HAPPENED + timedelta(seconds=2), True)


def test_a_post_hidden_from_the_start_says_so(parse):
    post, hidden = parse("feed-post-hidden")
    assert isinstance(post, Post)
    assert isinstance(hidden, Hidden)
    assert (hidden.external_id, hidden.hidden) == (post.external_id, True)


def test_both_spellings_of_an_edit(only):
    assert only("feed-post-edit").text == "Where is my order 4712?"
    assert only("feed-status-edited").text == "Nouvelle collection d'hiver !"


@pytest.mark.behaviour(28)
@pytest.mark.parametrize(
    ("name", "ours"), [("feed-status-own", True), ("feed-status-unpublished", False), ("feed-video-uploading", True)]
)
def test_own_and_unpublished_posts_are_context_only(only, name, ours):
    post = only(name)
    assert isinstance(post, Post)
    assert (post.context_only, post.ours) == (True, ours)


def test_all_pictures_of_a_post(only):
    urls = [picture.url for picture in only("feed-status-own").attachments]
    assert urls == ["https://scontent.example.com/v/a.jpg", "https://scontent.example.com/v/b.jpg"]


@pytest.mark.behaviour(21)
def test_an_edit_that_leaves_nothing_of_a_status_is_the_recycle_bin(only):
    removed = only("feed-status-binned")
    assert isinstance(removed, Removed)
    assert removed.external_id == ROOT


def test_reactions(parse):
    loved, angry, calmed, liked, page = parse("feed-reactions")
    assert (loved.external_id, loved.reaction, loved.on, loved.author) == (ROOT, "love", True, LEA)
    assert (angry.external_id, angry.reaction, angry.on) == (COMMENT, "angry", True)
    assert (calmed.external_id, calmed.on) == (COMMENT, False)
    assert (liked.external_id, liked.reaction, liked.author) == (REPLY, "like", TOM)
    assert {type(record) for record in (loved, angry, calmed, liked)} == {Reacted}
    assert page == Unknown("facebook", PAGE, "feed/like/add", "a like of the page itself")


@pytest.mark.behaviour(24)
def test_items_verbs_and_fields_we_do_not_know_are_kept_by_name(parse):
    records = parse("feed-unknown")
    assert [record.what for record in records] == [
        "feed/album/add",
        "feed/comment/follow",
        "feed/hologram/add",
        "leadgen",
        "parking",
        "feed",
    ]
    assert all(isinstance(record, Unknown) and record.account == PAGE and record.reason for record in records)


@pytest.mark.behaviour(24)
def test_a_blocked_video_means_nothing_to_us(only):
    assert only("feed-video-block").what == "feed/video/block"


@pytest.mark.behaviour(28)
def test_a_mention_in_a_comment_has_no_author(only):
    post = only("mention-comment")
    assert (post.kind, post.author, post.thread_id) == (Kind.MENTION, None, "909000000000001_909000000000002")
    assert (post.external_id, post.parent_id) == ("909000000000002_909000000000003", post.thread_id)


@pytest.mark.behaviour(23)
def test_a_mention_in_a_post_without_words(only):
    post = only("mention-post")
    assert (post.kind, post.author) == (Kind.MENTION, Author("909000000000001", "Paris Design Blog"))
    assert post.attachments == (Attachment("unknown", raw_type="post"),)


@pytest.mark.behaviour(28)
def test_a_recommendation_has_words_and_no_stars(only):
    post = only("ratings-add")
    assert (post.kind, post.external_id, post.thread_id, post.author) == (Kind.REVIEW, STORY, STORY, LEA)
    assert (post.text, post.rating) == ("Très belles lampes, livraison lente.", None)
    assert post.raw_kind == "ratings/rating/add/positive"


def test_a_review_of_stars_alone(only):
    post = only("ratings-stars")
    assert (post.rating, post.text, post.attachments) == (2, "", ())


@pytest.mark.behaviour(21)
def test_a_review_is_edited(only):
    edited = only("ratings-edit")
    assert (edited.external_id, edited.text) == (STORY, "Finalement réparée.")


@pytest.mark.behaviour(23)
def test_comments_on_a_review_come_without_words(parse):
    added, edited, removed, reacted = parse("ratings-comments")
    assert (added.kind, added.thread_id, added.parent_id) == (Kind.COMMENT, STORY, STORY)
    assert added.attachments == (Attachment("unknown", raw_type="comment"),)
    assert edited == Unknown("facebook", PAGE, "ratings/comment/edited", "an edit without the new words")
    assert (type(removed), removed.external_id) == (Removed, added.external_id)
    assert (type(reacted), reacted.external_id, reacted.reaction) == (Reacted, STORY, "haha")
