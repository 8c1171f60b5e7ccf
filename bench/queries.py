"""What an agent waits for in a company's second year: lists, threads, counts, searches and a report.

The statements against a look-up by primary key on the same connection, and whole answers of the running API.
"""

from __future__ import annotations

import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import requests
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction

from bench import dataset
from bench.asking import listening, pages
from bench.dataset import Company
from bench.measure import Figure, Size, Wrong, percentile
from faults.stand import Stand
from inbox import reading, records, search
from inbox.figures import Only
from inbox.models import Contact, Message, Ticket
from socialcare.models import User
from socialcare.tenancy import workspace

SLOWEST = 6.0
ANSWER_MS, SEARCH_MS = 40.0, 150.0
# Of the biggest company, every timer that runs counts in it.
BEHIND, MANY_TIMERS = "list behind a figure", 60.0
PAGE, FIFTIETH, THREAD = 60, 49, 30
VIEWS = ("open", "mine", "unassigned", "breached", "resolved")
SEARCHES = ("a word", "a beginning", "two words", "a number", "a name", "a rare word")
WORD = re.compile(r"[^\W\d_]{4,}")
INSERTED = 5_000
Asked = Callable[[], Any]


class Office:
    """An agent somewhere, each second time in the biggest company, and what they may ask."""

    def __init__(self, companies: Sequence[Company], chance: random.Random) -> None:
        self.chance = chance
        self.company = companies[0] if chance.random() < 0.5 else chance.choice(companies)
        self.user = User.objects.get(pk=chance.choice(list(self.company.users)))

    def asks(self) -> dict[str, Asked]:
        """By name: one query each, save the counts (three)."""
        found: dict[str, Asked] = {}
        for view in VIEWS:
            found[f"list, {view}"] = self._page(view, None)
            found[f"list, {view}, page 50"] = self._page(view, self._fiftieth(view))
        ticket = self._some_ticket()
        said = Message.objects.filter(ticket=ticket).exclude(state=Message.State.CANCELLED)
        latest = said.select_related("ticket__identity", "agent").order_by("-at", "-id")[:THREAD]
        theirs = Ticket.objects.filter(contact=ticket.contact_id).order_by("-id")[: reading.OTHERS]
        found["thread, last 30"] = lambda: list(latest)
        found["a customer's tickets"] = lambda: records.rows(theirs)
        found["counts"] = records.counts
        found[BEHIND] = lambda: reading._behind(Only("in_hour"), None, PAGE + 1)
        return found

    def key(self) -> Asked:
        """The baseline: a row by its primary key."""
        pk = self._some_ticket().pk
        return lambda: list(Ticket.objects.filter(pk=pk).values_list("id", "status", "preview"))

    def paths(self) -> dict[str, str]:
        """Of the API: what an inbox asks for."""
        ticket, view = self._some_ticket().pk, self.chance.choice(VIEWS)
        cursor = self._fiftieth(view)
        return {
            "list": f"tickets/?view={view}",
            "list, page 50": f"tickets/?view={view}&after={cursor or ''}",
            "ticket": f"tickets/{ticket}/",
            "thread": f"tickets/{ticket}/entries/?limit={THREAD}",
        }

    def words(self, kind: str) -> str:
        """What somebody could look for: words that were said here, a name or a number."""
        if kind == "a name":
            first, last = Contact.objects.filter(pk=self._some_ticket().contact_id).get().name.split()
            return self.chance.choice([f"{first} {last[:3]}", last, first])
        said: str = self._said()
        if kind == "a number":
            return next((word for word in said.split() if word.isdigit()), str(self._some_ticket().pk))
        words = WORD.findall(said) or ["parcel"]
        at = self.chance.randrange(len(words))
        found: str = {
            "a word": words[at] + " " * (len(words[at]) < 6),
            "a beginning": words[at][: self.chance.randint(2, 5)],
            "two words": " ".join(words[at : at + 2]),
            "a rare word": max(words, key=len),
        }[kind]
        return found

    def _page(self, view: str, cursor: reading.Cursor | None) -> Asked:
        return lambda: records.rows(reading._listed(reading.tickets(view, self.user), view, cursor, PAGE + 1))

    def _fiftieth(self, view: str) -> reading.Cursor | None:
        """Where the fiftieth page begins, or the last where there are fewer."""
        field, order = ("updated_at", "-") if view in reading.NEWEST_FIRST else ("order_at", "")
        ends = reading.tickets(view, self.user).order_by(f"{order}{field}", f"{order}id").values_list(field, "id")
        far = list(ends[FIFTIETH * PAGE : FIFTIETH * PAGE + 1]) or list(ends.reverse()[PAGE : PAGE + 1])
        return reading.Cursor(*far[0]) if far else None

    def _some_ticket(self) -> Ticket:
        top = Ticket.objects.latest("id").pk
        return Ticket.objects.filter(pk__gte=self.chance.randint(1, top)).order_by("id")[0]

    def _said(self) -> str:
        return self.chance.choice(list(self._some_ticket().messages.values_list("text", flat=True)))


def run(place: Stand, size: Size) -> Iterator[Figure]:
    began = time.monotonic()
    companies = dataset.build(size.of(20_000, 1_000_000))
    built = time.monotonic() - began
    place.start_processes()
    chance = random.Random(3)  # noqa: S311 -- no secrets
    _search_is_right(companies, chance)
    yield from _statements(companies, size, chance)
    yield from _answers(place, companies, size, chance)
    yield from _searches(place, companies, size, chance)
    yield _writing(companies[0], size)
    yield Figure("the database was made in", "s", [built])


