"""Accepting an invitation to a workspace."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from inbox.actions import people
from inbox.forms.people import JoinForm
from inbox.views.settings.pages import UNPROCESSABLE
from socialcare.models import Invitation, Membership, User
from socialcare.tenancy import workspace

GONE = 410


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """A new person chooses name and password; one who has an account signs in and confirms."""
    invitation = people.valid_invitation(code)
    if invitation is None:
        return _no_longer_valid(request)
    if request.user.is_authenticated:
        return _confirm(request, invitation, request.user)
    if User.objects.filter(email=invitation.email).exists():
        return _page(request, invitation, "sign_in")
    return _sign_up(request, invitation)


def _sign_up(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = JoinForm(invitation.email, request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, invitation, "sign_up", form)
    try:
        with workspace(invitation.workspace_id):
            membership = people.accept_as_new(invitation, form.cleaned_data["name"], form.cleaned_data["password"])
    except people.NoLongerValid:
        return _no_longer_valid(request)
    login(request, membership.user)
    return _welcome(request, membership, invitation)


def _confirm(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    if user.email != invitation.email:
        return _page(request, invitation, "other_user")
    if request.method != "POST":
        return _page(request, invitation, "confirm")
    try:
        with workspace(invitation.workspace_id):
            membership = people.accept(invitation, user)
    except people.NoLongerValid:
        return _no_longer_valid(request)
    return _welcome(request, membership, invitation)


def _welcome(request: HttpRequest, membership: Membership, invitation: Invitation) -> HttpResponse:
    messages.success(request, _("Welcome to %(workspace)s.") % {"workspace": invitation.workspace.name})
    return redirect(f"/w/{invitation.workspace.slug}/")


def _page(request: HttpRequest, invitation: Invitation, what: str, form: JoinForm | None = None) -> HttpResponse:
    context = {"invitation": invitation, "what": what, "form": form}
    return render(request, "settings/join.html", context, status=UNPROCESSABLE if form and form.is_bound else 200)


def _no_longer_valid(request: HttpRequest) -> HttpResponse:
    return render(request, "settings/join_gone.html", status=GONE)
