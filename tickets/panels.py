"""What tickets show on other apps' pages."""

from core import clock
from core.http import Request
from core.panels import Panel
from core.roles import STAFF_ROLES
from devices.models import Device
from tickets.querysets import open_tickets, tickets_visible_to
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


def locked_panel(request: Request, _page: None) -> Panel | None:
    """The on-duty queue on the locked screen of somebody who answers tickets."""
    if request.role not in STAFF_ROLES:
        return None
    return Panel("tickets/_locked_panel.html", locked_queue(request, clock.now()))
