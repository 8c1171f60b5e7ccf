"""The one door between our records and the platforms.

Everything that reaches a platform's code, or a platform over the network, passes here:
secrets are opened for the length of a call, every call leaves a redacted trace, and an
account whose token died makes no further call until an admin reconnects it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from connectors import contract, http, ledger, limits, registry, renewal
from connectors.contract import Can, Channel, ConnectorError, Cost, Reason, Reply, Rule, Sent, Surface, Thread, Usage
from connectors.models import ChannelAccount, Exchange, PlatformApp

State = ChannelAccount.State
# After "no credit" the whole app makes no call; the one after that is the probe.
WITHOUT_CREDIT = timedelta(minutes=15)
OUT_OF_CREDIT = "out_of_credit"
# Of an OutOfCredit: nobody's wallet is empty, but our own ceiling is reached.
CEILING = "ceiling"
# An admin's doing, not the platform's.
STOPPED: Mapping[str, Reason] = {State.PAUSED: Reason.PAUSED, State.REMOVED: Reason.REMOVED}


# ---------------------------------------------------------------- what the platforms ask and send


def challenge(platform: str, app: contract.App, query: Mapping[str, str]) -> str | None:
    """The answer to a handshake, or None to refuse. Needs no database."""
    return registry.platforms()[platform].challenge(app, query)


def challenge_needs_secret(platform: str) -> bool:
    return registry.platforms()[platform].challenge_needs_secret


def verify(platform: str, app: contract.App, webhook: contract.Webhook) -> None:
    """Raise BadSignature unless the platform sent these bytes."""
    registry.platforms()[platform].verify(app, webhook)


def account_in(platform: str, body: bytes) -> bytes:
    """Whose delivery this seems to be: the platform's id of an account, or nothing."""
    return registry.platforms()[platform].account_in(body)


def parse(platform: str, raw: contract.Raw) -> list[contract.Inbound]:
    """What a delivery means. Raises Unreadable where it is no payload of that platform."""
    return list(registry.platforms()[platform].parse(raw))


# ---------------------------------------------------------------- what we ask and send


def send(account: ChannelAccount, reply: Reply) -> Sent:
    """Publish a reply once; raises a ConnectorError. UnknownOutcome: it may be out."""
    with _calling(account, "send", writing=True, price=_price(account, reply)) as (channel, opened):
        return channel.send(opened, reply)


def settle(account: ChannelAccount, reply: Reply, since: datetime) -> Sent | None:
    """Look on the platform whether a reply of unknown outcome is there. None: not found there."""
    with _calling(account, "settle") as (channel, opened):
        return channel.settle(opened, reply, since)


def act(account: ChannelAccount, action: Can, external_id: str, *, on: bool = True) -> contract.Standing | None:
    """How the message stands with the page's moderators afterwards, where there are such."""
    with _calling(account, action, writing=True) as (channel, opened):
        return channel.act(opened, action, external_id, on=on)


def profile(account: ChannelAccount, external_id: str) -> contract.Author | None:
    with _calling(account, "profile", reading=True) as (channel, opened):
        return channel.profile(opened, external_id)


def look_up(account: ChannelAccount, external_id: str) -> contract.Post | None:
    with _calling(account, "look_up", reading=True) as (channel, opened):
        return channel.look_up(opened, external_id)


def poll(account: ChannelAccount) -> contract.Page:
    with _calling(account, "poll", reading=True) as (channel, opened):
        return channel.poll(opened, account.cursor)


def look_again(
    account: ChannelAccount, external_ids: Sequence[str], authors: Mapping[str, str] | None = None
) -> Sequence[contract.Inbound]:
    """What became of these public messages of customers. `authors`: the ids of who wrote them, as far as known."""
    with _calling(account, "look_again", reading=True) as (channel, opened):
        return channel.look_again(opened, external_ids, authors or {})


def look_into(account: ChannelAccount, about: Mapping[str, str]) -> contract.Page:
    """Fetch what a webhook only spoke of."""
    with _calling(account, "look_into", reading=True) as (channel, opened):
        return channel.look_into(opened, account.cursor, about)


def subscribe(account: ChannelAccount) -> None:
    with _calling(account, "subscribe", repairing=True) as (channel, opened):
        channel.subscribe(opened)


def unsubscribe(account: ChannelAccount) -> None:
    with _calling(account, "unsubscribe", repairing=True) as (channel, opened):
        channel.unsubscribe(opened)


def health(account: ChannelAccount) -> contract.Health:
    """Ask the platform who the token belongs to and what is missing; allowed for a disconnected account.

    An account that is not saved yet may be asked about as well; that leaves no trace.
    """
    with _calling(account, "health", repairing=True) as (channel, opened):
        return channel.health(opened)


# ---------------------------------------------------------------- what we know without asking


def surface(channel: str, kind: str) -> Surface:
    return registry.channel(channel).surface(contract.Kind(kind))


