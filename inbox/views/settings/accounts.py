"""The connected pages and handles."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.dateparse import parse_datetime
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors import gateway, ledger, registry
from connectors.contract import Channel, ConnectorError, Platform
from connectors.models import ChannelAccount, Exchange, PlatformApp
from inbox import outbox, polling, sweeping
from inbox.actions import accounts as actions
from inbox.actions import work
from inbox.forms.accounts import AccountForm
from inbox.views.settings import door, wording
from inbox.views.settings.overview import described
from inbox.views.settings.pages import UNPROCESSABLE, admins_only, done, show
from socialcare.background import after_commit, ring
from socialcare.middleware import WorkspaceRequest
from socialcare.tenancy import current_workspace

SECTION = "overview"
EXCHANGES = 20
REFUSALS = (actions.Taken, actions.OtherAccount, actions.Lacking, ConnectorError)


# ---------------------------------------------------------------- connecting


@require_safe
@admins_only
def choose(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Through which app, as what."""
    apps = list(PlatformApp.objects.order_by("name", "pk"))
    platforms = registry.platforms()
    offers = [{"app": app, "platform": platforms[app.platform]} for app in apps if app.platform in platforms]
    without = {platform.name for platform in platforms.values() if not platform.needs_app}
    unmade = [platforms[name] for name in sorted(without - {app.platform for app in apps})]
    offers += [{"app": own_app(platform), "platform": platform} for platform in unmade]
    return show(request, "settings/account_choose.html", section=SECTION, offers=offers)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def add(request: WorkspaceRequest, slug: str, app: int, channel: str) -> HttpResponse:
    platform, kind = _channel(channel)
    through = get_object_or_404(PlatformApp.objects.all(), pk=app) if app else own_app(platform)
    if platform.name != through.platform or (platform.needs_app and not app):
        raise Http404
    form = AccountForm(kind, data=request.POST or None, external_id=request.GET.get("id", "")[:120])
    if request.method == "POST" and form.is_valid():
        account = _connect(request, through, kind, form)
        if account is not None:
            sentence = _("“%(name)s” is connected.") % {"name": account.name}
            return done(request, sentence, "settings:account", account.pk)
    return show(
        request,
        "settings/account_add.html",
        section=SECTION,
        status=UNPROCESSABLE if form.is_bound else 200,
        form=form,
        app=through,
        channel=kind,
        label=_(kind.label),
        platform=platform,
        back=door.back_address(channel),
    )


def _connect(request: WorkspaceRequest, app: PlatformApp, channel: Channel, form: AccountForm) -> ChannelAccount | None:
    """The new account, or None with the reason in the form."""
    try:
        return actions.connect(
            request.membership.user,
            app,
            channel.name,
            form.external_id(app),
            name=form.cleaned_data["name"],
            credentials=form.credentials(),
            options=form.options(),
        )
    except REFUSALS as error:
        _complain(form, error, channel.name)
    return None


def own_app(platform: Platform) -> PlatformApp:
    """The app that is made unasked where the platform wants nobody registered; not saved before it is used.

    Accounts may be called after its key: where there is one already, as for a form that was open before, it is that.
    """
    if known := PlatformApp.objects.own().filter(platform=platform.name).order_by("pk").first():
        return known
    return PlatformApp(pk=0, workspace_id=current_workspace(), platform=platform.name, name=platform.label)


