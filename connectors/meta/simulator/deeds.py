"""Everything that can happen on the fake Facebook, with the webhooks it causes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from connectors.meta.simulator import events
from connectors.meta.simulator.events import Event
from connectors.meta.simulator.world import TYPING_FADES, Conversation, Message, Page, Person, Words, World, now
from connectors.simulator.stage import Stage

DELIVERED_AFTER = (0.3, 0.9)
READ_AFTER = (2.0, 6.0)


class Deeds:
    """`emit` takes the webhooks; `answered` hears whom the page answered, where and with which of its words."""

    def __init__(self, stage: Stage, world: World, emit: Callable[[Event], None]) -> None:
        self._stage, self._world, self._emit = stage, world, emit
        self._rng = stage.chance("receipts")
        self.answered: Callable[[Page, Person, Words | Message], None] = lambda page, person, words: None

    # ------------------------------------------------------------ on the page

    def post(self, page: Page, author: Person | None, text: str, photos: Sequence[str], at: datetime) -> Words:
        words = Words(f"{page.id}_{self._number()}", "post", page.id, author, text, at, photos=list(photos))
        self._keep(page, words, events.post(page, words, "add"))
        return words

    def mention(self, page: Page, author: Person, text: str, at: datetime) -> Words:
        words = Words(f"{author.id}_{self._number()}", "mention", page.id, author, text, at)
        self._keep(page, words, events.mention(page, words))
        return words

    def review(self, page: Page, author: Person, text: str, rating: int | None, at: datetime) -> Words:
        words = Words(f"{author.id}_{self._number()}", "review", page.id, author, text, at, rating=rating)
        self._keep(page, words, events.rating(page, words, "add"))
        return words

    def comment(
        self,
        page: Page,
        above: Words,
        author: Person | None,
        text: str,
        at: datetime,
        *,
        photos: Sequence[str] = (),
        origin: str = "",
    ) -> Words:
        """Comment on a post, or reply to a comment; a reply to a reply hangs on the comment, as on Facebook."""
        post = above.post or above.id
        parent = above.id if above.parent in ("", post) else above.parent
        id = f"{post.rpartition('_')[2]}_{self._number()}"
        words = Words(id, "comment", page.id, author, text, at, post, parent, list(photos), origin=origin)
        self._keep(page, words, self._told(page, words, "add"))
        if author is None and above.author:
            self.answered(page, above.author, words)
        return words

    def edit(self, page: Page, words: Words, text: str) -> None:
        words.text, words.edited_at = text, now()
        verb = "edit" if words.kind == "review" else "edited"
        self._tell(page, self._told(page, words, verb))

    def remove(self, page: Page, words: Words) -> None:
        event = self._told(page, words, "remove")
        page.remove(words.id)
        self._tell(page, event)

    def hide(self, page: Page, words: Words, hidden: bool) -> None:
        if words.hidden != hidden:
            words.hidden = hidden
            self._tell(page, self._told(page, words, "hide" if hidden else "unhide"))

    def like(self, page: Page, words: Words, on: bool) -> None:
        """The page's own like."""
        if words.liked != on:
            words.liked = on
            verb, itself = "add" if on else "remove", {"id": page.id, "name": page.name}
            self._tell(page, events.reaction(page, words, itself, "like", verb, now()))

    def react(self, page: Page, words: Words, person: Person, kind: str) -> None:
        """A customer's reaction; "" takes it back."""
        before = words.reactions.pop(person.id, "")
        if kind:
            words.reactions[person.id] = kind
        verb = "remove" if not kind else "edit" if before else "add"
        who = {"id": person.id, "name": person.name}
        if kind or before:
            self._tell(page, events.reaction(page, words, who, kind or before, verb, now()))

    # ------------------------------------------------------------ in Messenger

    def write(
        self,
        page: Page,
        conversation: Conversation,
        text: str,
        at: datetime,
        *,
        attachments: Sequence[dict[str, Any]] = (),
        reply_to: str = "",
    ) -> Message:
        """The customer writes, and has thereby seen what stands above."""
        message = Message(self._world.ids.mid(), False, text, at, list(attachments), reply_to)
        conversation.messages.append(message)
        self._opened(conversation, at)
        self._tell(page, events.said(page, conversation, message))
        return message

    def send(
        self,
        page: Page,
        conversation: Conversation,
        text: str,
        *,
        attachments: Sequence[dict[str, Any]] = (),
        reply_to: str = "",
        metadata: str = "",
        origin: str = "",
    ) -> Message:
        """The page writes. Its echo goes out at once, the receipts when the customer got and read it."""
        message = Message(self._world.ids.mid(), True, text, now(), list(attachments), reply_to, metadata, origin)
        conversation.messages.append(message)
        conversation.typing_at = None
        self._tell(page, events.said(page, conversation, message))
        self._stage.later(self._rng.uniform(*DELIVERED_AFTER), lambda: self._deliver(page, conversation, message))
        self._stage.later(self._rng.uniform(*READ_AFTER), lambda: self.see(page, conversation))
        self.answered(page, conversation.person, message)
        return message

    def edit_message(self, page: Page, conversation: Conversation, message: Message, text: str) -> None:
        message.text, message.edits = text, message.edits + 1
        self._tell(page, events.message_edit(page, conversation, message, now()))

    def unsend(self, page: Page, conversation: Conversation, message: Message) -> None:
        message.text, message.attachments, message.removed = "", [], True
        self._tell(page, events.unsent(page, conversation, message, now()))

    def feel(self, page: Page, conversation: Conversation, message: Message, emoji: str) -> None:
        """The customer reacts to a message; "" takes it back. It opens the window like a message."""
        at, before = now(), message.reactions.pop(conversation.person.id, "")
        if emoji:
            message.reactions[conversation.person.id] = emoji
        if emoji or before:
            self._opened(conversation, at)
            event = events.message_reaction(page, conversation, message, emoji or before, bool(emoji), at)
            self._tell(page, event)

    def press(self, page: Page, conversation: Conversation, title: str, payload: str, at: datetime) -> Message:
        """The customer presses a button of a menu."""
        message = Message(self._world.ids.mid(), False, title, at)
        conversation.messages.append(message)
        self._opened(conversation, at)
        self._tell(page, events.postback(page, conversation, message.mid, title, payload, at))
        return message

    def see(self, page: Page, conversation: Conversation) -> None:
        """The customer reads all the page wrote so far."""
        unseen = [message for message in conversation.messages if message.ours and not message.seen]
        if unseen:
            for message in unseen:
                message.delivered = message.seen = True
            self._tell(page, events.read(page, conversation, unseen[-1].at, now()))

    def type(self, page: Page, conversation: Conversation, on: bool) -> None:
        """The page shows that it types, or stops. Nobody is told but the customer."""
        conversation.typing_at = now() if on else None
        page.touch()
        if on:
            self._stage.later(TYPING_FADES.total_seconds(), page.touch)

    def mark_seen(self, page: Page, conversation: Conversation) -> None:
        conversation.seen_at = now()
        page.touch()

    def raw(self, page: Page, name: str, lane: str, item: dict[str, Any]) -> None:
        """Send one webhook item as it is given, for what has no deed here."""
        self._tell(page, Event(page.id, name, lane, item))

    # ------------------------------------------------------------ what they share

    def _opened(self, conversation: Conversation, at: datetime) -> None:
        conversation.opened_at = max(conversation.opened_at or at, at)

    def _deliver(self, page: Page, conversation: Conversation, message: Message) -> None:
        if not message.delivered:
            message.delivered = True
            self._tell(page, events.delivered(page, conversation, message, now()))

    def _told(self, page: Page, words: Words, verb: str) -> Event | None:
        """The webhook of one verb on words. What is said elsewhere is not told."""
        if words.kind == "post":
            return events.post(page, words, verb)
        if words.kind == "review":
            return events.rating(page, words, verb)
        above = page.words.get(words.post)
        if words.kind == "mention" or (above and above.kind == "mention"):
            return None
        teller = events.rating_comment if above and above.kind == "review" else events.comment
        return teller(page, words, verb)

    def _keep(self, page: Page, words: Words, event: Event | None) -> None:
        page.words[words.id] = words
        self._tell(page, event)

    def _tell(self, page: Page, event: Event | None) -> None:
        page.touch()
        if event:
            self._emit(event)

    def _number(self) -> str:
        return self._world.ids.number()
