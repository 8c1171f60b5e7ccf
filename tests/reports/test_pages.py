"""The reports as a supervisor opens them: who may, what opens behind each figure, and the same numbers in files."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Queue, Stale, Tag, Ticket
from inbox.reports import rollup
from inbox.views.reports.sheet import safe
from socialcare.models import User, Workspace
from tests import meta
from tests.conftest import take_in
from tests.reports import furnish

PATHS = ("reports/", "reports/badge/", "reports/tickets/?figure=received&since=1764000000&until=1764003600")
URL = "/w/acme/reports/"
LINK = re.compile(r'<a href="(/w/acme/reports/tickets/\?[^"]+)"[^>]*>([^<]+)</a>')


@pytest.fixture
def month(facebook, messenger, alice, bob):
    """Two hundred tickets, some in a queue, some tagged."""
    Workspace.objects.update(time_zone="Europe/Paris")
    furnish.weeks([facebook, messenger], [alice.user, bob.user], furnish.NOW, 35, 200)
    queue, tag = Queue.objects.create(name="Billing"), Tag.objects.create(name="-1+1")
    for ticket in Ticket.objects.filter(id__in=[each.pk for each in Ticket.objects.all()[::3]]):
        Ticket.objects.filter(pk=ticket.pk).update(queue=queue, tag_ids=[tag.pk])
    Stale.objects.create()
    rollup.catch_up()
    with time_machine.travel(furnish.NOW, tick=False):
        yield


@pytest.mark.parametrize("path", PATHS)
def test_reports_are_for_supervisors_of_the_workspace(path, alice, bob, carol, mallory, sign_in, client):
    assert sign_in(alice).get(f"/w/acme/{path}").status_code == 403
    assert sign_in(bob).get(f"/w/acme/{path}").status_code == 200
    assert sign_in(carol).get(f"/w/acme/{path}").status_code == 200
    assert sign_in(mallory).get(f"/w/acme/{path}").status_code == 404
    assert client.get(f"/w/acme/{path}").status_code == 302
    assert "Reports" not in sign_in(alice).get("/w/acme/me/").content.decode()


def test_every_figure_opens_exactly_what_it_counts(month, bob, sign_in):
    client = sign_in(bob)
    page = client.get(URL).content.decode()
    links = [(html.unescape(url), text.replace(",", "")) for url, text in LINK.findall(page)]
    counted = {url: int(text) for url, text in links if text.isdecimal() and "late" not in url}
    # A map of the week tells shares in percent, behind which all the waits stand.
    counted = {url: number for url, number in counted.items() if "weekday" not in url or "received" in url}
    assert len(counted) > 60
    for url, number in counted.items():
        assert client.get(url).context["count"] == number, url
    assert len({url.partition("about=")[2].partition("&")[0] for url in counted}) > 5


BACK = re.compile(r'id="to-report" href="([^"]+)"')


@pytest.mark.parametrize(
    "asked",
    [
        "period=7-days&about=channel%3Afacebook",
        "period=custom&about=all&since=2026-11-01&until=2026-11-14",
    ],
)
def test_a_list_leads_back_to_the_report_it_was_opened_from(month, bob, sign_in, asked):
    client = sign_in(bob)
    links = [html.unescape(url) for url, _ in LINK.findall(client.get(f"{URL}?{asked}").content.decode())]
    # Of a tile, and of an hour of the week.
    for url in (links[0], next(url for url in links if "weekday" in url)):
        back = html.unescape(BACK.findall(client.get(url).content.decode())[0])
        assert back == f"{URL}?{asked}"
        assert client.get(back).context["report"].period == client.get(f"{URL}?{asked}").context["report"].period


def test_a_link_that_names_no_report_leads_back_to_the_same_days(month, bob, sign_in):
    since, until = (int(furnish.NOW.timestamp()) // 86_400 * 86_400 - days * 86_400 for days in (3, 1))
    path = f"{URL}tickets/?figure=received&about=all&since={since}&until={until}"
    for of in ("", "&of=", "&of=period%3Dnone", "&of=since%3Dx%26period%3Dcustom"):
        (back,) = BACK.findall(sign_in(bob).get(path + of).content.decode())
        assert back.startswith(URL)
        assert sign_in(bob).get(html.unescape(back)).status_code == 200
        assert ("period=custom" in back) == (of in ("", "&of="))


def test_a_list_behind_a_figure_has_every_row_once(month, bob, sign_in):
    client = sign_in(bob)
    url = next(html.unescape(url) for url, _ in LINK.findall(client.get(URL).content.decode()) if "=received" in url)
    seen, after = [], ""
    while True:
        answer = client.get(url + (f"&after={after}" if after else ""))
        seen += [row.fact.place for row in answer.context["rows"]]
        after = answer.context["older"]
        if not after:
            break
    assert len(seen) == len(set(seen)) == answer.context["count"] > 100
    assert seen == sorted(seen, reverse=True)
    lines = list(csv.reader(io.StringIO(b"".join(client.get(f"{url}&format=csv")).decode())))
    assert len(lines) == len(seen) + 1
    assert client.get(f"{url}&after=nonsense").status_code == 200


def test_files_hold_the_numbers_of_the_page(month, bob, sign_in):
    User.objects.filter(pk=bob.user_id).update(name="=HYPERLINK(1)")
    client = sign_in(bob)
    shown = client.get(URL).context["report"]
    told = json.loads(client.get(f"{URL}?format=json").content)
    assert told["total"]["received"] == shown.totals.received > 0
    assert told["total"]["first_response_median"] == pytest.approx(shown.totals.first_response.median)
    assert sum(step["received"] for step in told["steps"]) == told["total"]["received"]
    assert sum(part["received"] for part in told["parts"]["account"]) == told["total"]["received"]
    assert sum(part["received"] for part in told["parts"]["agent"]) == told["total"]["received"]
    assert told["zone"] == "Europe/Paris"
    answer = client.get(f"{URL}?format=csv")
    assert "acme-report-2026-10-29-2026-11-25.csv" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    total = next(row for row in rows if row["table"] == "total")
    assert int(total["received"]) == told["total"]["received"]
    assert float(total["first_response_p90"]) == pytest.approx(told["total"]["first_response_p90"])
    names = {row["name"] for row in rows}
    assert {"'=HYPERLINK(1)", "'-1+1", "Billing"} <= names
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_a_day_that_is_not_over_is_compared_with_as_much_of_the_day_before_and_the_page_says_so(month, bob, sign_in):
    """In words, and in both files with the two moments."""
    client = sign_in(bob)
    page, whole = f"{URL}?period=today", f"{URL}?period=yesterday"
    assert client.get(page).context["before"] == "Nov 24, 2026, until 16:20"
    told = json.loads(client.get(f"{page}&format=json").content)["before"]
    assert (told["since"], told["until"]) == ("2026-11-24T00:00:00+01:00", "2026-11-24T16:20:00+01:00")
    yesterday = json.loads(client.get(f"{whole}&format=json").content)
    assert (
        sum(step["received"] for step in yesterday["steps"][:16]) <= told["received"] < yesterday["total"]["received"]
    )
    rows = csv.DictReader(io.StringIO(b"".join(client.get(f"{page}&format=csv")).decode()))
    (before,) = [row for row in rows if row["table"] == "before"]
    assert (before["start"], before["end"]) == (told["since"], told["until"])
    assert client.get(whole).context["before"] == "Nov 23, 2026"
    User.objects.filter(pk=bob.user_id).update(language="fr")
    assert "24 nov. 2026, jusqu’à 16:20" in sign_in(bob).get(page).content.decode().replace("\xa0", " ")


def test_as_many_hours_stand_between_any_two_labels_of_a_day(month, bob, sign_in):
    charts = sign_in(bob).get(f"{URL}?period=yesterday").context["shown"].charts()
    assert [chart.x for chart in charts] == [["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"]] * len(charts)
    assert all(chart.even for chart in charts)


def test_of_hours_to_come_nothing_is_told(month, bob, sign_in):
    client = sign_in(bob)
    told = json.loads(client.get(f"{URL}?period=today&format=json").content)
    # It is 16:20 in Paris: seventeen hours have begun.
    begun, ahead = told["steps"][:17], told["steps"][17:]
    assert len(ahead) == 7
    assert {value for step in ahead for name, value in step.items() if name != "start"} == {None}
    assert all(step["received"] is not None and step["backlog"] is not None for step in begun)
    assert begun[-1]["backlog"] == told["total"]["backlog"] > 0
    rows = list(csv.DictReader(io.StringIO(b"".join(client.get(f"{URL}?period=today&format=csv")).decode())))
    hours = [row for row in rows if row["table"] == "hour"]
    assert {value for row in hours[17:] for name, value in row.items() if name not in ("table", "start")} == {""}
    assert [row["backlog"] for row in hours[:17]] == [str(step["backlog"]) for step in begun]
    charts = client.get(f"{URL}?period=today").context["shown"].charts()
    assert {text for chart in charts for _, _, texts in chart.table[17:] for text in texts} == {"–"}


def test_the_week_by_hours_is_a_table_too(month, bob, sign_in):
    client = sign_in(bob)
    page = client.get(URL)
    cells = page.context["report"].heat
    told = json.loads(client.get(f"{URL}?format=json").content)["week"]
    assert [(hour["weekday"], hour["hour"]) for hour in told] == [
        (day, hour) for day in range(1, 8) for hour in range(24)
    ]
    assert sum(hour["received"] for hour in told) == page.context["report"].totals.received > 0
    rows = list(csv.DictReader(io.StringIO(b"".join(client.get(f"{URL}?format=csv")).decode())))
    week = [row for row in rows if row["table"] == "week"]
    assert [row["received"] for row in week] == [str(hour["received"]) for hour in told]
    (day, hour), cell = next((place, cell) for place, cell in sorted(cells.items()) if cell.decided)
    row = next(row for row in week if (row["weekday"], row["hour"]) == (str(day + 1), str(hour)))
    assert (row["first_response_decided"], row["first_response_kept"]) == (str(cell.decided), str(cell.kept))
    assert float(row["first_response_share"]) == pytest.approx(cell.kept / cell.decided, abs=1e-6)
    read = page.content.decode().partition("The hours of the week in numbers")[2]
    assert re.findall(r'<th scope="row">([^<]*)</th>', read)[: len(cells)] == [
        f"{('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday')[day]} {hour:02}:00"
        for day, hour in sorted(cells)
    ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r", " =1", "＝1"])
def test_no_cell_is_a_formula(text):
    assert safe(text) == f"'{text}"
    assert safe("a=1") == "a=1"
    assert safe(-1) == -1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("period=custom", "since"), ("period=custom&since=2026-11-02&until=2026-11-01", "until"),
        ("period=custom&since=yesterday&until=2026-11-01", "since"),
        ("since=yesterday&until=2026-11-01", "since"), ("since=2026-11-02&until=2026-11-01", "until"),
        ("until=2026-11-01", "since"), ("period=century", "period"),
        ("period=custom&since=2020-01-01&until=2026-11-01", "until"), ("about=agent:999999", "about"),
        ("period=custom&since=2099-01-01&until=2099-01-02", "since"), ("about=account:0", "about"),
        ("period=custom&since=0001-01-01&until=0001-01-02", "since"), ("period=custom&since=2026-11-01", "until"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_on_its_field(bob, sign_in, asked, field):
    answer = sign_in(bob).get(f"{URL}?{asked}")
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "field-error" in answer.content.decode()
    assert field in sign_in(bob).get(f"{URL}?{asked}&format=json").json()["errors"]


@pytest.mark.parametrize(
    "asked",
    ["", "figure=x&since=1&until=2", "figure=received&since=5&until=2", "figure=received&part=x&since=1&until=2",
     "figure=received&since=1764000000&until=1764003600&hour=24",
     "figure=received&since=1764000000&until=1764003600&about=nobody",
     "figure=received&since=99999999999999999999&until=2"],
)  # fmt: skip
def test_a_link_that_asks_for_nothing_leads_nowhere(bob, sign_in, asked):
    assert sign_in(bob).get(f"{URL}tickets/?{asked}").status_code == 404


def test_a_page_asks_as_often_for_many_tickets_as_for_few(facebook, messenger, alice, bob, sign_in):
    client, numbers = sign_in(bob), []
    for tickets in (5, 60):
        furnish.weeks([facebook, messenger], [alice.user, bob.user], timezone.now(), 10, tickets)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(URL).status_code == 200
        numbers.append(len(asked))
    assert numbers[0] == numbers[1] <= 30


def test_about_a_channel_is_about_its_accounts(month, facebook, bob, sign_in):
    client = sign_in(bob)
    one = client.get(f"{URL}?about=channel:facebook").context["report"].totals
    same = client.get(f"{URL}?about=account:{facebook.pk}").context["report"].totals
    assert one.received == same.received > 0
    assert one.first_response.median == pytest.approx(same.first_response.median, rel=0.02)


def test_the_badge_names_what_keeps_it(messenger, bob, sign_in):
    now = furnish.NOW
    with time_machine.travel(now - timedelta(days=2), tick=False) as clock:
        for number in range(9):
            at = timezone.now()
            take_in(messenger, meta.direct(who=f"5{number}", at=at))
            take_in(messenger, meta.echo("Here.", to=f"5{number}", mid=f"e{number}", at=at + timedelta(minutes=4)))
        take_in(messenger, meta.direct(who="60"))
        clock.move_to(now)
        take_in(messenger, meta.direct(who="61", at=now - timedelta(minutes=9)))
        page = sign_in(bob).get(f"{URL}badge/").content.decode()
        assert "The page has it" in page
        assert "0 more conversations may still be missed" in page
        assert page.count("its answer keeps it") == 1
        assert "lost" in page
        older = sign_in(bob).get(f"{URL}badge/?rule=five").content.decode()
        assert "half of the answers came within 5 minutes" in html.unescape(older)
    assert sign_in(bob).get(f"{URL}badge/?rule=x").status_code == 404
    assert sign_in(bob).get(f"{URL}badge/?account=999").status_code == 404


def test_the_badge_says_how_many_of_those_that_wait_it_shows_and_shows_the_others_too(messenger, bob, sign_in):
    client = sign_in(bob)
    with time_machine.travel(furnish.NOW, tick=False):
        take_in(
            messenger,
            *(meta.direct(who=f"7{n:03}", at=furnish.NOW - timedelta(seconds=3000 - n)) for n in range(120)),
        )
        seen, address = [], f"{URL}badge/"
        for said in ("1–50 of 120,", "51–100 of 120,", "101–120 of 120,"):
            page = html.unescape(client.get(address).content.decode())
            assert said in page
            seen += re.findall(r"/inbox/open/(\d+)/", page)
            following = re.search(r'href="(\?[^"]*)" rel="next"', page)
            address = f"{URL}badge/{following[1]}" if following else ""
        assert address == ""
        waits = Ticket.objects.order_by("last_customer_at").values_list("id", flat=True)
        assert [int(pk) for pk in seen] == list(waits)
        assert client.get(f"{URL}badge/?from=nonsense").context["place"]["first"] == 1
        assert client.get(f"{URL}badge/?from=9999").status_code == 200
