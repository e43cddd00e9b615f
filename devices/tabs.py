"""The tabs of a device's page, and the rooms of the register: where each stands is said once, here and in AppConfig.ready()."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.http import Request
from core.roles import AUDITOR, CLIENT_ROLES, ENGINEER, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR

READERS = (ENGINEER, MANAGER, SUPERVISOR, LEADER, AUDITOR)
"""Who reads the register; window clerks see a device's page without configuration, history and lists."""
EVERYBODY = (*CLIENT_ROLES, *STAFF_ROLES, AUDITOR)


@dataclass(frozen=True)
class Tab:
    """One tab of a device's page; `route` takes the device's code."""

    key: str
    label: str | Promise
    route: str
    roles: tuple[str, ...] = READERS
    position: int = 0


@dataclass(frozen=True)
class Room:
    """One room of the register, reached from the bar above its lists."""

    key: str
    label: str | Promise
    route: str
    icon: str
    roles: tuple[str, ...] = READERS


_tabs: dict[str, Tab] = {}
ROOMS: list[Room] = [Room("register", _("Register"), "devices:list", "device-desktop")]


def register_tab(tab: Tab) -> None:
    """Add a tab to every device's page."""
    _tabs[tab.key] = tab


def register_room(room: Room) -> None:
    """Add a room to the bar, behind those that stand there."""
    if room.key not in {known.key for known in ROOMS}:
        ROOMS.append(room)


def tabs_for(request: Request, code: str) -> list[dict[str, Any]]:
    """The tabs that this role sees, in their order, with their addresses."""
    shown = sorted((tab for tab in _tabs.values() if request.role in tab.roles), key=lambda tab: tab.position)
    return [{"key": tab.key, "label": tab.label, "url": reverse(tab.route, args=[code])} for tab in shown]


def rooms_for(request: Request) -> list[dict[str, Any]]:
    """The rooms that this role may enter."""
    return [
        {"key": room.key, "label": room.label, "icon": room.icon, "url": reverse(room.route)}
        for room in ROOMS
        if request.role in room.roles
    ]
