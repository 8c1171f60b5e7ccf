"""How the channels are, and the first steps where there are none."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from connectors import gateway, registry
from connectors.models import ChannelAccount, Delivery, Oddity, PlatformApp
from inbox.actions.deliveries import own
from inbox.views.settings.pages import admins_only, show
from inbox.views.settings.wording import standing
from socialcare.middleware import WorkspaceRequest
from socialcare.tenancy import current_workspace


@admins_only
def overview(request: WorkspaceRequest, slug: str) -> HttpResponse:
    accounts = [described(account) for account in connected()]
    apps = list(PlatformApp.objects.order_by("name", "pk"))
    aside = dict(own().filter(state=Delivery.State.FAILED).values_list("app").annotate(Count("pk")))
    odd = dict(oddities().values_list("app").annotate(Sum("count")))
    return show(
        request,
        "settings/overview.html",
        section="overview",
        accounts=accounts,
        apps=[{"app": app, "aside": aside.get(app.pk, 0), "odd": odd.get(app.pk, 0)} for app in apps],
        aside=sum(aside.values()),
        odd=sum(odd.values()),
        steps=[] if accounts else first_steps(slug, apps),
    )


def connected() -> list[ChannelAccount]:
    there = ChannelAccount.objects.exclude(state=ChannelAccount.State.REMOVED).select_related("app")
    return list(there.order_by("name", "channel", "pk"))


def described(account: ChannelAccount) -> dict[str, Any]:
    channel = registry.channels().get(account.channel)
    return {
        "account": account,
        "channel": _(channel[1].label) if channel else account.channel,
        "platform": _(gateway.platform_of(account.channel).label),
        "standing": standing(account),
    }


def oddities() -> Any:
    """Those of the workspace's own apps, and of the installation's apps those about this workspace."""
    mine = Q(app__workspace_id=current_workspace()) | Q(workspace_id=current_workspace())
    return Oddity.objects.filter(mine, app__removed_at=None)


def first_steps(slug: str, apps: list[PlatformApp]) -> list[dict[str, Any]]:
    """What to do before the first customer's post can come in: {done, title, text, url, action}."""
    newest = apps[-1] if apps else None
    heard = any(app.challenged_at or app.last_verified_at for app in apps)
    app_page = reverse("settings:app", args=[slug, newest.pk]) if newest else ""
    return [
        {
            "done": bool(apps),
            "title": _("Make a Meta app"),
            "text": _(
                "On developers.facebook.com create an app with the products Webhooks and Messenger, "
                "and add it here with its app ID and app secret."
            ),
            "url": reverse("settings:app_add", args=[slug, "meta"]),
            "action": _("Add the app"),
        },
        {
            "done": heard,
            "title": _("Subscribe its webhook"),
            "text": _(
                "In the app, under Webhooks → Page, give the callback address and the verify token "
                "that are shown here with the app. Meta asks at once whether the address is right."
            ),
            "url": app_page,
            "action": _("Show the address and the token"),
        },
        {
            "done": False,
            "title": _("Connect a page"),
            "text": _(
                "Make a page access token with the permissions that are listed here, and add the page: "
                "once for its posts and comments, once for Messenger."
            ),
            "url": reverse("settings:account_add", args=[slug]) if apps else "",
            "action": _("Connect a page"),
        },
    ]
