"""/: what a person of each role must do next, how much time is left for it, and how things stand."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from contract.rules import ServiceCalendar
from contract.services.calendar import calendar_of
from core import clock, roles
from core.access import LOGGED_IN, allow
from core.http import Request
from core.panels import panels_for
from notifications.querysets import backlog
from parties.models import Contract, Membership
from parties.views.account import no_contract
from reports import figures
from reports.models import WeeklyReport
from reports.querysets import weekly_reports_visible_to
from reports.rules import Week, percent, week_of, weeks_of_term
from reports.services.weekly import local_day
from reports.states import ReportStatus
from sla.querysets import overdue_alerts
from sla.services.heartbeat import CLOCKS, SILENT_AFTER, age_seconds
from tickets.models import Ticket
from tickets.present.listing import add_clocks
from tickets.present.requests import as_requests
from tickets.querysets import (
    open_tickets,
    tickets_visible_to,
    to_sign_of,
    unexplained_breaches,
    with_row_fields,
)
from tickets.states import TicketStatus
from tickets.views.queue import sections_of, stamp_of

TOP = 8
"""No list on a home page shows more; what is beyond is counted and one click away."""
FEW = 5
"""Of what is not on fire the manager sees fewer."""
CAP = 1000
Facts = dict[str, Any]


@allow(LOGGED_IN)
def home(request: Request) -> HttpResponse:
    """The home page of the person's role in the present contract."""
    if not request.role:
        return no_contract(request)
    now = clock.now()
    facts = {"now": now, **HOMES[request.role](request, now)}
    if request.role not in NOTES_APART:
        facts["panels"] = panels_for("home", request, None)
    return render(request, f"home/{request.role}.html", facts)


NOTES_APART = (roles.MANAGER, roles.ADMIN)
"""Much is noted for them (roster, channels, calendar, contacts): their pages load it after what burns."""


@allow(*NOTES_APART)
def notes(request: Request) -> HttpResponse:
    """What other apps note for the manager and the administrator: the fragment of their home page, or a page without scripts."""
    template = "home/_panels.html" if request.htmx else "home/notes.html"
    return render(request, template, {"panels": panels_for("home", request, None)})


@allow(roles.MANAGER, poll=True)
def now_rows(request: Request) -> HttpResponse:
    """The manager's "now", or 304 while nothing has changed since the stamp that the page holds (If-None-Match)."""
    now = clock.now()
    etag = f'"{_stamp(request, now)}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(request, "home/_now.html", {"now": now, **_burning(request, now)})
    response.headers["ETag"] = etag
    return response


# --- the client -------------------------------------------------------------------------------------------------------


def _clerk(request: Request, now: datetime) -> Facts:
    """The unit's requests: what waits for a signature, what is under way, what was done lately."""
    mine = with_row_fields(tickets_visible_to(request.user).filter(contract=request.contract))
    mine = mine.select_related("rating", "merged_into")
    live = list(open_tickets(mine).order_by("-received_at", "-id")[: 2 * TOP])
    over = mine.filter(status__in=(TicketStatus.SIGNED, TicketStatus.CLOSED_UNSIGNED, TicketStatus.ARCHIVED))
    done = list(over.order_by("-received_at", "-id")[:FEW])
    rows = as_requests([*live, *done], request.user, request.contract, now)
    waiting = [row for row in rows if row.waits]  # type: ignore[attr-defined]
    waiting.sort(key=lambda row: row.turn.rank)  # type: ignore[attr-defined]
    passed = {row.pk for row in done} | {row.pk for row in waiting}
    return {
        "unit": request.membership.unit,
        "turn": waiting,
        "under_way": [row for row in rows if row.pk not in passed],
        "done": [row for row in done if row not in waiting],
        "service": _service_line(request.contract, now),
    }


def _client_side(request: Request, now: datetime) -> Facts:
    """The client's supervisor and leader: what to sign, how the week stands, what was late, what was issued."""
    contract = request.contract
    week = _week(contract, now)
    waiting = list(to_sign_of(contract, None)[: TOP + 1])
    return _week_facts(contract, week, now) | {
        "to_sign": waiting[:TOP],
        "more_to_sign": len(waiting) > TOP,
        "breaches": figures.breaches(contract, week, at=now) if week else [],
        "issued": _issued(request),
        "term": _term(contract, now),
        "open_count": open_tickets(tickets_visible_to(request.user).filter(contract=contract)).count(),
    }


