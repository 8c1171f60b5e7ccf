"""Graph's errors, in Graph's shape."""

from __future__ import annotations

from typing import Any

from connectors.simulator.faults import Fault

FAULTS = {
    "throttled": "429: too many calls (code 4, 32, 613 or 80001), come back in some minutes",
    "server_error": "500 with Graph's passing error 2; nothing done",
    "dead_token": "Error 190/460: the token is no longer valid",
    "window_closed": "Error 10/2018278: outside the allowed window",
    "permission": "Error 200: a permission is missing",
    "restricted": "Error 368: the page is blocked for a while",
    "error": "Any error: code, subcode, status, message",
}


class Refusal(Exception):
    """Graph says no. `minutes`: when a throttled caller may come back."""

    def __init__(
        self,
        code: int,
        message: str,
        subcode: int = 0,
        *,
        status: int = 400,
        type: str = "OAuthException",
        transient: bool | None = None,
        minutes: int = 0,
    ) -> None:
        super().__init__(message)
        self.status, self.minutes = status, minutes
        self.error: dict[str, Any] = {"message": message, "type": type, "code": code}
        if subcode:
            self.error["error_subcode"] = subcode
        if transient is not None:
            self.error["is_transient"] = transient


def of_fault(fault: Fault) -> Refusal | None:
    """The refusal a scripted fault stands for; None for faults of the transport."""
    if fault.kind == "throttled":
        code = fault.code or 32
        return Refusal(code, f"(#{code}) Page request limit reached", status=429, minutes=fault.minutes)
    if fault.kind == "error":
        said = fault.message or "An error was scripted"
        return Refusal(fault.code or 1, said, fault.subcode, status=fault.status or 400)
    if fault.kind == "server_error":
        said = "An unexpected error has occurred. Please retry your request later."
        return Refusal(2, said, status=500, transient=True)
    return {
        "dead_token": dead_token,
        "window_closed": window_closed,
        "permission": lambda: lacking("pages_manage_engagement"),
        "restricted": lambda: Refusal(368, "The action attempted has been deemed abusive or is otherwise disallowed"),
    }.get(fault.kind, lambda: None)()


def dead_token() -> Refusal:
    said = (
        "Error validating access token: The session has been invalidated because the user changed their password "
        "or Facebook has changed the session for security reasons."
    )
    return Refusal(190, said, 460, status=401)


def window_closed(subcode: int = 2018278) -> Refusal:
    return Refusal(10, "(#10) This message is sent outside of allowed window.", subcode)


def lacking(permission: str) -> Refusal:
    return Refusal(200, f"(#200) Requires {permission} permission to manage the object", status=403)


def invalid(said: str) -> Refusal:
    return Refusal(100, f"(#100) {said}")


def gone(id: str, method: str) -> Refusal:
    said = (
        f"Unsupported {method.lower()} request. Object with ID '{id}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation"
    )
    return Refusal(100, said, 33, type="GraphMethodException")


def unknown_path(path: str) -> Refusal:
    return Refusal(2500, f"Unknown path components: {path}")
