"""Reading the fake Facebook through Graph: pages, posts, comments, people, conversations, messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.meta.simulator.refusals import Refusal, gone
from connectors.meta.simulator.shapes import Edge, Node, iso
from connectors.meta.simulator.world import Conversation, Message, Page, Person, Words, World, now

READABLE_MESSAGES = 20
PRIVATE_REPLY_WITHIN = timedelta(days=7)


class Library:
    """Everything one page's token can read."""

    def __init__(self, world: World, page: Page) -> None:
        self._world, self._page = world, page

    def node(self, id: str) -> Node:
        """Raises Refusal where this token cannot see such an object."""
        page = self._page
        if id == page.id:
            return self.page()
        if id in page.people:
            return self._person(page.people[id])
        found = self._world.find(id)
        if found and found[0] is page:
            return self._words(found[1])
        if message := page.find_message(id):
            return self._message(*message)
        conversation = next((one for one in page.conversations.values() if one.id == id), None)
        if conversation:
            return self._conversation(conversation)
        raise gone(id, "GET")

    def page(self) -> Node:
        page = self._page
        values: dict[str, Any] = {"id": page.id, "name": page.name, "category": "Retail company"}
        values |= {"link": f"https://www.facebook.com/{page.id}", "is_published": True}
        values["messaging_feature_status"] = {"hop_v2": True, "msgr_multi_app": True, "ig_multi_app": False}
        picks: dict[str, Callable[[Words], bool]] = {
            "feed": lambda words: words.kind == "post",
            "posts": lambda words: words.kind == "post" and words.author is None,
            "published_posts": lambda words: words.kind == "post" and words.author is None and words.published,
            "visitor_posts": lambda words: words.kind == "post" and words.author is not None,
            "tagged": lambda words: words.kind == "mention",
        }
        values |= {name: self._posts(name, pick) for name, pick in picks.items()}
        values["conversations"] = self._conversations()
        return Node("Page", values, ("name", "id"))

    def _posts(self, name: str, pick: Callable[[Words], bool]) -> Edge:
        def items(modifiers: Mapping[str, str]) -> Sequence[Words]:
            found = [words for words in self._page.words.values() if pick(words)]
            return sorted(found, key=lambda words: (words.at, words.id), reverse=True)

        return Edge(f"{self._page.id}/{name}", items, self._words, _id_of, lambda words: words.at)

    def _words(self, words: Words) -> Node:
        return self._comment(words) if words.kind == "comment" else self._post(words)

    def _common(self, words: Words) -> dict[str, Any]:
        author = words.author
        return {
            "id": words.id,
            "message": words.text or None,
            "from": {"id": author.id, "name": author.name}
            if author
            else {"id": self._page.id, "name": self._page.name},
            "created_time": iso(words.at),
            "permalink_url": words.permalink,
            "is_hidden": words.hidden,
            "comments": self._comments(words),
        }

    def _post(self, words: Words) -> Node:
        values = self._common(words)
        values["updated_time"] = iso(words.edited_at or words.at)
        values["is_published"] = words.published
        values["status_type"] = "added_photos" if words.photos else "mobile_status_update"
        values["attachments"] = {"data": [_photo(url) for url in words.photos]} if words.photos else None
        values["to"] = {"data": [{"id": self._page.id, "name": self._page.name}]} if words.author else None
        return Node("Post", values, ("created_time", "message", "id"))

    def _comment(self, words: Words) -> Node:
        above = self._page.words.get(words.parent)
        is_reply = above is not None and above.kind == "comment"
        values = self._common(words)
        values["parent"] = self._stub(above) if is_reply and above else None
        values["object"] = {"id": words.post}
        values["attachment"] = _photo(words.photos[0]) if words.photos else None
        values["can_hide"] = values["can_remove"] = True
        values["can_reply_privately"] = can_reply_privately(words)
        values["comment_count"] = len(self._page.below(words.id))
        values["like_count"] = len(words.reactions) + words.liked
        values["user_likes"] = words.liked
        return Node("Comment", values, ("created_time", "from", "message", "id"))

    def _stub(self, words: Words) -> dict[str, Any]:
        return {"created_time": iso(words.at), "message": words.text, "id": words.id}

    def _comments(self, words: Words) -> Edge:
        def items(modifiers: Mapping[str, str]) -> Sequence[Words]:
            below = self._page.below(words.id)
            if modifiers.get("filter") == "stream" and words.kind != "comment":
                below = self._page.under(words.id)
            newest_first = modifiers.get("order") == "reverse_chronological"
            return sorted(below, key=lambda one: (one.at, one.id), reverse=newest_first)

        return Edge(f"{words.id}/comments", items, self._words, _id_of, lambda one: one.at)

    def _person(self, person: Person) -> Node:
        if person.secret:
            said = "No profile available for this user."
            raise Refusal(100, f"(#100) {said}", 2018218)
        first, _, last = person.name.partition(" ")
        values: dict[str, Any] = {"id": person.id, "name": person.name, "first_name": first, "last_name": last}
        values["profile_pic"] = ""
        values["picture"] = {"data": {"url": "", "is_silhouette": True}}
        return Node("User", values, ("name", "id"))

    def _conversations(self) -> Edge:
        def items(modifiers: Mapping[str, str]) -> Sequence[Conversation]:
            if modifiers.get("platform", "messenger") != "messenger":
                return []
            found = [one for one in self._page.conversations.values() if one.messages]
            if wanted := modifiers.get("user_id"):
                found = [one for one in found if one.person.id == wanted]
            return sorted(found, key=lambda one: one.moved_at, reverse=True)

        return Edge(f"{self._page.id}/conversations", items, self._conversation, lambda one: one.id)

    def _conversation(self, conversation: Conversation) -> Node:
        def messages(modifiers: Mapping[str, str]) -> Sequence[Message]:
            return sorted(conversation.messages, key=lambda one: one.at, reverse=True)[:READABLE_MESSAGES]

        unread = [one for one in conversation.messages if not one.ours]
        values: dict[str, Any] = {"id": conversation.id, "updated_time": iso(conversation.moved_at)}
        values |= {"message_count": len(conversation.messages), "can_reply": True, "is_owner": True}
        values["unread_count"] = sum(1 for one in unread if not conversation.seen_at or one.at > conversation.seen_at)
        values["participants"] = {"data": [self._party(conversation, ours) for ours in (False, True)]}
        values["messages"] = Edge(
            f"{conversation.id}/messages", messages, lambda one: self._message(conversation, one), lambda one: one.mid
        )
        return Node("UnifiedThread", values, ("id", "updated_time"))

    def _message(self, conversation: Conversation, message: Message) -> Node:
        readable = sorted(conversation.messages, key=lambda one: one.at)[-READABLE_MESSAGES:]
        if message.removed or message not in readable:
            raise gone(message.mid, "GET")
        stickers = [one["payload"]["url"] for one in message.attachments if one["type"] == "sticker"]
        files = [_file(one) for one in message.attachments if one["type"] in ("image", "video", "audio", "file")]
        values: dict[str, Any] = {"id": message.mid, "created_time": iso(message.at), "message": message.text}
        values["from"] = self._party(conversation, message.ours)
        values["to"] = {"data": [self._party(conversation, not message.ours)]}
        values["sticker"] = stickers[0] if stickers else None
        values["attachments"] = {"data": files} if files else None
        shares = [_share(one) for one in message.attachments if one["type"] == "location"]
        values["shares"] = {"data": shares} if shares else None
        values["reply_to"] = {"mid": message.reply_to} if message.reply_to else None
        return Node("Message", values, ("id", "created_time"))

    def _party(self, conversation: Conversation, ours: bool) -> dict[str, str]:
        page, person = self._page, conversation.person
        return {"name": page.name, "id": page.id} if ours else {"name": person.name, "id": person.id}


def can_reply_privately(words: Words) -> bool:
    return words.author is not None and not words.private_reply and now() - words.at < PRIVATE_REPLY_WITHIN


def _id_of(words: Words) -> str:
    return words.id


def _photo(url: str) -> dict[str, Any]:
    return {"type": "photo", "media": {"image": {"src": url}}, "url": url}


def _file(attachment: Mapping[str, Any]) -> dict[str, Any]:
    kind, url = attachment["type"], attachment.get("payload", {}).get("url", "")
    name = url.rpartition("/")[2]
    if kind in ("image", "video"):
        return {"mime_type": f"{kind}/*", "name": name, f"{kind}_data": {"url": url}}
    return {"mime_type": "audio/mpeg" if kind == "audio" else "application/octet-stream", "name": name, "file_url": url}


def _share(attachment: Mapping[str, Any]) -> dict[str, str]:
    spot = attachment["payload"]["coordinates"]
    name = attachment.get("title", "Location")
    return {"name": name, "link": f"https://www.openstreetmap.org/?mlat={spot['lat']}&mlon={spot['long']}"}
