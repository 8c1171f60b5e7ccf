"""The demonstration's companies: two workspaces that know nothing of each other, with people and connected pages."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from connectors.models import ChannelAccount, PlatformApp
from sla.models import Policy
from socialcare.models import Membership, Role, User, Workspace
from socialcare.tenancy import workspace

PASSWORD = "five-minutes"  # noqa: S105 - the demonstration's, printed for everybody
COMPANIES = {
    "acme": ("Acme Mobile", "1018273645546372", [
        ("alice@acme.example", "Alice Martin", Role.AGENT),
        ("lucas@acme.example", "Lucas Moreau", Role.AGENT),
        ("bob@acme.example", "Bob Keller", Role.SUPERVISOR),
        ("carol@acme.example", "Carol Nguyen", Role.ADMIN),
    ]),
    "globex": ("Globex Stores", "2029384756657483", [
        ("mallory@globex.example", "Mallory Stone", Role.ADMIN),
    ]),
}  # fmt: skip


class Command(BaseCommand):
    help = "Make the demonstration's workspaces, if they are not there, and print who may sign in."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for slug, (name, page_id, people) in COMPANIES.items():
            place, new = Workspace.objects.get_or_create(slug=slug, defaults={"name": name})
            for email, person, role in people:
                user = User.objects.filter(email=email).first() or User.objects.create_user(
                    email, PASSWORD, name=person
                )
                Membership.objects.get_or_create(workspace=place, user=user, defaults={"role": role})
            if new:
                with workspace(place.pk):
                    promise()
                    connect_page(place, name, page_id)
            for email, _, role in people:
                self.stdout.write(f"{email}  {PASSWORD}  ({role}, {name})")


def promise(target: timedelta = timedelta(minutes=5)) -> None:
    """First and next response within five minutes, on every channel of the current workspace."""
    Policy.objects.create(name="Five minutes", first_response=target, next_response=target, warn_at=[50, 80])


def connect_page(place: Workspace, name: str, page_id: str) -> None:
    """An app of the workspace's own and its page, on both of Meta's channels, with made-up secrets."""
    settings = {"app_id": str(10**15 + secrets.randbelow(10**15)), "app_secret": secrets.token_hex(16)}
    app = PlatformApp.objects.create(workspace=place, platform="meta", name=f"{name} on Meta", settings=settings)
    token = "DEMO" + secrets.token_hex(24)
    for channel in ("facebook", "messenger"):
        ChannelAccount.objects.create(
            app=app,
            channel=channel,
            external_id=page_id,
            name=name,
            credentials={"access_token": token},
            options={"human_agent": True} if channel == "messenger" else {},
        )
