"""What the dashboard aims at, and the links of the walls. For supervisors, too."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inbox.actions import boards as actions
from inbox.forms.boards import BoardForm, TurnsForm, WallForm
from inbox.models import Wall
from inbox.permissions import needs_role
from inbox.views.settings.pages import UNPROCESSABLE, Question, ask, done, show, sure
from socialcare.middleware import WorkspaceRequest
from socialcare.models import Role

SECTION = "board"
supervisors_only = needs_role(Role.SUPERVISOR)


@require_http_methods(["GET", "HEAD", "POST"])
@supervisors_only
def board(request: WorkspaceRequest, slug: str) -> HttpResponse:
    form = BoardForm(request.POST if request.method == "POST" else None, instance=actions.board())
    if request.method == "POST" and form.is_valid():
        actions.change_board(request.membership.user, **form.cleaned_data)
        return done(request, _("The dashboard’s goals are saved."), "settings:board")
    return _page(request, form=form)


@require_POST
@supervisors_only
def make(request: WorkspaceRequest, slug: str) -> HttpResponse:
    form = WallForm(request.POST)
    if not form.is_valid():
        return _page(request, wall_form=form)
    actions.make_wall(request.membership.user, **form.cleaned_data)
    return done(request, _("Here is the link. Open it on the screen that shall show the figures."), "settings:board")


@require_POST
@supervisors_only
def turn(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    get_object_or_404(Wall.objects.all(), pk=pk, revoked_at=None)
    form = TurnsForm(request.POST)
    if not form.is_valid():
        return done(request, str(form.errors["turns"][0]), "settings:board", level=messages.ERROR)
    try:
        wall = actions.turn_wall(request.membership.user, pk, form.cleaned_data["turns"])
    except Wall.DoesNotExist:
        raise Http404 from None
    sentence = _("“%(name)s” is saved. The screen changes within seconds.")
    return done(request, sentence % {"name": wall.name}, "settings:board")


@require_POST
@supervisors_only
def revoke(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    wall = get_object_or_404(Wall.objects.all(), pk=pk, revoked_at=None)
    if not sure(request):
        return ask(request, _question(wall), SECTION)
    try:
        actions.revoke_wall(request.membership.user, pk)
    except Wall.DoesNotExist:
        raise Http404 from None
    return done(request, _("The link of “%(name)s” is revoked.") % {"name": wall.name}, "settings:board")


def _page(
    request: WorkspaceRequest, *, form: BoardForm | None = None, wall_form: WallForm | None = None
) -> HttpResponse:
    refused = any(shown is not None and shown.is_bound for shown in (form, wall_form))
    walls = Wall.objects.filter(revoked_at=None).select_related("made_by").order_by("-id")
    return show(
        request,
        "settings/board.html",
        section=SECTION,
        status=UNPROCESSABLE if refused else 200,
        form=form or BoardForm(instance=actions.board()),
        wall_form=wall_form or WallForm(initial={"language": request.membership.workspace.language}),
        walls=[(wall, _link(wall), _turns(wall), _question(wall)) for wall in walls],
    )


def _turns(wall: Wall) -> TurnsForm:
    return TurnsForm(initial={"turns": wall.turns}, auto_id=f"wall_{wall.pk}_%s")


def _question(wall: Wall) -> Question:
    return Question(
        _("Revoke the link of “%(name)s”?") % {"name": wall.name},
        _("Its screen goes dark within seconds. The link never works again: you would have to make a new one."),
        _("Revoke"),
    )


def _link(wall: Wall) -> str:
    return f"{settings.PUBLIC_URL}{reverse('wall', args=[actions.token_of(wall)])}"
