"""Codes in the reader's words: why a reply is not possible, why one failed, what happened to a ticket."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from connectors.contract import Kind, Reason, Rule
from connectors.models import ChannelAccount
from inbox.models import Event, Message, Priority

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
    Reason.RECIPIENT_UNAVAILABLE: gettext_lazy("This person cannot be reached: they blocked the page or left."),
    Reason.PERMISSION_MISSING: gettext_lazy("The page lacks a permission for this. Please tell an admin."),
    Reason.RESTRICTED: gettext_lazy("The platform restricts the page at the moment. Please tell an admin."),
    Reason.DISCONNECTED: gettext_lazy(
        "The account needs to be reconnected by an admin; then answers can be sent again."
    ),
    Reason.PAUSED: gettext_lazy("The account is paused. Posts still arrive; answers cannot be sent."),
    Reason.INVALID: gettext_lazy("The platform did not accept the text."),
    Reason.NOT_SUMMONED: gettext_lazy(
        "The platform lets an app answer only where the author named or quoted the account. Answer there by hand."
    ),
    Reason.PROTECTED: gettext_lazy("The author’s posts are protected: nobody can answer them from here."),
    Reason.REPLIES_LIMITED: gettext_lazy("The author lets only some people answer, and this account is not one."),
    Reason.ENCRYPTED: gettext_lazy("The message is encrypted: it can be read and answered only on the platform."),
    Reason.DUPLICATE: gettext_lazy("The platform takes the same words only once: say it a little differently."),
    Reason.OVER_BUDGET: gettext_lazy("The month’s ceiling for this account is reached. Please tell an admin."),
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
    if message.state == Message.State.UNKNOWN:
        return _("We do not know whether this reached the platform. Please look there before you send it again.")
    return reason_text(message.failure) if message.failure else ""


def rule_text(rule: Rule, account: ChannelAccount, kind: str, *, private: bool) -> str:
    """What holds for an answer here, shown before anybody types."""
    if rule.reason:
        return reason_text(rule.reason)
    if kind == Kind.DIRECT:
        if rule.tag == "HUMAN_AGENT":
            return _("More than a day has passed: only a personal answer, no advertising.")
        return _("Only the customer sees this.")
    if private:
        return _("Goes to the customer’s private messages; possible once per post.")
    if rule.tag == "held":
        return _("The question is not public yet: readers would see an answer to nothing. Approve it first.")
    if rule.tag == "approves":
        return _("The question is not public yet. It is approved when your answer leaves; then everybody reads both.")
    if kind == Kind.MENTION:
        return _("Everybody can read this where the customer wrote.")
    return _("Everybody can read this on %(page)s.") % {"page": account.name}


def link_text(why: str, there: str, here: str) -> str:
    """Why a link is not taken for an answer's."""
    if why == "other_site":
        said = {"there": there, "here": here}
        return _("This link leads to %(there)s, and the post stands on %(here)s: give the link of the answer.") % said
    if why == "userinfo":
        return _("This link holds a name or a password: leave that out.")
    return _("This is no link. It should begin with https://.")


EVENTS = {
    "opened": gettext_lazy("Ticket opened"),
    "follow_up": gettext_lazy("Opened as a follow-up"),
    "reopened_by_customer": gettext_lazy("Reopened: the customer wrote again"),
    "reopened": gettext_lazy("Reopened"),
    "resolved": gettext_lazy("Resolved"),
    "breached": gettext_lazy("The promised time ran out"),
    "warned": gettext_lazy("%(share)s % of the promised time is over"),
    "recomputed": gettext_lazy("The clock was worked out anew: %(why)s"),
    "prioritised": gettext_lazy("Priority: %(priority)s"),
    "moved": gettext_lazy("Moved to another queue"),
    "tagged": gettext_lazy("Tags changed"),
    "grouped": gettext_lazy("The person’s group changed"),
    "routed": gettext_lazy("Given to %(to)s"),
    "assigned": gettext_lazy("Assigned to %(to)s"),
    "unassigned": gettext_lazy("Put back in the queue"),
    "answered_outside": gettext_lazy("Answered with another tool"),
    "removed_by_customer": gettext_lazy("The customer removed a message"),
    "withdrawn": gettext_lazy("Nothing is left to answer: the clock stops"),
    "failed": gettext_lazy("An answer could not be sent"),
    "sent_again": gettext_lazy("Sent again by hand"),
    "confirmed": gettext_lazy("Confirmed as sent"),
    "liked": gettext_lazy("Liked"),
    "unliked": gettext_lazy("Like taken back"),
    "hidden": gettext_lazy("Hidden on the platform"),
    "unhidden": gettext_lazy("Shown again on the platform"),
    "deleted": gettext_lazy("Deleted on the platform"),
    "undeleted": gettext_lazy("Restored: it is out of the trash"),
    "approved": gettext_lazy("Approved: everybody can read it"),
    "held_back": gettext_lazy("Held back for moderation"),
    "spam": gettext_lazy("Marked as spam"),
    "no_spam": gettext_lazy("No longer marked as spam"),
    "answered_there": gettext_lazy("Recorded: it was answered on the page"),
    "handed_away": gettext_lazy("Another application took the conversation over"),
    "handed_to_us": gettext_lazy("The conversation is ours again"),
    "referral": gettext_lazy("The customer came through a link or an advertisement"),
    "opt_in": gettext_lazy("The customer agreed to be written to"),
    "participants": gettext_lazy("Somebody joined or left the group"),
    "account_linking": gettext_lazy("The customer linked or unlinked their account"),
}


ESCALATIONS = {
    "notify": gettext_lazy("%(policy)s: somebody was told"),
    "reassign": gettext_lazy("%(policy)s: given to %(to)s"),
    "raise": gettext_lazy("%(policy)s: priority raised to %(priority)s"),
    "move": gettext_lazy("%(policy)s: moved to another queue"),
}
WHYS = {
    "policy": gettext_lazy("the policies changed (%(what)s)"),
    "hours": gettext_lazy("the opening hours changed (%(what)s)"),
    "prioritised": gettext_lazy("the priority changed"),
    "moved": gettext_lazy("the queue changed"),
    "tagged": gettext_lazy("the tags changed"),
    "grouped": gettext_lazy("the person’s group changed"),
    "escalation": gettext_lazy("its policy escalated it"),
}


def event_text(event: Event, names: Mapping[int, str]) -> str:
    """A sentence for the history; empty for what is not worth one. `names`: of the users the event speaks of."""
    data = event.data
    words = str(ESCALATIONS.get(data.get("do", ""), "") if event.verb == "escalated" else EVENTS.get(event.verb, ""))
    said = {"policy": data.get("policy", ""), "what": data.get("what", ""), "share": str(data.get("share", ""))}
    priority = data.get("priority", data.get("to") if event.verb == "prioritised" else None)
    said["priority"] = str(Priority(priority).label) if priority in Priority.values else ""
    said["why"] = str(WHYS.get(data.get("why", ""), "")) % said if event.verb == "recomputed" else ""
    to = data.get("to")
    said["to"] = names.get(to, "?") if isinstance(to, int) else "?"
    for name, value in said.items():
        words = words.replace(f"%({name})s", value)
    return words
