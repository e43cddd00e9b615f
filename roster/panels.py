"""What the roster says on home pages: the staff's check-in button, the manager's alarms."""

from typing import Any

from core import clock
from core.http import Request
from core.panels import Panel
from core.roles import MANAGER, STAFF_ROLES
from roster.models import CheckIn
from roster.plan import approved_absences, shift_facts
from roster.present import alarm_text, comings
from roster.querysets import shifts_to_check_in
from roster.rules import CHECK_IN_OPENS, AlarmKind, expected
from roster.services.alarms import alarms_of

SHOWN = 8
"""So many alarms are listed; what is beyond is counted."""


def check_in_panel(request: Request, _obj: Any) -> Panel | None:
    """The running or coming shift of somebody of the staff, with its one button until they have checked in."""
    if request.role not in STAFF_ROLES:
        return None
    now = clock.now()
    shifts = list(shifts_to_check_in(request.contract, request.user, now))
    if not shifts:
        return None
    people = {pk for shift in shifts for pk in (shift.person_id, shift.stand_in_id) if pk is not None}
    absences = approved_absences(
        request.contract, people | {request.user.pk}, shifts[0].starts_at, max(shift.ends_at for shift in shifts)
    )
    came = {row.shift_id: row for row in CheckIn.objects.filter(shift__in=shifts, person=request.user)}
    rows = []
    for shift in shifts:
        mine = next((row for row in expected(shift_facts(shift), absences) if row.person == request.user.pk), None)
        if mine is not None and mine.starts_at - CHECK_IN_OPENS <= now < mine.ends_at:
            rows.append({"shift": shift, "expected": mine, "check_in": came.get(shift.pk)})
    return Panel("roster/_check_in.html", {"rows": rows}, position=5) if rows else None


def alarm_panel(request: Request, _obj: Any) -> Panel | None:
    """The manager's alarms, and how many of today's people have come."""
    if request.role != MANAGER:
        return None
    now = clock.now()
    watch = alarms_of(request.contract, now)
    if watch is None:
        return None
    today = watch.plan.first.fromordinal(watch.plan.first.toordinal() + 1)
    rows = [row for row in comings(watch.plan, now) if row.shift.date == today]
    context = {
        "alarms": [
            {
                "text": alarm_text(watch.plan, alarm),
                "icon": "clock-exclamation" if alarm.kind is AlarmKind.MISSING else "users",
                "date": alarm.date,
                "missing": alarm.kind is AlarmKind.MISSING,
            }
            for alarm in watch.alarms[:SHOWN]
        ],
        "more": max(0, len(watch.alarms) - SHOWN),
        "expected": len({row.expected.person for row in rows}),
        "here": len({row.expected.person for row in rows if row.check_in is not None}),
    }
    return Panel("roster/_alarms.html", context, position=20)
