"""A wall: the figures for a whole room, behind a link and without a session."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from inbox import figures, records
from inbox.actions import boards
from inbox.models import Wall
from inbox.views.strings import board_strings
from socialcare import guesses, staticfiles
from socialcare.tenancy import workspace

GONE, TOO_MANY = 410, 429
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


@require_safe
@never_cache
def wall(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the link sees it; a revoked one says so, and everything else does not exist."""
    found = boards.wall_behind(token)
    if found:
        answer = _page(request, found)
    elif boards.is_signed(token):
        answer = render(request, "board/wall_gone.html", status=GONE)
    else:
        status = TOO_MANY if guesses.too_many(request.META.get("REMOTE_ADDR", "")) else 404
        answer = render(request, "404.html", status=status)
    for name, value in HEADERS.items():
        answer.headers[name] = value
    return answer


def _page(request: HttpRequest, found: Wall) -> HttpResponse:
    with translation.override(found.language), workspace(found.workspace_id):
        boot = {
            "figures": figures.for_wall(figures.measure()),
            "turns": found.turns,
            "version": staticfiles.version(),
            "now": records.ms(timezone.now()),
        }
        shown = {"boot": boot, "workspace": found.workspace, "strings": board_strings(), "language": found.language}
        return render(request, "board/wall.html", shown)
