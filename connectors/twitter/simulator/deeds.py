"""Everything that can happen on the fake X, with the webhooks it causes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from connectors.simulator.stage import Stage
from connectors.twitter.simulator import events, text
from connectors.twitter.simulator.events import Event
from connectors.twitter.simulator.world import Message, Post, Talk, User, World, now

SEEN_AFTER = (2.0, 6.0)


class Deeds:
    """`emit` takes the webhooks; `answered` hears whom a brand answered, and with what."""

    def __init__(self, stage: Stage, world: World, emit: Callable[[Event], None]) -> None:
        self._stage, self._world, self._emit = stage, world, emit
        self._rng = stage.chance("x receipts")
        self.answered: Callable[[User, User, Post | Message], None] = lambda brand, person, words: None

    # ------------------------------------------------------------ in public

    def post(
        self,
        author: User,
        words: str,
        at: datetime,
        *,
        above: Post | None = None,
        quoted: Post | None = None,
        photos: Sequence[str] = (),
        reply_settings: str = "everyone",
        origin: str = "",
        quiet: bool = False,
    ) -> Post:
        """Post, reply (`above`) or quote. A reply begins with the names of those it answers, as X puts them there.

        A `quiet` one is told to nobody.
        """
        implied = self._implied(author, above)
        answered = [self._world.users[id] for id in implied]
        prefix = "".join(f"@{user.username} " for user in answered if not _names(words, user))
        id = self._world.ids.at(at)
        one = Post(id, author, prefix + words, at, above.conversation if above else id, [id])
        one.parent, one.quoted = above.id if above else "", quoted.id if quoted else ""
        one.reply_settings, one.photos, one.origin, one.implied = reply_settings, list(photos), origin, implied
        self._dress(one)
        self._keep(one, quiet)
        if above and author.brand and not above.author.brand:
            self.answered(author, above.author, one)
        return one

    def edit(self, before: Post, words: str) -> Post:
        """A new version with an id of its own. X tells of it as of something new."""
        id = self._world.ids.next()
        before.history.append(id)
        one = Post(id, before.author, words, before.at, before.conversation, before.history)
        one.parent, one.quoted, one.implied = before.parent, before.quoted, before.implied
        one.reply_settings, one.photos, one.origin = before.reply_settings, before.photos, before.origin
        one.hidden, one.edited_at = before.hidden, now()
        self._dress(one)
        self._keep(one)
        return one

    def remove(self, one: Post) -> None:
        """Only those who follow the author's own deeds hear of it."""
        concerned = self._concerned(one)
        self._world.remove(one)
        self._touch(concerned)
        if not one.author.protected:
            for id in one.history:
                self._emit(events.deletion(self._world, one, id))

    def hide(self, one: Post, hidden: bool) -> None:
        for id in one.history:
            self._world.posts[id].hidden = hidden
        self._touch(self._concerned(one))

    # ------------------------------------------------------------ direct messages

    def write(
        self, sender: User, talk: Talk, words: str, at: datetime, *, photos: Sequence[str] = (), origin: str = ""
    ) -> Message:
        """Whoever writes has thereby seen what stands above."""
        written = text.write(words, self._id_of)
        one = Message(self._world.ids.at(at), "MessageCreate", sender.id, words, at, list(photos), origin=origin)
        one.shown, one.entities = written.shown, written.entities
        talk.messages.append(one)
        self._touch(self._world.users[id] for id in talk.members)
        if not talk.group:
            other = talk.others(sender.id)[0]
            self._emit(events.direct(self._world, "dm.sent", sender.id, talk, one))
            self._emit(events.direct(self._world, "dm.received", other, talk, one))
            self._after_writing(sender, self._world.users[other], talk, one)
        return one

    def group(self, founder: User, others: Sequence[User]) -> Talk:
        """A new group. Webhooks do not tell of groups; only reading does."""
        id, at = self._world.ids.next(), now()
        talk = self._world.talks[id] = Talk(id, [founder.id, *(one.id for one in others)], group=True)
        joined = Message(self._world.ids.next(), "ParticipantsJoin", founder.id, "", at)
        joined.participants = list(talk.members)
        talk.messages.append(joined)
        self._touch(self._world.users[id] for id in talk.members)
        return talk

    def leave(self, talk: Talk, person: User) -> None:
        talk.members.remove(person.id)
        left = Message(self._world.ids.next(), "ParticipantsLeave", person.id, "", now())
        left.participants = [person.id]
        talk.messages.append(left)
        self._touch(self._world.users[id] for id in [*talk.members, person.id])

    def see(self, talk: Talk, reader: User) -> None:
        """Read all the other side wrote so far."""
        unseen = [one for one in talk.messages if one.sender != reader.id and not one.seen]
        if not unseen or talk.group:
            return
        for one in unseen:
            one.seen = True
        self._touch(self._world.users[id] for id in talk.members)
        self._emit(events.read(self._world, talk.others(reader.id)[0], talk, reader.id, unseen[-1]))

    def type(self, talk: Talk, writer: User) -> None:
        if not talk.group:
            self._emit(events.typing(self._world, talk.others(writer.id)[0], talk, writer.id))

    def encrypt(self, sender: User, brand: User) -> None:
        """Write in the encrypted chat, of which only the ciphertext is told."""
        self._emit(events.encrypted(self._world, brand.id, sender.id))

    def raw(self, event: Event) -> None:
        self._emit(event)

    # ------------------------------------------------------------ what they share

    def _implied(self, author: User, above: Post | None) -> list[str]:
        """Those a reply answers: the author above and whom that one named in front."""
        if above is None:
            return []
        found = [above.author.id, *above.implied]
        return [id for id in dict.fromkeys(found) if id != author.id]

    def _dress(self, one: Post) -> None:
        written = text.write(one.text, self._id_of)
        one.shown, one.entities, one.mentioned = written.shown, written.entities, written.mentioned
        one.long = text.weight(one.text, reply=bool(one.parent)) > text.LONGEST

    def _keep(self, one: Post, quiet: bool = False) -> None:
        self._world.keep(one)
        self._touch(self._concerned(one))
        if quiet or one.author.protected:
            return
        told: set[str] = set()
        for type, user in self._told(one):
            event = events.post_event(self._world, type, user, one)
            self._emit(replace(event, older=None) if user in told else event)
            told.add(user)

    def _told(self, one: Post) -> Iterator[tuple[str, str]]:
        """Who hears of a post, as what. Names a reply only implies are no mention."""
        yield "post.create", one.author.id
        for id in dict.fromkeys(one.mentioned):
            if id not in one.implied and id != one.author.id:
                yield "post.mention.create", id
        above, quoted = self._world.posts.get(one.parent), self._world.posts.get(one.quoted)
        if above and above.author is not one.author:
            yield "post.reply.create", above.author.id
        if quoted and quoted.author is not one.author:
            yield "post.quote.create", quoted.author.id

    def _concerned(self, one: Post) -> list[User]:
        """The brands on whose page it shows, and its author."""
        thread = self._world.thread(one.conversation)
        quoted = self._world.posts.get(one.quoted)
        ids = {one.author.id, *one.mentioned} | {post.author.id for post in thread}
        ids |= {id for post in thread for id in post.mentioned} | ({quoted.author.id} if quoted else set())
        return [self._world.users[id] for id in ids if id in self._world.users]

    def _touch(self, users: Iterator[User] | Sequence[User]) -> None:
        for user in users:
            user.touch()

    def _after_writing(self, sender: User, other: User, talk: Talk, one: Message) -> None:
        for earlier in talk.messages:
            earlier.seen = earlier.seen or earlier.sender == other.id
        if sender.brand and not other.brand:
            self._stage.later(self._rng.uniform(*SEEN_AFTER), lambda: self.see(talk, other))
            self.answered(sender, other, one)

    def _id_of(self, username: str) -> str | None:
        found = self._world.named(username)
        return found.id if found else None


def _names(words: str, user: User) -> bool:
    return f"@{user.username.casefold()}" in words.casefold()
