"""`manage.py simulate`: the fake networks, knowing the apps and accounts of this installation."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from collections import defaultdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from connectors.models import ChannelAccount, PlatformApp
from connectors.simulator.plan import Connected, ConnectedPage
from connectors.simulator.serve import serve
from connectors.simulator.simulator import Simulator
from connectors.simulator.stage import Stage

log = logging.getLogger("connectors.simulator")


class Command(BaseCommand):
    help = "Play the networks: their interfaces, their webhooks, and a page to write on as a customer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--seed", type=int, help="who writes what and when is the same with the same number")
        parser.add_argument(
            "--trickle", type=float, default=0.0, metavar="PER_MINUTE", help="customers who write by themselves"
        )
        parser.add_argument("--app", default="", metavar="URL", help="where webhooks go, instead of to PUBLIC_URL")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["trickle"] <= 600:
            raise CommandError("--trickle is from 0 to 600 a minute")
        if options["host"] not in ("127.0.0.1", "localhost", "::1") and not settings.DEBUG:
            raise CommandError("The simulator holds the apps' secrets and asks nobody who they are: loopback only.")
        base_url = f"http://{options['host']}:{options['port']}"
        app_url = (options["app"] or settings.PUBLIC_URL).rstrip("/")
        simulator = Simulator(Stage(base_url, options["seed"]), lambda: connected(app_url), options["trickle"])
        self.stdout.write(f"The simulated networks: {base_url}/")
        serve(simulator, options["host"], options["port"])


def connected(app_url: str) -> list[Connected]:
    """The apps and accounts as the database has them now. Called in threads; keeps no connection."""
    try:
        pages: defaultdict[int, list[ConnectedPage]] = defaultdict(list)
        accounts = ChannelAccount.objects.everywhere().exclude(state=ChannelAccount.State.REMOVED)
        for account in accounts.order_by("id"):
            token = account.credentials.get("access_token", "")
            channels = frozenset({account.channel})
            page = ConnectedPage(account.external_id, account.name, token, channels, account.credentials)
            pages[account.app_id].append(page)
        apps = PlatformApp.objects.everywhere().order_by("id")
        return [_connected(app, app_url, tuple(pages[app.pk])) for app in apps]
    finally:
        connection.close()


def _connected(app: PlatformApp, app_url: str, pages: tuple[ConnectedPage, ...]) -> Connected:
    opened = app.as_app()
    address = app.webhook_url.removeprefix(settings.PUBLIC_URL)
    secret = next(iter(opened.secrets), "")
    return Connected(
        app.platform,
        app.key,
        opened.external_id,
        secret,
        f"{app_url}{address}",
        opened.verify_token,
        pages,
        app.settings,
    )
