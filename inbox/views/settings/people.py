"""Who works here, and as what."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inbox.actions import people as actions
from inbox.forms.people import InviteForm, RoleForm
from inbox.views.settings.pages import UNPROCESSABLE, admins_only, done, show
from socialcare.middleware import WorkspaceRequest
from socialcare.models import Invitation, Membership, Role
from socialcare.tenancy import current_workspace

SECTION = "people"


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def people(request: WorkspaceRequest, slug: str) -> HttpResponse:
    form = InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = actions.invite(request.membership.user, form.cleaned_data["email"], form.cleaned_data["role"])
        except actions.AlreadyMember:
            form.add_error("email", _("This person is in the workspace already. Change their role above."))
        else:
            sentence = _("Send %(email)s the link below: it works once and for a week.")
            return done(request, sentence % {"email": invitation.email}, "settings:people")
    return show(
        request,
        "settings/people.html",
        section=SECTION,
        status=UNPROCESSABLE if form.is_bound else 200,
        form=form,
        members=_members(),
        invitations=[(invitation, _link(invitation)) for invitation in _open_invitations()],
        roles=Role.choices,
    )


def _members() -> list[Membership]:
    members = Membership.objects.filter(workspace_id=current_workspace()).select_related("user")
    return list(members.order_by("user__name", "user__email"))


def _open_invitations() -> list[Invitation]:
    waiting = Invitation.objects.filter(accepted_at=None, expires_at__gt=timezone.now())
    return list(waiting.order_by("-created_at"))


def _link(invitation: Invitation) -> str:
    return f"{settings.PUBLIC_URL}{reverse('join', args=[invitation.code])}"


@require_POST
@admins_only
def role(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    member, form = _member(pk), RoleForm(request.POST)
    if not form.is_valid():
        return done(request, str(form.errors["role"][0]), "settings:people", level=messages.ERROR)
    try:
        changed = actions.change_role(request.membership.user, member.user_id, form.cleaned_data["role"])
    except actions.LastAdmin:
        return done(request, _last_admin(member), "settings:people", level=messages.ERROR)
    except actions.NotUpward:
        sentence = _("Nobody can raise their own role. Ask another admin.")
        return done(request, sentence, "settings:people", level=messages.ERROR)
    said = {"name": str(changed.user), "role": changed.get_role_display()}
    sentence = _("%(name)s is now: %(role)s.") % said
    if changed.user_id == request.membership.user_id and not changed.is_admin:
        return done(request, sentence, "me")
    return done(request, sentence, "settings:people")


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def remove(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    member = _member(pk)
    if request.method != "POST":
        return show(request, "settings/person_remove.html", section=SECTION, member=member)
    try:
        user = actions.let_go(request.membership.user, member.user_id)
    except actions.LastAdmin:
        return done(request, _last_admin(member), "settings:people", level=messages.ERROR)
    return done(request, _("%(name)s is no longer in this workspace.") % {"name": str(user)}, "settings:people")


def _last_admin(member: Membership) -> str:
    return _("%(name)s is the last admin. Make somebody else an admin first.") % {"name": str(member.user)}


@require_POST
@admins_only
def withdraw(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    try:
        email = actions.withdraw(request.membership.user, pk)
    except Invitation.DoesNotExist:
        raise Http404 from None
    return done(request, _("The invitation of %(email)s is withdrawn.") % {"email": email}, "settings:people")


def _member(user_id: int) -> Membership:
    members = Membership.objects.filter(workspace_id=current_workspace()).select_related("user")
    return get_object_or_404(members, user_id=user_id)
