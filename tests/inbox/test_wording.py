"""What a composer says before anybody types."""

from __future__ import annotations

import pytest
from django.utils import translation

from connectors import gateway
from connectors.contract import Kind, Reason, Rule, Thread
from connectors.models import ChannelAccount
from inbox.wording import reason_text, rule_text

ACCOUNT = ChannelAccount(channel="facebook", name="Acme")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Kind.COMMENT, "Everybody can read this on Acme."),
        (Kind.POST, "Everybody can read this on Acme."),
        (Kind.MENTION, "Everybody can read this where the customer wrote."),
    ],
)
def test_who_reads_an_answer_depends_on_where_the_customer_wrote(kind: Kind, says: str) -> None:
    assert rule_text(Rule(True), ACCOUNT, kind, private=False) == says


@pytest.mark.parametrize("kind", [Kind.POST, Kind.COMMENT, Kind.MENTION])
def test_on_x_an_answer_stands_where_the_customer_wrote(kind: Kind) -> None:
    account = ChannelAccount(channel="twitter", name="Acme")
    assert rule_text(Rule(True), account, kind, private=False) == "Everybody can read this where the customer wrote."


def test_a_disconnected_account_promises_no_answer_that_waits(facebook: ChannelAccount) -> None:
    facebook.state = ChannelAccount.State.ATTENTION
    rule = gateway.reply_rule(facebook, Thread(Kind.COMMENT), private=False)
    assert not rule.allowed
    said = rule_text(rule, facebook, Kind.COMMENT, private=False)
    assert said == "The account needs to be reconnected by an admin; then answers can be sent again."


def test_a_second_private_answer_is_refused_in_words_that_fit_posts_too() -> None:
    assert reason_text(Reason.PRIVATE_REPLY_USED).startswith("This was already answered privately;")
    with translation.override("fr"):
        assert "commentaire" not in reason_text(Reason.PRIVATE_REPLY_USED)
