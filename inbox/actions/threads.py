"""Which thread a post belongs to, where the platform names only the one it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from connectors.contract import Post
from connectors.models import ChannelAccount
from inbox.models import Message, Story, Ticket

Pairs = list[tuple[Post, datetime]]


def settled(account: ChannelAccount, pairs: Pairs) -> Pairs:
    """The same posts; one without a root is put into its parent's thread, or into the one that waits for it."""
    loose = [post for post, _ in pairs if not post.rooted]
    if not loose:
        return pairs
    known = {post.external_id: post.thread_id for post, _ in pairs if post.rooted}
    parents = {post.parent_id for post in loose}
    stories = Story.objects.filter(account=account, external_id__in=parents).exclude(thread_id="")
    known |= dict(stories.values_list("external_id", "thread_id"))
    above = Message.objects.filter(account=account, external_id__in=parents)
    known |= {str(id): thread for id, thread in above.values_list("external_id", "ticket__thread_id")}
    roots = Ticket.objects.filter(account=account, thread_id__in=[post.external_id for post in loose])
    waiting = set(roots.values_list("thread_id", flat=True))
    for post in _parents_first(loose):
        nearest = post.external_id if post.external_id in waiting else post.parent_id
        known[post.external_id] = known.get(post.parent_id) or nearest
    return [(post if post.rooted else replace(post, thread_id=known[post.external_id]), at) for post, at in pairs]


def _parents_first(posts: Sequence[Post]) -> list[Post]:
    """In the order they were written: nobody answers what is not there yet."""
    return sorted(posts, key=lambda post: (post.created_at, post.external_id))
