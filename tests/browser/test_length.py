"""The composer counts as the server does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from connectors.twitter.length import weight
from tests.connectors.twitter.test_length import CASES, generated

ROOT = Path(__file__).parents[2]


@pytest.mark.browser
@pytest.mark.behaviour_x(30)
def test_server_and_browser_count_alike(chromium):
    texts = generated(500) + [text for text, _ in CASES]
    page = chromium.new_page()
    page.route("http://inbox.test/**", _serve)
    page.goto("http://inbox.test/page")
    counted = page.evaluate(
        "async (texts) => { const { weight } = await import('http://inbox.test/static/js/core/weight.js');"
        " return texts.map(weight); }",
        texts,
    )
    parts = page.evaluate(
        "async () => { const { weight } = await import('http://inbox.test/static/js/core/weight.js');"
        " const { split } = await import('http://inbox.test/static/js/core/parts.js');"
        " const text = 'Some words and a link https://example.com/a/long/path?with=things 漢字 😀. '.repeat(12);"
        " return { text, parts: split(text, 280, weight), none: split('a'.repeat(600), 280, weight),"
        " blankless: split('漢字😀'.repeat(80), 280, weight),"
        " sentences: split('Call 0612. '.repeat(20) + 'word '.repeat(40), 280, weight) }; }"
    )
    page.close()
    assert counted == [weight(text) for text in texts]
    assert parts["none"] == []
    assert all(weight(part) <= 280 for part in parts["parts"])
    words = [re.sub(r" \(\d+/\d+\)$", "", part) for part in parts["parts"]]
    assert " ".join(words).split() == parts["text"].split()
    assert json.dumps(parts["parts"][0]).endswith(f'(1/{len(words)})"')
    assert len(parts["blankless"]) == 2
    assert all(weight(part) <= 280 for part in parts["blankless"])
    assert "".join(re.sub(r" \(\d/\d\)$", "", part) for part in parts["blankless"]) == "漢字😀" * 80
    assert parts["sentences"][0].endswith("Call 0612. (1/2)")


def _serve(route):
    path = route.request.url.removeprefix("http://inbox.test/")
    if path.startswith("static/"):
        route.fulfill(body=(ROOT / path).read_text(), content_type="text/javascript")
    else:
        route.fulfill(body="<!DOCTYPE html><title>count</title>", content_type="text/html; charset=utf-8")
