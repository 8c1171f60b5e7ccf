"""A handle on X: posts that name it, answer it or speak of it, and its direct messages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.contract import (
    AUTOMATIC_APPS,
    Account,
    App,
    Author,
    Can,
    Channel,
    ConnectorError,
    Cost,
    Field,
    Forbidden,
    Granted,
    Health,
    Inbound,
    Kind,
    Page,
    Post,
    Reason,
    Refused,
    Reply,
    Rule,
    Sent,
    Surface,
    Thread,
    UnknownOutcome,
)
from connectors.reading import Unfit, as_list, as_object, ident, point_in_time, title, words
from connectors.twitter import backfill, removals, subscriptions, tokens
from connectors.twitter.client import XClient
from connectors.twitter.direct import GROUP
from connectors.twitter.errors import RIGHTS_MISSING
from connectors.twitter.explained import COSTS, EXPLAINED
from connectors.twitter.length import LONGEST, has_link, weight
from connectors.twitter.options import OPTIONS
from connectors.twitter.posts import SITE, Told, author_of, number, plain_text, read_post, told_with, unescaped
from connectors.twitter.prices import cost, of_event, price, shown

LONGEST_DIRECT = 10_000
CLOCKS_DIFFER = timedelta(seconds=5)
SETTLE_PAGES = 2
WEIGHTED = "weighted"
_SCHEME = re.compile(r"https?://(www\.)?", re.IGNORECASE)
_ANSWERED = frozenset({Can.REPLY, Can.REPLY_PRIVATELY})


class Twitter(Channel):
    name = "twitter"
    label = "X"
    poll_every = timedelta(minutes=1)
    has_door = True
    account_id = Field(
        "external_id",
        "User ID",
        pattern=r"[1-9]\d{0,18}",
        help="The number behind the handle. “Connect at X” fills it in by itself.",
    )
    account_fields = (
        Field("access_token", "Access token", secret=True, help="Of the account itself, not the app's bearer token."),
        Field(
            "access_token_secret",
            "Access token secret",
            secret=True,
            required=False,
            help="Only with keys of OAuth 1.0a. They have no end, but X sends no private events for them.",
        ),
        Field(
            "refresh_token",
            "Refresh token",
            secret=True,
            required=False,
            help="Only with OAuth 2. It is used once and replaced: use it nowhere else.",
        ),
    )
    account_options = (*OPTIONS, AUTOMATIC_APPS)
    cost_names = COSTS
    permissions = tokens.SCOPES
    surfaces = (
        Surface(Kind.POST, frozenset({Can.REPLY, Can.DELETE}), LONGEST, weight, WEIGHTED, True, anywhere=True),
        Surface(Kind.MENTION, _ANSWERED | {Can.DELETE}, LONGEST, weight, WEIGHTED, True, LONGEST_DIRECT, anywhere=True),
        Surface(
            Kind.COMMENT,
            _ANSWERED | {Can.HIDE, Can.DELETE},
            LONGEST,
            weight,
            WEIGHTED,
            True,
            private_max_length=LONGEST_DIRECT,
            anywhere=True,
            hides_below_own=True,
        ),
        Surface(Kind.DIRECT, frozenset({Can.REPLY}), LONGEST_DIRECT, public=False),
    )

    # ------------------------------------------------------------ answering

    def reply_rule(self, account: Account, thread: Thread, now: datetime, *, private: bool = False) -> Rule:
        """With Enterprise access nobody needs to have named us.

        A private reply is a message, and paid as one: X takes as many as the person does, and says no by a refusal.
        """
        unasked = thread.closed is Reason.NOT_SUMMONED and bool(account.options.get("enterprise"))
        if unasked:
            thread = replace(thread, closed=None)
        if private and thread.closed is Reason.PROTECTED:
            # A protected author's posts are out of sight, and a message needs none.
            thread = replace(thread, removed=False)
        if private and thread.closed is Reason.SUSPENDED:
            return Rule(False, Reason.SUSPENDED)
        rule = super().reply_rule(account, thread, now, private=private)
        if private and rule.allowed and thread.unreachable:
            return Rule(False, Reason.RECIPIENT_UNAVAILABLE)
        if not rule.allowed:
            return rule
        if private or thread.kind is Kind.DIRECT:
            return replace(rule, cost=shown(account.app, "dm_create"))
        first = shown(account.app, "post_create" if unasked else "summoned_reply")
        dear, further = shown(account.app, "post_with_link"), shown(account.app, "post_create")
        return replace(rule, cost=first, link_cost=dear, part_cost=further)

    def send(self, account: Account, reply: Reply) -> Sent:
        """Answer `reply.to` in public, or write to whom `thread_id` is: one person or a group, never the other."""
        surface = self.surface(reply.thread.kind)
        limit = surface.private_max_length if reply.private else surface.max_length
        count = len if reply.private else surface.length_of
        if not reply.text.strip():
            raise Refused(Reason.EMPTY)
        if limit is not None and count(reply.text) > limit:
            raise Refused(Reason.TOO_LONG, f"longer than {limit}")
        thread = replace(reply.thread, unreachable=False)
        rule = self.reply_rule(account, thread, datetime.now(UTC), private=reply.private)
        if rule.reason:
            raise Refused(rule.reason)
        with XClient(account) as client:
            if reply.private or reply.thread.kind is Kind.DIRECT:
                return _send_message(client, reply)
            answer = client.create_tweet(text=reply.text, in_reply_to_tweet_id=reply.to, user_auth=False)
            external_id = _id_of(answer, "id")
            account.report_cost(cost(account.app, _kind_of(reply), [external_id]))
            return Sent(external_id, permalink=f"{SITE}/i/status/{external_id}")

    def settle(self, account: Account, reply: Reply, since: datetime) -> Sent | None:
        with XClient(account) as client:
            if reply.private or reply.thread.kind is Kind.DIRECT:
                return _find_message(client, reply, since)
            return _find_post(client, reply, since)

    def act(self, account: Account, action: Can, external_id: str, *, on: bool = True) -> None:
        """Hide below our own posts, delete our own words. What is gone already is deleted."""
        if action is not Can.HIDE and not (action is Can.DELETE and on):
            super().act(account, action, external_id, on=on)
        with XClient(account) as client:
            if action is Can.HIDE:
                _hide(client, external_id, on)
                kind = "hide"
            else:
                _delete(client, external_id)
                kind = "post_delete"
            account.report_cost(cost(account.app, kind, [external_id]))

    # ------------------------------------------------------------ reading

    def profile(self, account: Account, external_id: str) -> Author | None:
        with XClient(account) as client:
            try:
                found = as_object(
                    client.get(f"/2/users/{external_id}", **{"user.fields": backfill.USER_FIELDS}).get("data")
                )
            except Refused:
                return None
        if not found:
            return None
        account.report_cost(cost(account.app, "user_read", [external_id]))
        return author_of(external_id, found)

    def look_up(self, account: Account, external_id: str) -> Post | None:
        with XClient(account) as client:
            try:
                answer = client.get(f"/2/tweets/{external_id}", **backfill.POSTS)
            except Refused:
                return None
        found = as_object(answer.get("data"))
        if not found:
            return None
        account.report_cost(cost(account.app, "post_read", [external_id]))
        told = told_with(Told(account.external_id, datetime.now(UTC), "look_up"), answer.get("includes"))
        try:
            posts = [record for record in read_post(told, found) if isinstance(record, Post)]
        except Unfit:
            return None
        return replace(posts[0], external_id=external_id, context_only=True) if posts else None

    def gone(self, account: Account, external_ids: Sequence[str], authors: Mapping[str, str]) -> Mapping[str, Reason]:
        return removals.gone(account, external_ids, authors)

    def is_group(self, thread_id: str) -> bool:
        return thread_id.startswith(GROUP)

    def poll(self, account: Account, cursor: str) -> Page:
        return backfill.poll(account, cursor)

    def explain(self, code: str) -> str:
        return EXPLAINED.get(code, "")

    def price(self, app: App, reply: Reply) -> Decimal:
        is_message = reply.private or reply.thread.kind is Kind.DIRECT
        return price(app, "dm_create" if is_message else _kind_of(reply))

    def cost_of(self, app: App, record: Inbound) -> Cost | None:
        return of_event(app, record)

    # ------------------------------------------------------------ the connection

    def door(self, app: App, back: str, state: str, verifier: str) -> str:
        return tokens.address(app, back, state, verifier)

    def let_in(self, app: App, back: str, code: str, verifier: str) -> Granted:
        given = tokens.redeem(app, back, code, verifier)
        with XClient(Account(self.name, "0", given, app)) as client:
            me = as_object(client.get("/2/users/me").get("data"))
        return Granted(ident(me.get("id")), title(me.get("name")), given)

    def subscribe(self, account: Account) -> None:
        subscriptions.subscribe(account)

    def unsubscribe(self, account: Account) -> None:
        """X forgets subscriptions and token; the token also where the subscriptions could not be ended."""
        try:
            subscriptions.unsubscribe(account)
        finally:
            tokens.revoke(account.app, account.credentials)

    def health(self, account: Account) -> Health:
        with XClient(account) as client:
            me = as_object(client.get("/2/users/me", **{"user.fields": "name,username"}).get("data"))
            held = client.credentials
        scope = held.get("scope", "").split()
        found = ident(me.get("id"))
        account.report_cost(cost(account.app, "user_read", [found]))
        warnings: list[str] = []
        subscribed: list[str] = []
        unsubscribed: list[str] = []
        if found == account.external_id:
            subscribed, unsubscribed, warnings = _heard(account)
        return Health(
            found,
            title(me.get("name")) or title(me.get("username")),
            granted=tuple(one for one in self.permissions if one in scope),
            missing=tuple(one for one in self.permissions if one not in scope) if scope else (),
            subscribed=tuple(subscribed),
            unsubscribed=tuple(unsubscribed),
            expires_at=tokens.end_of(held),
            renews=tokens.is_renewed(held),
            warnings=tuple(warnings),
        )


def _heard(account: Account) -> tuple[list[str], list[str], list[str]]:
    """What is subscribed, what is not, and why it could not be seen."""
    try:
        with XClient(account, as_app=True) as app:
            webhook, there = subscriptions.webhook_of(app), subscriptions.present(app)
    except ConnectorError as error:
        return [], [], [f"The subscriptions could not be checked ({error.code or type(error).__name__})."]
    works = webhook is not None and webhook.get("valid") is not False
    lacking = subscriptions.lacking(account, there, ident((webhook or {}).get("id")))
    heard = [one for one in subscriptions.wanted(account) if one not in lacking]
    return heard, ([] if works else [subscriptions.WEBHOOK]) + lacking, []


def _hide(client: XClient, external_id: str, on: bool) -> None:
    """X hides only in conversations we began, and says no elsewhere as it does where a permission is missing."""
    try:
        (client.hide_reply if on else client.unhide_reply)(external_id, user_auth=False)
    except Forbidden as error:
        if error.code in RIGHTS_MISSING:
            raise
        raise Refused(Reason.NOT_SUPPORTED, error.detail, code=error.code, trace=error.trace) from None


def _delete(client: XClient, external_id: str) -> None:
    try:
        client.delete_tweet(external_id, user_auth=False)
    except Refused as error:
        if error.reason is not Reason.GONE:
            raise


def _kind_of(reply: Reply) -> str:
    """What a public answer is paid as: nobody named us in a post of our own."""
    if has_link(reply.text):
        return "post_with_link"
    unasked = reply.continues or reply.thread.closed is Reason.NOT_SUMMONED
    return "post_create" if unasked else "summoned_reply"


def _send_message(client: XClient, reply: Reply) -> Sent:
    to = _conversation(reply)
    answer = client.create_direct_message(**to, text=reply.text, user_auth=False)
    external_id = _id_of(answer, "dm_event_id")
    client.account.report_cost(cost(client.account.app, "dm_create", [external_id]))
    return Sent(external_id, permalink=f"{SITE}/messages")


def _conversation(reply: Reply) -> dict[str, str]:
    """A group is answered as a group, one person alone."""
    if reply.thread.kind is Kind.DIRECT and reply.thread_id.startswith(GROUP):
        return {"dm_conversation_id": reply.thread_id.removeprefix(GROUP)}
    other = reply.recipient if reply.private else reply.thread_id
    if not number(other):
        raise Refused(Reason.RECIPIENT_UNAVAILABLE)
    return {"participant_id": other}


def _id_of(answer: Any, name: str) -> str:
    """What X calls our words. Without an id they may be out, and nobody could tell an echo of them."""
    found = number(as_object(as_object(answer).get("data")).get(name))
    if not found:
        raise UnknownOutcome(f"X took it and gave no {name}")
    return found


def _find_post(client: XClient, reply: Reply, since: datetime) -> Sent | None:
    start = (since - CLOCKS_DIFFER).astimezone(UTC)
    asked: dict[str, Any] = {
        "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "max_results": 100,
        "tweet.fields": backfill.POST_FIELDS,
    }
    route = f"/2/users/{client.account.external_id}/tweets"
    found = []
    for sheet in client.sheets(route, "pagination_token", most=SETTLE_PAGES, **asked):
        client.account.report_cost(
            cost(client.account.app, "post_read", [ident(item.get("id")) for item in sheet.items])
        )
        found += [item for item in sheet.items if _answers(item, reply.to)]
    return _first_same(found, reply.text, since, lambda item: plain_text(item, True), f"{SITE}/i/status/")


def _answers(item: Mapping[str, Any], to: str) -> bool:
    refs = as_list(item.get("referenced_tweets")) or as_list(item.get("referenced_posts"))
    return any(one.get("type") == "replied_to" and ident(one.get("id")) == to for one in map(as_object, refs))


def _find_message(client: XClient, reply: Reply, since: datetime) -> Sent | None:
    to = _conversation(reply)
    group = to.get("dm_conversation_id")
    route = (
        f"/2/dm_conversations/{group}/dm_events"
        if group
        else f"/2/dm_conversations/with/{to['participant_id']}/dm_events"
    )
    asked: dict[str, Any] = {
        "max_results": backfill.MESSAGES_A_PAGE,
        "dm_event.fields": backfill.MESSAGES["dm_event.fields"],
        "event_types": "MessageCreate",
    }
    found = []
    for sheet in client.sheets(route, "pagination_token", most=1, **asked):
        client.account.report_cost(cost(client.account.app, "dm_read", [ident(item.get("id")) for item in sheet.items]))
        found += [item for item in sheet.items if ident(item.get("sender_id")) == client.account.external_id]
    return _first_same(found, reply.text, since, _message_text, "")


def _message_text(item: Mapping[str, Any]) -> str:
    return unescaped(words(item.get("text")), as_object(item.get("entities")))


def _first_same(items: Iterable[Mapping[str, Any]], text: str, since: datetime, said: Any, place: str) -> Sent | None:
    """The earliest of ours since then with the same words."""
    found = []
    for item in items:
        at, external_id = point_in_time(item.get("created_at"), datetime.now(UTC)), number(item.get("id"))
        if at and external_id and at >= since - CLOCKS_DIFFER and _plain(said(item)) == _plain(text):
            found.append(Sent(external_id, at, f"{place}{external_id}" if place else ""))
    return min(found, key=lambda one: one.at or since, default=None)


def _plain(text: str) -> str:
    """X trims, composes letters and completes links its own way."""
    return _SCHEME.sub("", " ".join(unicodedata.normalize("NFC", text).split())).rstrip("/")


twitter = Twitter()
