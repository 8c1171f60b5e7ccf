"""Form fields made from what a platform says it needs."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from connectors import contract

LONGEST = 4000


class PlainForm(forms.BaseForm):
    """Says what is wrong in our own words, and of each field one thing at a time."""

    def full_clean(self) -> None:
        for field in self.fields.values():
            field.error_messages |= _complaints(field)
        super().full_clean()
        for complaints in self.errors.values():
            del complaints.data[1:]


class ContractField(forms.CharField):
    """What is given is brought into the form in which it is kept, as the platform's folder knows it."""

    tidy: Callable[[str], str] | None = None

    def clean(self, value: Any) -> str:
        given = str(super().clean(value))
        try:
            return self.tidy(given) if self.tidy and given else given
        except contract.BadInput as error:
            fault = _(error.sentence) % error.places
            raise forms.ValidationError(_("“%(label)s”: %(fault)s") % {"label": self.label, "fault": fault}) from None


def day(at: datetime) -> str:
    """A day as the screens write it; Django's own short form is all digits."""
    return date_format(at, pgettext("a day", "M j, Y"))


def _complaints(field: forms.Field) -> dict[str, str]:
    named: dict[str, Any] = {"label": str(field.label)}
    words = {
        "required": _("“%(label)s” is empty: please fill it in.") % named,
        "null_characters_not_allowed": _("“%(label)s” holds a character that cannot be stored: type it again.") % named,
    }
    if isinstance(field, forms.ChoiceField):
        words["invalid_choice"] = _("“%(label)s” is not one of those offered: choose one.") % named
    elif isinstance(field, forms.IntegerField):
        sentence = _("“%(label)s” must be a whole number from %(low)d to %(high)d.")
        sentence %= {**named, "low": field.min_value, "high": field.max_value}
        words |= dict.fromkeys(("invalid", "min_value", "max_value"), sentence)
    elif isinstance(field, forms.CharField) and field.max_length:
        sentence = _("“%(label)s” is too long: at most %(limit)d characters are allowed.")
        words["max_length"] = sentence % {**named, "limit": field.max_length}
    return words


def from_contract(field: contract.Field, *, required: bool | None = None, note: str = "") -> forms.CharField:
    """A field that never shows a secret again. `note` is put before the platform's own help."""
    label, advice = _(field.label), _(field.help) if field.help else ""
    attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
    if field.secret:
        attrs["autocomplete"] = "new-password"
        widget: forms.Widget = forms.PasswordInput(attrs=attrs, render_value=False)
    else:
        widget = forms.TextInput(attrs=attrs)
    made = ContractField(
        label=label,
        help_text=" ".join(part for part in (note, advice) if part),
        required=field.required if required is None else required,
        max_length=LONGEST if field.secret else field.longest,
        widget=widget,
        validators=_shape(field, label, advice),
    )
    made.tidy = field.tidy
    return made


def _shape(field: contract.Field, label: str, advice: str) -> Sequence[RegexValidator]:
    if not field.pattern:
        return []
    sentence = _("This does not look like “%(label)s”. Copy it once more, whole and without anything around it.")
    message = " ".join(part for part in (sentence % {"label": label}, advice) if part)
    # A validator fills places in its message: a sign of per cent in an advice is none.
    return [RegexValidator(re.compile(rf"\A(?:{field.pattern})\Z", re.ASCII), message.replace("%", "%%"))]
