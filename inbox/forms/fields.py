"""Form fields made from what a platform says it needs."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _

from connectors import contract

LONGEST = 4000


def needed(label: str) -> dict[str, Any]:
    """A sentence for a required field that was left empty."""
    return {"required": _("“%(label)s” is empty: please fill it in.") % {"label": label}}


def from_contract(field: contract.Field, *, required: bool | None = None, note: str = "") -> forms.CharField:
    """A field that never shows a secret again. `note` is put before the platform's own help."""
    label, advice = _(field.label), _(field.help) if field.help else ""
    attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
    if field.secret:
        attrs["autocomplete"] = "new-password"
        widget: forms.Widget = forms.PasswordInput(attrs=attrs, render_value=False)
    else:
        widget = forms.TextInput(attrs=attrs)
    return forms.CharField(
        label=label,
        help_text=" ".join(part for part in (note, advice) if part),
        required=field.required if required is None else required,
        max_length=LONGEST if field.secret else 120,
        widget=widget,
        validators=_shape(field, label, advice),
        error_messages=needed(label),
    )


def _shape(field: contract.Field, label: str, advice: str) -> Sequence[RegexValidator]:
    if not field.pattern:
        return []
    sentence = _("This does not look like “%(label)s”. Copy it once more, whole and without anything around it.")
    message = " ".join(part for part in (sentence % {"label": label}, advice) if part)
    return [RegexValidator(re.compile(rf"\A(?:{field.pattern})\Z", re.ASCII), message)]