def _statements(companies: Sequence[Company], size: Size, chance: random.Random) -> Iterator[Figure]:
    taken: dict[str, list[float]] = defaultdict(list)
    keyed, touched = [], defaultdict[str, list[int]](list)
    for _ in range(size.rounds):
        times: dict[str, list[float]] = defaultdict(list)
        for _ in range(size.of(40, 200)):
            with workspace((office := Office(companies, chance)).company.workspace):
                for name, ask in {"": office.key(), **office.asks()}.items():
                    with listening() as heard:
                        ask()
                    times[name].append(heard.milliseconds)
                    if name and len(touched[name]) < 20:
                        touched[name].append(sum(pages(*statement) for statement in heard.statements))
        keyed.append(percentile(times.pop(""), 95))
        for name, values in times.items():
            taken[name].append(percentile(values, 95))
    for name, values in taken.items():
        note = f"at most {max(touched[name])} pages touched"
        most = MANY_TIMERS if name == BEHIND else SLOWEST
        yield Figure(f"{name}, SQL p95", "ms", values, "look-up by primary key", keyed, most=most, note=note)


def _answers(place: Stand, companies: Sequence[Company], size: Size, chance: random.Random) -> Iterator[Figure]:
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(size.rounds):
        times: dict[str, list[float]] = defaultdict(list)
        for _ in range(size.of(40, 200)):
            with workspace((office := Office(companies, chance)).company.workspace):
                browser = Browser(place, office)
                for name, path in office.paths().items():
                    times[name].append(browser.ask(path))
        for name, values in times.items():
            found[name].append(percentile(values, 95))
    for name, values in found.items():
        yield Figure(f"{name}, whole answer p95", "ms", values, most=ANSWER_MS)


class Browser:
    """Signed in as the office's agent, on a connection that lasts."""

    def __init__(self, place: Stand, office: Office) -> None:
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(office.user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = office.user.get_session_auth_hash()
        session.save()
        self._url = f"{place.url}/w/{office.company.slug}/api/"
        self._session = requests.Session()
        self._session.cookies.set(settings.SESSION_COOKIE_NAME, session.session_key)
        self.ask("me/")

    def ask(self, path: str, **parameters: str) -> float:
        """Milliseconds until the whole answer is here. Raises Wrong where it is not a good one."""
        began = time.perf_counter()
        answer = self._session.get(self._url + path, params=parameters)
        taken = (time.perf_counter() - began) * 1000
        if answer.status_code != 200:
            raise Wrong(f"{answer.url} answered {answer.status_code}")
        return taken


def _searches(place: Stand, companies: Sequence[Company], size: Size, chance: random.Random) -> Iterator[Figure]:
    found: dict[str, list[float]] = defaultdict(list)
    touched: dict[str, int] = defaultdict(int)
    for _ in range(size.rounds):
        times: dict[str, list[float]] = defaultdict(list)
        for _ in range(size.of(20, 100)):
            with workspace((office := Office(companies, chance)).company.workspace):
                browser = Browser(place, office)
                for kind in SEARCHES:
                    words = office.words(kind)
                    times[kind].append(browser.ask("tickets/", q=words))
                    if len(times[kind]) <= 10:
                        with listening() as heard:
                            search.tickets(words, limit=PAGE)
                        asked = [pages(*said) for said in heard.statements if "_search" in said[0]]
                        touched[kind] = max(touched[kind], sum(asked))
        for kind, values in times.items():
            found[kind].append(percentile(values, 95))
        found["anything"].append(percentile([each for values in times.values() for each in values], 95))
    for kind, values in found.items():
        note = f"at most {touched[kind]} pages touched" if kind in touched else ""
        yield Figure(f"search for {kind}, whole answer p95", "ms", values, most=SEARCH_MS, note=note)


def _search_is_right(companies: Sequence[Company], chance: random.Random) -> None:
    """What a plain look at every text finds must be found. Raises Wrong."""
    for _ in range(3):
        office = Office(companies[1:], chance)
        with workspace(office.company.workspace), connection.cursor() as cursor:
            word = office.words("a rare word").lower()
            cursor.execute(
                "SELECT ticket_id FROM inbox_message WHERE text ~* %s GROUP BY 1 ORDER BY 1 DESC LIMIT %s",
                [rf"\m{word}\M", PAGE],
            )
            true = {pk for (pk,) in cursor.fetchall()}
            found = search.tickets(word, limit=PAGE)
            if missing := {pk for pk in true if len(found) < PAGE or pk > found[-1]} - set(found):
                raise Wrong(f"{word!r} stands on tickets that a search does not find: {sorted(missing)[:5]}")


def _writing(company: Company, size: Size) -> Figure:
    """What the index of words costs those who write: the same rows with and without it, and nothing stays."""
    costs: Mapping[bool, list[float]] = {True: [], False: []}
    names = [str(field.column) for field in Message._meta.fields if field.column not in ("id", "external_id", "seq")]
    columns = ", ".join(names)
    statement = (
        f"INSERT INTO inbox_message ({columns}, external_id, seq) SELECT {columns}, 'again' || id, seq + 1000"  # noqa: S608
        f" FROM (SELECT * FROM inbox_message ORDER BY id DESC LIMIT {INSERTED}) newest"
    )
    with workspace(company.workspace), connection.cursor() as cursor:
        for turn in range(2 * size.rounds):
            indexed = turn % 2 == 0
            with transaction.atomic():
                if not indexed:
                    cursor.execute("DROP INDEX inbox_message_words")
                began = time.perf_counter()
                cursor.execute(statement)
                costs[indexed].append((time.perf_counter() - began) / cursor.rowcount * 1e6)
                transaction.set_rollback(True)
    return Figure("a message written, with the index of words", "µs", costs[True], "without it", costs[False])
