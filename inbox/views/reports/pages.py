"""The report's page, and the tickets behind its figures; each also as CSV, the report as JSON."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inbox import records
from inbox.forms.reports import CUSTOM, EVERYTHING, LABELS, ReportForm
from inbox.models.report import Dimension
from inbox.permissions import needs_role
from inbox.reports import behind, figures, naming, words
from inbox.reports.behind import Fact, Place, Question
from inbox.reports.facts import WAITS, Figure
from inbox.reports.periods import LONGEST, PRESETS, Period
from inbox.views.reports import sheet
from inbox.views.reports.shown import Page
from socialcare.middleware import WorkspaceRequest
from socialcare.models import Role, Workspace

supervisors = needs_role(Role.SUPERVISOR)
UNPROCESSABLE = 422
SHOWN_LATE = timedelta(minutes=2)
EARLIEST, LATEST = 946_684_800, 4_102_444_800


def zone_of(workspace: Workspace) -> ZoneInfo:
    return ZoneInfo(workspace.time_zone)


@require_safe
@supervisors
def report(request: WorkspaceRequest, slug: str) -> HttpResponseBase:
    """Any period, of everything or of one channel, account or agent."""
    workspace = request.membership.workspace
    form = ReportForm(request.GET, zone_of(workspace))
    wanted = request.GET.get("format", "")
    if not form.is_valid():
        if wanted:
            return JsonResponse({"errors": form.errors}, status=UNPROCESSABLE)
        return _page(request, "reports/report.html", form=form, presets=_presets(form), status=UNPROCESSABLE)
    found = figures.report(form.chosen, form.scope)
    if wanted == "csv":
        return sheet.csv_of_report(found, sheet.file_name(workspace.slug, found.period))
    if wanted == "json":
        return JsonResponse(sheet.as_json(found))
    about = form.cleaned_data["about"]
    shown = Page(found, about, reverse("reports:tickets", args=[slug]), _asked(form))
    return _page(
        request,
        "reports/report.html",
        form=form,
        presets=_presets(form),
        report=found,
        shown=shown,
        empty=not (found.totals.received or found.totals.sent or found.totals.resolved),
        days=words.days(found.period.first_day, found.period.last_day),
        before=_days_before(found),
        file=f"?{_asked(form)}&format=",
        late=_late(found),
        whose=words.WHOSE,
        about=dict(_flat(form)).get(about, ""),
    )


def _late(found: figures.Report) -> str:
    """Since when changes may be missing; empty where that is but a moment."""
    if timezone.now() - found.as_of < SHOWN_LATE:
        return ""
    return words.moment(found.as_of.astimezone(found.period.zone), "hour")


def _page(request: WorkspaceRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    membership = request.membership
    shared = {"membership": membership, "workspace": membership.workspace, "section": "reports"}
    return render(request, template, shared | context, status=status)


def _presets(form: ReportForm) -> list[dict[str, Any]]:
    chosen = form.cleaned_data.get("period")
    about = form.cleaned_data.get("about") or EVERYTHING
    return [
        {"label": LABELS[name], "url": f"?{urlencode({'period': name, 'about': about})}", "current": name == chosen}
        for name in PRESETS
    ]


def _asked(form: ReportForm) -> str:
    given = form.cleaned_data
    asked = {"period": given["period"], "about": given["about"]}
    if asked["period"] == CUSTOM:
        asked |= {"since": given["since"].isoformat(), "until": given["until"].isoformat()}
    return urlencode(asked)


def _days_before(found: figures.Report) -> str:
    """What is compared with: of a period that is not over, as much as has come of it."""
    since, until = found.compared
    compared = Period(since, until, found.period.zone)
    days = words.days(compared.first_day, compared.last_day)
    if until == found.period.before().until:
        return days
    return _("%(days)s, until %(time)s") % {"days": days, "time": words.moment(until.astimezone(compared.zone), "hour")}


def _flat(form: ReportForm) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for word, name in form.fields["about"].choices:  # type: ignore[attr-defined]
        found += name if isinstance(name, list) else [(word, name)]
    return found


# ------------------------------------------------------------ the tickets behind a figure


@dataclass(frozen=True, slots=True)
class Row:
    fact: Fact
    ticket: dict[str, Any] | None
    agent: str
    took: str

    @property
    def view(self) -> str:
        """The list of the inbox that the ticket stands in."""
        return self.ticket["st"] if self.ticket else "open"


@require_safe
@supervisors
def tickets(request: WorkspaceRequest, slug: str) -> HttpResponseBase:
    """What a figure counted, newest first."""
    workspace = request.membership.workspace
    question = asked(request.GET, zone_of(workspace))
    if question is None:
        raise Http404
    if request.GET.get("format") == "csv":
        return sheet.csv_of_facts(question, sheet.file_name(workspace.slug, question.period, question.figure.value))
    after = _place(request.GET.get("after", ""))
    found = behind.page(question, after, behind.PAGE + 1)
    shown = found[: behind.PAGE]
    older = _word(shown[-1].place) if len(found) > len(shown) else ""
    query = request.GET.copy()
    query.pop("after", None)
    form = _report_of(request.GET, question)
    return _page(
        request,
        "reports/tickets.html",
        question=question,
        word=words.WORDS[question.figure],
        part=PARTS.get(question.part) if question.figure in WAITS else "",
        about=dict(_flat(form)).get(request.GET.get("about", ""), ""),
        report=_asked(form) if form.is_valid() else "",
        since=question.period.since.astimezone(question.period.zone),
        until=question.period.until.astimezone(question.period.zone),
        count=behind.count(question),
        counted=behind.COUNTED,
        rows=_rows(shown),
        query=query.urlencode(),
        after=after,
        older=older,
        waits=question.figure in WAITS,
        zone=question.period.zone,
    )


def _report_of(given: Any, question: Question) -> ReportForm:
    """The report that the figure stood in; where the link does not say, that of the same days."""
    days = {"since": question.period.first_day.isoformat(), "until": question.period.last_day.isoformat()}
    same = urlencode({"period": CUSTOM, "about": given.get("about", EVERYTHING), **days})
    return ReportForm(QueryDict(given.get("of") or same), question.period.zone)


PARTS = {
    "kept": words.MEASURES["share"].label,
    "missed": words.MEASURES["missed"].label,
    "measured": words.ANSWERED,
}


def asked(given: Any, zone: ZoneInfo) -> Question | None:
    """What a figure's link asks for; None where it asks for nothing that could be counted."""
    figure, part = given.get("figure", ""), given.get("part", "decided")
    scope = naming.scope(given.get("about", EVERYTHING))
    since, until = _number(given.get("since")), _number(given.get("until"))
    if figure not in set(Figure) or part not in behind.PARTS or scope is None or since is None or until is None:
        return None
    if not EARLIEST <= since < until <= LATEST or until - since > (LONGEST.days + 1) * 86_400:
        return None
    period = Period(datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC), zone)
    weekday, hour = _number(given.get("weekday")), _number(given.get("hour"))
    if weekday not in (None, *range(7)) or hour not in (None, *range(24)):
        return None
    return Question(Figure(figure), part, period, scope, weekday, hour)


def _number(word: str | None) -> int | None:
    return int(word) if word and word.isascii() and word.isdecimal() and len(word) < 12 else None


def _rows(facts: list[Fact]) -> list[Row]:
    found = {row["id"]: row for row in records.rows_of([fact.ticket_id for fact in facts])}
    people = naming.names(Dimension.AGENT, {fact.agent for fact in facts if fact.agent})
    return [
        Row(fact, found.get(fact.ticket_id), people.get(fact.agent or 0, ""), words.duration(fact.took))
        for fact in facts
    ]


def _word(place: Place) -> str:
    at, ticket, pk = place
    return base64.urlsafe_b64encode(orjson.dumps([at.isoformat(), ticket, pk])).decode().rstrip("=")


def _place(word: str) -> Place | None:
    """Where a page ends. A word that is not ours begins at the newest."""
    if not word:
        return None
    try:
        at, ticket, pk = orjson.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        return datetime.fromisoformat(at).astimezone(UTC), int(ticket), int(pk)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        return None
