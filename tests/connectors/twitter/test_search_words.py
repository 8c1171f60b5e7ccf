"""The words an account searches for: what cannot be searched is said at the form, or on the account."""

from __future__ import annotations

import pytest

from connectors import deliveries
from connectors.twitter.explained import EXPLAINED
from inbox import intake, polling
from inbox.actions import accounts
from inbox.models import Message
from inbox.views.settings import wording
from tests.connectors.twitter.conftest import taken_in
from tests.inbox.settings_support import text


def edited(browser, account, **given: str):
    form = {"name": "Acme", "keywords": "", "monthly_limit": "", **given}
    return browser.post(f"/w/acme/settings/accounts/{account.pk}/edit/", form)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("shoes, from:acme", "“from:acme” holds a sign of X’s own search language."),
        ("shoes, (boots", "“(boots” holds a sign of X’s own search language."),
        ("-shoes", "“-shoes” holds a sign of X’s own search language."),
        ("shoes, !!", "X cannot search for “!!”: it holds no letter and no digit."),
        (", ".join(f"word{number}" for number in range(60)), "Together that is too long for one search at X, by "),
    ],
)
def test_words_x_would_refuse_are_refused_at_the_form(acme_on_x, carol, sign_in, given, complaint):
    answer = edited(sign_in(carol), acme_on_x, keywords=given)
    assert answer.status_code == 422
    assert f"“Words to search for”: {complaint}" in text(answer.content.decode())
    acme_on_x.refresh_from_db()
    assert acme_on_x.options == {}


def test_words_are_kept_tidy(acme_on_x, carol, sign_in):
    assert edited(sign_in(carol), acme_on_x, keywords=' shoes ,, "winter  boots", c&a').status_code == 302
    acme_on_x.refresh_from_db()
    assert acme_on_x.options["keywords"] == "shoes, winter boots, c&a"


def test_what_x_will_not_search_for_is_told_and_mentions_go_on(acme_on_x, live_x, carol, sign_in):
    acme_on_x.options = {"keywords": ", ".join(f"word{number}" for number in range(200))}
    acme_on_x.save()
    live_x.adjust(dialect="none")
    live_x.say("post", "@Acme hello")
    polling.poll_account(acme_on_x.pk)
    while batch := deliveries.claim(200):
        intake.take_in(batch)
    assert Message.objects.get().text == "@Acme hello"
    acme_on_x.refresh_from_db()
    standing = wording.standing(acme_on_x)
    assert (standing.level, EXPLAINED["search_refused"] in standing.reasons) == ("warn", True)
    shown = sign_in(carol).get(f"/w/acme/settings/accounts/{acme_on_x.pk}/").content.decode()
    assert EXPLAINED["search_refused"] in text(shown)
    accounts.check(acme_on_x)
    assert EXPLAINED["search_refused"] in wording.standing(acme_on_x).reasons

    acme_on_x.options = {"keywords": "shoes"}
    acme_on_x.save()
    polling.poll_account(acme_on_x.pk)
    acme_on_x.refresh_from_db()
    assert EXPLAINED["search_refused"] not in wording.standing(acme_on_x).reasons


def test_a_refused_search_is_not_asked_every_minute(acme_on_x, live_x):
    acme_on_x.options = {"keywords": ", ".join(f"word{number}" for number in range(200))}
    acme_on_x.save()
    taken_in(acme_on_x)
    polling.poll_account(acme_on_x.pk)
    acme_on_x.refresh_from_db()
    asked = acme_on_x.exchanges.filter(path__contains="search/recent")
    assert asked.count() == 1
    assert acme_on_x.health["unseen"] == ["search_refused"]
