"""/roster/: the week and the month, as table, file and paper."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from core import clock
from core.access import POST, allow
from core.export import csv_response
from core.http import Request
from core.pdf import pdf_render
from core.roles import MANAGER, STAFF_ROLES
from roster.plan import Plan, local_day, monday_of, plan_of
from roster.present import (
    by_people,
    by_posts,
    comings,
    halves,
    heads,
    in_weeks,
    span_text,
    way_text,
    weekday,
)
from roster.querysets import balance_of, shifts_of, shifts_to_check_in
from roster.views.common import EXPORTERS, READERS, day_in, exported, today

WEEK = timedelta(days=7)
AHEAD = 28
"""Days of one's own shifts that are listed."""


@allow(*READERS)
def week(request: Request) -> HttpResponse:
    """One week: who stands where, what is missing, who came."""
    now = clock.now()
    monday = monday_of(day_in(request, "week", local_day(now)))
    plan = plan_of(request.contract, monday, monday + timedelta(days=6))
    view = "posts" if request.GET.get("by") == "posts" else "people"
    lines = (
        by_posts(plan, request.user, now)
        if view == "posts"
        else by_people(plan, request.user, now, _titles(plan), sees_all=request.role == MANAGER)
    )
    days = heads(plan, local_day(now))
    context = {
        "monday": monday,
        "sunday": plan.last,
        "previous": monday - WEEK,
        "following": monday + WEEK,
        "is_this_week": monday == monday_of(local_day(now)),
        "view": view,
        "views": _views(monday, view),
        "days": days,
        "table": [(line, list(zip(days, line.cells, strict=True))) for line in lines],
        "phone_days": [
            {"head": head, "entries": [(line, line.cells[index]) for line in lines if line.cells[index]]}
            for index, head in enumerate(days)
        ],
        "finding_days": [head for head in days if head.findings],
        "is_manager": request.role == MANAGER,
        "may_export": request.role in EXPORTERS,
        "is_staff": request.role in STAFF_ROLES,
        "kept": plan.kept_since is not None,
    }
    return render(request, "roster/week.html", context)


def _views(monday: date, chosen: str) -> list[dict[str, Any]]:
    return [
        {"label": _("By person"), "url": f"?week={monday}", "active": chosen == "people"},
        {"label": _("By post"), "url": f"?week={monday}&by=posts", "active": chosen == "posts"},
        {"label": _("Month"), "url": f"{reverse('roster:month')}?month={monday}", "active": False},
    ]


def _titles(plan: Plan) -> dict[int, str]:
    return {row.user_id: row.title for row in plan.members}


