"""Messenger: the conversations of a Facebook page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.contract import (
    AUTOMATIC_APPS,
    Account,
    Can,
    Field,
    Forbidden,
    Kind,
    Page,
    Reason,
    Refused,
    Reply,
    Rule,
    Sent,
    Surface,
    Thread,
)
from connectors.meta.backfill import read_conversations
from connectors.meta.errors import INVALID_PARAMETER
from connectors.meta.graph import GraphClient
from connectors.meta.page import PageChannel, find_message, refuse_unsendable, send_message

ANYBODY_WITHIN = timedelta(hours=24)
HUMAN_WITHIN = timedelta(days=7)
RESPONSE = "RESPONSE"
HUMAN_AGENT = "HUMAN_AGENT"


class Messenger(PageChannel):
    name = "messenger"
    label = "Messenger"
    account_options = (
        Field(
            "human_agent",
            "Human Agent",
            required=False,
            help="Meta granted the app this feature: people may answer for seven days instead of 24 hours.",
        ),
        AUTOMATIC_APPS,
    )
    fields = (
        "messages",
        "message_edits",
        "message_echoes",
        "message_deliveries",
        "message_reads",
        "message_reactions",
        "messaging_postbacks",
        "messaging_referrals",
        "messaging_optins",
        "messaging_handovers",
        "standby",
        "messaging_policy_enforcement",
    )
    permissions = ("pages_manage_metadata", "pages_messaging")
    surfaces = (Surface(Kind.DIRECT, frozenset({Can.REPLY, Can.MARK_SEEN, Can.TYPING}), 2000, public=False),)

    def reply_rule(self, account: Account, thread: Thread, now: datetime, *, private: bool = False) -> Rule:
        """The tag is the messaging type or message tag to send with. A withdrawn message may still be answered."""
        if private or thread.kind is not Kind.DIRECT:
            return Rule(False, Reason.NOT_SUPPORTED)
        if thread.owner not in ("", account.app.external_id):
            return Rule(False, Reason.OTHER_APP_OWNS_THREAD)
        if thread.last_customer_at is None:
            return Rule(False, Reason.WINDOW_CLOSED)
        last = thread.last_customer_at.astimezone(UTC)
        if now < last + ANYBODY_WITHIN:
            return Rule(True, until=last + ANYBODY_WITHIN, tag=RESPONSE)
        if not account.options.get("human_agent"):
            return Rule(False, Reason.WINDOW_CLOSED, last + ANYBODY_WITHIN)
        if now < last + HUMAN_WITHIN:
            return Rule(True, until=last + HUMAN_WITHIN, tag=HUMAN_AGENT)
        return Rule(False, Reason.WINDOW_CLOSED, last + HUMAN_WITHIN)

    def send(self, account: Account, reply: Reply) -> Sent:
        refuse_unsendable(self.surface(reply.thread.kind), reply)
        rule = self.reply_rule(account, reply.thread, datetime.now(UTC), private=reply.private)
        if rule.reason:
            raise Refused(rule.reason)
        if rule.tag == HUMAN_AGENT and not reply.human:
            raise Refused(Reason.HUMANS_ONLY)
        body = {
            "recipient": {"id": reply.recipient or reply.thread_id},
            "messaging_type": RESPONSE,
            "message": {"text": reply.text, "metadata": reply.token},
        }
        if rule.tag == HUMAN_AGENT:
            body |= {"messaging_type": "MESSAGE_TAG", "tag": HUMAN_AGENT}
        with GraphClient(account) as graph:
            try:
                return send_message(graph, account, body)
            except Refused as error:
                if rule.tag != HUMAN_AGENT or error.code != str(INVALID_PARAMETER):
                    raise
                lacking = Forbidden("the Human Agent feature may be missing", code=error.code, trace=error.trace)
        raise lacking

    def settle(self, account: Account, reply: Reply, since: datetime) -> Sent | None:
        with GraphClient(account) as graph:
            return find_message(graph, account, reply.recipient or reply.thread_id, reply.text, since)

    def act(self, account: Account, action: Can, external_id: str, *, on: bool = True) -> None:
        """Mark as seen or show typing to the customer `external_id`; typing fades by itself after 20 seconds."""
        if action is Can.TYPING:
            sender_action = "typing_on" if on else "typing_off"
        elif action is Can.MARK_SEEN and on:
            sender_action = "mark_seen"
        else:
            super().act(account, action, external_id, on=on)
            return
        with GraphClient(account) as graph:
            body = {"recipient": {"id": external_id}, "sender_action": sender_action}
            graph.post_json(account.external_id, "messages", body)

    def poll(self, account: Account, cursor: str) -> Page:
        with GraphClient(account) as graph:
            return read_conversations(graph, account.external_id, cursor)


messenger = Messenger()