def _complain(form: AccountForm, error: Exception, channel: str) -> None:
    """Say on the right field what is wrong with the credentials, and that nothing was saved."""
    token, nothing = form.token_field, _("Nothing was saved.")
    if isinstance(error, actions.Taken):
        if error.by and error.by.channel != form.channel.name:
            sentence = _(
                "Its comments come in already, through “%(name)s”: each would come twice. Remove that account first."
            ) % {"name": error.by.name}
        elif error.by and error.otherwise:
            sentence = _(
                "This leads to what is connected already, as “%(name)s”: it is the same under another address."
            ) % {"name": error.by.name}
        elif error.by:
            sentence = _("This account is connected already, as “%(name)s”.") % {"name": error.by.name}
        else:
            sentence = _("This account is connected in another workspace. It must be removed there first.")
        form.add_error(form.id_field, sentence)
    elif isinstance(error, actions.OtherAccount) and not form.channel.account_id:
        sentence = _("This is the address of another account. Connect it as one of its own.")
        form.add_error(form.id_field, sentence)
    elif isinstance(error, actions.OtherAccount):
        found = {"name": error.found.name, "id": error.found.external_id}
        sentence = _(
            "This token belongs to “%(name)s” (%(id)s). Give a token of the account itself, or correct the ID."
        )
        form.add_error(token, sentence % found)
    elif isinstance(error, actions.Lacking) and not gateway.platform_of(channel).needs_app:
        form.add_error(token, f"{wording.may_not(error.names)} {nothing}")
    elif isinstance(error, actions.Lacking):
        sentence = _("This token lacks permissions: %(names)s. Grant them, make a new token and paste it here.")
        form.add_error(token, sentence % {"names": ", ".join(error.names)})
    elif isinstance(error, ConnectorError):
        field = token if wording.concerns_token(error) else None
        form.add_error(field, f"{wording.problem(error, channel)} {nothing}")
    else:
        raise error


# ---------------------------------------------------------------- one account


