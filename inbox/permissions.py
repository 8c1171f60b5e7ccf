"""Which role may open a screen."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase

from socialcare.models import Role

View = Callable[..., HttpResponseBase]
RANKS = {Role.AGENT: 1, Role.SUPERVISOR: 2, Role.ADMIN: 3}


def rank(role: str) -> int:
    """Higher may do more."""
    return RANKS[Role(role)]


def needs_role(role: Role) -> Callable[[View], View]:
    """For members with this role or a higher one; everybody else sees the 403 page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if rank(request.membership.role) < rank(role):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
