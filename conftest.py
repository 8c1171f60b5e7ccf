"""Gives every test run its servers: those of DATABASE_URL and REDIS_URL, else embedded ones for this run alone.

All of it happens as this file is imported, because other conftest files import models as they are imported.
"""

import contextlib
import os
import tempfile
from pathlib import Path

import django
import pytest
from django.conf import settings

from socialcare import assets
from socialcare.embedded import VARIABLES, engines
from tests.chromium import find_chromium

_servers = contextlib.ExitStack()


def _start_engines() -> None:
    missing = [name for name in VARIABLES if name not in os.environ]
    if missing:
        folder = Path(tempfile.mkdtemp(prefix="socialcare-tests-"))
        # PostgreSQL runs as another user where the tests run as root.
        folder.chmod(0o711)
        os.environ.update(_servers.enter_context(engines(folder, throwaway=True, wanted=missing)))


def _take_own_valkey_database(worker: str) -> None:
    """Also in the settings: pytest-django has read them already where the controller's environment names them."""
    server, _, _number = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{server}/{1 + int(worker.removeprefix('gw'))}"
    settings.REDIS_URL = settings.CELERY_BROKER_URL = os.environ["REDIS_URL"]


os.environ["DJANGO_SETTINGS_MODULE"] = "socialcare.settings"
os.environ["ENV_FILE"] = os.devnull
os.environ.setdefault("SECRET_KEY", "a key for tests only, and long enough for every check of Django's")
os.environ.setdefault("FIELD_KEYS", "dGVzdHMgb25seSwgdGVzdHMgb25seSwgdGVzdHMgISE=")
if "PYTEST_XDIST_WORKER" in os.environ:
    _take_own_valkey_database(os.environ["PYTEST_XDIST_WORKER"])
    django.setup()
else:
    _start_engines()
    django.setup()
    assets.bring_up_to_date()


def pytest_unconfigure() -> None:
    _servers.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop in its thread, where no other can be run any more."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    in_browser = [item for item in items if item.get_closest_marker("browser")]
    if in_browser and not find_chromium():
        for item in in_browser:
            item.add_marker(pytest.mark.skip(reason="there is no Chromium here that Playwright can drive"))
