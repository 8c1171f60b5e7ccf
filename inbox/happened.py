"""What happened to a ticket, as its history tells it: with the clock, the step, and the names of people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from babel import Locale
from babel.lists import format_list
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from inbox.models import Event, Priority, Queue
from socialcare.models import User

EVENTS = {
    "opened": gettext_lazy("Ticket opened"),
    "follow_up": gettext_lazy("Opened as a follow-up"),
    "reopened_by_customer": gettext_lazy("Reopened: the customer wrote again"),
    "reopened": gettext_lazy("Reopened"),
    "resolved": gettext_lazy("Resolved"),
    "breached": gettext_lazy("The promised time ran out: %(metric)s"),
    "warned": gettext_lazy("%(share)s % of the promised time is over: %(metric)s"),
    "recomputed": gettext_lazy("The clock was worked out anew, %(metric)s: %(why)s"),
    "prioritised": gettext_lazy("Priority: %(priority)s"),
    "moved": gettext_lazy("Queue: %(queue)s"),
    "sorted": gettext_lazy("Queue: %(queue)s, where the tickets of this account go"),
    "tagged": gettext_lazy("Tags changed"),
    "grouped": gettext_lazy("The person’s group changed"),
    "routed": gettext_lazy("Given to %(to)s"),
    "assigned": gettext_lazy("Assigned to %(to)s"),
    "unassigned": gettext_lazy("Put back in the queue"),
    "answered_outside": gettext_lazy("Answered with another tool"),
    "answered_by_itself": gettext_lazy("An automatic answer, which stops no clock"),
    "removed_by_customer": gettext_lazy("The customer removed a message"),
    "protected_by_customer": gettext_lazy("The customer’s posts are protected now"),
    "author_suspended": gettext_lazy("The platform suspended the customer"),
    "answer_removed": gettext_lazy("Our answer was deleted on the platform"),
    "withdrawn": gettext_lazy("Nothing is left to answer: the clock stops"),
    "runs_on": gettext_lazy("There is something to answer again: the clock runs on"),
    "failed": gettext_lazy("An answer could not be sent"),
    "sent_again": gettext_lazy("Sent again by hand"),
    "confirmed": gettext_lazy("Confirmed as sent"),
    "liked": gettext_lazy("Liked"),
    "unliked": gettext_lazy("Like taken back"),
    "hidden": gettext_lazy("Hidden on the platform"),
    "unhidden": gettext_lazy("Shown again on the platform"),
    "deleted": gettext_lazy("Deleted on the platform"),
    "trashed": gettext_lazy("Moved to the trash"),
    "undeleted": gettext_lazy("Restored: it is out of the trash"),
    "approved": gettext_lazy("Approved: everybody can read it"),
    "held_back": gettext_lazy("Held back for moderation"),
    "spam": gettext_lazy("Marked as spam"),
    "no_spam": gettext_lazy("No longer marked as spam"),
    "answered_there": gettext_lazy("Recorded: it was answered on the page"),
    "taken_back": gettext_lazy("Taken back: it was not answered on the page"),
    "handed_away": gettext_lazy("Another application took the conversation over"),
    "handed_to_us": gettext_lazy("The conversation is ours again"),
    "referral": gettext_lazy("The customer came through a link or an advertisement"),
    "opt_in": gettext_lazy("The customer agreed to be written to"),
    "participants": gettext_lazy("Somebody joined or left the group"),
    "account_linking": gettext_lazy("The customer linked or unlinked their account"),
}
# Of a promise that is worked out anew: it began, ended, or is due at another moment, and its clock may stand still.
ANEW = {
    ("began", False): gettext_lazy("A promise began, %(metric)s: %(why)s"),
    ("began", True): gettext_lazy("A promise began, %(metric)s, and stands still until the customer writes: %(why)s"),
    ("ended", False): gettext_lazy("A promise ended, %(metric)s: %(why)s"),
    ("moved", True): gettext_lazy("The clock stands still until the customer writes, %(metric)s: %(why)s"),
}
WHYS = {
    "policy": gettext_lazy("the policies changed (%(what)s)"),
    "hours": gettext_lazy("the opening hours changed (%(what)s)"),
    "prioritised": gettext_lazy("the priority changed"),
    "moved": gettext_lazy("the queue changed"),
    "tagged": gettext_lazy("the tags changed"),
    "grouped": gettext_lazy("the person’s group changed"),
    "escalation": gettext_lazy("its policy escalated it"),
}
# Of a ticket that nobody of ours resolved.
RESOLVED = {"account_removed": gettext_lazy("Resolved: its account was removed from Socialcare")}
METRICS = {
    "first_response": gettext_lazy("first response"),
    "next_response": gettext_lazy("next response"),
    "resolution": gettext_lazy("resolution"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """Of the people and queues that some events speak of, as they are called today."""

    people: Mapping[int, str]
    queues: Mapping[int, str]

    @classmethod
    def of(cls, events: Iterable[Event]) -> Names:
        people, queues = set[int](), set[int]()
        for event in events:
            people |= _people(event)
            queues |= _queues(event)
        called = {user.pk: str(user) for user in User.objects.filter(pk__in=people)} if people else {}
        kept = dict(Queue.objects.filter(pk__in=queues).values_list("id", "name")) if queues else {}
        return cls(called, kept)

    def person(self, pk: object) -> str:
        """Also of somebody who works here no more; nobody's history is without a subject."""
        return self.people.get(pk, "") or _("somebody who has left") if isinstance(pk, int) else _("nobody")

    def queue(self, pk: object) -> str:
        return self.queues.get(pk, "") or _("one that is gone") if isinstance(pk, int) else _("none")


