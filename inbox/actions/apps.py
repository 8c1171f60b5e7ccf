"""Adding, changing, pausing and removing the workspace's own developer apps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from connectors import registry
from connectors.models import ChannelAccount, PlatformApp
from inbox.actions import audit
from socialcare.models import User
from socialcare.tenancy import current_workspace

SECRET, PREVIOUS = "app_secret", "previous_secret"


class StillUsed(Exception):
    """`names` are the accounts connected through the app."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"{len(names)} accounts use this app")
        self.names = names


def set_at(field: str) -> str:
    """Under which name an app's settings remember when a secret was given (ISO 8601)."""
    return f"{field}_set_at"


def add_app(actor: User, platform: str, name: str, given: Mapping[str, str]) -> PlatformApp:
    with transaction.atomic():
        app = PlatformApp(workspace_id=current_workspace(), platform=platform, name=name, settings={})
        _give(app, given)
        app.save()
        audit.record(actor, "app.added", app, platform=platform)
    return app


def made_unasked(actor: User, app: PlatformApp) -> PlatformApp:
    """The workspace's app of a platform that wants nobody registered: the one there is, else this one is saved."""
    if known := PlatformApp.objects.own().filter(platform=app.platform).order_by("pk").first():
        return known
    app.pk = None
    app.save(force_insert=True)
    audit.record(actor, "app.added", app, platform=app.platform)
    return app


def change_app(
    actor: User, app_id: int, name: str, given: Mapping[str, str], *, keep_old: bool, forget_old: bool
) -> PlatformApp:
    """`given` holds what changes; an absent or empty secret stays as it is.

    `keep_old`: with a new app secret the one before stays valid as well. `forget_old`: no
    earlier secret is valid any more.
    """
    with transaction.atomic():
        app = _locked(app_id)
        before = {"name": app.name, **_open_settings(app)}
        old_secret = app.settings.get(SECRET, "")
        app.name = name
        _give(app, given)
        replaced = bool(old_secret) and app.settings.get(SECRET) != old_secret
        if replaced and keep_old:
            _give(app, {PREVIOUS: old_secret})
        elif replaced or forget_old:
            for key in (PREVIOUS, set_at(PREVIOUS)):
                app.settings.pop(key, None)
        app.save(update_fields=["name", "settings"])
        changes: dict[str, Any] = audit.differences(before, {"name": name, **_open_settings(app)})
        changes |= {field: audit.CHANGED for field in _secrets(app.platform) if given.get(field)}
        if replaced or forget_old:
            changes["before"] = "kept" if replaced and keep_old else "forgotten"
        audit.record(actor, "app.changed", app, **changes)
    return app


def pause_app(actor: User, app_id: int, *, paused: bool) -> PlatformApp:
    """While paused, webhooks are kept and wait."""
    with transaction.atomic():
        app = _locked(app_id)
        if (app.paused_at is not None) != paused:
            app.paused_at = timezone.now() if paused else None
            app.save(update_fields=["paused_at"])
            audit.record(actor, "app.paused" if paused else "app.resumed", app)
    return app


def remove_app(actor: User, app_id: int) -> PlatformApp:
    """Forget the app's secrets, so that its webhooks are refused. Raises StillUsed while accounts use it."""
    with transaction.atomic():
        app = _locked(app_id)
        using = ChannelAccount.objects.filter(app=app).exclude(state=ChannelAccount.State.REMOVED)
        if names := list(using.order_by("name").values_list("name", flat=True)):
            raise StillUsed(names)
        app.settings, app.removed_at = {}, timezone.now()
        app.save(update_fields=["settings", "removed_at"])
        audit.record(actor, "app.removed", app, platform=app.platform)
    return app


def _locked(app_id: int) -> PlatformApp:
    return PlatformApp.objects.own().select_for_update(of=("self",)).get(pk=app_id)


def _give(app: PlatformApp, given: Mapping[str, str]) -> None:
    now = timezone.now().isoformat(timespec="seconds")
    secrets = {*_secrets(app.platform), PREVIOUS}
    for field, value in given.items():
        if not value and field in secrets:
            continue
        app.settings[field] = value
        if field in secrets:
            app.settings[set_at(field)] = now


def _secrets(platform: str) -> list[str]:
    return [field.name for field in registry.platforms()[platform].app_fields if field.secret]


def _open_settings(app: PlatformApp) -> dict[str, str]:
    fields = registry.platforms()[app.platform].app_fields
    return {field.name: app.settings.get(field.name, "") for field in fields if not field.secret}
