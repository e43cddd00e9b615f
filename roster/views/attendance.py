"""Attendance: who came, who is missing; the engineer's button and the manager's later entry."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, NotAllowed
from core.export import csv_response
from core.forms import attempt, form_status
from core.http import Request
from core.roles import MANAGER, STAFF_ROLES
from roster.forms import EnterForm, local_minute
from roster.plan import Plan, local_day, plan_of
from roster.present import comings, day_kind_label, way_text, weekday
from roster.services.check_in import check_in, check_in_enter
from roster.states import CheckInWay
from roster.views.common import EXPORTERS, READERS, day_in, exported, shift_of, today

ONE_DAY = timedelta(days=1)


@allow(*READERS)
def attendance(request: Request) -> HttpResponse:
    """One day: everybody expected, when they came, who is missing."""
    now = clock.now()
    day = day_in(request, "day", local_day(now))
    plan = plan_of(request.contract, day, day)
    rows = comings(plan, now)
    states = [row.state for row in rows]
    context = {
        "day": day,
        "weekday": weekday(day),
        "kind": day_kind_label(plan.calendar.day(day).kind),
        "previous": day - ONE_DAY,
        "following": day + ONE_DAY,
        "is_today": day == local_day(now),
        "rows": [{"coming": row, "way": way_text(row.check_in) if row.check_in else ""} for row in rows],
        "stand_by": [shift for shift in plan.shifts if plan.posts[shift.post_id].is_stand_by],
        "counts": {
            "expected": len({row.expected.person for row in rows}),
            "here": states.count("here") + states.count("late"),
            "late": states.count("late"),
            "missing": states.count("missing") + states.count("absent"),
        },
        "is_manager": request.role == MANAGER,
        "may_export": request.role in EXPORTERS,
        "columns": [
            {"label": _("Who")},
            {"label": _("Post")},
            {"label": _("Expected")},
            {"label": _("Checked in at")},
            {"label": _("State")},
        ],
    }
    return render(request, "roster/attendance.html", context)


@allow(*STAFF_ROLES, methods=POST)
def check_in_now(request: Request, pk: int) -> HttpResponse:
    """The button: I am here."""
    shift = shift_of(request, pk)
    agent = request.headers.get("User-Agent", "")
    way = CheckInWay.PHONE if "Mobi" in agent else CheckInWay.PAGE
    try:
        row = check_in(shift=shift, way=way, actor=request.user, at=clock.now())
    except NotAllowed:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        late = row.late_seconds // 60
        at = row.at.astimezone(clock.SHANGHAI)
        if late:
            messages.warning(
                request, _("Checked in at %(at)s, %(minutes)s min late.") % {"at": f"{at:%H:%M}", "minutes": late}
            )
        else:
            messages.success(request, _("Checked in at %(at)s.") % {"at": f"{at:%H:%M}"})
    back = request.POST.get("next", "")
    if not (back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)):
        back = "/"
    return HttpResponseRedirect(back)


@allow(MANAGER, methods=GET_POST)
def enter(request: Request, pk: int) -> HttpResponse:
    """Enter a check-in later, with its reason."""
    shift = shift_of(request, pk)
    now = clock.now()
    person = request.GET.get("person", "")
    chosen = int(person) if person.isascii() and person.isdigit() and len(person) < 10 else shift.person_id
    initial = {"person": chosen, "came_at": local_minute(shift.starts_at)}
    form = EnterForm(request.POST or None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(form, check_in_enter, shift=shift, actor=request.user, at=now, **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The check-in of %(name)s is entered.") % {"name": done.person.name})
            return HttpResponseRedirect(f"{reverse('roster:attendance')}?day={shift.date}")
    context = {"form": form, "shift": shift, "weekday": weekday(shift.date)}
    return render(request, "roster/enter.html", context, status=form_status(form))


@allow(*EXPORTERS, methods=POST)  # type: ignore[arg-type]
def export(request: Request) -> StreamingHttpResponse:
    """A month's attendance as CSV."""
    first = day_in(request, "month", today()).replace(day=1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    header = [
        _("Day"), _("Weekday"), _("Post"), _("Person"), _("In place of"), _("Expected"), _("Checked in at"), _("State"),
        _("Minutes late"), _("How"),
    ]  # fmt: skip
    plan = plan_of(request.contract, first, last)
    exported(request, "attendance", month=f"{first:%Y-%m}")
    return csv_response(f"{_('Attendance')}_{first:%Y%m}", header, _rows(plan, clock.now()))


def _rows(plan: Plan, now: Any) -> Iterator[list[Any]]:
    for row in comings(plan, now):
        yield [
            row.shift.date.isoformat(),
            weekday(row.shift.date),
            row.post.name,
            row.person.name,
            row.for_whom.name if row.for_whom else "",
            row.hours,
            row.check_in.at if row.check_in else "",
            row.label,
            row.check_in.late_seconds // 60 if row.check_in else "",
            way_text(row.check_in) if row.check_in else "",
        ]
