"""Signing in by e-mail and password; guessing is slowed down per address and person."""

from __future__ import annotations

import hashlib
from typing import Any

import redis
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from socialcare.models import UserManager
from socialcare.valkey import valkey

TRIES = 10
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
        counter = _counter(given, self.request)
        if _tries(counter) > TRIES:
            raise ValidationError(self.error_messages["too_often"], code="too_often")
        cleaned: dict[str, Any] = super().clean()
        _forget(counter)
        return cleaned


class SignIn(LoginView):
    authentication_form = SignInForm
    redirect_authenticated_user = True


def _counter(email: str, request: HttpRequest | None) -> str:
    address = request.META.get("REMOTE_ADDR", "") if request else ""
    return "signin:" + hashlib.blake2b(f"{email} {address}".encode(), digest_size=16).hexdigest()


def _tries(counter: str) -> int:
    """Counts this try. Without Valkey nobody is locked out."""
    try:
        number = int(valkey().incr(counter))
        if number == 1:
            valkey().expire(counter, WITHIN)
    except redis.RedisError:
        return 0
    return number


def _forget(counter: str) -> None:
    try:
        valkey().delete(counter)
    except redis.RedisError:
        return
