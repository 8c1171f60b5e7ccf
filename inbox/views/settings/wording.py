"""What a platform said, and how an account is, in sentences an admin can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from connectors import gateway, ledger
from connectors.contract import (
    ConnectorError,
    Disconnected,
    Forbidden,
    NoticeKind,
    OutOfCredit,
    Reason,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from connectors.models import ChannelAccount

State = ChannelAccount.State
EXPIRY_NOTICE = timedelta(days=14)


def problem(error: ConnectorError, channel: str) -> str:
    """What went wrong with a channel's call to its platform, and what to do."""
    if advice := gateway.explain(channel, error.code):
        return _(advice)
    platform = gateway.platform_of(channel)
    said = {"platform": _(platform.label), "code": error.code or "–"}
    if not platform.needs_app:
        return _problem_of_a_site(error)
    if isinstance(error, Disconnected):
        return _("%(platform)s does not accept this token (%(code)s). Make a new one there and paste it here.") % said
    if isinstance(error, Forbidden):
        return (
            _(
                "%(platform)s says a permission is missing (%(code)s). Grant the permissions listed below, "
                "make a new token and paste it here."
            )
            % said
        )
    if isinstance(error, Throttled):
        until = date_format(error.retry_at, "DATETIME_FORMAT")
        return _("%(platform)s asks us to wait until %(until)s (UTC). Try again then.") % {**said, "until": until}
    if isinstance(error, Unavailable | UnknownOutcome):
        return _("%(platform)s does not answer at the moment. Try again in a minute.") % said
    if isinstance(error, OutOfCredit) and error.code == gateway.CEILING:
        return _("The month’s ceiling of this account is reached. Raise it here, or wait for the next month.")
    if isinstance(error, OutOfCredit):
        return _("%(platform)s wants money first (%(code)s). Look at the app's billing there.") % said
    return _("%(platform)s refused (%(code)s). Check the ID and the token.") % said


def _problem_of_a_site(error: ConnectorError) -> str:
    """Where there is no app and no token, only an address and maybe somebody's password."""
    said = {"code": error.code or "–"}
    if isinstance(error, Throttled):
        until = date_format(error.retry_at, "DATETIME_FORMAT")
        return _("The site asks us to wait until %(until)s (UTC). Try again then.") % {"until": until}
    if isinstance(error, Unavailable | UnknownOutcome):
        return _("The site does not answer as it should at the moment (%(code)s). Try again in a minute.") % said
    return _("The site refused (%(code)s). Check the address and what else was given.") % said


def may_not(names: Sequence[str]) -> str:
    """What a person's own account lacks where no app is in between."""
    sentence = _("The user lacks permissions: %(names)s. It must be an editor or an administrator.")
    return sentence % {"names": ", ".join(names)}


def concerns_token(error: ConnectorError) -> bool:
    """Whether another token would help."""
    return isinstance(error, Disconnected | Forbidden)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account is. `level`: good, warn, bad or muted; `reasons`: sentences, the worst first."""

    level: str
    label: str
    icon: str
    reasons: list[str] = field(default_factory=list)


def standing(account: ChannelAccount) -> Standing:
    reasons = _worries(account)
    if account.state == State.PAUSED:
        sentence = _("Nothing is sent or fetched until it is resumed.")
        return Standing("muted", _("Paused"), "circle-pause", [sentence, *reasons])
    if account.state == State.ATTENTION:
        return Standing("bad", _("Needs attention"), "circle-alert", [_attention(account), *reasons])
    if reasons:
        return Standing("warn", _("Works in part"), "triangle-alert", reasons)
    return Standing("good", _("Healthy"), "circle-check")


def _attention(account: ChannelAccount) -> str:
    reason, _colon, code = account.attention.partition(":")
    by_app, platform = _by_app(account), _(gateway.platform_of(account.channel).label)
    if reason == Reason.DISCONNECTED and (advice := gateway.explain(account.channel, code)):
        return _(advice)
    if not by_app and reason == "other_account":
        return _("The address belongs to another account. Correct it under “Edit or reconnect”.")
    if not by_app and reason == Reason.DISCONNECTED:
        sentence = _("The site refuses us (%(code)s). Replies wait. Correct it under “Edit or reconnect”.")
        return sentence % {"code": code or "–"}
    if reason == Reason.DISCONNECTED:
        return _(
            "%(platform)s no longer accepts the token (%(code)s). Replies wait. "
            "Make a new token and give it under “Edit or reconnect”."
        ) % {"platform": platform, "code": code or "–"}
    if reason == NoticeKind.REVOKED:
        return _("The owner took the app’s access away, and the token is erased. Connect the account anew.")
    if reason == "other_account":
        return _(
            "The token opens another account (%(id)s). Give a token of this account under “Edit or reconnect”."
        ) % {"id": code}
    return account.attention or _("Test it to see what is wrong.")


def _by_app(account: ChannelAccount) -> bool:
    return gateway.platform_of(account.channel).needs_app


def _worries(account: ChannelAccount) -> list[str]:
    found = account.health
    platform = _(gateway.platform_of(account.channel).label)
    worries, failure = [], found.get("failure")
    if failure and account.state != State.ATTENTION:
        advice = gateway.explain(account.channel, failure.get("code") or "")
        sentence = _("The last test did not come through (%(what)s). Test again in a minute.")
        worries.append(_(advice) if advice else sentence % {"what": failure.get("code") or failure.get("kind")})
    if found.get("missing"):
        names = {"names": ", ".join(found["missing"])}
        sentence = _("Permissions are missing: %(names)s. Grant them and give a new token.") % names
        worries.append(sentence if _by_app(account) else may_not(found["missing"]))
    if found.get("unsubscribed"):
        sentence = _("Some events do not reach us: %(names)s. Press “Repair the subscription”.")
        worries.append(sentence % {"names": ", ".join(found["unsubscribed"])})
    worries += [_(advice) for code in found.get("unseen", []) if (advice := gateway.explain(account.channel, code))]
    worries += [_(warning) for warning in found.get("warnings", [])]
    ends = parse_datetime(found.get("expires_at") or "")
    if ends and ends < timezone.now() + EXPIRY_NOTICE and not found.get("renews"):
        sentence = _("The token ends on %(date)s. Give a new one before.")
        worries.append(sentence % {"date": date_format(ends, "DATE_FORMAT")})
    if account.attention.startswith(gateway.OUT_OF_CREDIT):
        sentence = _("%(platform)s wants money first (%(code)s): nothing is read or sent until the app has credit.")
        code = account.attention.partition(":")[2] or "–"
        worries.append(sentence % {"platform": platform, "code": code})
    elif not ledger.may_write(account):
        sentence = _(
            "The month’s ceiling is reached (%(share)s %%): nothing more is read or sent until the month is over (UTC) "
            "or until you raise it under “Edit or reconnect”."
        )
        worries.append(sentence % {"share": ledger.share(account)})
    elif not ledger.may_read(account):
        sentence = _("%(share)s %% of the month’s ceiling are spent: nothing more is read, only answers still leave.")
        worries.append(sentence % {"share": ledger.share(account)})
    if account.app.paused_at:
        worries.append(_("Its %(platform)s app is paused: webhooks are kept and wait.") % {"platform": platform})
    return worries
