"""What everybody may set for themselves."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from inbox.forms.people import PasswordForm, PreferencesForm
from inbox.views.settings.pages import UNPROCESSABLE, done, show
from socialcare.middleware import WorkspaceRequest
from socialcare.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: WorkspaceRequest, slug: str) -> HttpResponse:
    form = _preferences(request.membership.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        with translation.override(user.language):
            return done(request, _("Your preferences are saved."), "me")
    return _page(request, form, PasswordForm(request.membership.user))


@sensitive_post_parameters()
@require_POST
def password(request: WorkspaceRequest, slug: str) -> HttpResponse:
    user = request.membership.user
    form = PasswordForm(user, request.POST)
    if not form.is_valid():
        return _page(request, _preferences(user), form)
    form.save()
    update_session_auth_hash(request, user)
    return done(request, _("Your password is changed. Other browsers are signed out."), "me")


def _preferences(user: User, data: Any = None) -> PreferencesForm:
    # A fresh copy: a form writes into its user even where it is refused, and the page shows the user's name.
    language = user.language or translation.get_language() or "en"
    return PreferencesForm(data, instance=User.objects.get(pk=user.pk), initial={"language": language})


def _page(request: WorkspaceRequest, form: PreferencesForm, password_form: PasswordForm) -> HttpResponse:
    status = UNPROCESSABLE if form.is_bound or password_form.is_bound else 200
    return show(request, "settings/me.html", status=status, form=form, password_form=password_form)
