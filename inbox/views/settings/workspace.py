"""The workspace's own settings."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inbox.actions import people as actions
from inbox.forms.people import WorkspaceForm
from inbox.views.settings.pages import UNPROCESSABLE, admins_only, done, show
from socialcare.middleware import WorkspaceRequest
from socialcare.models import Workspace


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def workspace(request: WorkspaceRequest, slug: str) -> HttpResponse:
    kept = Workspace.objects.get(pk=request.membership.workspace_id)
    form = WorkspaceForm(request.POST if request.method == "POST" else None, instance=kept)
    if request.method == "POST" and form.is_valid():
        actions.change_workspace(request.membership.user, request.membership.workspace, **form.cleaned_data)
        return done(request, _("The workspace is saved."), "settings:workspace")
    status = UNPROCESSABLE if form.is_bound else 200
    return show(request, "settings/workspace.html", section="workspace", status=status, form=form)
