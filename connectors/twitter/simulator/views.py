"""What the simulator's own page shows of an account, and what those who check the app may know of it."""

from __future__ import annotations

from typing import Any

from connectors.twitter.simulator.world import Message, Post, Talk, User, World

SHOWN_THREADS, SHOWN_TALKS, SHOWN_MESSAGES = 30, 40, 80

_FRAME = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 120" width="320" height="240">'
PICTURES = {
    "receipt": f"""{_FRAME}<rect width="160" height="120" fill="#e3e8ee"/>
<path d="M50 15h60v90l-10-7-10 7-10-7-10 7-10-7-10 7z" fill="#fff" stroke="#9aa7b5" stroke-width="2"/>
<path d="M60 35h40M60 50h40M60 65h25" stroke="#55606e" stroke-width="4"/></svg>""",
}


def page(world: World, brand: User) -> dict[str, Any]:
    """Threads with the brand, the last touched first, replies below what they answer; then its conversations."""
    threads: dict[str, list[Post]] = {}
    concerned: set[str] = set()
    for one in world.posts.values():
        if one.newest:
            threads.setdefault(one.conversation, []).append(one)
            if concerns(world, brand, one):
                concerned.add(one.conversation)
    chosen = sorted(concerned, key=lambda id: max(_moved(one) for one in threads[id]), reverse=True)[:SHOWN_THREADS]
    talks = [talk for talk in world.talks.values() if brand.id in talk.members]
    talks.sort(key=lambda talk: talk.moved_at, reverse=True)
    return {
        "version": brand.version,
        **person(brand),
        "threads": [_tree(world, threads[id]) for id in chosen],
        "talks": [_talk(world, brand, talk) for talk in talks[:SHOWN_TALKS]],
        "people": {user.id: person(user) for user in world.users.values() if not user.brand},
    }


def concerns(world: World, brand: User, one: Post) -> bool:
    quoted = world.posts.get(one.quoted)
    return one.author is brand or brand.id in one.mentioned or bool(quoted and quoted.author is brand)


def person(one: User) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "username": one.username,
        "brand": one.brand,
        "protected": one.protected,
        "takes_dms": one.takes_dms,
        "blocks": sorted(one.blocks),
    }


def post(world: World, one: Post) -> dict[str, Any]:
    """Times in milliseconds."""
    quoted = world.posts.get(one.quoted)
    return {
        "id": one.id,
        "author": one.author.name,
        "username": one.author.username,
        "author_id": one.author.id,
        "ours": one.author.brand,
        "text": one.text,
        "at": int(one.at.timestamp() * 1000),
        "parent": one.parent,
        "conversation": one.conversation,
        "quoted": {"id": quoted.id, "username": quoted.author.username, "text": quoted.text} if quoted else None,
        "history": list(one.history),
        "newest": one.newest,
        "edited": len(one.history) > 1,
        "hidden": one.hidden,
        "photos": one.photos,
        "reply_settings": one.reply_settings,
        "protected": one.author.protected,
        "origin": one.origin,
    }


def message(world: World, talk: Talk, one: Message) -> dict[str, Any]:
    sender = world.users.get(one.sender)
    return {
        "id": one.id,
        "talk": talk.id,
        "kind": one.kind,
        "sender": one.sender,
        "author": sender.name if sender else "",
        "ours": bool(sender and sender.brand),
        "text": one.text,
        "at": int(one.at.timestamp() * 1000),
        "photos": one.photos,
        "seen": one.seen,
        "origin": one.origin,
    }


def _tree(world: World, thread: list[Post]) -> dict[str, Any]:
    """A thread whose beginning is gone begins with its oldest post."""
    thread.sort(key=lambda one: int(one.id))
    known = {id: one for one in thread for id in one.history}
    found = {one.history[0]: {**post(world, one), "replies": []} for one in thread}
    roots: list[dict[str, Any]] = []
    for one in thread:
        above = known.get(one.parent)
        (found[above.history[0]]["replies"] if above else roots).append(found[one.history[0]])
    first: dict[str, Any] = roots[0]
    first["replies"] += roots[1:]
    return first


def _talk(world: World, brand: User, talk: Talk) -> dict[str, Any]:
    others = [world.users[id] for id in talk.others(brand.id)]
    messages = sorted(talk.messages, key=lambda one: one.at)[-SHOWN_MESSAGES:]
    return {
        "id": talk.id,
        "group": talk.group,
        "name": ", ".join(one.name for one in others),
        "members": [person(one) for one in others],
        "messages": [message(world, talk, one) for one in messages],
    }


def _moved(one: Post) -> float:
    return (one.edited_at or one.at).timestamp()
