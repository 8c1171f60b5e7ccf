"""How a WordPress, and what stands before it, says no. Codes and words as WordPress 6.1 gives them."""

from __future__ import annotations

from typing import Any

from connectors.simulator.asgi import Response
from connectors.simulator.faults import Fault

FAULTS = {
    "signed_out": "The password is not accepted any more",
    "forbidden": "403: the person may not do that",
    "duplicate": "409 comment_duplicate, though nothing was written",
    "hasty": "400 comment_flood: too many comments in a row",
    "closed": "403: no comments on this post any more",
    "gone": "404: the comment is not there",
    "trashed": "410: the comment is in the trash already",
    "throttled": "429 with Retry-After, as hosters do; minutes",
    "maintenance": "503 with WordPress's page; Retry-After in seconds",
    "database": "500: Error establishing a database connection",
    "critical": "500: There has been a critical error, as JSON",
    "firewall": "403 with the page of a firewall, nothing done",
    "moved": "301 to another address",
    "notices": "Does it; PHP's warnings stand before the JSON",
    "fewer": "Does it; the list lacks its last comments though there are more pages",
    "code": "Status, code (as message's first word) and message as given",
}
AFTER = frozenset({"notices", "fewer"})

_HTML = {"content-type": "text/html; charset=UTF-8"}
_PAGE = '<!DOCTYPE html>\n<html lang="en-US"><head><title>{}</title></head><body><p>{}</p></body></html>'
_LOGIN = ("rest_not_logged_in", "You are not currently logged in.", 401)
_WRITTEN = {
    "signed_out": _LOGIN,
    "forbidden": ("rest_cannot_edit", "Sorry, you are not allowed to edit this comment.", 403),
    "duplicate": (
        "comment_duplicate",
        "Duplicate comment detected; it looks as though you&#8217;ve already said that!",
        409,
    ),
    "hasty": ("comment_flood", "You are posting comments too quickly. Slow down.", 400),
    "closed": ("rest_comment_closed", "Sorry, comments are closed for this item.", 403),
    "gone": ("rest_comment_invalid_id", "Invalid comment ID.", 404),
    "trashed": ("rest_already_trashed", "The comment has already been trashed.", 410),
    "critical": ("internal_server_error", "<p>There has been a critical error on this website.</p>", 500),
}


class Refusal(Exception):
    """WordPress refuses. `more` goes into `data` beside the status."""

    def __init__(self, code: str, message: str, status: int, **more: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.more = code, message, status, more

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "data": {"status": self.status, **self.more}}


def refusal(kind: str) -> Refusal:
    return Refusal(*_WRITTEN[kind])


def invalid(name: str, code: str, message: str) -> Refusal:
    """A parameter that makes no sense."""
    details = {name: {"code": code, "message": message, "data": None}}
    return Refusal("rest_invalid_param", f"Invalid parameter(s): {name}", 400, params={name: message}, details=details)


def of_fault(fault: Fault, elsewhere: str) -> Response:
    """The answer of a scripted refusal. Raises Refusal for those that WordPress itself writes."""
    page = {
        "throttled": (429, "Too Many Requests", {"retry-after": str(60 * fault.minutes)}),
        "maintenance": (503, "Briefly unavailable for scheduled maintenance. Check back in a minute.",
                        {"retry-after": f"{fault.seconds:.0f}"}),
        "database": (500, "Error establishing a database connection", {}),
        "firewall": (403, "Attention Required! Checking your browser before accessing this site.", {"server": "wall"}),
        "moved": (301, "Moved Permanently", {"location": elsewhere}),
    }.get(fault.kind)  # fmt: skip
    if page:
        status, words, headers = page
        return Response(status, _PAGE.format(words, words).encode(), _HTML | headers)
    if fault.kind in _WRITTEN:
        raise refusal(fault.kind)
    code, _, message = fault.message.partition(" ")
    raise Refusal(code or "rest_forbidden", message or fault.message, fault.status or 400)
