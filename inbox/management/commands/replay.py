"""Let kept deliveries be taken in again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors import deliveries
from connectors.models import Delivery
from inbox import intake


class Command(BaseCommand):
    help = "Take deliveries in again, by id, or all that were set aside. Harmless where they already were."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=int)
        parser.add_argument("--failed", action="store_true", help="all that were set aside")

    def handle(self, *args: Any, **options: Any) -> None:
        ids = list(options["ids"])
        if bool(ids) == options["failed"]:
            raise CommandError("give delivery ids, or --failed")
        if options["failed"]:
            ids = list(Delivery.objects.filter(state=Delivery.State.FAILED).values_list("pk", flat=True))
        known = set(Delivery.objects.filter(pk__in=ids).values_list("pk", flat=True))
        if missing := sorted(set(ids) - known):
            raise CommandError(f"no such delivery: {', '.join(map(str, missing))}; nothing was replayed")
        number = deliveries.replay(ids)
        intake.ring_for_deliveries()
        self.stdout.write(f"{number} deliveries wait to be taken in again")