def _auditor(request: Request, now: datetime) -> Facts:
    """What the auditor may look at, and until when."""
    contract = request.contract
    return _week_facts(contract, _week(contract, now), now) | {
        "issued": _issued(request),
        "term": _term(contract, now),
        "valid_to": request.membership.valid_to,
    }


# --- the contractor ---------------------------------------------------------------------------------------------------


def _engineer(request: Request, now: datetime) -> Facts:
    """The engineer's own queue, complete with its live refresh."""
    return {
        "stamp": stamp_of(request, now),
        **sections_of(request, now, TOP),
        "service": _service_line(request.contract, now),
    }


def _burning(request: Request, now: datetime) -> Facts:
    """What burns, who has it and what to press: unanswered by remaining time, promises missed, reasons owed, unsigned."""
    contract = request.contract
    rows = list(with_row_fields(open_tickets(Ticket.objects.filter(contract=contract))).order_by("received_at")[:CAP])
    unanswered = [t for t in rows if t.status == TicketStatus.PENDING_RESPONSE]
    unanswered.sort(key=lambda t: (t.response_clock.due_at or now) if t.response_clock else now)
    in_work = [t for t in rows if t.status in (TicketStatus.RESPONDED, TicketStatus.IN_PROGRESS)]
    late = [t for t in in_work if t.status == TicketStatus.RESPONDED and t.commitment_at and t.commitment_at < now]
    late.sort(key=lambda t: t.commitment_at or now)
    unsigned = [t for t in rows if t.status == TicketStatus.TO_SIGN]
    unsigned.sort(key=lambda t: t.resolved_at or now)
    calendars: dict[int, ServiceCalendar] = {}
    unexplained = add_clocks(unexplained_breaches(contract)[: TOP + 1], contract, now, calendars)
    for ticket in unsigned:
        ticket.days_waiting = figures.days_between(ticket.resolved_at or now, now)  # type: ignore[attr-defined]
    return {
        "unanswered": add_clocks(unanswered[:TOP], contract, now, calendars),
        "unanswered_count": len(unanswered),
        "late": late[:TOP],
        "late_count": len(late),
        "in_work_count": len(in_work),
        "unexplained": unexplained[:TOP],
        "more_unexplained": len(unexplained) > TOP,
        "unsigned": unsigned[:FEW],
        "unsigned_count": len(unsigned),
        "calm": not (unanswered or late or unexplained),
    }


def _manager(request: Request, now: datetime) -> Facts:
    """Now, and this week against the targets."""
    contract = request.contract
    week = _week(contract, now)
    weeks = [w for w in _weeks(contract) if w.over_at <= now]
    issued = set(
        WeeklyReport.objects.filter(contract=contract, status=ReportStatus.ISSUED).values_list("starts_on", flat=True)
    )
    to_issue = [w for w in weeks if w.starts_on not in issued]
    return (
        _burning(request, now)
        | _week_facts(contract, week, now)
        | {
            "stamp": _stamp(request, now),
            "week_issued": week is not None and week.starts_on in issued,
            "to_issue": to_issue[-1] if to_issue else None,
            "to_issue_count": len(to_issue),
            "service": _service_line(contract, now),
        }
    )


def _stamp(request: Request, now: datetime) -> str:
    """What "now" depends on: the queue's own stamp, and the minute, because promised arrivals pass by themselves."""
    return f"{stamp_of(request, now)}-{now:%H%M}"


# --- the house --------------------------------------------------------------------------------------------------------


