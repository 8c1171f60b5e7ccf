"""A company's day at random: whatever happens in whatever order, every ticket is what its history says."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from connectors.models import ChannelAccount, Delivery
from inbox import outbox, watch
from inbox.actions import presence, replies, work
from inbox.actions.refusals import NewerMessages, NotAllowed, TooLate
from inbox.models import Event, Message, Note, Outgoing, Ticket
from sla.models import Timer
from socialcare.tenancy import workspace
from tests import meta
from tests.conftest import PAGE, take_in
from tests.fuzz import oracle
from tests.fuzz.effort import effort
from tests.fuzz.house import House
from tests.fuzz.network import OUTCOMES, Network, varied

ANY = st.integers(0, 10**6)
AGO = st.sampled_from([0, 1, 2, 3, 5, 20, 60, 61, 240, 299, 300, 301, 400])
PEOPLE = ("3001", "3002")
PLACES = (f"{PAGE}_700", f"{PAGE}_701", "messenger")
OPEN, PENDING, RESOLVED = "open", "pending", "resolved"
# What a step may do to a ticket's status; None: it was not there.
STAYS: frozenset[tuple[Any, str]] = frozenset()
COMES = frozenset(
    {(None, OPEN), (None, PENDING), (PENDING, OPEN), (RESOLVED, OPEN), (OPEN, PENDING), (RESOLVED, PENDING)}
)
ANSWERED = frozenset({(OPEN, PENDING)})


@dataclass
class Said:
    """A customer's words as the network knows them."""

    external_id: str
    text: str
    place: str
    who: str
    at: datetime
    standby: bool
    received_at: datetime | None = None
    newest_edit: datetime | None = None
    edits_agree: bool = True
    removed: bool = False

    @property
    def direct(self) -> bool:
        return self.place == "messenger"


@dataclass
class Parcel:
    """One delivery on its way: `said` where it brings words, `thread` where it is about one."""

    payload: dict[str, Any]
    said: Said | None = None
    thread: str = ""


