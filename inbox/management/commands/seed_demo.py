"""The demonstration's companies: two workspaces that know nothing of each other, with people and connected pages."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand
from django.db import transaction

from connectors import registry
from connectors.models import ChannelAccount, PlatformApp
from sla.models import TELL, Policy
from socialcare.models import Membership, Role, User, Workspace
from socialcare.tenancy import workspace

PASSWORD = "five-minutes"  # noqa: S105 - the demonstration's, printed for everybody
X_ACCOUNTS = {"acme": "1501827364554637201", "globex": "1520293847566574802"}
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

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--blogs", default="", metavar="URL", help="where the simulated blogs are; none without it")

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
            if "twitter" in registry.platforms():
                with workspace(place.pk):
                    connect_x(place, name, X_ACCOUNTS[slug])
            if options["blogs"] and "blog" in registry.platforms():
                with workspace(place.pk):
                    connect_blog(place, name, f"{options['blogs']}/{slug}/")
            for email, _, role in people:
                self.stdout.write(f"{email}  {PASSWORD}  ({role}, {name})")


def promise(target: timedelta = timedelta(minutes=5), steps: Sequence[dict[str, Any]] = (TELL,)) -> None:
    """First and next response within five minutes, on every channel of the current workspace."""
    promised = {"first_response": target, "next_response": target, "warn_at": [50, 80], "steps": list(steps)}
    Policy.objects.create(name="Five minutes", **promised)


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


def connect_x(place: Workspace, name: str, user_id: str) -> None:
    """The same on X, unless the workspace has or had an app there."""
    if PlatformApp.objects.everywhere().filter(workspace=place, platform="twitter").exists():
        return
    made_up = {
        field: secrets.token_urlsafe(24) for field in ("consumer_key", "app_secret", "client_id", "client_secret")
    }
    settings = made_up | {"app_id": str(10**7 + secrets.randbelow(9 * 10**7)), "bearer_token": secrets.token_hex(40)}
    app = PlatformApp.objects.create(workspace=place, platform="twitter", name=f"{name} on X", settings=settings)
    tokens = {token: secrets.token_urlsafe(48) for token in ("access_token", "refresh_token")}
    ChannelAccount.objects.create(app=app, channel="twitter", external_id=user_id, name=name, credentials=tokens)


def connect_blog(place: Workspace, name: str, url: str) -> None:
    """The company's simulated blog, with a made-up application password.

    Where the demo was started on another port, the blog is known by its old address and gets the new one. One that
    somebody removed is not brought back.
    """
    parts = urlsplit(url)
    own = ChannelAccount.objects.filter(channel="blog", external_id__endswith=parts.path.rstrip("/"))
    external_id = f"{parts.netloc}{parts.path}".rstrip("/")
    if account := own.first():
        if account.external_id != external_id:
            account.external_id, account.credentials = external_id, account.credentials | {"url": url}
            account.save(update_fields=["external_id", "credentials"])
        return
    app = PlatformApp.objects.own().filter(platform="blog").first() or PlatformApp.objects.create(
        workspace=place, platform="blog", name="Blogs"
    )
    password = "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(24))
    ChannelAccount.objects.create(
        app=app,
        channel="blog",
        external_id=external_id,
        name=name,
        credentials={"url": url, "username": "editor", "application_password": password},
    )
