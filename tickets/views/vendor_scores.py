"""How vendors do: calls, arrivals in time, medians, repeat faults, month by month."""

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from contract.services.calendar import calendar_of
from core import charts, clock
from core.access import POST, allow
from core.errors import NotFound
from core.export import table_response
from core.http import Request
from core.roles import AUDITOR, ENGINEER, LEADER, MANAGER, SUPERVISOR
from parties.models import Vendor
from parties.querysets import vendors_of
from records.models import Visibility
from records.services.audit import audit_write
from tickets.finds.repair import call_of, calls_of_vendor, repeats_of, scores_of
from tickets.models import Dispatch
from tickets.rules_repair import Call, Score, score_of

READERS = (ENGINEER, MANAGER, SUPERVISOR, LEADER, AUDITOR)
EXPORTERS = (ENGINEER, MANAGER, SUPERVISOR, LEADER)
MONTHS = 6
SHOWN = 100


def _period(request: Request) -> tuple[date, date]:
    """The first and last day that are looked at: as asked for, else the last ninety days."""
    today = clock.now().astimezone(clock.SHANGHAI).date()
    first = _day(request.GET.get("from", "")) or today - timedelta(days=89)
    last = _day(request.GET.get("to", "")) or today
    return (first, last) if first <= last else (last, first)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if clock.FIRST_DAY <= day <= clock.LAST_DAY else None


def _instants(first: date, last: date) -> tuple[datetime, datetime]:
    return clock.midnight(first), clock.midnight(last, 1)


@allow(*READERS)
def vendors(request: Request) -> HttpResponse:
    """Every vendor of the hall with its figures of the period, who was called most first."""
    first, last = _period(request)
    rows = _rows(request, first, last)
    context = {
        "rows": rows,
        "first": first,
        "last": last,
        "query": f"?from={first}&to={last}",
        "may_export": request.role != AUDITOR,
        "columns": [
            {"label": _("Vendor")},
            *({"label": label, "numeric": True} for label in _figures()),
        ],
    }
    return render(request, "tickets/repair/vendors.html", context)


@allow(*EXPORTERS, methods=POST)  # type: ignore[arg-type]
def vendors_export(request: Request) -> HttpResponseBase:
    """The same table as xlsx or csv; the export itself is entered in the history."""
    first, last = _period(request)
    rows = _rows(request, first, last)
    _note_export(request, f"vendors {first} {last}", len(rows))
    return table_response(
        request.POST.get("format", "csv"),
        _("Vendors %(first)s to %(last)s") % {"first": first, "last": last},
        [_("Vendor"), *_figures(), _("Called, not finished"), _("Failed")],
        ((row["vendor"].name, *_cells(row["score"]), row["score"].open, row["score"].failed) for row in rows),
        sheet=_("Vendors"),
    )


@allow(*READERS)
def vendor_score(request: Request, pk: int) -> HttpResponse:
    """One vendor: figures of the period, month by month, and every call with its ticket."""
    vendor = _vendor(request, pk)
    first, last = _period(request)
    now = clock.now()
    rows = calls_of_vendor(request.contract, vendor, *_instants(first, last))
    calls = [call_of(row) for row in rows]
    score = score_of(calls, calendar_of(request.contract), now, repeats_of(request.contract, calls))
    context = {
        "vendor": vendor,
        "score": score,
        "rows": rows[:SHOWN],
        "more": max(0, len(rows) - SHOWN),
        "first": first,
        "last": last,
        "query": f"?from={first}&to={last}",
        "may_export": request.role != AUDITOR,
        "columns": [
            {"label": label} for label in (_("Ticket"), _("Called"), _("Due"), _("Arrived"), _("Finished"), _("Status"))
        ],
        **_trend(request, vendor, last, now),
    }
    return render(request, "tickets/repair/vendor_score.html", context)


@allow(*EXPORTERS, methods=POST)  # type: ignore[arg-type]
def vendor_export(request: Request, pk: int) -> HttpResponseBase:
    """A vendor's calls of the period as xlsx or csv."""
    vendor = _vendor(request, pk)
    first, last = _period(request)
    rows = calls_of_vendor(request.contract, vendor, *_instants(first, last))
    _note_export(request, f"vendor {vendor.pk} {first} {last}", len(rows))
    header = [
        _("Ticket"), _("Title"), _("Device"), _("What the vendor is to do"), _("Called at"), _("Due to arrive by"), _("Arrived at"),
        _("Finished at"), _("Status"), _("In time"), _("Vendor's engineer"), _("Who watches their work"), _("What the vendor did"),
        _("Note"),
    ]  # fmt: skip
    return table_response(
        request.POST.get("format", "csv"),
        f"{vendor.name} {first} {last}",
        header,
        (_line(row) for row in rows),
        sheet=_("Calls"),
    )


def _line(row: Dispatch) -> tuple[Any, ...]:
    in_time = {True: _("Yes"), False: _("No"), None: ""}[row.on_time]
    return (
        row.ticket.code, row.ticket.title, str(row.ticket.device or ""), row.task, row.called_at, row.due_at, row.arrived_at,
        row.done_at, row.get_status_display(), in_time, row.vendor_engineer, row.supervisor.name, row.result, row.note,
    )  # fmt: skip


def _rows(request: Request, first: date, last: date) -> list[dict[str, Any]]:
    scores = scores_of(request.contract, *_instants(first, last), clock.now())
    nothing = Score(0, 0, 0, 0, 0, None, None, 0)
    rows = [
        {
            "vendor": vendor,
            "score": scores.get(vendor.pk, nothing),
            "url": reverse("tickets:vendor_score", args=[vendor.pk]),
        }
        for vendor in vendors_of(request.contract)
        if vendor.is_active or vendor.pk in scores
    ]
    return sorted(rows, key=lambda row: (-row["score"].calls, row["vendor"].name))


def _figures() -> list[str]:
    return [
        _("Calls"), _("Share in time"), _("Median response (h)"), _("Median repair (h)"), _("Repeat faults within 7 days"),
    ]  # fmt: skip


def _cells(score: Score) -> tuple[Any, ...]:
    return (score.calls, score.on_time_percent, score.response_hours, score.fix_hours, score.repeats)


def _trend(request: Request, vendor: Vendor, last: date, now: datetime) -> dict[str, Any]:
    """The last months up to the end of the period: calls as columns, the share in time as a line."""
    months = [_month_before(last, back) for back in reversed(range(MONTHS))]
    rows = calls_of_vendor(request.contract, vendor, *_instants(months[0], last))
    calendar = calendar_of(request.contract)
    by_month: dict[date, list[Call]] = {month: [] for month in months}
    for row in rows:
        by_month[row.called_at.astimezone(clock.SHANGHAI).date().replace(day=1)].append(call_of(row))
    scores = [score_of(by_month[month], calendar, now) for month in months]
    labels = [f"{month:%Y-%m}" for month in months]
    return {
        "calls_chart": charts.columns(
            labels, [score.calls for score in scores], title=_("Calls by month"), unit=_("calls"), height=180
        ),
        "time_chart": charts.line(
            labels, [score.on_time_percent for score in scores], title=_("In time by month"), unit="%", height=180
        ),
    }


def _month_before(day: date, back: int) -> date:
    number = day.year * 12 + day.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)


def _vendor(request: Request, pk: int) -> Vendor:
    vendor = vendors_of(request.contract).filter(pk=pk).first()
    if vendor is None:
        raise NotFound(_("There is no such vendor."))
    return vendor


def _note_export(request: Request, what: str, count: int) -> None:
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=clock.now(),
        after={"what": what, "rows": count},
        visibility=Visibility.INTERNAL,
    )
