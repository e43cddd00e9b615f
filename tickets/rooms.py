"""The rooms of the tickets app: the bar above its lists, and who may enter which."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.http import Request
from core.roles import AUDITOR, BUSINESS_ROLES, CLERK, ENGINEER, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from devices.tabs import Room

WATCHING = (ENGINEER, MANAGER, SUPERVISOR, LEADER, AUDITOR)
ROOMS = (
    Room("list", _("Tickets"), "tickets:list", "ticket", BUSINESS_ROLES),
    Room("requests", _("My requests"), "tickets:requests", "list-check", (CLERK, SUPERVISOR, LEADER)),
    Room("unsigned", _("To sign"), "tickets:unsigned", "signature", BUSINESS_ROLES),
    Room("incidents", _("Major incidents"), "tickets:incidents", "alert-octagon", BUSINESS_ROLES),
    Room("handovers", _("Hand-over"), "tickets:handovers_open", "users", (*STAFF_ROLES, AUDITOR)),
    Room("outage", _("Later entries"), "tickets:late_list", "writing-sign", (MANAGER, SUPERVISOR, LEADER, AUDITOR)),
    Room("outage", _("Outage"), "tickets:paper", "printer", (ENGINEER,)),
    Room("quality", _("Service quality"), "tickets:quality", "star", (MANAGER, SUPERVISOR, LEADER, AUDITOR)),
    Room("follow_ups", _("Follow-ups"), "tickets:follow_ups", "phone-call", WATCHING),
    Room("vendors", _("Vendors"), "tickets:vendors", "tool", WATCHING),
    Room("words", _("Words and causes"), "tickets:tags", "list-check", (MANAGER,)),
)


def rooms_for(request: Request) -> list[dict[str, Any]]:
    """The rooms that this role may enter, in the order of the bar."""
    return [
        {"key": room.key, "label": room.label, "icon": room.icon, "url": reverse(room.route)}
        for room in ROOMS
        if request.role in room.roles
    ]
