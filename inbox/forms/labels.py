"""The form of a queue, a tag or a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors import gateway
from connectors.models import ChannelAccount
from inbox.forms.fields import PlainForm
from inbox.models import Queue


class LabelForm(PlainForm, forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class QueuesOfAccounts(PlainForm, forms.Form):
    """For every account the queue its new tickets go to."""

    def __init__(self, data: Any = None) -> None:
        self.accounts: Sequence[ChannelAccount] = list(
            ChannelAccount.objects.exclude(state=ChannelAccount.State.REMOVED).order_by("channel", "name", "id")
        )
        super().__init__(data, initial={_name(account): account.queue_id for account in self.accounts})
        queues = [("", _("None")), *((str(pk), name) for pk, name in Queue.objects.values_list("id", "name"))]
        for account in self.accounts:
            label = f"{gateway.label(account.channel)} · {account.name}"
            self.fields[_name(account)] = forms.ChoiceField(label=label, choices=queues, required=False)

    def chosen(self) -> dict[int, int | None]:
        given = {account.pk: self.cleaned_data[_name(account)] for account in self.accounts}
        return {pk: int(queue) if queue else None for pk, queue in given.items()}


def _name(account: ChannelAccount) -> str:
    return f"account_{account.pk}"
