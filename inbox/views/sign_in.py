"""Signing in by e-mail and password; guessing is slowed down per address and person."""

from __future__ import annotations

import hashlib
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from socialcare.models import UserManager
from socialcare.valkey import valkey

TRIES = 10
# By one address, for whoever: a whole office behind one address must get in, and right passwords do not count.
TRIES_OF_ADDRESS = 100
WITHIN = 300


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("This e-mail and password do not belong together."),
        "inactive": _("This account is switched off."),
        "too_often": _("Too many attempts. Please wait five minutes."),
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = _("E-mail")
        self.fields["username"].widget.attrs.update(autocomplete="username", inputmode="email", type="email")

    def clean(self) -> dict[str, Any]:
        given = UserManager.normalise(self.cleaned_data.get("username") or "")
        self.cleaned_data["username"] = given
        address = _address(self.request)
        person, everybody = _counter(f"{given} {address}"), _counter(address)
        if _tries(person) > TRIES or _tries(everybody) > TRIES_OF_ADDRESS:
            raise ValidationError(self.error_messages["too_often"], code="too_often")
        cleaned: dict[str, Any] = super().clean()
        _forget(person, everybody)
        return cleaned


class SignIn(LoginView):
    authentication_form = SignInForm
    redirect_authenticated_user = True


def _address(request: HttpRequest | None) -> str:
    """The caller's: what our own proxy says of it (the last entry), where one stands before us; others may lie."""
    meta = request.META if request else {}
    forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", "")) if settings.BEHIND_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or str(meta.get("REMOTE_ADDR", ""))


def _counter(whose: str) -> str:
    return "signin:" + hashlib.blake2b(whose.encode(), digest_size=16).hexdigest()


def _tries(counter: str) -> int:
    """Counts this try. Without Valkey nobody is locked out."""
    try:
        both = valkey().pipeline()
        both.set(counter, 0, nx=True, ex=WITHIN)
        both.incr(counter)
        return int(both.execute()[1])
    except redis.RedisError:
        return 0


def _forget(person: str, everybody: str) -> None:
    try:
        valkey().delete(person)
        valkey().decr(everybody)
    except redis.RedisError:
        return
