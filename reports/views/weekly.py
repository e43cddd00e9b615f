"""/reports/: the weeks of the contract, a week's report, and its verbs."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from contract.services.calendar import calendar_of
from core import clock
from core.access import GET_POST, allow
from core.errors import Conflict, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from core.roles import AUDITOR, LEADER, MANAGER, SUPERVISOR
from reports.document import (
    Snapshot,
    document_html,
    file_name,
    sections_html,
    sentences_of,
    snapshot_of,
    snapshot_sha256,
)
from reports.forms import IssueForm, SummaryForm
from reports.models import WeeklyReport
from reports.providers import instant_text
from reports.querysets import weekly_reports_visible_to
from reports.rules import Week, issue_due_at
from reports.services.weekly import (
    report_edit_summary,
    report_issue,
    report_of,
    report_open,
    week_named,
    weeks_of,
)
from reports.states import ReportStatus

READERS = (MANAGER, SUPERVISOR, LEADER, AUDITOR)


@allow(*READERS)
def weekly_list(request: Request) -> HttpResponse:
    """The weeks that have begun with the state of their reports; for everybody but the manager the issued ones only."""
    now = clock.now()
    is_working_day = calendar_of(request.contract).is_working_day
    rows = []
    for row in weeks_of(request.contract, at=now):
        issued = row.report is not None and row.report.status == ReportStatus.ISSUED
        if request.role != MANAGER and not issued:
            continue
        due_at = issue_due_at(row.week, is_working_day)
        rows.append(
            {
                "week": row.week,
                "report": row.report,
                "issued": issued,
                "running": now < row.week.over_at,
                "due_at": due_at,
                "overdue": not issued and due_at < now,
                "url": reverse("reports:weekly", args=[row.week.iso_week]),
            }
        )
    columns = [
        {"label": _("No."), "numeric": True},
        {"label": _("Week")},
        {"label": _("State")},
        {"label": _("Issued")},
    ]
    context = {"rows": rows, "columns": columns, "is_manager": request.role == MANAGER}
    return render(request, "reports/weekly_list.html", context)


@allow(*READERS)
def weekly(request: Request, iso_week: str) -> HttpResponse:
    """A week's report: the frozen one once issued, for the manager the live draft before."""
    now = clock.now()
    week, report = _week_for(request, iso_week, now)
    if report is not None and report.status == ReportStatus.ISSUED:
        return render(request, "reports/weekly.html", _frozen(request, week, report))
    return render(request, "reports/weekly.html", _live(request, week, report, now))


def _week_for(request: Request, iso_week: str, now: datetime) -> tuple[Week, WeeklyReport | None]:
    """The week and its report as far as the reader may know of them. Raises NotFound: drafts exist for the manager only."""
    week = week_named(request.contract, iso_week, at=now)
    report = report_of(request.contract, week)
    if request.role == MANAGER:
        return week, report
    if report is None or not weekly_reports_visible_to(request.user).filter(pk=report.pk).exists():
        raise NotFound(_("There is no such report, or it has not been issued yet."))
    return week, report


def _frozen(request: Request, week: Week, report: WeeklyReport) -> dict[str, Any]:
    snapshot: Snapshot = report.snapshot or {}
    issued = {"name": _issuer(report), "at": instant_text(report.issued_at)}
    return _paper(request, week, report, snapshot, report.summary) | {
        "issued": issued,
        "digest": snapshot_sha256(snapshot),
        "file": file_name(report.number, report.starts_on, report.ends_on, draft=False),
    }


def _live(request: Request, week: Week, report: WeeklyReport | None, now: datetime) -> dict[str, Any]:
    snapshot = snapshot_of(request.contract, week, at=now)
    automatic = "\n".join(sentences_of(snapshot))
    edited = report is not None and report.summary_edited
    return _paper(request, week, report, snapshot, report.summary if report and edited else automatic) | {
        "issued": None,
        "edited": edited,
        "stale": report is not None and edited and report.summary_basis != automatic,
        "automatic": automatic,
        "running": now < week.over_at,
        "due_at": issue_due_at(week, calendar_of(request.contract).is_working_day),
        "unexplained": snapshot["sections"]["tickets"]["unexplained"],
        "version": report.version if report else 1,
    }


