"""Queues, tags and groups of people: their names."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inbox.actions import sorting
from inbox.forms.labels import LabelForm, QueuesOfAccounts
from inbox.models import Tag
from inbox.views.settings.pages import UNPROCESSABLE, Question, admins_only, ask, done, show, sure
from socialcare.middleware import WorkspaceRequest

SECTION = "labels"


@require_safe
@admins_only
def labels(request: WorkspaceRequest, slug: str) -> HttpResponse:
    return _page(request, {})


def _page(request: WorkspaceRequest, bad: dict[str, LabelForm], queues: QueuesOfAccounts | None = None) -> HttpResponse:
    known = sorting.labels()
    said = {
        "queue": (_("Queues"), _("Work that is looked after together. A ticket stands in one, or in none.")),
        "tag": (_("Tags"), _("Words that agents put on tickets.")),
        "group": (_("Groups of people"), _("Whom you promise something of their own: important customers, the press.")),
    }
    kinds: list[dict[str, Any]] = [
        {"kind": kind, "title": title, "help": words, "items": known[f"{kind}s"], "form": bad.get(kind, _form(kind))}
        for kind, (title, words) in said.items()
    ]
    for tag in known["tags"]:
        tag["question"] = _question(tag["name"])
    status = UNPROCESSABLE if bad or queues else 200
    queues = queues or QueuesOfAccounts()
    shown = queues if known["queues"] and queues.accounts else None
    return show(request, "settings/labels.html", section=SECTION, status=status, kinds=kinds, queues=shown)


def _question(name: str) -> Question:
    return Question(
        _("Remove the tag “%(name)s”?") % {"name": name},
        _("It goes from every ticket, and reports no longer count by it. This cannot be undone."),
        _("Remove"),
    )


def _form(kind: str, data: object = None) -> LabelForm:
    return LabelForm(data, auto_id=f"{kind}_%s")  # type: ignore[arg-type]


@require_POST
@admins_only
def send_to(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Which account's tickets go where."""
    form = QueuesOfAccounts(request.POST)
    if not form.is_valid():
        return _page(request, {}, form)
    sorting.send_to(request.membership.user, form.chosen())
    return done(request, _("New tickets go there from now on."), "settings:labels")


@require_POST
@admins_only
def add(request: WorkspaceRequest, slug: str, kind: str) -> HttpResponse:
    if kind not in sorting.KINDS:
        raise Http404
    form = _form(kind, request.POST)
    if form.is_valid():
        try:
            sorting.add_label(request.membership.user, kind, form.cleaned_data["name"])
        except sorting.NameTaken:
            form.add_error("name", _("Another one is called so."))
        else:
            sentence = _("“%(name)s” is added.") % {"name": form.cleaned_data["name"]}
            return done(request, sentence, "settings:labels")
    return _page(request, {kind: form})


@require_POST
@admins_only
def rename(request: WorkspaceRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    form = LabelForm(request.POST)
    if kind not in sorting.KINDS or not sorting.KINDS[kind].objects.filter(pk=pk).exists():
        raise Http404
    if not form.is_valid():
        return done(request, str(form.errors["name"][0]), "settings:labels", level=messages.ERROR)
    try:
        sorting.rename_label(request.membership.user, kind, pk, form.cleaned_data["name"])
    except sorting.NameTaken:
        return done(request, _("Another one is called so."), "settings:labels", level=messages.ERROR)
    except ObjectDoesNotExist:
        raise Http404 from None
    return done(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]}, "settings:labels")


@require_POST
@admins_only
def remove_tag(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    tag = get_object_or_404(Tag.objects.all(), pk=pk)
    if not sure(request):
        return ask(request, _question(tag.name), SECTION)
    try:
        sorting.remove_tag(request.membership.user, pk)
    except Tag.DoesNotExist:
        raise Http404 from None
    except sorting.InUse:
        sentence = _("Policies ask for this tag. Choose another one there first.")
        return done(request, sentence, "settings:labels", level=messages.ERROR)
    return done(request, _("“%(name)s” is removed.") % {"name": tag.name}, "settings:labels")
