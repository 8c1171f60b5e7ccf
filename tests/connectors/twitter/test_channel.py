"""Answering on X: what leaves, what X refuses, and what is known before anybody types."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from connectors.contract import (
    AlreadyDone,
    Can,
    Disconnected,
    Forbidden,
    Kind,
    OutOfCredit,
    Reason,
    Refused,
    Thread,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from connectors.twitter.errors import retry_at
from connectors.twitter.twitter import twitter
from tests.connectors.stand import until
from tests.connectors.twitter.simulator_stand import BRAND, CUSTOMER

NOW = datetime.now(UTC)


def posts_of_brand(desk):
    return [one for one in desk.x.state()["posts"] if one["author_id"] == BRAND]


def mention(desk, text="@Acme where is my parcel?", **more):
    return desk.x.say("post", text, **more)


# ---------------------------------------------------------------- what leaves


def test_an_answer_is_a_reply_to_the_very_post(desk):
    to = mention(desk)
    sent = twitter.send(desk.account, desk.reply(to, kind="mention"))
    said = next(one for one in posts_of_brand(desk) if one["id"] == sent.external_id)
    assert said["parent"] == to
    assert sent.permalink.endswith(sent.external_id)


def test_an_answer_with_keys_of_oauth_1(desk, globex_keys):
    to = desk.x.say("post", "@GlobexCare hello?", page=globex_keys.external_id)
    assert twitter.send(globex_keys, desk.reply(to, kind="mention")).external_id


@pytest.mark.behaviour_x(27)
def test_one_person_is_written_to_alone_and_a_group_as_a_group(desk):
    desk.x.say("message", "Psst")
    alone = twitter.send(desk.account, desk.message("To you alone"))
    group = desk.x.say("group", **{"with": ["Karim Haddad"]})
    desk.x.say("message", "Hello all", talk=group)
    together = twitter.send(desk.account, desk.message("To all of you", thread_id=f"group:{group}"))
    talks = {one["id"]: one["talk"] for one in desk.x.state()["messages"]}
    assert talks[together.external_id] == group
    assert talks[alone.external_id] != group


def test_a_post_can_be_answered_privately(desk):
    to = mention(desk)
    sent = twitter.send(desk.account, desk.reply(to, "Privately: yes.", kind="mention", private=True))
    said = next(one for one in desk.x.state()["messages"] if one["id"] == sent.external_id)
    assert said["text"] == "Privately: yes."


@pytest.mark.parametrize(
    ("text", "reason"), [("", Reason.EMPTY), ("a" * 281, Reason.TOO_LONG), ("漢" * 141, Reason.TOO_LONG)]
)
@pytest.mark.behaviour_x(30)
def test_what_x_would_not_take_never_leaves(desk, text, reason):
    with pytest.raises(Refused) as refused:
        twitter.send(desk.account, desk.reply("1", text, kind="mention"))
    assert refused.value.reason is reason
    assert not desk.costs


def test_hiding_and_deleting(desk):
    below = desk.x.say("reply", "rubbish", to=desk.x.story())
    twitter.act(desk.account, Can.HIDE, below)
    hidden = {one["id"]: one["hidden"] for one in desk.x.state()["posts"]}
    assert hidden[below]
    twitter.act(desk.account, Can.HIDE, below, on=False)
    ours = twitter.send(desk.account, desk.reply(mention(desk), kind="mention")).external_id
    twitter.act(desk.account, Can.DELETE, ours)
    twitter.act(desk.account, Can.DELETE, ours)
    assert ours not in {one["id"] for one in desk.x.state()["posts"]}
    with pytest.raises(Refused) as refused:
        twitter.act(desk.account, Can.HIDE, mention(desk))
    assert refused.value.reason is Reason.NOT_SUPPORTED
    desk.x.fault("not_enrolled", on="write")
    with pytest.raises(Forbidden):
        twitter.act(desk.account, Can.HIDE, below)


# ---------------------------------------------------------------- what is known before


@pytest.mark.behaviour_x(13)
@pytest.mark.parametrize("reason", [Reason.NOT_SUMMONED, Reason.PROTECTED, Reason.REPLIES_LIMITED, Reason.ENCRYPTED])
def test_a_closed_message_says_why_before_anybody_types(desk, reason):
    rule = twitter.reply_rule(desk.account, Thread(Kind.COMMENT, closed=reason), NOW)
    assert (rule.allowed, rule.reason) == (False, reason)
    with pytest.raises(Refused):
        twitter.send(desk.account, desk.reply("1", closed=reason))


@pytest.mark.behaviour_x(13)
def test_with_enterprise_access_nobody_needs_to_have_named_us(desk):
    thread = Thread(Kind.POST, closed=Reason.NOT_SUMMONED)
    assert twitter.reply_rule(desk.with_options(enterprise=True), thread, NOW).allowed
    protected = replace(thread, closed=Reason.PROTECTED)
    assert not twitter.reply_rule(desk.with_options(enterprise=True), protected, NOW).allowed


@pytest.mark.behaviour_x(13)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("reply_refused", Reason.NOT_SUMMONED),
        ("reply_refused_older", Reason.NOT_SUMMONED),
        ("protected", Reason.PROTECTED),
        ("dm_closed", Reason.RECIPIENT_UNAVAILABLE),
    ],
)
def test_a_refusal_that_no_other_words_would_change_is_lasting(desk, fault, reason):
    to = mention(desk)
    desk.x.fault(fault, on="send")
    with pytest.raises(Refused) as refused:
        twitter.send(desk.account, desk.reply(to, kind="mention"))
    assert (refused.value.reason, refused.value.lasting) == (reason, True)


@pytest.mark.behaviour_x(13)
def test_a_stranger_s_post_found_by_a_word_cannot_be_answered(desk):
    desk.x.say("post", "my shoes are a desaster")
    account = desk.with_options(keywords="shoes, other things")
    desk.account = account
    found = [post for post in desk.polled()[0] if "shoes" in post.text]
    assert [post.closed for post in found] == [Reason.NOT_SUMMONED]
    with pytest.raises(Refused) as refused:
        twitter.send(account, desk.reply(found[0].external_id, kind="post"))
    assert refused.value.reason is Reason.NOT_SUMMONED


@pytest.mark.behaviour_x(31)
def test_the_price_is_known_before_sending_and_a_link_costs_more(desk):
    rule = twitter.reply_rule(desk.account, Thread(Kind.MENTION), NOW)
    assert (rule.cost, rule.link_cost, rule.part_cost) == ("0.01", "0.20", "0.015")
    assert twitter.reply_rule(desk.account, Thread(Kind.DIRECT), NOW).cost == "0.015"
    to = mention(desk)
    twitter.send(desk.account, desk.reply(to, "See example.com/help", kind="mention"))
    twitter.send(desk.account, desk.reply(to, "Or ask here.", kind="mention"))
    assert [(cost.kind, str(cost.each)) for cost in desk.costs] == [
        ("post_with_link", "0.200"),
        ("summoned_reply", "0.010"),
    ]


@pytest.mark.behaviour_x(31)
def test_what_answers_our_own_post_or_somebody_who_did_not_name_us_is_paid_as_a_post(desk):
    first = twitter.send(desk.account, desk.reply(mention(desk), "One 1/2", kind="mention"))
    twitter.send(desk.account, desk.reply(first.external_id, "Two 2/2", kind="mention", continues=True))
    found = desk.x.say("post", "my shoes are a disaster")
    desk.x.adjust(rules={"enterprise": True})
    free = desk.with_options(enterprise=True)
    unasked = Thread(Kind.POST, closed=Reason.NOT_SUMMONED)
    assert twitter.reply_rule(free, unasked, NOW).cost == "0.015"
    twitter.send(free, desk.reply(found, "Which ones?", kind="post", closed=Reason.NOT_SUMMONED))
    assert [cost.kind for cost in desk.costs] == ["summoned_reply", "post_create", "post_create"]
    charged = {one["kind"]: one["count"] for one in desk.x.state()["charged"]}
    assert (charged["summoned_reply"], charged["post_create"]) == (1, 2)


# ---------------------------------------------------------------- what becomes of it


@pytest.mark.behaviour_x(8)
@pytest.mark.parametrize("fault", ["done_then_500", "lost_answer"])
def test_an_answer_of_unknown_outcome_is_found_by_looking(desk, fault):
    to, since = mention(desk), datetime.now(UTC)
    reply = desk.reply(to, "Look at https://example.com/a?b=1&c=2 & tell us", kind="mention")
    desk.x.fault(fault, on="send")
    with pytest.raises(UnknownOutcome):
        twitter.send(desk.account, reply)
    found = twitter.settle(desk.account, reply, since)
    assert found is not None
    assert found.external_id == posts_of_brand(desk)[-1]["id"]
    assert twitter.settle(desk.account, replace(reply, text="Other words"), since) is None


@pytest.mark.behaviour_x(8)
def test_a_message_of_unknown_outcome_is_found_by_looking(desk):
    desk.x.say("message", "Hello?")
    reply, since = desk.message("We <3 you & yours"), datetime.now(UTC)
    desk.x.fault("done_then_500", on="send")
    with pytest.raises(UnknownOutcome):
        twitter.send(desk.account, reply)
    assert twitter.settle(desk.account, reply, since) is not None
    desk.x.fault("server_error", on="send")
    lost = replace(reply, text="This never left")
    with pytest.raises(UnknownOutcome):
        twitter.send(desk.account, lost)
    assert twitter.settle(desk.account, lost, since) is None


@pytest.mark.behaviour_x(8)
def test_the_same_words_again_are_a_duplicate_and_the_first_are_found(desk):
    to, since = mention(desk), datetime.now(UTC)
    reply = desk.reply(to, kind="mention")
    first = twitter.send(desk.account, reply)
    with pytest.raises(AlreadyDone) as done:
        twitter.send(desk.account, reply)
    assert done.value.otherwise is Reason.DUPLICATE
    found = twitter.settle(desk.account, reply, since)
    assert found is not None
    assert found.external_id == first.external_id


FAILURES = [
    ("rate_limited", Throttled),
    ("day_limit", Throttled),
    ("usage_capped", OutOfCredit),
    ("no_credits", OutOfCredit),
    ("duplicate", AlreadyDone),
    ("locked", Disconnected),
    ("suspended", Disconnected),
    ("not_enrolled", Forbidden),
    ("text_errors", AlreadyDone),
    ("null_errors", Refused),
    ("server_error", UnknownOutcome),
    ("html_200", UnknownOutcome),
    ("redirect", UnknownOutcome),
    ("huge", UnknownOutcome),
    ("odd", UnknownOutcome),
]


@pytest.mark.behaviour_x(15)
@pytest.mark.parametrize(("fault", "error"), FAILURES)
def test_whatever_x_answers_is_one_of_the_contract_s_errors(desk, fault, error, caplog):
    caplog.set_level("DEBUG")
    to = mention(desk)
    desk.x.fault(fault, on="send")
    with pytest.raises(error) as raised:
        twitter.send(desk.account, desk.reply(to, kind="mention"))
    told = f"{caplog.text} {raised.value} {raised.value!r} {desk.account!r}"
    assert "oauth2 of acme" not in told
    assert "Authorization" not in told


@pytest.mark.behaviour_x(10)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"x-rate-limit-remaining": "many", "x-rate-limit-reset": "soon", "retry-after": "-3"}, 60),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "900"}, 900),
        ({"x-rate-limit-remaining": "3", "x-rate-limit-reset": "900", "retry-after": "120"}, 120),
        (
            {"x-rate-limit-remaining": "3", "x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": "7200"},
            7200,
        ),
        ({"x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": "3600", "retry-after": "10"}, 3600),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "-900"}, 60),
        ({"x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": "99999999"}, 86400),
    ],
)
def test_a_limit_ends_when_its_empty_bucket_fills(headers, seconds):
    """Resets are given here in seconds from now."""
    given = {
        name: str(int(NOW.timestamp()) + int(value)) if name.endswith("reset") and value != "soon" else value
        for name, value in headers.items()
    }
    wait = (retry_at(given, NOW) - NOW).total_seconds()
    assert seconds - 1 <= wait <= seconds + 3


@pytest.mark.behaviour_x(15)
@pytest.mark.parametrize("fault", ["server_error", "html_200", "redirect", "huge", "odd"])
def test_a_read_that_failed_may_be_asked_again(desk, fault):
    desk.x.fault(fault, on="read")
    with pytest.raises(Unavailable):
        twitter.health(desk.account)


@pytest.mark.behaviour_x(12)
@pytest.mark.parametrize("code", [0, 1])
def test_no_credit_in_both_shapes(desk, code):
    to = mention(desk)
    desk.x.fault("no_credits", on="send", code=code)
    with pytest.raises(OutOfCredit):
        twitter.send(desk.account, desk.reply(to, kind="mention"))


# ---------------------------------------------------------------- tokens


@pytest.mark.behaviour_x(11)
def test_a_token_that_is_over_is_renewed_and_the_answer_leaves(desk):
    to = mention(desk)
    desk.x.adjust(tokens="expire")
    assert twitter.send(desk.account, desk.reply(to, kind="mention")).external_id
    assert [one["ok"] for one in desk.x.state()["refreshes"]] == [True]


@pytest.mark.behaviour_x(11)
def test_a_token_is_renewed_before_its_end(desk):
    account = desk.with_credentials(**desk.account.credentials, renew_at="1")
    twitter.health(account)
    assert len(desk.x.state()["refreshes"]) == 1
    twitter.health(replace(account, credentials={**account.credentials, "renew_at": str(2**40)}))
    assert len(desk.x.state()["refreshes"]) == 1


@pytest.mark.behaviour_x(11)
def test_a_token_that_cannot_be_renewed_disconnects(desk):
    desk.x.adjust(tokens="kill")
    with pytest.raises(Disconnected):
        twitter.health(desk.account)


def test_keys_of_oauth_1_that_are_refused_disconnect_at_once(desk, globex_keys):
    spoilt = replace(globex_keys, credentials={**globex_keys.credentials, "access_token_secret": "wrong"})
    with pytest.raises(Disconnected):
        twitter.health(spoilt)
    assert not desk.x.state()["refreshes"]


def test_the_owner_lets_us_in(desk):
    back, verifier = f"{desk.x.hook.url}back", "v" * 50
    address = twitter.door(desk.account.app, back, "state", verifier)
    came = requests.get(f"{address}&as={BRAND}", allow_redirects=False, timeout=5)
    code = came.headers["location"].partition("code=")[2]
    given = twitter.let_in(desk.account.app, back, code, verifier)
    assert (given.external_id, given.name) == (BRAND, "Acme")
    assert set(given.credentials) == {"access_token", "refresh_token", "scope", "renew_at", "ends_at"}
    with pytest.raises(Disconnected):
        twitter.let_in(desk.account.app, back, code, verifier)


# ---------------------------------------------------------------- people and posts


def test_people_and_posts_are_looked_up_and_what_is_gone_is_told(desk):
    first, second = mention(desk), mention(desk, "@Acme again")
    author = twitter.profile(desk.account, desk.x.person())
    assert author is not None
    assert author.name == CUSTOMER
    assert twitter.profile(desk.account, "999") is None
    post = twitter.look_up(desk.account, first)
    assert post is not None
    assert post.context_only
    desk.x.say("remove", to=first)
    assert twitter.look_up(desk.account, first) is None
    assert list(twitter.gone(desk.account, [first, second, "not-a-number"], {})) == [first]


@pytest.mark.behaviour_x(6)
def test_our_answer_comes_back_as_ours_with_the_very_words(desk):
    to = mention(desk)
    text = "It is <there> & waiting: https://example.com/track?a=1&b=2"
    sent = twitter.send(desk.account, desk.reply(to, text, kind="mention"))
    echo = until(lambda: [post for post in desk.received() if post.external_id == sent.external_id])[0]
    assert (echo.ours, echo.context_only, echo.parent_id) == (True, False, to)
    assert echo.text == text
    desk.x.say("message", "Psst")
    direct = twitter.send(desk.account, desk.message("And here & now"))
    echo = until(lambda: [post for post in desk.received() if post.external_id == direct.external_id])[0]
    assert (echo.ours, echo.text, echo.thread_id) == (True, "And here & now", desk.x.person())
    assert echo.created_at - datetime.now(UTC) < timedelta(seconds=5)
