"""Who changed what."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from connectors import gateway, registry
from inbox.actions.audit import CHANGED
from inbox.views.settings.pages import admins_only, show
from socialcare.middleware import WorkspaceRequest
from socialcare.models import AuditEntry, Role

PAGE = 50
SENTENCES = {
    "app.added": gettext_lazy("added the app “%(target)s”"),
    "app.changed": gettext_lazy("changed the app “%(target)s”"),
    "app.paused": gettext_lazy("paused the app “%(target)s”"),
    "app.resumed": gettext_lazy("resumed the app “%(target)s”"),
    "app.removed": gettext_lazy("removed the app “%(target)s”"),
    "account.connected": gettext_lazy("connected “%(target)s”"),
    "account.changed": gettext_lazy("changed “%(target)s”"),
    "account.subscribed": gettext_lazy("repaired the subscription of “%(target)s”"),
    "account.paused": gettext_lazy("paused “%(target)s”"),
    "account.resumed": gettext_lazy("resumed “%(target)s”"),
    "account.queue": gettext_lazy("changed where the tickets of “%(target)s” go"),
    "account.removed": gettext_lazy("removed “%(target)s”"),
    "person.invited": gettext_lazy("invited %(target)s"),
    "person.joined": gettext_lazy("joined: %(target)s"),
    "person.role": gettext_lazy("changed the role of %(target)s"),
    "person.removed": gettext_lazy("took %(target)s out of the workspace"),
    "invitation.withdrawn": gettext_lazy("withdrew the invitation of %(target)s"),
    "deliveries.replayed": gettext_lazy("had deliveries taken in again: %(target)s"),
    "policy.added": gettext_lazy("added the policy “%(target)s”"),
    "policy.changed": gettext_lazy("changed the policy “%(target)s”"),
    "policy.moved": gettext_lazy("moved the policy “%(target)s”"),
    "policy.removed": gettext_lazy("removed the policy “%(target)s”"),
    "hours.added": gettext_lazy("added the opening hours “%(target)s”"),
    "hours.changed": gettext_lazy("changed the opening hours “%(target)s”"),
    "hours.removed": gettext_lazy("removed the opening hours “%(target)s”"),
    "queue.added": gettext_lazy("added the queue “%(target)s”"),
    "queue.renamed": gettext_lazy("renamed the queue “%(target)s”"),
    "tag.added": gettext_lazy("added the tag “%(target)s”"),
    "tag.renamed": gettext_lazy("renamed the tag “%(target)s”"),
    "tag.removed": gettext_lazy("removed the tag “%(target)s”"),
    "group.added": gettext_lazy("added the group “%(target)s”"),
    "group.renamed": gettext_lazy("renamed the group “%(target)s”"),
    "board.changed": gettext_lazy("changed the goals of the dashboard"),
    "wall.made": gettext_lazy("made a link for the wall “%(target)s”"),
    "wall.changed": gettext_lazy("changed the pages of the wall “%(target)s”"),
    "wall.revoked": gettext_lazy("revoked the link of the wall “%(target)s”"),
    "workspace.changed": gettext_lazy("changed the workspace"),
}
NAMES = {
    "name": gettext_lazy("name"),
    "role": gettext_lazy("role"),
    "language": gettext_lazy("language"),
    "turns": gettext_lazy("pages"),
    "undo_seconds": gettext_lazy("undo, in seconds"),
    "reopen_hours": gettext_lazy("reopening time, in hours"),
    "goal": gettext_lazy("goal, in percent"),
    "alarm": gettext_lazy("alarm, in percent"),
    "risk_seconds": gettext_lazy("at risk, in seconds"),
    "zone": gettext_lazy("time zone"),
    "platform": gettext_lazy("platform"),
    "channel": gettext_lazy("channel"),
    "page": gettext_lazy("ID"),
    "tickets": gettext_lazy("unfinished tickets"),
    "before": gettext_lazy("the secret before"),
    "first_response": gettext_lazy("first response"),
    "next_response": gettext_lazy("next response"),
    "resolution": gettext_lazy("resolution"),
    "position": gettext_lazy("place"),
    "hours": gettext_lazy("hours"),
    "slots": gettext_lazy("week"),
    "country": gettext_lazy("public holidays"),
    "closed": gettext_lazy("closed days"),
    "warn_at": gettext_lazy("warnings"),
    "steps": gettext_lazy("steps"),
    "surface": gettext_lazy("kind of post"),
    "queue_id": gettext_lazy("queue"),
    "tag_id": gettext_lazy("tag"),
    "group_id": gettext_lazy("group"),
    "priority": gettext_lazy("priority"),
    "pause": gettext_lazy("pause"),
}
TICKETS = {"resolved": gettext_lazy("resolved"), "left": gettext_lazy("left as they are")}
WORDS = {"kept": gettext_lazy("kept"), "forgotten": gettext_lazy("forgotten"), **TICKETS, **dict(Role.choices)}
UNTOLD = {"deliveries", "count"}


@require_safe
@admins_only
def history(request: WorkspaceRequest, slug: str) -> HttpResponse:
    entries = AuditEntry.objects.select_related("actor")
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        entries = entries.filter(pk__lt=int(before))
    rows = list(entries.order_by("-pk")[: PAGE + 1])
    return show(
        request,
        "settings/audit.html",
        section="audit",
        rows=[{"entry": entry, "sentence": sentence(entry), "details": details(entry)} for entry in rows[:PAGE]],
        older=rows[PAGE - 1].pk if len(rows) > PAGE else None,
        before=before,
    )


def sentence(entry: AuditEntry) -> str:
    """Of an account with its channel: several may have one name."""
    known = SENTENCES.get(entry.verb)
    said = str(known) % {"target": entry.target} if known else f"{entry.verb} {entry.target}"
    channel = entry.data.get("channel") if _of_account(entry) else None
    return f"{said} ({_called('channel', channel)})" if channel else said


def details(entry: AuditEntry) -> list[str]:
    """What changed from what to what, in short lines."""
    lines, labels = [], {**NAMES, **_labels(entry)}
    for name, value in entry.data.items():
        if name in UNTOLD or (name == "channel" and _of_account(entry)):
            continue
        label = str(labels.get(name, name))
        if value == CHANGED:
            # Of what the platform gave us with a token nobody has seen a name.
            lines += [_("%(name)s: replaced") % {"name": label}] if name in labels else []
        elif isinstance(value, list) and len(value) == 2:
            lines.append(f"{label}: {_called(name, value[0])} → {_called(name, value[1])}")
        else:
            lines.append(f"{label}: {_called(name, value)}")
    return lines


def _labels(entry: AuditEntry) -> dict[str, str]:
    """What the forms call the fields of this account or app; of an older line, which does not say its channel, any."""
    kinds = [channel for _platform, channel in registry.channels().values()]
    if _of_account(entry):
        own = [kind for kind in kinds if kind.name == entry.data.get("channel")] or kinds
        fields = [field for kind in own for field in (*kind.account_fields, *kind.account_options)]
    elif entry.verb.startswith("app."):
        fields = [field for platform in registry.platforms().values() for field in platform.app_fields]
    else:
        fields = []
    return {field.name: _(field.label) for field in fields}


def _of_account(entry: AuditEntry) -> bool:
    return entry.verb.startswith("account.")


def _called(name: str, value: Any) -> str:
    if name == "channel" and value in registry.channels():
        return _(gateway.label(value))
    if name == "platform" and value in registry.platforms():
        return _(registry.platforms()[value].label)
    return _word(value)


def _word(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: _("yes"), False: _("no"), None: "–"}[value]
    return str(WORDS.get(str(value), value)) or "–"
