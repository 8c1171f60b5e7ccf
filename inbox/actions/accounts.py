"""Connecting, testing, changing, pausing and removing channel accounts.

The platform is asked outside of any transaction; what it said is written in one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from connectors import gateway
from connectors.contract import ConnectorError, Disconnected, Health, Reason
from connectors.models import ChannelAccount, PlatformApp
from inbox.actions import announce, apps, audit, outcomes, work
from inbox.models import Message, Outgoing
from sla.models import Sweep
from socialcare.models import User
from socialcare.tenancy import current_workspace

log = logging.getLogger(__name__)
State = ChannelAccount.State
LONGEST_NAME = 200
UNSEEN = "unseen"


class Taken(Exception):
    """The page is connected already; `by` is the account where it is this workspace's.

    `otherwise`: under another address.
    """

    def __init__(self, by: ChannelAccount | None, *, otherwise: bool = False) -> None:
        super().__init__("connected already")
        self.by, self.otherwise = by, otherwise


class OtherAccount(Exception):
    """The token opens another account than the one meant."""

    def __init__(self, found: Health) -> None:
        super().__init__("the token belongs to another account")
        self.found = found


class Lacking(Exception):
    """The token lacks permissions that are needed."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"missing: {', '.join(names)}")
        self.names = names


# ---------------------------------------------------------------- connecting


def connect(
    actor: User,
    app: PlatformApp,
    channel: str,
    external_id: str,
    *,
    name: str,
    credentials: Mapping[str, str],
    options: Mapping[str, bool | str],
) -> ChannelAccount:
    """Test, subscribe and store an account; nothing is stored unless both worked.

    Raises Taken, OtherAccount, Lacking or the platform's ConnectorError. An account that
    was removed before comes back with its tickets.
    """
    _refuse_taken(channel, external_id, by_others=False)
    candidate = ChannelAccount(
        app=app, channel=channel, external_id=external_id, credentials=dict(credentials), options=dict(options)
    )
    found = _verify(candidate)
    # Only now: which pages other workspaces have is told to nobody but the page's own people.
    _refuse_taken(channel, external_id, found.also)
    gateway.subscribe(candidate)
    try:
        with transaction.atomic():
            if not app.pk:
                candidate.app = apps.made_unasked(actor, app)
            account = _returning(candidate) or candidate
            account.name = name or found.name[:LONGEST_NAME] or external_id
            account.health = summary(found)
            account.checked_at = timezone.now()
            account.save()
            audit.record(actor, "account.connected", account, channel=channel, page=external_id)
            announce.account_changed(account)
    except IntegrityError:
        _refuse_taken(channel, external_id)
        raise
    _look_again(account)
    return account


def _refuse_taken(
    channel: str, external_id: str, also: Sequence[str] = (), *, by_others: bool = True, but: int = 0
) -> None:
    """`also`: other ids of the same account, as in Health. `but`: the account that is asked about."""
    within = ChannelAccount.objects.everywhere() if by_others else ChannelAccount.objects.all()
    called = [external_id, *also]
    same = Q(channel=channel) & (Q(external_id__in=called) | Q(health__also__has_any_keys=called))
    same |= Q(health__also__has_any_keys=[f"{channel}:{one}" for one in called])
    for other_channel, _colon, there in (one.partition(":") for one in also):
        same |= Q(channel=other_channel) & (Q(external_id=there) | Q(health__also__has_key=there))
    taken = within.filter(same).exclude(state=State.REMOVED).exclude(pk=but)
    if other := taken.order_by("pk").first():
        mine = other.workspace_id == current_workspace()
        raise Taken(other if mine else None, otherwise=other.external_id != external_id)


def _verify(candidate: ChannelAccount) -> Health:
    found = gateway.health(candidate)
    if found.external_id != candidate.external_id:
        raise OtherAccount(found)
    if found.missing:
        raise Lacking(found.missing)
    return found


def _returning(candidate: ChannelAccount) -> ChannelAccount | None:
    """The removed account of this page with the candidate's app and credentials, if there is one.

    What is not resolved by now of its tickets stays as it is.
    """
    removed = ChannelAccount.objects.filter(
        channel=candidate.channel, external_id=candidate.external_id, state=State.REMOVED
    )
    # Before the account: whoever sweeps waits for tickets, and whoever holds one may wait for the account.
    going = [str(pk) for pk in removed.values_list("pk", flat=True)]
    Sweep.objects.filter(why=Sweep.Why.ACCOUNT, what__in=going).delete()
    account = removed.select_for_update().order_by("-pk").first()
    if account:
        account.app, account.credentials, account.options = candidate.app, candidate.credentials, candidate.options
        account.state, account.attention, account.connected_at = State.CONNECTED, "", timezone.now()
    return account


