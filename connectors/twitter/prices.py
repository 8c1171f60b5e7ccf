"""What X charges, from the price table of the installation (`price_<kind>` in dollars)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from connectors.contract import App, Cost, Inbound, Post

EVENTS = {
    "post.create": "post_event",
    "post.mention.create": "post_event",
    "post.reply.create": "post_event",
    "post.quote.create": "post_event",
    "dm.received": "dm_event",
    "chat.received": "dm_event",
}


def price(app: App, kind: str) -> Decimal:
    """Dollars a resource; nothing where the table has no price or nonsense."""
    try:
        return Decimal(app.config.get(f"price_{kind}", "0"))
    except InvalidOperation:
        return Decimal(0)


def cost(app: App, kind: str, resources: Sequence[str]) -> Cost:
    return Cost(kind, tuple(resources), price(app, kind))


def of_event(app: App, record: Inbound) -> Cost | None:
    """What a webhook costs; what we read ourselves was charged when we read it."""
    kind = EVENTS.get(record.raw_kind, "") if isinstance(record, Post) else ""
    return cost(app, kind, [record.external_id]) if kind and isinstance(record, Post) else None


def shown(app: App, kind: str) -> str:
    """For people, such as "0.20"; "" where it is free or not known."""
    dollars = price(app, kind)
    if not dollars:
        return ""
    return f"{dollars.quantize(Decimal('0.01'))}" if dollars == dollars.quantize(Decimal("0.01")) else f"{dollars}"
