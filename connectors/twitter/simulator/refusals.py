"""What X says when it does not do what it is asked: several shapes, as it answers them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from connectors.simulator.faults import Fault

PROBLEMS = "https://api.twitter.com/2/problems"
FAULTS = {
    "rate_limited": "429: the endpoint's 15 minutes are used up, for some minutes",
    "day_limit": "429 with calls left in the 15 minutes: the account's 24 hours are used up",
    "usage_capped": "429 usage-capped: the month's reads are used up",
    "no_credits": "402: no credits left (code 1: in the older words)",
    "dead_token": "401: the token is not accepted",
    "reply_refused": "403: only who is mentioned or quoted may reply",
    "reply_refused_older": "403: the same in the older words",
    "protected": "403: the author's posts are protected",
    "dm_closed": "403: the person takes no direct messages",
    "duplicate": "403: the same words were just posted",
    "locked": "403 with code 326: the account is locked",
    "suspended": "403 with code 64: the account is suspended",
    "not_enrolled": "403 client-forbidden: the app may not use this",
    "server_error": "503 with JSON, nothing done",
    "done_then_500": "Does it, then answers 500",
    "html_200": "200 with an HTML page, nothing done",
    "redirect": "302 to another place, nothing done",
    "huge": "200 with nine megabytes, nothing done",
    "odd": "200 with a list instead of an object, nothing done",
    "text_errors": "403 whose errors are a text",
    "null_errors": "400 whose errors are null",
    "error": "Any error: status, message; with a code in the shape of API 1.1",
}
SUMMONED = "You can only reply to or quote posts where you are mentioned or are the author."
SUMMONED_OLDER = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author "
    "of the post you are replying to."
)
NOT_IN_CONVERSATION = "Reply to this conversation is not allowed because of the author's reply settings."
NO_DM = "You do not have permission to DM one or more participants."
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


class Refusal(Exception):
    """X says no. `until`: seconds from now after which a limited caller may come back, in the bucket named."""

    def __init__(self, status: int, body: Any, *, bucket: str = "", seconds: float = 0.0) -> None:
        super().__init__(str(body))
        self.status, self.body, self.bucket, self.seconds = status, body, bucket, seconds
        self.headers: dict[str, str] = {}


def problem(status: int, title: str, detail: str, slug: str = "") -> Refusal:
    type = f"{PROBLEMS}/{slug}" if slug else "about:blank"
    return Refusal(status, {"title": title, "detail": detail, "type": type, "status": status})


def forbidden(detail: str) -> Refusal:
    return problem(403, "Forbidden", detail)


def not_found(kind: str, id: str) -> Refusal:
    return problem(404, "Not Found", f"Could not find {kind} with id: [{id}].", "resource-not-found")


def unauthorized() -> Refusal:
    return problem(401, "Unauthorized", "Unauthorized")


def older(status: int, code: int, said: str) -> Refusal:
    """In the shape of API 1.1, which v2 still answers at times."""
    return Refusal(status, {"errors": [{"code": code, "message": said}]})


def invalid(name: str, value: Any, said: str) -> Refusal:
    body = {
        "errors": [{"parameters": {name: [str(value)]}, "message": said}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{PROBLEMS}/invalid-request",
    }
    return Refusal(400, body)


def wrong_auth(needed: str) -> Refusal:
    body = {
        "title": "Unsupported Authentication",
        "detail": f"Authenticating with this kind of token is forbidden for this endpoint. Supported: {needed}.",
        "type": f"{PROBLEMS}/unsupported-authentication",
        "status": 403,
    }
    return Refusal(403, body)


def missing(kind: str, parameter: str, value: str) -> dict[str, Any]:
    """One entry among the errors of an answer that is otherwise fine."""
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": f"{PROBLEMS}/resource-not-found",
    }


def hidden(kind: str, parameter: str, value: str) -> dict[str, Any]:
    """Like `missing`, for what the caller may not see."""
    return missing(kind, parameter, value) | {
        "detail": f"Sorry, you are not authorized to see the {kind.title()} with {parameter}: [{value}].",
        "title": "Authorization Error",
        "type": f"{PROBLEMS}/not-authorized-for-resource",
    }


def limited(bucket: str, seconds: float) -> Refusal:
    body = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}
    return Refusal(429, body, bucket=bucket, seconds=seconds)


def oauth(said: str, error: str = "invalid_request", status: int = 400) -> Refusal:
    return Refusal(status, {"error": error, "error_description": said})


def of_fault(fault: Fault) -> Refusal | None:
    """The refusal a scripted fault stands for; None for those that change the answer otherwise."""
    if fault.kind == "error":
        said = fault.message or "An error was scripted."
        if fault.code:
            return older(fault.status or 403, fault.code, said)
        return problem(fault.status or 400, "Scripted", said)
    if fault.kind == "no_credits":
        return _no_credits(fault.code == 1)
    simple: dict[str, Callable[[], Refusal]] = {
        "rate_limited": lambda: limited("15min", fault.minutes * 60),
        "day_limit": lambda: limited("24h", fault.minutes * 60),
        "usage_capped": lambda: problem(
            429, "UsageCapExceeded", "Usage cap exceeded: Monthly product cap", "usage-capped"
        ),
        "dead_token": unauthorized,
        "reply_refused": lambda: forbidden(SUMMONED),
        "reply_refused_older": lambda: forbidden(SUMMONED_OLDER),
        "protected": lambda: forbidden("Sorry, you are not authorized to see the Tweet."),
        "dm_closed": lambda: forbidden(NO_DM),
        "duplicate": lambda: forbidden(DUPLICATE),
        "locked": lambda: older(403, 326, "To protect our users from spam, this account is temporarily locked."),
        "suspended": lambda: older(403, 64, "Your account is suspended and is not permitted to access this feature."),
        "not_enrolled": _not_enrolled,
        "server_error": lambda: problem(503, "Service Unavailable", "Service Unavailable"),
        "text_errors": lambda: Refusal(403, {"errors": "Status is a duplicate."}),
        "null_errors": lambda: Refusal(400, {"errors": None}),
    }
    return simple[fault.kind]() if fault.kind in simple else None


def whole_answer(fault: Fault) -> tuple[int, bytes, dict[str, str]] | None:
    """The status, body and headers of a fault that answers anything but JSON as X means it."""
    page = b"<!DOCTYPE html><html><body>Something went wrong. Try again.</body></html>"
    json_type = {"content-type": "application/json; charset=utf-8"}
    return {
        "html_200": (200, page, {"content-type": "text/html; charset=utf-8"}),
        "redirect": (302, b"", {"location": "https://x.com/account/access", "content-type": "text/html"}),
        "huge": (200, b'{"data":"' + b"x" * (9 * 1024 * 1024) + b'"}', json_type) if fault.kind == "huge" else None,
        "odd": (200, json.dumps([1, 2, 3]).encode(), json_type),
    }.get(fault.kind)


def _no_credits(old_words: bool) -> Refusal:
    if old_words:
        said = "Your enrolled account [1553086854915936256] does not have any credits to fulfill this request."
        body = {"account_id": 1553086854915936256, "title": "CreditsDepleted", "detail": said}
        return Refusal(402, body | {"type": f"{PROBLEMS}/credits"})
    body = {"detail": "credits depleted", "status": 402, "title": "Payment Required"}
    return Refusal(402, body | {"type": "https://api.x.com/2/problems/credits-depleted"})


def _not_enrolled() -> Refusal:
    body = {
        "client_id": "29820954",
        "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a "
        "Twitter developer App that is attached to a Project.",
        "registration_url": "https://developer.twitter.com/en/docs/projects/overview",
        "title": "Client Forbidden",
        "required_enrollment": "Appropriate Level of API Access",
        "reason": "client-not-enrolled",
        "type": f"{PROBLEMS}/client-forbidden",
    }
    return Refusal(403, body)