def _look_again(account: ChannelAccount) -> None:
    """See what is subscribed by now; whatever goes wrong is stored and shown."""
    try:
        check(account)
    except ConnectorError as error:
        log.warning("account %s could not be tested after a change: %s", account.pk, type(error).__name__)


# ---------------------------------------------------------------- testing


def check(account: ChannelAccount) -> Health:
    """Ask the platform how the account is and store the answer. Raises ConnectorError, which is stored as well."""
    before = (account.state, account.attention)
    now = timezone.now()
    try:
        found = gateway.health(account)
    except ConnectorError as error:
        failure = {"kind": type(error).__name__, "code": error.code, "trace": error.trace, "at": now.isoformat()}
        problem = f"{Reason.DISCONNECTED}:{error.code}" if isinstance(error, Disconnected) else None
        _store_check(account, before, {**account.health, "failure": failure}, now, problem)
        raise
    problem = "" if found.external_id == account.external_id else f"other_account:{found.external_id}"
    _store_check(account, before, summary(found), now, problem)
    return found


def _store_check(
    account: ChannelAccount, before: tuple[str, str], health: dict[str, Any], at: datetime, problem: str | None
) -> None:
    """`problem`: why an admin must act, "" when all is well, None when this check could not tell.

    What was found with credentials that were replaced meanwhile is dropped.
    """
    with transaction.atomic():
        row = ChannelAccount.objects.select_for_update(of=("self",)).get(pk=account.pk)
        if row.state == State.REMOVED or row.connected_at != account.connected_at:
            return
        row.health, row.checked_at = {**health, **_unseen(row)}, at
        if problem is not None:
            row.attention = problem[:200]
            if row.state != State.PAUSED:
                row.state = State.ATTENTION if problem else State.CONNECTED
        row.save(update_fields=["health", "checked_at", "state", "attention"])
        if (row.state, row.attention) != before:
            announce.account_changed(row)
    for field in ("health", "checked_at", "state", "attention"):
        setattr(account, field, getattr(row, field))


def _unseen(row: ChannelAccount) -> dict[str, Any]:
    """A test does not tell what a poll is not shown."""
    return {UNSEEN: row.health[UNSEEN]} if row.health.get(UNSEEN) else {}


def polled(account: ChannelAccount, unseen: Sequence[str]) -> None:
    """Store what the platform does not show us, by the channel's codes, where that has changed."""
    if list(unseen) == account.health.get(UNSEEN, []):
        return
    with transaction.atomic():
        row = ChannelAccount.objects.select_for_update(of=("self",)).get(pk=account.pk)
        if row.state == State.REMOVED:
            return
        row.health = {**row.health, UNSEEN: list(unseen)}
        row.save(update_fields=["health"])
        announce.account_changed(row)


def retold(account: ChannelAccount) -> None:
    """Tell the browsers where calls have ended or brought back what answers need; `account`: as it was before them."""
    others = ChannelAccount.objects.filter(app=account.app_id).exclude(state=State.REMOVED)
    now = {other.pk: other for other in others}
    if (here := now.get(account.pk)) is None:
        return
    if here.attention != account.attention:
        for other in now.values():
            announce.account_changed(other)
    elif gateway.is_spent(here):
        announce.account_changed(here)


def summary(found: Health) -> dict[str, Any]:
    """What is kept of a test: the fields of Health as plain JSON."""
    return {
        "external_id": found.external_id,
        "name": found.name,
        "granted": list(found.granted),
        "missing": list(found.missing),
        "subscribed": list(found.subscribed),
        "unsubscribed": list(found.unsubscribed),
        "warnings": list(found.warnings),
        "also": list(found.also),
        "expires_at": found.expires_at.isoformat() if found.expires_at else None,
        "renews": found.renews,
    }


def repair_subscription(actor: User, account: ChannelAccount) -> Health:
    """Ask the platform to send the account's events, and look whether it will. Raises ConnectorError."""
    gateway.subscribe(account)
    audit.record(actor, "account.subscribed", account, channel=account.channel)
    return check(account)


