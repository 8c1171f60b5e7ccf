"""What a customer can be told to do, by the page or by a test: orders as JSON objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.simulator.asgi import BadRequest
from connectors.twitter.simulator import text
from connectors.twitter.simulator.deeds import Deeds
from connectors.twitter.simulator.hooks import Hooks
from connectors.twitter.simulator.world import Message, Post, Talk, User, World, now
from connectors.twitter.simulator.writing import SETTINGS

MAX_TEXT = 60_000


def picture(base_url: str) -> str:
    """The address of a picture drawn by the simulator."""
    return f"{base_url}/twitter/pictures/receipt.svg"


class Customers:
    """Carries out an order: `page` (the brand's id), `do`, `author` (a name or @handle) or `as` "page".

    `do`: post, mention, reply, quote, edit, remove in public (`to` is a post's id; mention puts the brand's name in
    front where the text lacks it); message, see, typing, encrypted, group, leave in conversations (`talk` writes to a
    group); protect, unprotect, open_dms, close_dms, block, unblock for the person. `reply_settings` goes with a post,
    `photo` true adds a picture, `age` is how many seconds ago. raw sends `payload` as it is, signed.
    """

    def __init__(self, world: World, deeds: Deeds, hooks: Hooks, base_url: str) -> None:
        self._world, self._deeds, self._hooks, self._base_url = world, deeds, hooks, base_url

    def carry_out(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Raises BadRequest naming what is wrong."""
        doings: dict[str, Callable[[Order], str]] = {
            "post": self._post,
            "mention": self._mention,
            "reply": self._reply,
            "quote": self._quote,
            "edit": self._edit,
            "remove": self._remove,
            "message": self._message,
            "see": self._see,
            "typing": self._typing,
            "encrypted": self._encrypted,
            "group": self._group,
            "leave": self._leave,
            "raw": self._raw,
            "protect": lambda order: self._set(order, "protected", True),
            "unprotect": lambda order: self._set(order, "protected", False),
            "open_dms": lambda order: self._set(order, "takes_dms", True),
            "close_dms": lambda order: self._set(order, "takes_dms", False),
            "suspend": lambda order: self._set(order, "suspended", True),
            "block": lambda order: self._block(order, True),
            "unblock": lambda order: self._block(order, False),
        }
        doing = doings.get(_text(order, "do"))
        if doing is None:
            raise BadRequest(f"do must be one of {', '.join(doings)}")
        brand = self._world.users.get(_text(order, "page"))
        if brand is None or not brand.brand:
            raise BadRequest("page must be the id of an account here")
        found = Order(self._world, brand, order, self._base_url)
        id = doing(found)
        return {"id": id} | ({"author": found.customer.id} if "author" in order else {})

    # ------------------------------------------------------------ in public

    def _post(self, order: Order) -> str:
        return self._publish(order, order.words)

    def _mention(self, order: Order) -> str:
        handle = f"@{order.brand.username}"
        named = handle.casefold() in order.words.casefold()
        return self._publish(order, order.words if named else f"{handle} {order.words}")

    def _reply(self, order: Order) -> str:
        return self._publish(order, order.words, above=order.target())

    def _quote(self, order: Order) -> str:
        return self._publish(order, order.words, quoted=order.target())

    def _publish(self, order: Order, words: str, above: Post | None = None, quoted: Post | None = None) -> str:
        one = self._deeds.post(
            order.author,
            words,
            order.at,
            above=above,
            quoted=quoted,
            photos=order.photos,
            reply_settings=order.reply_settings,
        )
        return one.id

    def _edit(self, order: Order) -> str:
        """The id of the new version."""
        return self._deeds.edit(order.target(), order.words).id

    def _remove(self, order: Order) -> str:
        self._deeds.remove(order.target())
        return order.to

    # ------------------------------------------------------------ in conversations

    def _message(self, order: Order) -> str:
        """By a customer, or by the brand as a colleague in X itself would; then `author` is the customer."""
        talk = order.talk
        sender = order.brand if order.given.get("as") == "page" else order.customer
        if sender.id not in talk.members:
            raise BadRequest(f"{sender.name} is not in that conversation")
        one: Message = self._deeds.write(sender, talk, order.words, order.at, photos=order.photos)
        return one.id

    def _see(self, order: Order) -> str:
        self._deeds.see(order.talk, order.customer)
        return order.talk.id

    def _typing(self, order: Order) -> str:
        self._deeds.type(order.talk, order.customer)
        return order.talk.id

    def _encrypted(self, order: Order) -> str:
        self._deeds.encrypt(order.customer, order.brand)
        return ""

    def _group(self, order: Order) -> str:
        """The customer begins a group with the brand and those named in `with`."""
        names = order.given.get("with", [])
        if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
            raise BadRequest("with must be a list of names")
        others = [self._world.person(name) for name in names]
        return self._deeds.group(order.customer, [order.brand, *others]).id

    def _leave(self, order: Order) -> str:
        talk = order.talk
        if not talk.group or order.customer.id not in talk.members:
            raise BadRequest("only members leave, and only a group")
        self._deeds.leave(talk, order.customer)
        return talk.id

    # ------------------------------------------------------------ the rest

    def _raw(self, order: Order) -> str:
        payload = order.given.get("payload")
        if not isinstance(payload, dict):
            raise BadRequest("raw needs a payload")
        for app in self._hooks.apps.values():
            if order.brand.id in {page.external_id for page in app.pages}:
                self._hooks.raw(app.app_key, order.brand.id, payload)
        return ""

    def _set(self, order: Order, name: str, value: bool) -> str:
        setattr(order.customer, name, value)
        order.brand.touch()
        return order.customer.id

    def _block(self, order: Order, on: bool) -> str:
        (order.customer.blocks.add if on else order.customer.blocks.discard)(order.brand.id)
        order.brand.touch()
        return order.customer.id


class Order:
    """An order read piece by piece; each piece raises BadRequest where it is missing or makes no sense."""

    def __init__(self, world: World, brand: User, given: Mapping[str, Any], base_url: str) -> None:
        self._world, self.brand, self.given, self._base_url = world, brand, given, base_url

    @property
    def author(self) -> User:
        return self.brand if self.given.get("as") == "page" else self.customer

    @property
    def customer(self) -> User:
        name = _text(self.given, "author").strip()
        if not 0 < len(name.removeprefix("@")) <= 50:
            raise BadRequest("author must be a name")
        found = self._world.person(name)
        if found.brand:
            raise BadRequest(f"{found.name} is a company here; choose another name")
        return found

    @property
    def talk(self) -> Talk:
        if wanted := _text(self.given, "talk"):
            if wanted not in self._world.talks:
                raise BadRequest("talk must be the id of a conversation")
            return self._world.talks[wanted]
        return self._world.between(self.customer.id, self.brand.id)

    @property
    def words(self) -> str:
        """What is said; people write on X without an app, so that only the longest length holds."""
        words = _text(self.given, "text")
        if not (words.strip() or self.given.get("photo")):
            raise BadRequest("text is empty")
        if text.weight(words) > text.LONGEST_PREMIUM:
            raise BadRequest(f"text counts more than {text.LONGEST_PREMIUM}")
        return words

    @property
    def at(self) -> datetime:
        age = self.given.get("age", 0)
        if isinstance(age, bool) or not isinstance(age, int | float) or not 0 <= age <= 10**8:
            raise BadRequest("age must be a number of seconds")
        return now() - timedelta(seconds=age)

    @property
    def photos(self) -> list[str]:
        return [picture(self._base_url)] if self.given.get("photo") else []

    @property
    def reply_settings(self) -> str:
        wanted = _text(self.given, "reply_settings") or "everyone"
        if wanted not in SETTINGS:
            raise BadRequest(f"reply_settings is one of {', '.join(SETTINGS)}")
        return wanted

    @property
    def to(self) -> str:
        return _text(self.given, "to")

    def target(self) -> Post:
        found = self._world.current(self.to)
        if found is None:
            raise BadRequest("to must be the id of a post")
        return found


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise BadRequest(f"{name} must be a text")
    return value
