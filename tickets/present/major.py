"""What a ticket's page shows of major incidents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import clock as clocks
from core.http import Request
from core.panels import Panel
from records.models import AuditEntry
from sla.present import clock_view
from sla.states import ClockState
from tickets import permissions
from tickets.finds.major import ROW_FIELDS
from tickets.models import MajorIncident, Ticket
from tickets.present.base import Act, Words, name_in
from tickets.states import OPEN

VERBS: Mapping[str, Words] = {
    "incident_declared": (gettext_noop("Declared a major incident"), "alert-octagon", "danger"),
}


def primary(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """The incident's own page has its next act."""
    return []


def others(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """Declare a major incident, while the ticket is open and has none."""
    if ticket.status not in OPEN or "incident" in ticket.holds:
        return []
    if not permissions.can_declare_incident(user, ticket.contract):
        return []
    url = f"{reverse('tickets:incident_declare')}?ticket={ticket.code}"
    return [Act("incident_declare", _("Declare a major incident"), "alert-octagon", url)]


def parts(entry: AuditEntry) -> list[str]:
    """The number and the kind of the incident."""
    return [name_in(entry.after.get("incident")), str(entry.after.get("kind", ""))]


def sections(request: Request, ticket: Ticket) -> list[Panel]:  # noqa: ARG001 - what every room is asked
    """The ticket's incidents with their clocks; one statement, and only where there are any."""
    if "incident" not in ticket.holds:
        return []
    now = clocks.now()
    rows = list(MajorIncident.objects.filter(ticket=ticket).select_related(*ROW_FIELDS).order_by("-id"))
    return [Panel("tickets/major/_section.html", {"rows": [_row(row, ticket, now) for row in rows]}, position=5)]


def _row(incident: MajorIncident, ticket: Ticket, now: datetime) -> dict[str, Any]:
    incident.contract = ticket.contract
    shown = incident.clock is not None and incident.clock.state != ClockState.CANCELLED
    if shown and incident.clock is not None:
        incident.clock.contract = ticket.contract
    return {"incident": incident, "clock": clock_view(incident.clock, now) if shown and incident.clock else None}