def is_group(channel: str, thread_id: str) -> bool:
    """Whether what is written to this conversation is read by several people."""
    return registry.channel(channel).is_group(thread_id)


def arrived(account: ChannelAccount, records: Iterable[contract.Inbound]) -> None:
    """Write down what the platform charges for having told us these."""
    channel = registry.channel(account.channel)
    if type(channel).cost_of is Channel.cost_of:
        return
    app = account.app.as_app()
    ledger.charge(account, [cost for record in records if (cost := channel.cost_of(app, record))])


def door(app: PlatformApp, channel: str, back: str, state: str, verifier: str) -> str:
    """The platform's address where an account's owner lets us in."""
    return registry.channel(channel).door(app.as_app(), back, state, verifier)


def let_in(app: PlatformApp, channel: str, back: str, code: str, verifier: str) -> contract.Granted:
    """What the owner gave us there. Raises a ConnectorError."""
    return registry.channel(channel).let_in(app.as_app(), back, code, verifier)


def is_spent(account: ChannelAccount) -> bool:
    """Whether the month's ceiling lets nothing more be sent."""
    return not ledger.may_write(account)


def reason_of(error: contract.OutOfCredit) -> Reason:
    """Whose money is over: what we let it cost, or the app's credit at the platform."""
    return Reason.OVER_BUDGET if error.code == CEILING else Reason.NO_CREDIT


def reply_rule(
    account: ChannelAccount,
    thread: Thread,
    *,
    private: bool = False,
    text: str = "",
    continues: bool = False,
    waiting: Decimal = Decimal(0),
) -> Rule:
    """Whether a human may answer now; no call is made. What is answered there anyhow needs no account that works.

    `text`: the words, where they are known; the rule's `cost` is then theirs. `continues`: as in Reply. `waiting`:
    what answers will cost that are not out yet.
    """
    channel = registry.channel(account.channel)
    if not private and Can.REPLY not in channel.surface(thread.kind).can:
        return channel.reply_rule(opened(account), thread, timezone.now())
    if account.state == State.ATTENTION:
        return Rule(False, Reason.DISCONNECTED)
    if account.state in STOPPED:
        return Rule(False, STOPPED[account.state])
    if account.attention.startswith(OUT_OF_CREDIT) or limits.blocked_until(_app_bucket(account)):
        return Rule(False, Reason.NO_CREDIT)
    rest = ledger.left(account)
    if rest is not None and not rest:
        return Rule(False, Reason.OVER_BUDGET)
    rule = channel.reply_rule(opened(account), thread, timezone.now(), private=private)
    if text:
        reply = Reply(text, "", thread.thread_id, "", thread, token="", private=private, continues=continues)
        rule = replace(rule, cost=str(_price(account, reply)))
    return rule if rest is None or not rule.allowed else _within(rule, rest - waiting)


def _within(rule: Rule, rest: Decimal) -> Rule:
    cost = Decimal(rule.cost or 0)
    if cost and cost > rest:
        return Rule(False, Reason.TOO_DEAR)
    return replace(rule, left=str(rest))


def _price(account: ChannelAccount, reply: Reply) -> Decimal:
    return registry.channel(account.channel).price(account.app.as_app(), reply)


def opened(account: ChannelAccount, costs: list[Cost] | None = None) -> contract.Account:
    """The account with its secrets in clear; keep it no longer than a call. What calls cost is put into `costs`."""

    def report(usage: Usage) -> None:
        """An allowance of the page's other channel does not stop this one."""
        product = usage.bucket.split(":")[0]
        if product == account.channel or product not in registry.channels():
            limits.note(_bucket(account), usage)

    return contract.Account(
        channel=account.channel,
        external_id=account.external_id,
        credentials=account.credentials,
        app=account.app.as_app(),
        options=account.options,
        connected_at=account.connected_at,
        heard_at=account.last_inbound_at,
        report_usage=report,
        report_cost=(costs if costs is not None else []).append,
        renew=lambda ask: renewal.renew(account, ask),
    )


def may_poll(account: ChannelAccount) -> bool:
    allowed = account.state == State.CONNECTED and limits.may_poll(_bucket(account), _app_bucket(account))
    return allowed and ledger.may_read(account)


def next_look(account: ChannelAccount) -> datetime | None:
    """Before when a poll would not ask the platform; None where it may at any time."""
    return registry.channel(account.channel).next_look(account.cursor)


def identify(app: PlatformApp, channel: str, given: Mapping[str, str]) -> str:
    """The id of an account whose channel makes it from the credentials. Raises Refused."""
    return registry.channel(channel).identify(app.as_app(), given)


def moved(account: ChannelAccount) -> str | None:
    """The account's cursor at another address; None where an account of that channel keeps its own."""
    return registry.channel(account.channel).moved(account.cursor)


def mention_address(account: ChannelAccount) -> str:
    """Where other pages tell that they link to the account's own; "" where nobody listens."""
    return registry.channel(account.channel).mention_address(opened(account))


def explain(channel: str, code: str) -> str:
    """What a code of a channel's own means, in English; "" where it has no more to say."""
    return registry.channel(channel).explain(code)


