"""Companies with pages and agents, and their customers' words as Meta's webhooks bring them. Follows from the seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from connectors import deliveries
from connectors.deliveries import Arrived
from connectors.models import PlatformApp
from inbox.management.commands.seed_demo import connect_page, promise
from inbox.models import Presence
from socialcare.models import Membership, Role, User, Workspace
from socialcare.tenancy import workspace

SEED = 2026
DUPLICATES = 0.10
GROUP = 500
PHRASES = (
    "Où est mon colis, commande {n} ? Je l'attends depuis une semaine et personne ne répond au téléphone.",
    "My parcel {n} is late again, and your hotline keeps me waiting for half an hour every single time 😡",
    "Facture n° {n} : le montant est erroné, merci de me rembourser la différence au plus vite.",
    "Hello, how do I change the address of order {n}? The page only says that something went wrong.",
)


@dataclass(slots=True)
class Company:
    workspace: int
    page: str
    app: int
    agents: list[int] = field(default_factory=list)


def companies(number: int, agents: int) -> list[Company]:
    """New workspaces with a page on Facebook and in Messenger, promises, and agents who are there."""
    return [_company(f"company-{index}", str(10**15 + index), agents) for index in range(number)]


def _company(slug: str, page: str, agents: int) -> Company:
    place = Workspace.objects.create(name=slug.title(), slug=slug)
    with workspace(place.pk):
        promise(steps=())
        connect_page(place, place.name, page)
        made = Company(place.pk, page, PlatformApp.objects.own().get().pk)
        for index in range(agents):
            user = User.objects.create_user(f"agent{index}@{slug}.example", None, name=f"Agent {index}")
            Membership.objects.create(workspace=place, user=user, role=Role.AGENT)
            made.agents.append(user.pk)
        stay(made)
    return made


def stay(company: Company) -> None:
    """Its agents are present, from now on for as long as presence lasts."""
    with workspace(company.workspace):
        now = timezone.now()
        for user in company.agents:
            fresh = {"present": True, "seen_at": now}
            Presence.objects.update_or_create(user_id=user, defaults=fresh)


@dataclass(frozen=True, slots=True)
class Words:
    """One webhook: the bytes, whose they are, and what it says."""

    company: Company
    body: bytes
    external_id: str
    person: str
    thread: str


class Crowd:
    """Customers of some companies. Each draw is about other people and other messages than those before it."""

    def __init__(self, companies: Sequence[Company], seed: int = SEED) -> None:
        self._rng = random.Random(f"{seed} crowd")  # noqa: S311 -- no secrets
        self._companies = companies
        self._number = 10**9

    def write(self, number: int, *, per_person: float = 1.6) -> list[Words]:
        """So many different webhooks: half of them messages, half comments; some people write more than once."""
        people = [str(self._next()) for _ in range(max(1, int(number / per_person)))]
        return [self._words(self._rng.choice(people)) for _ in range(number)]

    def with_duplicates(self, words: Sequence[Words], share: float = DUPLICATES) -> list[Words]:
        """Some come once more, sent anew by the platform: other bytes, the same message."""
        again = self._rng.sample(list(words), int(len(words) * share))
        mixed = [*words, *(Words(w.company, w.body + b" ", w.external_id, w.person, w.thread) for w in again)]
        self._rng.shuffle(mixed)
        return mixed

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _words(self, person: str) -> Words:
        company = self._companies[int(person) % len(self._companies)]
        number = self._next()
        text = self._rng.choice(PHRASES).format(n=number)
        at = datetime.now(UTC).timestamp()
        make = _message if int(person) % 2 else _comment
        entry, external_id, thread = make(company.page, person, number, text, at)
        body = json.dumps({"object": "page", "entry": [{"id": company.page, "time": int(at * 1000), **entry}]}).encode()
        return Words(company, body, external_id, person, thread)


def _message(page: str, person: str, number: int, text: str, at: float) -> tuple[dict[str, Any], str, str]:
    said = {"mid": f"m_{number}", "text": text}
    item = {"sender": {"id": person}, "recipient": {"id": page}, "timestamp": int(at * 1000), "message": said}
    return {"messaging": [item]}, f"m_{number}", person


def _comment(page: str, person: str, number: int, text: str, at: float) -> tuple[dict[str, Any], str, str]:
    post = f"{page}_{700 + number % 50}"
    value = {
        "item": "comment",
        "verb": "add",
        "from": {"id": person, "name": f"Customer {person}"},
        "post_id": post,
        "parent_id": post,
        "comment_id": f"{post}_{number}",
        "message": text,
        "created_time": int(at),
    }
    return {"changes": [{"field": "feed", "value": value}]}, f"{post}_{number}", post


def keep(words: Sequence[Words]) -> None:
    """Put these webhooks down as the web process does, as if they had just come."""
    for group in groups(words, GROUP):
        deliveries.keep(arrived(one) for one in group)


def arrived(words: Words) -> Arrived:
    """As the web process keeps it."""
    return Arrived(words.company.app, words.body, timezone.now(), account=words.company.page.encode())


def groups(words: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(words), size):
        yield words[start : start + size]
