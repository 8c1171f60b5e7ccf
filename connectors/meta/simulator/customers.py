"""What a customer can be told to do, by the page or by a test: orders as JSON objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.meta.simulator.deeds import Deeds
from connectors.meta.simulator.world import Conversation, Page, Person, Words, World, now
from connectors.simulator.asgi import BadRequest

THUMBS_UP = 369239263222822
MAX_TEXT = 60_000
PLACE = {"lat": 48.85837, "long": 2.29448}
FILES = frozenset({"image", "video", "audio", "file"})


def picture(base_url: str, name: str) -> str:
    """The address of a picture drawn by the simulator: parcel, thumb or voice."""
    return f"{base_url}/meta/pictures/{name}.svg"


def sticker(base_url: str) -> dict[str, Any]:
    return {"type": "sticker", "payload": {"url": picture(base_url, "thumb"), "sticker_id": THUMBS_UP}}


class Customers:
    """Carries out an order: `page`, `do`, `author` (a name) or `as` "page", and what the deed needs.

    `do`: post, comment, mention, review, edit, remove, react (with `to`) on the page; message, postback,
    edit, unsend, react, see in Messenger; block, unblock, hide_profile for the person. `age`: seconds ago.
    raw sends `item` as it is, in `lane` (changes, messaging, standby), to those who subscribed to `field`.
    """

    def __init__(self, world: World, deeds: Deeds, base_url: str) -> None:
        self._world, self._deeds, self._base_url = world, deeds, base_url

    def carry_out(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Raises BadRequest naming what is wrong."""
        doings: dict[str, Callable[[Order], str]] = {
            "post": self._post,
            "comment": self._comment,
            "mention": self._mention,
            "review": self._review,
            "edit": self._edit,
            "remove": self._remove,
            "unsend": self._remove,
            "react": self._react,
            "message": self._message,
            "postback": self._postback,
            "see": self._see,
            "raw": self._raw,
            "block": lambda order: self._set(order, "blocked", True),
            "unblock": lambda order: self._set(order, "blocked", False),
            "hide_profile": lambda order: self._set(order, "secret", True),
        }
        doing = doings.get(_text(order, "do"))
        if doing is None:
            raise BadRequest(f"do must be one of {', '.join(doings)}")
        page = self._world.pages.get(_text(order, "page"))
        if page is None:
            raise BadRequest("page must be the id of a page here")
        found = Order(self._world, page, order, self._base_url)
        id = doing(found)
        return {"id": id} | ({"author": found.customer.id} if "author" in order else {})

    # ------------------------------------------------------------ on the page

    def _post(self, order: Order) -> str:
        return self._deeds.post(order.page, order.author, order.words, order.photos, order.at).id

    def _comment(self, order: Order) -> str:
        above = order.target()
        return self._deeds.comment(order.page, above, order.author, order.words, order.at, photos=order.photos).id

    def _mention(self, order: Order) -> str:
        return self._deeds.mention(order.page, order.customer, order.words, order.at).id

    def _review(self, order: Order) -> str:
        rating = order.given.get("rating")
        if rating is not None and (type(rating) is not int or not 1 <= rating <= 5):
            raise BadRequest("rating must be a number from 1 to 5")
        return self._deeds.review(order.page, order.customer, _text(order.given, "text"), rating, order.at).story

    def _edit(self, order: Order) -> str:
        if found := order.page.find_message(order.to):
            self._deeds.edit_message(order.page, *found, order.words)
        else:
            self._deeds.edit(order.page, order.target(), order.words)
        return order.to

    def _remove(self, order: Order) -> str:
        if found := order.page.find_message(order.to):
            self._deeds.unsend(order.page, *found)
        else:
            self._deeds.remove(order.page, order.target())
        return order.to

    def _react(self, order: Order) -> str:
        kind = _text(order.given, "text")
        if found := order.page.find_message(order.to):
            self._deeds.feel(order.page, *found, kind)
        else:
            self._deeds.react(order.page, order.target(), order.customer, kind)
        return order.to

    # ------------------------------------------------------------ in Messenger

    def _message(self, order: Order) -> str:
        """By a customer, or by the page as a colleague in its own inbox would; then `author` is the customer."""
        conversation = order.conversation
        if order.given.get("as") == "page":
            return self._deeds.send(order.page, conversation, order.words, attachments=order.attachments).mid
        answered = order.to if order.to and order.page.find_message(order.to) else ""
        message = self._deeds.write(
            order.page, conversation, order.words, order.at, attachments=order.attachments, reply_to=answered
        )
        return message.mid

    def _postback(self, order: Order) -> str:
        payload = _text(order.given, "payload") or "GET_STARTED"
        return self._deeds.press(order.page, order.conversation, order.words, payload, order.at).mid

    def _see(self, order: Order) -> str:
        self._deeds.see(order.page, order.conversation)
        return order.conversation.id

    def _raw(self, order: Order) -> str:
        name, lane, item = _text(order.given, "field"), _text(order.given, "lane"), order.given.get("item")
        if lane not in ("changes", "messaging", "standby") or not name or not isinstance(item, dict):
            raise BadRequest("raw needs a field, a lane (changes, messaging or standby) and an item")
        self._deeds.raw(order.page, name, lane, item)
        return ""

    def _set(self, order: Order, name: str, value: bool) -> str:
        setattr(order.customer, name, value)
        return order.customer.id


