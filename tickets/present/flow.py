"""What a ticket's page shows of appointments, waiting, verification, reassignment, reopening, archiving."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.http import Request
from core.panels import Panel
from core.roles import MANAGER
from parties.querysets import role_in
from records.models import AuditEntry
from sla.states import AskedBy
from tickets import permissions
from tickets.finds.flow import remote_sessions_of
from tickets.models import Ticket
from tickets.present.base import Act, Words, act_for, instant_in, label_in, name_in
from tickets.states import TICKET_FLOW, WAITING, ContactMethod, FaultType, Impact, Urgency, WaitCause

VERBS: Mapping[str, Words] = {
    "verify": (gettext_noop("Verified"), "checks", "ok"),
    "schedule": (gettext_noop("Appointment made"), "calendar-event", "info"),
    "reschedule": (gettext_noop("Appointment moved"), "calendar-event", "warn"),
    "wait_customer": (gettext_noop("Waiting for the client"), "player-pause", "warn"),
    "ask_part": (gettext_noop("Asked to wait for a part"), "hourglass", ""),
    "wait_part": (gettext_noop("Waiting for a part"), "hourglass", "warn"),
    "refuse_part": (gettext_noop("Does not wait for a part"), "x", ""),
    "go_on": (gettext_noop("The work goes on"), "player-play", "info"),
    "refuse_work": (gettext_noop("Verification found something"), "arrow-back-up", "danger"),
    "reassign": (gettext_noop("Handed over"), "users", "info"),
    "correct": (gettext_noop("Corrected"), "edit", ""),
    "reopen": (gettext_noop("Opened again"), "rotate-clockwise", "danger"),
    "archive": (gettext_noop("Archived"), "archive", ""),
    "remote_end": (gettext_noop("Remote session ended"), "plug", ""),
}
LABELS: Mapping[str, str] = {
    "title": gettext_noop("Title"),
    "description": gettext_noop("Symptom"),
    "reporter_name": gettext_noop("Reported by"),
    "reporter_phone": gettext_noop("Phone"),
    "unit": gettext_noop("Unit"),
    "window": gettext_noop("Window"),
    "place": gettext_noop("Place"),
    "device": gettext_noop("Device"),
    "category": gettext_noop("Service category"),
    "fault_type": gettext_noop("Fault type"),
    "impact": gettext_noop("How far does it reach?"),
    "urgency": gettext_noop("How urgent is it?"),
    "priority": gettext_noop("Priority"),
}
CHOICES: Mapping[str, Any] = {"impact": Impact, "urgency": Urgency, "fault_type": FaultType}


def primary(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What could be the next act."""
    can = permissions
    manager = role_in(user, ticket.contract_id) == MANAGER
    asked = ticket.part_asked_at is not None
    acts = [
        ("verify", can.can_verify(user, ticket), _("Verify the work"), "checks", 0),
        ("go_on", can.can_wait(user, ticket), _("Go on"), "player-play", 0),
        ("schedule", can.can_schedule(user, ticket), _("Make an appointment"), "calendar-event", 5),
        ("wait_part", manager and asked, _("Decide about waiting for a part"), "hourglass", -1),
    ]
    return [
        act_for(ticket, verb, label, icon, rank=rank)
        for verb, allowed, label, icon, rank in acts
        if allowed and TICKET_FLOW.allows(verb, ticket.status)
    ]


def others(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What else this reader may do now."""
    can = permissions
    manager = role_in(user, ticket.contract_id) == MANAGER
    asked = ticket.part_asked_at is not None
    acts = [
        ("reschedule", can.can_schedule(user, ticket), _("Move the appointment"), "calendar-event"),
        ("wait_customer", can.can_wait(user, ticket), _("Wait for the client"), "player-pause"),
        ("ask_part", can.can_wait(user, ticket) and not manager and not asked, _("Wait for a part"), "hourglass"),
        ("wait_part", manager and not asked, _("Wait for a part"), "hourglass"),
        ("refuse_work", can.can_verify(user, ticket), _("Something is not in order"), "arrow-back-up"),
        ("reassign", can.can_reassign(user, ticket), _("Hand over to another engineer"), "users"),
        ("correct", can.can_correct(user, ticket), _("Correct the request"), "edit"),
        ("reopen", can.can_reopen(user, ticket), _("Open it again"), "rotate-clockwise"),
        ("archive", can.can_archive(user, ticket), _("Archive"), "archive"),
    ]
    return [
        act_for(ticket, verb, label, icon)
        for verb, allowed, label, icon in acts
        if allowed and TICKET_FLOW.allows(verb, ticket.status)
    ]


def parts(entry: AuditEntry) -> list[str]:
    """The words behind an entry of this room."""
    after, before = entry.after, entry.before
    if entry.verb in ("schedule", "reschedule"):
        moved = instant_in(before.get("appointment_at")) if entry.verb == "reschedule" else ""
        when = instant_in(after.get("appointment_at"))
        return [
            f"{moved} → {when}" if moved and when else when,
            str(after.get("appointment_place", "")),
            str(after.get("appointment_with", "")),
            label_in(AskedBy, after.get("asked_by")),
            label_in(ContactMethod, after.get("how")),
        ]
    if entry.verb == "wait_customer":
        until = instant_in(after.get("until"))
        return [
            label_in(WaitCause, after.get("cause")),
            _("known to %(name)s") % {"name": after.get("known_by", "")},
            _("until %(when)s at the latest") % {"when": until} if until else "",
        ]
    if entry.verb == "wait_part":
        return [instant_in(after.get("until"))]
    if entry.verb == "go_on":
        limit = instant_in(after.get("limit"))
        return [_("by itself: the limit was reached at %(when)s") % {"when": limit} if limit else ""]
    if entry.verb == "reassign":
        return [f"{name_in(before.get('assignee'))} → {name_in(after.get('assignee'))}"]
    if entry.verb == "correct":
        return [
            f"{_(LABELS.get(name, name))}: {_shown(name, before.get(name))} → {_shown(name, after[name])}"
            for name in after
        ]
    return []


def _shown(name: str, value: Any) -> str:
    if name in CHOICES:
        return label_in(CHOICES[name], value) or "–"
    if name == "priority":
        return f"P{value}"
    return name_in(value) or (str(value) if value and not isinstance(value, dict) else "–")


def sections(request: Request, ticket: Ticket) -> list[Panel]:
    """Sections of the ticket's page."""
    waiting = ticket.status in WAITING
    asks = ticket.part_asked_at is not None
    sessions = remote_sessions_of(ticket) if "remote" in ticket.holds else []
    if not (waiting or asks or sessions):
        return []
    may_end = permissions.can_arrive(request.user, ticket)
    context = {"waiting": waiting, "asks": asks, "sessions": sessions, "may_end": may_end}
    return [Panel("tickets/flow/_panel.html", context, position=10)]
