"""The form of a channel account."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from connectors import gateway
from connectors.contract import Channel
from connectors.models import ChannelAccount, PlatformApp
from inbox.forms.fields import PlainForm, day, from_contract


class AccountForm(PlainForm, forms.Form):
    """Generated from the channel's fields. Of an account that exists, empty secrets mean: keep those we have."""

    def __init__(
        self, channel: Channel, account: ChannelAccount | None = None, data: Any = None, external_id: str = ""
    ) -> None:
        self.channel, self.account = channel, account
        initial = {"external_id": external_id, **(account.options if account else {}), **self._shown()}
        super().__init__(data, initial={**initial, "name": account.name if account else ""})
        if account is None and channel.account_id:
            self.fields["external_id"] = from_contract(channel.account_id)
        note = _("Leave empty to use the name it has on the platform.") if account is None else ""
        self.fields["name"] = forms.CharField(
            label=_("Name"),
            max_length=200,
            required=account is not None,
            help_text=note,
        )
        kept = _kept_note(account) if account else ""
        for field in channel.account_fields:
            asked = field.required and not (account and field.secret)
            self.fields[field.name] = from_contract(field, required=asked, note=kept if field.secret else "")
        for option in channel.account_options:
            if option.words:
                self.fields[option.name] = from_contract(option)
                continue
            self.fields[option.name] = forms.BooleanField(
                label=_(option.label), help_text=_(option.help) if option.help else "", required=False
            )

    @property
    def token_field(self) -> str | None:
        """Where a complaint about the credentials belongs."""
        return next((field.name for field in self.channel.account_fields if field.secret), None)

    @property
    def id_field(self) -> str:
        """Where a complaint about which account it is belongs."""
        return "external_id" if "external_id" in self.fields else next(iter(self.credentials()))

    def external_id(self, app: PlatformApp) -> str:
        """Raises Refused where the credentials name no account."""
        if self.channel.account_id:
            return str(self.cleaned_data["external_id"])
        return gateway.identify(app, self.channel.name, self.credentials())

    def credentials(self) -> dict[str, str]:
        """As given; of an account that exists what changed, and secrets that were given anew."""
        given = {field.name: self.cleaned_data[field.name] for field in self.channel.account_fields}
        return {name: "" if value == self._shown().get(name) else value for name, value in given.items()}

    def _shown(self) -> dict[str, str]:
        """What is no secret of the account's credentials."""
        kept = self.account.credentials if self.account else {}
        return {field.name: kept.get(field.name, "") for field in self.channel.account_fields if not field.secret}

    def options(self) -> dict[str, bool | str]:
        return {option.name: self.cleaned_data[option.name] for option in self.channel.account_options}


def _kept_note(account: ChannelAccount) -> str:
    return _("Set on %(date)s. Leave empty to keep it; a new one reconnects the account.") % {
        "date": day(account.connected_at)
    }
