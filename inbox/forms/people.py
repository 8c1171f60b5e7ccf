"""The forms about people and their workspace."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.utils.translation import get_language_info, gettext_lazy

from inbox.forms.fields import PlainForm
from socialcare.models import Role, User, Workspace

UNDO = ((0, gettext_lazy("at once")), (5, gettext_lazy("after 5 seconds")), (10, gettext_lazy("after 10 seconds")))
LANGUAGES = [(code, get_language_info(code)["name_local"].capitalize()) for code, _name in settings.LANGUAGES]
YEAR_OF_HOURS = 24 * 365


class AddressField(forms.EmailField):
    """An e-mail address as it is stored: lower case, and no longer than its column."""

    def to_python(self, value: Any) -> str:
        return User.objects.normalise(super().to_python(value) or "")


class InviteForm(PlainForm, forms.Form):
    email = AddressField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("This is no e-mail address. It should look like name@example.com.")},
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role, initial=Role.AGENT)


class RoleForm(PlainForm, forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role)


class JoinForm(PlainForm, forms.Form):
    """What a person without an account yet gives to join; `email` is the invitation's."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=gettext_lazy("Your colleagues see it; customers do not."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": 10}),
    )

    def __init__(self, email: str, data: Any = None) -> None:
        super().__init__(data)
        self.email = email
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if password := cleaned.get("password"):
            try:
                validate_password(password, User(email=self.email, name=cleaned.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class PasswordForm(PlainForm, PasswordChangeForm):
    """Second on its page: it does not take the focus."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts())


class WorkspaceForm(PlainForm, forms.ModelForm[Workspace]):
    undo_seconds = forms.TypedChoiceField(
        label=gettext_lazy("Replies leave"),
        choices=UNDO,
        coerce=int,
        help_text=gettext_lazy("Until then the agent can take a reply back."),
    )
    reopen_hours = forms.IntegerField(
        label=gettext_lazy("Reopening time, in hours"),
        min_value=0,
        max_value=YEAR_OF_HOURS,
        help_text=gettext_lazy(
            "A customer who writes again within this time reopens the ticket; later it is a new ticket that follows up."
        ),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=LANGUAGES,
        help_text=gettext_lazy("What people who join begin with; each can choose their own."),
    )

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=lambda: [(name, name.replace("_", " ")) for name in sorted(available_timezones())],
        help_text=gettext_lazy("Where days begin and end, on the dashboard and in reports."),
    )

    class Meta:
        model = Workspace
        fields = ("name", "undo_seconds", "reopen_hours", "language", "time_zone")
        labels = {"name": gettext_lazy("Name")}
        help_texts = {"name": gettext_lazy("Your company or team. The web address stays as it is.")}


class PreferencesForm(PlainForm, forms.ModelForm[User]):
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)

    class Meta:
        model = User
        fields = ("name", "language", "theme", "shortcuts")
        labels = {
            "name": gettext_lazy("Your name"),
            "theme": gettext_lazy("Appearance"),
            "shortcuts": gettext_lazy("Single-key shortcuts"),
        }
        help_texts = {"shortcuts": gettext_lazy("Ctrl or ⌘ with a key, arrows, Enter and Esc always work.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
