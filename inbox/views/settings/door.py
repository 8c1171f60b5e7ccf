"""Connecting an account at the platform's own door: its owner goes there, lets us in, and comes back with a code."""

from __future__ import annotations

import secrets
import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from connectors import gateway, registry
from connectors.contract import ConnectorError, Granted
from connectors.models import ChannelAccount, PlatformApp
from inbox import outbox, polling
from inbox.actions import accounts as actions
from inbox.views.settings import wording
from inbox.views.settings.pages import admins_only, done
from socialcare.background import ring
from socialcare.middleware import WorkspaceRequest

KEPT = "doors"
LIVES = 900
MOST = 5


def back_address(channel: str) -> str:
    """Where the platform sends owners back to: the same for all workspaces, because it must be registered there."""
    return f"{settings.PUBLIC_URL}{reverse('door_arrive', args=[channel])}"


@require_safe
@admins_only
def door(request: WorkspaceRequest, slug: str, app: int, channel: str) -> HttpResponse:
    """Send the owner to the platform; what comes back is known by a state that only this session has.

    `?account=`: which one is to be reconnected; nobody else is let in then.
    """
    through = get_object_or_404(PlatformApp.objects.all(), pk=app)
    if channel not in registry.channels() or gateway.platform_of(channel).name != through.platform:
        raise Http404
    meant = request.GET.get("account", "")
    if meant:
        _meant(meant, through, channel)
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    left = {
        "slug": slug,
        "app": app,
        "channel": channel,
        "verifier": verifier,
        "at": int(time.time()),
        "account": meant,
    }
    before = dict(list(request.session.get(KEPT, {}).items())[1 - MOST :])
    request.session[KEPT] = {**before, state: left}
    try:
        return redirect(gateway.door(through, channel, back_address(channel), state, verifier))
    except ConnectorError:
        raise Http404 from None


@require_safe
@login_required
def arrive(request: HttpRequest, channel: str) -> HttpResponse:
    """The address every workspace shares: on to the one the owner set out from."""
    left = request.session.get(KEPT, {}).get(request.GET.get("state", ""))
    if left is None or left["channel"] != channel:
        raise Http404
    return redirect(f"{reverse('settings:door_back', args=[left['slug'], channel])}?{request.GET.urlencode()}")


@require_safe
@admins_only
def back(request: WorkspaceRequest, slug: str, channel: str) -> HttpResponse:
    """Exchange the code and connect, or reconnect, the account it is for. A state counts once."""
    kept = dict(request.session.get(KEPT, {}))
    left = kept.pop(request.GET.get("state", ""), None)
    request.session[KEPT] = kept
    if left is None or (left["slug"], left["channel"]) != (slug, channel):
        raise Http404
    through = get_object_or_404(PlatformApp.objects.all(), pk=left["app"])
    meant = _meant(left["account"], through, channel) if left.get("account") else None
    code = request.GET.get("code", "")
    if not code or time.time() - left["at"] > LIVES:
        return _sorry(request, left, _("The app was not let in. Nothing was changed."))
    try:
        given = gateway.let_in(through, channel, back_address(channel), code, left["verifier"])
        if meant and meant.external_id != given.external_id:
            return _sorry(request, left, _somebody_else(given, meant))
        account = _connected(request, through, channel, given)
    except actions.Taken:
        return _sorry(
            request, left, _("This account is connected in another workspace. It must be removed there first.")
        )
    except actions.Lacking as error:
        sentence = _("Permissions are missing: %(names)s. Go there once more and grant them.")
        return _sorry(request, left, sentence % {"names": ", ".join(error.names)})
    except (actions.OtherAccount, ConnectorError) as error:
        said = wording.problem(error, channel) if isinstance(error, ConnectorError) else str(error)
        return _sorry(request, left, said)
    return done(request, _("“%(name)s” is connected.") % {"name": account.name}, "settings:account", account.pk)


def _meant(account: str, app: PlatformApp, channel: str) -> ChannelAccount:
    there = ChannelAccount.objects.exclude(state=ChannelAccount.State.REMOVED).filter(app=app, channel=channel)
    return get_object_or_404(there, pk=int(account) if account.isdecimal() and len(account) < 19 else 0)


def _somebody_else(given: Granted, meant: ChannelAccount) -> str:
    sentence = _(
        "You let in “%(found)s” (%(found_id)s) at %(platform)s, not “%(name)s” (%(id)s). Nothing was changed. Switch "
        "to “%(name)s” at %(platform)s, then reconnect again. To have the other account here as well, connect it "
        "under Channels."
    )
    found = {"found": given.name, "found_id": given.external_id, "platform": _(gateway.label(meant.channel))}
    return sentence % {**found, "name": meant.name, "id": meant.external_id}


def _connected(request: WorkspaceRequest, app: PlatformApp, channel: str, given: Granted) -> ChannelAccount:
    there = ChannelAccount.objects.exclude(state=ChannelAccount.State.REMOVED).select_related("app")
    known = there.filter(app=app, channel=channel, external_id=given.external_id).first()
    actor = request.membership.user
    if known is None:
        rest: dict[str, Any] = {"name": "", "credentials": given.credentials, "options": {}}
        return actions.connect(actor, app, channel, given.external_id, **rest)
    before = known.state
    rest = {"name": known.name, "options": known.options, "credentials": given.credentials}
    after = actions.change(actor, known, **rest, whole=True)
    if before != after.state == ChannelAccount.State.CONNECTED:
        outbox.account_is_back(after)
        ring(polling.poll_account, after.pk)
    return after


def _sorry(request: WorkspaceRequest, left: dict[str, Any], sentence: str) -> HttpResponse:
    if left.get("account"):
        return done(request, sentence, "settings:account", left["account"], level=messages.ERROR)
    return done(request, sentence, "settings:account_add_to", left["app"], left["channel"], level=messages.ERROR)
