"""The form of a queue, a tag or a group."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from inbox.forms.fields import PlainForm


class LabelForm(PlainForm, forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
