"""What all settings pages share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from inbox.permissions import needs_role
from socialcare.middleware import WorkspaceRequest
from socialcare.models import Membership, Role

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
        "sections": sections(membership) if section else [],
    }
    return render(request, template, {**shared, **context}, status=status)


def sections(membership: Membership) -> list[dict[str, str]]:
    """The pages of the settings that this person may open."""
    named = (
        ("overview", _("Channels"), "radio-tower"),
        ("apps", _("Platform apps"), "plug"),
        ("people", _("People"), "users"),
        ("policies", _("Promises"), "timer"),
        ("hours", _("Opening hours"), "clock"),
        ("labels", _("Queues and tags"), "tags"),
        ("deliveries", _("Deliveries"), "inbox"),
        ("board", _("Dashboard and walls"), "monitor"),
        ("workspace", _("Workspace"), "settings"),
        ("audit", _("History"), "history"),
    )
    return [
        {
            "name": name,
            "label": label,
            "icon": icon,
            "url": reverse(f"settings:{name}", args=[membership.workspace.slug]),
        }
        for name, label, icon in named
        if membership.is_admin or name == "board"
    ]


@dataclass(frozen=True, slots=True)
class Question:
    """What a form asks before it does something that cannot be undone: in a dialog, or on a page without scripts."""

    title: str
    text: str
    yes: str


def sure(request: WorkspaceRequest) -> bool:
    return request.POST.get("sure") == "yes"


def ask(request: WorkspaceRequest, question: Question, section: str) -> HttpResponse:
    """The page that asks; `section` is also where a no leads."""
    back = reverse(f"settings:{section}", args=[request.membership.workspace.slug])
    return show(request, "settings/sure.html", section=section, question=question, back=back)


def done(
    request: WorkspaceRequest, sentence: str, to: str, *args: Any, level: int = messages.SUCCESS
) -> HttpResponseRedirect:
    """After a change: say so on the page named `to` of this workspace."""
    messages.add_message(request, level, sentence)
    return redirect(to, request.membership.workspace.slug, *args)
