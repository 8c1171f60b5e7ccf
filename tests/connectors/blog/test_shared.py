"""Real feeds, comments and pages that lie beside the project: each is read or refused, and brings nothing dangerous."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.blog.platform import platform
from connectors.contract import Inbound, Post, Raw, Unknown, Unreadable
from tests.connectors.meta.test_shared import PAYLOADS as OF_META

PAYLOADS = OF_META.parent / "blog"
RECEIVED = datetime(2026, 11, 26, 12, tzinfo=UTC)
# A page, an empty document, and one that was cut off in the middle of its first entry.
NO_FEED = {
    "nf_notafeed.html",
    "wm_basic-with-comments.html",
    "wm_brid-gy.html",
    "wm_checkmention-hcardxss.html",
    "fp_illformed_rss_empty_document.xml",
    "sp_feed-utf16be.xml",
}
NOT_READ = {"wp_site-comments-success.json", "wp_xmlrpc-site-comments-success.xml", "wp_error_shape.json"}
SAYS = {
    "nf_iconv.xml": "Бузулуке",
    "fp_illformed_chardet_shiftjis.xml": "記事投稿",
    "fp_illformed_chardet_windows1255.xml": "אינטרנט",
    "rp_uolNoticias.rss": "simulaçõ",
    "kg_utf16_encoded.xml": "UTF-16 Entry 1",
    "nf_invalid-characters-gzipped.xml": "hard work",
    "fv_amp-cdata.xml": "alpha&omega",
}
HARM = re.compile(r"<(script|iframe|svg|img)|javascript:\S|data:text|\bon(error|click|load)=", re.IGNORECASE)
FILES = sorted(PAYLOADS.glob("[!I]*")) if PAYLOADS.is_dir() else []

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FILES, reason="the real payloads do not lie beside the project"),
]


def parse(file: Path) -> list[Inbound]:
    return platform.parse(Raw(file.read_bytes(), RECEIVED))


@pytest.mark.behaviour_blog(38)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_is_read_or_refused(file: Path) -> None:
    if file.name in NO_FEED:
        with pytest.raises(Unreadable):
            parse(file)
        return
    records = parse(file)
    if file.name in NOT_READ:
        assert [type(record) for record in records] == [Unknown]
    assert parse(file) == records
    posts = [record for record in records if isinstance(record, Post)]
    assert len({post.external_id for post in posts}) == len(posts)
    for post in posts:
        harmless(post)
    if file.name in SAYS:
        assert SAYS[file.name] in " ".join(post.text for post in posts)


def harmless(post: Post) -> None:
    assert not HARM.search(" ".join((post.text, post.author.name if post.author else "", post.permalink)))
    for address in (post.permalink, *(attachment.url for attachment in post.attachments)):
        assert address == "" or address.startswith(("http://", "https://"))


def test_the_threads_of_a_comment_feed_are_kept() -> None:
    first, second = (post for post in parse(PAYLOADS / "rome_threading-main.xml") if isinstance(post, Post))
    assert second.parent_id == first.external_id


def test_links_of_google_alerts_are_unwrapped_and_titles_are_words() -> None:
    for post in parse(PAYLOADS / "fj_google_alerts_atom.xml"):
        assert isinstance(post, Post)
        assert "google.com/url" not in post.permalink
        assert "<b>" not in post.text
