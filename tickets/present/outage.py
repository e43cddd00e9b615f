"""What a ticket's page shows of late entry, external numbers and hand-overs; a late entry as its own page shows it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import clock as clocks
from core.http import Request
from core.panels import Panel
from records.models import AuditEntry
from tickets.finds.outage import READERS
from tickets.models import LateEntry, Ticket
from tickets.present.base import Act, Words, instant_in, label_in, name_in
from tickets.states import (
    Channel,
    CommitmentKind,
    ContactMethod,
    Impact,
    Result,
    ServiceMode,
    Triage,
    Urgency,
)

VERBS: Mapping[str, Words] = {
    "entered_late": (gettext_noop("Entered later from paper"), "writing", "warn"),
    "handover_offer": (gettext_noop("Hand-over offered"), "users", ""),
}
CHOICES: Mapping[str, Any] = {
    "channel": Channel,
    "impact": Impact,
    "urgency": Urgency,
    "contact_method": ContactMethod,
    "triage": Triage,
    "commitment_kind": CommitmentKind,
    "service_mode": ServiceMode,
    "result": Result,
}


def primary(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """Nothing of this room is the next act of a ticket."""
    return []


def others(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """Open tickets are handed over together, on the page of hand-overs."""
    return []


def parts(entry: AuditEntry) -> list[str]:
    """The words behind an entry of this room."""
    after = entry.after
    if entry.verb == "handover_offer":
        return [_("to %(name)s") % {"name": name_in(after.get("to"))}]
    return [
        name_in(after.get("entry")),
        str(after.get("paper_no", "")),
        _("entered by %(name)s at %(at)s")
        % {"name": name_in(after.get("entered_by")), "at": instant_in(after.get("entered_at"))},
    ]


def sections(request: Request, ticket: Ticket) -> list[Panel]:
    """The other system's number, from the ticket's own row; the late entry with the way to its paper, one statement."""
    panels = []
    if ticket.external_no:
        panels.append(Panel("tickets/outage/_external.html", {}, position=2))
    if "late_entry" in ticket.holds and ticket.late_entry_id is not None:
        entry = LateEntry.objects.select_related("entered_by", "decided_by").get(pk=ticket.late_entry_id)
        url = reverse("tickets:late", args=[entry.pk]) if request.role in READERS else ""
        panels.append(Panel("tickets/outage/_late_section.html", {"entry": entry, "url": url}, position=3))
    return panels


# A late entry -----------------------------------------------------------------------------------------------------------


def _exactly(value: Any) -> str:
    at = parse_datetime(value) if isinstance(value, str) and value else value
    return at.astimezone(clocks.SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else ""


def late_instants(entry: LateEntry) -> list[tuple[str, str]]:
    """The instants as they stand on the paper, and when they were recorded."""
    values = entry.values
    return [
        (_("Outage"), f"{_exactly(entry.outage_from)} – {_exactly(entry.outage_to)}"),
        (_("Received at"), _exactly(entry.received_at)),
        (_("Responded at"), _exactly(values.get("responded_at"))),
        (_("Arrived at"), _exactly(values.get("arrived_at"))),
        (_("Resolved at"), _exactly(values.get("resolved_at"))),
        (_("Entered at"), f"{_exactly(entry.entered_at)} · {entry.entered_by.name}"),
    ]


def late_facts(entry: LateEntry) -> list[tuple[str, str]]:
    """What else was typed from the paper."""
    values = entry.values

    def said(name: str) -> str:
        if name in CHOICES:
            return label_in(CHOICES[name], values.get(name))
        held = values.get(name, "")
        return name_in(held) if isinstance(held, dict) else str(held)

    line = _("line %(line)s") % {"line": entry.paper_line} if entry.paper_line else ""
    rows = [
        (_("Number on the sheet"), " · ".join(part for part in (entry.paper_no, line) if part)),
        (_("Why it could not be entered at once"), entry.reason),
        (_("Channel"), said("channel")),
        (_("Symptom"), said("description")),
        (_("Reported by"), " · ".join(part for part in (said("reporter_name"), said("unit")) if part)),
        (_("Device"), said("device")),
        (_("Place"), said("place")),
        (_("Impact and urgency"), f"{said('impact')} · {said('urgency')}".strip(" ·")),
        (_("Engineer who did the work"), entry.engineer.name),
        (_("Contact by"), " · ".join(part for part in (said("contact_method"), said("contact_person")) if part)),
        (_("First triage"), " · ".join(part for part in (said("triage"), said("analysis")) if part)),
        (_("Commitment"), f"{said('commitment_kind')} {_exactly(values.get('commitment_at'))}".strip()),
        (
            _("Service mode"),
            " · ".join(part for part in (said("service_mode"), said("authorised_by"), said("tool")) if part)
            if values.get("arrived_at")
            else "",
        ),
        (_("Cause"), said("cause")),
        (_("Solution"), said("solution")),
        (_("Verification"), " · ".join(part for part in (said("verification"), said("verified_by")) if part)),
        (_("Result"), said("result") if values.get("resolved_at") else ""),
        (_("Decided by"), f"{entry.decided_by.name} · {_exactly(entry.decided_at)}" if entry.decided_by else ""),
        (_("Reason"), entry.decision_note),
    ]
    return [row for row in rows if row[1]]
