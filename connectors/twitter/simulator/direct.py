"""Direct messages through API v2: reading events, writing to one or to a group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from connectors.twitter.simulator import shapes
from connectors.twitter.simulator.calls import MESSAGE_PARAMETERS, Asked, Call, Endpoint, asked, page_of, text_of, whole
from connectors.twitter.simulator.deeds import Deeds
from connectors.twitter.simulator.limits import Allowance
from connectors.twitter.simulator.refusals import NO_DM, forbidden, invalid, not_found
from connectors.twitter.simulator.rules import Rules
from connectors.twitter.simulator.text import LONGEST_DIRECT
from connectors.twitter.simulator.world import Message, Talk, World, now

LIST = MESSAGE_PARAMETERS | {"max_results", "pagination_token", "event_types"}
KEPT = timedelta(days=30)
KINDS = frozenset({"MessageCreate", "ParticipantsJoin", "ParticipantsLeave"})


class Direct:
    def __init__(self, world: World, deeds: Deeds, rules: Rules) -> None:
        self._world, self._deeds, self._rules = world, deeds, rules

    def endpoints(self) -> Iterator[Endpoint]:
        read, write = ("dm.read", "tweet.read", "users.read"), ("dm.read", "dm.write", "tweet.read", "users.read")
        seldom = Allowance(0, 15)
        sending = Allowance(0, 15, user_day=1440, app_day=1440)
        talk = r"dm_conversations/(\d{1,19}(?:-\d{1,19})?)"
        other = r"dm_conversations/with/(\d{1,19})"
        yield Endpoint("dm_events", "GET", r"dm_events", self.all, seldom, read, "user", LIST)
        yield Endpoint("dm_event", "GET", r"dm_events/(\d{1,19})", self.one, seldom, read, "user", MESSAGE_PARAMETERS)
        yield Endpoint("dm_delete", "DELETE", r"dm_events/(\d{1,19})", self.delete, Allowance(0, 300), write, "user")
        yield Endpoint("dm_with", "GET", rf"{other}/dm_events", self.between, seldom, read, "user", LIST)
        yield Endpoint("dm_in", "GET", rf"{talk}/dm_events", self.within, seldom, read, "user", LIST)
        yield Endpoint("dm_send", "POST", rf"{other}/messages", self.send_to, sending, write, "user", sends=True)
        yield Endpoint("dm_send", "POST", rf"{talk}/messages", self.send_in, sending, write, "user", sends=True)
        yield Endpoint("dm_send", "POST", r"dm_conversations", self.begin, sending, write, "user", sends=True)

    # ------------------------------------------------------------ reading

    def all(self, call: Call) -> Any:
        return self._list(call, [talk for talk in self._world.talks.values() if call.me.id in talk.members])

    def between(self, call: Call) -> Any:
        smaller, larger = sorted((call.me.id, call.ids[0]), key=int)
        talk = self._world.talks.get(f"{smaller}-{larger}")
        return self._list(call, [talk] if talk else [])

    def within(self, call: Call) -> Any:
        return self._list(call, [self._member_of(call)])

    def one(self, call: Call) -> Any:
        found = self._world.message(call.ids[0])
        if not found or call.me.id not in found[0].members:
            raise not_found("dm_event", call.ids[0])
        answer = self._answer(call, [found], asked(call, shapes.MESSAGE_EXPANSIONS))
        return answer | {"data": answer["data"][0]}

    def delete(self, call: Call) -> Any:
        """Only for the caller on the real X; here for both."""
        found = self._world.message(call.ids[0])
        if not found or found[1].sender != call.me.id:
            raise forbidden("You are not permitted to delete this Direct Message.")
        found[0].messages.remove(found[1])
        return {"data": {"deleted": True}}

    def _list(self, call: Call, talks: Sequence[Talk]) -> Any:
        wanted = asked(call, shapes.MESSAGE_EXPANSIONS)
        kinds = set(call.query.get("event_types", ",".join(KINDS)).split(","))
        if not kinds <= KINDS:
            raise invalid("event_types", call.query["event_types"], f"must be of {sorted(KINDS)}")
        size = whole(call, "max_results", 1, 100, 100)
        oldest, newest = now() - KEPT, now() - timedelta(seconds=self._rules.lag)
        seen = {
            one.id: talk for talk in talks for one in talk.messages if one.kind in kinds and oldest < one.at <= newest
        }
        messages = [one for talk in talks for one in talk.messages if one.id in seen]
        messages.sort(key=lambda one: int(one.id), reverse=True)
        page = page_of(call, messages, size, "pagination_token")
        answer = self._answer(call, [(seen[one.id], one) for one in page.items], wanted)
        return answer | {"meta": page.meta}

    def _answer(self, call: Call, found: Sequence[tuple[Talk, Message]], wanted: Asked) -> dict[str, Any]:
        if not found:
            return {}
        call.bill("dm_read", [one.id for _, one in found])
        people = [one.sender for _, one in found] if "sender_id" in wanted.expansions else []
        if "participant_ids" in wanted.expansions:
            people += [id for _, one in found for id in one.participants]
        with_media = "attachments.media_keys" in wanted.expansions
        photos = [url for _, one in found for url in one.photos] if with_media else []
        users = [self._world.users[id] for id in dict.fromkeys(people) if id in self._world.users]
        parts = {
            "users": [shapes.user(self._world, one, wanted.fields["user"], call.caller.user) for one in users],
            "media": shapes.media(photos, wanted.fields["media"]),
        }
        includes = {name: value for name, value in parts.items() if value}
        data = [shapes.message(talk, one, wanted.fields["message"]) for talk, one in found]
        return {"data": data} | ({"includes": includes} if includes else {})

    # ------------------------------------------------------------ writing

    def send_to(self, call: Call) -> Any:
        me, other = call.me, self._world.users.get(call.ids[0])
        if other is None or other is me:
            raise invalid("participant_id", call.ids[0], f"The participant [{call.ids[0]}] does not exist")
        if not shapes.reachable(self._world, other, me):
            raise forbidden(NO_DM)
        return self._send(call, self._world.between(me.id, other.id))

    def send_in(self, call: Call) -> Any:
        talk = self._member_of(call)
        if not talk.group and not shapes.reachable(self._world, self._world.users[talk.others(call.me.id)[0]], call.me):
            raise forbidden(NO_DM)
        return self._send(call, talk)

    def begin(self, call: Call) -> Any:
        """A group with its first message."""
        body = call.body
        kind = body.get("conversation_type")
        if kind != "Group":
            raise invalid("conversation_type", kind, "does not have a value in the enumeration [Group]")
        ids = body.get("participant_ids")
        others = [self._world.users.get(str(id)) for id in ids] if isinstance(ids, list) else []
        known = [one for one in others if one is not None]
        if not known or len(known) != len(others):
            raise invalid("participant_ids", ids, "participant_ids must be users of X")
        if any(not shapes.reachable(self._world, one, call.me) for one in known):
            raise forbidden(NO_DM)
        message = body.get("message")
        if not isinstance(message, dict):
            raise invalid("message", message, "$.message: is missing but it is required")
        words = self._words(message)
        talk = self._deeds.group(call.me, known)
        return self._write(call, talk, words)

    def _send(self, call: Call, talk: Talk) -> Any:
        return self._write(call, talk, self._words(call.body))

    def _write(self, call: Call, talk: Talk, words: str) -> Any:
        one = self._deeds.write(call.me, talk, words, now(), origin=call.caller.app.app_id)
        call.status = 201
        call.headers["location"] = f'https://api.twitter.com/2/dm_events/"{one.id}"'
        call.bill("dm_create", [one.id])
        return {"data": {"dm_conversation_id": talk.id, "dm_event_id": one.id}}

    def _words(self, body: dict[str, Any]) -> str:
        words = text_of(body, "text")
        if body.get("attachments"):
            raise invalid("attachments", body["attachments"], "Your media IDs are invalid.")
        if not words.strip():
            raise invalid("text", words, "$.text: is missing but it is required")
        if len(words) > LONGEST_DIRECT:
            raise invalid("text", words[:20], f"$.text: may only be {LONGEST_DIRECT} characters long")
        return words

    def _member_of(self, call: Call) -> Talk:
        talk = self._world.talks.get(call.ids[0])
        if talk is None or call.me.id not in talk.members:
            raise forbidden("You do not have permission to read or write in this conversation.")
        return talk