def _admin(request: Request, now: datetime) -> Facts:
    """Whether the product is well, and who has an account here; the administrator has no part in the work itself."""
    age = age_seconds(CLOCKS, now)
    # This contract's alone: an administrator learns nothing of another hall's work, not even how much there is.
    pending, oldest = backlog(CAP, request.contract)
    overdue = overdue_alerts(now).filter(clock__contract=request.contract)
    day = local_day(now)
    people = Membership.objects.filter(contract=request.contract).select_related("user").order_by("role", "user_id")
    valid = set(Membership.objects.valid_on(day).filter(contract=request.contract).values_list("pk", flat=True))
    rows = list(people[:CAP])
    return {
        "clocks_age": age,
        "clocks_ok": age is not None and age <= SILENT_AFTER.total_seconds(),
        "pending": pending,
        "oldest_seconds": None if oldest is None else max(0.0, (now - oldest).total_seconds()),
        "outbox_ok": oldest is None or now - oldest < timedelta(minutes=1),
        "alerts_overdue": overdue.order_by()[:CAP].count(),
        "people": [{"row": row, "valid": row.pk in valid} for row in rows],
        "people_count": len(rows),
        "valid_count": len(valid),
        "columns": [{"label": _("Name")}, {"label": _("Role")}, {"label": _("Access")}],
        "term": _term(request.contract, now),
    }


# --- parts ------------------------------------------------------------------------------------------------------------


def _weeks(contract: Contract) -> tuple[Week, ...]:
    return weeks_of_term(contract.starts_on, contract.ends_on)


def _week(contract: Contract, now: datetime) -> Week | None:
    """The running week of the term; None before and after it."""
    return week_of(_weeks(contract), local_day(now))


def _week_facts(contract: Contract, week: Week | None, now: datetime) -> Facts:
    """This week's figures as the report will show them, each with what was promised."""
    if week is None:
        return {"week": None, "kpis": []}
    counts = figures.ticket_counts(contract, week)
    answers = figures.response_counts(contract, week, at=now)
    rated = figures.satisfaction(contract, week)
    judged = answers.kept + answers.broken
    return {
        "week": week,
        "kpis": [
            {
                "label": _("Answered in time"),
                "value": answers.rate,
                "sub": _("%(kept)s of %(all)s · promised: all within 5 min") % {"kept": answers.kept, "all": judged},
                "tone": "" if not judged else "danger" if answers.broken else "ok",
            },
            {
                "label": _("Requests"),
                "value": str(counts.total),
                "sub": _("%(done)s done, %(open)s under way")
                % {"done": counts.resolved, "open": counts.total - counts.resolved},
            },
            {
                "label": _("Signed"),
                "value": counts.signed_rate,
                "sub": _("%(signed)s of %(done)s done · promised: every one")
                % {"signed": counts.signed, "done": counts.resolved},
                "tone": "" if not counts.resolved else "warn" if counts.unsigned else "ok",
            },
            {
                "label": _("Satisfied"),
                "url": reverse("tickets:quality"),
                "value": rated.rate,
                "sub": _("of %(valid)s ratings; strictly %(strict)s; %(rate)s rated")
                % {"valid": rated.valid, "strict": rated.strict_rate, "rate": rated.rated_rate},
            },
        ],
    }


def _issued(request: Request) -> list[WeeklyReport]:
    """The reports issued last."""
    rows = weekly_reports_visible_to(request.user).filter(contract=request.contract, status=ReportStatus.ISSUED)
    return list(rows.select_related("issued_by").order_by("-starts_on")[:4])


def _term(contract: Contract, now: datetime) -> Facts:
    """Where the contract stands between its first and its last day."""
    day = local_day(now)
    days = (contract.ends_on - contract.starts_on).days + 1
    gone = min(max((day - contract.starts_on).days + 1, 0), days)
    return {"days": days, "gone": gone, "left": days - gone, "share": percent(gone, days)}


def _service_line(contract: Contract, now: datetime) -> Facts:
    """Whether service is open now, and until or from when."""
    calendar = calendar_of(contract)
    if calendar.is_open(now):
        windows = calendar.windows_between(now, now + timedelta(days=1))
        return {"open": True, "at": windows[0].end}
    return {"open": False, "at": calendar.next_opening(now)}


HOMES: dict[str, Callable[[Request, datetime], Facts]] = {
    roles.CLERK: _clerk,
    roles.SUPERVISOR: _client_side,
    roles.LEADER: _client_side,
    roles.ENGINEER: _engineer,
    roles.MANAGER: _manager,
    roles.AUDITOR: _auditor,
    roles.ADMIN: _admin,
}
