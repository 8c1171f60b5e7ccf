"""Writing to the fake Facebook through Graph: comments, moderation, and messages with all their rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connectors.meta.simulator.deeds import Deeds
from connectors.meta.simulator.library import PRIVATE_REPLY_WITHIN
from connectors.meta.simulator.refusals import Refusal, gone, invalid, window_closed
from connectors.meta.simulator.world import Conversation, Page, Person, Words, World, now

MESSAGE_LENGTH, COMMENT_LENGTH, METADATA_LENGTH = 2000, 8000, 1000
ANYBODY_WITHIN, HUMAN_WITHIN = timedelta(hours=24), timedelta(days=7)
DEAD_TAGS = frozenset({"CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"})
ALREADY_REPLIED, REPLY_EXPIRED = 2534025, 2534022

Params = Mapping[str, Any]


class Desk:
    """What one app may write with a page's token. Raises Refusal for what Graph would not do."""

    def __init__(self, world: World, deeds: Deeds, page: Page, app_id: str) -> None:
        self._world, self._deeds, self._page, self._app_id = world, deeds, page, app_id

    # ------------------------------------------------------------ on the page

    def comment(self, id: str, params: Params) -> dict[str, Any]:
        above, text = self._words(id, "POST"), str(params.get("message", ""))
        photos = [str(params["attachment_url"])] if params.get("attachment_url") else []
        if not text.strip() and not photos:
            raise invalid("A comment requires a message or an attachment")
        if len(text) > COMMENT_LENGTH:
            raise invalid("The comment is too long")
        words = self._deeds.comment(self._page, above, None, text.strip(), now(), photos=photos, origin=self._app_id)
        return {"id": words.id}

    def update(self, id: str, params: Params) -> dict[str, Any]:
        """Hide or show again, or change the page's own words."""
        words = self._words(id, "POST")
        if "is_hidden" in params:
            hidden = _truth(params["is_hidden"])
            self._deeds.hide(self._page, words, hidden)
        elif "message" in params:
            if words.author:
                raise Refusal(200, "(#200) Only the author may edit this")
            self._deeds.edit(self._page, words, str(params["message"]))
        else:
            raise invalid("Nothing to update")
        return {"success": True}

    def delete(self, id: str) -> dict[str, Any]:
        words = self._words(id, "DELETE")
        if words.kind in ("mention", "review"):
            raise Refusal(200, "(#200) The page may not delete this")
        self._deeds.remove(self._page, words)
        return {"success": True}

    def like(self, id: str, on: bool) -> dict[str, Any]:
        self._deeds.like(self._page, self._words(id, "POST" if on else "DELETE"), on)
        return {"success": True}

    # ------------------------------------------------------------ in Messenger

    def message(self, params: Params) -> dict[str, Any]:
        recipient = _nested(params, "recipient")
        action = params.get("sender_action")
        if private := recipient.get("comment_id") or recipient.get("post_id"):
            return self._reply_privately(str(private), _content(params))
        person = self._person(str(recipient.get("id", "")))
        if action:
            return self._act(person, str(action), params)
        content = _content(params)
        conversation = self._page.conversations.get(person.id)
        self._check_window(conversation, str(params.get("messaging_type", "RESPONSE")), str(params.get("tag", "")))
        return self._send(person, content, str(_nested(params, "reply_to").get("mid", "")))

    def _reply_privately(self, id: str, content: Params) -> dict[str, Any]:
        """Once for each comment or post, within seven days of it; the customer's window stays as it was."""
        words = self._words(id, "POST")
        if words.author is None or words.kind in ("mention", "review"):
            raise invalid("This cannot be answered privately")
        if words.private_reply:
            raise Refusal(100, "(#100) Activity already replied to", ALREADY_REPLIED)
        if now() - words.at >= PRIVATE_REPLY_WITHIN:
            raise window_closed(REPLY_EXPIRED)
        sent = self._send(words.author, content, "")
        words.private_reply = sent["message_id"]
        return sent

    def _act(self, person: Person, action: str, params: Params) -> dict[str, Any]:
        conversation = self._page.conversations.get(person.id)
        if conversation is None:
            raise Refusal(100, "(#100) No matching user found", 2018001)
        if action in ("typing_on", "typing_off"):
            self._deeds.type(self._page, conversation, action == "typing_on")
        elif action == "mark_seen":
            self._deeds.mark_seen(self._page, conversation)
        else:
            raise invalid("Param sender_action must be one of {mark_seen, typing_on, typing_off}")
        return {"recipient_id": person.id}

    def _check_window(self, conversation: Conversation | None, kind: str, tag: str) -> None:
        """By the customer's last sign: a day for anybody, a week for people with the Human Agent feature."""
        if kind not in ("RESPONSE", "UPDATE", "MESSAGE_TAG"):
            raise invalid("Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
        if kind == "MESSAGE_TAG" and (tag != "HUMAN_AGENT" or not self._page.human_agent):
            ended = " This tag is no longer supported." if tag in DEAD_TAGS else ""
            raise invalid(f"Param tag must be one of {{HUMAN_AGENT}}.{ended}")
        opened_at = conversation.opened_at if conversation else None
        within = HUMAN_WITHIN if kind == "MESSAGE_TAG" else ANYBODY_WITHIN
        if opened_at is None or now() - opened_at >= within:
            raise window_closed()

    def _send(self, person: Person, content: Params, reply_to: str) -> dict[str, Any]:
        if person.blocked:
            raise Refusal(551, "(#551) This person isn't available right now.", 1545041)
        conversation = self._world.conversation(self._page, person)
        attachments = [content["attachment"]] if content.get("attachment") else []
        message = self._deeds.send(
            self._page,
            conversation,
            str(content.get("text", "")),
            attachments=attachments,
            reply_to=reply_to,
            metadata=str(content.get("metadata", "")),
            origin=self._app_id,
        )
        return {"recipient_id": person.id, "message_id": message.mid}

    def _words(self, id: str, method: str) -> Words:
        found = self._world.find(id)
        if not found or found[0] is not self._page:
            raise gone(id, method)
        return found[1]

    def _person(self, id: str) -> Person:
        person = self._page.people.get(id)
        if person is None:
            raise Refusal(100, "(#100) No matching user found", 2018001)
        return person


def _content(params: Params) -> Params:
    content = _nested(params, "message")
    text, attachment = content.get("text"), content.get("attachment")
    if not (isinstance(text, str) and text.strip()) and not isinstance(attachment, dict):
        raise invalid("Param message must have a text or an attachment")
    if isinstance(text, str) and len(text) > MESSAGE_LENGTH:
        raise invalid(f"Length of param message[text] must be less than or equal to {MESSAGE_LENGTH}")
    if len(str(content.get("metadata", ""))) > METADATA_LENGTH:
        raise invalid(f"Length of param message[metadata] must be less than or equal to {METADATA_LENGTH}")
    return content


def _nested(params: Params, name: str) -> Params:
    """An object among the parameters; forms carry it as JSON."""
    value = params.get(name, {})
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise invalid(f"Param {name} must be an object")
    return value


def _truth(value: Any) -> bool:
    if value in (True, "true", "True", "1", 1):
        return True
    if value in (False, "false", "False", "0", 0):
        return False
    raise invalid("Param is_hidden must be a boolean")
