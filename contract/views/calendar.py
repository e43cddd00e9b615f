"""/calendar/: the year with its days, on paper and as a table, and the revisions that were published."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from contract.forms import today_or
from contract.models import CalendarRevision
from contract.permissions import can_edit
from contract.present import (
    KINDS,
    SOURCES,
    WEEKDAYS,
    counts_of,
    draft_lines,
    facts_of,
    hours_of,
    language,
    legend_of,
    mark_of,
    months_of,
    revision_lines,
    week_in_words,
    weekday_of,
)
from contract.rules import Day, DaySource
from contract.services.calendar import calendar_of, weeks_in
from contract.services.draft import Plan, plan_of
from core import clock
from core.access import allow
from core.errors import NotFound
from core.export import csv_response
from core.http import Request
from core.pdf import pdf_render
from core.roles import ADMIN, ROLES

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""Years that are shown; the arithmetic itself reaches further."""
REVISIONS = 20


def local_today() -> dt.date:
    """Today in the hall."""
    return clock.now().astimezone(clock.SHANGHAI).date()


@allow(*ROLES)
def year_now(request: Request) -> HttpResponse:
    """The present year, or that of the day asked for."""
    date = today_or(request.GET.get("day"), local_today())
    query = f"?day={date}" if "day" in request.GET else ""
    return HttpResponseRedirect(reverse("contract:year", args=[date.year]) + query)


@allow(*ROLES)
def year(request: Request, year: int) -> HttpResponse:
    """A year: every day with its kind, hours and source; `?day=` shows one day's details."""
    _check(year)
    today = local_today()
    calendar, plan = calendar_of(request.contract), plan_of(request.contract)
    days = calendar.days(dt.date(year, 1, 1), dt.date(year, 12, 31))
    selected = today_or(request.GET.get("day"), today)
    if selected.year != year:
        selected = dt.date(year, 1, 1) if today.year != year else today
    editor = can_edit(request.user, request.contract)
    base = reverse("contract:year", args=[year])
    context = {
        "year": year,
        "today": today,
        "months": months_of(
            calendar,
            year,
            today=today,
            selected=selected,
            changed=plan.changes if editor else None,
            url=lambda date: f"{base}?day={date}#day",
        ),
        "heads": WEEKDAYS[language()],
        "legend": legend_of(days),
        "counts": counts_of(days),
        "day": calendar.day(selected),
        "weekday": weekday_of(selected),
        "facts": facts_of(calendar.day(selected)),
        "change": plan.changes.get(selected) if editor else None,
        "weeks": [{"words": week_in_words(week), "from": week.valid_from} for week in weeks_in(plan.base)],
        "provisional": sum(day.provisional for day in days),
        "is_admin": request.role == ADMIN,
        "can_edit": editor,
        "revision": plan.base,
        "previous": year - 1 if year > FIRST_YEAR else None,
        "next": year + 1 if year < LAST_YEAR else None,
    }
    return render(request, "contract/year.html", context | (draft_facts(plan) if editor else {}))


def draft_facts(plan: Plan) -> dict[str, Any]:
    """What the draft beside the year shows."""
    return {
        "plan": plan,
        "draft": plan.draft,
        "draft_lines": draft_lines(plan),
        "draft_week": week_in_words(plan.week) if plan.week else "",
    }


def _check(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound(_("The calendar shows the years 2000 to 2099."))


def _days(request: Request, year: int) -> list[Day]:
    _check(year)
    return list(calendar_of(request.contract).days(dt.date(year, 1, 1), dt.date(year, 12, 31)))


@allow(*ROLES)  # type: ignore[arg-type]
def year_csv(request: Request, year: int) -> StreamingHttpResponse:
    """Every day of a year as a table."""
    days, name = _days(request, year), _("Service calendar")
    header = [
        _("Date"),
        _("Weekday"),
        _("Kind"),
        _("Working day"),
        _("Hours of service"),
        _("Source"),
        _("Name or reason"),
        _("Notice"),
        _("Provisional"),
    ]

    def rows() -> Iterator[list[Any]]:
        for day in days:
            yield [
                day.date.isoformat(),
                weekday_of(day.date),
                KINDS[day.kind],
                _("yes") if day.working else _("no"),
                hours_of(day) if day.windows else "",
                SOURCES[day.source],
                day.note,
                day.notice,
                _("yes") if day.provisional else "",
            ]

    return csv_response(f"{name}_{request.contract.code}_{year}", header, list(rows()))


@allow(*ROLES)
def year_pdf(request: Request, year: int) -> HttpResponse:
    """The year on one sheet to hang up, with the days that are special; a paper of the contract, so it is Chinese."""
    days = _days(request, year)
    contract = request.contract
    with translation.override("zh-hans"):
        marked = [day for day in days if mark_of(day) not in ("", "延") or day.source is DaySource.LOCAL_OVERRIDE]
        html = render_to_string(
            "contract/year_sheet.html",
            {
                "code": contract.code,
                "project": contract.project_name,
                "made_at": clock.now(),
                "year": year,
                "months": months_of(calendar_of(contract), year, today=dt.date.min),
                "heads": WEEKDAYS["zh"],
                "legend": [row for row in legend_of(days) if row["count"]],
                "counts": counts_of(days),
                "weeks": [week_in_words(week) for week in weeks_in(plan_of(contract).base)],
                "revision": plan_of(contract).base,
                "special": special_runs(marked),
                "provisional": any(day.provisional for day in days),
            },
        )
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    name = f"服务日历_{year}.pdf"
    response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    return response


def special_runs(days: list[Day]) -> list[dict[str, Any]]:
    """Special days that follow one another and are alike, as one line each."""
    runs: list[dict[str, Any]] = []
    for day in days:
        last = runs[-1] if runs else None
        said = (str(KINDS[day.kind]), hours_of(day), day.note, day.notice)
        if last and last["said"] == said and (day.date - last["last"]).days == 1:
            last["last"], last["days"] = day.date, last["days"] + 1
        else:
            runs.append({"first": day.date, "last": day.date, "days": 1, "said": said})
    for run in runs:
        run["kind"], run["hours"], run["note"], run["notice"] = run["said"]
    return runs


@allow(*ROLES)
def revisions(request: Request) -> HttpResponse:
    """What was published: who, when, why, and the days that changed; newest first."""
    rows = CalendarRevision.objects.filter(contract=request.contract).order_by("-number")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 9:
        rows = rows.filter(number__lt=int(before))
    found = list(rows.select_related("published_by").prefetch_related("overrides")[: REVISIONS + 1])
    shown = found[:REVISIONS]
    older = {revision.number: revision for revision in found}
    return render(
        request,
        "contract/revisions.html",
        {
            "rows": [revision_lines(revision, older.get(revision.number - 1)) for revision in shown],
            "next_url": f"?before={shown[-1].number}" if len(found) > REVISIONS else "",
            "previous_url": reverse("contract:revisions") if before else "",
        },
    )