# ---------------------------------------------------------------- changing


def change(
    actor: User,
    account: ChannelAccount,
    *,
    name: str,
    options: Mapping[str, bool | str],
    credentials: Mapping[str, str],
    whole: bool = False,
) -> ChannelAccount:
    """Rename, switch options, and reconnect with new `credentials` (those not given stay, unless they are `whole`).

    New credentials are tested first: raises Taken, OtherAccount, Lacking or ConnectorError, and nothing is changed.
    """
    given = {field: value for field, value in credentials.items() if value}
    if given:
        kept = {} if whole else account.credentials
        meant = {"app": account.app, "channel": account.channel, "external_id": account.external_id}
        candidate = ChannelAccount(**meant, credentials={**kept, **given}, options=dict(options))
        _move(candidate, account)
        found = _verify(candidate)
        _refuse_taken(account.channel, candidate.external_id, found.also, but=account.pk)
        gateway.subscribe(candidate)
    with transaction.atomic():
        row = ChannelAccount.objects.select_for_update(of=("self",)).select_related("app").get(pk=account.pk)
        before = {"name": row.name, **row.options}
        row.name, row.options = name, dict(options)
        if given:
            if row.external_id != candidate.external_id:
                row.external_id, row.cursor = candidate.external_id, gateway.moved(row) or ""
            row.credentials = dict(candidate.credentials)
            row.health, row.checked_at, row.connected_at = summary(found), timezone.now(), timezone.now()
            row.attention, row.state = "", State.PAUSED if row.state == State.PAUSED else State.CONNECTED
            announce.account_changed(row)
        row.save()
        changes = audit.differences(before, {"name": name, **options})
        about = {"channel": row.channel, **dict.fromkeys(given, audit.CHANGED)}
        audit.record(actor, "account.changed", row, **about, **changes)
    if given:
        _look_again(row)
    return row


def _move(candidate: ChannelAccount, account: ChannelAccount) -> None:
    """What is called after its address is called otherwise at another one, where it stays itself. Raises Taken."""
    if gateway.moved(account) is None:
        return
    candidate.external_id = gateway.identify(account.app, account.channel, candidate.credentials)
    if candidate.external_id != account.external_id:
        _refuse_taken(account.channel, candidate.external_id, but=account.pk)


def pause(actor: User, account_id: int, *, paused: bool) -> ChannelAccount:
    """While paused nothing is sent or fetched, but webhooks still become tickets: the subscription stays.

    Resumed with a dead token it still needs attention.
    """
    with transaction.atomic():
        row = ChannelAccount.objects.select_for_update().get(pk=account_id)
        if row.state != State.REMOVED and (row.state == State.PAUSED) != paused:
            after = State.ATTENTION if row.attention else State.CONNECTED
            row.state = State.PAUSED if paused else after
            row.save(update_fields=["state"])
            audit.record(actor, "account.paused" if paused else "account.resumed", row, channel=row.channel)
            announce.account_changed(row)
    return row


def remove(actor: User, account: ChannelAccount, *, resolve: bool = False) -> bool:
    """Forget the account's credentials; its tickets stay, answers still in line fail.

    `resolve`: a task resolves what is unfinished; the caller rings for it. False where the platform could not be told
    to stop.
    """
    try:
        gateway.unsubscribe(account)
        told = True
    except ConnectorError as error:
        log.warning("account %s was removed without unsubscribing: %s", account.pk, type(error).__name__)
        told = False
    with transaction.atomic():
        row = ChannelAccount.objects.select_for_update().get(pk=account.pk)
        if row.state != State.REMOVED:
            row.state, row.attention, row.cursor = State.REMOVED, "", ""
            row.credentials, row.health = {}, {}
            row.save(update_fields=["state", "attention", "cursor", "credentials", "health"])
            unfinished = {"tickets": "resolved" if resolve else "left"} if work.left_behind(row.pk).exists() else {}
            audit.record(actor, "account.removed", row, channel=row.channel, page=row.external_id, **unfinished)
            if resolve and unfinished:
                Sweep.objects.create(why=Sweep.Why.ACCOUNT, what=str(row.pk), by=actor)
            announce.account_changed(row)
    waiting = Outgoing.objects.filter(account=row, lease_until=None, message__state=Message.State.QUEUED)
    for message_id in list(waiting.values_list("message_id", flat=True)):
        outcomes.failed(message_id, Reason.REMOVED)
    return told
