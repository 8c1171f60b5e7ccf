"""The developer apps whose webhooks we take."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors import gateway, registry
from connectors.contract import Platform
from connectors.models import ChannelAccount, PlatformApp
from inbox.actions import apps as actions
from inbox.forms.apps import AppForm
from inbox.views.settings.pages import UNPROCESSABLE, admins_only, done, show
from socialcare.middleware import WorkspaceRequest

SECTION = "apps"


@require_safe
@admins_only
def apps(request: WorkspaceRequest, slug: str) -> HttpResponse:
    everything = list(PlatformApp.objects.order_by("name", "pk"))
    used = ChannelAccount.objects.exclude(state=ChannelAccount.State.REMOVED).values_list("app_id", flat=True)
    uses = list(used)
    return show(
        request,
        "settings/apps.html",
        section=SECTION,
        apps=[{"app": app, "label": _label(app), "uses": uses.count(app.pk)} for app in everything],
        platforms=[platform for platform in registry.platforms().values() if platform.app_fields],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def add(request: WorkspaceRequest, slug: str, platform: str) -> HttpResponse:
    chosen = registry.platforms().get(platform)
    if chosen is None:
        raise Http404
    form = AppForm(chosen, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        app = actions.add_app(request.membership.user, chosen.name, form.cleaned_data["name"], form.given())
        sentence = _("“%(name)s” is added. Now give its webhook address and verify token to %(platform)s.")
        return done(request, sentence % {"name": app.name, "platform": chosen.label}, "settings:app", app.pk)
    status = UNPROCESSABLE if form.is_bound else 200
    return show(request, "settings/app_add.html", section=SECTION, status=status, form=form, platform=chosen)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def app(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """An app's webhook and how it is; its form where it is the workspace's own."""
    shown = get_object_or_404(PlatformApp.objects.all(), pk=pk)
    form = _form(request, shown) if shown.workspace_id else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            _save(request, shown, form)
            return done(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]}, "settings:app", pk)
    using = ChannelAccount.objects.filter(app=shown).exclude(state=ChannelAccount.State.REMOVED)
    return show(
        request,
        "settings/app.html",
        section=SECTION,
        status=UNPROCESSABLE if form and form.is_bound else 200,
        app=shown,
        label=_label(shown),
        needs_app=_platform(shown).needs_app,
        form=form,
        accounts=[_named(account) for account in using.order_by("name", "pk")],
    )


def _named(account: ChannelAccount) -> dict[str, Any]:
    return {"pk": account.pk, "name": account.name, "channel": account.channel, "label": gateway.label(account.channel)}


def _form(request: WorkspaceRequest, app: PlatformApp) -> AppForm:
    return AppForm(_platform(app), app, request.POST if request.method == "POST" else None)


def _save(request: WorkspaceRequest, app: PlatformApp, form: AppForm) -> None:
    actions.change_app(
        request.membership.user,
        app.pk,
        form.cleaned_data["name"],
        form.given(),
        keep_old=form.cleaned_data.get("keep_old", False),
        forget_old=form.cleaned_data.get("forget_old", False),
    )


@require_POST
@admins_only
def pause(request: WorkspaceRequest, slug: str, pk: int, paused: bool) -> HttpResponse:
    app = actions.pause_app(request.membership.user, _own(pk).pk, paused=paused)
    if paused:
        sentence = _("“%(name)s” is paused: its webhooks are kept and wait.")
    else:
        sentence = _("“%(name)s” is resumed: what was kept is taken in now.")
    return done(request, sentence % {"name": app.name}, "settings:app", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def remove(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    app = _own(pk)
    if request.method != "POST":
        return show(request, "settings/app_remove.html", section=SECTION, app=app, label=_label(app))
    try:
        actions.remove_app(request.membership.user, app.pk)
    except actions.StillUsed as error:
        sentence = ngettext(
            "“%(name)s” is still used by %(accounts)s. Remove that account first.",
            "“%(name)s” is still used by %(accounts)s. Remove those accounts first.",
            len(error.names),
        ) % {"name": app.name, "accounts": ", ".join(error.names)}
        return done(request, sentence, "settings:app", pk, level=messages.ERROR)
    return done(request, _("“%(name)s” is removed and its secrets are erased.") % {"name": app.name}, "settings:apps")


def _own(pk: int) -> PlatformApp:
    return get_object_or_404(PlatformApp.objects.own(), pk=pk)


def _platform(app: PlatformApp) -> Platform:
    return registry.platforms()[app.platform]


def _label(app: PlatformApp) -> str:
    return _(_platform(app).label)
