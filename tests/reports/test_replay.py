"""Real conversations of 76 brands, through our own clocks and reports: how far their answers are from five minutes."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from inbox.models import Dimension, Ticket
from inbox.reports import figures
from inbox.reports.periods import of_days
from socialcare.models import Workspace
from socialcare.tenancy import workspace
from tests.reports import oracle

FILE = Path(os.environ.get("SHARED", settings.BASE_DIR.resolve().parent / "shared")) / "data" / "care_tweets_en.csv"
HEAD = "tweet_id,author_id,inbound,created_at,text,in_response_to_tweet_id\n"
SMALL = HEAD + (
    '1,77,True,Tue Oct 31 22:00:00 +0000 2017,"Where, please?",\n'
    "2,brand,False,Tue Oct 31 22:04:59 +0000 2017,Here,1\n"
    "3,77,True,Tue Oct 31 22:30:00 +0000 2017,And now?,2\n"
    "4,brand,False,Tue Oct 31 23:30:00 +0000 2017,Soon,3\n"
    "5,78,True,Tue Oct 31 23:00:00 +0000 2017,Hello,\n"
    "6,brand,False,Tue Oct 31 23:08:01 +0000 2017,Hello,5\n"
    "7,79,True,Wed Nov 01 09:00:00 +0000 2017,Nobody answers,\n"
)


def replayed(path: Path, **options: str) -> list[str]:
    out = StringIO()
    call_command("replay_history", str(path), stdout=out, **options)
    return out.getvalue().splitlines()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.csv"
    path.write_text(SMALL)
    return path


def test_a_file_is_taken_in_reported_on_and_gone(db, small):
    brand, total = replayed(small)
    assert " ".join(brand.split()) == "brand 2 first answers median 6m 30s 50% within 5m"
    assert total.split()[0] == "all"
    assert not Workspace.objects.exists()


def test_it_stays_where_that_is_asked_for(db, small):
    replayed(small, keep="history")
    with workspace(Workspace.objects.get(slug="history").pk):
        assert Ticket.objects.count() == 2
    with pytest.raises(CommandError, match="already"):
        replayed(small, keep="history")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("a,b\n1,2\n", "lacks the columns"),
        (HEAD + "1,77,True,yesterday,Hello,\n", "line 2"),
        (HEAD, "no answered conversation"),
    ],
)
def test_a_file_that_is_none_is_refused(db, tmp_path, words, complaint):
    path = tmp_path / "bad.csv"
    path.write_text(words)
    with pytest.raises(CommandError, match=complaint):
        replayed(path)
    with pytest.raises(CommandError, match="cannot be read"):
        replayed(tmp_path / "none.csv")
    assert not Workspace.objects.exists()


@pytest.mark.shared
@pytest.mark.skipif(not FILE.exists(), reason="the file lies beside the project, in shared/data")
def test_five_thousand_real_posts(db):
    """About 13.6 minutes and 21 %, as their publisher's numbers say; and what the rows themselves say."""
    lines = replayed(FILE, keep="history")
    print(*lines, sep="\n")  # noqa: T201
    with workspace(Workspace.objects.get(slug="history").pk):
        first = min(fact[0] for fact in oracle.facts() if fact[3] == "received")
        last = max(fact[0] for fact in oracle.facts() if fact[3] in ("received", "sent"))
        report = figures.report(of_days(first.date(), last.date(), ZoneInfo("UTC")))
        true = oracle.figures(report.period.since, report.period.until)
    waits = report.totals.first_response
    took = [each.total_seconds() for each in true["all", 0, "first_response"].took]
    assert waits.measured == len(took) == pytest.approx(1285, rel=0.02)
    assert waits.median == pytest.approx(oracle.percentile(took, 0.5), abs=1e-6)
    assert waits.kept == sum(seconds <= 300 for seconds in took)
    assert waits.median / 60 == pytest.approx(13.6, abs=0.3)
    assert waits.kept / waits.measured == pytest.approx(0.21, abs=0.01)
    assert len(report.parts[Dimension.ACCOUNT]) == pytest.approx(76, abs=2)
