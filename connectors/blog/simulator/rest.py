"""A WordPress's REST API: who calls, what is refused, how it answers."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from connectors.blog.simulator import listing, shapes
from connectors.blog.simulator.deeds import Deeds, checked
from connectors.blog.simulator.refusals import AFTER, FAULTS, Refusal, of_fault
from connectors.blog.simulator.world import Article, Comment, Person, Site
from connectors.simulator.asgi import Request, Response
from connectors.simulator.faults import Fault, break_after, break_before
from connectors.simulator.stage import Stage

WARNING = (
    b"<br />\n<b>Warning</b>:  Undefined array key &quot;tracking&quot; in <b>/var/www/html/wp-content/plugins/"
    b"stats/stats.php</b> on line <b>42</b><br />\n"
)
ROUTE = re.compile(r"/wp/v2/(?P<what>comments|posts|users)(?:/(?P<id>\d+|me))?/?")
CHANGES = ("POST", "PUT", "PATCH")


@dataclass(frozen=True, slots=True)
class Call:
    """`given` is what was sent in the address and in the body; what the body says wins."""

    site: Site
    method: str
    route: str
    person: Person | None
    given: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.given.get(name, "")
        return str(value.get("raw", "")) if isinstance(value, dict) else str(value)

    def number(self, name: str) -> int:
        value = self.text(name)
        return int(value) if value.isdecimal() else 0

    @property
    def edit(self) -> bool:
        return self.text("context") == "edit"

    @property
    def unsigned(self) -> int:
        """The status of a refusal for want of rights."""
        return 403 if self.person else 401


@dataclass(frozen=True, slots=True)
class Found:
    """What is answered: JSON, its status and its own headers."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] | None = None


