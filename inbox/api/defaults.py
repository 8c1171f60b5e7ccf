"""What REST framework's settings name; apart from the views, which need these settings to be imported."""

from __future__ import annotations

from typing import Any

import orjson
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class SessionSignIn(SessionAuthentication):
    """The browser's session and CSRF token."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class IsMember(BasePermission):
    """Whoever the middleware let into the workspace; there is no other way in."""

    def has_permission(self, request: Request, view: object) -> bool:
        return getattr(request._request, "membership", None) is not None


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else orjson.dumps(data, default=str)
