"""A Facebook page in public: posts of visitors, comments, mentions and reviews, and private replies to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import (
    Account,
    AlreadyDone,
    Can,
    ConnectorError,
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
)
from connectors.meta.backfill import read_feed
from connectors.meta.errors import INVALID_PARAMETER, is_gone
from connectors.meta.feed import Change, read_change
from connectors.meta.graph import GraphClient
from connectors.meta.nodes import COMMENT_FIELDS, COMMON_FIELDS, POST_FIELDS, comment_value, post_value
from connectors.meta.page import PageChannel, find_message, find_own, refuse_unsendable, send_message, sent
from connectors.meta.reading import Entry
from connectors.reading import Unfit, as_object, ident

PRIVATE_REPLY_WITHIN = timedelta(days=7)
COMMENT_LENGTH = 8000
MESSAGE_LENGTH = 2000
SETTLE_PAGES = 5
_MODERATED = frozenset({Can.REPLY, Can.REPLY_PRIVATELY, Can.LIKE, Can.HIDE, Can.DELETE})


class Facebook(PageChannel):
    name = "facebook"
    label = "Facebook"
    fields = ("feed", "mention", "ratings")
    profile_fields = "name,picture{url}"
    permissions = (
        "pages_manage_metadata",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_engagement",
        "pages_messaging",
    )
    surfaces = (
        Surface(Kind.POST, _MODERATED, COMMENT_LENGTH, private_max_length=MESSAGE_LENGTH, private_once=True),
        Surface(Kind.COMMENT, _MODERATED, COMMENT_LENGTH, private_max_length=MESSAGE_LENGTH, private_once=True),
        Surface(Kind.MENTION, frozenset({Can.REPLY, Can.LIKE}), COMMENT_LENGTH),
        Surface(Kind.REVIEW, frozenset({Can.REPLY}), COMMENT_LENGTH),
    )

    def reply_rule(self, account: Account, thread: Thread, now: datetime, *, private: bool = False) -> Rule:
        rule = super().reply_rule(account, thread, now, private=private)
        if not (rule.allowed and private):
            return rule
        if thread.privately_replied:
            return Rule(False, Reason.PRIVATE_REPLY_USED)
        if thread.post_created_at is None:
            return rule
        until = thread.post_created_at.astimezone(UTC) + PRIVATE_REPLY_WITHIN
        return Rule(True, until=until) if now < until else Rule(False, Reason.PRIVATE_REPLY_EXPIRED, until)

    def send(self, account: Account, reply: Reply) -> Sent:
        """Comment under `reply.to`, or write to its author.

        Facebook hangs an answer to a comment's reply on the comment itself. A private reply is kept to
        once by the caller, whose record of this very attempt may be what says "used": so only the
        platform decides that here (AlreadyDone).
        """
        refuse_unsendable(self.surface(reply.thread.kind), reply)
        thread = replace(reply.thread, privately_replied=False)
        rule = self.reply_rule(account, thread, datetime.now(UTC), private=reply.private)
        if rule.reason:
            raise Refused(rule.reason)
        with GraphClient(account) as graph:
            if not reply.private:
                return sent(graph.put_comment(_place(reply), reply.text), "id")
            recipient = {"post_id" if reply.thread.kind is Kind.POST else "comment_id": reply.to}
            message = {"text": reply.text, "metadata": reply.token}
            return send_message(graph, account, {"recipient": recipient, "message": message})

    def settle(self, account: Account, reply: Reply, since: datetime) -> Sent | None:
        with GraphClient(account) as graph:
            if reply.private:
                return find_message(graph, account, reply.recipient, reply.text, since)
            for above in dict.fromkeys((_place(reply), reply.thread_id)):
                if above and (found := _find_comment(graph, account, above, reply.text, since)):
                    return found
        return None

    def act(self, account: Account, action: Can, external_id: str, *, on: bool = True) -> None:
        """Deleting what is gone already is no error."""
        if action not in (Can.LIKE, Can.HIDE) and not (action is Can.DELETE and on):
            super().act(account, action, external_id, on=on)
        with GraphClient(account) as graph:
            try:
                _do(graph, action, external_id, on)
            except AlreadyDone:
                return
            except Refused as error:
                if action is not Can.DELETE or not is_gone(error):
                    raise

    def look_up(self, account: Account, external_id: str) -> Post | None:
        with GraphClient(account) as graph:
            try:
                is_post = external_id.startswith(f"{account.external_id}_")
                value = _read_value(graph, account.external_id, external_id, is_post)
            except Refused as error:
                if is_gone(error):
                    return None
                raise
        now = datetime.now(UTC)
        change = Change(Entry(account.external_id, None, now), "feed", value)
        try:
            posts = [record for record in read_change(change) if isinstance(record, Post)]
        except Unfit:
            return None
        return replace(posts[0], context_only=True) if posts else None

    def poll(self, account: Account, cursor: str) -> Page:
        with GraphClient(account) as graph:
            return read_feed(graph, account.external_id, cursor)


def _place(reply: Reply) -> str:
    return reply.above if reply.above and reply.thread.kind is Kind.COMMENT else reply.to


def _do(graph: GraphClient, action: Can, external_id: str, on: bool) -> None:
    if action is Can.DELETE:
        answer = graph.delete_object(external_id)
    elif action is Can.HIDE:
        answer = graph.request(f"{graph.version}/{external_id}", post_args={"is_hidden": on})
    elif on:
        answer = graph.put_like(external_id)
    else:
        answer = graph.remove_connection(external_id, "likes")
    if answer.get("success") is False:
        raise Refused(Reason.INVALID, f"Graph did not {action}")


def _find_comment(graph: GraphClient, account: Account, above: str, text: str, since: datetime) -> Sent | None:
    """Ours among the newest comments under a post or comment; None too where that is gone."""
    args: dict[str, Any] = {
        "filter": "stream",
        "order": "reverse_chronological",
        "since": int(since.timestamp()) - 60,
        "limit": 100,
    }
    fields = "id,from,message,created_time,permalink_url"
    try:
        for sheet in graph.pages(above, "comments", most=SETTLE_PAGES, fields=fields, **args):
            if found := find_own(sheet.items, account.external_id, text, since):
                return found
    except Refused as error:
        if not is_gone(error):
            raise
    return None


def _read_value(graph: GraphClient, page: str, external_id: str, is_post: bool) -> dict[str, Any]:
    """A post or comment as a webhook would tell it. Elsewhere an id does not say which of the two it is."""
    try:
        node = graph.get_object(external_id, fields=POST_FIELDS if is_post else COMMENT_FIELDS)
    except ConnectorError as error:
        if error.code != str(INVALID_PARAMETER):
            raise
        node, is_post = graph.get_object(external_id, fields=COMMON_FIELDS), True
    if is_post:
        return post_value({**node, "id": external_id})
    post_id = ident(as_object(node.get("object")).get("id")) or f"{page}_{external_id.partition('_')[0]}"
    return comment_value({**node, "id": external_id}, post_id)


facebook = Facebook()