class Rest:
    def __init__(self, stage: Stage, deeds: Deeds) -> None:
        self._stage, self._deeds = stage, deeds

    def respond(self, site: Site, request: Request, route: str) -> Response:
        """`route` is the path within the API, with a slash at the beginning."""
        doings = _doings(request.method, route)
        fault = self._stage.faults.take(site.slug, doings, FAULTS)
        if fault and (broken := break_before(fault)):
            return broken
        response = self._done(site, request, route, fault)
        if fault and fault.kind == "slow":
            response.wait = fault.seconds
            return response
        return break_after(fault, response)

    def _done(self, site: Site, request: Request, route: str, fault: Fault | None) -> Response:
        headers = {"link": f'<{shapes.root(site)}>; rel="https://api.w.org/"', "x-content-type-options": "nosniff"}
        try:
            if fault and fault.kind in FAULTS and fault.kind not in AFTER:
                return of_fault(fault, f"{self._stage.base_url}/blog/")
            found = self._answer(_understood(site, request, route))
        except Refusal as refusal:
            return _json(refusal.body(), refusal.status, headers)
        return _marred(fault, found, headers | dict(found.headers or {}))

    def _answer(self, call: Call) -> Found:
        if call.route in ("", "/"):
            return Found(_chosen(call, shapes.index(call.site)))
        found = ROUTE.fullmatch(call.route)
        if found is None:
            raise _no_route()
        if found["what"] == "users":
            return self._user(call, found["id"] or "")
        if found["what"] == "posts":
            return self._article(call, found["id"] or "")
        if found["id"] is None:
            return self._comments(call)
        return self._comment(call, found["id"])

    # ------------------------------------------------------------ people and posts

    def _user(self, call: Call, id: str) -> Found:
        if call.method == "GET" and not id:
            return self._people(call)
        if id == "me" and call.person is None:
            raise Refusal("rest_not_logged_in", "You are not currently logged in.", 401)
        person = call.person if id == "me" else call.site.people.get(int(id or 0))
        if call.method != "GET" or person is None:
            raise _no_route()
        return Found(_chosen(call, shapes.person(call.site, person, edit=call.edit and person is call.person)))

    def _people(self, call: Call) -> Found:
        """Only an administrator may ask for people by role, or for more than anybody may know."""
        keeper = bool(call.person and call.person.role == "administrator")
        if call.text("roles") and not keeper:
            words = "Sorry, you are not allowed to filter users by role."
            raise Refusal("rest_user_cannot_view", words, call.unsigned)
        if call.edit and not keeper:
            raise Refusal("rest_forbidden_context", "Sorry, you are not allowed to list users.", call.unsigned)
        roles = call.text("roles").split(",") if call.text("roles") else None
        found = [one for one in call.site.people.values() if roles is None or one.role in roles]
        return Found([_chosen(call, shapes.person(call.site, one, edit=call.edit)) for one in found])

    def _article(self, call: Call, id: str) -> Found:
        if call.method != "GET" or id == "me":
            raise _no_route()
        if not id:
            open_to = [one for one in call.site.articles.values() if one.state == "publish"]
            newest = sorted(open_to, key=lambda one: one.at, reverse=True)
            return Found([_chosen(call, shapes.article(call.site, one)) for one in newest])
        one = call.site.articles.get(int(id))
        if one is None:
            raise Refusal("rest_post_invalid_id", "Invalid post ID.", 404)
        if one.state != "publish" and not (call.person and call.person.moderates):
            raise Refusal("rest_forbidden", "Sorry, you are not allowed to do that.", call.unsigned)
        return Found(_chosen(call, shapes.article(call.site, one)))

    # ------------------------------------------------------------ comments

    def _comments(self, call: Call) -> Found:
        if call.method == "POST":
            return self._create(call)
        if call.method not in ("GET", "HEAD"):
            raise _no_route()
        query = {name: str(value) for name, value in call.given.items() if name != "rest_route"}
        found = listing.sheet(call.site, call.person, query)
        return Found([_chosen(call, one) for one in found.items], 200, found.headers)

    def _create(self, call: Call) -> Found:
        if call.person is None:
            raise Refusal("rest_comment_login_required", "Sorry, you must be logged in to comment.", 401)
        kind = call.text("type") or "comment"
        article = self._commentable(call)
        if kind != "comment":
            raise Refusal("rest_invalid_comment_type", "Cannot create a comment with that type.", 400)
        words = checked(call.text("content"))
        speaker = self._speaker(call, call.person)
        made = self._deeds.speak(call.site, speaker, article, words, parent=call.number("parent"))
        if call.person.moderates and (wanted := call.text("status")):
            self._deeds.set_status(call.site, made, wanted)
        shown = shapes.comment(call.site, made, edit=call.person.moderates)
        return Found(shown, 201, {"location": shapes.api(call.site, f"comments/{made.id}")})

    def _commentable(self, call: Call) -> Article:
        article = call.site.articles.get(call.number("post"))
        if article is None:
            words = "Sorry, you are not allowed to create this comment without a post."
            raise Refusal("rest_comment_invalid_post_id", words, 403)
        if article.state == "draft":
            words = "Sorry, you are not allowed to create a comment on this post."
            raise Refusal("rest_comment_draft_post", words, 403)
        if article.guarded and not (call.person and call.person.moderates):
            words = "Sorry, you are not allowed to read the post for this comment."
            raise Refusal("rest_cannot_read_post", words, 403)
        if not article.open:
            raise Refusal("rest_comment_closed", "Sorry, comments are closed for this item.", 403)
        return article

    def _speaker(self, call: Call, person: Person) -> Person:
        """A moderator may write in the name of another."""
        wanted = call.number("author")
        if not wanted or wanted == person.id:
            return person
        if not person.moderates or wanted not in call.site.people:
            words = "Sorry, you are not allowed to edit 'author' for comments."
            raise Refusal("rest_comment_invalid_author", words, 403)
        return call.site.people[wanted]

    def _comment(self, call: Call, id: str) -> Found:
        one = call.site.comments.get(int(id)) if id != "me" else None
        if one is None:
            raise Refusal("rest_comment_invalid_id", "Invalid comment ID.", 404)
        if call.method == "GET":
            return self._read(call, one)
        if not (call.person and call.person.moderates):
            what = "delete" if call.method == "DELETE" else "edit"
            raise Refusal(f"rest_cannot_{what}", f"Sorry, you are not allowed to {what} this comment.", call.unsigned)
        if call.method == "DELETE":
            return self._delete(call, one)
        if call.method not in CHANGES:
            raise _no_route()
        if "content" in call.given:
            self._deeds.change(call.site, one, checked(call.text("content")))
        if wanted := call.text("status"):
            self._deeds.set_status(call.site, one, wanted)
        # Whoever moderates leaves their address in the place of the visitor's.
        one.ip = "127.0.0.1"
        return Found(shapes.comment(call.site, one, edit=True))

    def _read(self, call: Call, one: Comment) -> Found:
        moderates = bool(call.person and call.person.moderates)
        if call.edit and not moderates:
            raise Refusal("rest_forbidden_context", "Sorry, you are not allowed to edit comments.", call.unsigned)
        if not listing.may_read(call.site, call.person, one):
            raise Refusal("rest_cannot_read", "Sorry, you are not allowed to read this comment.", call.unsigned)
        return Found(_chosen(call, shapes.comment(call.site, one, edit=call.edit)))

    def _delete(self, call: Call, one: Comment) -> Found:
        shown = shapes.comment(call.site, one, edit=True)
        if call.text("force").lower() in ("1", "true"):
            self._deeds.remove(call.site, one)
            return Found({"deleted": True, "previous": shown})
        if not call.site.rules["trash"]:
            words = "The comment does not support trashing. Set 'force=true' to delete."
            raise Refusal("rest_trash_not_supported", words, 501)
        if one.status == "trash":
            raise Refusal("rest_already_trashed", "The comment has already been trashed.", 410)
        self._deeds.set_status(call.site, one, "trash")
        return Found(shapes.comment(call.site, one, edit=True))


