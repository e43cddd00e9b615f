"""GET /clocks/<id>/why/: why a promise is due when it is, what happened to its clock, and whom its ladder told."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock as clocks
from core import subjects
from core.access import allow
from core.errors import NotFound
from core.http import Request
from core.roles import BUSINESS_ROLES, STAFF_ROLES
from notifications.querysets import deliveries_of_origins
from sla.models import Clock
from sla.present import clock_view, explanation, promise_label, rung_label
from sla.querysets import clock_visible_to
from sla.services.heartbeat import CLOCKS, SILENT_AFTER, age_seconds


@allow(*BUSINESS_ROLES)
def why(request: Request, pk: int) -> HttpResponse:
    """The page, or the fragment for a request by htmx."""
    clock = clock_visible_to(request.user, pk)
    if clock is None or clock.contract_id != request.contract.pk:
        raise NotFound(_("There is no such clock."))
    now = clocks.now()
    subject = subjects.get(clock.subject_type)
    obj = subjects.load(clock.subject_type, clock.subject_id)
    silent = age_seconds(CLOCKS, now)
    context = {
        "clock": clock,
        "view": clock_view(clock, now),
        "why": explanation(clock),
        "promise": promise_label(clock.kind),
        "subject_label": subject.label(obj),
        "subject_url": subject.url(obj),
        "events": clock.events.select_related("actor").order_by("id"),
        "alerts": _alerts(clock) if request.role in STAFF_ROLES else [],
        "engine_silent": silent is None or silent > SILENT_AFTER.total_seconds(),
        "engine_age": silent,
    }
    return render(request, "sla/_why.html" if request.htmx else "sla/why.html", context)


def _alerts(clock: Clock) -> list[dict[str, Any]]:
    """The ladder, each rung with the people it told and when they read it."""
    rows = list(clock.alerts.order_by("fire_at", "id"))
    told: dict[str, list[Any]] = {}
    origins = [f"alert:{row.pk}" for row in rows] + [f"clock:{clock.pk}:breach"]
    for delivery in deliveries_of_origins(origins):
        told.setdefault(delivery.message.origin, []).append(delivery)
    return [
        {
            "label": rung_label(row.rung),
            "row": row,
            "told": told.get(f"alert:{row.pk}", [])
            or (told.get(f"clock:{clock.pk}:breach", []) if row.rung == "breach" else []),
        }
        for row in rows
    ]
