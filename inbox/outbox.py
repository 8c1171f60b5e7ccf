"""From the agents to the platforms: one answer at a time, once.

The queue row is claimed with a lease longer than a call can take, the answers of one ticket in their order. A worker
that dies in the middle leaves a message in `sending`; whoever finds it looks on the platform and never resends.

A platform that hangs holds a thread for each call, so an account has few of a worker's.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from celery import shared_task
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from connectors import gateway
from connectors.contract import (
    AlreadyDone,
    ConnectorError,
    Disconnected,
    Forbidden,
    Kind,
    OutOfCredit,
    Reason,
    Refused,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from connectors.models import ChannelAccount
from inbox.actions import accounts, looking, outcomes
from inbox.models import Message, Outgoing
from socialcare.background import answer, ring
from socialcare.tenancy import workspace

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
BELL = "outbox"
ROUNDS = 100
PER_ACCOUNT = 2
# Calls of this process that are out, by account.
_calls: Counter[int] = Counter()
_counting = threading.Lock()
# After an unknown outcome the platform's echo has a moment to come; then we look this often.
LOOKS = (timedelta(seconds=4), timedelta(seconds=15), timedelta(seconds=60))
TRIES = 12
# Refusals after which we look what became of the message that is answered.
LOOKED_AT = frozenset({Reason.GONE, Reason.PROTECTED, Reason.SET_ASIDE})
HELD = timedelta(minutes=5)
AFTER_THE_PART_BEFORE = timedelta(seconds=5)

CLAIM = """
UPDATE inbox_outgoing SET lease_until = statement_timestamp() + make_interval(secs => %s), attempts = attempts + 1,
    started_at = coalesce(started_at, statement_timestamp())
