"""What the dashboard aims at, and a link for a wall."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.forms.fields import PlainForm
from inbox.forms.people import LANGUAGES
from inbox.models import Board, Wall

HOUR = 3600


class BoardForm(PlainForm, forms.ModelForm[Board]):
    goal = forms.IntegerField(
        label=gettext_lazy("Goal, in percent"),
        min_value=1,
        max_value=100,
        help_text=gettext_lazy("The share of first answers that shall come in time. Below it the figure turns amber."),
    )
    alarm = forms.IntegerField(
        label=gettext_lazy("Alarm, in percent"),
        min_value=0,
        max_value=100,
        help_text=gettext_lazy("Below it the figure turns red."),
    )
    risk_seconds = forms.IntegerField(
        label=gettext_lazy("At risk, in seconds"),
        min_value=10,
        max_value=HOUR,
        help_text=gettext_lazy("A ticket with less time left than this is at risk."),
    )

    class Meta:
        model = Board
        fields = ("goal", "alarm", "risk_seconds")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("alarm", 0) > cleaned.get("goal", 100):
            self.add_error("alarm", _("The alarm cannot lie above the goal: choose a smaller number."))
        return cleaned


class TurnsForm(PlainForm, forms.Form):
    turns = forms.ChoiceField(
        label=gettext_lazy("Pages"),
        choices=Wall.Turns.choices,
        help_text=gettext_lazy("Each stands for 15 seconds. Space stops them, the arrows turn them."),
    )


class WallForm(TurnsForm):
    name = forms.CharField(
        label=gettext_lazy("Where it hangs"),
        max_length=80,
        help_text=gettext_lazy("So that you know later which link to revoke. Nobody sees it on the wall."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    field_order = ("name", "language", "turns")
