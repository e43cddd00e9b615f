"""What tickets show on other apps' pages."""

from core.http import Request
from core.panels import Panel
from devices.models import Device
from tickets.querysets import tickets_visible_to

RECENT = 10


def device_panel(request: Request, device: Device) -> Panel:
    """Open and recent tickets of a device, those the reader may see."""
    tickets = tickets_visible_to(request.user).filter(contract=request.contract, device=device)
    rows = list(tickets.select_related("unit", "assignee").order_by("-received_at", "-id")[:RECENT])
    return Panel("tickets/_device_panel.html", {"device_tickets": rows, "device": device}, position=10)
