"""How fast companies answered in a file of public conversations, told by this product's own clocks and reports."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from connectors.contract import Author, Kind, Post
from connectors.models import ChannelAccount, PlatformApp
from inbox.actions.receive import Arrival, receive
from inbox.management.commands.seed_demo import promise
from inbox.models import Dimension
from inbox.reports import figures, naming, rollup, words
from inbox.reports.figures import Report, Waits
from inbox.reports.periods import of_days
from socialcare.models import Workspace
from socialcare.tenancy import workspace

COLUMNS = ("tweet_id", "author_id", "inbound", "created_at", "text", "in_response_to_tweet_id")
WRITTEN = "%a %b %d %H:%M:%S %z %Y"
CHANNEL = "facebook"


@dataclass(slots=True)
class Said:
    """One line of the file. `root`: the first known post above it. `customer`: who began the conversation below it."""

    id: str
    author: str
    theirs: bool
    at: datetime
    text: str
    answers: str
    root: str = ""
    customer: str = ""


@dataclass(slots=True)
class Brand:
    name: str
    said: list[Said] = field(default_factory=list)


class Command(BaseCommand):
    help = (
        "Take a CSV file of customers' posts and companies' answers (tweet_id, author_id, inbound, created_at, text,"
        " in_response_to_tweet_id) in as if it came now, and print each company's first responses from the reports."
        " Nothing of it stays, unless --keep SLUG names a workspace to be made of it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--keep", metavar="SLUG", help="keep all as a new workspace of this name")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["keep"] or f"replay-{uuid4().hex[:12]}"
        if Workspace.objects.filter(slug=slug).exists():
            raise CommandError(f"there is a workspace {slug} already: choose another name")
        brands = _brands(_read(options["file"]))
        if not brands:
            raise CommandError(f"{options['file']} holds no answered conversation")
        with transaction.atomic():
            place = Workspace.objects.create(name=slug, slug=slug)
            with workspace(place.pk):
                self._print(replay(place, brands))
            transaction.set_rollback(not options["keep"])

    def _print(self, report: Report) -> None:
        accounts = report.parts[Dimension.ACCOUNT]
        names = naming.names(Dimension.ACCOUNT, accounts)
        for key in sorted(accounts, key=lambda key: -accounts[key].first_response.measured):
            if accounts[key].first_response.measured:
                self.stdout.write(_line(names[key].partition(" · ")[0], accounts[key].first_response))
        self.stdout.write(_line("all", report.totals.first_response))


def _line(name: str, waits: Waits) -> str:
    share, middle = words.percent(waits.kept / waits.measured), words.duration(waits.median)
    return f"{name:<20}{waits.measured:>6} first answers   median {middle:>10}   {share:>6} within 5m"


def replay(place: Workspace, brands: Iterable[Brand]) -> Report:
    """Take them in, in this empty workspace and one account a brand, and report on the whole time."""
    moments = [said.at for brand in brands for said in brand.said]
    promise(steps=())
    app = PlatformApp.objects.create(workspace=place, platform="meta", name="Replay", settings={})
    for brand in brands:
        account = ChannelAccount.objects.create(
            app=app, channel=CHANNEL, external_id=f"{place.slug}-{brand.name}", name=brand.name, credentials={}
        )
        receive(account, [Arrival(_post(said, account), said.at) for said in brand.said])
    rollup.catch_up()
    return figures.report(of_days(min(moments).date(), max(moments).date(), ZoneInfo("UTC")))


def _post(said: Said, account: ChannelAccount) -> Post:
    return Post(
        channel=account.channel,
        account=account.external_id,
        external_id=f"{account.pk}-{said.id}",
        kind=Kind.COMMENT,
        thread_id=said.root,
        author=Author(said.customer, said.customer),
        text=said.text,
        created_at=said.at,
        parent_id=f"{account.pk}-{said.answers}",
        ours=not said.theirs,
    )


def _read(path: Path) -> Iterator[Said]:
    """Raises CommandError that names the line."""
    table = None
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            table = csv.DictReader(lines)
            if missing := [name for name in COLUMNS if name not in (table.fieldnames or ())]:
                raise CommandError(f"{path} lacks the columns {', '.join(missing)}")
            for row in table:
                at = datetime.strptime(row["created_at"], WRITTEN).astimezone(UTC)
                theirs = row["inbound"] == "True"
                above = row["in_response_to_tweet_id"]
                yield Said(row["tweet_id"], row["author_id"], theirs, at, row["text"], above)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, csv.Error) as error:
        raise CommandError(f"{path}, line {table.line_num if table else 1}: {error}") from error


def _brands(lines: Iterable[Said]) -> list[Brand]:
    """The conversations of each brand, in the order of their posts; a brand's are those it answered first.

    A thread is one conversation, whoever joins in: so the file's publisher and its readers count.
    """
    known = {said.id: said for said in lines}
    threads: dict[str, list[Said]] = defaultdict(list)
    for said in known.values():
        said.root = _root(known, said)
        threads[said.root].append(said)
    brands: dict[str, Brand] = {}
    for thread in threads.values():
        thread.sort(key=lambda said: (said.at, int(said.id)))
        name = next((said.author for said in thread if not said.theirs), None)
        customer = next((said.author for said in thread if said.theirs), None)
        if name is not None and customer is not None:
            # Another brand that takes part is somebody else's business.
            mine = [said for said in thread if said.theirs or said.author == name]
            for said in mine:
                said.customer = customer
            brands.setdefault(name, Brand(name)).said += mine
    return list(brands.values())


def _root(known: dict[str, Said], said: Said) -> str:
    seen = {said.id}
    while (above := known.get(said.answers)) and above.id not in seen:
        seen.add(above.id)
        said = above
    return said.id