def takes_money(channel: str) -> bool:
    """Whether what is read and sent there is paid for."""
    return bool(registry.channel(channel).cost_names)


def cost_name(channel: str, kind: str) -> str:
    """What a kind of cost is for, in English; the kind itself where the channel has no words for it."""
    return registry.channel(channel).cost_names.get(kind, kind)


def accepted(platform: str) -> int:
    """The status that answers a webhook which was kept."""
    return registry.platforms()[platform].accepted


def platform_of(channel: str) -> contract.Platform:
    return registry.channels()[channel][0]


def app_by_key(platform: str, key: str) -> PlatformApp | None:
    return PlatformApp.objects.everywhere().filter(platform=platform, key=key).first()


# ---------------------------------------------------------------- how a call is made


@contextmanager
def _calling(
    account: ChannelAccount,
    purpose: str,
    *,
    writing: bool = False,
    price: Decimal = Decimal(0),
    reading: bool = False,
    repairing: bool = False,
) -> Iterator[tuple[Channel, contract.Account]]:
    """`writing` for a `price`, `reading`: stopped by the month's ceiling.

    `repairing`: allowed while the account is disconnected.
    """
    _refuse_early(account, repairing)
    _refuse_too_dear(account, writing, reading, price)
    code = trace = ""
    costs: list[Cost] = []
    with http.recorded() as exchanges:
        try:
            yield registry.channel(account.channel), opened(account, costs)
        except ConnectorError as error:
            code, trace = error.code, error.trace
            _learn_from(account, error)
            raise
        else:
            _credit_is_back(account, exchanges)
        finally:
            _remember(account, purpose, exchanges, code, trace)
            if costs and account.pk:
                ledger.charge(account, costs)


def _refuse_early(account: ChannelAccount, repairing: bool) -> None:
    if account.state in STOPPED and not repairing:
        raise contract.Disconnected(f"the account is {account.state}")
    if account.state == State.ATTENTION and not repairing:
        raise contract.Disconnected("the account needs to be reconnected")
    if limits.blocked_until(_app_bucket(account)) and not repairing:
        raise contract.OutOfCredit("the app has no credit")
    if until := limits.blocked_until(_bucket(account)):
        raise contract.Throttled("waiting for the platform's allowance", retry_at=until)


def _refuse_too_dear(account: ChannelAccount, writing: bool, reading: bool, price: Decimal) -> None:
    if reading and not ledger.may_read(account):
        raise contract.OutOfCredit("the month's ceiling is near: only answers are paid for", code=CEILING)
    if writing and not ledger.may_write(account, price):
        raise contract.OutOfCredit("the month's ceiling leaves too little", code=CEILING)


def _learn_from(account: ChannelAccount, error: ConnectorError) -> None:
    if isinstance(error, contract.Disconnected):
        account.state, account.attention = State.ATTENTION, f"{Reason.DISCONNECTED}:{error.code}"
        # The same credentials still: an admin may have given new ones while the call was out.
        same = {"pk": account.pk, "state": State.CONNECTED, "connected_at": account.connected_at}
        ChannelAccount.objects.everywhere().filter(**same).update(state=State.ATTENTION, attention=account.attention)
    elif isinstance(error, contract.Throttled):
        if error.whole:
            limits.block(_bucket(account), error.retry_at)
    elif isinstance(error, contract.OutOfCredit):
        limits.block(_app_bucket(account), timezone.now() + WITHOUT_CREDIT)
        _of_app(account).filter(attention="").update(attention=f"{OUT_OF_CREDIT}:{error.code}"[:200])


def _credit_is_back(account: ChannelAccount, exchanges: Sequence[http.Exchange]) -> None:
    if account.attention.startswith(OUT_OF_CREDIT) and any(200 <= exchange.status < 300 for exchange in exchanges):
        _of_app(account).filter(attention__startswith=OUT_OF_CREDIT).update(attention="")
        limits.unblock(_app_bucket(account))


def _of_app(account: ChannelAccount) -> QuerySet[ChannelAccount]:
    return ChannelAccount.objects.everywhere().filter(app=account.app_id, state=State.CONNECTED)


def _remember(account: ChannelAccount, purpose: str, exchanges: list[http.Exchange], code: str, trace: str) -> None:
    if account.pk is None:
        return
    Exchange.objects.bulk_create(
        Exchange(
            account=account,
            purpose=purpose,
            method=exchange.method,
            path=exchange.path[:300],
            status=exchange.status,
            milliseconds=exchange.milliseconds,
            outcome=exchange.outcome,
            code=code[:40],
            trace=(trace or exchange.trace)[:80],
        )
        for exchange in exchanges
    )


def _bucket(account: ChannelAccount) -> str:
    return f"{account.channel}:{account.external_id}"


def _app_bucket(account: ChannelAccount) -> str:
    return f"app:{account.app_id}"


def label(channel: str) -> str:
    return registry.channel(channel).label
