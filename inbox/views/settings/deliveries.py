"""What the platforms sent and we could not take in, with replay."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from connectors.models import Delivery, DeliveryBody, Oddity
from inbox import intake
from inbox.actions import deliveries as actions
from inbox.views.settings.overview import oddities
from inbox.views.settings.pages import admins_only, done, show
from socialcare.middleware import WorkspaceRequest

SECTION = "deliveries"
PAGE = 50
ODDITIES = 100
SHOWN_BYTES = 256 * 1024


@require_safe
@admins_only
def deliveries(request: WorkspaceRequest, slug: str) -> HttpResponse:
    aside = actions.own().filter(state=Delivery.State.FAILED).select_related("app")
    before = request.GET.get("before", "")
    later_ones = aside.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else aside
    rows = list(later_ones.order_by("-pk")[: PAGE + 1])
    odd = oddities().select_related("app").order_by("-last_at", "-pk")
    return show(
        request,
        "settings/deliveries.html",
        section=SECTION,
        rows=rows[:PAGE],
        older=rows[PAGE - 1].pk if len(rows) > PAGE else None,
        before=before,
        total=aside.count(),
        events=list(odd.filter(what=Oddity.What.EVENT)[:ODDITIES]),
        pages=list(odd.filter(what=Oddity.What.ACCOUNT)[:ODDITIES]),
    )


@require_safe
@admins_only
def delivery(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    shown = get_object_or_404(actions.own().select_related("app"), pk=pk)
    kept = DeliveryBody.objects.filter(delivery=shown).first()
    text, cut = readable(bytes(kept.body)) if kept else ("", False)
    size = len(kept.body) if kept else 0
    return show(
        request, "settings/delivery.html", section=SECTION, delivery=shown, text=text, cut=cut, size=size, kept=kept
    )


def readable(body: bytes) -> tuple[str, bool]:
    """The body as text, indented where it is JSON, and whether the rest was left out."""
    if len(body) > SHOWN_BYTES:
        return body[:SHOWN_BYTES].decode("utf-8", "replace"), True
    text = body.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False), False
    except (ValueError, RecursionError):
        return text, False


@require_POST
@admins_only
def replay(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Those ticked (`id`), or all that are set aside (`what` is "all")."""
    everything = request.POST.get("what") == "all"
    ids = [int(pk) for pk in request.POST.getlist("id") if pk.isdecimal() and len(pk) < 19]
    if not (everything or ids):
        sentence = _("Nothing was chosen: tick the deliveries to take in again.")
        return done(request, sentence, "settings:deliveries", level=messages.WARNING)
    number = actions.replay(request.membership.user, None if everything else ids)
    if number:
        intake.ring_for_deliveries()
    sentence = ngettext(
        "%(number)s delivery is being taken in again.", "%(number)s deliveries are being taken in again.", number
    )
    if not number:
        sentence = _("These deliveries are not set aside any more.")
    return done(request, sentence % {"number": number} if number else sentence, "settings:deliveries")
