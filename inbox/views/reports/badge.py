"""Where a page stands with Facebook's badge, and what keeps it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from connectors.models import ChannelAccount
from inbox import records
from inbox.permissions import needs_role
from inbox.reports import badge as rules
from inbox.reports import words
from inbox.reports.badge import RULES, SHOWN, Standing
from inbox.reports.direct import conversations
from socialcare.middleware import WorkspaceRequest
from socialcare.models import Role

CHANNEL = "messenger"
NAMES = {"fifteen": _("Today’s rule: 15 minutes"), "five": _("The rule of 2015: 5 minutes")}
EXPLAINED = {
    "fifteen": _(
        "Over the last 7 days: at least 90 % of the new conversations were answered on the day they began, and "
        "answering took 15 minutes at most, as the mean of the fastest 90 %."
    ),
    "five": _(
        "Over the last 7 days: at least 90 % of the new conversations were answered on the day they began, and half of "
        "the answers came within 5 minutes."
    ),
}


@require_safe
@needs_role(Role.SUPERVISOR)
def badge(request: WorkspaceRequest, slug: str) -> HttpResponse:
    workspace = request.membership.workspace
    there = ChannelAccount.objects.filter(channel=CHANNEL).exclude(state=ChannelAccount.State.REMOVED)
    accounts = list(there.order_by("name", "id"))
    account, rule = _chosen(request.GET.get("account"), accounts), request.GET.get("rule", "fifteen")
    if rule not in RULES:
        raise Http404
    context: dict[str, Any] = {
        "membership": request.membership,
        "workspace": workspace,
        "section": "reports",
        "accounts": accounts,
        "account": account,
        "rule": rule,
        "rules": NAMES.items(),
        "explained": EXPLAINED[rule],
    }
    if account:
        skip = _skipped(request.GET.get("from", ""))
        context |= _shown(account, rule, ZoneInfo(workspace.time_zone), skip)
    return render(request, "reports/badge.html", context)


def _chosen(word: str | None, accounts: list[ChannelAccount]) -> ChannelAccount | None:
    if word is None:
        return accounts[0] if accounts else None
    found = next((account for account in accounts if str(account.pk) == word), None)
    if found is None:
        raise Http404
    return found


def _skipped(word: str) -> int:
    """How many of those that wait stand before this page; a word that is not ours begins at the oldest."""
    number = int(word) if word.isascii() and word.isdecimal() and len(word) < 8 else 0
    return number - number % SHOWN


def _shown(account: ChannelAccount, rule: str, zone: ZoneInfo, skip: int) -> dict[str, Any]:
    now = timezone.now()
    found = rules.forecast(conversations(account.pk, now - timedelta(days=9)), RULES[rule], now, zone, skip)
    rows = {row["id"]: row for row in records.rows_of([each.conversation.ticket_id for each in found.waiting])}
    return {
        "forecast": found,
        "known": found.now.share is not None or bool(found.now.open),
        "gauges": [_share(found.now), _time(found.now)],
        "tonight": [(_("All that wait are answered now"), found.best), (_("None of them is"), found.worst)],
        "place": {
            "first": skip + 1,
            "last": skip + len(found.waiting),
            "older": skip - SHOWN if skip else None,
            "newer": skip + SHOWN if skip + len(found.waiting) < found.open else None,
        },
        "waiting": [
            {
                "each": each,
                "row": rows.get(each.conversation.ticket_id),
                "since": each.conversation.began_at.astimezone(zone),
                "until": each.until.astimezone(zone),
                "answered": words.duration((now - each.conversation.began_at).total_seconds()),
            }
            for each in found.waiting
        ],
    }


def _share(standing: Standing) -> dict[str, Any]:
    value = standing.share
    return {
        "label": _("Answered the same day"),
        "text": words.percent(value),
        "goal": f"≥ {words.percent(standing.rule.share)}",
        "width": round((value or 0) * 100, 1),
        "mark": standing.rule.share * 100,
        "good": value is not None and value >= standing.rule.share,
    }


def _time(standing: Standing) -> dict[str, Any]:
    value, limit = standing.seconds, standing.rule.seconds
    return {
        "label": _("Median of the answers") if standing.rule.by_median else _("Mean of the fastest 90 %"),
        "text": words.duration(value),
        "goal": f"≤ {words.duration(limit)}",
        # Twice what is allowed fills the gauge.
        "width": round(min((value or 0) / limit / 2, 1) * 100, 1),
        "mark": 50,
        "good": standing.fast,
    }
