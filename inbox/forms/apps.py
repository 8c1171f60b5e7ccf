"""The form of a developer app."""

from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from connectors.contract import Platform
from connectors.models import PlatformApp
from inbox.actions.apps import PREVIOUS, SECRET, set_at
from inbox.forms.fields import PlainForm, day, from_contract


class AppForm(PlainForm, forms.Form):
    """Generated from the platform's fields. Of an app that exists, empty secrets mean: keep the one we have."""

    def __init__(self, platform: Platform, app: PlatformApp | None = None, data: Any = None) -> None:
        kept: dict[str, str] = app.settings if app else {}
        self.app_fields = [field for field in platform.app_fields if not (app and field.name == PREVIOUS)]
        shown = {field.name: kept.get(field.name, "") for field in self.app_fields if not field.secret}
        super().__init__(data, initial={"name": app.name if app else "", "keep_old": True, **shown})
        self.fields["name"] = forms.CharField(
            label=_("Name"), max_length=120, help_text=_("How your colleagues will recognise it.")
        )
        for field in self.app_fields:
            held = field.secret and bool(kept.get(field.name))
            note = _kept_note(kept.get(set_at(field.name), "")) if held else ""
            self.fields[field.name] = from_contract(field, required=field.required and not held, note=note)
        if kept.get(SECRET):
            self.fields["keep_old"] = forms.BooleanField(
                label=_("Keep the old app secret valid as well"),
                required=False,
                help_text=_("Only matters with a new secret: for as long as the platform may sign with either one."),
            )
        if kept.get(PREVIOUS):
            self.fields["forget_old"] = forms.BooleanField(
                label=_("Forget the previous app secret"),
                required=False,
                help_text=_("It was kept for a rotation. Webhooks signed with it will be refused."),
            )

    def given(self) -> dict[str, str]:
        return {field.name: self.cleaned_data[field.name] for field in self.app_fields}


def _kept_note(moment: str) -> str:
    at = parse_datetime(moment) if moment else None
    if at is None:
        return _("A secret is set. Leave empty to keep it.")
    return _("Set on %(date)s. Leave empty to keep it.") % {"date": day(at)}
