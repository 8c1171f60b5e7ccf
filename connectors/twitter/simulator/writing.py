"""Writing for a brand: posts, replies, edits, deletions, hiding, and what X does not let an app do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from connectors.twitter.simulator import text
from connectors.twitter.simulator.calls import Call, Endpoint, text_of
from connectors.twitter.simulator.deeds import Deeds
from connectors.twitter.simulator.limits import Allowance
from connectors.twitter.simulator.refusals import (
    DUPLICATE,
    NOT_IN_CONVERSATION,
    SUMMONED,
    Refusal,
    forbidden,
    invalid,
    not_found,
)
from connectors.twitter.simulator.rules import Rules
from connectors.twitter.simulator.world import EDITS, Post, User, World, now

BODY = frozenset(
    [
        "text",
        "reply",
        "media",
        "reply_settings",
        "made_with_ai",
        "edit_options",
        "community_id",
        "quote_tweet_id",
        "for_super_followers_only",
        "nullcast",
        "direct_message_deep_link",
        "poll",
        "geo",
        "card_uri",
        "share_with_followers",
        "paid_partnership",
    ]
)
SETTINGS = ("everyone", "following", "mentionedUsers", "subscribers", "verified")
SAME_WORDS_WITHIN = timedelta(hours=24)
NOT_VISIBLE = "You attempted to reply to a Tweet that is deleted or not visible to you."


class Writing:
    def __init__(self, world: World, deeds: Deeds, rules: Rules) -> None:
        self._world, self._deeds, self._rules = world, deeds, rules

    def endpoints(self) -> Iterator[Endpoint]:
        write = ("tweet.read", "tweet.write", "users.read")
        often = Allowance(0, 100, user_day=10_000, app_day=10_000)
        moderate = ("tweet.read", "tweet.moderate.write", "users.read")
        id = r"tweets/(\d{1,19})"
        yield Endpoint("post_create", "POST", r"tweets", self.create, often, write, "user", sends=True)
        yield Endpoint("post_delete", "DELETE", id, self.delete, Allowance(0, 50), write, "user")
        yield Endpoint("hide", "PUT", rf"{id}/hidden", self.hide, Allowance(0, 50), moderate, "user")

    def create(self, call: Call) -> Any:
        me, body = call.me, call.body
        if odd := sorted(body.keys() - BODY):
            said = f"$.{odd[0]}: is not defined in the schema and the schema does not allow additional properties"
            raise invalid(odd[0], body[odd[0]], said)
        words = text_of(body, "text")
        above = self._answered(me, body)
        if body.get("media"):
            raise invalid("media.media_ids", body["media"], "Your media IDs are invalid.")
        if not words.strip():
            raise invalid("text", words, "text is missing: a post needs a text or media")
        if body.get("quote_tweet_id") and not self._rules.enterprise:
            raise forbidden(SUMMONED)
        quoted = self._world.current(str(body.get("quote_tweet_id", "")))
        self._check_words(words, bool(above))
        settings = text_of(body, "reply_settings") or "everyone"
        if settings not in SETTINGS:
            said = f"$.reply_settings: does not have a value in the enumeration {SETTINGS}"
            raise invalid("reply_settings", settings, said)
        call.status = 201
        if "edit_options" in body:
            return self._shown(call, self._edit(me, body, words))
        self._check_fresh(me, words, above)
        origin = call.caller.app.app_id
        one = self._deeds.post(me, words, now(), above=above, quoted=quoted, reply_settings=settings, origin=origin)
        return self._shown(call, one)

    def delete(self, call: Call) -> Any:
        one = self._world.posts.get(call.ids[0])
        if one is None:
            raise not_found("tweet", call.ids[0])
        if one.author is not call.me:
            raise forbidden("You are not authorized to delete this Tweet.")
        call.bill("post_delete", [one.id])
        self._deeds.remove(one)
        return {"data": {"deleted": True}}

    def hide(self, call: Call) -> Any:
        """Replies in a conversation the caller began."""
        wanted = call.body.get("hidden")
        if not isinstance(wanted, bool):
            raise invalid("hidden", wanted, "$.hidden: boolean expected")
        one = self._world.current(call.ids[0])
        root = self._world.current(one.conversation) if one else None
        if one is None:
            raise not_found("tweet", call.ids[0])
        if not one.parent or root is None or root.author is not call.me:
            raise forbidden("You are not allowed to hide this reply.")
        call.bill("hide", [one.id])
        self._deeds.hide(one, wanted)
        return {"data": {"hidden": wanted}}

    # ------------------------------------------------------------ what is checked

    def _answered(self, me: User, body: dict[str, Any]) -> Post | None:
        """The post that is answered, if the rules let `me` answer it."""
        reply = body.get("reply")
        if reply is None:
            return None
        id = reply.get("in_reply_to_tweet_id") or reply.get("in_reply_to_post_id") if isinstance(reply, dict) else None
        if not (isinstance(id, str) and id.isdecimal()):
            said = "$.reply.in_reply_to_tweet_id: does not match the regex pattern ^[0-9]{1,19}$"
            raise invalid("reply.in_reply_to_tweet_id", id, said)
        above = self._world.current(id)
        if above is None or above.author.protected or above.author.suspended:
            raise forbidden(NOT_VISIBLE)
        if me.id in above.author.blocks:
            raise forbidden("You have been blocked from the author of this Tweet.")
        if not self._settings_allow(me, above):
            raise forbidden(NOT_IN_CONVERSATION)
        if not (self._rules.enterprise or self._summoned(me, above)):
            raise forbidden(SUMMONED)
        return above

    def _settings_allow(self, me: User, above: Post) -> bool:
        """Who is mentioned may always answer; nobody follows anybody here."""
        root = self._world.current(above.conversation) or above
        return root.reply_settings == "everyone" or root.author is me or me.id in root.mentioned

    def _summoned(self, me: User, above: Post) -> bool:
        """The author above named us or quoted us. Whether a name a reply only implies counts, X does not say."""
        quoted = self._world.posts.get(above.quoted)
        named = me.id in above.mentioned and (me.id not in above.implied or self._rules.implied_counts)
        return above.author is me or named or bool(quoted and quoted.author is me)

    def _check_words(self, words: str, reply: bool) -> None:
        if text.weight(words, reply=reply) > (text.LONGEST_PREMIUM if self._rules.premium else text.LONGEST):
            raise forbidden("Your Tweet text is too long.")
        if text.cashtags(words) > 1:
            raise forbidden("You are not allowed to create a Tweet with more than one cashtag.")

    def _check_fresh(self, me: User, words: str, above: Post | None) -> None:
        """The one guard X has against sending twice."""
        since, parent = now() - SAME_WORDS_WITHIN, above.id if above else ""
        for other in self._world.posts.values():
            mine = other.author is me and other.at > since and other.parent == parent
            if mine and other.text in (words, f"{_prefix(self._world, other)}{words}"):
                raise forbidden(DUPLICATE)

    def _edit(self, me: User, body: dict[str, Any], words: str) -> Post:
        options = body["edit_options"]
        id = options.get("previous_post_id") if isinstance(options, dict) else None
        before = self._world.posts.get(str(id))
        if before is None or before.author is not me:
            raise forbidden("You are not authorized to edit this Tweet.")
        if not before.newest or before.editable_until < now() or len(before.history) > EDITS or before.parent:
            raise Refusal(403, {"title": "Forbidden", "detail": "This Tweet can no longer be edited.", "status": 403})
        return self._deeds.edit(before, words)

    def _shown(self, call: Call, one: Post) -> Any:
        above = self._world.current(one.parent)
        summoned = above is not None and above.author is not one.author and self._summoned(one.author, above)
        kind = "post_create_url" if text.has_link(one.text) else "summoned_reply" if summoned else "post_create"
        call.bill(kind, [one.id])
        return {"data": {"id": one.id, "text": one.shown, "edit_history_tweet_ids": list(one.history)}}


def _prefix(world: World, one: Post) -> str:
    return "".join(f"@{world.users[id].username} " for id in one.implied)
