"""Codes in the reader's words: why a reply is not possible, why one failed, what happened to a ticket."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from connectors import gateway
from connectors.contract import Kind, Reason, Rule
from connectors.models import ChannelAccount
from inbox.actions import outcomes
from inbox.models import Message

REASONS = {
    Reason.NOT_SUPPORTED: gettext_lazy("The platform does not offer this here."),
    Reason.WINDOW_CLOSED: gettext_lazy(
        "The time to answer is over: the platform allows messages only for a while after the customer’s last one."
    ),
    Reason.HUMANS_ONLY: gettext_lazy("Only a person may answer now, no automation."),
    Reason.PRIVATE_REPLY_USED: gettext_lazy("This was already answered privately; the platform allows it once."),
    Reason.PRIVATE_REPLY_EXPIRED: gettext_lazy("A private reply is possible only within 7 days of the comment."),
    Reason.TOO_LONG: gettext_lazy("The text is too long for this channel."),
    Reason.EMPTY: gettext_lazy("Write something first."),
    Reason.GONE: gettext_lazy("The customer’s message was removed from the platform; it cannot be answered any more."),
    Reason.OTHER_APP_OWNS_THREAD: gettext_lazy("Another application is handling this conversation at the moment."),
    Reason.RECIPIENT_UNAVAILABLE: gettext_lazy(
        "This person cannot be reached: they take no messages from this account, blocked it, or left."
    ),
    Reason.PERMISSION_MISSING: gettext_lazy("The account lacks a permission for this. Please tell an admin."),
    Reason.RESTRICTED: gettext_lazy("The platform restricts the account at the moment. Please tell an admin."),
    Reason.DISCONNECTED: gettext_lazy(
        "The account needs to be reconnected by an admin; then answers can be sent again."
    ),
    Reason.PAUSED: gettext_lazy("The account is paused. Posts still arrive; answers cannot be sent."),
    Reason.REMOVED: gettext_lazy(
        "An admin removed the account: nothing new comes in, and nothing can be sent until it is connected again."
    ),
    Reason.INVALID: gettext_lazy("The platform did not accept the text."),
    Reason.NOT_SUMMONED: gettext_lazy(
        "The platform lets an app answer only where the author named or quoted the account. Answer there by hand."
    ),
    Reason.PROTECTED: gettext_lazy("The author’s posts are protected: nobody can answer them from here."),
    Reason.SUSPENDED: gettext_lazy("The platform suspended the author: nobody can answer them or write to them."),
    Reason.REPLIES_LIMITED: gettext_lazy("The author lets only some people answer, and this account is not one."),
    Reason.ENCRYPTED: gettext_lazy("The message is encrypted: it can be read and answered only on the platform."),
    Reason.DUPLICATE: gettext_lazy("The platform takes the same words only once: say it a little differently."),
    Reason.OVER_BUDGET: gettext_lazy(
        "The month’s ceiling for this account is reached: nothing is sent until an admin raises it in the settings, "
        "or until the month is over."
    ),
    Reason.TOO_DEAR: gettext_lazy(
        "This costs more than the month’s ceiling for this account leaves, with what still waits to be sent. Write it "
        "shorter and without links, or ask an admin to raise the ceiling."
    ),
    Reason.NO_CREDIT: gettext_lazy(
        "The platform wants money first: nothing is sent until an admin has paid there. What was written before waits "
        "and leaves then."
    ),
    Reason.ONLY_THERE: gettext_lazy(
        "This cannot be answered from here. Open the page, answer there, and record the answer with its link."
    ),
    Reason.SET_ASIDE: gettext_lazy(
        "This is among spam or in the trash, where nobody would see the answer. Put it back before you answer."
    ),
    Reason.CLOSED: gettext_lazy("The post takes no comments any more."),
}
OTHER_FAILURES = {
    "unavailable": gettext_lazy("The platform did not answer for a long time. Nothing was sent."),
    "part_before": gettext_lazy("The part before it is not out, so this one waits or stays here."),
    "throttled": gettext_lazy("The platform asks us to wait; the answer leaves as soon as it may."),
}


def reason_text(reason: Reason | str, limit: int | None = None, length: int | None = None) -> str:
    if reason == Reason.TOO_LONG and limit is not None and length is not None:
        over = length - limit
        return ngettext(
            "The text is %(over)d character too long; %(limit)d are allowed.",
            "The text is %(over)d characters too long; %(limit)d are allowed.",
            over,
        ) % {"over": over, "limit": limit}
    known = REASONS.get(Reason(reason)) if reason in set(Reason) else OTHER_FAILURES.get(reason)
    return str(known) if known else _("The platform refused it.")


def failure_text(message: Message) -> str:
    """Why an answer is where it is; empty where all is well."""
    if message.state == Message.State.UNKNOWN and message.looked_at is None:
        return _("We do not know yet whether this reached the platform, and are looking there.")
    if message.state == Message.State.UNKNOWN and message.failure == outcomes.NOT_FOUND:
        return _("We looked for this on the platform and did not find it. Look there before you send it again.")
    if message.state == Message.State.UNKNOWN:
        return _("We do not know whether this reached the platform. Please look there before you send it again.")
    return reason_text(message.failure) if message.failure else ""


def rule_text(rule: Rule, account: ChannelAccount, kind: str, *, private: bool, readers: int | None = None) -> str:
    """What holds for an answer here, shown before anybody types. `readers`: how many people of a group read it."""
    if rule.reason:
        return reason_text(rule.reason)
    if kind == Kind.DIRECT:
        if rule.tag == "HUMAN_AGENT":
            return _("More than a day has passed: only a personal answer, no advertising.")
        if readers is not None:
            return ngettext(
                "A group: all who are in it read this, %(people)d person as far as we know.",
                "A group: all who are in it read this, %(people)d people as far as we know.",
                readers,
            ) % {"people": readers}
        return _("Only the customer sees this.")
    if private and not gateway.surface(account.channel, kind).private_once:
        return _("Goes to the customer’s private messages, where they take any from this account.")
    if private:
        return _("Goes to the customer’s private messages; possible once per post.")
    if rule.tag == "held":
        return _("The question is not public yet: readers would see an answer to nothing. Approve it first.")
    if rule.tag == "approves":
        return _("The question is not public yet. It is approved when your answer leaves; then everybody reads both.")
    if kind == Kind.MENTION or gateway.surface(account.channel, kind).anywhere:
        return _("Everybody can read this where the customer wrote.")
    return _("Everybody can read this on %(page)s.") % {"page": account.name}


def link_text(why: str, there: str, here: str) -> str:
    """Why a link is not taken for an answer's."""
    if why == "other_site":
        said = {"there": there, "here": here}
        return _("This link leads to %(there)s, and the post stands on %(here)s: give the link of the answer.") % said
    if why == "front_page":
        return _("This link leads to the site’s front page: give that of the answer or of the post.")
    if why == "userinfo":
        return _("This link holds a name or a password: leave that out.")
    return _("This is no link. It should begin with https://.")


def both(name: str, sentence: Callable[[int], str]) -> dict[str, str]:
    """A sentence in both numbers, for a browser that knows its plural rules."""
    return {f"{name}_one": sentence(1), f"{name}_other": sentence(2)}
