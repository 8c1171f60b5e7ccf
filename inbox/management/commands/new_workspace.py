"""The first workspace of an installation, or one more."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.utils import timezone

from inbox.management.commands.seed_demo import promise
from socialcare.models import Invitation, Role, UserManager, Workspace
from socialcare.tenancy import workspace


class Command(BaseCommand):
    help = "Make a workspace with a five-minute promise, and print the link by which its first admin joins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="its part of the address: letters, digits, hyphens")
        parser.add_argument("name")
        parser.add_argument("email", help="the first admin's")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        slug, name, email = options["slug"], options["name"].strip(), UserManager.normalise(options["email"])
        try:
            validate_slug(slug)
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{slug} {email}: {' '.join(error.messages)}") from error
        if not name:
            raise CommandError("the name is empty")
        if Workspace.objects.filter(slug=slug).exists():
            raise CommandError(f"there is a workspace {slug} already; nothing was made")
        place = Workspace.objects.create(slug=slug, name=name)
        with workspace(place.pk):
            promise()
            week = timezone.now() + timedelta(days=7)
            invitation = Invitation.objects.create(email=email, role=Role.ADMIN, expires_at=week)
        self.stdout.write(f"{email} joins {name} at {settings.PUBLIC_URL}/join/{invitation.code}/ within a week")