@allow(*READERS)
def month(request: Request) -> HttpResponse:
    """One month: how many people each day has, and what is wrong with which."""
    now = clock.now()
    chosen = day_in(request, "month", local_day(now))
    first = chosen.replace(day=1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    plan = plan_of(request.contract, monday_of(first), monday_of(last) + timedelta(days=6))
    by_day: dict[date, list[Any]] = {}
    for shift in plan.shifts:
        by_day.setdefault(shift.date, []).append(shift)
    rows = [
        [
            {
                "head": head,
                "outside": head.date.month != first.month,
                "shifts": [
                    {
                        "post": plan.posts[shift.post_id],
                        "names": "→".join(
                            plan.staff[row.person].name if row.person else "—" for row in plan.pieces[shift.pk]
                        ),
                        "mine": request.user.pk in {row.person for row in plan.pieces[shift.pk]},
                    }
                    for shift in sorted(by_day.get(head.date, ()), key=lambda row: plan.posts[row.post_id].position)
                    if plan.posts[shift.post_id].counts_on_site
                ],
            }
            for head in line
        ]
        for line in in_weeks(heads(plan, local_day(now)))
    ]
    context = {
        "first": first,
        "previous": (first - timedelta(days=1)).replace(day=1),
        "following": last + timedelta(days=1),
        "rows": rows,
        "weekdays": [weekday(plan.first + timedelta(days=n)) for n in range(7)],
        "views": [
            {"label": _("By person"), "url": f"{reverse('roster:week')}?week={first}", "active": False},
            {"label": _("By post"), "url": f"{reverse('roster:week')}?week={first}&by=posts", "active": False},
            {"label": _("Month"), "url": f"?month={first}", "active": True},
        ],
        "is_manager": request.role == MANAGER,
    }
    return render(request, "roster/month.html", context)


@allow(*STAFF_ROLES)
def mine(request: Request) -> HttpResponse:
    """One's own next four weeks, the balance of compensatory days, and what can be checked in for now."""
    now = clock.now()
    first = local_day(now)
    plan = plan_of(request.contract, first, first + timedelta(days=AHEAD - 1))
    rows = [
        {
            "day": plan.calendar.day(row.shift.date),
            "weekday": weekday(row.shift.date),
            "coming": row,
            "is_today": row.shift.date == first,
        }
        for row in comings(plan, now)
        if row.expected.person == request.user.pk
    ]
    stand_by = [row for row in shifts_of(request.contract, request.user, first, plan.last) if row.post.is_stand_by]
    context = {
        "rows": rows,
        "stand_by": [{"shift": row, "weekday": weekday(row.date)} for row in stand_by],
        "balance": halves(balance_of(request.contract, request.user)),
        "can_check_in": {row.pk for row in shifts_to_check_in(request.contract, request.user, now)},
        "days": AHEAD,
    }
    return render(request, "roster/mine.html", context)


@allow(*EXPORTERS, methods=POST)  # type: ignore[arg-type]
def export(request: Request) -> StreamingHttpResponse:
    """A week as CSV: every shift with its people, stand-in and check-in."""
    now = clock.now()
    monday = monday_of(day_in(request, "week", local_day(now)))
    plan = plan_of(request.contract, monday, monday + timedelta(days=6))
    header = [
        _("Day"), _("Weekday"), _("Kind of day"), _("Post"), _("Hours"), _("Person"), _("In place of"), _("Stand-in"),
        _("Checked in at"), _("State"), _("How"), _("Note"),
    ]  # fmt: skip
    exported(request, "roster", week=monday.isoformat())
    return csv_response(f"{_('Roster')}_{monday:%Y%m%d}-{plan.last:%Y%m%d}", header, _export_rows(plan, now))


def _export_rows(plan: Plan, now: Any) -> Iterator[list[Any]]:
    days = {head.date: head for head in heads(plan, local_day(now))}
    told: set[int] = set()
    rows = comings(plan, now)
    for row in rows:
        told.add(row.shift.pk)
        head = days[row.shift.date]
        yield [
            row.shift.date.isoformat(),
            head.weekday,
            head.kind,
            row.post.name,
            row.hours,
            row.person.name,
            row.for_whom.name if row.for_whom else "",
            row.shift.stand_in.name if row.shift.stand_in else "",
            row.check_in.at if row.check_in else "",
            row.label,
            way_text(row.check_in) if row.check_in else "",
            row.shift.note,
        ]
    for shift in plan.shifts:
        if shift.pk not in told:
            head = days[shift.date]
            post = plan.posts[shift.post_id]
            state = post.name if post.is_stand_by else _("on leave, nobody stands in")
            yield [
                shift.date.isoformat(), head.weekday, head.kind, post.name, span_text(shift.starts_at, shift.ends_at),
                shift.person.name, "", shift.stand_in.name if shift.stand_in else "", "", state, "", shift.note,
            ]  # fmt: skip


@allow(*READERS)
def sheet(request: Request) -> HttpResponse:
    """A week on A4; a paper of the contract, so it is Chinese whatever the reader's language."""
    now = clock.now()
    monday = monday_of(day_in(request, "week", today()))
    with translation.override("zh-hans"):
        plan = plan_of(request.contract, monday, monday + timedelta(days=6))
        html = render_to_string(
            "roster/sheet.html",
            {
                "project": request.contract.project_name,
                "code": f"{request.contract.code} {monday:%G}-W{monday:%V}",
                "made_at": now,
                "monday": monday,
                "sunday": plan.last,
                "days": heads(plan, local_day(now)),
                "lines": by_posts(plan, request.user, now),
            },
        )
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="roster-{monday:%Y%m%d}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