def _people(event: Event) -> set[int]:
    data = event.data
    told = [*data.get("told", ()), *data.get("supervisors", ())]
    # Of other verbs, "to" is a priority, a queue or a group.
    to = data.get("to") if event.verb in ("routed", "assigned", "escalated") else None
    return {pk for pk in (*told, to) if isinstance(pk, int)}


def _queues(event: Event) -> set[int]:
    moved = event.data.get("to") if event.verb in ("moved", "sorted") else None
    return {pk for pk in (moved, event.data.get("queue")) if isinstance(pk, int)}


def event_text(event: Event, names: Names) -> str:
    """A sentence for the history; empty for what is not worth one."""
    data = event.data
    if event.verb == "escalated":
        return _escalated(data, names)
    words = str(EVENTS.get(event.verb, ""))
    said = {
        "what": str(data.get("what", "")),
        "share": str(data.get("share", "")),
        "metric": _metric(data),
        "priority": _priority(data.get("to")),
        "queue": names.queue(data.get("to")),
        "to": names.person(data.get("to")),
        "why": "",
    }
    if event.verb == "resolved":
        words = str(RESOLVED.get(data.get("why", ""), words))
    if event.verb == "recomputed":
        words = str(ANEW.get((data.get("turn", ""), data.get("still", False)), words))
        said["why"] = str(WHYS.get(data.get("why", ""), "")) % said
    for name, value in said.items():
        words = words.replace(f"%({name})s", value)
    if data.get("app"):
        return _("%(what)s (app %(app)s)") % {"what": words, "app": data["app"]}
    return words


def _metric(data: Mapping[str, Any]) -> str:
    return str(METRICS.get(data.get("metric", ""), ""))


def _priority(value: object) -> str:
    return str(Priority(value).label) if value in Priority.values else ""


def _escalated(data: Mapping[str, Any], names: Names) -> str:
    """Which policy, which clock, at which share of its target, and what became of the step."""
    step = STEPS.get(data.get("do", ""))
    if step is None:
        return ""
    what = step(data, names)
    said = {"policy": data.get("policy", ""), "metric": _metric(data), "share": data.get("at"), "what": what}
    if not said["metric"]:
        # Written before the clock was kept with it.
        return _("%(policy)s: %(what)s") % said
    return _("%(policy)s (%(metric)s, %(share)s %%): %(what)s") % said


def _told(data: Mapping[str, Any], names: Names) -> str:
    if "told" not in data:
        # Written before the people were kept with it.
        told = [names.person(data["to"])] if data.get("to") else [_("whoever had it"), _("the supervisors")]
        return _were_told(told, len(told))
    told = [names.person(pk) for pk in data["told"]]
    supervisors = [names.person(pk) for pk in data["supervisors"]]
    if not (told or supervisors):
        return _("nobody could be told: nobody has it, and there is no supervisor")
    together = ngettext("supervisor %(names)s", "supervisors %(names)s", len(supervisors))
    groups = [together % {"names": _listed(supervisors)}] if supervisors else []
    return _were_told([*told, *groups], len(told) + len(supervisors))


def _were_told(people: Collection[str], number: int) -> str:
    return ngettext("%(people)s was told", "%(people)s were told", number) % {"people": _listed(people)}


def _listed(words: Collection[str]) -> str:
    return format_list(list(words), locale=Locale.parse((get_language() or "en").replace("-", "_")))


def _given(data: Mapping[str, Any], names: Names) -> str:
    to = data.get("to")
    if to is None:
        return _("nobody was there to take it")
    words = _("%(to)s keeps it: nobody else is there") if to == data.get("before") else _("given to %(to)s")
    return words % {"to": names.person(to)}


def _raised(data: Mapping[str, Any], names: Names) -> str:
    highest = data.get("priority") == data.get("before")
    words = _("priority is %(priority)s already") if highest else _("priority raised to %(priority)s")
    return words % {"priority": _priority(data.get("priority"))}


def _moved(data: Mapping[str, Any], names: Names) -> str:
    queue = data.get("queue")
    if queue == data.get("before"):
        return _("it stays in its queue: %(queue)s") % {"queue": names.queue(queue)}
    return _("moved to another queue: %(queue)s") % {"queue": names.queue(queue)}


STEPS = {"notify": _told, "reassign": _given, "raise": _raised, "move": _moved}
