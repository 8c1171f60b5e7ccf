"""/w/<slug>/… enters the workspace of a member; for everybody else it does not exist."""

from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import translation

from socialcare.models import Membership
from socialcare.tenancy import workspace

Handler = Callable[[HttpRequest], HttpResponse]


class WorkspaceRequest(HttpRequest):
    """A request below /w/<slug>/: `membership` is the signed-in member's, its workspace is entered."""

    membership: Membership


def enter_workspace(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        parts = request.path_info.split("/", 3)
        if len(parts) < 3 or parts[1] != "w":
            return get_response(request)
        rest = parts[3] if len(parts) > 3 else ""
        if not request.user.is_authenticated:
            if rest.startswith("api/"):
                message = {"code": "not_authenticated", "message": translation.gettext("Please sign in.")}
                return JsonResponse({"error": message}, status=401)
            return redirect_to_login(request.get_full_path())
        membership = member(request.user.pk, parts[2])
        if membership is None:
            if rest.startswith("api/"):
                message = {"code": "not_found", "message": translation.gettext("There is nothing here.")}
                return JsonResponse({"error": message}, status=404)
            raise Http404
        request.membership = membership  # type: ignore[attr-defined]
        with workspace(membership.workspace_id):
            return get_response(request)

    return middleware


def member(user_id: int, slug: str) -> Membership | None:
    """The membership of an active user in the workspace of that slug, with user and workspace loaded."""
    if "\0" in slug:
        return None
    memberships = Membership.objects.select_related("workspace", "user")
    return memberships.filter(workspace__slug=slug, user_id=user_id, user__is_active=True).first()


def language(get_response: Handler) -> Handler:
    """The user's own language, else the cookie's or the browser's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") or translation.get_language_from_request(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = translation.get_language() or "en"
            response = get_response(request)
        response.headers.setdefault("Content-Language", chosen)
        return response

    return middleware