def _paper(
    request: Request, week: Week, report: WeeklyReport | None, snapshot: Snapshot, summary: str
) -> dict[str, Any]:
    """What the paper shows on the page: the same parts as the file."""
    sections = sections_html(snapshot)
    return {
        "week": week,
        "weekly_report": report,
        "snapshot": snapshot,
        "report": snapshot["report"],
        "contract": snapshot["contract"],
        "summary": summary.splitlines(),
        "body": [section for section in sections if not section["annex"]],
        "annexes": [section for section in sections if section["annex"]],
        "is_manager": request.role == MANAGER,
    }


def _issuer(report: WeeklyReport) -> str:
    return report.issued_by.name if report.issued_by else ""


@allow(MANAGER, methods=GET_POST)
def edit_summary(request: Request, iso_week: str) -> HttpResponse:
    """The summary in the manager's own words."""
    now = clock.now()
    week, report = _draft_for(request, iso_week, now)
    if request.method == "POST":
        form = SummaryForm(request.POST)
        if form.is_valid():
            report = report or report_open(
                contract=request.contract, starts_on=week.starts_on, actor=request.user, at=now
            )
            done = attempt(
                form,
                report_edit_summary,
                report=report,
                summary=form.cleaned_data["summary"],
                version_seen=form.cleaned_data["version"],
                actor=request.user,
                at=now,
            )
            if done is not None:
                messages.success(request, _("The summary is kept."))
                return _to_report(week)
    else:
        form = SummaryForm()
    context = _live(request, week, report, now)
    if not form.is_bound:
        form.initial = {"summary": "\n".join(context["summary"]), "version": context["version"]}
    return render(request, "reports/edit_summary.html", context | {"form": form}, status=form_status(form))


@allow(MANAGER, methods=GET_POST)
def issue(request: Request, iso_week: str) -> HttpResponse:
    """Issue the report, after saying what that means."""
    now = clock.now()
    week, report = _draft_for(request, iso_week, now)
    if request.method == "POST":
        form = IssueForm(request.POST)
        if form.is_valid():
            report = report or report_open(
                contract=request.contract, starts_on=week.starts_on, actor=request.user, at=now
            )
            done = attempt(
                form,
                report_issue,
                report=report,
                version_seen=form.cleaned_data["version"],
                actor=request.user,
                at=now,
            )
            if done is not None:
                messages.success(request, _("Weekly report %(code)s has been issued.") % {"code": done.code})
                return _to_report(week)
            report = report_of(request.contract, week)
    else:
        form = IssueForm()
    context = _live(request, week, report, now)
    if not form.is_bound:
        form.initial = {"version": context["version"]}
    return render(request, "reports/issue.html", context | {"form": form}, status=form_status(form))


def _draft_for(request: Request, iso_week: str, now: datetime) -> tuple[Week, WeeklyReport | None]:
    """The manager's week; one that has been issued has no verbs any more. Raises Conflict then."""
    week = week_named(request.contract, iso_week, at=now)
    report = report_of(request.contract, week)
    if report is not None and report.status == ReportStatus.ISSUED:
        raise Conflict(_("This report has been issued and can no longer be changed."))
    return week, report


def _to_report(week: Week) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("reports:weekly", args=[week.iso_week]))


@allow(*READERS)
def pdf(request: Request, iso_week: str) -> HttpResponse:
    """The issued file as it was made; for the manager of a week not yet issued a draft that says so on every page."""
    now = clock.now()
    week, report = _week_for(request, iso_week, now)
    if report is not None and report.status == ReportStatus.ISSUED and report.pdf is not None:
        content, draft = bytes(report.pdf), False
    else:
        snapshot = snapshot_of(request.contract, week, at=now)
        summary = report.summary if report and report.summary_edited else "\n".join(sentences_of(snapshot))
        content, draft = pdf_render(document_html(snapshot, summary=summary, issued=None)), True
    name = file_name(week.number, week.starts_on, week.ends_on, draft=draft)
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
