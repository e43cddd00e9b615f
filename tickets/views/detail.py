"""The page of one ticket."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import allow
from core.http import Request
from core.roles import AUDITOR, BUSINESS_ROLES
from core.templatetags.ui import mask_phone
from records.models.attachment import SIGNED_KIND
from records.querysets import attachments_of, sealed_signatures_of
from tickets import permissions
from tickets.finds.repair import add_estimates
from tickets.finds.talk import NOTE_PHOTOS
from tickets.models import Rating, Ticket
from tickets.present.core import acts_for, is_staff, pressing_view, progress, response_view, sections, steps, timeline
from tickets.states import TicketStatus
from tickets.views.common import ticket_of


@allow(*BUSINESS_ROLES)
def detail(request: Request, code: str) -> HttpResponse:
    """Facts and history on the left; clock, next act and people on the right."""
    ticket = ticket_of(request, code)
    now = clock.now()
    add_estimates([ticket])
    rating: Rating | None = getattr(ticket, "rating", None)
    late = ticket.response_clock
    context = {
        "ticket": ticket,
        "clock": pressing_view(ticket, now),
        "response": response_view(ticket, now) if ticket.status != TicketStatus.PENDING_RESPONSE else None,
        "late_repair": _late_repair(request, ticket),
        "acts": acts_for(request.user, ticket, now, rated=rating is not None),
        "steps": steps(ticket),
        "progress": progress(ticket),
        "request_facts": _request_facts(ticket),
        "work_facts": _work_facts(ticket),
        "timeline": timeline(ticket, request.user),
        "photos": attachments_of(ticket).exclude(kind__in=(*NOTE_PHOTOS, SIGNED_KIND)),
        "signatures": sealed_signatures_of(ticket),
        "rating": rating,
        "phone": _phone(request, ticket),
        "asks_reason": bool(late and late.breached_at and not late.breach_reason)
        and permissions.can_explain_breach(request.user, ticket),
        "breach_reason": late.breach_reason
        if late and permissions.sees_internal(request.user, ticket.contract_id)
        else "",
        "sections": sections(request, ticket),
        "for_client": not is_staff(request.user, ticket) and request.role != AUDITOR,
    }
    return render(request, "tickets/detail.html", context)


def _late_repair(request: Request, ticket: Ticket) -> str:
    """Where the reason of a late repair is given, while nobody has given it."""
    late = ticket.repair_clock
    if late is None or late.breached_at is None or late.breach_reason:
        return ""
    may = permissions.can_explain_breach(request.user, ticket)
    return reverse("sla:explain", args=[late.pk]) if may else ""


def _phone(request: Request, ticket: Ticket) -> str:
    """The reporter's number for those who have to call; masked for the auditor."""
    return (
        mask_phone(ticket.reporter_phone)
        if request.role == AUDITOR and ticket.reporter_phone
        else ticket.reporter_phone
    )


def _request_facts(ticket: Ticket) -> list[dict[str, Any]]:
    device_url = ""
    if ticket.device is not None:
        device_url = reverse("devices:detail", args=[ticket.device.code])
    set_back = ""
    if ticket.set_back_reason:
        flag = _("more than the tolerated difference") if ticket.set_back_flagged else ""
        set_back = " · ".join(part for part in (ticket.set_back_reason, flag) if part)
    return [
        {"label": _("Symptom"), "value": ticket.description},
        {"label": _("Device"), "value": str(ticket.device or ""), "url": device_url},
        {"label": _("Place"), "value": " · ".join(str(part) for part in (ticket.place, ticket.window) if part)},
        {"label": _("Service category"), "value": str(ticket.category or "")},
        {"label": _("Fault type"), "value": ticket.get_fault_type_display() if ticket.fault_type else ""},
        {
            "label": _("Impact and urgency"),
            "value": f"{ticket.get_impact_display()} · {ticket.get_urgency_display()} · P{ticket.priority}",
        },
        {"label": _("Channel"), "value": ticket.get_channel_display()},
        {"label": _("Unit as written"), "value": ticket.reporter_unit if ticket.unconfirmed else ""},
        {"label": _("Received at"), "value": _time(ticket.received_at)},
        {
            "label": _("Logged at"),
            "value": _time(ticket.recorded_at) if ticket.recorded_at != ticket.received_at else "",
        },
        {"label": _("Why the start was set back"), "value": set_back},
        {
            "label": _("Logged by"),
            "value": str(ticket.recorded_by) if ticket.recorded_by_id not in (None, ticket.reporter_id) else "",
        },
    ]


def _work_facts(ticket: Ticket) -> list[dict[str, Any]]:
    if ticket.responded_at is None:
        return []
    return [
        {"label": _("First triage"), "value": ticket.get_triage_display()},
        {"label": _("First analysis"), "value": ticket.analysis},
        {"label": _("Contact by"), "value": f"{ticket.get_contact_method_display()} · {ticket.contact_person}"},
        {"label": _("Commitment"), "value": f"{ticket.get_commitment_kind_display()} {_time(ticket.commitment_at)}"},
        {
            "label": _("Appointment"),
            "value": " · ".join(
                part
                for part in (_time(ticket.appointment_at)[:16], ticket.appointment_place, ticket.appointment_with)
                if part
            ),
        },
        {"label": _("Service mode"), "value": ticket.get_service_mode_display() if ticket.service_mode else ""},
        {"label": _("Kind of cause"), "value": str(ticket.cause_code or "")},
        {"label": _("Cause"), "value": ticket.cause},
        {"label": _("Solution"), "value": ticket.solution},
        {
            "label": _("Verification"),
            "value": " · ".join(part for part in (ticket.verification, ticket.verified_by) if part),
        },
        {
            "label": _("Verified by a colleague"),
            "value": f"{ticket.checked_by} {_time(ticket.checked_at)[:16]}" if ticket.checked_by else "",
        },
        {"label": _("Result"), "value": ticket.get_result_display() if ticket.result else ""},
        {"label": _("Rework"), "value": str(ticket.rework_count) if ticket.rework_count else ""},
        {"label": _("Reason"), "value": ticket.closing_reason},
    ]


def _time(at: Any) -> str:
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at else ""
