"""What an account costs, as its admin sees it: a ceiling that is understood, a share, and words for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from math import prod
from pathlib import Path

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format, localize

from connectors import ledger, twitter
from connectors.contract import Cost
from connectors.models import Spending
from connectors.twitter.explained import COSTS
from inbox.views.settings import wording
from tests.connectors.twitter.standing import PRICES
from tests.connectors.twitter.test_search_words import edited
from tests.inbox.settings_support import text

README = Path(twitter.__file__).with_name("README.md")


def tables() -> tuple[list[list[str]], list[list[str]]]:
    """The README's volumes and its costs, without their heads."""
    found: list[list[list[str]]] = []
    for line in README.read_text().partition("## What it costs a month")[2].partition("\n## ")[0].splitlines():
        if line.startswith("| ---"):
            found.append([])
        elif found and line.startswith("| ") and "| price |" not in line:
            found[-1].append([cell.strip("* ") for cell in line.strip("|").split("|")])
    volumes, costs = found
    return volumes, costs


def pieces(formula: str, volume: Mapping[str, int]) -> int:
    """Such as "A − L" or "30 × W"."""
    total = 0
    for part in formula.replace("− ", "+ −").split("+ "):
        factors = part.strip().removeprefix("−").split(" × ")
        number = prod(volume[factor] if factor in volume else int(factor) for factor in factors)
        total += -number if part.startswith("−") else number
    return total


@pytest.mark.behaviour_x(31)
def test_the_readme_says_what_a_month_costs_by_the_prices_of_the_settings(settings):
    prices = settings.PLATFORMS["twitter"]
    volumes, costs = tables()
    for brand in range(3):
        volume = {row[1]: int(row[2 + brand].replace(",", "")) for row in volumes}
        total = Decimal(0)
        for what, price, formula, *amounts in costs:
            given = Decimal(amounts[brand].replace(",", ""))
            if formula:
                due = pieces(formula, volume) * Decimal(prices[f"price_{price.strip('`')}"])
                assert given == due, what
                total += due
            else:
                assert given == total, what
    assert {row[0] for row in costs if not row[2]} == {"together", "at most"}
    assert {row[1].strip("`") for row in costs if row[2]} == set(COSTS)


def spend(account, kind: str, dollars: str) -> None:
    ledger.charge(account, [Cost(kind, [f"{kind} for {dollars}"], Decimal(dollars))])


def page_of(account, browser, language: str = "en") -> str:
    address = f"/w/acme/settings/accounts/{account.pk}/"
    return text(browser.get(address, headers={"accept-language": language}).content.decode())


@pytest.mark.parametrize(("given", "kept"), [("150", "150"), ("1.50", "1.50"), ("1,50", "1.50"), ("", "")])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_ceiling_is_given_as_people_write_amounts(acme_on_x, carol, sign_in, given, kept, language):
    browser = sign_in(carol)
    carol.user.language = language
    carol.user.save()
    assert edited(browser, acme_on_x, monthly_limit=given).status_code == 302
    acme_on_x.refresh_from_db()
    assert acme_on_x.options["monthly_limit"] == kept


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("1,500", "this is no amount of dollars. Give digits such as 150 or 1.50"),
        ("-3", "this is no amount of dollars."),
        ("$20", "this is no amount of dollars."),
        ("a lot", "this is no amount of dollars."),
        ("0", "at 0 nothing at all would be read or sent."),
        ("0,00", "at 0 nothing at all would be read or sent."),
    ],
)
def test_a_ceiling_that_is_none_is_refused_with_the_field_named(acme_on_x, carol, sign_in, given, complaint):
    answer = edited(sign_in(carol), acme_on_x, monthly_limit=given)
    shown = text(answer.content.decode())
    assert answer.status_code == 422
    assert f"“Ceiling a month, in dollars”: {complaint}" in shown
    assert "Copy it once more" not in shown


@pytest.mark.behaviour_x(31)
def test_the_share_of_the_ceiling_is_shown_and_what_follows_from_it(acme_on_x, carol, sign_in):
    browser = sign_in(carol)
    acme_on_x.options = {"monthly_limit": "2.00"}
    acme_on_x.save()
    assert "$0.00 of $2.00, that is 0 %" in page_of(acme_on_x, browser)
    spend(acme_on_x, "dm_create", "1.00")
    assert "$1.00 of $2.00, that is 50 %" in page_of(acme_on_x, browser)
    assert wording.standing(acme_on_x).reasons == []
    spend(acme_on_x, "post_read", "0.85")
    assert "92 % of the month’s ceiling are spent: nothing more is read" in page_of(acme_on_x, browser)
    spend(acme_on_x, "post_with_link", "0.25")
    shown = page_of(acme_on_x, browser)
    assert "$2.10 of $2.00, that is 105 %" in shown
    assert "The month’s ceiling is reached (105 %): nothing more is read or sent" in shown


@pytest.mark.behaviour_x(31)
def test_each_kind_of_cost_has_words(acme_on_x, carol, sign_in):
    assert {name.removeprefix("price_") for name in PRICES} == set(COSTS)
    browser = sign_in(carol)
    for kind in COSTS:
        spend(acme_on_x, kind, "0.01")
    shown = page_of(acme_on_x, browser)
    for kind, words in COSTS.items():
        assert words in shown
        assert kind not in shown or kind == "hide"
    carol.user.language = "fr"
    carol.user.save()
    assert "Réponses publiques avec un lien" in page_of(acme_on_x, browser)


@pytest.mark.behaviour_x(31)
@pytest.mark.parametrize(("language", "title"), [("en", "Earlier months"), ("fr", "Mois précédents")])
def test_what_earlier_months_cost_stays_to_be_seen(acme_on_x, carol, sign_in, language, title):
    carol.user.language = language
    carol.user.save()
    browser = sign_in(carol)
    assert title not in page_of(acme_on_x, browser)
    first, months = timezone.now().date().replace(day=1), []
    for _ in range(14):
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(first)
        for kind, count, amount in (("post_read", 1200, "6.00"), ("dm_create", 3, "0.0450")):
            Spending.objects.create(account=acme_on_x, month=first, kind=kind, count=count, amount=Decimal(amount))
    this_month, _, table = page_of(acme_on_x, browser).partition(title)
    with translation.override(language):
        names = [date_format(month, "F Y") for month in months]
        assert f"${localize(Decimal('0.00'))}" in this_month
        assert table.count(localize(Decimal("6.05"))) == 12
    places = [table.find(name) for name in names]
    assert -1 not in places[:12]
    assert places[:12] == sorted(places[:12])
    assert places[12:] == [-1, -1]
