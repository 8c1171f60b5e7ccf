"""The forms of policies and opening hours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import holidays
from babel import Locale
from django import forms
from django.utils.translation import get_language, gettext, gettext_lazy
from django.utils.translation import gettext as _

from connectors import gateway, registry
from connectors.contract import Kind
from inbox.forms.fields import PlainForm
from inbox.models import Group, Priority, Queue, Tag
from sla.clock import MINUTES_A_DAY, Slot, overlapping
from sla.models import BusinessHours, Metric, Policy
from socialcare.models import Membership
from socialcare.tenancy import current_workspace

LONGEST = 365 * MINUTES_A_DAY - 1
STEPS = 4
SPAN = re.compile(r"(\d{1,2})[:h](\d{2})?\s*[-–]\s*(\d{1,2})[:h](\d{2})?", re.ASCII)
TARGETS = {
    Metric.FIRST_RESPONSE: gettext_lazy("First response, in minutes"),
    Metric.NEXT_RESPONSE: gettext_lazy("Next response, in minutes"),
    Metric.RESOLUTION: gettext_lazy("Resolution, in minutes"),
}
KINDS = {
    Kind.POST: gettext_lazy("Post"),
    Kind.COMMENT: gettext_lazy("Comment"),
    Kind.MENTION: gettext_lazy("Mention"),
    Kind.REVIEW: gettext_lazy("Review"),
    Kind.DIRECT: gettext_lazy("Private message"),
}
Choices = Sequence[tuple[str, Any]]


class PolicyForm(PlainForm, forms.Form):
    """A promise. `save_to` puts what was given into a policy; less than a year, in whole minutes."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    surface = forms.ChoiceField(label=gettext_lazy("Kind of post"), required=False)
    queue_id = forms.ChoiceField(label=gettext_lazy("Queue"), required=False)
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), required=False)
    tag_id = forms.ChoiceField(label=gettext_lazy("Tag"), required=False)
    group_id = forms.ChoiceField(label=gettext_lazy("Group of the person"), required=False)
    hours = forms.ChoiceField(
        label=gettext_lazy("Time that counts"),
        required=False,
        help_text=gettext_lazy("All of it, or only while you are open."),
    )
    pause = forms.BooleanField(
        label=gettext_lazy("The resolution waits with the customer"),
        required=False,
        help_text=gettext_lazy("Its clock stands still from our answer until the customer writes again."),
    )
    warn_at = forms.CharField(
        label=gettext_lazy("Warn at, in percent of the target"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("For example 50, 80. When all of it is over, the history always says so."),
    )

    def __init__(self, policy: Policy, data: Any = None) -> None:
        self.pk = policy.pk
        super().__init__(data, initial=_initial(policy))
        for name, choices in _conditions().items():
            _offer(self.fields[name], gettext("Any"), choices)
        hours = BusinessHours.objects.values_list("id", "name")
        _offer(self.fields["hours"], gettext("All of it"), [(str(pk), name) for pk, name in hours])
        for metric, label in TARGETS.items():
            self.fields[metric] = forms.IntegerField(label=label, required=False, min_value=1, max_value=LONGEST)
        for number in range(STEPS):
            self.fields[f"at_{number}"] = forms.IntegerField(
                label=gettext("At percent of the target"), required=False, min_value=1, max_value=100
            )
            self.fields[f"do_{number}"] = forms.ChoiceField(
                label=gettext("Then"), required=False, choices=[("", gettext("Nothing")), *_steps()]
            )

    @property
    def conditions(self) -> list[forms.BoundField]:
        return [self[name] for name in ("channel", "surface", "queue_id", "priority", "tag_id", "group_id")]

    @property
    def targets(self) -> list[forms.BoundField]:
        return [self[name] for name in (*TARGETS, "hours", "pause")]

    @property
    def steps(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"at_{number}"], self[f"do_{number}"]) for number in range(STEPS)]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if Policy.objects.filter(name__iexact=name).exclude(pk=self.pk).exists():
            raise forms.ValidationError(_("Another one is called so."))
        return name

    def clean_warn_at(self) -> list[int]:
        words = re.split(r"[\s,;%]+", self.cleaned_data["warn_at"].strip(" ,;%"))
        marks = [int(word) if word.isascii() and word.isdigit() else 0 for word in words if word]
        if any(not 0 < mark < 100 for mark in marks) or len(marks) > 9:
            raise forms.ValidationError(_("Give whole numbers from 1 to 99 with commas between them, nine at most."))
        return sorted(set(marks))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not any(given.get(metric) or metric in self.errors for metric in TARGETS):
            self.add_error(
                Metric.FIRST_RESPONSE,
                _("A policy without any target promises nothing: give at least one of the three."),
            )
        for number in range(STEPS):
            at, do = given.get(f"at_{number}"), given.get(f"do_{number}")
            if bool(at) != bool(do) and not {f"at_{number}", f"do_{number}"} & set(self.errors):
                missing = f"do_{number}" if at else f"at_{number}"
                self.add_error(missing, _("A step needs both: when, and what is done then."))
        return given

    def save_to(self, policy: Policy) -> Policy:
        given = self.cleaned_data
        policy.name, policy.channel, policy.surface = given["name"], given["channel"], given["surface"]
        for name in ("queue_id", "priority", "tag_id", "group_id"):
            setattr(policy, name, int(given[name]) if given[name] else None)
        for metric in TARGETS:
            minutes = given.get(metric)
            setattr(policy, metric, timedelta(minutes=minutes) if minutes else None)
        policy.hours_id = int(given["hours"]) if given["hours"] else None
        policy.pause, policy.warn_at = given["pause"], given["warn_at"]
        policy.steps = [
            {"at": given[f"at_{number}"], **_step(given[f"do_{number}"])}
            for number in range(STEPS)
            if given.get(f"at_{number}")
        ]
        return policy


