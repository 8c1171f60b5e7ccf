"""What reports can be about, by name: a channel, an account, a queue, an agent, a tag.

`agent:7` in an address, `Scope` in the code.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from connectors import registry
from connectors.models import ChannelAccount
from inbox.models import Queue, Tag
from inbox.models.report import Dimension
from inbox.reports.figures import Scope
from socialcare.models import Membership, User
from socialcare.tenancy import current_workspace

CHANNEL = "channel"
KINDS = (Dimension.ACCOUNT, Dimension.QUEUE, Dimension.AGENT, Dimension.TAG)


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups of (word, name), as a list to choose from has them."""
    accounts = list(ChannelAccount.objects.order_by("channel", "name", "id"))
    channels = list(dict.fromkeys(account.channel for account in accounts))
    found = [
        (_("Channels"), [(f"{CHANNEL}:{name}", channel_label(name)) for name in channels]),
        (_("Accounts"), [(f"{Dimension.ACCOUNT}:{each.pk}", account_name(each)) for each in accounts]),
        (_("Queues"), [(f"{Dimension.QUEUE}:{each.pk}", each.name) for each in Queue.objects.all()]),
        (_("Agents"), [*((f"{Dimension.AGENT}:{pk}", name) for pk, name in _members()), *_nobody()]),
        (_("Tags"), [(f"{Dimension.TAG}:{each.pk}", each.name) for each in Tag.objects.all()]),
    ]
    return [(title, group) for title, group in found if group]


def _members() -> list[tuple[int, str]]:
    there = Membership.objects.filter(workspace_id=current_workspace()).select_related("user")
    return sorted(((each.user_id, str(each.user)) for each in there), key=lambda pair: pair[1].casefold())


def _nobody() -> list[tuple[str, str]]:
    return [(f"{Dimension.AGENT}:0", _("Nobody"))]


def channel_label(channel: str) -> str:
    known = registry.channels().get(channel)
    return _(known[1].label) if known else channel


def account_name(account: ChannelAccount) -> str:
    return f"{account.name} · {channel_label(account.channel)}"


def scope(word: str) -> Scope | None:
    """None where it names nothing that a report can be about. Nobody else's accounts and people are ever found."""
    kind, _, key = word.partition(":")
    if word == Dimension.ALL:
        return Scope()
    if kind == CHANNEL:
        accounts = ChannelAccount.objects.filter(channel=key).order_by("id").values_list("id", flat=True)
        return Scope(Dimension.ACCOUNT, tuple(accounts)) if accounts else None
    if kind in KINDS and key.isdecimal() and len(key) < 19:
        return Scope(Dimension(kind), (int(key),))
    return None


def names(dimension: Dimension, keys: Iterable[int]) -> dict[int, str]:
    """What is shown for these keys; of people who left, too."""
    wanted = [key for key in keys if key]
    if dimension == Dimension.ACCOUNT:
        return {each.pk: account_name(each) for each in ChannelAccount.objects.filter(pk__in=wanted)}
    if dimension == Dimension.QUEUE:
        return dict(Queue.objects.filter(pk__in=wanted).values_list("pk", "name"))
    if dimension == Dimension.TAG:
        return dict(Tag.objects.filter(pk__in=wanted).values_list("pk", "name"))
    return {0: _("Nobody"), **{user.pk: str(user) for user in User.objects.filter(pk__in=wanted)}}
