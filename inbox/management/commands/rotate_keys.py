"""Secrets at rest under the newest key."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from connectors.models import ChannelAccount, PlatformApp
from socialcare.tenancy import workspace


class Command(BaseCommand):
    help = "Encrypt every stored secret anew with the first of FIELD_KEYS. Afterwards the old keys may go."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        apps = list(PlatformApp.objects.everywhere().select_for_update())
        for app in apps:
            app.save(update_fields=["settings"])
        accounts = list(ChannelAccount.objects.everywhere().select_for_update())
        for account in accounts:
            with workspace(account.workspace_id):
                account.save(update_fields=["credentials"])
        self.stdout.write(f"{len(apps)} apps and {len(accounts)} accounts are under the newest key")
