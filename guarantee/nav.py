"""The menu: each role sees only what it may do."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.http import Request
from core.roles import ADMIN, AUDITOR, BUSINESS_ROLES, CLERK, ENGINEER, LEADER, MANAGER, ROLES, STAFF_ROLES, SUPERVISOR
from records.permissions import CHAIN_ROLES


@dataclass(frozen=True)
class Entry:
    """One entry of the menu: where it leads and whom it is for. `phone` ones stand in the phone's bottom bar, in this order.

    Entries of one `group` stand together under its heading; those without stand first.
    """

    key: str
    label: str | Promise
    icon: str
    route: str
    roles: tuple[str, ...]
    phone: bool = False
    group: str | Promise = ""


PLAN, SETUP = _("Planning"), _("Set-up")
"""Headings of the menu's groups: what is planned and watched, and what is set up."""
CLIENT_SIDE = (SUPERVISOR, LEADER, AUDITOR)
EXCEPT_CLERKS = (ENGINEER, MANAGER, *CLIENT_SIDE)
MENU = (
    Entry("home", _("Home"), "home", "home", ROLES, phone=True),
    Entry("queue", _("My queue"), "list-check", "tickets:queue", STAFF_ROLES, phone=True),
    Entry(
        "report", _("Report a fault"), "alert-circle", "tickets:report", (CLERK, SUPERVISOR, LEADER, ENGINEER, MANAGER)
    ),
    Entry("tickets", _("Tickets"), "ticket", "tickets:list", BUSINESS_ROLES, phone=True),
    Entry("promises", _("Promises"), "stopwatch", "sla:board", BUSINESS_ROLES),
    Entry("devices", _("Devices"), "device-desktop", "devices:list", (ENGINEER, MANAGER, SUPERVISOR, LEADER, AUDITOR)),
    Entry("reports", _("Weekly reports"), "report", "reports:weekly_list", (MANAGER, SUPERVISOR, LEADER, AUDITOR)),
    Entry("messages", _("Messages"), "bell", "notifications:list", ROLES, phone=True),
    Entry("roster", _("Roster"), "calendar-week", "roster:week", EXCEPT_CLERKS, group=PLAN),
    Entry("calendar", _("Calendar"), "calendar", "contract:year_now", ROLES, group=PLAN),
    Entry("contract", _("Contract"), "file-text", "people:contract", ROLES, group=SETUP),
    Entry("chain", _("Proof of the records"), "shield-check", "records:chain", CHAIN_ROLES, group=SETUP),
    Entry("parameters", _("Parameters"), "scale", "contract:parameters", (*CLIENT_SIDE, MANAGER, ADMIN), group=SETUP),
    Entry("people", _("People"), "users", "people:list", (MANAGER, ADMIN), group=SETUP),
    Entry(
        "organisations", _("Organisations"), "building-community", "people:organisations", (MANAGER, ADMIN), group=SETUP
    ),
    Entry("channels", _("Channels"), "bell-ringing", "notifications:channels", (MANAGER, ADMIN), group=SETUP),
)

GROUPS = ("", PLAN, SETUP)


def menu_for(request: Request) -> list[dict[str, Any]]:
    """The menu entries of the request's role, each with label, icon, url and whether it is the present page."""
    rows: list[dict[str, Any]] = []
    for entry, url in _entries(request.role):
        active = request.path == url if url == "/" else request.path.startswith(url)
        rows.append(
            {
                "key": entry.key,
                "label": entry.label,
                "icon": entry.icon,
                "url": url,
                "active": active,
                "phone": entry.phone,
                "group": entry.group,
            }
        )
    longest = max((str(row["url"]) for row in rows if row["active"]), key=len, default="")
    for row in rows:
        row["active"] = row["url"] == longest
    return rows


@cache
def _entries(role: str) -> list[tuple[Entry, str]]:
    in_order = sorted(MENU, key=lambda entry: GROUPS.index(entry.group))
    return [(entry, reverse(entry.route)) for entry in in_order if role in entry.roles]