def _understood(site: Site, request: Request, route: str) -> Call:
    person = _caller(site, request)
    given: dict[str, Any] = dict(request.query)
    given.pop("rest_route", None)
    if request.headers.get("content-type", "").startswith("application/json"):
        given |= _json_body(request.body)
    elif request.body:
        given |= dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return Call(site, request.method, route, person, given)


def _caller(site: Site, request: Request) -> Person | None:
    """A password that is wrong, or sent where it is not allowed, is nobody; some sites say that it is wrong."""
    if site.rules["strips_authorization"] and request.method != "GET":
        return None
    kind, _, code = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic" or not site.rules["local"]:
        return None
    try:
        login, _, password = base64.b64decode(code, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    person = site.person(login)
    if person and re.sub(r"[^A-Za-z0-9]", "", password) in person.passwords:
        return person
    if not site.rules["tells_wrong_password"]:
        return None
    if person is None:
        words = "Unknown username. Check again or try your email address."
        raise Refusal("invalid_username", words, 401)
    raise Refusal("incorrect_password", "The provided password is an invalid application password.", 401)


def _json_body(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        more = {"json_error_code": 4, "json_error_message": "Syntax error"}
        raise Refusal("rest_invalid_json", "Invalid JSON body passed.", 400, **more) from None
    return found if isinstance(found, dict) else {}


def _chosen(call: Call, shown: dict[str, Any]) -> dict[str, Any]:
    """Only the fields asked for, where some were."""
    wanted = {one.strip().partition(".")[0] for one in call.text("_fields").split(",") if one.strip()}
    return {name: value for name, value in shown.items() if name in wanted} if wanted else shown


def _doings(method: str, route: str) -> frozenset[str]:
    sends = method == "POST" and re.fullmatch(r"/wp/v2/comments/?", route)
    return frozenset({"any", "read" if method in ("GET", "HEAD") else "write"} | ({"send"} if sends else set()))


def _marred(fault: Fault | None, found: Found, headers: dict[str, str]) -> Response:
    value = found.value
    if fault and fault.kind == "fewer" and isinstance(value, list):
        value = value[: len(value) // 2]
    response = _json(value, found.status, headers)
    if fault and fault.kind == "notices":
        response.body = WARNING + response.body
    return response


def _json(value: Any, status: int, headers: Mapping[str, str]) -> Response:
    body = json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()
    return Response(status, body, {"content-type": "application/json; charset=UTF-8", **headers})


def _no_route() -> Refusal:
    return Refusal("rest_no_route", "No route was found matching the URL and request method.", 404)