WHERE id = (
    SELECT id FROM inbox_outgoing AS o
    WHERE ready_at <= statement_timestamp() AND (lease_until IS NULL OR lease_until < statement_timestamp())
    AND NOT EXISTS (
        SELECT 1 FROM inbox_outgoing AS first
        WHERE first.ticket_id = o.ticket_id AND first.id < o.id AND NOT first.settling
    )
    AND o.account_id <> ALL(%s)
    ORDER BY ready_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING workspace_id, message_id, account_id
"""


def free() -> QuerySet[Outgoing]:
    """Answers in line that nobody holds, whether they may leave already or not; of all workspaces."""
    unheld = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    return Outgoing.objects.everywhere().filter(unheld)


def ring_for_replies() -> None:
    """An answer is ready to leave."""
    ring(send_waiting, once=[BELL])


@shared_task
def send_waiting() -> None:
    """Send what is ready. Several workers share the line: while one waits for a platform, others go on."""
    answer(BELL)
    for _ in range(ROUNDS):
        with claimed() as found:
            if found is None:
                return
            ring_for_replies()
            workspace_id, message_id = found
            with workspace(workspace_id):
                _handle(message_id)


@contextmanager
def claimed() -> Iterator[tuple[int, int] | None]:
    """(workspace, message) of an answer that is ready and that we hold; None where there is none for this process."""
    with _counting, connection.cursor() as cursor:
        full = [account for account, calls in _calls.items() if calls >= PER_ACCOUNT]
        cursor.execute(CLAIM, [LEASE.total_seconds(), full])
        found: tuple[int, int, int] | None = cursor.fetchone()
        if found:
            _calls[found[2]] += 1
    if found is None:
        yield None
        return
    try:
        yield found[:2]
    finally:
        with _counting:
            _calls[found[2]] -= 1


def _handle(message_id: int) -> None:
    message = outcomes.begin_sending(message_id)
    if message is None:
        Outgoing.objects.filter(message_id=message_id).delete()
        return
    message = Message.objects.select_related("ticket__identity", "account__app", "continues").get(pk=message_id)
    if message.state == Message.State.UNKNOWN:
        _look(message)
    elif before := outcomes.waits_for_what_it_continues(message):
        _wait_for(message, before)
    else:
        _send(message)


def _wait_for(message: Message, before: str) -> None:
    """One of several posts follows the one before it, or stays here with it."""
    if before in (Message.State.QUEUED, Message.State.SENDING, Message.State.UNKNOWN):
        outcomes.later(message.pk, timezone.now() + AFTER_THE_PART_BEFORE, why="part_before")
    else:
        outcomes.failed(message.pk, "part_before")


def _send(message: Message) -> None:
    line = Outgoing.objects.get(message=message)
    try:
        outcome = gateway.send(message.account, outcomes.outgoing_reply(message))
    except Refused as error:
        # What a later part answers is our own part before it, not the customer's words.
        closes = error.lasting and message.continues is None
        outcomes.failed(message.pk, _why_refused(message, error), error.detail, closes=closes)
    except Forbidden as error:
        outcomes.failed(message.pk, Reason.PERMISSION_MISSING, error.detail)
    except AlreadyDone as error:
        _look(message, otherwise=error.otherwise)
    except UnknownOutcome:
        outcomes.unknown(message.pk, timezone.now() + LOOKS[0])
    except (Throttled, Unavailable) as error:
        _wait(message, line, error)
    except (Disconnected, OutOfCredit) as error:
        log.warning("account %s: %s", message.account_id, type(error).__name__)
        if ChannelAccount.objects.filter(pk=message.account_id, state=ChannelAccount.State.REMOVED).exists():
            outcomes.failed(message.pk, Reason.REMOVED)
            return
        why = gateway.reason_of(error) if isinstance(error, OutOfCredit) else Reason.DISCONNECTED
        outcomes.held(message.pk, message.account, timezone.now() + HELD, why)
    else:
        outcomes.sent(message.pk, outcome)
    if gateway.takes_money(message.account.channel):
        accounts.retold(message.account)


def _why_refused(message: Message, error: Refused) -> Reason | str:
    """Where what we answer is not where it was, we look once: the thread shall say so, and why."""
    if error.reason not in LOOKED_AT or message.private or message.kind == Kind.DIRECT:
        return error.reason
    why = looking.learn(message.account, message.parent_id)
    if error.reason is Reason.SET_ASIDE:
        return error.reason
    return why or ("part_before" if message.continues else error.reason)


def _wait(message: Message, line: Outgoing, error: Throttled | Unavailable) -> None:
    """Nothing was done there: try again when the platform lets us, or a little later each time."""
    if isinstance(error, Throttled):
        outcomes.later(message.pk, error.retry_at, why="throttled")
    elif line.attempts < TRIES:
        outcomes.later(message.pk, timezone.now() + timedelta(seconds=min(2**line.attempts, 120)), why="unavailable")
    else:
        outcomes.failed(message.pk, "unavailable", error.detail)


def _look(message: Message, otherwise: Reason | None = None) -> None:
    """Settle an unknown outcome by looking on the platform; when it is not found, a human decides."""
    line = Outgoing.objects.filter(message=message).first()
    looked = outcomes.NOT_FOUND
    since = (line.started_at if line and line.started_at else message.received_at) - timedelta(minutes=1)
    try:
        found = gateway.settle(message.account, outcomes.outgoing_reply(message), since)
    except ConnectorError as error:
        log.info("looking for message %s ended: %s", message.pk, type(error).__name__)
        found, looked = None, outcomes.NOT_SEEN
    if found and not outcomes.is_another_s(message, found.external_id):
        outcomes.sent(message.pk, found)
    elif otherwise:
        outcomes.failed(message.pk, otherwise)
    else:
        outcomes.unknown(message.pk, _next_look(line), looked=looked)


def _next_look(line: Outgoing | None) -> datetime | None:
    """When to look again; None once we have looked often enough."""
    if line is None or line.started_at is None:
        return None
    age = timezone.now() - line.started_at
    return next((line.started_at + look for look in LOOKS[1:] if look > age), None)


def account_is_back(account: ChannelAccount) -> None:
    """Somebody reconnected or resumed the account: what waited for it leaves now."""
    if outcomes.resume(account.pk):
        ring_for_replies()
