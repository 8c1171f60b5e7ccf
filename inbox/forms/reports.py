"""Which period of what a report is about."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.forms.fields import PlainForm
from inbox.models.report import Dimension
from inbox.reports import naming
from inbox.reports.figures import Scope
from inbox.reports.periods import DAY, LONGEST, PRESETS, Period, of_days, preset

CUSTOM = "custom"
USUAL = "28-days"
EVERYTHING = "all"
LABELS = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "7-days": gettext_lazy("7 days"),
    "28-days": gettext_lazy("28 days"),
    "this-month": gettext_lazy("This month"),
    "last-month": gettext_lazy("Last month"),
    "90-days": gettext_lazy("90 days"),
    "365-days": gettext_lazy("365 days"),
    CUSTOM: gettext_lazy("Other days"),
}


def _filled(data: Any, zone: ZoneInfo) -> dict[str, str]:
    """What was asked, said in full: the days of a named period stand in the fields for days.

    Days without a period are a period of their own.
    """
    usual = CUSTOM if {"since", "until"} & set(data) else USUAL
    asked = {"period": usual, "about": EVERYTHING, **{name: data[name] for name in data}}
    if asked["period"] in PRESETS:
        days = preset(asked["period"], timezone.now(), zone)
        asked |= {"since": days.first_day.isoformat(), "until": days.last_day.isoformat()}
    return asked


class ReportForm(PlainForm, forms.Form):
    """Without an answer: the usual period of everything. Dates are days of the workspace's zone."""

    period = forms.ChoiceField(choices=[(name, LABELS[name]) for name in (*PRESETS, CUSTOM)])
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    about = forms.ChoiceField(label=gettext_lazy("About"))

    def __init__(self, data: Any, zone: ZoneInfo) -> None:
        super().__init__(_filled(data, zone))
        self.zone = zone
        self.fields["period"].label = _("Period")
        self.fields["about"].choices = [(EVERYTHING, _("Everything")), *naming.choices()]  # type: ignore[attr-defined]
        wrong = _("This is no date. It should look like 2026-11-25.")
        for name in ("since", "until"):
            self.fields[name].error_messages["invalid"] = wrong

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        given = cleaned.get("since"), cleaned.get("until")
        if cleaned.get("period") != CUSTOM or "since" in self.errors or "until" in self.errors:
            return cleaned
        for name, day in zip(("since", "until"), given, strict=True):
            if day is None:
                self.add_error(name, _("Choose a day, or one of the periods above."))
        first, last = given
        if first and last:
            self._check(first, last)
        return cleaned

    def _check(self, first: date, last: date) -> None:
        today = timezone.now().astimezone(self.zone).date()
        if last < first:
            self.add_error("until", _("The period ends before it begins: choose a later day."))
        elif first > today:
            self.add_error("since", _("This day has not come yet."))
        elif last - first > LONGEST:
            self.add_error("until", _("A report covers three years at most: choose a shorter period."))
        elif first.year < 2000 or last > today + 366 * DAY:
            self.add_error("since", _("Choose days between the year 2000 and the next one."))

    @property
    def chosen(self) -> Period:
        """Of a valid form."""
        name = self.cleaned_data["period"]
        if name == CUSTOM:
            return of_days(self.cleaned_data["since"], self.cleaned_data["until"], self.zone)
        return preset(name, timezone.now(), self.zone)

    @property
    def scope(self) -> Scope:
        return naming.scope(self.cleaned_data["about"]) or Scope(Dimension.ALL)
