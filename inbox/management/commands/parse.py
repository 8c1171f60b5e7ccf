"""What raw payloads mean, for people who look into a platform's deliveries."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from connectors import gateway, registry
from connectors.contract import Raw, Unreadable


class Command(BaseCommand):
    help = "Print what payload files mean, one JSON record a line. Exit status 1 when one could not be read."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("platform", help="meta, …")
        parser.add_argument("files", nargs="+", help="payload files; - for standard input")
        parser.add_argument("--headers", help="JSON object of HTTP headers the payload came with")

    def handle(self, *args: Any, **options: Any) -> None:
        platform = options["platform"]
        if platform not in registry.platforms():
            raise CommandError(f"unknown platform {platform}; known: {', '.join(registry.platforms())}")
        headers = self._headers(options["headers"])
        unread = 0
        for name in options["files"]:
            try:
                body = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
                records = gateway.parse(platform, Raw(body, timezone.now(), headers))
            except (OSError, Unreadable) as error:
                unread += 1
                self.stderr.write(f"{name}: cannot be read: {error}")
                continue
            for record in records:
                line = {"file": name, "record": type(record).__name__, **asdict(record)}
                self.stdout.write(json.dumps(line, ensure_ascii=False, default=_plain))
        if unread:
            sys.exit(1)

    def _headers(self, words: str | None) -> dict[str, str]:
        try:
            given = json.loads(words or "{}")
        except ValueError as error:
            raise CommandError(f"--headers is not JSON: {error}") from error
        if not isinstance(given, dict):
            raise CommandError("--headers must be a JSON object")
        return {str(name).lower(): str(value) for name, value in given.items()}


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