def _offer(field: Any, nothing: str, choices: Choices) -> None:
    """What a field of choices offers, beside nothing."""
    field.choices = [("", nothing), *choices]


def _initial(policy: Policy) -> dict[str, Any]:
    names = ("name", "channel", "surface", "queue_id", "priority", "tag_id", "group_id", "pause")
    found: dict[str, Any] = {name: getattr(policy, name) for name in names}
    found["hours"] = policy.hours_id
    found["warn_at"] = ", ".join(map(str, policy.warn_at))
    for metric in TARGETS:
        target = policy.target(metric)
        found[metric] = target // timedelta(minutes=1) if target else None
    for number, step in enumerate(policy.steps[:STEPS]):
        found[f"at_{number}"], found[f"do_{number}"] = step["at"], f"{step['do']}:{step['to'] or ''}"
    return found


def _conditions() -> dict[str, Choices]:
    def named(model: type[Queue | Tag | Group]) -> Choices:
        return [(str(pk), name) for pk, name in model.objects.values_list("id", "name")]

    return {
        "channel": [(channel, _(gateway.label(channel))) for channel in registry.channels()],
        "surface": [(str(kind), label) for kind, label in KINDS.items()],
        "queue_id": named(Queue),
        "priority": [(str(value), label) for value, label in Priority.choices],
        "tag_id": named(Tag),
        "group_id": named(Group),
    }


def _steps() -> Choices:
    """What may be done, as `verb:to`."""
    members = Membership.objects.filter(workspace_id=current_workspace()).select_related("user")
    people = [(member.user_id, str(member.user)) for member in members.order_by("user__name", "user_id")]
    queues = list(Queue.objects.values_list("id", "name"))
    return [
        ("notify:", gettext("Tell whoever has it, and the supervisors")),
        ("reassign:", gettext("Give it to another agent who is there")),
        ("raise:", gettext("Raise its priority")),
        ("move:", gettext("Take it out of its queue")),
        (gettext("Tell somebody"), _each("notify", gettext("Tell %(name)s"), people)),
        (gettext("Give it to somebody"), _each("reassign", gettext("Give it to %(name)s"), people)),
        (gettext("Move it to a queue"), _each("move", gettext("Move it to %(name)s"), queues)),
    ]


def _each(verb: str, words: str, targets: Sequence[tuple[int, str]]) -> Choices:
    """The whole sentence: closed, a field of choices shows no more than that."""
    return [(f"{verb}:{pk}", words % {"name": name}) for pk, name in targets]


def _step(words: str) -> dict[str, Any]:
    do, _colon, to = words.partition(":")
    return {"do": do, "to": int(to) if to else None}


