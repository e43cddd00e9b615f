"""What is due in the register: warranties, loans, cards, registrations, stock and checks on one page."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from core import clock
from core.access import allow
from core.http import Request
from core.roles import MANAGER
from devices.due import LIMIT, Due, all_sources
from devices.services.common import local_day
from devices.tabs import READERS


@allow(*READERS)
def due_list(request: Request) -> HttpResponse:
    """Everything that runs out or is asked for soon, source by source, overdue first."""
    today = local_day(clock.now())
    groups = _groups(request, today)
    context = {
        "groups": [group for group in groups if group["rows"]],
        "clear": [group["label"] for group in groups if not group["rows"]],
        "limit": LIMIT,
        "today": today,
    }
    return render(request, "devices/due.html", context)


@allow(MANAGER)
def due_short(request: Request) -> HttpResponse:
    """A line a source for the manager's home page, which loads it after what burns."""
    groups = [group for group in _groups(request, local_day(clock.now())) if group["rows"]]
    if not request.htmx:
        return redirect("devices:due")
    return render(request, "devices/_due_short.html", {"groups": groups})


def _groups(request: Request, today: date) -> list[dict[str, Any]]:
    groups = []
    for source in all_sources():
        rows = list(source.rows(request.contract, today))
        groups.append(
            {
                "slug": source.slug,
                "label": source.label,
                "rows": [_shown(row, today) for row in rows],
                "overdue": sum(row.is_overdue(today) for row in rows),
                "capped": len(rows) >= LIMIT,
            }
        )
    return groups


def _shown(row: Due, today: date) -> dict[str, Any]:
    days = (row.due_on - today).days
    return {"due": row, "overdue": row.is_overdue(today), "days": days, "late": max(-days, 0)}
