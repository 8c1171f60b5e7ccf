"""What all settings pages share."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from inbox.permissions import needs_role
from socialcare.middleware import WorkspaceRequest
from socialcare.models import Role

admins_only = needs_role(Role.ADMIN)
UNPROCESSABLE = 422


def show(
    request: WorkspaceRequest, template: str, *, section: str = "", status: int = 200, **context: Any
) -> HttpResponse:
    """Render a settings page; `section` is the part of the navigation it belongs to."""
    membership = request.membership
    shared = {
        "membership": membership,
        "workspace": membership.workspace,
        "section": section,
        "sections": sections(membership.workspace.slug) if section else [],
    }
    return render(request, template, {**shared, **context}, status=status)


def sections(slug: str) -> list[dict[str, str]]:
    named = (
        ("overview", _("Channels"), "radio-tower"),
        ("apps", _("Platform apps"), "plug"),
        ("people", _("People"), "users"),
        ("policies", _("Promises"), "timer"),
        ("hours", _("Opening hours"), "clock"),
        ("labels", _("Queues and tags"), "tags"),
        ("deliveries", _("Deliveries"), "inbox"),
        ("workspace", _("Workspace"), "settings"),
        ("audit", _("History"), "history"),
    )
    return [
        {"name": name, "label": label, "icon": icon, "url": reverse(f"settings:{name}", args=[slug])}
        for name, label, icon in named
    ]


def done(
    request: WorkspaceRequest, sentence: str, to: str, *args: Any, level: int = messages.SUCCESS
) -> HttpResponseRedirect:
    """After a change: say so on the page named `to` of this workspace."""
    messages.add_message(request, level, sentence)
    return redirect(to, request.membership.workspace.slug, *args)
