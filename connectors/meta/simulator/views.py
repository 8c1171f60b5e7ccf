"""What the simulator's own page shows of a page, and what those who check the app may know of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.meta.simulator.world import Conversation, Message, Page, Words

SHOWN_POSTS, SHOWN_COMMENTS, SHOWN_CONVERSATIONS, SHOWN_MESSAGES = 30, 60, 40, 80

_FRAME = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 120" width="320" height="240">'
PICTURES = {
    "parcel": f"""{_FRAME}<rect width="160" height="120" fill="#d9e2ec"/>
<path d="M30 45 80 25l50 20v45l-50 20-50-20z" fill="#c08a4e"/><path d="M30 45l50 20 50-20-50-20z" fill="#dba869"/>
<path d="M80 65v45" stroke="#8a5f31" stroke-width="3"/><path d="M98 80l12-5v10z" fill="#7b1e1e"/></svg>""",
    "thumb": f"""{_FRAME}<circle cx="80" cy="60" r="50" fill="#7a4dd8"/>
<path d="M58 58h10v30H58zM72 58l14-28c8 0 9 6 7 12l-3 10h17c5 0 7 4 6 8l-5 22c-1 4-3 6-7 6H72z" fill="#fff"/></svg>""",
}


def page_view(page: Page) -> dict[str, Any]:
    """For the page, newest first on the page, oldest first in conversations. Times in milliseconds."""
    children: defaultdict[str, list[Words]] = defaultdict(list)
    touched: dict[str, datetime] = {}
    for words in page.words.values():
        if words.parent:
            children[words.parent].append(words)
        post = words.post or words.id
        touched[post] = max(touched.get(post, words.at), words.at)
    posts = [words for words in page.words.values() if words.kind != "comment"]
    posts.sort(key=lambda words: touched[words.id], reverse=True)
    conversations = sorted(page.conversations.values(), key=lambda one: one.moved_at, reverse=True)
    return {
        "version": page.version,
        "id": page.id,
        "name": page.name,
        "heard": sorted({name for names in page.apps.values() for name in names}),
        "lacking": sorted(page.lacking),
        "human_agent": page.human_agent,
        "posts": [_words(page, words, children) for words in posts[:SHOWN_POSTS]],
        "conversations": [_conversation(one, SHOWN_MESSAGES) for one in conversations[:SHOWN_CONVERSATIONS]],
    }


def everything(page: Page) -> dict[str, Any]:
    """All words and messages flat, with the token (`metadata`) each of the page's messages carried."""
    return {
        "id": page.id,
        "name": page.name,
        "subscriptions": {key: list(names) for key, names in page.apps.items()},
        "words": [_flat(page, words) for words in page.words.values()],
        "messages": [
            {"conversation": one.id, "person": one.person.id, **_message(message)}
            for one in page.conversations.values()
            for message in one.messages
        ],
    }


def _words(page: Page, words: Words, children: Mapping[str, list[Words]]) -> dict[str, Any]:
    below = [_words(page, one, children) for one in children.get(words.id, [])[-SHOWN_COMMENTS:]]
    return {**_flat(page, words), "comments": below}


def _flat(page: Page, words: Words) -> dict[str, Any]:
    return {
        "id": words.id,
        "kind": words.kind,
        "parent": words.parent,
        "post": words.post,
        "author": words.author.name if words.author else page.name,
        "author_id": words.author.id if words.author else page.id,
        "ours": words.author is None,
        "origin": words.origin,
        "text": words.text,
        "at": int(words.at.timestamp() * 1000),
        "photos": words.photos,
        "edited": words.edited_at is not None,
        "hidden": words.hidden,
        "liked": words.liked,
        "rating": words.rating,
        "private_reply": words.private_reply,
        "reactions": sorted(words.reactions.values()),
    }


def _conversation(conversation: Conversation, most: int) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "person": conversation.person.name,
        "person_id": conversation.person.id,
        "blocked": conversation.person.blocked,
        "typing": conversation.typing,
        "seen": int(conversation.seen_at.timestamp() * 1000) if conversation.seen_at else None,
        "messages": [_message(message) for message in sorted(conversation.messages, key=lambda one: one.at)[-most:]],
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "mid": message.mid,
        "ours": message.ours,
        "text": message.text,
        "at": int(message.at.timestamp() * 1000),
        "attachments": message.attachments,
        "reply_to": message.reply_to,
        "token": message.metadata,
        "origin": message.origin,
        "edited": message.edits > 0,
        "removed": message.removed,
        "delivered": message.delivered,
        "seen": message.seen,
        "reactions": sorted(message.reactions.values()),
    }