class Order:
    """An order read piece by piece; each piece raises BadRequest where it is missing or makes no sense."""

    def __init__(self, world: World, page: Page, given: Mapping[str, Any], base_url: str) -> None:
        self._world, self.page, self.given, self._base_url = world, page, given, base_url

    @property
    def author(self) -> Person | None:
        return None if self.given.get("as") == "page" else self.customer

    @property
    def customer(self) -> Person:
        name = _text(self.given, "author").strip()
        if not 0 < len(name) <= 100:
            raise BadRequest("author must be a name")
        return self._world.person(self.page, name)

    @property
    def conversation(self) -> Conversation:
        return self._world.conversation(self.page, self.customer)

    @property
    def words(self) -> str:
        """What is said; only something with an attachment may go without."""
        text = _text(self.given, "text")
        if not (text.strip() or self.given.get("attachments")):
            raise BadRequest("text is empty")
        return text

    @property
    def at(self) -> datetime:
        age = self.given.get("age", 0)
        if isinstance(age, bool) or not isinstance(age, int | float) or not 0 <= age <= 10**9:
            raise BadRequest("age must be a number of seconds")
        return now() - timedelta(seconds=age)

    @property
    def to(self) -> str:
        return _text(self.given, "to")

    def target(self) -> Words:
        found = self._world.find(self.to)
        if not found or found[0] is not self.page:
            raise BadRequest("to must be the id of a post, comment, review or message on this page")
        return found[1]

    @property
    def attachments(self) -> list[dict[str, Any]]:
        given = self.given.get("attachments", [])
        if not isinstance(given, list):
            raise BadRequest("attachments must be a list")
        return [self._attachment(one) for one in given]

    @property
    def photos(self) -> list[str]:
        return [one["payload"]["url"] for one in self.attachments if one["type"] == "image"]

    def _attachment(self, given: Any) -> dict[str, Any]:
        """As Messenger writes it. `raw` is passed on as it is, for whatever Meta may invent."""
        if not isinstance(given, dict):
            raise BadRequest("an attachment must be an object")
        if isinstance(given.get("raw"), dict):
            return dict(given["raw"])
        kind, url, title = _text(given, "type"), _text(given, "url"), _text(given, "title")
        if kind == "sticker":
            return sticker(self._base_url)
        if kind == "location":
            place = {"lat": given.get("latitude", PLACE["lat"]), "long": given.get("longitude", PLACE["long"])}
            return {"type": kind, "title": title or "Pinned location", "payload": {"coordinates": place}}
        if kind == "fallback":
            return {"type": kind, "title": title, "url": url, "payload": None}
        if kind in FILES:
            return {"type": kind, "payload": {"url": url or picture(self._base_url, "parcel")}}
        raise BadRequest(f"an attachment is one of {', '.join(sorted(FILES))}, sticker, location, fallback or raw")


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise BadRequest(f"{name} must be a text")
    return value
