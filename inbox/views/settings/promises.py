"""What is promised, in which order, and when we are open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors import gateway
from connectors.contract import Kind
from inbox import sweeping
from inbox.actions import promises as actions
from inbox.actions import sorting
from inbox.forms.promises import KINDS, TARGETS, HoursForm, PolicyForm, next_holidays, zones
from inbox.models import Priority
from inbox.views.settings.pages import UNPROCESSABLE, Question, admins_only, ask, done, show, sure
from sla.models import TELL, BusinessHours, Policy, Sweep
from sla.promises import covers
from socialcare.background import after_commit
from socialcare.middleware import WorkspaceRequest

POLICIES, HOURS = "policies", "hours"
STANDARD = [[day, 540, 1080] for day in range(5)]


@require_safe
@admins_only
def policies(request: WorkspaceRequest, slug: str) -> HttpResponse:
    labels = {kind: {one["id"]: one["name"] for one in some} for kind, some in sorting.labels().items()}
    found = list(Policy.objects.select_related("hours"))
    shown = [
        {
            "policy": policy,
            "fits": _fits(policy, labels),
            "targets": _targets(policy),
            "behind": next((other for other in found[:place] if covers(other, policy)), None),
        }
        for place, policy in enumerate(found)
    ]
    running = Sweep.objects.filter(why__in=[Sweep.Why.POLICY, Sweep.Why.HOURS]).exists()
    return show(request, "settings/policies.html", section=POLICIES, policies=shown, running=running)


def _fits(policy: Policy, labels: dict[str, dict[int, str]]) -> list[str]:
    """The conditions in words."""
    found = [
        _(gateway.label(policy.channel)) if policy.channel else "",
        str(KINDS[Kind(policy.surface)]) if policy.surface else "",
        labels["queues"].get(policy.queue_id or 0, ""),
        _("priority: %(name)s") % {"name": Priority(policy.priority).label} if policy.priority else "",
        labels["tags"].get(policy.tag_id or 0, ""),
        labels["groups"].get(policy.group_id or 0, ""),
    ]
    return [words for words in found if words]


def _targets(policy: Policy) -> list[str]:
    return [_span(target) if (target := policy.target(metric)) else "–" for metric in TARGETS]


def _span(target: timedelta) -> str:
    """Days, hours, minutes and seconds, those that are not zero."""
    minutes, seconds = divmod(round(target.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, _("%d d")), (hours, _("%d h")), (minutes, _("%d min")), (seconds, _("%d s")))
    return " ".join(words % number for number, words in parts if number)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def policy(request: WorkspaceRequest, slug: str, pk: int | None = None) -> HttpResponse:
    """A new policy, or one that is there."""
    kept = get_object_or_404(Policy.objects.all(), pk=pk) if pk else Policy(warn_at=[50, 80], steps=[TELL])
    form = PolicyForm(kept, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        saved = actions.save_policy(request.membership.user, form.save_to(kept))
        after_commit(sweeping.ring_for_sweeps)
        return done(request, _("“%(name)s” is saved.") % {"name": saved.name}, "settings:policies")
    status = UNPROCESSABLE if form.is_bound else 200
    said = {"form": form, "policy": kept, "new": not pk, "question": _about_policy(kept)}
    return show(request, "settings/policy.html", section=POLICIES, status=status, **said)


def _about_policy(policy: Policy) -> Question:
    return Question(
        _("Remove the policy “%(name)s”?") % {"name": policy.name},
        _("Clocks that run by it go on by the next policy that fits, or stop. This cannot be undone."),
        _("Remove"),
    )


@require_POST
@admins_only
def policy_move(request: WorkspaceRequest, slug: str, pk: int, by: int) -> HttpResponse:
    try:
        actions.move_policy(request.membership.user, pk, by)
    except Policy.DoesNotExist:
        raise Http404 from None
    after_commit(sweeping.ring_for_sweeps)
    page = done(request, _("The order is changed."), "settings:policies")
    # The focus goes along with the policy, to the button that was pressed where it is still there.
    page["Location"] += f"#{_button(pk, by)}"
    return page


def _button(pk: int, by: int) -> str:
    *_others, last = order = list(Policy.objects.order_by("position", "id").values_list("pk", flat=True))
    return f"up-{pk}" if pk == last or (by < 0 and pk != order[0]) else f"down-{pk}"


@require_POST
@admins_only
def policy_remove(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    policy = get_object_or_404(Policy.objects.all(), pk=pk)
    if not sure(request):
        return ask(request, _about_policy(policy), POLICIES)
    try:
        gone = actions.remove_policy(request.membership.user, pk)
    except Policy.DoesNotExist:
        raise Http404 from None
    after_commit(sweeping.ring_for_sweeps)
    return done(request, _("“%(name)s” is removed.") % {"name": gone.name}, "settings:policies")


@require_safe
@admins_only
def all_hours(request: WorkspaceRequest, slug: str) -> HttpResponse:
    found = list(BusinessHours.objects.all())
    shown = [
        {"hours": hours, "form": HoursForm(hours), "next": _next(hours), "closed": _closed(hours)} for hours in found
    ]
    return show(request, "settings/all_hours.html", section=HOURS, all_hours=shown)


def _next(hours: BusinessHours) -> list[Any]:
    return next_holidays(hours, timezone.now())


def _closed(hours: BusinessHours) -> list[date]:
    """The closed days of its own that are not over."""
    today = timezone.now().astimezone(ZoneInfo(hours.zone)).date()
    return [day for day in sorted(map(date.fromisoformat, hours.closed)) if day >= today]


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def hours(request: WorkspaceRequest, slug: str, pk: int | None = None) -> HttpResponse:
    new = BusinessHours(zone="Europe/Paris", country="FR", slots=STANDARD)
    kept = get_object_or_404(BusinessHours.objects.all(), pk=pk) if pk else new
    form = HoursForm(kept, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        saved = actions.save_hours(request.membership.user, form.save_to(kept))
        after_commit(sweeping.ring_for_sweeps)
        return done(request, _("“%(name)s” is saved.") % {"name": saved.name}, "settings:hours")
    status = UNPROCESSABLE if form.is_bound else 200
    said = {"form": form, "hours": kept, "new": not pk, "zones": zones(), "question": _about_hours(kept)}
    return show(request, "settings/hours.html", section=HOURS, status=status, **said)


def _about_hours(hours: BusinessHours) -> Question:
    return Question(
        _("Remove the opening hours “%(name)s”?") % {"name": hours.name}, _("This cannot be undone."), _("Remove")
    )


@require_POST
@admins_only
def hours_remove(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    hours = get_object_or_404(BusinessHours.objects.all(), pk=pk)
    if not sure(request):
        return ask(request, _about_hours(hours), HOURS)
    try:
        gone = actions.remove_hours(request.membership.user, pk)
    except BusinessHours.DoesNotExist:
        raise Http404 from None
    except actions.InUse:
        sentence = _("Policies count by these hours. Choose others there first.")
        return done(request, sentence, "settings:hours", level=messages.ERROR)
    return done(request, _("“%(name)s” is removed.") % {"name": gone.name}, "settings:hours")
