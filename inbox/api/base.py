"""What all of the API shares: sign-in, one error shape, answers that repeat, JSON without detours."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import APIView

from connectors import gateway
from connectors.contract import ConnectorError, Disconnected, Forbidden, OutOfCredit, Reason, Refused, Throttled
from inbox.actions.refusals import (
    BadLink,
    KeyReused,
    NewerMessages,
    NoSuchLabel,
    NotAllowed,
    NotAMember,
    NotTheirs,
    TooLate,
)
from inbox.api.defaults import JSONRenderer
from inbox.models import Idempotency
from inbox.reading import BadCursor, one_message
from inbox.wording import link_text, reason_text
from socialcare.models import Membership, User

NEWS = 20


class Endpoint(APIView):
    """Below /w/<slug>/api/. `membership` is the caller's; the workspace is entered."""

    @property
    def membership(self) -> Membership:
        membership: Membership = self.request._request.membership  # type: ignore[attr-defined]
        return membership

    @property
    def user(self) -> User:
        return self.membership.user


class NothingHere(Endpoint):
    """Every address that is none: who calls the API gets its errors."""

    def initial(self, *args: Any, **kwargs: Any) -> None:
        raise Http404


class Write(Endpoint):
    """A write. With an Idempotency-Key the same request answers the same again and does nothing twice.

    The key, the change and the answer are one transaction; a refused write leaves no key behind.
    """

    calls_out = False

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key or request.method not in ("POST", "PATCH") or self.calls_out:
            return super().dispatch(request, *args, **kwargs)
        if len(key) > 64:
            return _as_http(refusal("invalid", _("The Idempotency-Key is too long."), status.HTTP_400_BAD_REQUEST))
        with transaction.atomic():
            asked = hashlib.sha256(b"%s %s %s" % (request.method.encode(), request.path.encode(), request.body))
            before = _claim(request.membership.user_id, key, asked.hexdigest())
            if before is not None:
                return _as_http(before)
            response: Any = super().dispatch(request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
                return response
            mine = Idempotency.objects.filter(user_id=request.membership.user_id, key=key)
            mine.update(status=response.status_code, answer=orjson.loads(orjson.dumps(response.data, default=str)))
            return response


def _claim(user_id: int, key: str, asked: str) -> Response | None:
    """Take the key; where it was taken, what was answered then. Waits for one that is still at work."""
    taken, new = Idempotency.objects.get_or_create(user_id=user_id, key=key, defaults={"request": asked})
    if new:
        return None
    if taken.request != asked:
        return _key_reused()
    return Response(taken.answer, taken.status or status.HTTP_409_CONFLICT)


def _key_reused() -> Response:
    return refusal("key_reused", _("This Idempotency-Key was used for another request."), 422)


def _as_http(response: Response) -> Response:
    renderer = JSONRenderer()
    for name, value in {
        "accepted_renderer": renderer,
        "accepted_media_type": renderer.media_type,
        "renderer_context": {},
    }.items():
        setattr(response, name, value)
    response.render()
    return response


def refusal(
    code: str,
    message: str,
    status_code: int,
    *,
    fields: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Response:
    """The one error shape."""
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = fields
    if details:
        error["details"] = details
    return Response({"error": error}, status=status_code)


def one_error_shape(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Every error a client can cause or should know of; anything else is ours, and a 500."""
    return _ours(error) or _nowhere(error) or _platforms(error) or _drfs(error)


def _ours(error: Exception) -> Response | None:
    match error:
        case NotAllowed():
            words = reason_text(error.reason, error.limit, error.length)
            return refusal(error.reason.value, words, 422)
        case NewerMessages():
            return refusal(
                "newer_messages",
                _("Something new was said meanwhile. Please read it before you send."),
                409,
                details={"entries": [one_message(pk) for pk in error.messages[:NEWS]]},
            )
        case KeyReused():
            return _key_reused()
        case TooLate():
            return refusal("too_late", _("It is too late for that."), 409, details={"state": error.state})
        case NotTheirs():
            return refusal("forbidden", _("Only who recorded it, or a supervisor, can take it back."), 403)
        case BadLink():
            words = link_text(error.why, error.there, error.here)
            return refusal("invalid", words, 400, fields={"link": [words]})
        case NotAMember():
            return refusal(
                "invalid",
                _("This person does not work here."),
                422,
                fields={"assignee": [_("This person does not work here.")]},
            )
        case NoSuchLabel():
            return refusal("invalid", _("There is no such queue, tag or group here."), 422)
    return None


def _nowhere(error: Exception) -> Response | None:
    match error:
        case BadCursor():
            return refusal("bad_cursor", _("This page does not exist; begin anew."), 400)
        case ObjectDoesNotExist() | Http404():
            return refusal("not_found", _("There is nothing here."), 404)
    return None


def _platforms(error: Exception) -> Response | None:
    if not isinstance(error, ConnectorError):
        return None
    if isinstance(error, Refused):
        return refusal(error.reason.value, reason_text(error.reason), 422)
    if isinstance(error, Disconnected | Forbidden):
        reason = Reason.DISCONNECTED if isinstance(error, Disconnected) else Reason.PERMISSION_MISSING
        return refusal(reason.value, reason_text(reason), 422)
    if isinstance(error, OutOfCredit):
        return refusal(gateway.reason_of(error).value, reason_text(gateway.reason_of(error)), 422)
    if isinstance(error, Throttled):
        return refusal("throttled", _("The platform asks us to wait. Please try again later."), 503)
    return refusal("platform_unavailable", _("The platform did not answer as it should. Please try again."), 502)


def _drfs(error: Exception) -> Response | None:
    match error:
        case exceptions.ValidationError():
            fields = error.detail if isinstance(error.detail, dict) else {"": error.detail}
            return refusal("invalid", _("Please check what you entered."), 400, fields=fields)
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return refusal("not_authenticated", _("Please sign in."), 401)
        case exceptions.PermissionDenied():
            return refusal("forbidden", str(error.detail), 403)
        case exceptions.APIException():
            code = error.default_code if isinstance(error.default_code, str) else "error"
            return refusal(code, str(error.detail), error.status_code)
    return None