class TicketLife(RuleBasedStateMachine):
    house: House

    def __init__(self) -> None:
        super().__init__()
        self.day = self.house.open()
        self.network = Network(self.house.graph)
        self.said: list[Said] = []
        self.held: list[Parcel] = []
        self.came: list[dict[str, Any]] = []
        self.undone: set[int] = set()
        self.sent_again: Counter[str] = Counter()
        self.outside: dict[int, dict[int, int]] = {}
        self.merged: dict[int, set[int]] = {}
        self.statuses: dict[int, str] = {}
        self.may = STAYS

    def teardown(self) -> None:
        try:
            if self.came:
                self._nothing_changes_when_all_comes_again()
        finally:
            self.day.close()

    # ------------------------------------------------------------ what comes in

    @rule(who=st.sampled_from(PEOPLE), place=st.sampled_from(PLACES), ago=AGO, standby=st.booleans(),
          hold=st.booleans(), text=st.sampled_from(["", "Merci"]))  # fmt: skip
    def customer_writes(self, who, place, ago, standby, hold, text):
        number = self.network.number()
        at = timezone.now() - timedelta(seconds=ago)
        text = text or f"words {number}"
        if place == "messenger":
            said = Said(f"m_{number}", text, place, who, at, standby)
            words = {"message": {"mid": said.external_id, "text": text}}
            payload = meta.messaging(words, who=who, at=at, standby=standby)
            said.at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        else:
            said = Said(f"{place.split('_')[1]}_{number}", text, place, who, at.replace(microsecond=0), False)
            payload = self._comment(said, text, at)
        self.said.append(said)
        self._send_off(Parcel(payload, said), hold)

    @precondition(lambda self: self.said)
    @rule(which=ANY, ago=AGO, hold=st.booleans(), verb=st.sampled_from(["edited", "remove", "hide", "unhide"]))
    def news_of_a_message(self, which, ago, hold, verb):
        said = pick(self.said, which)
        at = (timezone.now() - timedelta(seconds=ago)).replace(microsecond=0)
        words = f"{said.text} ({self.network.number()})"
        if not said.direct:
            payload = self._comment(said, words, at, verb)
        elif verb in ("edited", "hide"):
            verb = "edited"
            edit = {"message_edit": {"mid": said.external_id, "text": words, "num_edit": 1}}
            payload = meta.messaging(edit, who=said.who, at=at)
        else:
            verb = "remove"
            gone = {"message": {"mid": said.external_id, "is_deleted": True}}
            payload = meta.messaging(gone, who=said.who, at=at)
        self._note_news(said, verb, words, at)
        self._send_off(Parcel(payload), hold)

    def _note_news(self, said: Said, verb: str, words: str, at: datetime) -> None:
        said.removed = said.removed or verb == "remove"
        if verb != "edited":
            return
        if said.newest_edit == at:
            said.edits_agree = False
        if said.newest_edit is None or at > said.newest_edit:
            said.newest_edit, said.text, said.edits_agree = at, words, True

    @rule(who=st.sampled_from(PEOPLE), ago=AGO, hold=st.booleans())
    def another_tool_answers(self, who, ago, hold):
        number = self.network.number()
        at = timezone.now() - timedelta(seconds=ago)
        self._send_off(
            Parcel(meta.echo(f"elsewhere {number}", to=who, mid=f"m_x{number}", app_id=5, at=at), None, who), hold
        )

    @precondition(lambda self: any(not said.direct for said in self.said))
    @rule(which=ANY, ago=AGO, hold=st.booleans())
    def a_colleague_answers_on_the_page(self, which, ago, hold):
        said = pick([said for said in self.said if not said.direct], which)
        number = self.network.number()
        at = timezone.now() - timedelta(seconds=ago)
        payload = meta.comment(f"on the page {number}", who=PAGE, name="Acme", parent=said.external_id,
                               comment_id=f"700_p{number}", at=at)  # fmt: skip
        payload["entry"][0]["changes"][0]["value"]["post_id"] = said.place
        self._send_off(Parcel(payload, None, said.place), hold)

    @rule(who=st.sampled_from(PEOPLE), to_us=st.booleans(), hold=st.booleans())
    def another_app_takes_or_gives(self, who, to_us, hold):
        owner = "900111222333" if to_us else "5"
        self._send_off(
            Parcel(meta.messaging({"pass_thread_control": {"new_owner_app_id": owner}}, who=who), None, who), hold
        )

    @precondition(lambda self: self.network.published)
    @rule(which=ANY, hold=st.booleans())
    def the_network_echoes(self, which, hold):
        published = pick(self.network.published, which)
        authors = {said.external_id: said.who for said in self.said}
        payload = published.echo(authors)
        if not published.direct:
            place = next((s.place for s in self.said if s.external_id == published.place), published.place)
            payload["entry"][0]["changes"][0]["value"]["post_id"] = place
        self._send_off(Parcel(payload), hold)

    @precondition(lambda self: self.held)
    @rule(order=st.randoms(use_true_random=False), most=st.integers(1, 6))
    def what_was_held_up_arrives(self, order, most):
        order.shuffle(self.held)
        parcels, self.held = self.held[:most], self.held[most:]
        self._deliver(parcels)

    @precondition(lambda self: self.came)
    @rule(which=ANY, same_bytes=st.booleans())
    def the_network_repeats_itself(self, which, same_bytes):
        payload = pick(self.came, which)
        self._take_in([payload if same_bytes else varied(payload, self.network.number())])

    def _comment(self, said: Said, text: str, at: datetime, verb: str = "add") -> dict[str, Any]:
        payload = meta.comment(text, who=said.who, name=f"Person {said.who}", comment_id=said.external_id,
                               parent=said.place, verb=verb, at=at)  # fmt: skip
        payload["entry"][0]["changes"][0]["value"] |= {"post_id": said.place}
        return payload

    def _send_off(self, parcel: Parcel, hold: bool) -> None:
        if hold:
            self.held.append(parcel)
        else:
            self._deliver([parcel])

    def _deliver(self, parcels: Iterable[Parcel]) -> None:
        # What is said in a thread nobody has written in is nobody's ticket, and is left out.
        known = set(Ticket.objects.values_list("thread_id", flat=True))
        parcels = [parcel for parcel in parcels if not parcel.thread or parcel.thread in known]
        for parcel in parcels:
            self.came.append(parcel.payload)
            if parcel.said:
                parcel.said.received_at = timezone.now()
        self._take_in([parcel.payload for parcel in parcels])

    def _take_in(self, payloads: list[dict[str, Any]]) -> None:
        self.may = COMES
        take_in(self.house.facebook, *payloads)
        self._done()

    # ------------------------------------------------------------ what agents do

    def _ticket(self, which: int) -> Ticket | None:
        return pick(list(Ticket.objects.order_by("id")), which) if Ticket.objects.exists() else None

    def _member(self, which: int) -> Any:
        return self.house.team[which % len(self.house.team)]

    @precondition(lambda self: self.statuses)
    @rule(which=ANY, who=ANY, private=st.booleans(), text=st.sampled_from(["", "", "Sorry!"]), twice=st.booleans())
    def agent_replies(self, which, who, private, text, twice):
        if ticket := self._ticket(which):
            token, text = uuid.UUID(int=self.network.number()), text or f"answer {self.network.number()}"
            try:
                for _ in range(1 + twice):
                    replies.reply(
                        ticket.pk, self._member(who).user, text, private=private, token=token, last_seq=ticket.seq
                    )
            except NotAllowed:
                pass
            except NewerMessages as refused:
                raise AssertionError("everything had been seen") from refused
        self._done()

    @precondition(lambda self: Message.objects.filter(origin="agent").exists())
    @rule(which=ANY, who=ANY, what=st.sampled_from([replies.undo, replies.retry, replies.confirm]), fit=st.booleans())
    def agent_undoes_retries_or_confirms(self, which, who, what, fit):
        fits = {replies.undo: ["queued", "cancelled"], replies.retry: ["failed", "unknown"]}.get(what, ["unknown"])
        ours = list(Message.objects.filter(origin="agent").order_by("id"))
        fitting = [message for message in ours if message.state in fits]
        if message := pick((fitting if fit else ours) or [None], which):
            args = [message.pk] if what is replies.undo else [message.pk, self._member(who).user]
            self.may = ANSWERED if what is replies.confirm else STAYS
            try:
                what(*args)
                self.sent_again[message.text] += what is replies.retry
            except NotAllowed:
                assert what is replies.retry
            except TooLate:
                assert message.state not in fits
        self._done()

    @precondition(lambda self: self.statuses)
    @rule(which=ANY, who=ANY, again=st.booleans())
    def agent_resolves_or_reopens(self, which, who, again):
        found = Ticket.objects.exclude(status=OPEN if again else RESOLVED).order_by("id")
        if ticket := pick(list(found) or [None], which):
            before = ticket.status
            done = (work.reopen if again else work.resolve)(ticket.pk, self._member(who).user)
            self.may = frozenset({(before, OPEN if again else RESOLVED)}) if done.pk == ticket.pk else STAYS
            if again and before == RESOLVED and done.pk == ticket.pk:
                # The one that ended it; what another resolved before, and the customer took up again, stays.
                self.undone.add(Event.objects.filter(ticket=ticket, verb="resolved").latest("at", "id").pk)
        self._done()

    @precondition(lambda self: self.statuses)
    @rule(which=ANY, who=ANY, to=st.none() | ANY)
    def agent_notes_sees_and_hands_over(self, which, who, to):
        if ticket := self._ticket(which):
            work.note(ticket.pk, self._member(who).user, "between us")
            work.see(ticket.pk, self._member(who).user, ticket.seq)
            work.assign(ticket.pk, self._member(who).user, None if to is None else self._member(to).user_id)
        self._done()

    @rule(who=ANY, what=st.sampled_from([presence.here, presence.gone, "yes", "no"]))
    def somebody_comes_or_goes(self, who, what):
        if callable(what):
            what(self._member(who))
        else:
            presence.available(self._member(who), what == "yes")
        self._done()

    # ------------------------------------------------------------ what runs by itself

    @precondition(lambda self: Outgoing.objects.exists())
    @rule(outcomes=st.lists(st.sampled_from(OUTCOMES), max_size=3))
    def a_worker_sends(self, outcomes):
        self.may = ANSWERED
        self.network.outcomes = list(outcomes)
        outbox.send_waiting()
        self._done()

    @precondition(lambda self: Outgoing.objects.exists())
    @rule(published=st.booleans(), seconds=st.sampled_from([0, 61]))
    def a_worker_dies_while_it_sends(self, published, seconds):
        """Between the platform's yes, or before it, and our writing it down."""
        line = Outgoing.objects.filter(ready_at__lte=timezone.now(), lease_until=None, settling=False).first()
        if line and not Outgoing.objects.filter(ticket=line.ticket_id, pk__lt=line.pk).exists():
            Outgoing.objects.filter(pk=line.pk).update(
                lease_until=timezone.now() + outbox.LEASE, attempts=line.attempts + 1, started_at=timezone.now()
            )
            if replies.begin_sending(line.message_id) and published:
                self._publish(line.message_id)
            self.day.pass_by(seconds)
        self._done()

    def _publish(self, message_id: int) -> None:
        from connectors import gateway
        from connectors.contract import ConnectorError

        message = Message.objects.select_related("ticket__identity", "account__app").get(pk=message_id)
        self.network.outcomes = []
        if message.state != Message.State.SENDING:
            return
        try:
            gateway.send(message.account, replies.outgoing_reply(message))
        except ConnectorError:
            return

    @rule(seconds=st.sampled_from([0.05, 1, 6, 70, 200, 301, 4000]))
    def time_passes(self, seconds):
        self.day.pass_by(seconds)
        self._done()

    @rule()
    def the_clock_strikes(self):
        now = timezone.now()
        watch.breach()
        watch.expire_presence()
        assert not Timer.objects.filter(stopped_at=None, breached_at=None, due_at__lte=now).exists()
        assert watch.breach() == 0
        self._done()

    @rule()
    def an_admin_reconnects(self):
        ChannelAccount.objects.exclude(state="connected").update(state="connected", attention="")
        for account in ChannelAccount.objects.all():
            outbox.account_is_back(account)
        self._done()

    def _done(self) -> None:
        self.day.commit()
        self.day.pass_by(0.007)

    # ------------------------------------------------------------ what is true at any time

    @invariant()
    def all_is_well(self):
        self.the_clocks_are_right()
        self.the_tickets_are_whole()
        self.everything_said_is_there_once()
        self.the_latest_words_are_shown()
        self.nothing_is_published_twice()

    def the_clocks_are_right(self):
        oracle.check_clocks(self.undone, lambda _channel, _metric: timedelta(minutes=5))

    def the_tickets_are_whole(self):
        self._notice_merged()
        oracle.check_tickets(self.house.acme.pk, self.merged)
        oracle.check_line()
        now = dict(Ticket.objects.values_list("id", "status"))
        moved = {(self.statuses.get(pk), status) for pk, status in now.items() if self.statuses.get(pk) != status}
        assert moved <= self.may, f"a step moved {moved - self.may}"
        self.statuses, self.may = now, STAYS

    def _notice_merged(self) -> None:
        """Words thought to be another tool's, which proved to be ours: their number stays free."""
        there = {pk: (ticket, seq) for pk, ticket, seq in
                 Message.objects.filter(origin="outside").values_list("id", "ticket_id", "seq")}  # fmt: skip
        for pk, (ticket, seq) in self.outside.items():
            if pk not in there:
                self.merged.setdefault(ticket, set()).add(seq)
        self.outside = there

    def everything_said_is_there_once(self):
        assert not Delivery.objects.exclude(state="done").exists(), "a delivery could not be taken in"
        kept = {row["external_id"]: row for row in Message.objects.filter(origin="customer").values()}
        came = [said for said in self.said if said.received_at]
        assert kept.keys() == {said.external_id for said in came}
        tickets = {row["id"]: row for row in Ticket.objects.values("id", "thread_id", "identity__external_id")}
        for said in came:
            row = kept[said.external_id]
            assert row["at"] == min(said.at, said.received_at)
            assert row["standby"] == said.standby
            ticket = tickets[row["ticket_id"]]
            assert ticket["identity__external_id"] == said.who
            assert ticket["thread_id"] == (said.who if said.direct else said.place)

    def the_latest_words_are_shown(self):
        if self.held:
            return
        kept = dict(Message.objects.filter(origin="customer").values_list("external_id", "text"))
        for said in self.said:
            if said.removed:
                assert kept[said.external_id] == ""
            elif said.edits_agree:
                assert kept[said.external_id] == said.text

    def nothing_is_published_twice(self):
        published = Counter(out.text for out in self.network.published)
        ours = Counter(Message.objects.filter(origin="agent").values_list("text", flat=True))
        for text, number in published.items():
            assert number <= ours[text] + self.sent_again[text], f"{text} went out {number} times"
        shown = Message.objects.filter(origin__in=["agent", "outside"], external_id__isnull=False)
        bubbles = Counter(shown.filter(text__in=list(published)).values_list("text", flat=True))
        confirmed = Counter(Message.objects.filter(state="sent", external_id=None).values_list("text", flat=True))
        for text, number in published.items():
            assert bubbles[text] + confirmed[text] <= max(number, confirmed[text]), f"{text} is shown too often"

    def _nothing_changes_when_all_comes_again(self) -> None:
        before = everything()
        self._take_in([varied(payload, self.network.number()) for payload in self.came])
        after = everything()
        for name, rows in before.items():
            assert after[name] == rows, f"what came again changed {name}"


def pick(things, which):
    return things[which % len(things)]


def everything() -> dict[str, Any]:
    return {
        model.__name__: sorted(model.objects.values_list(), key=repr) for model in (Ticket, Message, Timer, Event, Note)
    }


def test_ticket_life(house):
    house.acme.undo_seconds = 5
    house.acme.save()
    with workspace(house.acme.pk):
        machine = type("TicketLife", (TicketLife,), {"house": house})
        run_state_machine_as_test(machine, settings=effort(12, steps=40))