@require_safe
@admins_only
def account(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    shown = _account(pk)
    platform, channel = _channel(shown.channel)
    here = set(
        ChannelAccount.objects.filter(external_id=shown.external_id)
        .exclude(state=ChannelAccount.State.REMOVED)
        .values_list("channel", flat=True)
    )
    return show(
        request,
        "settings/account.html",
        section=SECTION,
        **described(shown),
        permissions=channel.permissions,
        needs_app=platform.needs_app,
        given=_given(shown, channel),
        mentions=_mentions(shown),
        next_look=gateway.next_look(shown) if shown.state == ChannelAccount.State.CONNECTED else None,
        expires=_expires(shown),
        spending=[(_(gateway.cost_name(channel.name, line.kind)), line) for line in ledger.lines(shown)],
        past=ledger.past(shown),
        share=ledger.share(shown),
        spent=ledger.spent(shown),
        ceiling=ledger.ceiling(shown),
        has_door=channel.has_door,
        exchanges=list(Exchange.objects.filter(account=shown).order_by("-at", "-pk")[:EXCHANGES]),
        siblings=[other for other in platform.channels if other.name not in here],
    )


def _given(account: ChannelAccount, channel: Channel) -> list[tuple[str, str]]:
    """(label, words) of what an admin gave and may see again."""
    lines = [(one, account.credentials.get(one.name)) for one in channel.account_fields if not one.secret]
    lines += [(one, account.options.get(one.name)) for one in channel.account_options]
    return [(_(one.label), _said(value)) for one, value in lines]


def _said(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value or "–"


def _mentions(account: ChannelAccount) -> dict[str, str] | None:
    """Where other pages tell of their links, and the line that says so on the account's own pages."""
    address = gateway.mention_address(account)
    return {"address": address, "line": f'<link rel="webmention" href="{escape(address)}">'} if address else None


def _expires(account: ChannelAccount) -> Any:
    return parse_datetime(account.health.get("expires_at") or "")


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def edit(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    before = _account(pk)
    _platform, channel = _channel(before.channel)
    form = AccountForm(channel, before, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            after = actions.change(
                request.membership.user,
                before,
                name=form.cleaned_data["name"],
                options=form.options(),
                credentials=form.credentials(),
            )
        except REFUSALS as error:
            _complain(form, error, before.channel)
        else:
            _catch_up(before, after)
            return done(request, _("“%(name)s” is saved.") % {"name": after.name}, "settings:account", pk)
    status = UNPROCESSABLE if form.is_bound else 200
    return show(request, "settings/account_edit.html", section=SECTION, status=status, form=form, **described(before))


@require_POST
@admins_only
def test(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    tested = _account(pk)
    as_it_was = copy(tested)
    try:
        found = actions.check(tested)
    except ConnectorError as error:
        sentence = wording.problem(error, tested.channel)
        return done(request, sentence, "settings:account", pk, level=messages.ERROR)
    _catch_up(as_it_was, tested)
    if found.external_id == tested.external_id and not (found.missing or found.unsubscribed):
        return done(request, _("Tested just now: all is well."), "settings:account", pk)
    sentence = _("Tested just now. See below what is missing.")
    return done(request, sentence, "settings:account", pk, level=messages.WARNING)


@require_POST
@admins_only
def subscribe(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    repaired = _account(pk)
    platform, _kind = _channel(repaired.channel)
    try:
        found = actions.repair_subscription(request.membership.user, repaired)
    except ConnectorError as error:
        sentence = wording.problem(error, repaired.channel)
        return done(request, sentence, "settings:account", pk, level=messages.ERROR)
    if found.unsubscribed:
        sentence = _("%(platform)s still does not send: %(names)s.")
        said = {"platform": platform.label, "names": ", ".join(found.unsubscribed)}
        return done(request, sentence % said, "settings:account", pk, level=messages.WARNING)
    return done(request, _("Subscribed: all events reach us."), "settings:account", pk)


@require_POST
@admins_only
def pause(request: WorkspaceRequest, slug: str, pk: int, paused: bool) -> HttpResponse:
    before = _account(pk)
    row = actions.pause(request.membership.user, before.pk, paused=paused)
    _catch_up(before, row)
    sentence = _("“%(name)s” is paused.") if paused else _("“%(name)s” is resumed.")
    return done(request, sentence % {"name": row.name}, "settings:account", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def remove(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    going = _account(pk)
    unfinished = work.left_behind(going.pk).count()
    if request.method != "POST":
        shown = {"needs_app": _channel(going.channel)[0].needs_app, "unfinished": unfinished, **described(going)}
        return show(request, "settings/account_remove.html", section=SECTION, **shown)
    resolve = request.POST.get("resolve") == "on"
    told = actions.remove(request.membership.user, going, resolve=resolve)
    if resolve and unfinished:
        after_commit(sweeping.ring_for_sweeps)
        sentence = ngettext(
            "%(number)d unfinished ticket is being resolved.",
            "%(number)d unfinished tickets are being resolved.",
            unfinished,
        )
        messages.info(request, sentence % {"number": unfinished})
    if told:
        sentence = _("“%(name)s” is removed and its token is erased. Its tickets stay.")
        if not _channel(going.channel)[0].needs_app:
            sentence = _("“%(name)s” is removed. Its tickets stay.")
        return done(request, sentence % {"name": going.name}, "settings:overview")
    sentence = _(
        "“%(name)s” is removed and its token is erased, but %(platform)s could not be told to stop sending. "
        "What still comes is not taken in."
    )
    said = {"name": going.name, "platform": _channel(going.channel)[0].label}
    return done(request, sentence % said, "settings:overview", level=messages.WARNING)


def _catch_up(before: ChannelAccount, after: ChannelAccount) -> None:
    """Of an account that works again: send what waited, fetch what was missed."""
    if before.state != after.state == ChannelAccount.State.CONNECTED:
        outbox.account_is_back(after)
        ring(polling.poll_account, after.pk)


def _account(pk: int) -> ChannelAccount:
    there = ChannelAccount.objects.exclude(state=ChannelAccount.State.REMOVED).select_related("app")
    return get_object_or_404(there, pk=pk)


def _channel(name: str) -> tuple[Platform, Channel]:
    try:
        return registry.channels()[name]
    except KeyError:
        raise Http404 from None
