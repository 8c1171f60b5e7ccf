"""Secrets at rest: a JSON object encrypted with a ring of keys, the newest first."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


@lru_cache
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty: make one with `python manage.py new_key`")
    return MultiFernet([Fernet(key) for key in keys])


def ring() -> MultiFernet:
    return _ring(tuple(settings.FIELD_KEYS))


class EncryptedJSONField(models.BinaryField[Any, Any]):
    """A dict of strings. Unreadable bytes raise; they never come back as something else."""

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, bytes):
            return value
        return ring().encrypt(json.dumps(value).encode())

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None:
            return None
        try:
            return json.loads(ring().decrypt(bytes(value)))
        except InvalidToken as error:
            raise ImproperlyConfigured("a stored secret cannot be opened with any key in FIELD_KEYS") from error

    def to_python(self, value: Any) -> Any:
        return value