class HoursForm(PlainForm, forms.Form):
    """A week of opening hours: of each day its slots, such as 09:00-12:30, 14:00-18:00."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        help_text=gettext_lazy("For example Europe/Paris."),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
    )
    country = forms.ChoiceField(label=gettext_lazy("Closed on the public holidays of"), required=False)
    closed = forms.CharField(
        label=gettext_lazy("Other closed days"),
        required=False,
        max_length=5000,
        help_text=gettext_lazy("One a line, as 2026-12-24."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, hours: BusinessHours, data: Any = None) -> None:
        self.pk = hours.pk
        slots = [Slot(*slot) for slot in hours.slots]
        days = {f"day_{day}": _shown(slot for slot in slots if slot.weekday == day) for day in range(7)}
        kept = {"name": hours.name, "zone": hours.zone, "country": hours.country, "closed": "\n".join(hours.closed)}
        super().__init__(data, initial={**kept, **days})
        _offer(self.fields["country"], gettext("No country"), countries())
        names = _locale().days["stand-alone"]["wide"]
        for day in range(7):
            self.fields[f"day_{day}"] = forms.CharField(
                label=names[day].capitalize(), required=False, max_length=200,
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )  # fmt: skip

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[f"day_{day}"] for day in range(7)]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if BusinessHours.objects.filter(name__iexact=name).exclude(pk=self.pk).exists():
            raise forms.ValidationError(_("Another one is called so."))
        return name

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"].strip()
        if zone not in available_timezones():
            raise forms.ValidationError(_("There is no time zone of this name. Choose one such as Europe/Paris."))
        return zone

    def clean_closed(self) -> list[str]:
        days = []
        for line in self.cleaned_data["closed"].split():
            try:
                days.append(date.fromisoformat(line).isoformat())
            except ValueError:
                sentence = _("“%(day)s” is no day. Write it as 2026-12-24.")
                raise forms.ValidationError(sentence % {"day": line[:20]}) from None
        return sorted(set(days))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        slots: list[Slot] = []
        for day in range(7):
            name = f"day_{day}"
            if name not in self.errors:
                try:
                    slots += read_slots(day, given.get(name) or "")
                except ValueError as error:
                    self.add_error(name, str(error))
        if shared := overlapping(slots):
            said = {"one": _shown(shared[:1]), "other": _shown(shared[1:])}
            self.add_error(
                f"day_{shared[1].weekday}", _("%(one)s and %(other)s overlap: leave each minute to one of them.") % said
            )
        if not slots and not any(name.startswith("day_") for name in self.errors):
            self.add_error("day_0", _("The week is empty: a calendar that is never open can promise nothing."))
        given["slots"] = [[slot.weekday, slot.opens, slot.closes] for slot in sorted(slots)]
        return given

    def save_to(self, hours: BusinessHours) -> BusinessHours:
        for name in ("name", "zone", "country", "closed", "slots"):
            setattr(hours, name, self.cleaned_data[name])
        return hours


def read_slots(day: int, words: str) -> list[Slot]:
    """The slots of a weekday; one that ends before it begins ends on the next day. ValueError has a sentence."""
    slots = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;\n]", words))):
        found = SPAN.fullmatch(part)
        if not found:
            raise ValueError(_("“%(part)s” is no slot. Write it as 09:00-12:30.") % {"part": part[:40]})
        hours = [int(number or 0) for number in found.groups()]
        opens, closes = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if max(hours[1], hours[3]) > 59 or opens >= MINUTES_A_DAY or closes > MINUTES_A_DAY or opens == closes:
            raise ValueError(_("“%(part)s” is no slot of a day, which goes from 00:00 to 24:00.") % {"part": part[:40]})
        slots.append(Slot(day, opens, closes if closes > opens else closes + MINUTES_A_DAY))
    return slots


def _shown(slots: Iterable[Slot]) -> str:
    return ", ".join(f"{_clock(slot.opens)}-{_clock(slot.closes)}" for slot in sorted(slots))


def _clock(minutes: int) -> str:
    if minutes > MINUTES_A_DAY:
        minutes -= MINUTES_A_DAY
    return f"{minutes // 60:02}:{minutes % 60:02}"


def countries() -> list[tuple[str, str]]:
    """Those whose holidays are known, by their name in the reader's language; France first."""
    names = _locale().territories
    known = {code: names[code] for code in holidays.list_supported_countries() if code in names}
    return sorted(known.items(), key=lambda pair: (pair[0] != "FR", pair[1]))


def _locale() -> Locale:
    return Locale.parse((get_language() or "en").replace("-", "_"))


def zones() -> list[str]:
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))


def next_holidays(hours: BusinessHours, today: datetime, number: int = 3) -> list[tuple[date, str]]:
    """The public holidays that come next, named in the reader's language or, failing that, the country's."""
    if not hours.country:
        return []
    years = (today.year, today.year + 1)
    known = holidays.country_holidays(hours.country)
    reader = str(get_language()).partition("-")[0]
    language = next((one for one in known.supported_languages if one.startswith(reader)), known.default_language)
    days = holidays.country_holidays(hours.country, years=years, language=language)
    return [(day, name) for day, name in sorted(days.items()) if day >= today.date()][:number]
