"""What accounts cost on platforms that charge: a ledger by month, and a ceiling that stops reading before writing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils import timezone

from connectors.contract import Cost
from connectors.models import ChannelAccount, Charged, Spending

# Of the month's ceiling; the rest is for answers.
READS_STOP_AT = Decimal("0.9")
REMEMBER_DAYS = 3
CEILING = "monthly_limit"

NEW_TODAY = """
INSERT INTO connectors_charged (workspace_id, account_id, day, kind, resource)
SELECT %s, %s, %s, %s, unnest(%s::text[]) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class PastMonth:
    """What an account cost in a month; `pieces`: what was charged, read or sent."""

    month: date
    pieces: int
    dollars: Decimal


def charge(account: ChannelAccount, costs: Iterable[Cost]) -> None:
    """Write down what was charged; a resource that was charged today already costs nothing more."""
    today = timezone.now().date()
    given: dict[tuple[str, Decimal], set[str]] = defaultdict(set)
    for cost in costs:
        given[cost.kind, cost.each] |= {resource[:120] for resource in cost.resources if resource}
    with transaction.atomic():
        for (kind, each), resources in sorted(given.items()):
            if new := _new_today(account, today, kind, resources):
                _add(account, today.replace(day=1), kind, new, each * new)


def _new_today(account: ChannelAccount, today: date, kind: str, resources: set[str]) -> int:
    """How many of these nobody has charged today, however many charge them at once."""
    with connection.cursor() as cursor:
        cursor.execute(NEW_TODAY, [account.workspace_id, account.pk, today, kind, sorted(resources)])
        return int(cursor.rowcount)


def _add(account: ChannelAccount, month: date, kind: str, count: int, amount: Decimal) -> None:
    line, _new = Spending.objects.get_or_create(account=account, month=month, kind=kind)
    Spending.objects.filter(pk=line.pk).update(count=F("count") + count, amount=F("amount") + amount)


def spent(account: ChannelAccount) -> Decimal:
    """In dollars, this month (UTC)."""
    lines = Spending.objects.filter(account=account, month=timezone.now().date().replace(day=1))
    return lines.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def lines(account: ChannelAccount) -> list[Spending]:
    """This month's, the dearest first."""
    month = timezone.now().date().replace(day=1)
    return list(Spending.objects.filter(account=account, month=month).order_by("-amount", "kind"))


def past(account: ChannelAccount, most: int = 12) -> list[PastMonth]:
    """The months before this one in which anything was charged, the newest first."""
    this = timezone.now().date().replace(day=1)
    before = Spending.objects.filter(account=account, month__lt=this).values("month").order_by("-month")
    sums = before.annotate(pieces=Sum("count"), dollars=Sum("amount"))
    return [PastMonth(one["month"], one["pieces"], one["dollars"]) for one in sums[:most]]


def ceiling(account: ChannelAccount) -> Decimal | None:
    """What the admin lets it cost a month; None where nothing is set."""
    given = str(account.options.get(CEILING) or "")
    try:
        return Decimal(given) if given else None
    except InvalidOperation:
        return None


def share(account: ChannelAccount) -> int | None:
    """How many per cent of the ceiling are spent, never rounded up; None where there is no ceiling."""
    most = ceiling(account)
    return int(spent(account) * 100 / most) if most else None


def may_read(account: ChannelAccount) -> bool:
    most = ceiling(account)
    return most is None or spent(account) < most * READS_STOP_AT


def left(account: ChannelAccount) -> Decimal | None:
    """What answers may still cost this month; None where there is no ceiling."""
    most = ceiling(account)
    return None if most is None else max(most - spent(account), Decimal(0))


def may_write(account: ChannelAccount, price: Decimal = Decimal(0)) -> bool:
    """Whether anything more may be sent, and this for its price."""
    rest = left(account)
    return rest is None or (rest > 0 and price <= rest)


def forget(today: date) -> None:
    """Single resources of past days; the month's sums stay."""
    Charged.objects.filter(day__lt=today - timedelta(days=REMEMBER_DAYS)).delete()
