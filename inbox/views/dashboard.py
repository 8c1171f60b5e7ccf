"""The supervisor's figures, each of which opens its tickets."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from connectors.models import ChannelAccount
from inbox import figures, records
from inbox.actions import notifications, presence
from inbox.figures import NO_QUEUE, Only
from inbox.models import Priority, Queue
from inbox.permissions import needs_role
from inbox.views.strings import board_strings
from socialcare.middleware import WorkspaceRequest
from socialcare.models import Role, User

LABELS: dict[str, str | Promise] = {
    "waiting": gettext_lazy("Waiting for us"),
    "unassigned": gettext_lazy("With nobody"),
    "late": gettext_lazy("Late"),
    "risk": gettext_lazy("At risk"),
    "left_more": gettext_lazy("More than 5 min left"),
    "no_clock": gettext_lazy("Without a clock"),
    "decided_hour": gettext_lazy("First answers due within the last 60 min"),
    "missed_hour": gettext_lazy("Missed within the last 60 min"),
    "answered_hour": gettext_lazy("Answered for the first time within the last 60 min"),
    "decided_today": gettext_lazy("First answers due today"),
    "missed_today": gettext_lazy("Missed today"),
    "in_hour": gettext_lazy("Came in within the last 60 min"),
    "out_hour": gettext_lazy("Went out within the last 60 min"),
    "in": gettext_lazy("Came in within one minute"),
    "out": gettext_lazy("Went out within one minute"),
    "oldest": gettext_lazy("Longest wait"),
}


@require_safe
@never_cache
@needs_role(Role.SUPERVISOR)
def dashboard(request: WorkspaceRequest, slug: str) -> HttpResponse:
    membership = request.membership
    boot: dict[str, Any] = {
        "live": f"/w/{slug}/live/",
        "list": f"/w/{slug}/inbox/open/",
        "figures": figures.measure(),
        "people": presence.people(),
        "notifications": notifications.of(membership.user_id),
        "now": records.ms(timezone.now()),
    }
    shown = {"boot": boot, "workspace": membership.workspace, "strings": board_strings()}
    return render(request, "board/dashboard.html", shown)


def label(only: Only) -> str:
    """What a list that is narrowed to a figure is called."""
    parts = [_band(only.figure) or str(LABELS[only.figure])]
    if only.account is not None and (account := ChannelAccount.objects.filter(pk=only.account).first()):
        parts.append(account.name)
    if only.queue == NO_QUEUE:
        parts.append(_("No queue"))
    elif only.queue is not None and (queue := Queue.objects.filter(pk=only.queue).first()):
        parts.append(queue.name)
    if only.agent is not None and (person := User.objects.filter(pk=only.agent).first()):
        parts.append(str(person))
    if only.priority is not None:
        parts.append(_("priority: %(name)s") % {"name": Priority(only.priority).label})
    return " · ".join(parts)


def back(slug: str, only: Only) -> str:
    """Where such a list is left to: the dashboard, looking at the same channel."""
    there = reverse("dashboard", args=[slug])
    return there if only.account is None else f"{there}?account={only.account}"


def _band(figure: str) -> str:
    _left, _sign, minutes = figure.partition("left_")
    if not minutes.isdecimal():
        return ""
    return _("%(from)d to %(to)d min left") % {"from": int(minutes) - 1, "to": int(minutes)}
