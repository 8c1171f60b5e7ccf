"""What an admin may set for an account on X, and in which form it is kept."""

from __future__ import annotations

import re
from decimal import Decimal

from connectors.contract import BadInput, Field
from connectors.twitter import search
from connectors.twitter.explained import gettext_noop

_DOLLARS = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?", re.ASCII)
NO_AMOUNT = gettext_noop(
    "this is no amount of dollars. Give digits such as 150 or 1.50, with at most two behind the point or comma."
)
NOTHING = gettext_noop("at 0 nothing at all would be read or sent. Give more, or leave it empty for no ceiling.")


def tidy_dollars(given: str) -> str:
    """An amount with a point or a comma, kept with a point. Raises BadInput."""
    amount = given.strip().replace(",", ".")
    if not _DOLLARS.fullmatch(amount):
        raise BadInput(NO_AMOUNT)
    if not Decimal(amount):
        raise BadInput(NOTHING)
    return amount


OPTIONS = (
    Field(
        "keywords",
        "Words to search for",
        required=False,
        words=True,
        longest=2000,
        tidy=search.tidy,
        help="Parted by commas. Every post found is paid for, and most cannot be answered from here.",
    ),
    Field(
        "monthly_limit",
        "Ceiling a month, in dollars",
        required=False,
        words=True,
        tidy=tidy_dollars,
        help="At 90 % of it we read nothing more, at 100 % we send nothing more. What X tells by webhook becomes a "
        "ticket and is charged all the same. Empty: no ceiling.",
    ),
    Field(
        "enterprise",
        "Enterprise access",
        required=False,
        help="X granted the app this access: it may answer without being named.",
    ),
)
