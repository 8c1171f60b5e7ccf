"""The inbox page, the way in, and whether we are well."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, InterfaceError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from redis import RedisError

from connectors.models import ChannelAccount, Delivery
from inbox import reading, records
from inbox.actions import notifications, presence
from inbox.figures import Only
from inbox.models import Ticket
from inbox.views import dashboard
from inbox.views.strings import strings
from socialcare.middleware import WorkspaceRequest
from socialcare.models import Membership
from socialcare.valkey import valkey

LABELS = {
    "mine": (_("Mine"), "user"),
    "unassigned": (_("Unassigned"), "users"),
    "open": (_("All open"), "layers"),
    "breached": (_("Breached"), "timer"),
    "pending": (_("Waiting"), "hourglass"),
    "resolved": (_("Resolved"), "circle-check"),
}
QUEUE_TOO_OLD = 60


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """To the workspace; where there are several, a choice."""
    memberships = list(
        Membership.objects.filter(user__email=request.user.get_username())
        .select_related("workspace")
        .order_by("workspace__name")
    )
    if len(memberships) == 1:
        return redirect("inbox", slug=memberships[0].workspace.slug, view="open")
    return render(request, "inbox/workspaces.html", {"memberships": memberships})


def start(request: WorkspaceRequest, slug: str) -> HttpResponse:
    return redirect("inbox", slug=slug, view="open")


def inbox(request: WorkspaceRequest, slug: str, view: str, ticket_id: int | None = None) -> HttpResponse:
    if view not in reading.VIEWS:
        raise Http404
    if ticket_id is not None and not Ticket.objects.filter(pk=ticket_id).exists():
        raise Http404
    membership = request.membership
    try:
        only = Only.read(request.GET)
    except ValueError:
        raise Http404 from None
    context = {
        "boot": {**_boot(membership, view, only), "ticket": ticket_id},
        "workspace": membership.workspace,
        "membership": membership,
        "views": _views(slug),
        "view": view,
        "back": dashboard.back(slug, only) if only and membership.supervises else "",
        "strings": strings(),
    }
    return render(request, "inbox/index.html", context)


def _boot(membership: Membership, view: str, only: Only | None) -> dict[str, Any]:
    """What the scripts begin with, so that the first list needs no further request."""
    workspace, user = membership.workspace, membership.user
    page = reading.page(view, user, only=only)
    return {
        "workspace": {"slug": workspace.slug, "name": workspace.name},
        "me": {
            "id": user.pk,
            "name": str(user),
            "role": membership.role,
            "shortcuts": user.shortcuts,
            "theme": user.theme,
            "language": user.language,
        },
        "view": view,
        "only": dashboard.label(only) if only else "",
        "views": list(reading.VIEWS),
        "list": page,
        "counts": page["counts"],
        "people": presence.people(),
        "notifications": notifications.of(user.pk),
        "now": records.ms(timezone.now()),
        "live": f"/w/{workspace.slug}/live/",
        "undo_seconds": workspace.undo_seconds,
        "connected": ChannelAccount.objects.exclude(state=ChannelAccount.State.REMOVED).exists(),
    }


def _views(slug: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "label": label, "icon": icon, "url": reverse("inbox", kwargs={"slug": slug, "view": name})}
        for name, (label, icon) in LABELS.items()
    ]


def healthz(request: HttpRequest) -> HttpResponse:
    """The process is up."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Database, broker, and how long the oldest delivery waits. 503 when the database or the queue is not well.

    Without the broker we still take in and serve, so that alone does not take us out of service.
    """
    found: dict[str, object] = {"database": "ok", "broker": "ok", "queue_seconds": 0}
    try:
        waiting = Delivery.objects.filter(state=Delivery.State.WAITING, app__paused_at=None)
        if first := waiting.order_by("id").values_list("received_at", flat=True).first():
            found["queue_seconds"] = round((timezone.now() - first).total_seconds(), 1)
    except (DatabaseError, InterfaceError):
        connection.close()
        found["database"] = "down"
    try:
        valkey().ping()
    except RedisError:
        found["broker"] = "down"
    age = found["queue_seconds"]
    well = found["database"] == "ok" and isinstance(age, int | float) and age < QUEUE_TOO_OLD
    return JsonResponse(found, status=200 if well else 503)
