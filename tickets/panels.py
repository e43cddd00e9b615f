"""What tickets show on other apps' pages."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from contract.services.calendar import calendar_of
from core import clock
from core.http import Request
from core.panels import Panel
from core.roles import BUSINESS_ROLES, CLERK, STAFF_ROLES
from devices.models import Device
from devices.timeline import Asked, Happening
from parties.models import Vendor
from sla.present import clock_view
from tickets.finds.major import open_incidents
from tickets.finds.repair import call_of, calls_of_vendor, repeats_of
from tickets.models import Ticket
from tickets.permissions import can_read_vendors
from tickets.querysets import open_tickets, tickets_visible_to
from tickets.rules_repair import score_of
from tickets.states import DONE
from tickets.views.queue import locked_queue

RECENT = 10


def device_panel(request: Request, device: Device) -> Panel:
    """Open and recent tickets of a device, those the reader may see."""
    tickets = tickets_visible_to(request.user).filter(contract=request.contract, device=device)
    told = tickets.select_related("assignee").only("code", "title", "status", "received_at", "assignee__name")
    rows = list(told.order_by("-received_at", "-id")[:RECENT])
    return Panel("tickets/_device_panel.html", {"device_tickets": rows, "device": device}, position=10)


def scan_panel(request: Request, device: Device) -> Panel:
    """The open tickets of a device, on the page that its label leads to."""
    tickets = open_tickets(tickets_visible_to(request.user).filter(contract=request.contract, device=device))
    rows = list(tickets.select_related("assignee").order_by("-received_at", "-id")[:RECENT])
    return Panel("tickets/_scan_panel.html", {"rows": rows}, position=10)


def vendor_panel(request: Request, vendor: Vendor) -> Panel | None:
    """How a vendor did in the last ninety days, on its page; nothing for who may not read that."""
    if request.contract is None or not can_read_vendors(request.user, request.contract.pk):
        return None
    now = clock.now()
    calls = [call_of(row) for row in calls_of_vendor(request.contract, vendor, now - timedelta(days=90), now)]
    score = score_of(calls, calendar_of(request.contract), now, repeats_of(request.contract, calls))
    url = reverse("tickets:vendor_score", args=[vendor.pk])
    return Panel("tickets/repair/_vendor_panel.html", {"score": score, "url": url}, position=10)


def locked_panel(request: Request, _page: None) -> Panel | None:
    """The on-duty queue on the locked screen of somebody who answers tickets."""
    if request.role not in STAFF_ROLES:
        return None
    return Panel("tickets/_locked_panel.html", locked_queue(request, clock.now()))


def ticket_happenings(asked: Asked) -> list[Happening]:
    """A device's tickets on its timeline, each when it came in and when it was mended; those that the reader may see."""
    rows = tickets_visible_to(asked.user).filter(device=asked.device).select_related("assignee")
    if asked.until is not None:
        rows = rows.filter(received_at__lte=asked.until)
    told: list[Happening] = []
    # A repair comes after its report, so that the newest reports hold the newest repairs but for those that took very long.
    for ticket in rows.order_by("-received_at", "-id")[: asked.limit]:
        told += _happenings_of(ticket, asked.until)
    told.sort(key=lambda one: (one.at, one.key), reverse=True)
    return told[: asked.limit]


def _happenings_of(ticket: Ticket, until: datetime | None) -> list[Happening]:
    url = reverse("tickets:detail", args=[ticket.code])
    happenings = [
        Happening(
            at=ticket.received_at,
            key=f"{ticket.pk}.1",
            title=_("Fault reported"),
            text=f"{ticket.code} {ticket.title}",
            actor=ticket.reporter_name,
            url=url,
            icon="alert-circle",
            tone="warn",
        )
    ]
    if ticket.resolved_at is not None and ticket.status in DONE and (until is None or ticket.resolved_at <= until):
        happenings.append(
            Happening(
                at=ticket.resolved_at,
                key=f"{ticket.pk}.2",
                title=_("Ticket resolved"),
                text=" · ".join(part for part in (ticket.code, ticket.cause, ticket.solution) if part),
                actor=ticket.assignee.name if ticket.assignee is not None else "",
                url=url,
                icon="checks",
                tone="ok",
            )
        )
    return happenings


def incident_panel(request: Request, _page: None) -> Panel | None:
    """Major incidents that are not over, above everything else; a clerk is told without a link. One statement."""
    if request.role not in BUSINESS_ROLES:
        return None
    now = clock.now()
    rows = []
    for incident in open_incidents(request.contract):
        incident.contract = request.contract
        promise = incident.clock
        if promise is not None:
            promise.contract = request.contract
        rows.append({"incident": incident, "clock": clock_view(promise, now) if promise is not None else None})
    if not rows:
        return None
    return Panel("tickets/major/_banner.html", {"rows": rows, "linked": request.role != CLERK}, position=-10)
